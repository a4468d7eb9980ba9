"""The table of m, Sigma and pi, as the post prints it, with the change since the step before."""

from html import escape

import numpy as np

from .._format import coordinate_names, in_print, name_and_unit, style_for, styles_of_means
from ..plots import COLORS, component_color, component_marker
from ..runs import alike
from .words import say

CELL = "'text-align:right;padding:2px 10px'"
# The markers of the pictures, as characters.
SYMBOLS = {"o": "●", "^": "▲", "s": "■", "D": "◆", "v": "▼", "P": "✚", "X": "✖"}


def parameter_table(mixture, previous=None, columns=None, colors=COLORS):
    """Write a mixture as an HTML table, one row a component, counted from 1.

    Behind each number stands, in small print, the change since the mixture `previous`. Numbers have two decimals, as in
    the post, and more where the components could not be told apart.
    """
    d = mixture.means.shape[1]
    columns = columns or coordinate_names(d)
    entries = [(i, j) for i in range(d) for j in range(i, d)]
    header = ["", "π", *(say("table", "mean", name=name) for name in columns)]
    header += [_entry_title(columns, i, j) for i, j in entries]
    now = _numbers(mixture, entries)
    largest = np.abs(now).max(axis=0)
    styles = ["z.2f", *styles_of_means(mixture), *(style_for(value, value) for value in largest[1 + d :])]
    cells = [[in_print(value, style) for value, style in zip(numbers, styles, strict=True)] for numbers in now]
    if previous is not None:
        changes = now - _numbers(previous, entries)
        for row, moved in zip(cells, changes, strict=True):
            for i, (change, style) in enumerate(zip(moved, styles, strict=True)):
                row[i] += f" <small style='opacity:0.65'>({_change(change, style)})</small>"
    rows = []
    for k, row in enumerate(cells):
        look = f"class='gmm-symbol' style='color:{component_color(k, colors)}'"
        head = f"<th style='text-align:left'><span {look}>{SYMBOLS[component_marker(k)]}</span> {k + 1}</th>"
        rows.append(f"<tr>{head}{''.join(f'<td style={CELL}>{cell}</td>' for cell in row)}</tr>")
    note = f"<caption style='text-align:left'>{say('table', 'alike')}</caption>" if alike(mixture) else ""
    titles = "".join(f"<th style={CELL}>{escape(title)}</th>" for title in header)
    return f"<table style='font-variant-numeric:tabular-nums'>{note}<tr>{titles}</tr>{''.join(rows)}</table>"


def _entry_title(columns, i, j):
    """What an entry of Sigma is, in its own unit: "var waiting (min²)", or "cov length, mass (cm g)"."""
    (name, unit), (other, other_unit) = name_and_unit(columns[i]), name_and_unit(columns[j])
    product = f"{unit}²" if unit == other_unit else f"{unit or '1'} · {other_unit or '1'}"
    units = f" ({product})" if unit or other_unit else ""
    return say("table", "variance" if i == j else "covariance", name=name, other=other, unit=units)


def _numbers(mixture, entries):
    """One row a component: its proportion, its mean, and the entries of its covariance."""
    i, j = zip(*entries, strict=True)
    return np.column_stack([mixture.proportions, mixture.means, mixture.covariances[:, i, j]])


def _change(change, style):
    """A change in the format of its column, or in one digit where that would show none of it."""
    if change == 0:
        return "="
    shown = in_print(change, "+" + style.removeprefix("z")) if style.endswith("f") else ""
    return shown if any(digit in shown for digit in "123456789") else in_print(change, "+.1g")
