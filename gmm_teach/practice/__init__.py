"""Checks for a reader's own EM: each says what is wrong with a function, as far as it can be sure."""

from .checks import (
    NotYet,
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
    "check_bound",
    "check_covariance_update",
    "check_e_step",
    "check_log_likelihood",
    "check_m_step",
    "check_mean_update",
    "check_proportions",
]
