"""gmm_teach: watch EM learn a Gaussian mixture.

The maths loads with the package; plots and widgets load when they are asked for.
"""

from importlib import import_module

from . import datasets, starts
from .blocks import Fit, fit
from .em import CollapsedComponent, Run, State, e_step, iterate, m_step, run_em
from .mixture import Mixture

__all__ = [
    "CollapsedComponent",
    "Fit",
    "Mixture",
    "Run",
    "State",
    "Stepper",
    "datasets",
    "e_step",
    "fit",
    "iterate",
    "m_step",
    "plots",
    "practice",
    "run_em",
    "starts",
]

__version__ = "0.1.0"


def __getattr__(name):
    if name == "Stepper":
        return import_module(".stepper", __name__).Stepper
    if name in ("plots", "practice"):
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
