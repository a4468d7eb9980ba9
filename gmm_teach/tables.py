"""The table of m, Sigma and pi, as the post prints it, with the change since the step before."""

from html import escape

from .plots import component_color, component_marker

# The markers of the pictures, as characters.
SYMBOLS = {"o": "●", "^": "▲", "s": "■", "D": "◆", "v": "▼", "P": "✚", "X": "✖"}


def parameter_table(mixture, previous=None, columns=None):
    """Write a mixture as an HTML table, one row a component, counted from 1.

    Parameters
    ----------
    mixture : Mixture
    previous : Mixture, optional
        The parameters one step before; the change since then stands in small print behind each number.
    columns : sequence of str, optional
        Names of the d coordinates.

    Returns
    -------
    str
        Two decimals, as in the post; three significant digits where two decimals would say nothing.
    """
    d = mixture.means.shape[1]
    columns = [escape(name) for name in columns or coordinate_names(d)]
    entries = [(i, j) for i in range(d) for j in range(i, d)]
    header = ["", "π", *(f"m: {name}" for name in columns)]
    header += [f"Σ: {columns[i]}" if i == j else f"Σ: {columns[i]}, {columns[j]}" for i, j in entries]
    rows = []
    for k in range(len(mixture.proportions)):
        now = _numbers(mixture, k, entries)
        before = _numbers(previous, k, entries) if previous is not None else [None] * len(now)
        cells = "".join(
            f"<td style='text-align:right;padding:2px 10px'>{_cell(value, old)}</td>"
            for value, old in zip(now, before, strict=True)
        )
        symbol = SYMBOLS[component_marker(k)]
        head = f"<th style='text-align:left'><span style='color:{component_color(k)}'>{symbol}</span> {k + 1}</th>"
        rows.append(f"<tr>{head}{cells}</tr>")
    titles = "".join(f"<th style='text-align:right;padding:2px 10px'>{title}</th>" for title in header)
    return f"<table style='font-variant-numeric:tabular-nums'><tr>{titles}</tr>{''.join(rows)}</table>"


def coordinate_names(d):
    """Names for coordinates that have none: x; x and y; or x1, x2, x3, ..."""
    return ["x", "y"][:d] if d <= 2 else [f"x{j + 1}" for j in range(d)]


def _numbers(mixture, k, entries):
    return [mixture.proportions[k], *mixture.means[k], *(mixture.covariances[k][i, j] for i, j in entries)]


def _cell(value, old):
    text = _short(value)
    if old is None:
        return text
    change = "=" if _short(old) == text else _short(value - old, "+")
    return f"{text} <small style='opacity:0.65'>({change})</small>"


def _short(value, sign=""):
    digits = ".2f" if value == 0 or 0.005 <= abs(value) < 1e5 else ".3g"
    return f"{value:{sign}{digits}}".replace("-", "\N{MINUS SIGN}")
