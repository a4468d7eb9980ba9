# Run before a notebook's first cell when the site is built: what is alive in Jupyter becomes what a page can show.
from IPython import get_ipython
from IPython.display import HTML, Image, display

from gmm_teach.explorers import Explorer
from gmm_teach.stepper import Stepper


def show_stepper(stepper):
    display(HTML(stepper.freeze()))


def show_explorer(explorer):
    display(HTML(explorer._words.value))
    display(Image(explorer._image.value))


formatter = get_ipython().display_formatter.ipython_display_formatter
formatter.for_type(Stepper, show_stepper)
formatter.for_type(Explorer, show_explorer)
