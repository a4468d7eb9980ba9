"""gmm_teach: watch EM learn a Gaussian mixture.

What to read, in this order:

1. ``mixture``: what a Gaussian mixture is.
2. ``em``: the E step, the M step, and the loop that alternates them.
3. ``starts``, then ``runs``: where EM starts, and a whole run with every step kept.
4. ``bound``: why EM climbs; ``updates``: the three maximisations of the M step; ``rate``: how fast EM converges.
5. ``covariances``: simpler covariances; ``selection``: several starts, and how many components.
6. ``known``: EM where some labels or coordinates are known; ``priors``: an M step with a prior; ``kmeans``: K-means
   step by step, to compare; ``blocks``: the same EM, fast, on large data.
7. ``plots``: how each picture is drawn.

You need none of the folders to understand EM: ``datasets`` holds the points, ``practice`` checks a reader's own
functions, ``widgets`` has the stepper and the explorers, and ``grade`` marks a folder of submitted notebooks.
"""

from importlib import import_module

from . import datasets, starts
from .blocks import Fit, fit
from .em import CollapsedComponent, State, e_step, iterate, m_step
from .mixture import Mixture
from .runs import Run, run_em

__all__ = [
    "CollapsedComponent",
    "Fit",
    "Mixture",
    "Run",
    "State",
    "Stepper",
    "bound",
    "covariances",
    "datasets",
    "e_step",
    "fit",
    "grade",
    "iterate",
    "kmeans",
    "known",
    "m_step",
    "plots",
    "practice",
    "priors",
    "rate",
    "run_em",
    "selection",
    "starts",
    "updates",
    "widgets",
]

__version__ = "0.2.0"


def __getattr__(name):
    # plots and widgets load when they are asked for, since matplotlib and ipywidgets take their time
    if name == "Stepper":
        return import_module(".widgets", __name__).Stepper
    if name in __all__:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
