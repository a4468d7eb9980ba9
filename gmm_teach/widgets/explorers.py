"""Five explorers: take a mixture, or the parameters of one maximisation, into your hand and see what follows.

Each is a picture with sliders above it; what the sliders move can be dragged in the picture too. The player, the canvas
and the hands are the stepper's, the maths is in bound.py and updates.py. `x` are the points, shape (n, d), and
`weights` the responsibilities of one component, shape (n,). All raise TypeError or ValueError for bad input, and have
``move``, ``go_to_the_maximum``, ``freeze``, ``film`` and ``close``.
"""

from collections.abc import Iterable, Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import ArrayLike

from .. import plots, updates
from .._checks import TOLERANCE, as_count, as_points, as_real
from .._format import in_print, with_long_minus
from ..bound import lower_bound
from ..em import CollapsedComponent, e_step
from ..mixture import Mixture, check_mixture, cholesky_factor
from ..runs import run_em
from .layout import WRAP, close_all, readout, width
from .move import moved
from .picture import Canvas, title, with_margin
from .player import EXPLORER_SIZE, Player, freeze, in_the_page, tour

LARGER = 1.3  # type and lines: the picture is to be read on a phone and from the last row
SMALLEST = 0.01  # proportion that a hand can reach
HERE = "#c2185b"  # where the reader is; the maximum is black
WAY = np.array([0, 0.25, 0.5, 0.75, 1, 1.25])  # of a tour: shares of the way to the maximum, and one beyond
STEPS = 8  # of EM, in a tour of the bound
LEVELS = LinearSegmentedColormap.from_list("levels", ["0.97", "#8fb8de"])
HALVINGS = 8  # of the density, from its highest contour down to its lowest


class Explorer(widgets.VBox):
    """What the five have in common: sliders, a picture to be dragged, and words that say where the reader is.

    A subclass names its subject and its hands, makes its sliders and draws what never moves; and it says where its
    maximum is, what to draw at the present place, and what to write there. A place is an array that begins with the
    values of the sliders, unless the subclass says otherwise.
    """

    subject: str  # of the picture, as its title
    hands: tuple[str, str, str] | None = None  # names of a mean and of both axes of its ellipse, if they can be dragged
    marks: Sequence[Sequence[str]] = ((HERE, ""),)  # the colour of each component

    def __init__(self, place, sliders: list[widgets.FloatSlider], *others: widgets.Widget) -> None:
        self._place = place
        self._sliders, self._style = sliders, sliders[0].readout_format
        self._moving = False  # the sliders, by the program
        self._before, self._slid = [], False  # places to go back to; whether a slider was the last to move
        self._back = _button("Back", 80, self.back)
        self._back.disabled = True
        self._canvas = Canvas([1], LARGER, size=EXPLORER_SIZE)
        (self._ax,) = self._canvas.axes
        self._draw_fixed_parts(self._ax)
        self._canvas.keep_fixed_parts()
        self._player = Player(lambda _: self._content(), self._on_click, self._on_hand)
        self._lock = self._player.lock
        self._player.tour = True
        limits = {"xlim": list(self._ax.get_xlim()), "ylim": list(self._ax.get_ylim()), "axes": [0, 1]}
        named = {"hands": self.hands, "marks": self.marks}
        self._player.panel = self._canvas.edges_of(self._ax) | limits | named
        super().__init__([widgets.HBox([*sliders, self._back, *others], layout=WRAP), self._player])
        for control in [*sliders, *others]:
            if not isinstance(control, widgets.Button):
                control.observe(self._on_change, "value")

    def close(self) -> None:
        """Take the explorer off the page, and let go of its points."""
        close_all(self)

    def go_to_the_maximum(self) -> None:
        """Go to where the maximum is."""
        with self._lock:
            self._put(self._maximum())

    def back(self) -> None:
        """Take back the last move; at the first place, do nothing."""
        with self._lock:
            if self._before:
                self._go(self._before.pop())

    def freeze(self) -> str:
        """Return a tour from here to the maximum and past it, as HTML that needs no Python, widgets or network."""
        return freeze(*self.film())

    def film(self) -> tuple[dict, list[tuple[dict, bytes]]]:
        """Return what :meth:`freeze` makes a player of: (told, contents), as `player.freeze` has it."""
        with self._lock:
            contents = [self._content(place) for place in self._tour()]
        for number, (words, _) in enumerate(contents, start=1):
            words |= {"position": f"{number} of {len(contents)}", "theta": None}  # on a page nothing can be dragged
        return tour(contents)

    # What a subclass says.

    def _draw_fixed_parts(self, ax: Axes) -> None:
        raise NotImplementedError

    def _artists(self, ax: Axes) -> list:
        raise NotImplementedError

    def _sentence(self) -> str:
        raise NotImplementedError

    def _table(self) -> str:
        """What stands below the sentence, as HTML."""
        return ""

    def _maximum(self):
        """The place of the maximum."""
        raise NotImplementedError

    def _in_hand(self) -> list:
        """Proportions, means and covariances of what can be dragged, as lists."""
        raise NotImplementedError

    def _dragged(self, mean, covariance, component):
        """The place where a hand wants to be: the mean or the covariance of a component, the other is None."""
        raise NotImplementedError

    def _on_place(self, place: np.ndarray) -> None:
        """Hear of a click on the panel, at a place in its coordinates."""

    # Moves.

    def _values(self):
        """What the sliders show: exactly where they were put, though the browser rounds that to a step."""
        return self._place

    def _follow(self, i, value):
        """The place where the slider i has led."""
        place = self._place.copy()
        place[i] = value
        return place

    def _on_change(self, change):
        with self._lock:
            if self._moving:
                return
            if change.owner not in self._sliders:
                self._show()
                return
            slider, i = change.owner, self._sliders.index(change.owner)
            if abs(slider.value - self._values()[i]) > 0.51 * slider.step:
                self._put(self._follow(i, slider.value), by_slider=True)

    def _on_click(self, across, down):
        place = self._canvas.place_on(self._ax, across, down)
        if place is not None:
            self._on_place(place)

    def _on_hand(self, message):
        try:
            place = self._dragged(message.get("mean"), message.get("covariance"), message["component"])
        except ValueError as error:
            return {"refused": str(error)}
        if message["done"]:
            self._put(place)
            return None
        words, png = self._content(place)
        return words | {"picture": in_the_page(png)}

    def _move_to(self, place):
        """Go to a place, if the sliders reach it."""
        for slider, value in zip(self._sliders, place, strict=False):
            if not slider.min <= value <= slider.max:
                limits = f"{slider.min:.4g} and {slider.max:.4g}"
                raise ValueError(f"{slider.description} must lie between {limits}, but it is {value:.4g}")
        with self._lock:
            self._put(np.array(place, dtype=float))

    def _within_reach(self, place):
        """The nearest place that the sliders reach."""
        return np.clip(place, [slider.min for slider in self._sliders], [slider.max for slider in self._sliders])

    def _put(self, place, by_slider=False):
        """Go to a place from which *Back* leads back; all that one slider does is one move."""
        if not (by_slider and self._slid):
            self._before.append(self._place)
        self._go(place, by_slider)

    def _go(self, place, by_slider=False):
        self._place, self._slid = place, by_slider
        self._back.disabled = not self._before
        self._moving = True
        for slider, value in zip(self._sliders, self._values(), strict=False):
            slider.value = float(value)
        self._moving = False
        self._show()

    def _show(self):
        """Let the browser ask anew for the one frame that there is."""
        with self._player.hold_sync():
            self._player.edition += 1
            self._player.go(0, 1)

    def _content(self, place=None):
        """The words and the picture of a place; without one, of where the reader is."""
        here = self._place
        self._place = here if place is None else place
        try:
            sentence = with_long_minus(self._sentence())
            words = {"sentence": sentence, "table": with_long_minus(self._table()), "wrong": False, "question": ""}
            words |= {
                "alt": f"{self.subject}. {sentence}".replace("\n", " "),
                "position": "",
                "theta": self._in_hand(),
            }
            return words, self._canvas.png([*self._artists(self._ax), title(self._ax, self.subject)])
        finally:
            self._place = here

    def _tour(self) -> Iterable:
        """The places of the tour."""
        places = self._place + WAY[:, None] * (self._maximum() - self._place)
        return [place for place in places if np.allclose(place, self._within_reach(place))]

    def _maximum_button(self):
        return _button("Go to the maximum", 170, self.go_to_the_maximum)


class MixtureExplorer(Explorer):
    """The density of a mixture in the plane, over its points; drag means and ellipses, and see the density and log L.

    A click reads the density at a place. `x` has shape (n, 2), and so have the means of the `mixture` d = 2.
    """

    subject = "p(x): each line is half as high as the next"

    def __init__(self, x: ArrayLike, mixture: Mixture) -> None:
        self._x = as_points(x, 2)
        check_mixture("mixture", mixture)
        if mixture.means.shape[1] != 2:
            raise ValueError(f"mixture must have the d = 2 of x, but its d is {mixture.means.shape[1]}")
        K = len(mixture.means)
        self.marks = [[plots.dark(k), ""] for k in range(K)]
        self.at = self._x.mean(axis=0)
        self._collapse = ""  # why EM could go no further, in words
        # of two proportions the other is what is left
        sliders = [
            _slider(_pi(k), mixture.proportions[k], SMALLEST / 10, 1 - SMALLEST / 10) for k in range(K if K > 2 else 1)
        ]
        super().__init__(mixture, sliders, _button("Let EM fit", 120, self.go_to_the_maximum))

    @property
    def mixture(self) -> Mixture:
        """The mixture as it is now."""
        return self._place

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood, in nats."""
        return self._place.log_likelihood(self._x)

    def move(
        self,
        k: int,
        *,
        mean: ArrayLike | None = None,
        covariance: ArrayLike | None = None,
        proportion: float | None = None,
    ) -> None:
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
        with self._lock:
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
            return collapse.states, f"\nEM can go no further: component {collapse.component + 1} collapses."

    def _tour(self):
        states, _ = self._em()
        steps = dict.fromkeys(min(step, len(states) - 1) for step in (0, 1, 2, 5, 10, len(states)))
        return [states[step].mixture for step in steps]

    def _draw_fixed_parts(self, ax):
        _prepare(self._canvas, ax, np.vstack([self._x, self._place.means]))

    def _sentence(self):
        return f"log L = {self.log_likelihood:.3f} nats for {len(self._x)} points.{self._collapse}"

    def _table(self):
        shares = np.exp(self._place.log_joint(self.at[None])[0])
        terms = [
            f"{pi:.3f} \N{MIDDLE DOT} {in_print(share / pi, '.4f')}"
            for pi, share in zip(self._place.proportions, shares, strict=True)
        ]
        names = [f"{_pi(k)} f<sub>{k + 1}</sub>(x)" for k in range(len(shares))]
        rows = [" + ".join(names), " + ".join(terms), f"<b>{shares.sum():.4f}</b>"]
        return f"<div>At the circle, x = {_vector(self.at, 'z.2f')}:<br>p(x) = {'<br>= '.join(rows)}</div>"

    def _artists(self, ax):
        across, up, points = _grid(ax)
        log_density = self._place.log_density(points).reshape(across.shape)
        levels = log_density.max() - np.log(2) * np.arange(HALVINGS, -1, -1)
        artists = [ax.contourf(across, up, log_density, levels=levels, cmap=LEVELS)]
        artists.append(
            ax.contour(across, up, log_density, levels=levels[:-1], colors="0.55", linewidths=0.8, linestyles="-")
        )
        artists += plots.draw_points(ax, self._x, size=10)
        artists += plots.draw_ellipses(ax, self._place) + plots.draw_means(ax, self._place.means)
        return artists + ax.plot(*self.at, "o", color=HERE, fillstyle="none", markersize=9, markeredgewidth=2)


class BoundExplorer(Explorer):
    """log L along one mean of a one-dimensional mixture, and the bound that touches it at the black dot.

    All of the `mixture` stays fixed but the mean of `component`, counted from 0; d = 1. A click starts there anew.
    """

    subject = "log L, and the bound that touches it"

    def __init__(self, x: ArrayLike, mixture: Mixture, component: int = 0) -> None:
        self._x = as_points(x, 1)
        check_mixture("mixture", mixture)
        self._mixture = mixture
        self._component = as_count("component", component, 0, len(mixture.means) - 1)
        start = float(mixture.means[self._component, 0])
        low, high = with_margin(np.append(self._x[:, 0], start))
        self._grid = np.linspace(low, high, 121)
        self._curve = np.array([self._with_mean(m).log_likelihood(self._x) for m in self._grid])
        self.hands = (f"the mean m{self._component + 1}", "", "")
        buttons = [_button("M step", 90, self.m_step), _button("E step", 90, self.e_step)]
        slider = _slider(f"m{self._component + 1}", start, low, high)
        super().__init__(np.array([start, start]), [slider], *buttons)  # where we are, and where the bound touches

    def _draw_fixed_parts(self, ax):
        height = np.ptp(self._curve)
        low, high = self._curve.min() - 0.6 * height, self._curve.max() + 0.25 * height
        plots.style_axes(ax, f"mean of component {self._component + 1}", "nats")
        ax.set(xlim=self._grid[[0, -1]], ylim=(low, high))
        ax.plot(self._grid, self._curve, color="black", linewidth=2, label="log L")
        ax.plot(self._x[:, 0], np.full(len(self._x), low), "|", color="black", markersize=24)
        ax.plot([], [], color=HERE, linewidth=2, linestyle="--", label="bound Q + entropy")
        ax.legend(loc="upper center", ncols=2, frameon=False)

    @property
    def position(self) -> float:
        """m, where the diamond is."""
        return float(self._place[0])

    @property
    def anchor(self) -> float:
        """Where the bound touches log L, an m."""
        return float(self._place[1])

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood at `position`, in nats."""
        return self._with_mean(self.position).log_likelihood(self._x)

    @property
    def bound(self) -> float:
        """Q + entropy at `position`, in nats."""
        return self._bound_at(self.position)

    def move(self, m: float) -> None:
        """Put the diamond at `m`; ValueError where the slider does not reach."""
        self._move_to([m, self.anchor])

    def restart(self, m: float) -> None:
        """Start anew at `m`, where a new bound touches log L; ValueError where the slider does not reach."""
        self._move_to([m, m])

    def m_step(self) -> None:
        """Move to the top of the bound; log L is higher there, so a gap opens."""
        self.go_to_the_maximum()

    def e_step(self) -> None:
        """Let a new bound touch log L at the present position."""
        self.restart(self.position)

    def jump(self) -> None:
        """Do both half-steps: move to the top of the bound, and start the next bound there."""
        self.m_step()
        self.e_step()

    def _on_place(self, place):
        self.restart(place[0])

    def _dragged(self, mean, covariance, component):
        return np.array([*self._within_reach(mean[:1]), self.anchor])

    def _in_hand(self):
        return [[1], [[self.position, self.log_likelihood]], [[[1, 0], [0, 1]]]]

    def _maximum(self):
        weights = self._responsibilities()[:, self._component]
        return np.array([*updates.mean_update(self._x, weights), self.anchor])

    def _tour(self):
        place = self._place
        yield place
        for _ in range(STEPS):
            weights = e_step(self._x, self._with_mean(place[0]))[0][:, self._component]
            top = updates.mean_update(self._x, weights)[0]
            yield np.array([top, place[0]])
            place = np.array([top, top])
            yield place

    def _with_mean(self, m):
        means = self._mixture.means.copy()
        means[self._component] = m
        return Mixture(self._mixture.proportions, means, self._mixture.covariances)

    def _responsibilities(self):
        return e_step(self._x, self._with_mean(self.anchor))[0]

    def _bound_at(self, m):
        return lower_bound(self._x, self._with_mean(m), self._responsibilities())

    def _sentence(self):
        gap = abs(self.log_likelihood - self.bound)
        return (
            f"The bound touches at m = {self.anchor:{self._style}}.\nAt m = {self.position:{self._style}}:\n"
            f"log L = {self.log_likelihood:.3f},\nbound = {self.bound:.3f},\ngap = KL = {gap:.3f}."
        )

    def _artists(self, ax):
        responsibilities = self._responsibilities()
        bound = [lower_bound(self._x, self._with_mean(m), responsibilities) for m in self._grid]
        artists: list = ax.plot(self._grid, bound, color=HERE, linewidth=2, linestyle="--")
        touching = self._with_mean(self.anchor).log_likelihood(self._x)
        artists += ax.plot([self.anchor], [touching], "o", markersize=11, color="black")
        low, high = self.bound, self.log_likelihood
        artists += ax.plot([self.position] * 2, [low, high], "D-", color=HERE, markersize=6, linewidth=3)
        if high - low > 0.005 * np.ptp(ax.get_ylim()):
            middle = max((low + high) / 2, ax.get_ylim()[0] + (high - low) / 4)
            artists.append(ax.text(self.position, middle, "   gap = KL", color=HERE, va="center", clip_on=True))
        return artists


class _OfOneComponent(Explorer):
    """What the explorers of a mean and of a covariance have in common: weighted points of one component."""

    def _take(self, x, weights):
        self._x, self._weights = x, weights = as_points(x, 2), as_real("weights", weights, (len(x),))
        if weights.min() < 0 or weights.sum() == 0:
            raise ValueError("weights must be 0 or more, with some above 0; pass one column of responsibilities")

    def _draw_fixed_parts(self, ax):
        _prepare(self._canvas, ax, self._x)
        sizes = 3 + 25 * self._weights / self._weights.max()
        ax.scatter(*self._x.T, s=sizes, color=plots.component_color(0), alpha=0.6, linewidths=0)


class MeanExplorer(_OfOneComponent):
    """Contours of A(m) over the weighted points of one component; move m.

    `covariance` is its present Sigma, shape (2, 2); the identity and a tilted one may be chosen in its place.
    """

    subject = "A(m): each ring is one standard deviation more"
    hands = ("the mean m", "", "")

    def __init__(self, x: ArrayLike, weights: ArrayLike, covariance: ArrayLike) -> None:
        self._take(x, weights)
        own = as_real("covariance", covariance, (2, 2))
        try:
            cholesky_factor(own)
        except np.linalg.LinAlgError as error:
            raise ValueError(f"covariance is not positive definite: {error}") from error
        spread = np.sqrt(np.diag(own))
        tilted = np.outer(spread, spread) * [[1, 0.8], [0.8, 1]]
        self._covariances = {"its own": own, "the identity": np.eye(2), "tilted": tilted}
        self._choice = widgets.Dropdown(options=list(self._covariances), description="Σ:", layout=width(200))
        sliders = [
            _slider(f"m {name}", column.mean(), *with_margin(column))
            for name, column in zip("xy", self._x.T, strict=True)
        ]
        super().__init__(self._x.mean(axis=0), sliders, self._choice, self._maximum_button())

    @property
    def mean(self) -> np.ndarray:
        """m, where the diamond is, shape (2,)."""
        return self._place

    @property
    def value(self) -> float:
        """A(m), in nats."""
        return updates.mean_objective(self.mean, self._x, self._weights, self._precision)

    @property
    def gradient(self) -> np.ndarray:
        """Gradient of A at m, shape (2,)."""
        return updates.mean_gradient(self.mean, self._x, self._weights, self._precision)

    def move(self, mean: ArrayLike) -> None:
        """Put the diamond at `mean`, shape (2,); ValueError where the sliders do not reach."""
        self._move_to(as_real("mean", mean, (2,)))

    @property
    def _precision(self):
        return np.linalg.inv(self._covariances[str(self._choice.value)])

    def _maximum(self):
        return updates.mean_update(self._x, self._weights)

    def _dragged(self, mean, covariance, component):
        return self._within_reach(mean)

    def _in_hand(self):
        return [[1], [self.mean.tolist()], [[[1, 0], [0, 1]]]]

    def _sentence(self):
        best = self._maximum()
        below = updates.mean_objective(best, self._x, self._weights, self._precision) - self.value
        return (
            f"m = {_vector(self.mean, self._style)}.\nA is {abs(below):.2f} nats below its maximum.\n"
            f"The cross is the weighted mean, {_vector(best, self._style)}."
        )

    def _table(self):
        S, away = self._weights.sum(), self._maximum() - self.mean
        return _equation(
            "gradient = S Σ<sup>-1</sup> (m* - m)",
            f"{S:.1f} {_rows(self._precision, '.3g')} {_vector(away, 'z.3f')}",
            f"<b>{_vector(self.gradient, 'z.1f')}</b>",
        )

    def _artists(self, ax):
        best = self._maximum()
        # A is a paraboloid: below its maximum by S/2 times the squared distance in standard deviations
        across, up, points = _grid(ax)
        away = points - best
        below = 0.5 * self._weights.sum() * np.einsum("ni,ij,nj->n", away, self._precision, away)
        rings = 0.5 * self._weights.sum() * np.arange(8, 0, -1.0) ** 2
        looks = {"colors": "0.55", "linewidths": 1, "linestyles": "-"}
        artists = [ax.contour(across, up, -below.reshape(across.shape), levels=-rings, **looks)]
        artists += ax.plot(*best, "+", color="black", markersize=24, markeredgewidth=2)
        slopes = np.linalg.norm(self._weights.sum() * away @ self._precision, axis=-1)
        return artists + _arrow(ax, self.mean, self.gradient, np.median(slopes) / 4)


class CovarianceExplorer(_OfOneComponent):
    """An ellipse on the weighted points of one component, B and its gap to the maximum, and both gradients.

    `mean` is the component's new mean, shape (2,).
    """

    subject = "solid: Σ; dotted: the best Σ"
    hands = ("", "axis 1 of your ellipse", "axis 2 of your ellipse")

    def __init__(self, x: ArrayLike, weights: ArrayLike, mean: ArrayLike) -> None:
        self._take(x, weights)
        self._mean = as_real("mean", mean, (2,))
        self._best = updates.covariance_update(self._x, self._weights, self._mean)
        reach = 3 * np.sqrt(np.diag(self._best))
        sliders = [_slider(f"sd {name}", far / 5, far / 60, far) for name, far in zip("xy", reach, strict=True)]
        place = np.append(reach / 5, 0.0)
        super().__init__(place, [*sliders, _slider("correlation", 0.0, -0.99, 0.99)], self._maximum_button())

    @property
    def covariance(self) -> np.ndarray:
        """Sigma as it is now, shape (2, 2)."""
        across, up, correlation = self._place
        return np.array([[across**2, correlation * across * up], [correlation * across * up, up**2]])

    @property
    def value(self) -> float:
        """B at Lambda = Sigma^-1, in nats."""
        return self._b_at(self.covariance)

    @property
    def gap(self) -> float:
        """How far B is below its maximum, in nats."""
        return self._b_at(self._best) - self.value

    @property
    def gradient(self) -> np.ndarray:
        """Gradient of B in all four entries of Lambda, shape (2, 2)."""
        return updates.covariance_gradient(self._precision, self._x, self._weights, self._mean)

    def move(self, sd_x: float, sd_y: float, correlation: float) -> None:
        """Set both standard deviations and the correlation; ValueError where the sliders do not reach."""
        self._move_to([sd_x, sd_y, correlation])

    @property
    def _precision(self):
        return np.linalg.inv(self.covariance)

    def _b_at(self, covariance):
        return updates.covariance_objective(np.linalg.inv(covariance), self._x, self._weights, self._mean)

    def _maximum(self):
        return _deviations(self._best)

    def _dragged(self, mean, covariance, component):
        return self._within_reach(_deviations(np.array(covariance)))

    def _in_hand(self):
        return [[1], [self._mean.tolist()], [self.covariance.tolist()]]

    def _sentence(self):
        return f"B = {self.value:.2f}.\nThat is {abs(self.gap):.2f} nats below its maximum."

    def _table(self):
        entries = updates.covariance_gradient_symmetric(self._precision, self._x, self._weights, self._mean)
        symmetric = _rows(updates.unvech(entries, 2), "z.1f")
        return _equation(
            "gradient in the 4 entries of Σ<sup>-1</sup> = S/2 (Σ - Σ*)",
            f"{self._weights.sum() / 2:.1f} [{_rows(self.covariance, 'z.3f')} - {_rows(self._best, 'z.3f')}]",
            f"<b>{_rows(self.gradient, 'z.1f')}</b>",
        ) + _equation("in 3 entries, symmetric", f"<b>{symmetric}</b>")

    def _artists(self, ax):
        artists = []
        for covariance, color, style in [(self._best, "black", ":"), (self.covariance, HERE, "-")]:
            for ellipse in plots.draw_ellipses(ax, Mixture([1.0], [self._mean], [covariance])):
                ellipse.set(edgecolor=color, linestyle=style)
                artists.append(ellipse)
        return artists + ax.plot(*self._mean, "+", color="black", markersize=24, markeredgewidth=2)


class ProportionsExplorer(Explorer):
    """The simplex of three proportions with contours of C, the present point, its gradient, and the maximum S/n.

    `sums` are S_k, the responsibilities of each component summed over the points: three positive numbers.
    """

    subject = "C on the simplex; π₃ is what is left"
    hands = ("the proportions", "", "")

    def __init__(self, sums: ArrayLike) -> None:
        self._sums = as_real("sums", sums, (3,))
        if not (self._sums > 0).all():
            raise ValueError(
                f"sums must all be above 0, but they are {self._sums.tolist()}; leave an empty component out"
            )
        self._best = updates.proportions_update(self._sums)
        sliders = [_slider(_pi(k), 1 / 3, SMALLEST, 1 - 2 * SMALLEST) for k in range(3)]
        super().__init__(np.full(3, 1 / 3), sliders, self._maximum_button())

    @property
    def proportions(self) -> np.ndarray:
        """pi, shape (3,)."""
        return self._place

    @property
    def value(self) -> float:
        """C at the present proportions, in nats."""
        return updates.proportions_objective(self.proportions[:2], self._sums)

    @property
    def gradient(self) -> np.ndarray:
        """Gradient of C in pi_1 and pi_2, shape (2,)."""
        return updates.proportions_gradient(self.proportions[:2], self._sums)

    def move(self, proportions: ArrayLike) -> None:
        """Set all three proportions; ValueError where the sum is not 1, or one is below 0.01."""
        proportions = as_real("proportions", proportions, (3,))
        if abs(proportions.sum() - 1) > TOLERANCE or proportions.min() < SMALLEST:
            raise ValueError(f"proportions must sum to 1, each {SMALLEST} or more, but they are {proportions.tolist()}")
        self._move_to(proportions)

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

    def _in_hand(self):
        return [[1], [self.proportions[:2].tolist()], [[[1, 0], [0, 1]]]]

    def _maximum(self):
        return self._best

    def _draw_fixed_parts(self, ax):
        plots.style_axes(ax, "$\\pi_1$", "$\\pi_2$")
        ax.set(xlim=(-0.2, 1.2), ylim=(-0.2, 1.2))  # an arrow may lead out of the simplex
        _in_equal_units(self._canvas, ax)
        first, second = np.meshgrid(np.linspace(0.002, 0.996, 200), np.linspace(0.002, 0.996, 200))
        third = 1 - first - second
        inside = third > 0.002
        heights = np.full(first.shape, np.nan)
        pi = np.stack([first[inside], second[inside], third[inside]])
        heights[inside] = self._sums @ np.log(pi)
        highest = self._sums @ np.log(self._best)
        drops = self._sums.sum() * np.array([1.0, 0.5, 0.25, 0.1, 0.05, 0.01, 0.0])
        ax.contourf(first, second, heights, levels=highest - drops, cmap=LEVELS)
        ax.contour(first, second, heights, levels=highest - drops[:-1], colors="0.55", linewidths=1, linestyles="-")
        ax.plot([0, 1, 0, 0], [0, 0, 1, 0], color="black", linewidth=1.5)
        ax.plot(*self._best[:2], "+", color="black", markersize=24, markeredgewidth=2)

    def _sentence(self):
        below = updates.proportions_objective(self._best[:2], self._sums) - self.value
        return (
            f"π = {_vector(self.proportions)}.\nC is {abs(below):.2f} nats below its maximum.\n"
            f"The cross is S/n = {_vector(self._best)}."
        )

    def _table(self):
        pi, S = self.proportions, self._sums
        return "".join(
            _equation(
                f"gradient, entry {k}: S<sub>{k}</sub>/π<sub>{k}</sub> - S<sub>3</sub>/π<sub>3</sub>",
                f"{S[k - 1]:.1f}/{pi[k - 1]:.3f} - {S[2]:.1f}/{pi[2]:.3f}",
                f"<b>{in_print(self.gradient[k - 1], 'z.1f')}</b>",
            )
            for k in (1, 2)
        )

    def _artists(self, ax):
        left = 1 - self._place[2]  # of all places with the same third proportion the sum of the others
        artists: list = ax.plot([0, left], [left, 0], color=HERE, linewidth=1, linestyle=":")
        words = f"  π₃ = {self._place[2]:.3f}"
        artists.append(ax.text(left, 0, words, color=HERE, va="top"))
        return artists + _arrow(ax, self.proportions[:2], self.gradient, 3 * self._sums.sum())


def _button(text, pixels, action):
    button = widgets.Button(description=text, layout=width(pixels))
    button.on_click(lambda _: action())
    return button


def _slider(name, value, low, high):
    step = (high - low) / 1000
    looks = {"readout_format": readout(low, high, step), "layout": width(330)}
    return widgets.FloatSlider(value=value, min=low, max=high, step=step, description=name, **looks)


def _prepare(canvas, ax, points):
    """Give the panel room for all points."""
    plots.style_axes(ax, "x", "y")
    (left, right), (low, high) = map(with_margin, points.T)
    ax.set(xlim=(left, right), ylim=(low, high))
    _in_equal_units(canvas, ax)


def _in_equal_units(canvas, ax):
    """Else no gradient is at right angles to its contour."""
    canvas.equal_scales(ax)  # which fills the panel, but for the labels that come with it
    ax.set_aspect("equal")


def _grid(ax):
    """Coordinates across and up, each (80, 80), and all places of the grid, (6400, 2)."""
    across, up = np.meshgrid(*(np.linspace(low, high, 80) for low, high in (ax.get_xlim(), ax.get_ylim())))
    return across, up, np.column_stack([across.ravel(), up.ravel()])


def _deviations(covariance):
    """Both standard deviations and the correlation of a covariance, shape (3,)."""
    across, up = np.sqrt(np.diag(covariance))
    return np.array([across, up, covariance[0, 1] / (across * up)])


def _arrow(ax, place, gradient, typical):
    """The reader's point, and the gradient as an arrow: half of its full length where the slope is `typical`."""
    slope = np.linalg.norm(gradient)
    point = ax.plot(*place, "D", color=HERE, markersize=9)
    length = 0.25 * np.ptp(ax.get_ylim()) * slope / (slope + typical)
    pixels = length / np.ptp(ax.get_ylim()) * ax.bbox.height
    if pixels < 1:
        return point
    head = min(18, pixels * 72 / ax.figure.dpi)  # in points; never longer than the arrow itself
    looks = {"arrowstyle": "-|>", "color": HERE, "linewidth": 2.5, "mutation_scale": head, "shrinkA": 0, "shrinkB": 0}
    tip = place + length * gradient / slope
    return [*point, ax.annotate("", tip, place, arrowprops=looks, annotation_clip=False)]


def _pi(k):
    return f"π{'₁₂₃₄₅₆₇₈₉'[k]}" if k < 9 else f"π {k + 1}"


def _vector(values, style="z.3f"):
    return "(" + ", ".join(in_print(value, style) for value in values) + ")"


def _rows(matrix, style):
    """A matrix in one line, as (a, b; c, d)."""
    return "(" + "; ".join(", ".join(in_print(value, style) for value in row) for row in matrix) + ")"


def _equation(*sides):
    """A formula and the same in numbers, each side in a line of its own."""
    lines = "<br>= ".join(sides).replace(" - ", " \N{MINUS SIGN} ")
    return f"<div style='margin-top:0.5em'>{lines}</div>"
