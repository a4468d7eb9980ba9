"""Checks of a reader's own EM: each passes in one line, or says which mistake the function seems to make.

A function is run on inputs of :mod:`gmm_teach.practice_cases`. Where its results differ from the right ones, they are
compared with what each mistake of :mod:`gmm_teach.practice_mistakes`, and each two of them together, would give. A
mistake is named only if it gives the same on every ordinary input. Otherwise the message says which property fails.
The message shows the smallest failing input that a search found, and never the answer.
"""

import inspect
import re
import time
import warnings
from dataclasses import replace
from functools import lru_cache
from itertools import combinations, permutations, product
from typing import NamedTuple

import numpy as np

from . import practice_mistakes as mistakes
from .inputs import describe
from .mixture import Mixture
from .own_code import own_code_error
from .practice_cases import every_case, plainer, shown, smaller
from .practice_exercises import EXERCISES, Unreadable
from .practice_mistakes import RIGHT

# How far a result may be off, relative to its size: what float32 inside of a function leaves. Each mistake of the
# catalogue moves some result a hundred times as far.
TOLERANCE = 1e-5
# At the far points a_k is some -1800, and float32 rounds it by 1e-4; T = exp(a_k - log sum_j exp(a_j)) is as far off.
TOLERANCE_FAR = 1e-3

MOST_SECONDS_OF_SEARCH = 3

KINDS = {
    "small": "in units that make its numbers small",
    "zero": "with responsibilities that are 0",
    "far": "with points far from every mean",
    "many": "with many points",
}


class NotYet(AssertionError):
    """The function is not right yet; the message says why."""

    def _render_traceback_(self):  # IPython shows these lines, and no traceback through the checks themselves
        return [f"NotYet: {self}"]


class Outcome(NamedTuple):
    """What one call gave: the parts of the result or what went wrong, and the names of arguments that it changed."""

    parts: dict | None
    trouble: str | None
    changed: list


# Running the function.


def _given(exercise, case):
    return [take(case) for take in exercise.arguments.values()]


def _run(exercise, function, case, rearrange=None, protect=False):
    """Call the function once, on copies of the arguments, which may be rearranged or write-protected."""
    given = [value if isinstance(value, Mixture) else np.array(value) for value in _given(exercise, case)]
    before = [value if isinstance(value, Mixture) else value.copy() for value in given]
    for value in given:
        if protect and isinstance(value, np.ndarray):
            value.flags.writeable = False
    passed = given if rearrange is None else rearrange(given)
    parts = trouble = refusal = None
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an exercise tells in its own words what is not a number
            try:
                result = function(*passed)
            except Exception as error:
                result, refusal = _refused(error), own_code_error(exercise.name, function, error, exercise.arguments)
                if result is None:
                    raise refusal from None
        parts = exercise.read(result, *before)
        if refusal is not None and _all_right(exercise, case, parts):
            raise refusal
    except Unreadable as error:
        trouble = f"your {exercise.name} returned {error}"
        if refusal is not None:
            trouble = f"your {exercise.name} makes a Mixture of {error}"
    except ValueError as error:
        parts, trouble = None, str(error)
    names = zip(exercise.arguments, before, given, strict=True)
    changed = [name for name, old, new in names if isinstance(old, np.ndarray) and not np.array_equal(old, new)]
    return Outcome(parts, trouble, changed)


def _refused(error):
    """Return what `Mixture(...)` was given when it raised this error, or None where it did not raise it."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is Mixture.__post_init__.__code__:
            mixture = traceback.tb_frame.f_locals["self"]
            return {"proportions": mixture.proportions, "means": mixture.means, "covariances": mixture.covariances}
        traceback = traceback.tb_next
    return None


# Comparing.


def _right(exercise, case):
    return _right_by_name(exercise.name, case)


@lru_cache(maxsize=256)
def _right_by_name(name, case):
    return _computed(EXERCISES[name], case, RIGHT)


def _computed(exercise, case, fill, **own):
    with np.errstate(all="ignore"):  # a mistake may well divide by 0
        return exercise.compute(*_given(exercise, case), fill, **own)


def _agree(case, right, mine, other):
    """Whether two results of one part agree to within rounding, relative to the size of the right one."""
    mine, other, right = (np.asarray(value, dtype=float) for value in (mine, other, right))
    if right.ndim >= 2 and right.shape[-1] == right.shape[-2]:
        size = np.abs(right).max(axis=(-2, -1), keepdims=True)  # of each matrix
    else:
        size = np.abs(right).max()
    if right.ndim == 0 or right.shape == (*case.x.shape[:1], case.size[2]):
        size = np.maximum(size, 1)  # a log-likelihood may be near 0; responsibilities are at most 1
    with np.errstate(invalid="ignore"):
        near = np.abs(mine - other) <= _tolerance(case) * np.maximum(size, np.abs(other))
    return bool((near & np.isfinite(mine) | (mine == other) | (np.isnan(mine) & np.isnan(other))).all())


def _tolerance(case):
    return TOLERANCE_FAR if case.kind == "far" else TOLERANCE


def _wrong_parts(exercise, case, parts):
    right = _right(exercise, case)
    return [name for name in exercise.formulas if not _agree(case, right[name], parts[name], right[name])]


def _all_right(exercise, case, parts):
    return not _wrong_parts(exercise, case, parts)


def _gives(exercise, case, parts, made, names):
    """Whether these mistakes, made together, give the named parts of this result."""
    fill = RIGHT | {place: value for mistake in made for place, value in mistake.changes.items()}
    own = {"means": parts["means"]} if exercise.name == "m_step" and "means" not in names else {}
    right = _right(exercise, case)
    try:
        wrong = _computed(exercise, case, fill, **own)
    except np.linalg.LinAlgError:
        return False
    return all(_agree(case, right[name], parts[name], wrong[name]) for name in names)


def _mistakes_made(exercise, results, names):
    """Return the fewest mistakes that give the named parts on every input, or () where no two do."""
    for count in (1, 2):
        for made in combinations(exercise.mistakes, count):
            places = [place for mistake in made for place in mistake.changes]
            if len(set(places)) == len(places) and all(
                _gives(exercise, case, parts, made, names) for case, parts in results
            ):
                return made
    return ()


# Making an input smaller.


def _smallest(exercise, cases, fails):
    """Return the smallest input, of those that a greedy search finds from these, on which `fails` is true."""
    end = time.monotonic() + MOST_SECONDS_OF_SEARCH
    found = []
    for case in cases:
        smallest = None
        while smallest is not case and time.monotonic() < end:
            smallest = case
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
        if np.linalg.eigvalsh(every).min() <= 1e-6 * np.var(case.x):
            return False  # a component has collapsed
    written = set(re.findall(r"[\d.]+(?:e-?\d+)?", _input(exercise, case)))
    answer = {f"{abs(value):.4g}" for part in _right(exercise, case).values() for value in np.ravel(part)}
    return not (answer - {"0", "1"}) & written


def _input(exercise, case):
    lines = []
    for name, take in exercise.arguments.items():
        code = "weights @ x / weights.sum()" if name == "mean" else shown(take(case))
        lines.append(f"    {name} = {code}")
    return "\n".join(lines)


# Saying what is wrong.


def _check(exercise, function):
    if not callable(function):
        raise TypeError(f"f must be a function, but it is {describe(function)}; pass its name, without brackets")
    tried = [(case, _run(exercise, function, case)) for case in _cases(exercise)]
    words = _against_the_rules(exercise, function, tried)
    if words is None:
        failed = [
            case for case, outcome in tried if outcome.parts is None or not _all_right(exercise, case, outcome.parts)
        ]
        if not failed:
            print(f"check_{_NAMES[exercise.name]}: right on all {len(tried)} inputs, ordinary and extreme.")
            return
        words = _diagnosis(exercise, function, tried, failed)
    raise NotYet(f"check_{_NAMES[exercise.name]}: not yet. {_sentence(words)}")


def _cases(exercise):
    """Return the inputs of an exercise: without a density no point is far, and many at one place are a collapse."""
    left_out = () if "mixture" in exercise.arguments else ("far", "many")
    return [case for case in every_case() if case.kind not in left_out]


def _against_the_rules(exercise, function, tried):
    """Return words where the function changes what it is given, or remembers what it was given before."""
    for case, outcome in tried:
        if outcome.changed:
            protected = _run(exercise, function, case, protect=True).trouble or ""
            where = f" Look here: {protected}" if "read-only" in protected else ""
            return (
                f"your {exercise.name} changes {' and '.join(outcome.changed)} in place, and so spoils the caller's "
                f"own array. Make a new one: `b = a - c`, not `a -= c`.{where}"
            )
    case, first = tried[0]
    _run(exercise, function, replace(case, x=2 - case.x, responsibilities=case.responsibilities[::-1]))
    again = _run(exercise, function, case)
    if (first.parts is None) != (again.parts is None) or (
        first.parts is not None
        and not all(_agree(case, part, again.parts[name], part) for name, part in first.parts.items())
    ):
        return (
            f"your {exercise.name} gives two results for one input, before and after calls with others. It keeps "
            "something from the call before, an old mean perhaps, in a variable outside of it; or it draws at random. "
            "All that it needs is in its arguments." + _outside(function)
        )
    return None


def _diagnosis(exercise, function, tried, failed):
    near = [(case, outcome) for case, outcome in tried if case.kind == "near"]
    stopped = [(case, outcome) for case, outcome in near if outcome.parts is None]
    wrong = [case for case in failed if case.kind == "near"]
    if not wrong:
        return _special(exercise, function, failed[0], dict(tried)[failed[0]])
    made, words = (), None
    if not stopped:
        results = [(case, outcome.parts) for case, outcome in near]
        results.sort(key=lambda result: -np.prod(result[0].size))  # the large ones tell mistakes apart sooner
        words, made, names = _named(exercise, results)
    if made:

        def fails(case):
            outcome = _run(exercise, function, case)
            return (
                outcome.parts is not None
                and any(name in names for name in _wrong_parts(exercise, case, outcome.parts))
                and _gives(exercise, case, outcome.parts, made, names)
            )

        if any(not _explained(exercise, case, outcome, made, names) for case, outcome in tried if case.kind != "near"):
            words += "\nThat is not all: more goes wrong on other inputs. Mend this first."
        return words + _on_input(exercise, _smallest(exercise, wrong[:3], fails))
    rearranged = _rearranged(exercise, function)
    if rearranged:
        return rearranged
    if stopped:
        # told of a large input, where n, d and K differ, and then of the smallest that gives the same words
        case, outcome = max(stopped, key=lambda pair: np.prod(pair[0].size))

        def fails(case):
            return _wordless(_run(exercise, function, case).trouble) == _wordless(outcome.trouble)

        case = _smallest(exercise, [case], fails)
        words = _run(exercise, function, case).trouble + "." + _outside(function)
        formulas = "\n".join(f"    {formula}" for formula in exercise.formulas.values())
        return f"{words}\n{formulas}" + _on_input(exercise, case)

    def fails(case):
        outcome = _run(exercise, function, case)
        return outcome.parts is not None and not _all_right(exercise, case, outcome.parts)

    case = _smallest(exercise, wrong[:3], fails)
    return (
        _property(exercise, results) + _plainer(exercise, fails, case) + _outside(function) + _on_input(exercise, case)
    )


def _wordless(trouble):
    """Return what went wrong without its numbers and shapes, which differ from input to input."""
    return None if trouble is None else re.sub(r"\([\d, ]*\)|\d", "", trouble)


def _explained(exercise, case, outcome, made, names):
    return outcome.parts is not None and _gives(exercise, case, outcome.parts, made, names)


def _named(exercise, results):
    """Return words for the mistakes that explain the results, these mistakes, and the parts that they explain."""
    names = list(exercise.formulas)
    wrong = [name for name in names if any(name in _wrong_parts(exercise, *result) for result in results)]
    right = [name for name in names if name not in wrong]
    words = f"your {_plural(right)} right. " if right else ""
    made = _mistakes_made(exercise, results, names)
    if made:
        return words + _told(made), made, names
    for name in wrong if len(names) > 1 else ():
        made = _mistakes_made(exercise, results, [name])
        if made:
            words += f"Look at the {_spoken(name)} alone: {_told(made)}"
            others = [other for other in wrong if other != name]
            if others:
                words += f"\nThe {_plural(others)} wrong too, and not for this reason alone. Mend this first."
            return words, made, [name]
    return None, (), names


def _told(made):
    if len(made) == 1:
        return f"{_sentence(made[0].words)}.\n    {made[0].formula}"
    both = "\n".join(f"({i}) {_sentence(mistake.words)}.\n    {mistake.formula}" for i, mistake in enumerate(made, 1))
    return f"Two things at once.\n{both}"


def _sentence(words):
    return words[0].upper() + words[1:]


def _spoken(name):
    return name.replace("log_", "log-")


def _plural(names):
    one = len(names) == 1 and not names[0].endswith("s")
    return " and ".join(_spoken(name) for name in names) + (" is" if one else " are")


def _special(exercise, function, case, outcome):
    """Return words for a function that is right on every ordinary input."""
    words = exercise.special.get(case.kind, "look for what differs there")
    if outcome.parts is not None and case.kind == "far" and all(np.isfinite(v).all() for v in outcome.parts.values()):
        words += " (Your result is finite there, and still wrong: a small number that is added, or a clip, hides it.)"
    if outcome.trouble is not None:
        words += f" There {outcome.trouble}."
    formula = mistakes.LOG_SUM_EXP if case.kind == "far" else "\n    ".join(exercise.formulas.values())

    def fails(case):
        again = _run(exercise, function, case)
        if outcome.parts is None or again.parts is None:
            return outcome.parts is again.parts
        return not _all_right(exercise, case, again.parts)

    small = _smallest(exercise, [case], fails)
    intro = f"your {exercise.name} is right on ordinary inputs, and wrong on one {KINDS[case.kind]}. {_sentence(words)}"
    return f"{intro}\n    {formula}" + _on_input(exercise, small)


def _property(exercise, results):
    """Return words for what can be said without naming a mistake: the first property that fails."""
    wrong = {name for case, parts in results for name in _wrong_parts(exercise, case, parts)}
    right = [name for name in exercise.formulas if name not in wrong]
    name = next(name for name in exercise.formulas if name in wrong)
    values = [parts[name] for case, parts in results]
    words = f"your {_plural(right)} right. " if right else ""
    words += f"Your {_plural([name])} not right yet"
    failing = next((told for fails, told in PROPERTIES.get(name, ()) if any(map(fails, values))), None)
    if not all(np.isfinite(value).all() for value in values):
        failing = "not every entry is a finite number: look for a division by 0, or a logarithm of 0 or less"
    if failing is None and name in ("covariance", "covariances"):
        failing = _excess(exercise, results, name)
    words += f": {failing}." if failing else ", and by none of the mistakes that are known here, nor by two of them."
    return f"{words}\n    {exercise.formulas[name]}"


PROPERTIES = {
    "responsibilities": (
        (lambda T: (T < -TOLERANCE).any(), "some are below 0, but a probability is 0 or more"),
        (lambda T: (np.abs(T.sum(axis=1) - 1) > TOLERANCE).any(), "a row does not sum to 1"),
    ),
    "proportions": (
        (lambda pi: (pi <= 0).any(), "some are not above 0"),
        (lambda pi: abs(pi.sum() - 1) > TOLERANCE, "they do not sum to 1"),
    ),
}
PROPERTIES["covariance"] = PROPERTIES["covariances"] = (
    (
        lambda Sigma: (np.abs(Sigma - Sigma.swapaxes(-1, -2)) > TOLERANCE * np.abs(Sigma).max()).any(),
        "a matrix is not symmetric, but entry (i, j) must equal entry (j, i)",
    ),
    (
        lambda Sigma: (np.linalg.eigvalsh(Sigma) < -TOLERANCE * np.abs(Sigma).max()).any(),
        "a matrix has a negative eigenvalue, which is a negative variance in some direction",
    ),
)


def _excess(exercise, results, name):
    """Return words for covariances that are too large by c I, or by a v v^T, in every component of every input."""
    added, rank_one = [], True
    for case, parts in results:
        over = np.reshape(parts[name] - _right(exercise, case)[name], (-1, case.size[1], case.size[1]))
        size = TOLERANCE * np.abs(parts[name]).max()
        added += [over[:, 0, 0], (over - over[0, 0, 0] * np.eye(len(over[0]))).ravel()[:0]]
        if np.abs(over - over[0, 0, 0] * np.eye(len(over[0]))).max() > size:
            added.append(np.array([np.nan]))
        eigenvalues = np.linalg.eigvalsh((over + over.swapaxes(1, 2)) / 2)
        rank_one &= bool((np.abs(eigenvalues[:, :-1]) < size).all() and (eigenvalues[:, -1] > -size).all())
    added = np.concatenate(added)
    if np.ptp(added) <= TOLERANCE * np.abs(added).max():
        return "the same number is added to every variance: the maximum of Q has no such guard"
    if rank_one:
        return "they are what comes out around another mean, an old one perhaps: take the new m_k in both factors"
    return None


def _plainer(exercise, fails, case):
    for words, plain in plainer(case):
        if exercise.name in ("e_step", "log_likelihood", "lower_bound") and not fails(plain):
            return f"\nOn the input below it becomes right when {words}."
    return ""


def _rearranged(exercise, function):
    """Return words where the function is right once its arguments are transposed, or come in another order."""
    near = [case for case in every_case() if case.kind == "near"]
    names = list(exercise.arguments)
    matrices = [name in ("x", "responsibilities") for name in names]
    for order in permutations(range(len(names))):
        for turned in product(*([False, True] if matrix else [False] for matrix in matrices)):
            if order == tuple(range(len(names))) and not any(turned):
                continue

            def rearrange(given, order=order, turned=turned):
                return [given[i].T if turned[i] else given[i] for i in order]

            outcomes = ((case, _run(exercise, function, case, rearrange)) for case in near)
            if all(
                outcome.parts is not None and _all_right(exercise, case, outcome.parts) for case, outcome in outcomes
            ):
                would = ", ".join(names[i] + (".T" if turned[i] else "") for i in order)
                return (
                    f"your {exercise.name} would be right if it were called as f({would}). It is called as "
                    f"f({', '.join(names)}): x is (n, d), one row a point, and responsibilities are (n, K), one row a "
                    "point and one column a component."
                )
    return None


def _outside(function):
    """Return a sentence on the arrays and whole numbers that a function takes from outside of it."""
    try:
        used = inspect.getclosurevars(inspect.unwrap(function))
    except TypeError:  # it is not written in Python, or no function but an object
        return ""
    values = {**used.globals, **used.nonlocals}
    names = [name for name, value in values.items() if isinstance(value, (np.ndarray, Mixture, list, tuple, dict, int))]
    if not names:
        return ""
    return f" It uses {' and '.join(f'`{name}`' for name in names)} from outside of it: is that what you mean?"


def _on_input(exercise, case):
    n, d, K = case.size
    return f"\nThe smallest failing input found, with n = {n}, d = {d}, K = {K}:\n{_input(exercise, case)}"


_NAMES = {name: name for name in EXERCISES} | {"proportions_update": "proportions", "lower_bound": "bound"}


def check_e_step(f):
    """Check f(x, mixture), which returns (responsibilities, log_likelihood) as :func:`gmm_teach.e_step` does.

    Parameters
    ----------
    f : callable
        Of x (n, d) and a Mixture.

    Raises
    ------
    NotYet
        If it is not right; the message says why.
    TypeError
        If `f` is no function.

    Examples
    --------
    >>> from gmm_teach import e_step
    >>> check_e_step(e_step)
    check_e_step: right on all 13 inputs, ordinary and extreme.
    """
    _check(EXERCISES["e_step"], f)


def check_m_step(f):
    """Check f(x, responsibilities), which returns a Mixture as :func:`gmm_teach.m_step` does; see check_e_step."""
    _check(EXERCISES["m_step"], f)


def check_log_likelihood(f):
    """Check f(x, mixture), which returns a number, as :meth:`gmm_teach.Mixture.log_likelihood` does.

    See check_e_step.
    """
    _check(EXERCISES["log_likelihood"], f)


def check_mean_update(f):
    """Check f(x, weights), which returns the mean of one component, shape (d,); see check_e_step.

    `weights` (n,) are its responsibilities. The module's own is :func:`gmm_teach.updates.mean_update`.
    """
    _check(EXERCISES["mean_update"], f)


def check_covariance_update(f):
    """Check f(x, weights, mean), which returns the covariance of one component, shape (d, d); see check_e_step.

    `mean` (d,) is the new mean that belongs to the `weights` (n,). The module's own is
    :func:`gmm_teach.updates.covariance_update`.
    """
    _check(EXERCISES["covariance_update"], f)


def check_proportions(f):
    """Check f(sums), which returns all proportions, shape (K,), from the S_k; see check_e_step.

    The module's own is :func:`gmm_teach.updates.proportions_update`.
    """
    _check(EXERCISES["proportions_update"], f)


def check_bound(f):
    """Check f(x, mixture, responsibilities), which returns a number as :func:`gmm_teach.bound.lower_bound` does.

    The responsibilities need not be those of this mixture. See check_e_step.
    """
    _check(EXERCISES["lower_bound"], f)
