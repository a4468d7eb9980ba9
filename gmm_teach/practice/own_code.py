"""EM with half-steps that a reader wrote: run them, check what they return, and say what went wrong.

The reader's functions take and return what :func:`gmm_teach.e_step` and :func:`gmm_teach.m_step` do. Nothing that they
return is repaired. A log-likelihood that falls is no error but the lesson: a correct EM step never lowers it.
"""

import functools
import inspect
from itertools import pairwise
from traceback import TracebackException
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import em
from .._checks import as_count, as_points, as_responsibilities, as_tolerance, check_function, describe, read_only
from ..em import EStep, MStep
from ..mixture import Mixture, check_mixture
from ..runs import Run, until_it_stops

# A smaller fall is rounding, and counts as no gain. It is relative to |log L| or, where that is smaller because terms
# cancel, to n: log L is a sum of n terms of about 1 or more, each right to some 1e-15 of its size. Rounding costs more
# only where components are over 10^4 times as long as wide, or lie over 10^8 of their widths from the origin.
SMALLEST_FALL = 1e-12

# What each must return, and how.
TWO_THINGS = "two things: end it with `return responsibilities, log_likelihood`"
A_MIXTURE = "a Mixture: end it with `return Mixture(proportions, means, covariances)`"


class OwnCodeError(ValueError):
    """The reader's `function`, "e_step" or "m_step", raised an error or returned something wrong: `what`.

    `line` and `line_number` are the reader's own, None for a wrong result; `step` and `states` as in
    CollapsedComponent.
    """

    def __init__(self, function: str, what: str, line: str | None = None, line_number: int | None = None):
        self.function, self.what, self.line, self.line_number = function, what, line, line_number
        self.step: int | None = None
        self.states: tuple[em.State, ...] = ()
        super().__init__(function, what, line, line_number)

    def __str__(self) -> str:
        if self.line_number is None:
            return f"your {self.function} {self.what}"
        code = "" if self.line is None else f", `{self.line}`"
        return f"your {self.function}, line {self.line_number}{code}: {self.what}"


def run_own(
    x: ArrayLike, start: Mixture, max_steps: int, tol: float, e_step: EStep | None = None, m_step: MStep | None = None
) -> Run:
    """Run EM with a reader's own half-steps, whose arguments are write-protected; None: the module's own.

    Arguments and errors are those of run_em, and OwnCodeError. A step that lowers the log-likelihood does not end the
    run, but where rounding alone lowers it, it counts as one that gains nothing. `reason` says how often it fell.

    >>> def my_m_step(x, responsibilities):
    ...     return responsibilities.T @ x
    >>> run_own([[0.0], [1.0]], Mixture([1], [[0.0]], [[[1.0]]]), max_steps=9, tol=0, m_step=my_m_step)
    Traceback (most recent call last):
    gmm_teach.practice.own_code.OwnCodeError: your m_step returned an array of shape (1, 1), but it must ...
    """
    check_mixture("start", start)
    x = as_points(x, start.means.shape[1]).view()  # no copy, which could lie otherwise in memory and round otherwise
    x.flags.writeable = False
    max_steps = as_count("max_steps", max_steps, 0)
    tol = as_tolerance("tol", tol)
    e_step = em.e_step if e_step is None else _watched("e_step", e_step, "mixture", _checked_e_step)
    m_step = em.m_step if m_step is None else _watched("m_step", m_step, "responsibilities", _checked_m_step)

    def gain(after, before):
        fell = before - after > SMALLEST_FALL * max(abs(before), abs(after), len(x))
        return np.inf if fell else after - before  # a fall is looked at, and does not end the run

    states = []
    try:
        for state, end in until_it_stops(em.iterate(x, start, e_step, m_step), max_steps, tol, gain):  # noqa: B007
            states.append(state)
    except (em.CollapsedComponent, OwnCodeError) as error:
        error.step, error.states = len(states), tuple(states)  # 0 to t - 1 are done when step t fails
        raise
    pairs = enumerate(pairwise(state.log_likelihood for state in states), start=1)
    falls = {step: before - after for step, (before, after) in pairs if gain(after, before) == np.inf}
    converged, reason = end  # pyright: ignore[reportGeneralTypeIssues] - the last end, which is never None
    if falls:
        reason += (
            f"; the log-likelihood fell at {len(falls)} of {len(states) - 1} steps, first at step {min(falls)}, by "
            f"{max(falls.values()):.1e} nats at most: a correct EM step never lowers it by more than rounding"
        )
    return Run(tuple(states), converged, reason)


def _watched(name, function, argument, checked):
    """Return the reader's function, with its errors put into words and its results checked."""
    check_function(name, function)

    def watched(x, given: Any):
        if name == "m_step":
            given = read_only(given)  # a Mixture is write-protected already
        try:
            result = function(x, given)
        except em.CollapsedComponent as collapse:
            K = given.shape[1] if name == "m_step" else len(given.proportions)
            if collapse.component not in range(K):
                what = f"raised CollapsedComponent for component {describe(collapse.component)}"
                raise OwnCodeError(name, f"{what}, but they are 0 to {K - 1}") from collapse
            raise
        except Exception as error:
            raise own_code_error(name, function, error, ("x", argument)) from error
        try:
            return checked(result, x, given)
        except ValueError as error:
            raise OwnCodeError(name, f"returned {error}") from None

    return watched


def own_code_error(name, function, error, arguments):
    """Return an OwnCodeError for an error that the function raised, with the line of the reader's own code."""
    summary = TracebackException.from_exception(error)
    words = " ".join("".join(summary.format_exception_only()).split())
    if isinstance(error, ValueError) and "read-only" in words:
        words += f"; {' and '.join(arguments)} are read-only: make a new array"
    if isinstance(error, TypeError) and len(summary.stack) == 1:  # the call itself went wrong
        words += f"; it is called as {name}({', '.join(arguments)})"
    own = [frame for frame in summary.stack if frame.filename == _file(function)]
    if not own:
        return OwnCodeError(name, f"raised {words}")
    return OwnCodeError(name, words, own[-1].line or None, own[-1].lineno)


def plain(function):
    """Return what a partial or a decorator has wrapped."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.unwrap(function)


def function_name(function, otherwise):
    """Return the name that the reader gave to the function, or another where it has none."""
    name = getattr(plain(function), "__name__", otherwise)
    return name if name.isidentifier() else otherwise


def _file(function):
    """Return the name of the file or cell that holds the function's code, or None where it has none."""
    function = plain(function)
    code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
    return None if code is None else code.co_filename


def _checked_e_step(result, x, mixture):
    if not (isinstance(result, (tuple, list)) and len(result) == 2):
        raise ValueError(f"{form(result)}, but it must return {TWO_THINGS}")
    T, log_likelihood = result
    return _checked_responsibilities(T, (len(x), len(mixture.means))), _checked_log_likelihood(log_likelihood)


def _checked_responsibilities(value, shape):
    T = value if isinstance(value, np.ndarray) else np.array(value, dtype=object)  # which takes ragged lists too
    if T.ndim == 0:
        raise ValueError(f"{form(value)} in the place of responsibilities, which must be an array of shape {shape}")
    if T.shape != shape:
        hint = "; transpose them" if T.shape == shape[::-1] else ""
        layout = f"one row per point, one column per component{hint}"
        raise ValueError(f"responsibilities of shape {T.shape}, but they must be {shape}: {layout}")
    try:
        return as_responsibilities("responsibilities", value, len(T))
    except (TypeError, ValueError) as error:
        raise ValueError(f"responsibilities that cannot be right: {_likely_mistake(T) or error}") from None


def _likely_mistake(T):
    if T.dtype.kind != "f":
        return None
    if np.isnan(T).any():
        i, k = np.argwhere(np.isnan(T))[0]
        return (
            f"responsibilities[{i}, {k}] is nan, perhaps 0/0; where every density of a point is rounded to 0, "
            "subtract the largest of its logarithms before you take np.exp"
        )
    if T.max() <= 0 and T.min() < 0:
        return "none is above 0, so they look like logarithms; take np.exp of them"
    if np.allclose(T.sum(axis=0), 1):
        return "their columns sum to 1, but each row must; divide by the sum over axis=1"
    return None


def _checked_log_likelihood(value):
    number = np.asarray(value)
    if number.ndim > 0:
        raise ValueError(f"a log-likelihood of shape {number.shape}, but it must be one number: sum it over the points")
    if number.dtype.kind not in "iuf" or not np.isfinite(float(number)):
        raise ValueError(f"the log-likelihood {describe(value)}, but it must be a finite number")
    return float(number)


def _checked_m_step(mixture, x, responsibilities):
    if not isinstance(mixture, Mixture):
        raise ValueError(f"{form(mixture)}, but it must return {A_MIXTURE}")
    (K, d), wanted = mixture.means.shape, (responsibilities.shape[1], x.shape[1])
    if (K, d) != wanted:
        raise ValueError(f"a Mixture with K = {K} and d = {d}, but it must have K = {wanted[0]} and d = {wanted[1]}")
    try:
        mixture.log_joint(x)  # or the next E step would fail, and seem to be to blame
    except ValueError as error:
        raise ValueError(f"a Mixture that does not fit the points: {error}") from None
    return mixture


def form(value):
    """Describe what a function returned: None, an array, a tuple or another value."""
    if value is None:
        return "None (is its `return` missing?)"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    return f"a {type(value).__name__}" if isinstance(value, (list, dict)) else describe(value)
