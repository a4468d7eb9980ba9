"""What a reader steps, drags and presses: the stepper of EM, and an explorer for each maximisation."""

from .explorers import BoundExplorer, CovarianceExplorer, MeanExplorer, ProportionsExplorer
from .stepper import Stepper

__all__ = ["BoundExplorer", "CovarianceExplorer", "MeanExplorer", "ProportionsExplorer", "Stepper"]
