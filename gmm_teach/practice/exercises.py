"""The seven functions to write: what each is given, how its result is read, and which mistakes belong to it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..mixture import Mixture
from . import mistakes
from .own_code import form


class Unreadable(Exception):
    """A result has not the form that it must have; the message says which."""


class RefusedMixture(NamedTuple):
    """What a reader's code gave to `Mixture(...)`, which refused it."""

    proportions: object
    means: object
    covariances: object


class Exercise(NamedTuple):
    """One function to write.

    Attributes
    ----------
    name : str
        The module's own function of this kind.
    arguments : dict of str to callable
        How each argument is taken from a case.
    compute : callable
        Of the arguments and of what fills the places of the formulas: the results, an array for each part by name.
    mistakes : tuple of Mistake
    read : callable
        Of the result and the arguments: the parts by name; raises Unreadable.
    formulas : dict of str to str
        Of each part, in the order in which they are looked at.
    special : dict of str to str
        What a failure on inputs of one kind means where all ordinary inputs are right.
    """

    name: str
    arguments: dict
    compute: Callable
    mistakes: tuple
    read: Callable
    formulas: dict
    special: dict


# Reading a result.


def _numbers(name, value, shape, hints=()):
    """Return `value` as a float array of this shape; what numpy takes for an array of real numbers is accepted."""
    if value is None:
        raise Unreadable(f"None for the {name}")
    try:
        array = np.asarray(value)
        array = array.astype(float) if array.dtype.kind in "biufO" else array
    except (TypeError, ValueError):
        raise Unreadable(f"a {type(value).__name__} for the {name} that is no array of real numbers") from None
    if array.dtype.kind != "f":
        raise Unreadable(f"{array.dtype.name} values for the {name}, where real numbers belong")
    if array.shape != shape:
        hint = dict(hints).get(array.shape) or ("they are transposed" if array.shape == shape[::-1] else None)
        wanted = shape if shape else "one number"
        words = f"the {name} with shape {array.shape}, but it must be {wanted}"
        raise Unreadable(words + (f": {hint}" if hint else ""))
    return array


def _shape(value):
    try:
        return np.shape(value)
    except ValueError:  # its rows have different lengths
        return None


def _form(value):
    if value is None or isinstance(value, (np.ndarray, tuple)):
        return form(value)
    return f"a {type(value).__name__}"  # and not the value, which may be the answer


def _number(name, value, n):
    hints = {(n,): "sum it over the points", (1,): "take the number out of it"}
    return _numbers(name, value, (), hints)


def _read_e_step(result, x, mixture):
    n, K = len(x), len(mixture.proportions)
    if not (isinstance(result, (tuple, list)) and len(result) == 2):
        ending = "end it with `return responsibilities, log_likelihood`"
        raise Unreadable(f"{_form(result)}, but it must return two things: {ending}")
    T, log_likelihood = result
    if _shape(T) == () and _shape(log_likelihood) == (n, K):
        raise Unreadable("the two in the wrong order: responsibilities come first, then the log-likelihood")
    hints = {
        (n,): "one share for each component, not one label a point",
        (K, n): "they are transposed, (K, n) for (n, K)",
    }
    T = _numbers("responsibilities", T, (n, K), hints)
    return {"responsibilities": T, "log_likelihood": _number("log-likelihood", log_likelihood, n)}


def _read_m_step(result, x, T):
    if not isinstance(result, (Mixture, RefusedMixture)):
        ending = "end it with `return Mixture(proportions, means, covariances)`"
        raise Unreadable(f"{_form(result)}, but it must return a Mixture: {ending}")
    (n, d), K = x.shape, T.shape[1]
    if _shape(result.proportions) == (K, d) and _shape(result.means) == (K,):
        raise Unreadable("means and proportions in the wrong order: it is Mixture(proportions, means, covariances)")
    variances = "these look like variances only; the sum of outer products (x_i - m_k) (x_i - m_k)^T is d x d"
    of_covariances = {
        (K, d): variances,
        (d, d): "one matrix for each component",
        (d, d, K): "the component comes first",
        (K, n, n): "sum over the points, not over the coordinates",
        (K,): "one number for each component is not enough",
    }
    return {
        "means": _numbers("means", result.means, (K, d), {(d,): "one mean for each component"}),
        "covariances": _numbers("covariances", result.covariances, (K, d, d), of_covariances),
        "proportions": _numbers(
            "proportions", result.proportions, (K,), {(n,): "sum T over the points, which is axis=0"}
        ),
    }


def _read_log_likelihood(result, x, mixture):
    _refuse_none(result)
    return {"log_likelihood": _number("log-likelihood", result, len(x))}


def _read_bound(result, x, mixture, T):
    _refuse_none(result)
    return {"bound": _number("bound", result, len(x))}


def _read_mean(result, x, weights):
    _refuse_none(result)
    n, d = x.shape
    if d == 1 and np.size(result) == 1 and not isinstance(result, str):
        result = np.reshape(result, (1,))  # a number is as good as an array of one
    return {"mean": _numbers("mean", result, (d,), {(n,): "sum over the points", (): "one number for each coordinate"})}


def _read_covariance(result, x, weights, mean):
    _refuse_none(result)
    n, d = x.shape
    if d == 1 and np.size(result) == 1 and not isinstance(result, str):
        result = np.reshape(result, (1, 1))  # which np.cov returns as a number
    hints = {
        (d,): "these look like variances only; the outer product (x_i - m) (x_i - m)^T is d x d",
        (): "the outer product (x_i - m) (x_i - m)^T is d x d, the inner one is a number",
        (n, n): "sum over the points, not over the coordinates",
        (n, d, d): "sum over the points",
    }
    return {"covariance": _numbers("covariance", result, (d, d), hints)}


def _read_proportions(result, sums):
    _refuse_none(result)
    hints = {(): "one number for each component"}
    return {"proportions": _numbers("proportions", result, sums.shape, hints)}


def _refuse_none(result):
    if result is None:
        raise Unreadable(_form(result))


# The exercises.


_UNDERFLOW = (
    "there each density is rounded to 0, and T becomes 0/0. Stay with logarithms, and subtract the largest of each row "
    "before np.exp (log-sum-exp)."
)
_PRODUCT = (
    "a product of many densities is rounded to 0, or exp of a large sum is. Take the logarithm of each point's "
    "density, then sum."
)
_ZERO_WEIGHTS = "some weights are 0 there: a sum takes them as they are, and no point's own weight is divided by."
_GUARD = "is a small constant added somewhere, as a guard? There it is not small."

_X_MIXTURE = {"x": lambda case: case.x, "mixture": lambda case: case.mixture}
_WEIGHTS = {"x": lambda case: case.x, "weights": lambda case: case.weights}
# These have no meaning for one component alone, or are another mistake there.
_OF_COMPONENTS = {"K", "first S", "previous", "first", "pooled", "columns", "unweighted"}


def _of_one_component(*groups):
    return tuple(mistake for group in groups for mistake in group if not _OF_COMPONENTS & set(mistake.changes.values()))


EXERCISES = {
    exercise.name: exercise
    for exercise in (
        Exercise(
            "e_step",
            _X_MIXTURE,
            mistakes.e_step,
            mistakes.RESPONSIBILITY_MISTAKES
            + mistakes.DENSITY_MISTAKES
            + mistakes.LOG_LIKELIHOOD_MISTAKES
            + mistakes.scaled("the log-likelihood", mistakes.LOG_LIKELIHOOD),
            _read_e_step,
            {"responsibilities": mistakes.E_STEP, "log_likelihood": mistakes.LOG_LIKELIHOOD},
            {"far": _UNDERFLOW, "many": _PRODUCT, "small": _GUARD},
        ),
        Exercise(
            "m_step",
            {"x": lambda case: case.x, "responsibilities": lambda case: case.responsibilities},
            mistakes.m_step,
            mistakes.WEIGHT_MISTAKES
            + mistakes.MEAN_MISTAKES
            + mistakes.COVARIANCE_MISTAKES
            + mistakes.PROPORTION_MISTAKES
            + mistakes.TOGETHER,
            _read_m_step,
            {
                "means": mistakes.MEAN,
                "covariances": mistakes.COVARIANCE,
                "proportions": mistakes.PROPORTIONS,
            },
            {"small": _GUARD, "zero": _ZERO_WEIGHTS},
        ),
        Exercise(
            "log_likelihood",
            _X_MIXTURE,
            mistakes.log_likelihood,
            mistakes.DENSITY_MISTAKES
            + mistakes.LOG_LIKELIHOOD_MISTAKES
            + mistakes.scaled("the log-likelihood", mistakes.LOG_LIKELIHOOD),
            _read_log_likelihood,
            {"log_likelihood": mistakes.LOG_LIKELIHOOD},
            {
                "far": "there each density is rounded to 0, and log 0 is no number. Stay with logarithms, and subtract "
                "the largest of each row before np.exp (log-sum-exp).",
                "many": _PRODUCT,
                "small": _GUARD,
            },
        ),
        Exercise(
            "mean_update",
            _WEIGHTS,
            mistakes.mean_update,
            _of_one_component(mistakes.WEIGHT_MISTAKES, mistakes.MEAN_MISTAKES),
            _read_mean,
            {"mean": mistakes.MEAN},
            {"small": _GUARD, "zero": _ZERO_WEIGHTS},
        ),
        Exercise(
            "covariance_update",
            {**_WEIGHTS, "mean": lambda case: case.mean},
            mistakes.covariance_update,
            _of_one_component(mistakes.WEIGHT_MISTAKES, mistakes.COVARIANCE_MISTAKES),
            _read_covariance,
            {"covariance": mistakes.COVARIANCE},
            {"small": _GUARD, "zero": _ZERO_WEIGHTS},
        ),
        Exercise(
            "proportions_update",
            {"sums": lambda case: case.sums},
            mistakes.proportions_update,
            mistakes.PROPORTION_MISTAKES,
            _read_proportions,
            {"proportions": mistakes.PROPORTIONS},
            {},
        ),
        Exercise(
            "lower_bound",
            {**_X_MIXTURE, "responsibilities": lambda case: case.responsibilities},
            mistakes.lower_bound,
            mistakes.BOUND_MISTAKES + mistakes.DENSITY_MISTAKES + mistakes.scaled("the bound", mistakes.BOUND),
            _read_bound,
            {"bound": mistakes.BOUND},
            {
                "zero": "T log T is 0 where T is 0, but np.log(0) is not finite. scipy.special.xlogy knows that.",
                "far": "there the density is rounded to 0, and log 0 is no number. Write log f_k(x_i) without exp.",
                "many": _PRODUCT,
                "small": _GUARD,
            },
        ),
    )
}
