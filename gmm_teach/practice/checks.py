"""Checks of a reader's own EM: each passes in one line, or says which mistake the function seems to make.

A function is run on inputs of :mod:`gmm_teach.practice.cases`. Where its results differ from the right ones, they are
compared with what each mistake of :mod:`gmm_teach.practice.mistakes`, and each two of them together, would give. A
mistake is named only if it gives the same on every ordinary input. Otherwise the message says which property fails.
The message shows the smallest failing input that a search found, and never the answer.

Right is what agrees to five digits, so that float32 inside of a function will do; responsibilities far from every mean
need agree to three only, since float32 holds no more of them there.
"""

import dis
import inspect
import re
from dataclasses import replace
from itertools import permutations, product

import numpy as np

from .._checks import check_function
from ..mixture import Mixture
from . import mistakes
from .answers import NOT_STARTED, NotYet
from .cases import every_case, plainer
from .exercises import EXERCISES
from .trials import (
    TOLERANCE,
    agree,
    all_right,
    gives,
    mistakes_made,
    right_parts,
    run,
    smallest,
    written,
    wrong_parts,
    wrong_parts_of_all,
)

KINDS = {
    "small": "in units that make its numbers small",
    "zero": "with responsibilities that are 0",
    "far": "with points far from every mean",
    "many": "with many points",
}


# Saying what is wrong.


def _check(exercise, function):
    check_function("f", function)
    tried = [(case, run(exercise, function, case)) for case in _cases(exercise)]
    if not any(outcome.started for _, outcome in tried):
        print(NOT_STARTED)
        return
    words = _against_the_rules(exercise, function, tried)
    if words is None:
        failed = [case for case, outcome in tried if not _is_right(exercise, case, outcome)]
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
            protected = run(exercise, function, case, protect=True).trouble or ""
            where = f" Look here: {protected}" if "read-only" in protected else ""
            small = smallest(exercise, [case], lambda case: run(exercise, function, case).changed)
            return (
                f"your {exercise.name} changes {' and '.join(outcome.changed)} in place, and so spoils the caller's "
                f"own array. Make a new one: `b = a - c`, not `a -= c`.{where}"
            ) + _on_input(exercise, small)
    case, first = tried[0]
    right = right_parts(exercise, case)
    run(exercise, function, replace(case, x=2 - case.x, responsibilities=case.responsibilities[::-1]))
    again = run(exercise, function, case)
    if (first.parts is None) != (again.parts is None) or (
        first.parts is not None
        and not all(agree(case, name, right[name], again.parts[name], part) for name, part in first.parts.items())
    ):
        return (
            f"your {exercise.name} gives two results for one input, before and after calls with others. It keeps "
            "something from the call before, an old mean perhaps, in a variable outside of it; or it draws at random. "
            f"All that it needs is in its arguments.{_outside(function)}"
        ) + _on_input(exercise, case)
    return None


def _diagnosis(exercise, function, tried, failed):
    wrong = [case for case in failed if case.kind == "near"]
    if not wrong:
        return _told_special(exercise, function, failed[0], dict(tried)[failed[0]])
    near = [(case, outcome) for case, outcome in tried if case.kind == "near"]
    if any(outcome.parts is None for _, outcome in near):
        return _told_rearranged(exercise, function, wrong) or _told_trouble(exercise, function, near)
    results = [(case, outcome.parts) for case, outcome in near]
    return (
        _told_mistakes(exercise, function, results, tried, wrong)
        or _told_rearranged(exercise, function, wrong)
        or _told_property(exercise, function, results, wrong)
    )


def _told_mistakes(exercise, function, results, tried, wrong):
    """Return words for the mistakes of the catalogue that explain the results, or None."""
    words, made, names = _named(exercise, results)
    if not made:
        return None

    def fails(case):
        parts = run(exercise, function, case).parts
        return (
            parts is not None
            and any(name in names for name in wrong_parts(exercise, case, parts))
            and gives(exercise, case, parts, made, names)
        )

    explained = (
        outcome.parts is not None and gives(exercise, case, outcome.parts, made, names)
        for case, outcome in tried
        if case.kind != "near"
    )
    if not all(explained):
        words += "\nThat is not all: more goes wrong on other inputs. Mend this first."
    return words + _on_input(exercise, smallest(exercise, wrong[:3], fails))


def _told_trouble(exercise, function, near):
    """Return words for an error, or for a result that cannot be read."""
    # told of a large input, where n, d and K differ, and then of the smallest that gives the same words
    stopped = [(case, outcome) for case, outcome in near if outcome.parts is None]
    case, outcome = max(stopped, key=lambda pair: np.prod(pair[0].size))

    def fails(case):
        return _wordless(run(exercise, function, case).trouble) == _wordless(outcome.trouble)

    case = smallest(exercise, [case], fails)
    words = _ended(run(exercise, function, case).trouble) + _outside(function)
    formulas = "\n".join(f"    {formula}" for formula in exercise.formulas.values())
    return f"{words}\n{formulas}" + _on_input(exercise, case)


def _told_property(exercise, function, results, wrong):
    """Return words for a wrong result that no mistake of the catalogue explains."""

    def fails(case):
        outcome = run(exercise, function, case)
        return outcome.parts is not None and not all_right(exercise, case, outcome.parts)

    case = smallest(exercise, wrong[:3], fails)
    words = _property(exercise, results) + _outside(function)
    formula = exercise.formulas[wrong_parts_of_all(exercise, results)[0]]
    return f"{words}\n    {formula}" + _plainer(exercise, fails, case) + _on_input(exercise, case)


def _wordless(trouble):
    """Return what went wrong without its numbers and shapes, which differ from input to input."""
    return None if trouble is None else re.sub(r"\([\d, ]*\)|\d", "", trouble)


def _named(exercise, results):
    """Return words for the mistakes that explain the results, these mistakes, and the parts that they explain."""
    names = list(exercise.formulas)
    wrong = wrong_parts_of_all(exercise, results)
    right = [name for name in names if name not in wrong]
    words = f"your {_plural(right)} right. " if right else ""
    made = mistakes_made(exercise, results, names)
    if made:
        return words + _told(made), made, names
    for name in wrong if len(names) > 1 else ():
        if all(gives(exercise, case, parts, (), [name]) for case, parts in results):
            continue  # the covariances follow rightly from the means, which alone are wrong
        made = mistakes_made(exercise, results, [name])
        if made:
            words += f"Look at the {_spoken(name)} alone. {_told(made)}"
            others = [other for other in wrong if other != name]
            if others:
                words += f"\nThe {_plural(others)} wrong too, and not for this reason alone. Mend this first."
            return words, made, [name]
    return None, (), names


def _told(made):
    if len(made) == 1:
        return f"{_ended(made[0].words)}\n    {made[0].formula}"
    each = "\n".join(f"({i}) {_ended(mistake.words)}\n    {mistake.formula}" for i, mistake in enumerate(made, 1))
    return f"{'Two' if len(made) == 2 else 'Three'} things at once.\n{each}"


def _sentence(words):
    return words[0].upper() + words[1:]


def _ended(words):
    return _sentence(words) + ("" if words.endswith((".", "?", ".)")) else ".")


def _spoken(name):
    return name.replace("log_", "log-")


def _plural(names):
    one = len(names) == 1 and not names[0].endswith("s")
    return " and ".join(_spoken(name) for name in names) + (" is" if one else " are")


def _told_special(exercise, function, case, outcome):
    """Return words for a function that is right on every ordinary input."""
    words = exercise.special.get(case.kind, "look for what differs there")
    if outcome.parts is not None and case.kind == "far" and all(np.isfinite(v).all() for v in outcome.parts.values()):
        words += (
            " (Your result is finite there, and still wrong: a small number that is added, or a clip, may hide it.)"
        )
    if outcome.trouble is not None:
        words += f" What happened: {outcome.trouble}."
    far = case.kind == "far" and exercise.name != "lower_bound"
    formula = mistakes.LOG_SUM_EXP if far else "\n    ".join(exercise.formulas.values())

    def fails(case):
        again = run(exercise, function, case)
        if outcome.parts is None or again.parts is None:
            return outcome.parts is again.parts
        return not all_right(exercise, case, again.parts)

    small = smallest(exercise, [case], fails)
    intro = f"your {exercise.name} is right on ordinary inputs, and wrong on one {KINDS[case.kind]}. {_sentence(words)}"
    return f"{intro}\n    {formula}" + _on_input(exercise, small)


def _property(exercise, results):
    """Return words for what can be said without naming a mistake: the first property that fails."""
    wrong = wrong_parts_of_all(exercise, results)
    right = [name for name in exercise.formulas if name not in wrong]
    name = wrong[0]
    values = [parts[name] for case, parts in results]
    words = f"your {_plural(right)} right. " if right else ""
    words += f"Your {_plural([name])} not right yet"
    failing = next((told for fails, told in PROPERTIES.get(name, ()) if any(map(fails, values))), None)
    if not all(np.isfinite(value).all() for value in values):
        failing = "not every entry is a finite number: look for a division by 0, or a logarithm of 0 or less"
    if failing is None and name in ("covariance", "covariances"):
        failing = _excess(exercise, results, name)
    if failing is None:
        failing = _in_common(exercise, results, name)
    failing = failing or "it is none of the mistakes that are known here, nor two of them together"
    return f"{words}: {failing}" + ("" if failing.endswith("?") else ".")


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


def _in_common(exercise, results, name):
    """Return words for results that are the right ones in another order, or times one and the same factor."""
    pairs = [(parts[name], right_parts(exercise, case)[name]) for case, parts in results]
    if all(
        np.ndim(mine) > 0 and np.allclose(np.sort(mine, axis=None), np.sort(right, axis=None), rtol=TOLERANCE)
        for mine, right in pairs
    ):
        return "the numbers are right, and stand in the wrong places: is the order turned round, or an axis?"
    factor = np.vdot(pairs[0][1], pairs[0][0]) / np.vdot(pairs[0][1], pairs[0][1])
    if all(np.allclose(mine, factor * right, rtol=TOLERANCE) for mine, right in pairs):
        return "there is one factor too much, the same everywhere"
    return None


def _excess(exercise, results, name):
    """Return words for covariances that are too large by g I, or by a v v^T, in every component of every input."""
    guard, is_guard, is_rank_one = None, True, True
    for case, parts in results:
        d = case.size[1]
        over = np.reshape(parts[name] - right_parts(exercise, case)[name], (-1, d, d))
        rounding = TOLERANCE * np.abs(parts[name]).max()
        guard = over[0, 0, 0] if guard is None else guard
        is_guard &= bool(np.abs(over - guard * np.eye(d)).max() < rounding)
        eigenvalues = np.linalg.eigvalsh((over + over.swapaxes(1, 2)) / 2)
        is_rank_one &= bool(np.abs(eigenvalues[:, :-1]).max(initial=0) < rounding and eigenvalues.min() > -rounding)
    if is_guard:
        return "the same number is added to every variance, as a guard: the maximum of Q has none"
    if is_rank_one:
        return (
            "the excess is some v v^T, as around another mean than the new one (an old one perhaps): "
            "subtract the new m_k"
        )
    return None


def _plainer(exercise, fails, case):
    for words, plain in plainer(case):
        if exercise.name in ("e_step", "log_likelihood", "lower_bound") and not fails(plain):
            return f"\nOn the input below it becomes right when {words}."
    return ""


def _told_rearranged(exercise, function, wrong):
    """Return words where the function is right once its arguments are transposed, or come in another order."""
    near = [case for case in every_case() if case.kind == "near"]
    names = list(exercise.arguments)
    order = _right_order(exercise, function, near)
    if order is None:
        return None
    would = ", ".join(names[i] + (".T" if turned else "") for i, turned in order)
    small = smallest(exercise, wrong[:1], lambda case: not _is_right(exercise, case, run(exercise, function, case)))
    return (
        f"your {exercise.name} would be right if it were called as f({would}). It is called as f({', '.join(names)}): "
        "x is (n, d), one row a point, and responsibilities are (n, K), one row a point and one column a component."
    ) + _on_input(exercise, small)


def _right_order(exercise, function, cases):
    """Return the number of each argument and whether to transpose it, so that all results are right; or None."""
    numbers = range(len(exercise.arguments))
    turns = [[False, True] if name in ("x", "responsibilities") else [False] for name in exercise.arguments]
    for order in permutations(numbers):
        for turned in product(*(turns[i] for i in order)):

            def rearrange(given, order=order, turned=turned):
                return [given[i].T if turn else given[i] for i, turn in zip(order, turned, strict=True)]

            if all(_is_right(exercise, case, run(exercise, function, case, rearrange)) for case in cases):
                return list(zip(order, turned, strict=True))
    return None


def _is_right(exercise, case, outcome):
    return outcome.parts is not None and all_right(exercise, case, outcome.parts)


def _outside(function):
    """Return a sentence on the arrays and whole numbers that a function takes from outside of it."""
    function = inspect.unwrap(function)
    if not inspect.isfunction(function):
        return ""
    code, values = function.__code__, inspect.getclosurevars(function).nonlocals
    loaded = [step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"]
    values = {**{name: function.__globals__.get(name) for name in loaded}, **values}
    names = [name for name, value in values.items() if isinstance(value, (np.ndarray, Mixture, list, tuple, dict, int))]
    if not names:
        return ""
    return f" It uses {' and '.join(f'`{name}`' for name in names)} from outside of it: is that what you mean?"


def _on_input(exercise, case):
    size = dict(zip("ndK", case.size, strict=True))
    if "weights" in exercise.arguments:
        del size["K"]
    if "sums" in exercise.arguments:
        del size["n"], size["d"]
    sizes = ", ".join(f"{letter} = {number}" for letter, number in size.items())
    return f"\nThe smallest failing input found, with {sizes}:\n{written(exercise, case)}"


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
