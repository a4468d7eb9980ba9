"""A mixture as a reader types it: numbers, fractions and square brackets, read without ever being run."""

import ast
import math
import re
import warnings
from fractions import Fraction
from reprlib import repr as shortened

import numpy as np

from .._checks import as_real, describe
from ..mixture import Mixture

HOW = "write numbers such as -2, 0.5, 1e-3 or 1/3, and lists in square brackets, such as [[1, 2], [3, 4]]"
NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
FRACTION = re.compile(rf"(?<![\d.])({NUMBER})\s*/\s*({NUMBER})")  # not from within a number, which takes too long
# A word, or else a character that is in no number, fraction or list.
FOREIGN = re.compile(r"(?<![\w.])[^\W\d]\w*|[^0-9eE.,+/()\[\]\s-]")
MOST_CHARACTERS = 20_000  # a mixture of ten components in six dimensions fits; longer texts could exhaust Python
DEEPEST = 10  # nested brackets


def parse_numbers(name, text):
    """A number or lists of numbers in each other, as floats, from text such as "[1/2, -2]"; errors call it `name`."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be text, but it is {describe(text)}")
    if not text.strip():
        raise ValueError(f"{name} is empty; {HOW}")
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{name} has {len(text)} characters, above the limit of {MOST_CHARACTERS}; shorten it")
    text = re.sub(r"\s", " ", text).replace("\N{MINUS SIGN}", "-")
    foreign = FOREIGN.search(text)
    if foreign:
        raise ValueError(f"{name} holds {shortened(foreign[0])} at column {foreign.start() + 1}; {HOW}")
    depth = max(np.cumsum([(c in "[(") - (c in "])") for c in text]))
    if depth > DEEPEST:
        raise ValueError(f"{name} has {depth} nested brackets; a mixture needs three at most")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a comma forgotten between brackets Python warns too
            return _floats(ast.literal_eval(FRACTION.sub(_quotient, text).strip()))
    except ZeroDivisionError:
        raise ValueError(f"{name} holds a division by zero; divide by another number") from None
    except OverflowError:
        raise ValueError(f"{name} holds a number too large for double precision; write a smaller one") from None
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        raise ValueError(f"{name} cannot be read; look for a missing bracket or comma, and {HOW}") from None


def parse_mixture(proportions, means, covariances):
    """A Mixture from three texts; errors name the argument."""
    return Mixture(
        parse_numbers("proportions", proportions),
        parse_numbers("means", means),
        parse_numbers("covariances", covariances),
    )


def write_numbers(array):
    """Finite numbers, of any shape, as parse_numbers reads them back, each exactly."""
    shape = ("any",) * np.asarray(array, dtype=object).ndim
    return _text(as_real("array", array, shape, largest=np.inf).tolist())


def _quotient(fraction):
    top, bottom = map(float, fraction.groups())
    return repr(_floats(top / bottom))


def _floats(value):
    if isinstance(value, (list, tuple)):
        return [_floats(entry) for entry in value]
    number = float(value)
    if not math.isfinite(number):
        raise OverflowError
    return number


def _text(value):
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    if value == 0:
        return "0" if math.copysign(1, value) > 0 else "-0.0"
    decimal = repr(value).removesuffix(".0")
    top, bottom = Fraction(value).limit_denominator(1000).as_integer_ratio()
    fraction = f"{top}/{bottom}"
    if top / bottom == value and len(fraction) < len(decimal) / 2:  # 1/3, but not 3/4 for 0.75
        return fraction
    return decimal
