"""A mixture in the plane to be shaped by hand: its density as a hill over the points, and their log-likelihood."""

import numpy as np
from numpy.typing import ArrayLike

from ... import plots
from ..._checks import as_points, as_real
from ..._format import in_print
from ...em import CollapsedComponent
from ...mixture import Mixture, check_mixture
from ...runs import run_em
from ..move import moved
from ..words import say
from .base import Explorer, button, slider
from .drawing import HERE, SIDE, equation, hill, pi, prepare, vector

Array = ArrayLike | None
HALVINGS = 8  # of the density, from its highest contour down to its lowest
SMALLEST = 0.001  # proportion that a slider reaches
TOUR = 0, 1, 2, 5, 10  # steps of EM that a tour shows before the last


class MixtureExplorer(Explorer):
    """The density of a mixture in the plane, over its points; drag means and ellipses, and see the density and log L.

    A click reads the density at a place. `x` has shape (n, 2), and so have the means of the `mixture` d = 2.
    """

    room = "mixture"

    def __init__(self, x: ArrayLike, mixture: Mixture) -> None:
        self._x = as_points(x, 2)
        check_mixture("mixture", mixture)
        if mixture.means.shape[1] != 2:
            raise ValueError(f"mixture must have the d = 2 of x, but its d is {mixture.means.shape[1]}")
        K = len(mixture.means)
        self.marks = [[plots.dark(k), ""] for k in range(K)]
        self.at = self._x.mean(axis=0)
        self._collapse = ""  # why EM could go no further, in words
        shown = mixture.proportions if K > 2 else mixture.proportions[:1]  # of two the other is what is left
        sliders = [slider(pi(k), value, SMALLEST, 1 - SMALLEST) for k, value in enumerate(shown)]
        super().__init__(mixture, sliders, button(say("mixture", "fit"), self.go_to_the_maximum))

    @property
    def mixture(self) -> Mixture:
        """The mixture as it is now."""
        return self._place

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood, in nats."""
        return self._place.log_likelihood(self._x)

    def move(self, k: int, *, mean: Array = None, covariance: Array = None, proportion: float | None = None) -> None:
        """Move component k, counted from 0, as :meth:`gmm_teach.Stepper.move` does; errors as there."""
        with self._lock:
            self._put(moved(self._place, k, mean, covariance, proportion))

    def go_to_the_maximum(self) -> None:
        """Let EM climb from here; where a component collapses it stops, and the sentence says so."""
        with self._lock:
            states, words = self._em()
            self._put(states[-1].mixture)
            self._collapse = words

    def read_at(self, place: ArrayLike) -> None:
        """Read the density at a place, shape (2,)."""
        self.at = as_real("place", place, (2,))
        self._show()

    _on_place = read_at

    def _values(self):
        return self._place.proportions

    def _follow(self, i, value):
        return moved(self._place, i, proportion=value)

    def _go(self, place, by_slider=False):
        self._collapse = ""
        super()._go(place, by_slider)

    def _dragged(self, mean, covariance, component):
        if mean is not None:  # where the hand can find it again
            (left, right), (low, high) = self._ax.get_xlim(), self._ax.get_ylim()
            mean = np.clip(mean, [left, low], [right, high])
        return moved(self._place, component, mean, covariance)

    def _in_hand(self):
        return [values.tolist() for values in (self._place.proportions, self._place.means, self._place.covariances)]

    def _em(self):
        """The states of EM from here, and why it can go no further, if it cannot."""
        try:
            return run_em(self._x, self._place).states, ""
        except CollapsedComponent as collapse:
            return collapse.states, f"\n{say('mixture', 'collapse', k=collapse.component + 1)}"

    def _tour(self):
        states, _ = self._em()
        last = len(states) - 1
        return [states[step].mixture for step in dict.fromkeys(min(step, last) for step in (*TOUR, last))]

    def _draw_fixed_parts(self, ax):
        prepare(self._canvas, ax, np.vstack([self._x, self._place.means]))

    def _sentence(self):
        words = say("mixture", "sentence", log_likelihood=f"{self.log_likelihood:.3f}", n=len(self._x))
        return words + self._collapse

    def _table(self):
        proportions, shares = self._place.proportions, np.exp(self._place.log_joint(self.at[None])[0])
        names = " + ".join(f"{pi(k)} f<sub>{k + 1}</sub>(x)" for k in range(len(shares)))
        terms = [
            f"{share:.3f} \N{MIDDLE DOT} {in_print(density, '.4f')}"
            for share, density in zip(proportions, shares / proportions, strict=True)
        ]
        words = say("mixture", "at", place=vector(self.at, "z.2f"))
        return equation(f"{words}<br>p(x) = {names}", " + ".join(terms), f"{shares.sum():.4f}")

    def _artists(self, ax):
        across, up, points = plots.grid_over(ax, SIDE)
        log_density = self._place.log_density(points).reshape(across.shape)
        artists = hill(ax, across, up, log_density, log_density.max() - np.log(2) * np.arange(HALVINGS, -1, -1))
        artists += plots.draw_points(ax, self._x, size=10)
        artists += plots.draw_ellipses(ax, self._place) + plots.draw_means(ax, self._place.means)
        return artists + ax.plot(*self.at, "o", color=HERE, fillstyle="none", markersize=9, markeredgewidth=2)
