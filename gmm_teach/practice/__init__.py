"""Checks for a reader's own EM: each says what is wrong with an answer, as far as it can be sure."""

from .answers import NotYet, check_answer, compare
from .checks import (
    check_bound,
    check_covariance_update,
    check_e_step,
    check_log_likelihood,
    check_m_step,
    check_mean_update,
    check_proportions,
)

__all__ = [
    "NotYet",
    "check_answer",
    "check_bound",
    "check_covariance_update",
    "check_e_step",
    "check_log_likelihood",
    "check_m_step",
    "check_mean_update",
    "check_proportions",
    "compare",
]
