"""The seven functions to write: what each is given, how its result is read, and which mistakes belong to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..mixture import Mixture
from . import mistakes
from .answers import Unreadable, as_result
from .own_code import A_MIXTURE, TWO_THINGS, form

_UNDERFLOW = (
    "there each density is rounded to 0, and T becomes 0/0. Stay with logarithms, and subtract the largest of each row "
    "before np.exp (log-sum-exp)."
)
_LOG_OF_0 = _UNDERFLOW.replace("T becomes 0/0", "log 0 is no number")
_DENSITY_OF_0 = "there the density is rounded to 0, and log 0 is no number. Write log f_k(x_i) without exp."
_T_LOG_T = "T log T is 0 where T is 0, but np.log(0) is not finite. scipy.special.xlogy knows that."
# What a failure on inputs of one kind means where all ordinary inputs are right.
_SPECIAL = {
    "many": "a product of many densities is rounded to 0, or exp of a large sum is. Take the logarithm of each point's "
    "density, then sum.",
    "small": "is a small constant added somewhere, as a guard? There it is not small.",
    "zero": "some weights are 0 there: a sum takes them as they are, and no point's own weight is divided by.",
    "one": "there x has one row only: does some function return one number for it, or drop an axis?",
    "offset": "there numbers are large and differ by little, so digits are lost when their squares are subtracted. "
    "Subtract the mean from each point first.",
    "high": "there the determinant is too small or too large for a computer's numbers. Take its logarithm by "
    "np.linalg.slogdet, or as a sum over the diagonal of a Cholesky factor.",
}


@dataclass(frozen=True)
class Exercise:
    """One function to write: `name` is that of the module's own, `arguments` are attributes of a case.

    `compute` makes the `parts` of the result, by name, from formulas and arguments; `read` makes them from the
    reader's name for the function, its result and the arguments, or raises Unreadable. `special` says for a kind of
    input what a failure there means where all ordinary inputs are right; on the kinds in `without` it is not tried.
    """

    name: str
    arguments: tuple
    parts: tuple
    compute: Callable
    mistakes: tuple
    read: Callable
    special: dict = field(default_factory=dict)
    without: tuple = ()

    def given(self, case):
        """Return the arguments for a case."""
        return [getattr(case, name) for name in self.arguments]


_numbers = partial(as_result, finite=False)  # some mistakes give nan, and are known by it


def _read_e_step(name, result, x, mixture):
    n, K = len(x), len(mixture.proportions)
    if not (isinstance(result, (tuple, list)) and len(result) == 2):
        raise Unreadable(f"your {name} returned {form(result)}, but it must return {TWO_THINGS}")
    T, log_likelihood = result
    if _shape(T) == () and _shape(log_likelihood) == (n, K):
        raise Unreadable(f"your {name} returned its results in the wrong order: responsibilities come first")
    hints = {(n,): "one share for each component, not one label a point", (K, n): "transposed, (K, n) for (n, K)"}
    return {
        "responsibilities": _numbers(f"the responsibilities of your {name}", T, (n, K), hints),
        "log_likelihood": _number(f"the log-likelihood of your {name}", log_likelihood, n),
    }


def _read_m_step(name, result, x, T):
    if not (isinstance(result, Mixture) or hasattr(result, "refused")):
        raise Unreadable(f"your {name} returned {form(result)}, but it must return {A_MIXTURE}")
    proportions, means, covariances = (
        (result.proportions, result.means, result.covariances) if isinstance(result, Mixture) else result.refused
    )
    (n, d), K = x.shape, T.shape[1]
    if _shape(proportions) == (K, d) and _shape(means) == (K,):
        order = "it is Mixture(proportions, means, covariances)"
        raise Unreadable(f"your {name} has means and proportions in the wrong order: {order}")
    of_covariances = {
        (K, d): "these look like variances only; the sum of outer products (x_i - m_k) (x_i - m_k)^T is d x d",
        (d, d): "one matrix for each component",
        (d, d, K): "the component comes first",
        (K, n, n): "sum over the points, not over the coordinates",
        (K,): "one number for each component is not enough",
    }
    of_proportions = {(n,): "sum T over the points, which is axis=0"}
    return {
        "means": _numbers(f"the means of your {name}", means, (K, d), {(d,): "one mean for each component"}),
        "covariances": _numbers(f"the covariances of your {name}", covariances, (K, d, d), of_covariances),
        "proportions": _numbers(f"the proportions of your {name}", proportions, (K,), of_proportions),
    }


def _read_one(part):
    """Return how to read a result that is one number."""

    def read(name, result, x, *_):
        return {part: _number(f"what your {name} returns", result, len(x))}

    return read


def _number(subject, value, n):
    return _numbers(subject, value, (), {(n,): "sum it over the points"})


def _read_mean(name, result, x, weights):
    n, d = x.shape
    hints = {(n,): "sum over the points", (): "one number for each coordinate"}
    if d == 1 and _shape(result) == ():
        result = np.reshape(result, (1,))  # a number is as good as an array of one
    return {"mean": _numbers(f"what your {name} returns", result, (d,), hints)}


def _read_covariance(name, result, x, weights, mean):
    n, d = x.shape
    if d == 1 and _shape(result) == ():
        result = np.reshape(result, (1, 1))  # as np.cov returns it
    hints = {
        (d,): "these look like variances only; the outer product (x_i - m) (x_i - m)^T is d x d",
        (): "the outer product (x_i - m) (x_i - m)^T is d x d, the inner one is a number",
        (n, n): "sum over the points, not over the coordinates",
        (n, d, d): "sum over the points",
    }
    return {"covariance": _numbers(f"what your {name} returns", result, (d, d), hints)}


def _read_proportions(name, result, sums):
    hints = {(): "one number for each component"}
    return {"proportions": _numbers(f"what your {name} returns", result, sums.shape, hints)}


def _shape(value):
    try:
        return np.shape(value)
    except ValueError:  # its rows have different lengths
        return None


def _of_one_component(several):
    return tuple(mistake for mistake in several if not mistake.across)


_NO_DENSITY = ("far", "many", "one", "high")  # no point is far, and many at one place are a collapse

# A table, laid out by hand: what is given and asked for; the mistakes; how a result is read, and what is special.
# fmt: off
_ALL = (
    Exercise("e_step", ("x", "mixture"), ("responsibilities", "log_likelihood"), mistakes.e_step_by,
             mistakes.RESPONSIBILITIES + mistakes.DENSITY + mistakes.LOG_LIKELIHOOD,
             _read_e_step, {**_SPECIAL, "far": _UNDERFLOW}),
    Exercise("m_step", ("x", "responsibilities"), ("means", "covariances", "proportions"), mistakes.m_step_by,
             mistakes.WEIGHTS + mistakes.MEAN + mistakes.COVARIANCE + mistakes.PROPORTIONS + mistakes.TOGETHER,
             _read_m_step, _SPECIAL, _NO_DENSITY),
    Exercise("log_likelihood", ("x", "mixture"), ("log_likelihood",), mistakes.log_likelihood_by,
             mistakes.DENSITY + mistakes.LOG_LIKELIHOOD,
             _read_one("log_likelihood"), {**_SPECIAL, "far": _LOG_OF_0}),
    Exercise("mean_update", ("x", "weights"), ("mean",), mistakes.mean_by,
             _of_one_component(mistakes.WEIGHTS + mistakes.MEAN),
             _read_mean, _SPECIAL, ("far", "many", "high")),
    Exercise("covariance_update", ("x", "weights", "mean"), ("covariance",), mistakes.covariance_by,
             _of_one_component(mistakes.WEIGHTS + mistakes.COVARIANCE),
             _read_covariance, _SPECIAL, _NO_DENSITY),
    Exercise("proportions_update", ("sums",), ("proportions",), mistakes.proportions_by,
             mistakes.PROPORTIONS,
             _read_proportions, without=_NO_DENSITY),
    Exercise("lower_bound", ("x", "mixture", "responsibilities"), ("bound",), mistakes.bound_by,
             mistakes.BOUND,
             _read_one("bound"), {**_SPECIAL, "far": _DENSITY_OF_0, "zero": _T_LOG_T}),
)
# fmt: on
EXERCISES = {exercise.name: exercise for exercise in _ALL}
