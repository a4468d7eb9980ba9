"""In the kernel of a notebook, while the site is built: what is alive in Jupyter becomes what a page can show."""

import hashlib
from html import escape
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from IPython import get_ipython
from IPython.core.pylabtools import retina_figure
from IPython.display import HTML, display
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from tqdm.notebook import TqdmHBox

from gmm_teach._format import with_long_minus
from gmm_teach.widgets.explorers import Explorer
from gmm_teach.widgets.player import frozen_place, smaller
from gmm_teach.widgets.stepper import Stepper


def install(folder, address):
    """Show players and pictures on the page; their pictures go to `folder`, which the page will find at `address`."""
    folder = Path(folder)

    def keep(png):
        name = f"{hashlib.sha256(png).hexdigest()[:24]}.png"
        (folder / name).write_bytes(png)
        return f"{address}/{name}"

    def show(kind, make):
        formatter.for_type(kind, lambda shown: display(HTML(make(shown))))

    formatter = get_ipython().display_formatter.ipython_display_formatter
    show(Stepper, lambda stepper: frozen_place(*film(stepper), keep, film(stepper, narrow=True)))
    show(Explorer, lambda explorer: frozen_place(*explorer.film(), keep))
    show(Figure, lambda figure: picture_of(figure, keep))
    show(widgets.DOMWidget, as_it_stands)
    formatter.for_type(TqdmHBox, lambda bar: None)  # a progress bar has gone when the work is done


def film(stepper, **options):
    """Return the first steps of a run, and the last of a long one: no page weighs more than 4 MB."""
    return stepper.film(26, with_end=True, **options)


def picture_of(figure, keep):
    """Return a figure as HTML, sharp on every screen."""
    png, size = retina_figure(figure, base64=False)
    return (
        f"<img class='gmm-figure' src='{keep(smaller(png))}' alt='{escape(in_words(figure), quote=True)}' "
        f"width='{size['width']}' height='{size['height']}' loading='lazy'>"
    )


def in_words(figure):
    """Return what is to be seen on a figure: its title, and of each panel the title, the axes and what they hold."""
    words = [figure.get_suptitle()]
    for ax in figure.axes:
        words += [ax.get_title(loc) for loc in ("left", "center", "right")]
        if ax.get_xlabel() and ax.get_ylabel():
            words.append(f"{ax.get_ylabel()} over {ax.get_xlabel()}")
        words.append(", ".join(drawn_on(ax)))
    words = [" ".join(part.split()) for part in words]
    return ". ".join(dict.fromkeys(part for part in words if part)) or "A figure without a title"


def drawn_on(ax):
    """Yield how many points, crosses and bars a panel shows, and the ends of its lines; one without a name if alone."""
    lines = [line for line in ax.lines if np.size(line.get_ydata()) > 1]
    marks = [line for line in lines if line.get_linestyle() == "None"]
    lines = [line for line in lines if line not in marks and np.size(line.get_ydata()) > 2]
    crosses = sum(np.size(line.get_ydata()) for line in marks if line.get_marker() in ("+", "x"))
    points = sum(len(drawn.get_offsets()) for drawn in ax.collections if isinstance(drawn, PathCollection))
    points += sum(np.size(line.get_ydata()) for line in marks) - crosses
    bars = sum(len(container.patches) for container in ax.containers if hasattr(container, "patches"))
    for count, kind in ((points, "points"), (crosses, "crosses"), (bars, "bars")):
        if count > 1:
            yield f"{count} {kind}"
    for line in lines:
        heights = np.asarray(line.get_ydata(orig=False), dtype=float)
        first, top, last = heights[0], np.nanmax(heights), heights[-1]
        name = line.get_label()
        if not name.startswith("_") or len(lines) == 1:
            words = f"{'a line' if name.startswith('_') else name} from {first:.4g} to {last:.4g}"
            yield with_long_minus(words + f" by way of {top:.4g}" * bool(top > max(first, last)))


def as_it_stands(widget):
    """Return what a widget shows now as HTML: its words, and what each control is set to."""
    if isinstance(widget, widgets.Box):
        return "".join(map(as_it_stands, widget.children))
    if isinstance(widget, (widgets.HTML, widgets.Label)):
        return f"<p>{widget.value}</p>"
    if hasattr(widget, "value"):
        return f"<p>{escape(widget.description)}: {escape(str(widget.value))}</p>"
    return ""
