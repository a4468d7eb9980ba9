"""The three maximisations of the M step: walk to the top of A, B or C, and see the gradient that leads there."""

from collections.abc import Callable

import ipywidgets as widgets
import numpy as np
from numpy.typing import ArrayLike

from ... import plots, updates
from ..._checks import TOLERANCE, as_points, as_real
from ..._format import in_print
from ...mixture import Mixture
from ..layout import width
from ..move import as_covariance
from ..picture import with_margin
from ..words import say
from .base import Explorer, button, slider
from .drawing import HERE, SIDE, arrow, contours, cross, equation, hill, matrix, pi, prepare, vector

SMALLEST = 0.01  # proportion that a hand can reach


class Maximisation(Explorer):
    """An objective of updates.py and its gradient, as functions of the same arguments, and its maximum, a place."""

    _objective: Callable[..., float]
    _slope: Callable[..., np.ndarray]
    _arguments: Callable[[np.ndarray], tuple]  # of both, at a place
    _best: np.ndarray

    def __init__(self, sliders, *others):
        place = np.array([slider.value for slider in sliders])
        super().__init__(place, sliders, *others, button(say("maximum", "go"), self.go_to_the_maximum))

    @property
    def value(self) -> float:
        """A, B or C here, in nats."""
        return self._objective(*self._arguments(self._place))

    @property
    def gap(self) -> float:
        """How far that is below the maximum, in nats."""
        return self._objective(*self._arguments(self._best)) - self.value

    @property
    def gradient(self) -> np.ndarray:
        """Of A in m, (2,); of B in all four entries of Lambda, (2, 2); of C in pi_1 and pi_2, (2,)."""
        return self._slope(*self._arguments(self._place))

    def _maximum(self):
        return self._best

    def _sentence(self):
        style = self._sliders[0].readout_format
        here, best = (vector(place, style) for place in (self._place, self._best))
        return say(self.room, "sentence", value=f"{self.value:.2f}", gap=f"{abs(self.gap):.2f}", here=here, best=best)


class _OfOneComponent(Maximisation):
    """What the explorers of a mean and of a covariance have in common: weighted points of one component."""

    def _take(self, x, weights):
        self._x, self._weights = x, weights = as_points(x, 2), as_real("weights", weights, (len(x),))
        self._S = weights.sum()

    def _draw_fixed_parts(self, ax):
        prepare(self._canvas, ax, self._x)
        sizes = 3 + 25 * self._weights / self._weights.max()
        ax.scatter(*self._x.T, s=sizes, color=plots.component_color(0), alpha=0.6, linewidths=0)


class MeanExplorer(_OfOneComponent):
    """Contours of A(m) over the weighted points of one component; move m.

    `covariance` is its present Sigma, shape (2, 2); the identity and a tilted one may be chosen in its place.
    """

    room = "mean"
    hands = (say("mean", "hand"), "", "")
    _objective, _slope = staticmethod(updates.mean_objective), staticmethod(updates.mean_gradient)

    def __init__(self, x: ArrayLike, weights: ArrayLike, covariance: ArrayLike) -> None:
        self._take(x, weights)
        self._best = updates.mean_update(self._x, self._weights)
        own = as_covariance(covariance, 2)
        spread = np.sqrt(np.diag(own))
        choices = {"own": own, "identity": np.eye(2), "tilted": np.outer(spread, spread) * [[1, 0.8], [0.8, 1]]}
        self._covariances = {say("mean", name): choice for name, choice in choices.items()}
        self._choice = widgets.Dropdown(options=list(self._covariances), description="Σ:", layout=width(200))
        self._choice.observe(lambda _: self._show(), "value")
        sliders = [slider(f"m {name}", x.mean(), *with_margin(x)) for name, x in zip("xy", self._x.T, strict=True)]
        super().__init__(sliders, self._choice)

    @property
    def mean(self) -> np.ndarray:
        """m, where the diamond is, shape (2,)."""
        return self._place

    def move(self, mean: ArrayLike) -> None:
        """Put the diamond at `mean`, shape (2,); ValueError where the sliders do not reach."""
        self._move_to(as_real("mean", mean, (2,)))

    @property
    def _precision(self):
        return np.linalg.inv(self._covariances[str(self._choice.value)])

    def _arguments(self, place):
        return place, self._x, self._weights, self._precision

    def _dragged(self, mean, covariance, component):
        return self._within_reach(mean)

    def _table(self):
        numbers = f"{self._S:.1f} {matrix(self._precision, '.3g')} {vector(self._best - self.mean)}"
        return equation(say("mean", "gradient"), numbers, vector(self.gradient, "z.1f"))

    def _artists(self, ax):
        # A is a paraboloid: below its maximum by S/2 times the squared distance in standard deviations
        across, up, points = plots.grid_over(ax, SIDE)
        away = points - self._best
        below = 0.5 * self._S * np.einsum("ni,ij,nj->n", away, self._precision, away)
        rings = 0.5 * self._S * np.arange(8, 0, -1.0) ** 2
        slopes = np.linalg.norm(self._S * away @ self._precision, axis=-1)
        artists = [contours(ax, across, up, -below.reshape(across.shape), -rings), *cross(ax, self._best)]
        return artists + arrow(ax, self.mean, self.gradient, np.median(slopes) / 4)


class CovarianceExplorer(_OfOneComponent):
    """An ellipse on the weighted points of one component, B and its gap to the maximum, and both gradients.

    `mean` is the component's new mean, shape (2,).
    """

    room = "covariance"
    hands = ("", *(say("covariance", "hand", axis=axis) for axis in (1, 2)))
    _objective, _slope = staticmethod(updates.covariance_objective), staticmethod(updates.covariance_gradient)

    def __init__(self, x: ArrayLike, weights: ArrayLike, mean: ArrayLike) -> None:
        self._take(x, weights)
        self._mean = as_real("mean", mean, (2,))
        self._best = _deviations(updates.covariance_update(self._x, self._weights, self._mean))
        sliders = [slider(f"sd {name}", 0.6 * sd, sd / 20, 3 * sd) for name, sd in zip("xy", self._best, strict=False)]
        super().__init__([*sliders, slider(say("covariance", "correlation"), 0.0, -0.99, 0.99)])

    @property
    def covariance(self) -> np.ndarray:
        """Sigma as it is now, shape (2, 2)."""
        return _covariance(self._place)

    def move(self, sd_x: float, sd_y: float, correlation: float) -> None:
        """Set both standard deviations and the correlation; ValueError where the sliders do not reach."""
        self._move_to([sd_x, sd_y, correlation])

    def _arguments(self, place):
        return np.linalg.inv(_covariance(place)), self._x, self._weights, self._mean

    def _dragged(self, mean, covariance, component):
        return self._within_reach(_deviations(np.array(covariance)))

    def _in_hand(self):
        return [[1], [self._mean.tolist()], [self.covariance.tolist()]]

    def _table(self):
        away = f"[{matrix(self.covariance, 'z.3f')} - {matrix(_covariance(self._best), 'z.3f')}]"
        entries = updates.covariance_gradient_symmetric(*self._arguments(self._place))
        symmetric = equation(say("covariance", "symmetric"), matrix(updates.unvech(entries, 2), "z.1f"))
        numbers = f"{self._S / 2:.1f} {away}"
        return equation(say("covariance", "gradient"), numbers, matrix(self.gradient, "z.1f")) + symmetric

    def _artists(self, ax):
        best, here = (Mixture([1.0], [self._mean], [_covariance(place)]) for place in (self._best, self._place))
        ellipses = plots.draw_ellipses(ax, here)
        for ellipse in ellipses:
            ellipse.set(edgecolor=HERE, linestyle="-")
        return [*cross(ax, self._mean), *plots.draw_truth(ax, best), *ellipses]


class ProportionsExplorer(Maximisation):
    """The simplex of three proportions with contours of C, the present point, its gradient, and the maximum S/n.

    `sums` are S_k, the responsibilities of each component summed over the points: three positive numbers.
    """

    room = "proportions"
    hands = (say("proportions", "hand"), "", "")
    _objective, _slope = staticmethod(updates.proportions_objective), staticmethod(updates.proportions_gradient)

    def __init__(self, sums: ArrayLike) -> None:
        self._sums = as_real("sums", sums, (3,))
        if not (self._sums > 0).all():
            sums = self._sums.tolist()
            raise ValueError(f"sums must all be above 0, but they are {sums}; leave an empty component out")
        self._best = updates.proportions_update(self._sums)
        super().__init__([slider(pi(k), 1 / 3, SMALLEST, 1 - 2 * SMALLEST) for k in range(3)])

    @property
    def proportions(self) -> np.ndarray:
        """pi, shape (3,)."""
        return self._place

    def move(self, proportions: ArrayLike) -> None:
        """Set all three proportions; ValueError where the sum is not 1, or one is below 0.01."""
        proportions = as_real("proportions", proportions, (3,))
        if abs(proportions.sum() - 1) > TOLERANCE or proportions.min() < SMALLEST:
            raise ValueError(f"proportions must sum to 1, each {SMALLEST} or more, but they are {proportions.tolist()}")
        self._move_to(proportions)

    def _arguments(self, place):
        return place[:2], self._sums

    def _follow(self, i, value):
        """Where one proportion changes, the two others share what is left as they did before."""
        others = self._place - SMALLEST + 1e-12  # what each has to give; equal where there is nothing
        others[i] = 0
        place = SMALLEST + (1 - 2 * SMALLEST - value) * others / others.sum()
        place[i] = value
        return place

    def _dragged(self, mean, covariance, component):
        """The place on the simplex that is nearest to the hand, or nearly."""
        first, second = np.maximum(mean, SMALLEST)
        beyond = max(0.0, first + second - (1 - SMALLEST)) / 2
        first, second = np.clip([first - beyond, second - beyond], SMALLEST, 1 - 2 * SMALLEST)
        return np.array([first, second, 1 - first - second])

    def _draw_fixed_parts(self, ax):
        plots.style_axes(ax, "$\\pi_1$", "$\\pi_2$")
        ax.set(xlim=(-0.2, 1.2), ylim=(-0.2, 1.2))  # an arrow may lead out of the simplex
        self._canvas.equal_scales(ax)
        first, second = np.meshgrid(*2 * [np.linspace(0.002, 0.996, 200)])
        third = np.where(first + second < 0.998, 1 - first - second, np.nan)
        heights = np.tensordot(self._sums, np.log([first, second, third]), axes=1)
        drops = self._sums.sum() * np.array([1.0, 0.5, 0.25, 0.1, 0.05, 0.01, 0.0])
        hill(ax, first, second, heights, self._sums @ np.log(self._best) - drops)
        ax.plot([0, 1, 0, 0], [0, 0, 1, 0], color="black", linewidth=1.5)
        cross(ax, self._best[:2])

    def _table(self):
        quotients = [f"{S:.1f}/{share:.3f}" for S, share in zip(self._sums, self._place, strict=True)]
        return "".join(
            equation(
                say("proportions", "gradient", k=k + 1), f"{quotients[k]} - {quotients[2]}", in_print(entry, "z.1f")
            )
            for k, entry in enumerate(self.gradient)
        )

    def _artists(self, ax):
        third = self._place[2]
        left = 1 - third  # of all places with the same third proportion the sum of the others
        artists: list = ax.plot([0, left], [left, 0], color=HERE, linewidth=1, linestyle=":")
        artists.append(ax.text(left, 0, f"  {pi(2)} = {third:.3f}", color=HERE, va="top"))
        return artists + arrow(ax, self.proportions[:2], self.gradient, 3 * self._sums.sum())


def _covariance(place):
    """The covariance with these standard deviations and this correlation."""
    across, up, correlation = place
    return np.array([[across**2, correlation * across * up], [correlation * across * up, up**2]])


def _deviations(covariance):
    """Both standard deviations and the correlation of a covariance, shape (3,)."""
    across, up = np.sqrt(np.diag(covariance))
    return np.array([across, up, covariance[0, 1] / (across * up)])
