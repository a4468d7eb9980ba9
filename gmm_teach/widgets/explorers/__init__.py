"""Five explorers: take a mixture, or the parameters of one maximisation, into your hand and see what follows.

Each is a picture with sliders above it; what the sliders move can be dragged in the picture too. The player, the canvas
and the hands are the stepper's, the maths is in bound.py and updates.py of the package. `x` are the points, shape
(n, d), and `weights` the responsibilities of one component, shape (n,). All raise TypeError or ValueError for bad
input, and have ``move``, ``back``, ``go_to_the_maximum``, ``freeze``, ``film`` and ``close``.

Read base.py first, then any of mixture.py, bound.py and updates.py; drawing.py has what several of them draw.
"""

from .base import Explorer
from .bound import BoundExplorer
from .mixture import MixtureExplorer
from .updates import CovarianceExplorer, Maximisation, MeanExplorer, ProportionsExplorer

__all__ = [
    "BoundExplorer",
    "CovarianceExplorer",
    "Explorer",
    "Maximisation",
    "MeanExplorer",
    "MixtureExplorer",
    "ProportionsExplorer",
]
