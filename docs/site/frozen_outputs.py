"""In the kernel of a notebook, while the site is built: what is alive in Jupyter becomes what a page can show."""

import hashlib
from html import escape
from pathlib import Path

import ipywidgets as widgets
from IPython import get_ipython
from IPython.core.pylabtools import retina_figure
from IPython.display import HTML, display
from matplotlib.figure import Figure
from tqdm.notebook import TqdmHBox

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
    show(Stepper, lambda stepper: frozen_place(*stepper.film(26, with_end=True), keep))
    show(Explorer, lambda explorer: frozen_place(*explorer.film(), keep))
    show(Figure, lambda figure: picture_of(figure, keep))
    show(widgets.DOMWidget, as_it_stands)
    formatter.for_type(TqdmHBox, lambda bar: None)  # a progress bar has gone when the work is done


def picture_of(figure, keep):
    """Return a figure as HTML, sharp on every screen."""
    png, size = retina_figure(figure, base64=False)
    return (
        f"<img class='gmm-figure' src='{keep(smaller(png))}' alt='{escape(in_words(figure), quote=True)}' "
        f"width='{size['width']}' height='{size['height']}' loading='lazy'>"
    )


def in_words(figure):
    """Return what stands on a figure: its title, and of each panel the title and what is drawn over what."""
    words = [figure.get_suptitle()]
    for ax in figure.axes:
        words += [ax.get_title(loc) for loc in ("left", "center", "right")]
        if ax.get_xlabel() and ax.get_ylabel():
            words.append(f"{ax.get_ylabel()} over {ax.get_xlabel()}")
    words = [" ".join(part.split()) for part in words]
    return ". ".join(dict.fromkeys(part for part in words if part)) or "A figure without a title"


def as_it_stands(widget):
    """Return what a widget shows now as HTML: its words, and what each control is set to."""
    if isinstance(widget, widgets.Box):
        return "".join(map(as_it_stands, widget.children))
    if isinstance(widget, (widgets.HTML, widgets.Label)):
        return f"<p>{widget.value}</p>"
    if hasattr(widget, "value"):
        return f"<p>{escape(widget.description)}: {escape(str(widget.value))}</p>"
    return ""
