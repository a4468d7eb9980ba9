"""What a reader steps, drags and presses: the stepper of EM, and explorers of a mixture and of each maximisation."""

from .explorers import BoundExplorer, CovarianceExplorer, MeanExplorer, MixtureExplorer, ProportionsExplorer
from .stepper import Stepper

__all__ = ["BoundExplorer", "CovarianceExplorer", "MeanExplorer", "MixtureExplorer", "ProportionsExplorer", "Stepper"]
