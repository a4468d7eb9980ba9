"""One trial of a reader's function: run it, compare its results with right and wrong ones, find a small input.

:mod:`gmm_teach.practice` puts into words what comes out here.
"""

import re
import time
import warnings
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from ..mixture import Mixture
from . import mistakes
from .cases import shown, smaller
from .exercises import EXERCISES, RefusedMixture, Unreadable
from .mistakes import RIGHT
from .own_code import own_code_error

# How far a result may be off, relative to its size: what float32 inside of a function leaves. Each mistake of the
# catalogue moves some result a hundred times as far.
TOLERANCE = 1e-5
# At the far points a_k is some -1800, and float32 rounds it by 1e-4; T = exp(a_k - log sum_j exp(a_j)) is as far off.
TOLERANCE_FAR = 1e-3

MOST_SECONDS_OF_SEARCH = 2


class Outcome(NamedTuple):
    """What one call gave: the parts of the result or what went wrong, and the names of arguments that it changed.

    `started` is False where it gave `...`, which the notebooks leave for the reader to replace.
    """

    parts: dict | None
    trouble: str | None
    changed: list
    started: bool


# Running the function.


def _given(exercise, case):
    return [take(case) for take in exercise.arguments.values()]


def run(exercise, function, case, rearrange=None, protect=False):
    """Call the function once, on copies of the arguments, which may be rearranged or write-protected."""
    given = [value if isinstance(value, Mixture) else np.array(value) for value in _given(exercise, case)]
    before = [value if isinstance(value, Mixture) else value.copy() for value in given]
    for value in given:
        if protect and isinstance(value, np.ndarray):
            value.flags.writeable = False
    parts = trouble = None
    result, error = _called(function, given if rearrange is None else rearrange(given))
    refused = None if error is None else _refused(error)
    if error is not None and refused is None:
        trouble = str(own_code_error(exercise.name, function, error, exercise.arguments))
    else:
        try:
            parts = exercise.read(result if error is None else refused, *before)
        except Unreadable as words:
            trouble = f"your {exercise.name} {'returned' if error is None else 'makes a Mixture of'} {words}"
    if refused is not None and parts is not None and all_right(exercise, case, parts):
        parts, trouble = None, str(own_code_error(exercise.name, function, error, exercise.arguments))
    names = zip(exercise.arguments, before, given, strict=True)
    changed = [name for name, old, new in names if isinstance(old, np.ndarray) and not np.array_equal(old, new)]
    return Outcome(parts, trouble, changed, result is not ...)


def _called(function, given):
    """Return the result and None, or None and the error that was raised."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is not a number is told in the words of the exercise
        try:
            return function(*given), None
        except Exception as error:
            return None, error


def _refused(error):
    """Return what `Mixture(...)` was given when it raised this error, or None where it did not raise it."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is Mixture.__post_init__.__code__:
            mixture = traceback.tb_frame.f_locals["self"]
            return RefusedMixture(mixture.proportions, mixture.means, mixture.covariances)
        traceback = traceback.tb_next
    return None


# Comparing.


def right_parts(exercise, case):
    """Return the right results for this input, part by part."""
    return _computed(exercise.name, case, ())


@lru_cache(maxsize=8192)  # the same mistakes are tried on one part of a result after the other, and at the next check
def _computed(name, case, changes, means=None):
    """Return what an exercise gives with these places of its formulas filled otherwise, as (place, value) pairs."""
    exercise = EXERCISES[name]
    own = {} if means is None else {"means": np.reshape(means, case.means.shape)}
    with np.errstate(all="ignore"):  # a mistake may well divide by 0
        return exercise.compute(*_given(exercise, case), RIGHT | dict(changes), **own)


def agree(case, name, right, mine, other):
    """Whether two results for one part agree to within rounding, relative to the size of the right one."""
    mine, other = np.asarray(mine, dtype=float), np.asarray(other, dtype=float)
    size = np.abs(right).max(axis=(-2, -1) if name.startswith("covariance") else None, keepdims=True)  # of each matrix
    if name in ("responsibilities", "log_likelihood", "bound"):
        size = np.maximum(size, 1)  # a log-likelihood may be near 0
    tolerance = TOLERANCE_FAR if case.kind == "far" and name == "responsibilities" else TOLERANCE
    with np.errstate(invalid="ignore"):
        near = np.abs(mine - other) <= tolerance * np.maximum(size, np.abs(other))
    return bool((near & np.isfinite(mine) | (mine == other) | (np.isnan(mine) & np.isnan(other))).all())


def wrong_parts(exercise, case, parts):
    """Return the names of the parts of this result that are wrong."""
    right = right_parts(exercise, case)
    return [name for name in exercise.formulas if not agree(case, name, right[name], parts[name], right[name])]


def wrong_parts_of_all(exercise, results):
    """Return the parts that are wrong in any of these results."""
    wrong = {name for case, parts in results for name in wrong_parts(exercise, case, parts)}
    return [name for name in exercise.formulas if name in wrong]


def all_right(exercise, case, parts):
    """Whether every part of this result is right."""
    return not wrong_parts(exercise, case, parts)


def gives(exercise, case, parts, made, names):
    """Whether these mistakes, made together, give the named parts of this result."""
    changes = tuple((place, value) for mistake in made for place, value in mistake.changes.items())
    around_own = exercise.name == "m_step" and "means" not in names
    right = right_parts(exercise, case)
    try:
        wrong = _computed(exercise.name, case, changes, tuple(parts["means"].ravel()) if around_own else None)
    except np.linalg.LinAlgError:
        return False
    return all(agree(case, name, right[name], parts[name], wrong[name]) for name in names)


def mistakes_made(exercise, results, names):
    """Return the fewest mistakes that give the named parts on every input, or () where none do.

    Up to two of any kind are tried together, and up to three in the density.
    """
    in_density = [mistake for mistake in exercise.mistakes if mistake in mistakes.DENSITY_MISTAKES]
    for count, pool in ((1, exercise.mistakes), (2, exercise.mistakes), (3, in_density)):
        for made in combinations(pool, count):
            places = [place for mistake in made for place in mistake.changes]
            if len(set(places)) == len(places) and all(
                gives(exercise, case, parts, made, names) for case, parts in results
            ):
                return made
    return ()


# Making an input smaller.


def smallest(exercise, cases, fails):
    """Return the smallest input, of those that a greedy search finds from these, on which `fails` is true."""
    end = time.monotonic() + MOST_SECONDS_OF_SEARCH
    found = []
    for case in cases:
        last = None
        while last is not case and time.monotonic() < end:
            last = case
            for candidate in smaller(case):
                if _may_be_shown(exercise, candidate) and fails(candidate):
                    case = candidate
                    break
                if time.monotonic() > end:
                    break
        found.append(case)
    return min(found, key=lambda case: (np.prod(case.size), case.size))


def _may_be_shown(exercise, case):
    """Whether there is an answer on this input, and none of its numbers can be read off the input."""
    if len(case.x) == 0 or (case.sums <= 0).any():
        return False
    if exercise.name in ("m_step", "covariance_update"):
        every = mistakes.m_step(case.x, case.responsibilities, RIGHT)["covariances"]
        if np.linalg.eigvalsh(every).min() <= 1e-9 * (case.x**2).max():
            return False  # a component has collapsed
    numbers = set(re.findall(r"[\d.]+(?:e-?\d+)?", written(exercise, case)))
    answer = {f"{abs(value):.4g}" for part in right_parts(exercise, case).values() for value in np.ravel(part)}
    if exercise.name != "mean_update":
        answer -= {"0", "1"}  # of hard labels, or of one component
    return not answer & numbers


def written(exercise, case):
    """Return the arguments as lines of code that make them."""
    lines = []
    for name, take in exercise.arguments.items():
        code = "weights @ x / weights.sum()" if name == "mean" else shown(take(case))
        lines.append(f"    {name} = {code}")
    return "\n".join(lines)
