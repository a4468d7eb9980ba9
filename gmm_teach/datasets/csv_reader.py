"""A reader's own points, from the text of a CSV file."""

import csv
import io
import re
from reprlib import repr as shortened

from .._checks import LARGEST, describe
from .sets import Dataset

# float() alone would also read nan, inf and 1_000.
NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
BROKEN_NUMBER = rf"{NUMBER}([,\s]+{NUMBER})+"


def read_csv(text):
    r"""Read points from a CSV: a point a row, a coordinate a column, numbers with decimal points.

    Parameters
    ----------
    text : str or bytes
        The file; bytes must be UTF-8. Commas, semicolons, tabs or spaces separate the columns. The first row is a
        header if it has anything but a number above a column of numbers.

    Returns
    -------
    Dataset
        Its coordinates are the columns of numbers, two or more. `source` names the columns left out: those that have
        a number in no row, such as a species. Without a header the coordinates are x and y, or x1, x2, x3 and so on.

    Raises
    ------
    TypeError
        If `text` is neither str nor bytes.
    ValueError
        If there are fewer than two points or two columns of numbers, rows differ in length, a column of numbers has
        anything else in a row, or the header does not name each of them differently. Rows are counted as a
        spreadsheet does, from 1 with the header. Nothing is guessed or filled in.

    Notes
    -----
    The separator is the mark that is in the most lines. In a tie, a tab goes before a semicolon, a semicolon before a
    comma, and a comma before a space: the comma may be a decimal comma, and spaces often follow commas.

    Examples
    --------
    >>> data = read_csv("length,species,width\n5.1,setosa,3.5\n6.3,virginica,3.3\n")
    >>> data.columns
    ('length', 'width')
    >>> data.source
    'from a CSV; left out, not numeric: species'
    """
    rows = _rows(_decoded(text))
    where, first = rows[0]
    below = _columns_of_numbers(rows[1:])
    has_header = not all(_is_number(first[j]) for j in below)
    points = rows[has_header:]
    if len(points) < 2:
        name = "" if len(rows) > 1 or any(map(_is_number, first)) else ". It is what is in a file, not the file's name"
        raise ValueError(f"the CSV has fewer than two points; write one a row, below the header if there is one{name}")
    numeric = _columns_of_numbers(points)
    names = [" ".join(cell.split()) if has_header else "" for cell in first]
    if has_header:
        _check_header(where, names, numeric)
    called = [f"column {shortened(name)}" if name else f"column {j + 1}" for j, name in enumerate(names)]
    for where, cells in points:
        for j, cell in enumerate(cells):
            if what := _what_is_wrong(cell, j in numeric):
                raise ValueError(f"{where}, {called[j]}, holds {shortened(cell) if cell else 'nothing'}, {what}")
    if len(numeric) < 2:
        found = f"only one column of numbers, {called[numeric[0]]}" if numeric else "no column of numbers"
        raise ValueError(f"the CSV has {found}; write two or more, with commas, semicolons, tabs or spaces between")
    left_out = [names[j] or called[j] for j in range(len(first)) if j not in numeric]
    unnamed = ("x", "y") if len(numeric) == 2 else tuple(f"x{j + 1}" for j in range(len(numeric)))
    return Dataset(
        x=[[float(cells[j]) for j in numeric] for _, cells in points],
        columns=tuple(names[j] for j in numeric) if has_header else unnamed,
        source="from a CSV" + (f"; left out, not numeric: {', '.join(left_out)}" if left_out else ""),
    )


def _decoded(text):
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    if not isinstance(text, (bytes, bytearray, memoryview)):
        raise TypeError(f"text must be str or bytes, but it is {describe(text)}; give what is in the file")
    try:
        return bytes(text).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("the CSV is not UTF-8 text; save it as CSV in UTF-8 (a workbook is no CSV)") from error


def _rows(text):
    """Where each row is, in words, and its cells without the spaces around; all rows have the same length."""
    bare = [line.strip() for line in re.sub('"[^"]*"', "", text).splitlines()]
    separator = max("\t;, ", key=lambda mark: sum(mark in line for line in bare))
    lines = io.StringIO(text, newline="")
    if separator == " ":
        lines = (re.sub(" +", " ", line.strip()) for line in lines)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=separator != " ", strict=True)
    rows, line = [], 1
    try:
        for number, cells in enumerate(reader, start=1):
            rows.append((f"row {number} (line {line} of the file)", [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"the CSV cannot be read from line {line} on; look for a quotation mark too many") from error
    while rows and not any(rows[-1][1]):
        rows.pop()
    if not rows:
        raise ValueError("the CSV is empty; write two points or more, one a row")
    for where, cells in rows:
        if not any(cells):
            raise ValueError(f"{where} is empty; remove it")
        if len(cells) != len(rows[0][1]):
            raise ValueError(
                f"{where}: the number of cells is {len(cells)}, but {len(rows[0][1])} in row 1; make it the same in "
                "all rows, and write decimal points, since a comma may separate"
            )
    return rows


def _columns_of_numbers(rows):
    return sorted({j for _, cells in rows for j, cell in enumerate(cells) if _is_number(cell)})


def _is_number(cell):
    return re.fullmatch(NUMBER, cell) is not None


def _check_header(where, names, numeric):
    for j in numeric:
        name = names[j]
        if not name or _is_number(name) or re.fullmatch(BROKEN_NUMBER, name):
            raise ValueError(
                f"{where} is half a header: column {j + 1} has {shortened(name) if name else 'nothing'} there, above "
                "numbers; name every column of numbers, and remove one that only counts the rows"
            )
        if [names[other] for other in numeric].count(name) > 1:
            raise ValueError(f"{where} names two columns {shortened(name)}; give each a name of its own")


def _what_is_wrong(cell, in_column_of_numbers):
    """What is wrong with a cell and what to do, or None."""
    if re.fullmatch(BROKEN_NUMBER, cell):
        return "which has a comma or space in it; write decimal points, and nothing between thousands"
    if in_column_of_numbers and not _is_number(cell):
        return "but other rows have numbers there; write a number, or remove the row or the column"
    if in_column_of_numbers and abs(float(cell)) > LARGEST:
        return f"which is beyond {LARGEST:g}, too large to compute with; rescale the column"
    return None
