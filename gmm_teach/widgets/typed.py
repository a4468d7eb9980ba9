"""A mixture as a reader types it: numbers and plain arithmetic in square brackets, read without ever being run.

Python's own grammar finds the brackets and the order of the arithmetic. What may stand in the text is decided here.
"""

import ast
import math
import operator
import re
from fractions import Fraction
from reprlib import repr as shortened

import numpy as np

from .._checks import as_real, describe
from ..mixture import Mixture

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
HOW = "write numbers such as -2, 0.5, 1e-3 or 1/3, and lists in square brackets, such as [[1, 2], [3, 4]]"

# A word, or else a character that is in no number, sum or list.
FOREIGN = re.compile(r"(?<![\w.])[^\W\d]\w*|[^0-9eE.,+*/()\[\]\s-]")

# A mixture of ten components in six dimensions fits; what is longer or deeper could exhaust Python.
MOST_CHARACTERS = 20_000
DEEPEST = 50


def parse_numbers(name, text):
    """Read a number, or lists of numbers in each other, from what a reader typed.

    Parameters
    ----------
    name : str
        What the text stands for, for the message.
    text : str
        Numbers, arithmetic with + - * / and round brackets, lists in square brackets. The outermost brackets may be
        left out. A minus may be the long one of the tables.

    Returns
    -------
    float or list
        Lists as they were typed, ragged or not: :class:`~gmm_teach.mixture.Mixture` checks shapes.

    Raises
    ------
    TypeError
        If `text` is not a str.
    ValueError
        If anything else stands in it, or a number is too large or divided by zero. The column in the message counts
        from 1, over line breaks too.

    Examples
    --------
    >>> parse_numbers("means", "[[1/2, -2], [2*3, 1e-3]]")
    [[0.5, -2.0], [6.0, 0.001]]
    """
    if not isinstance(text, str):
        raise TypeError(f"{name} must be text, but it is {describe(text)}")
    if not text.strip():
        raise ValueError(f"{name} is empty; {HOW}")
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{name} has {len(text)} characters, above the limit of {MOST_CHARACTERS}; shorten it")
    # one character for one, so that columns stay: no line breaks, and the minus of the tables as Python's
    text = re.sub(r"\s", " ", text).replace("\N{MINUS SIGN}", "-")
    foreign = FOREIGN.search(text)
    if foreign:
        raise ValueError(f"{name} holds {shortened(foreign[0])} at column {foreign.start() + 1}; {HOW}")
    indent = len(text) - len(text.lstrip())
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        start = indent + max(error.offset or 1, 1) - 1
        raise ValueError(
            f"{name} cannot be read at column {start + 1}, {shortened(text[start:])}; look for a missing or extra "
            f"bracket, comma or point near it, and {HOW}"
        ) from error
    except (RecursionError, MemoryError) as error:
        raise ValueError(f"{name} is nested too deeply to be read; {HOW}") from error

    def refuse(node, why):
        column = indent + node.col_offset
        piece = text[column : indent + node.end_col_offset]
        raise ValueError(f"{name} holds {shortened(piece)} at column {column + 1}, {why}")

    return _lists(tree.body, refuse)


def parse_mixture(proportions, means, covariances):
    """Read a mixture from three texts.

    Parameters
    ----------
    proportions, means, covariances : str
        As :func:`parse_numbers` reads them, with the shapes (K,), (K, d) and (K, d, d).

    Returns
    -------
    Mixture

    Raises
    ------
    TypeError, ValueError
        As :func:`parse_numbers` and :class:`~gmm_teach.mixture.Mixture` raise them; the message names the argument.

    Examples
    --------
    >>> parse_mixture("1/4, 3/4", "[[0], [4]]", "[[[1]], [[2]]]").proportions
    array([0.25, 0.75])
    """
    return Mixture(
        parse_numbers("proportions", proportions),
        parse_numbers("means", means),
        parse_numbers("covariances", covariances),
    )


def write_numbers(array):
    """Write numbers as :func:`parse_numbers` reads them back, each exactly.

    Parameters
    ----------
    array : array_like
        Finite real numbers, of any shape.

    Returns
    -------
    str
        Whole numbers without a point, and a fraction such as 1/3 where it is exact and far shorter than the decimals.

    Raises
    ------
    TypeError, ValueError
        If `array` holds anything else, or nothing.

    Examples
    --------
    >>> write_numbers([[1.0, -0.5], [1 / 3, 0.1]])
    '[[1, -0.5], [1/3, 0.1]]'
    """
    shape = ("any",) * np.asarray(array, dtype=object).ndim
    return _text(as_real("array", array, shape, largest=np.inf).tolist())


def _text(value):
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    decimal = repr(value).removesuffix(".0")
    top, bottom = Fraction(value).limit_denominator(1000).as_integer_ratio()
    fraction = f"{top}/{bottom}"
    if top / bottom == value and len(fraction) < len(decimal) / 2:  # 1/3, but not 3/4 for 0.75
        return fraction
    return decimal


def _lists(node, refuse, depth=0):
    if depth > DEEPEST:
        refuse(node, "inside too many brackets; a mixture needs three at most")
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_lists(entry, refuse, depth + 1) for entry in node.elts]
    return _number(node, refuse)


def _number(node, refuse, depth=0):
    if depth > DEEPEST:
        refuse(node, "part of a very long sum or product; work some of it out first")
    try:
        match node:
            case ast.Constant(int() | float() as value):
                number = float(value)
            case ast.UnaryOp(op, operand) if type(op) in OPERATORS:
                number = OPERATORS[type(op)](_number(operand, refuse, depth + 1))
            case ast.BinOp(left, op, right) if type(op) in OPERATORS:
                number = OPERATORS[type(op)](_number(left, refuse, depth + 1), _number(right, refuse, depth + 1))
            case ast.BinOp(op=ast.Pow()):
                refuse(node, "a power; write it as a product, such as 2*2")
            case ast.Subscript() | ast.Call():
                refuse(node, "where a comma or a sign is missing between the brackets")
            case _:
                refuse(node, f"where a number must be; {HOW}")
    except ZeroDivisionError:
        refuse(node, "a division by zero; divide by another number")
    except OverflowError:  # a whole number of more than 308 digits
        number = math.inf
    if not math.isfinite(number):
        refuse(node, "a number too large for double precision; write a smaller one")
    return number
