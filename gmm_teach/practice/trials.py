"""One trial of a reader's function: run it, compare its results with right and wrong ones, find a small input.

:mod:`gmm_teach.practice.checks` puts into words what comes out here.
"""

import time
import warnings
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from .._checks import read_only
from ..mixture import Mixture
from .answers import Unreadable
from .cases import smaller
from .exercises import EXERCISES
from .mistakes import RIGHT
from .own_code import OwnCodeError, function_name, own_code_error

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


def run(exercise, function, case, protect=False):
    """Call the function once, on copies of the arguments, which may be write-protected."""
    before, copy = exercise.given(case), read_only if protect else np.array
    given: list = [value if isinstance(value, Mixture) else copy(value) for value in before]
    name = function_name(function, exercise.name)
    parts = trouble = error = None
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numbers that are not finite are found by looking at them
            result = function(*given)
    except Exception as raised:
        result = error = raised
    try:
        if result is not ... and (error is None or hasattr(error, "refused")):  # what a Mixture refused is read too
            parts = exercise.read(name, result, case)
        if error is not None and (parts is None or not wrong_parts(exercise, case, parts)):
            raise own_code_error(name, function, error, exercise.arguments)
    except (Unreadable, OwnCodeError) as words:
        parts, trouble = None, str(words)
    names = zip(exercise.arguments, before, given, strict=True)
    changed = [name for name, old, new in names if old is not new and not np.array_equal(old, new)]
    return Outcome(parts, trouble, changed, result is not ...)


def right_parts(exercise, case):
    """Return the right results for this input, part by part."""
    return _computed(exercise.name, case, ())


@lru_cache(maxsize=8192)  # the same mistakes are tried on one part of a result after the other, and at the next check
def _computed(name, case, changes, means=None):
    """Return what an exercise gives when these parts of its formulas are replaced, as (name, value) pairs."""
    exercise = EXERCISES[name]
    own = {} if means is None else {"means": np.reshape(means, case.means.shape)}
    with np.errstate(all="ignore"):  # a mistake may well divide by 0
        return exercise.compute(replace(RIGHT, **dict(changes)), *exercise.given(case), **own)


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
    return [name for name in exercise.parts if not agree(case, name, right[name], parts[name], right[name])]


def gives(exercise, case, parts, made, names):
    """Whether these mistakes, made together, give the named parts of this result."""
    changes = tuple(change for mistake in made for change in mistake.changes.items())
    around_own = exercise.name == "m_step" and "means" not in names
    right = right_parts(exercise, case)
    try:
        wrong = _computed(exercise.name, case, changes, tuple(parts["means"].ravel()) if around_own else None)
    except np.linalg.LinAlgError:  # where NumPy raises it; elsewhere the numbers are nan
        return False
    return all(agree(case, name, right[name], parts[name], wrong[name]) for name in names)


def mistakes_made(exercise, results, names):
    """Return the fewest mistakes, up to two, that give the named parts on every input, or () where none do.

    For some of the parts it is one at most: two would be guessing.
    """
    if not all(any(np.isfinite(parts[name]).any() for _, parts in results) for name in names):
        return ()  # nan agrees with any other nan
    for count in (1, 2) if len(names) == len(exercise.parts) else (1,):
        for made in combinations(exercise.mistakes, count):
            changed = [name for mistake in made for name in mistake.changes]
            if len(set(changed)) == len(changed) and all(
                gives(exercise, case, parts, made, names) for case, parts in results
            ):
                return made
    return ()


def smallest(exercise, cases, fails):
    """Return the smallest input, of those that a greedy search finds from these, on which `fails` is true."""
    end = time.monotonic() + MOST_SECONDS_OF_SEARCH
    found = []
    for case in cases:
        last = None
        while last is not case and time.monotonic() < end:
            last = case
            for candidate in smaller(case):
                if _has_an_answer(exercise, candidate) and fails(candidate):
                    case = candidate
                    break
        found.append(case)
    return min(found, key=lambda case: (np.prod(case.size), case.size))


def _has_an_answer(exercise, case):
    """Whether no component is empty, and none has collapsed where that matters."""
    if len(case.x) == 0 or (case.sums <= 0).any():
        return False
    if exercise.name not in ("m_step", "covariance_update"):
        return True
    covariances = EXERCISES["m_step"].compute(RIGHT, case.x, case.responsibilities)["covariances"]
    extent = np.ptp(case.x)
    return extent > 0 and np.linalg.eigvalsh(covariances).min() > 1e-9 * extent**2
