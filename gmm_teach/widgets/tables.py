"""The table of m, Sigma and pi, as the post prints it, with the change since the step before."""

from html import escape

import numpy as np

from .._format import coordinate_names, in_print
from ..plots import COLORS, component_color, component_marker

CELL = "'text-align:right;padding:2px 10px'"
# The markers of the pictures, as characters.
SYMBOLS = {"o": "●", "^": "▲", "s": "■", "D": "◆", "v": "▼", "P": "✚", "X": "✖"}


def parameter_table(mixture, previous=None, columns=None, colors=COLORS):
    """Write a mixture as an HTML table, one row a component, counted from 1.

    Parameters
    ----------
    mixture : Mixture
    previous : Mixture, optional
        The parameters one step before; the change since then stands in small print behind each number.
    columns : sequence of str, optional
        Names of the d coordinates.
    colors : sequence of str
        Of the components, as hex strings.

    Returns
    -------
    str
        Two decimals, as in the post; three significant digits in a column where two decimals would say nothing.
    """
    d = mixture.means.shape[1]
    columns = [escape(name) for name in columns or coordinate_names(d)]
    entries = [(i, j) for i in range(d) for j in range(i, d)]
    header = ["", "π", *(f"m: {name}" for name in columns)]
    header += [f"Σ: {columns[i]}" if i == j else f"Σ: {columns[i]}, {columns[j]}" for i, j in entries]
    now = _numbers(mixture, entries)
    changes = None if previous is None else now - _numbers(previous, entries)
    styles = [_style(largest) for largest in np.abs(now).max(axis=0)]
    rows = []
    for k, numbers in enumerate(now):
        cells = [in_print(value, style) for value, style in zip(numbers, styles, strict=True)]
        if changes is not None:
            small = [f" <small style='opacity:0.65'>({_change(change)})</small>" for change in changes[k]]
            cells = [cell + change for cell, change in zip(cells, small, strict=True)]
        symbol = SYMBOLS[component_marker(k)]
        mark = f"<span class='gmm-symbol' style='color:{component_color(k, colors)}'>{symbol}</span>"
        head = f"<th style='text-align:left'>{mark} {k + 1}</th>"
        rows.append(f"<tr>{head}{''.join(f'<td style={CELL}>{cell}</td>' for cell in cells)}</tr>")
    titles = "".join(f"<th style={CELL}>{title}</th>" for title in header)
    return f"<table style='font-variant-numeric:tabular-nums'><tr>{titles}</tr>{''.join(rows)}</table>"


def _numbers(mixture, entries):
    """One row a component: its proportion, its mean, and the entries of its covariance."""
    i, j = zip(*entries, strict=True)
    return np.column_stack([mixture.proportions, mixture.means, mixture.covariances[:, i, j]])


def _style(largest):
    """Two decimals, or three significant digits where two decimals would say nothing; no minus before a zero."""
    return "z.2f" if largest == 0 or 0.05 <= largest < 1e5 else ".3g"


def _change(change):
    if change == 0:
        return "="
    return in_print(change, "+.2f" if 0.005 <= abs(change) < 1e5 else "+.1g")
