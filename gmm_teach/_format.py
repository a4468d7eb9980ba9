"""Numbers and names of coordinates as pictures, tables and captions write them."""

import numpy as np


def in_print(value: float, style: str) -> str:
    """A number with a minus as long as a plus, which is how the axes and tables show theirs."""
    return f"{value:{style}}".replace("-", "\N{MINUS SIGN}")


def signed(value: float) -> str:
    """A change in three digits, after its sign and a space."""
    sign, size = in_print(value, "+.3g")[0], in_print(abs(value), ".3g")
    return f"{sign} {size}"


def coordinate_names(d: int) -> list[str]:
    """Names for coordinates that have none: x; x and y; or x1, x2, x3, ..."""
    return ["x", "y"][:d] if d <= 2 else [f"x{j + 1}" for j in range(d)]


def few_lines(array: np.ndarray, indent: int) -> str:
    """An array in five lines at most, those after the first indented."""
    return np.array2string(array, threshold=20, edgeitems=2, prefix=" " * indent)
