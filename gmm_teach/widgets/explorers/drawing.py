"""What several explorers draw: hills, crosses, arrows in equal units; and formulas with their numbers, as HTML."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from ... import plots
from ..._format import in_print
from ..picture import with_margin

HERE = "#c2185b"  # the colour of where the reader is; the maximum is black
SIDE = 80  # places of a grid across and up, on which a function is drawn
LEVELS = LinearSegmentedColormap.from_list("levels", ["0.97", "#8fb8de"])
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def prepare(canvas, ax, points):
    """Give the panel room for all points."""
    plots.style_axes(ax, "x", "y")
    (left, right), (low, high) = map(with_margin, points.T)
    ax.set(xlim=(left, right), ylim=(low, high))
    canvas.equal_scales(ax)  # else no gradient is at right angles to its contour


def contours(ax, across, up, heights, levels):
    """Thin lines where a function has these levels."""
    return ax.contour(across, up, heights, levels=levels, colors="0.55", linewidths=1, linestyles="-")


def hill(ax, across, up, heights, levels):
    """A function up to its top, which is the last of the levels: a line at each other one, and colour between them."""
    filled = ax.contourf(across, up, heights, levels=levels, cmap=LEVELS)
    return [filled, contours(ax, across, up, heights, levels[:-1])]


def cross(ax, place):
    """The place of a maximum."""
    return ax.plot(*place, "+", color="black", markersize=24, markeredgewidth=2)


def arrow(ax, place, gradient, typical):
    """The reader's point, and the gradient as an arrow: half of its full length where the slope is `typical`."""
    slope = np.linalg.norm(gradient)
    point = ax.plot(*place, "D", color=HERE, markersize=9)
    share = 0.25 * slope / (slope + typical)  # of the panel's height
    if share * ax.bbox.height < 1:
        return point
    head = min(18, share * ax.bbox.height * 72 / ax.figure.dpi)  # in points; never longer than the arrow itself
    looks = {"arrowstyle": "-|>", "color": HERE, "linewidth": 2.5, "mutation_scale": head, "shrinkA": 0, "shrinkB": 0}
    tip = place + share * np.ptp(ax.get_ylim()) * gradient / slope
    return [*point, ax.annotate("", tip, place, arrowprops=looks, annotation_clip=False)]


def pi(k):
    """The proportion of component k, counted from 0."""
    return f"π{k + 1}".translate(SUBSCRIPTS)


def vector(values, style="z.3f"):
    """A vector, as (a, b)."""
    return f"({', '.join(in_print(value, style) for value in values)})"


def matrix(rows, style):
    """A matrix in one line, as (a, b; c, d)."""
    return f"({'; '.join(vector(row, style).strip('()') for row in rows)})"


def equation(*sides):
    """A formula and the same in numbers, each side in a line of its own; the last is the result."""
    *others, result = sides
    lines = "<br>= ".join([*others, f"<b>{result}</b>"]).replace(" - ", " \N{MINUS SIGN} ")
    return f"<div style='margin-top:0.5em'>{lines}</div>"
