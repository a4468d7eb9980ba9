"""Checks of a reader's own EM: each passes in one line, or says which mistake the function seems to make.

A function is run on inputs of :mod:`gmm_teach.practice.cases`. Where its results differ from the right ones, they are
compared with what each mistake of :mod:`gmm_teach.practice.mistakes`, and each two of them together, would give. A
mistake is named only if it gives the same on every ordinary input, and two of them only if they explain the whole
result. Otherwise the message says which property fails, or no more than that something does.

Right is what agrees to five digits, so that float32 will do where a function has subtracted the mean before it rounds;
responsibilities far from every mean need agree to three only, since float32 holds no more of them there.
"""

import inspect
import re
import symtable
from collections.abc import Callable
from dataclasses import replace
from textwrap import dedent

import numpy as np

from .._checks import check_function
from ..mixture import Mixture
from .answers import NOT_STARTED, NotYet, capitalised, sentence
from .cases import every_case, shown
from .exercises import EXERCISES
from .own_code import function_name, plain
from .trials import TOLERANCE, agree, gives, mistakes_made, right_parts, run, smallest, wrong_parts

KINDS = {
    "one": "with a single point",
    "small": "in units that make its numbers small",
    "zero": "with responsibilities that are 0",
    "many": "with many points",
    "high": "with many coordinates",
    "offset": "far from 0",
    "far": "with points far from every mean",
}


def _check(exercise, function):
    check_function("f", function)
    cases = [case for case in every_case() if case.kind not in exercise.without]
    tried = [(case, run(exercise, function, case)) for case in cases]
    name = f"check_{exercise.name}"
    if not any(outcome.started for _, outcome in tried):
        print(NOT_STARTED)
        return
    words = _against_the_rules(exercise, function, tried) or _diagnosis(exercise, function, tried)
    if words:
        raise NotYet(f"{name}: not yet. {capitalised(words)}")
    print(f"{name}: right on all {len(tried)} inputs, ordinary and extreme.")


def _against_the_rules(exercise, function, tried):
    """Return words where the function changes what it is given, or remembers what it was given before."""
    name = function_name(function, exercise.name)
    for case, outcome in tried:
        if outcome.changed:
            protected = run(exercise, function, case, protect=True).trouble or ""
            where = f" Look here: {protected}" if "read-only" in protected else ""
            small = smallest(exercise, [case], lambda case: run(exercise, function, case).changed)
            return (
                f"your {name} changes {' and '.join(outcome.changed)} in place, and so spoils the caller's "
                f"own array. Make a new one: `b = a - c`, not `a -= c`.{where}"
            ) + _on_input(exercise, small)
    case, first = tried[0]
    right = right_parts(exercise, case)
    run(exercise, function, replace(case, x=2 - case.x, responsibilities=case.responsibilities[::-1]))
    again = run(exercise, function, case)
    if first.parts is None or again.parts is None:
        differs = first.parts is not again.parts
    else:
        same = [agree(case, part, right[part], again.parts[part], value) for part, value in first.parts.items()]
        differs = not all(same) and all(np.isfinite(value).all() for value in again.parts.values())
    if differs:
        return (
            f"your {name} gives two results for one input, before and after calls with others. It keeps "
            "something from the call before, an old mean perhaps, in a variable outside of it; or it draws at random. "
            f"All that it needs is in its arguments.{_outside(function)}"
        ) + _on_input(exercise, case)
    return ""


def _diagnosis(exercise, function, tried):
    """Return words for the first input on which the function is not right; "" where there is none."""
    failed = [(case, outcome) for case, outcome in tried if not _is_right(exercise, case, outcome)]
    near = [(case, outcome) for case, outcome in tried if case.kind == "near"]
    wrong = [case for case, _ in failed if case.kind == "near"]
    if not failed:
        return ""
    if not wrong:
        return _by_kind(exercise, function, *failed[0])
    if any(outcome.parts is None for _, outcome in near):
        return _by_trouble(exercise, function, near)
    results = [(case, outcome.parts) for case, outcome in near]
    return _by_mistakes(exercise, function, results, tried, wrong) or _by_property(exercise, function, results, wrong)


def _is_right(exercise, case, outcome):
    return outcome.parts is not None and not wrong_parts(exercise, case, outcome.parts)


def _by_kind(exercise, function, case, outcome):
    """Return words for a function that is right on every ordinary input."""
    words = sentence(exercise.special.get(case.kind, "look for what differs there"))
    if outcome.trouble is not None:
        words += f" What happened: {sentence(outcome.trouble)}"
    elif case.kind == "far" and all(np.isfinite(value).all() for value in outcome.parts.values()):
        cause = "a small number that is added, or a clip, may hide it"
        words += f" (Your result is finite there, and still wrong: {cause}.)"

    def fails(case):
        again = run(exercise, function, case)
        return (outcome.parts is None) == (again.parts is None) and not _is_right(exercise, case, again)

    name = function_name(function, exercise.name)
    intro = f"your {name} is right on ordinary inputs, and wrong on one {KINDS[case.kind]}."
    return f"{intro} {words}" + _on_input(exercise, smallest(exercise, [case], fails))


def _by_trouble(exercise, function, near):
    """Return words for an error, or for a result that cannot be read."""
    # said of a large input, where n, d and K differ, and then of the smallest that gives the same words
    stopped = [(case, outcome) for case, outcome in near if outcome.parts is None]
    case, outcome = max(stopped, key=lambda pair: np.prod(pair[0].size))

    def wordless(trouble):  # without its numbers and shapes, which differ from input to input
        return None if trouble is None else re.sub(r"\([\d, ]*\)|\d", "", trouble)

    def fails(case):
        return wordless(run(exercise, function, case).trouble) == wordless(outcome.trouble)

    small = smallest(exercise, [case], fails)
    words = sentence(run(exercise, function, small).trouble or outcome.trouble) + _outside(function)
    if "is called as" not in words:
        called = f"{function_name(function, exercise.name)}({', '.join(exercise.arguments)})"
        shapes = {"x": "x is (n, d)", "responsibilities": "responsibilities are (n, K)", "weights": "weights are (n,)"}
        words += f" (It is called as {called}"
        words += "".join(f", {shapes[name]}" for name in exercise.arguments if name in shapes) + ".)"
    return words + _on_input(exercise, small)


def _by_mistakes(exercise, function, results, tried, wrong):
    """Return words for the mistakes of the catalogue that explain the results, or ""."""
    words, made, names = _named(exercise, results)
    if not made:
        return ""

    def fails(case):
        parts = run(exercise, function, case).parts
        if parts is None or not set(names) & set(wrong_parts(exercise, case, parts)):
            return False
        return gives(exercise, case, parts, made, names)

    kept = ("one", "small", "zero", "many")  # on the others digits of wrong results are lost too
    special = [(case, outcome.parts) for case, outcome in tried if case.kind in kept]
    if not all(parts is not None and gives(exercise, case, parts, made, names) for case, parts in special):
        words += "\nThat is not all: more goes wrong on other inputs. Mend this first."
    return words + _on_input(exercise, smallest(exercise, wrong[:3], fails))


def _named(exercise, results):
    """Return words for the mistakes that explain the results, these mistakes, and the parts that they explain."""
    wrong = _wrong_somewhere(exercise, results)
    words = _right_ones(exercise, wrong)
    made = mistakes_made(exercise, results, exercise.parts)
    if made:
        if len(made) == 1:
            return words + sentence(made[0].words), made, exercise.parts
        each = "\n".join(f"({i}) {sentence(mistake.words)}" for i, mistake in enumerate(made, 1))
        return f"{words}Two things at once.\n{each}", made, exercise.parts
    for name in wrong if len(exercise.parts) > 1 else ():
        if all(gives(exercise, case, parts, (), [name]) for case, parts in results):
            continue  # the covariances follow rightly from the means, which alone are wrong
        made = mistakes_made(exercise, results, [name])
        if made:
            words += f"Look at the {_spoken(name)} alone. {sentence(made[0].words)}"
            others = [other for other in wrong if other != name]
            if others:
                words += f"\nThe {_plural(others)} wrong too, and not for this reason alone. Mend this first."
            return words, made, [name]
    return "", (), ()


def _wrong_somewhere(exercise, results):
    wrong = {name for case, parts in results for name in wrong_parts(exercise, case, parts)}
    return [name for name in exercise.parts if name in wrong]


def _right_ones(exercise, wrong):
    right = [name for name in exercise.parts if name not in wrong]
    return f"your {_plural(right)} right. " if right else ""


def _spoken(name):
    return name.replace("log_", "log-")


def _plural(names):
    one = len(names) == 1 and not names[0].endswith("s")
    return " and ".join(_spoken(name) for name in names) + (" is" if one else " are")


def _by_property(exercise, function, results, wrong):
    """Return words for what can be said without naming a mistake: the first property that fails."""
    names = _wrong_somewhere(exercise, results)
    name = names[0]
    words = _right_ones(exercise, names) + f"Your {_plural([name])} not right yet"
    values = [parts[name] for _, parts in results]
    if not all(np.isfinite(value).all() for value in values):
        failing = "not every entry is a finite number: look for a division by 0, or a logarithm of 0 or less"
    else:
        failing = next(filter(None, (_failing_property(name, value) for value in values)), None)
        failing = failing or _in_common(exercise, results, name)

    def fails(case):
        outcome = run(exercise, function, case)
        return outcome.parts is not None and not _is_right(exercise, case, outcome)

    small = smallest(exercise, wrong[:3], fails)
    return sentence(f"{words}: {failing}") + _outside(function) + _on_input(exercise, small)


def _failing_property(name, value):
    """Return the first property that this value of a part should have and has not, or None."""
    off = TOLERANCE * np.abs(value).max()
    if name.startswith("covariance"):
        if (np.abs(value - value.swapaxes(-1, -2)) > off).any():
            return "a matrix is not symmetric, but entry (i, j) must equal entry (j, i)"
        if (np.linalg.eigvalsh(value) < -off).any():
            return "a matrix has a negative eigenvalue, which is a negative variance in some direction"
    if name == "responsibilities" and (value < -TOLERANCE).any():
        return "some are below 0, but a probability is 0 or more"
    if name == "responsibilities" and (np.abs(value.sum(axis=1) - 1) > TOLERANCE).any():
        return "a row does not sum to 1"
    if name == "proportions" and (value <= 0).any():
        return "some are not above 0"
    if name == "proportions" and abs(value.sum() - 1) > TOLERANCE:
        return "they do not sum to 1"
    return None


def _in_common(exercise, results, name):
    """Return words for results that differ from the right ones in the same simple way on every input."""
    pairs = [(parts[name], right_parts(exercise, case)[name]) for case, parts in results]
    if all(np.ndim(mine) > 0 and _close(np.sort(mine, axis=None), np.sort(right, axis=None)) for mine, right in pairs):
        return "the numbers are right, and stand in the wrong places: is the order turned round, or an axis?"
    factor = np.vdot(pairs[0][1], pairs[0][0]) / np.vdot(pairs[0][1], pairs[0][1])
    if all(_close(mine, factor * right) for mine, right in pairs):
        return "there is one factor too much, the same everywhere"
    if name.startswith("covariance"):
        guard = (pairs[0][0] - pairs[0][1]).flat[0]
        if all(_close(mine, right + guard * np.eye(mine.shape[-1])) for mine, right in pairs):
            return "the same number is added to every variance, as a guard: the maximum of Q has none"
    return "it is none of the mistakes that are known here, and not two of them together"


def _close(mine, other):
    return np.abs(mine - other).max() < TOLERANCE * np.abs(mine).max()


def _outside(function):
    """Return a sentence on the arrays and numbers that a function, or a helper of it, takes from outside."""
    function = plain(function)
    found, seen, helpers = {}, set(), [getattr(function, "__func__", function)]
    while helpers:
        helper = helpers.pop()
        if helper in seen or not inspect.isfunction(helper):
            continue
        seen.add(helper)
        values = {**helper.__globals__, **inspect.getclosurevars(helper).nonlocals}
        for name in _global_names(helper):
            value = values.get(name)
            if isinstance(value, (np.ndarray, Mixture, list, tuple, dict, int, float)):
                found[name] = value
            elif inspect.isfunction(value) and value.__globals__ is helper.__globals__:
                helpers.append(value)
    names = " and ".join(f"`{name}`" for name in found)
    return f" It uses {names} from outside of it: is that what you mean?" if found else ""


def _global_names(function):
    """Return the names that the function's source takes from outside, with its comprehensions and lambdas."""
    try:
        tables = [symtable.symtable(dedent(inspect.getsource(function)), "", "exec")]
    except (OSError, SyntaxError, TypeError):
        return []
    names = []
    while tables:
        table = tables.pop(0)
        tables += table.get_children()
        if table.get_type() == "function":
            names += [symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()]
    return list(dict.fromkeys(names))


def _on_input(exercise, case):
    """Return the sizes of an input, and lines of code that make the arguments."""
    size = dict(zip("ndK", case.size, strict=True))
    if "weights" in exercise.arguments:
        del size["K"]
    if "sums" in exercise.arguments:
        del size["n"], size["d"]
    sizes = ", ".join(f"{letter} = {number}" for letter, number in size.items())
    code = {name: shown(value) for name, value in zip(exercise.arguments, exercise.given(case), strict=True)}
    if "mean" in code:
        code["mean"] = "weights @ x / weights.sum()"
    lines = "".join(f"\n    {name} = {value}" for name, value in code.items())
    return f"\nThe smallest failing input found, with {sizes}:{lines}"


def check_e_step(f: Callable) -> None:
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
    check_e_step: right on all 17 inputs, ordinary and extreme.
    """
    _check(EXERCISES["e_step"], f)


def check_m_step(f: Callable) -> None:
    """Check f(x, responsibilities), which returns a Mixture as :func:`gmm_teach.m_step` does; see check_e_step."""
    _check(EXERCISES["m_step"], f)


def check_log_likelihood(f: Callable) -> None:
    """Check f(x, mixture), which returns a number like :meth:`gmm_teach.Mixture.log_likelihood`; see check_e_step."""
    _check(EXERCISES["log_likelihood"], f)


def check_mean_update(f: Callable) -> None:
    """Check f(x, weights), which returns the mean of one component, shape (d,); see check_e_step.

    `weights` (n,) are its responsibilities. The module's own is :func:`gmm_teach.updates.mean_update`.
    """
    _check(EXERCISES["mean_update"], f)


def check_covariance_update(f: Callable) -> None:
    """Check f(x, weights, mean), which returns the covariance of one component, shape (d, d); see check_e_step.

    `mean` (d,) is the new mean that belongs to the `weights` (n,). The module's own is
    :func:`gmm_teach.updates.covariance_update`.
    """
    _check(EXERCISES["covariance_update"], f)


def check_proportions(f: Callable) -> None:
    """Check f(sums), which returns all proportions, shape (K,), from the S_k; see check_e_step.

    The module's own is :func:`gmm_teach.updates.proportions_update`.
    """
    _check(EXERCISES["proportions"], f)


def check_bound(f: Callable) -> None:
    """Check f(x, mixture, responsibilities), which returns a number as :func:`gmm_teach.bound.lower_bound` does.

    The responsibilities need not be those of this mixture; see check_e_step.
    """
    _check(EXERCISES["bound"], f)
