"""What the controls of the stepper and of the explorers have in common: their sizes, and how they show numbers."""

import ipywidgets as widgets
import numpy as np

WRAP = widgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="2px 12px")


def width(pixels):
    """Layout of a control that is so many pixels wide, or as wide as a narrow page allows."""
    return widgets.Layout(width=f"{pixels}px", max_width="calc(100% - 4px)")  # less its margins


def close_all(widget):
    """Close a widget and all that it holds: an open one is kept by ipywidgets, and with it all that it refers to."""
    for child in getattr(widget, "children", ()):
        close_all(child)
    widgets.Widget.close(widget)


def show(widget, visible=True):
    """Show or hide a widget. Not by None, which does not undo "none" where the kernel runs in the browser."""
    widget.layout.display = "flex" if visible else "none"


def readout(low, high, step):
    """The format in which a slider from `low` to `high` shows each of its steps."""
    largest = max(abs(low), abs(high))
    places = int(np.ceil(-np.log10(step)))
    if 0 <= places <= 6 and largest < 1e9:
        return f".{places}f"
    return f".{int(np.clip(np.ceil(np.log10(largest / step)) + 1, 2, 15))}g" if places > 0 else ".0f"
