"""A reader's own points, from the text of a CSV file."""

import csv
import io
import re
from collections import Counter
from reprlib import repr as shortened

import numpy as np

from .._checks import LARGEST, describe
from .sets import Dataset

# float() alone would also read nan, inf and 1_000.
NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
BROKEN_NUMBER = rf"{NUMBER}([,\s]+{NUMBER})+"
WITH_UNIT = rf"{NUMBER}\s*([^\W\d_]+|[%°])"
# The minus of print, and dashes that stand for it, as the minus that Python reads.
MINUS = str.maketrans(dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d", "-"))
PLACES_NAMED = 10


def read_csv(text: str | bytes) -> Dataset:
    r"""Read points from a CSV: a point a row, a coordinate a column, numbers with decimal points.

    Parameters
    ----------
    text : str or bytes
        The file; bytes must be UTF-8. Commas, semicolons, tabs or spaces separate the columns. The first row is a
        header if it has anything but a number above a column of numbers.

    Returns
    -------
    Dataset
        Its coordinates are the columns of numbers, two or more. `source` tells what you might not expect: that there is
        no header, which columns are left out (those that have a number in no row, such as a species), and which look
        like labels, counts of rows, or codes for a missing value. Without a header the coordinates are x and y, or x1,
        x2, x3 and so on.

    Raises
    ------
    TypeError, ValueError
        If `text` is neither str nor UTF-8 bytes, there are fewer than two points or two columns of numbers, rows differ
        in length, a column of numbers has anything else in a row, or the header does not name each of them differently.
        Rows are counted as a spreadsheet does, from 1 with the header. Nothing is guessed or filled in.

    Notes
    -----
    The separator is the mark that is in the most lines, unless Excel's line ``sep=;`` names it. In a tie, a tab goes
    before a semicolon, a semicolon before a comma, and a comma before a space: the comma may be a decimal comma, and
    spaces often follow commas. A header that lacks the name of the first column, as R's ``write.table`` makes it, is
    read with tabs, semicolons and spaces, and the names of the rows are left out.

    Examples
    --------
    >>> data = read_csv("length,species,width\n5.1,setosa,3.5\n6.3,virginica,3.3\n")
    >>> data.columns
    ('length', 'width')
    >>> data.source
    'from a CSV; left out, not numeric: species'
    """
    rows, separator, row_names = _rows(_decoded(text))
    where, first = rows[0]
    below = _columns_of_numbers(rows[1:])
    has_header = row_names or not all(_is_number(first[j]) for j in below)
    points = rows[1:] if has_header else rows
    if len(points) < 2:
        name = "" if len(rows) > 1 or any(map(_is_number, first)) else ". It is what is in a file, not the file's name"
        advice = f"write one per row, below the header if there is one{name}"
        raise ValueError(f"the CSV has fewer than two points; {advice}")
    numeric = _columns_of_numbers(points)
    names = [" ".join(cell.split()) if has_header else "" for cell in first]
    if has_header:
        _check_header(where, names, numeric)
    called = [f"column {shortened(name)}" if name else f"column {j + 1}" for j, name in enumerate(names)]
    _check_cells(points, numeric, called, separator)
    if len(numeric) < 2:
        found = f"only one column of numbers, {called[numeric[0]]}" if numeric else "no column of numbers"
        held = ((j, cells[j]) for _, cells in points for j in range(len(first)) if j not in numeric and cells[j])
        other = next((f" ({called[j]} holds {shortened(cell)}, which is no number)" for j, cell in held), "")
        raise ValueError(
            f"the CSV has {found}{other}; write two or more, with commas, semicolons, tabs or spaces between"
        )
    unnamed = ("x", "y") if len(numeric) == 2 else tuple(f"x{j + 1}" for j in range(len(numeric)))
    columns = tuple(names[j] for j in numeric) if has_header else unnamed
    x = np.array([[float(cells[j]) for j in numeric] for _, cells in points])
    notes = ["from a CSV" if has_header else "from a CSV without a header, so row 1 is a point"]
    if row_names:
        notes.append("left out, since the header does not name them: the names of the rows")
    left_out = [_left_out(names[j] or called[j], [cells[j] for _, cells in points]) for j in range(len(first))]
    if len(numeric) < len(first):
        notes.append("left out, not numeric: " + ", ".join(left_out[j] for j in range(len(first)) if j not in numeric))
    notes += [note for name, values in zip(columns, x.T, strict=True) if (note := _odd(name, values))]
    return Dataset(x, columns, "; ".join(notes))


def _decoded(text):
    if not isinstance(text, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"text must be str or bytes, but it is {describe(text)}; give what is in the file")
    try:
        return (text if isinstance(text, str) else bytes(text).decode("utf-8")).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError("the CSV is not UTF-8 text; save it as CSV in UTF-8 (a workbook is no CSV)") from error


def _rows(text):
    """The rows, (its place as text, its cells), the separator, and if unnamed names of rows are left out."""
    line, separator = 1, None
    if by_excel := re.match(r'"?sep=(.)"?\r?\n', text):
        line, separator, text = 2, by_excel[1], text[by_excel.end() :]
    bare = [some.strip() for some in re.sub('"[^"]*"', "", text).splitlines()]
    separator = separator or max("\t;, ", key=lambda mark: sum(mark in some for some in bare))
    lines = io.StringIO(text, newline="")
    if separator == " ":
        lines = (re.sub(" +", " ", some.strip()) for some in lines)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=separator != " ", strict=True)
    rows, before = [], line - 1
    try:
        for number, cells in enumerate(reader, start=1):
            rows.append((f"row {number} (line {line} of the file)", [_readable(cell.strip()) for cell in cells]))
            line = before + reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"the CSV cannot be read from line {line} on; look for an extra quotation mark") from error
    while rows and not any(rows[-1][1]):
        rows.pop()
    if not rows:
        raise ValueError("the CSV is empty; write two points or more, one per row")
    widths = [len(cells) for _, cells in rows]
    # with commas a row that is one cell longer may have a decimal comma
    row_names = separator != "," and len(rows) > 1 and set(widths[1:]) == {widths[0] + 1}
    if row_names:
        rows = [rows[0], *((where, cells[1:]) for where, cells in rows[1:])]
    _check_widths(rows)
    return rows, separator, row_names


def _readable(cell):
    """The cell, with a minus that Python reads if it is a number."""
    number = cell.translate(MINUS)
    return number if re.fullmatch(f"{NUMBER}|{BROKEN_NUMBER}", number) else cell


def _check_widths(rows):
    usual = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    for where, cells in rows:
        if not any(cells):
            raise ValueError(f"{where} is empty; remove it")
        if len(cells) != usual:
            if cells[0].startswith(("#", "%", "//", "!")):
                raise ValueError(f"{where} begins with {shortened(cells[0])}, as a comment does; remove it")
            raise ValueError(
                f"{where}: the number of cells is {len(cells)}, but {usual} in most rows; make it the same in all, and "
                "write decimal points, since a comma may separate"
            )


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


def _check_cells(points, numeric, called, separator):
    """Raise a ValueError that tells of the first cell that cannot be used, and where all others like it are."""
    wrong = {}
    for where, cells in points:
        for j, cell in enumerate(cells):
            if what := _what_is_wrong(cell, j in numeric, separator):
                held = shortened(cell) if cell else "nothing"
                wrong.setdefault(what, []).append((where, f"{called[j]}, holds {held}"))
    for what, cells in wrong.items():
        (where, first), *others = cells
        also = [f"{place.partition(' (')[0]} {holds.partition(',')[0]}" for place, holds in others[:PLACES_NAMED]]
        if len(others) > PLACES_NAMED:
            also.append(f"and {len(others) - PLACES_NAMED} more")
        more = f". So it is with {len(cells)} cells: also {', '.join(also)}" if others else ""
        raise ValueError(f"{where}, {first}, {what}{more}")


def _what_is_wrong(cell, in_column_of_numbers, separator):
    """What is wrong with a cell and what to do, or None."""
    if re.fullmatch(BROKEN_NUMBER, cell):
        advice = f"write decimal points, and nothing between thousands{_for_pandas(cell, separator)}"
        return f"which has a comma or space in it; {advice}"
    if not in_column_of_numbers:
        return None
    if re.fullmatch(WITH_UNIT, cell):
        return "but other rows have numbers there; write the number alone, without what follows it"
    if not _is_number(cell):
        return (
            "but other rows have numbers there; write a number, or remove the row or the column "
            "(pandas: pd.read_csv(file).dropna().to_csv(index=False) removes rows with gaps)"
        )
    if abs(float(cell)) > LARGEST:
        return f"which is beyond {LARGEST:g}, too large to compute with; rescale the column"
    return None


def _for_pandas(cell, separator):
    """How pandas reads numbers like 1,5 or 1,234.5 or 1.234,5 or 1 234, where that is clear."""
    marks = re.findall(r"[.,\s]", cell)
    decimal = marks[-1] if marks[-1] in ",." and marks.count(marks[-1]) == 1 else ""
    thousands = {mark for mark in marks if mark != decimal}
    if len(thousands) > 1 or not thousands <= set(",. "):
        return ""
    words = "".join(f", thousands={mark!r}" for mark in thousands) + ", decimal=','" * (decimal == ",")
    return f" (pandas: pd.read_csv(file, sep={separator!r}{words}).to_csv(index=False))"


def _left_out(name, cells):
    """The name of a column that is left out, with an example where only a unit is in the way."""
    units = [cell for cell in cells if re.fullmatch(WITH_UNIT, cell)]
    return f"{name} (write the numbers alone, without what follows in {shortened(units[0])})" if units else name


def _odd(name, values):
    """What looks as if a column were no measurement, or None."""
    smallest, others = values.min(), values[values != values.min()]
    count = int((values == smallest).sum())
    if re.fullmatch(r"-9{2,}(\.9*|\.0*)?", str(smallest)) and len(others) and others.min() - smallest > np.ptp(others):
        return f"column {shortened(name)} holds {smallest:g} {count} times, which often stands for a missing value"
    if len(values) > 2 and (np.diff(values) == 1).all() and values[0] in (0, 1):
        return f"column {shortened(name)} counts the rows: leave it out if it is no measurement"
    if re.search(r"label|cluster|class|component|species", name, re.I) and (values == np.floor(values)).all():
        return f"column {shortened(name)} holds whole numbers: if they are labels, leave it out"
    return None
