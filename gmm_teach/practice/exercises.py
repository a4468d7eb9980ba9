"""The seven functions to write: what each is given, which shapes its result has, and which mistakes belong to it."""

from collections.abc import Callable
from dataclasses import dataclass, field

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
    """One function to write: `name` is that of its check, and `arguments` are attributes of a case.

    `compute` makes the `parts` of the result, by name, from formulas and arguments. `special` says for a kind of input
    what a failure there means where all ordinary inputs are right; on the kinds in `without` it is not tried.
    """

    name: str
    arguments: tuple
    parts: tuple
    compute: Callable
    mistakes: tuple
    special: dict = field(default_factory=dict)
    without: tuple = ()

    def given(self, case):
        """Return the arguments for a case."""
        return [getattr(case, name) for name in self.arguments]

    def read(self, name, result, case):
        """Return the parts of what the reader's function `name` gave, or raise Unreadable."""
        sizes = dict(zip("ndK", case.size, strict=True))
        take_apart = _TAKEN_APART.get(self.name)
        values = take_apart(name, result, **sizes) if take_apart else [result]
        return {part: self._read_part(name, part, value, sizes) for part, value in zip(self.parts, values, strict=True)}

    def _read_part(self, name, part, value, sizes):
        def lengths(letters):
            return tuple(sizes[letter] for letter in letters)

        letters, hints = _SHAPES[part]
        shape = lengths(letters)
        if set(shape) == {1} and _shape(value) == ():
            value = np.reshape(value, shape)  # a number is as good as an array of one
        several = len(self.parts) > 1
        subject = f"the {part.replace('log_', 'log-')} of your {name}" if several else f"what your {name} returns"
        other = {lengths(wrong): hint for wrong, hint in hints.items()}
        return as_result(subject, value, shape, other, finite=False)  # some mistakes give nan, and are known by it


# A table, laid out by hand: the shape of each part in letters, and what other shapes mean.
# fmt: off
_A_NUMBER = ("", {"n": "sum it over the points"})
_SHAPES = {
    "responsibilities": ("nK", {"n": "one share for each component, not one label a point",
                                "Kn": "transposed, (K, n) for (n, K)"}),
    "log_likelihood": _A_NUMBER,
    "bound": _A_NUMBER,
    "means": ("Kd", {"d": "one mean for each component"}),
    "covariances": ("Kdd", {
        "Kd": "these look like variances only; the sum of outer products (x_i - m_k) (x_i - m_k)^T is d x d",
        "dd": "one matrix for each component",
        "ddK": "the component comes first",
        "Knn": "sum over the points, not over the coordinates",
        "K": "one number for each component is not enough",
    }),
    "proportions": ("K", {"n": "sum T over the points, which is axis=0", "": "one number for each component"}),
    "mean": ("d", {"n": "sum over the points", "": "one number for each coordinate"}),
    "covariance": ("dd", {
        "d": "these look like variances only; the outer product (x_i - m) (x_i - m)^T is d x d",
        "": "the outer product (x_i - m) (x_i - m)^T is d x d, the inner one is a number",
        "nn": "sum over the points, not over the coordinates",
        "ndd": "sum over the points",
    }),
}
# fmt: on


def _two_things(name, result, n, d, K):
    if not (isinstance(result, (tuple, list)) and len(result) == 2):
        raise Unreadable(f"your {name} returned {form(result)}, but it must return {TWO_THINGS}")
    T, log_likelihood = result
    if _shape(T) == () and _shape(log_likelihood) == (n, K):
        raise Unreadable(f"your {name} returned its results in the wrong order: responsibilities come first")
    return result


def _of_a_mixture(name, result, n, d, K):
    if not (isinstance(result, Mixture) or hasattr(result, "refused")):
        raise Unreadable(f"your {name} returned {form(result)}, but it must return {A_MIXTURE}")
    proportions, means, covariances = (
        (result.proportions, result.means, result.covariances) if isinstance(result, Mixture) else result.refused
    )
    if _shape(proportions) == (K, d) and _shape(means) == (K,):
        order = "it is Mixture(proportions, means, covariances)"
        raise Unreadable(f"your {name} has means and proportions in the wrong order: {order}")
    return means, covariances, proportions


_TAKEN_APART = {"e_step": _two_things, "m_step": _of_a_mixture}


def _shape(value):
    try:
        return np.shape(value)
    except ValueError:  # its rows have different lengths
        return None


def _of_one_component(several):
    return tuple(mistake for mistake in several if not mistake.across)


_NO_DENSITY = ("far", "many", "one", "high")  # no point is far, and many at one place are a collapse

# A table, laid out by hand: what is given and asked for, by which formulas; the mistakes; and what is special.
# fmt: off
_ALL = (
    Exercise("e_step", ("x", "mixture"), ("responsibilities", "log_likelihood"), mistakes.of_mixture,
             mistakes.RESPONSIBILITIES + mistakes.DENSITY + mistakes.LOG_LIKELIHOOD, {**_SPECIAL, "far": _UNDERFLOW}),
    Exercise("m_step", ("x", "responsibilities"), ("means", "covariances", "proportions"), mistakes.of_points,
             mistakes.WEIGHTS + mistakes.MEAN + mistakes.COVARIANCE + mistakes.PROPORTIONS + mistakes.TOGETHER,
             _SPECIAL, _NO_DENSITY),
    Exercise("log_likelihood", ("x", "mixture"), ("log_likelihood",), mistakes.of_mixture,
             mistakes.DENSITY + mistakes.LOG_LIKELIHOOD, {**_SPECIAL, "far": _LOG_OF_0}),
    Exercise("mean_update", ("x", "weights"), ("mean",), mistakes.of_points,
             _of_one_component(mistakes.WEIGHTS + mistakes.MEAN), _SPECIAL, ("far", "many", "high")),
    Exercise("covariance_update", ("x", "weights", "mean"), ("covariance",), mistakes.of_points,
             _of_one_component(mistakes.WEIGHTS + mistakes.COVARIANCE), _SPECIAL, _NO_DENSITY),
    Exercise("proportions", ("sums",), ("proportions",), mistakes.of_sums, mistakes.PROPORTIONS,
             without=_NO_DENSITY),
    Exercise("bound", ("x", "mixture", "responsibilities"), ("bound",), mistakes.of_mixture, mistakes.BOUND,
             {**_SPECIAL, "far": _DENSITY_OF_0, "zero": _T_LOG_T}),
)
# fmt: on
EXERCISES = {exercise.name: exercise for exercise in _ALL}
