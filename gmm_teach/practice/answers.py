"""Answers to the exercises of a notebook: each is read, tried and compared, and a sentence says what is wrong.

The cell below an exercise brings its own `test`; what all these cells need stands here.
"""

from collections.abc import Callable, Iterable
from textwrap import fill
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._checks import describe, read_only
from .own_code import form, function_name, own_code_error

COLUMNS = 78  # of a message: a notebook on a small screen has one more
NOT_STARTED = "Not started. Write your own code in place of the `...`."


class NotYet(AssertionError):
    """The answer is not right yet; the message says why."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines, and no traceback through the checks themselves
        return [_wrapped(line) for line in f"NotYet: {self}".split("\n")]


class Unreadable(Exception):
    """A result does not have the form that it must have; the message says which."""


class _NotStarted(Exception):
    """The function returned `...`, which a notebook leaves for the reader to replace."""


def _wrapped(line):
    """Break a long line between words; a notebook would break it inside of one."""
    margin = " " * (len(line) - len(line.lstrip()))
    return fill(line, COLUMNS, subsequent_indent=2 * margin, break_long_words=False, break_on_hyphens=False)


def check_answer(
    name: str, answer: object, test: Callable, shape: Any = (), arguments: tuple[str, ...] | None = None
) -> None:
    """Try the answer to an exercise, and print what is right or raise NotYet.

    Parameters
    ----------
    name : str
        What the notebook calls the answer.
    answer : object
        The reader's number, array or function; `...` where it is not started.
    test : callable
        Of the answer as a float, an array or a function that returns one. It asserts what must hold, each with words
        for what is wrong, and returns words to print after "Right: ", or None where it has printed enough.
    shape : tuple, type, callable or None
        The shape of the answer, or of what the function returns: perhaps itself a function of the arguments. A type
        such as Mixture where it must be one; None where anything will do.
    arguments : tuple of str, optional
        The names of the function's arguments, where the answer is a function.

    Raises
    ------
    NotYet
        If the answer is not right.

    Examples
    --------
    >>> check_answer("half", 0.5, lambda half: compare(half, 1 / 2) or "1/2 it is.")
    Right: 1/2 it is.
    >>> check_answer("half", ..., lambda half: "")
    Not started. Write your own code in place of the `...`.
    """
    if answer is ...:
        print(NOT_STARTED)
        return
    try:
        with np.errstate(all="ignore"):
            words = test(_read(name, answer, shape, arguments))
    except _NotStarted:
        print(NOT_STARTED)
    except NotYet:
        raise
    except (AssertionError, Unreadable) as wrong:
        raise NotYet(f"{name}: not yet. {sentence(str(wrong))}") from None
    except Exception as error:  # what the module says of a mixture or an array that cannot be
        raise NotYet(f"{name}: not yet. With your answer the check gets no further: {error}") from None
    else:
        if words:
            print(f"Right: {words}")


def compare(
    mine: ArrayLike,
    right: ArrayLike,
    wrong: Iterable[tuple[ArrayLike, str]] = (),
    otherwise: str = "that is not it",
    rtol: float = 1e-6,
) -> None:
    """Assert that two results agree, else say which mistake gives the same: an AssertionError.

    Parameters
    ----------
    mine, right : array_like
        Of one shape.
    wrong : iterable of (array_like, str)
        What mistakes would give, each with its words; `otherwise` is said where none does.
    rtol : float
        How far each number may be off, as a share of the largest.
    """
    mine, right = as_result("it", mine, np.shape(right)), np.asarray(right, dtype=float)

    def equal(other):
        return np.allclose(mine, other, rtol=rtol, atol=rtol * np.abs(right).max(initial=0))

    if not equal(right):
        raise AssertionError(next((words for value, words in wrong if equal(value)), otherwise))


def as_result(subject, value, shape, hints=(), finite=True):
    """Return `value` as real numbers of this shape, a float where it is (); `subject` begins the message."""
    if value is ...:
        raise _NotStarted
    if shape is None:
        return value
    if isinstance(shape, type):
        if not isinstance(value, shape):
            raise Unreadable(f"{subject} must be a {shape.__name__}, but it is {form(value)}")
        return value
    try:
        array = np.asarray(value)
        array = array.astype(float) if array.dtype.kind in "biufO" and value is not None else array
    except (TypeError, ValueError):
        array = np.array("no numbers, or rows of different lengths")
    if array.dtype.kind != "f":
        words = f"{array.dtype} values" if array.dtype.kind == "c" else form(value)
        raise Unreadable(f"{subject} must {'hold real numbers' if shape else 'be one number'}, but it is {words}")
    if not shape and array.size == 1:
        array = array.reshape(())
    if array.shape != shape:
        hint = dict(hints).get(array.shape) or ("it is transposed" if array.shape == shape[::-1] else "")
        wanted = f"have shape {shape}" if shape else "be one number"
        raise Unreadable(f"{subject} must {wanted}, but its shape is {array.shape}{hint and ': ' + hint}")
    if finite and not np.isfinite(array).all():
        raise Unreadable(f"{subject} holds nan or inf: look for a division by 0, or a logarithm of 0 or less")
    return array if shape else float(array)


def _read(name, answer, shape, arguments):
    """Return the answer as numbers or, where it has arguments, a function that explains its errors."""
    if arguments is None:
        return as_result(f"`{name}`", answer, shape)
    if not callable(answer):
        raise Unreadable(f"`{name}` must be a function of {', '.join(arguments)}, but it is {describe(answer)}")

    def tried(*given):
        copies = [read_only(value) if isinstance(value, np.ndarray) else value for value in given]
        try:
            result = answer(*copies)
        except Exception as error:
            words = sentence(str(own_code_error(name, answer, error, arguments)))
            raise NotYet(f"{name}: not yet. {words}") from None
        wanted = shape(*given) if callable(shape) and not isinstance(shape, type) else shape
        return as_result(f"what {function_name(answer, name)} returns", result, wanted)

    return tried


def capitalised(words):
    """Return the words with a capital where they begin with a word, and not with a name or a symbol."""
    first = words.split(maxsplit=1)[:1]
    return words[:1].upper() + words[1:] if first and first[0].isalpha() and len(first[0]) > 1 else words


def sentence(words):
    """Return the words with a capital, where that can be, and a full stop."""
    return capitalised(words) + ("" if not words or words.endswith((".", "?", "!", ".)")) else ".")
