"""Numbers, units and names of coordinates as pictures, tables and captions write them."""

import re

import numpy as np


def in_print(value: float, style: str) -> str:
    """A number with a minus as long as a plus, which is how the axes and tables show theirs."""
    return with_long_minus(f"{value:{style}}")


def with_long_minus(text: str) -> str:
    """The text, with a minus as long as a plus before each number and in each exponent."""
    return re.sub(r"(?<![\w)\]])-(?=[\d.])|(?<=\de)-(?=\d)", "\N{MINUS SIGN}", text)


def signed(value: float) -> str:
    """A change in three digits, after its sign and a space."""
    sign, size = in_print(value, "+.3g")[0], in_print(abs(value), ".3g")
    return f"{sign} {size}"


def style_for(largest: float, width: float) -> str:
    """The format of numbers up to `largest` that shows a tenth of `width`; as in the post, two decimals at least."""
    if not width > 0:
        width = max(largest, 0.1)
    places = int(np.clip(np.ceil(1 - np.log10(width)), 0, 12))
    if largest >= 1e15:
        return ".15g"
    if largest >= 1e5:
        return f"z.{places}f"
    if largest >= 0.05 or largest == 0:
        return f"z.{max(2, places)}f"
    return f".{int(np.clip(np.ceil(np.log10(largest / width)) + 1, 3, 12))}g"


def styles_of_means(mixture) -> list[str]:
    """For each coordinate the format of means that tells the components apart: a tenth of their widths shows."""
    variances = np.diagonal(mixture.covariances, axis1=1, axis2=2)
    widths = np.exp(0.5 * np.log(np.maximum(variances, 1e-300)).mean(axis=0))
    return [style_for(largest, width) for largest, width in zip(np.abs(mixture.means).max(axis=0), widths, strict=True)]


def coordinate_names(d: int) -> list[str]:
    """Names for coordinates that have none: x; x and y; or x1, x2, x3, ..."""
    return ["x", "y"][:d] if d <= 2 else [f"x{j + 1}" for j in range(d)]


def name_and_unit(column: str) -> tuple[str, str]:
    """A name such as "waiting (min)" as "waiting" and "min"; the unit is "" where there is none."""
    found = re.fullmatch(r"(.+?)\s*\(([^()]+)\)", column.strip())
    return (found[1], found[2]) if found else (column, "")


def comparable(columns, x: np.ndarray) -> bool:
    """Whether lengths along all coordinates can be added: the same unit, and widths within a factor of 30."""
    widths = x.std(axis=0)
    units = {name_and_unit(name)[1] for name in columns}
    return len(units) == 1 and bool(widths.max() <= 30 * widths.min())
