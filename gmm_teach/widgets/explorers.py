"""Four explorers: move the parameters of one maximisation by hand, and see why the update is where it is.

Each is a picture between sliders, drawn by the same canvas as the stepper's; the maths is in bound.py and updates.py.
`x` are the points, shape (n, d), and `weights` the responsibilities of one component, shape (n,). All raise TypeError
or ValueError for bad input. All have ``move``, ``go_to_the_maximum``, ``freeze``, ``film`` and ``close``.
"""

from threading import RLock

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import ArrayLike

from .. import plots, updates
from .._checks import TOLERANCE, as_count, as_points, as_real
from .._format import in_print, with_long_minus
from ..bound import lower_bound
from ..em import e_step
from ..mixture import Mixture, check_mixture, cholesky_factor
from .layout import WRAP, close_all, readout, width
from .picture import WIDTH, Canvas, title, with_margin
from .player import freeze, tour

SMALLEST = 0.01  # proportion that the sliders reach
HERE = "#c2185b"  # where the reader is; the maximum is black
WAY = np.array([0, 0.25, 0.5, 0.75, 1, 1.25])  # of a tour: shares of the way to the maximum, and one beyond
STEPS = 8  # of EM, in a tour of the bound
# on JupyterLab's dark pages the picture is as the player's: lightness inverted, hues kept
DARK = "<style>[data-jp-theme-light=false] .gmm-explorer img {filter: invert(0.93) hue-rotate(180deg)}</style>"
LEVELS = LinearSegmentedColormap.from_list("levels", ["0.97", "#8fb8de"])


class Explorer(widgets.VBox):
    """What the four have in common: sliders, a picture, and words that say where the reader is.

    A subclass names its subject, makes its sliders and draws what never moves; and it says where its maximum is, what
    to draw at the present position, and what to write there.
    """

    subject: str  # of the picture, as its title

    def __init__(self, sliders: list[widgets.FloatSlider], *others: widgets.Widget) -> None:
        self._lock = RLock()  # messages may arrive on several threads, and there is one figure
        self._canvas = Canvas([1])
        (self._ax,) = self._canvas.axes
        self._draw_fixed_parts(self._ax)
        self._canvas.keep_fixed_parts()
        self._moving = False
        self._sliders = sliders
        self._style = sliders[0].readout_format
        self._exact = {slider: slider.value for slider in sliders}
        layout = widgets.Layout(width=f"{WIDTH}px", max_width="100%", align_self="flex-start")
        self._image = widgets.Image(format="png", layout=layout)
        self._words = widgets.HTML()
        super().__init__([widgets.HBox([*sliders, *others], layout=WRAP), self._words, self._image])
        self.add_class("gmm-explorer")
        for control in [*sliders, *others]:
            if not isinstance(control, widgets.Button):
                control.observe(self._on_change, "value")
        self._show()

    def close(self) -> None:
        """Take the explorer off the page, and let go of its points."""
        close_all(self)

    def go_to_the_maximum(self) -> None:
        """Move every slider to where the maximum is."""
        self._move_to(self._maximum())

    def freeze(self) -> str:
        """Return a tour from here to the maximum and past it, as HTML that needs no Python, widgets or network."""
        return freeze(*self.film())

    def film(self) -> tuple[dict, list[tuple[dict, bytes]]]:
        """Return what :meth:`freeze` makes a player of: (told, contents), as `player.freeze` has it."""
        with self._lock:
            here = self._here()
            contents = []
            try:
                for _ in self._tour():
                    sentence = with_long_minus(self._sentence())
                    words = {"sentence": sentence, "table": self._table(), "wrong": False, "question": ""}
                    contents.append((words | {"alt": f"{self.subject}. {sentence}"}, self._image.value))
            finally:
                self._move_to(here)
        for number, (words, _) in enumerate(contents, start=1):
            words["position"] = f"{number} of {len(contents)}"
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

    def _maximum(self) -> np.ndarray:
        """Where the sliders stand at the maximum."""
        raise NotImplementedError

    # Moves.

    def _here(self) -> np.ndarray:
        """Where the sliders stand: exactly where they were put, though the browser shows that rounded to a step."""
        return np.array([self._exact[slider] for slider in self._sliders])

    def _on_change(self, change):
        slider = change.owner
        with self._lock:
            rounded = slider in self._exact and abs(slider.value - self._exact[slider]) <= 0.51 * slider.step
            if self._moving or rounded:
                return
            if slider in self._exact:
                self._follow(slider)
            self._show()

    def _follow(self, slider):
        self._exact[slider] = slider.value

    def _move_to(self, place):
        """Set all sliders, and draw once."""
        with self._lock:
            for slider, value in zip(self._sliders, place, strict=True):
                if not slider.min <= value <= slider.max:
                    limits = f"{slider.min:.4g} and {slider.max:.4g}"
                    raise ValueError(f"{slider.description} must lie between {limits}, but it is {value:.4g}")
            self._moving = True
            for slider, value in zip(self._sliders, place, strict=True):
                self._exact[slider] = slider.value = float(value)
            self._moving = False
            self._show()

    def _show(self):
        with self._lock:
            words = f"{with_long_minus(self._sentence())}{self._table()}"
            self._words.value = f"{DARK}<div aria-live='polite' style='line-height:1.5'>{words}</div>"
            self._image.value = self._canvas.png([*self._artists(self._ax), title(self._ax, self.subject)])

    def _tour(self):
        """Move from one position of the tour to the next; a generator that rests at each."""
        here, best = self._here(), self._maximum()
        for place in here + WAY[:, None] * (best - here):
            if self._reaches(place):
                self._move_to(place)
                yield

    def _reaches(self, place):
        return all(slider.min <= value <= slider.max for slider, value in zip(self._sliders, place, strict=True))

    def _maximum_button(self):
        return _button("Go to the maximum", 170, self.go_to_the_maximum)


class BoundExplorer(Explorer):
    """log L along one mean of a one-dimensional mixture, and the bound that touches it at the present mean.

    All of the `mixture` stays fixed but the mean of `component`, counted from 0; d = 1.
    """

    subject = "log L, and the bound that touches it at the black dot; below: the points"

    def __init__(self, x: ArrayLike, mixture: Mixture, component: int = 0) -> None:
        self._x = as_points(x, 1)
        check_mixture("mixture", mixture)
        self._mixture = mixture
        self._component = as_count("component", component, 0, len(mixture.means) - 1)
        self.anchor = float(mixture.means[self._component, 0])
        low, high = with_margin(np.append(self._x[:, 0], self.anchor))
        self._grid = np.linspace(low, high, 121)
        self._curve = np.array([self._with_mean(m).log_likelihood(self._x) for m in self._grid])
        buttons = [_button("M step", 100, self.m_step), _button("E step", 100, self.e_step)]
        super().__init__([_slider(f"m{self._component + 1}", self.anchor, low, high)], *buttons)

    def _draw_fixed_parts(self, ax):
        height = np.ptp(self._curve)
        low, high = self._curve.min() - 0.6 * height, self._curve.max() + 0.1 * height
        plots.style_axes(ax, f"mean of component {self._component + 1}", "nats")
        ax.set(xlim=self._grid[[0, -1]], ylim=(low, high))
        ax.plot(self._grid, self._curve, color="black", linewidth=2, label="log L")
        ax.plot(self._x[:, 0], np.full(len(self._x), low), "|", color="black", markersize=24)
        ax.plot([], [], color=HERE, linewidth=2, linestyle="--", label="bound Q + entropy")
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)

    @property
    def position(self) -> float:
        """m, where the slider stands."""
        return float(self._here()[0])

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood at `position`, in nats."""
        return self._with_mean(self.position).log_likelihood(self._x)

    @property
    def bound(self) -> float:
        """Q + entropy at `position`, in nats."""
        return self._bound_at(self.position)

    def move(self, m: float) -> None:
        """Put the slider at `m`; ValueError where it does not reach."""
        self._move_to([m])

    def m_step(self) -> None:
        """Move to the top of the bound; log L is higher there, so a gap opens."""
        self.go_to_the_maximum()

    def e_step(self) -> None:
        """Let a new bound touch log L at the present position."""
        with self._lock:
            self.anchor = self.position
            self.move(self.anchor)

    def jump(self) -> None:
        """Do both half-steps: move to the top of the bound, and start the next bound there."""
        with self._lock:
            self.m_step()
            self.e_step()

    def _maximum(self):
        return updates.mean_update(self._x, self._responsibilities()[:, self._component])

    def film(self) -> tuple[dict, list[tuple[dict, bytes]]]:
        """As of every explorer; here the anchor moves too, and comes back."""
        anchor = self.anchor
        try:
            return super().film()
        finally:
            self.anchor = anchor
            self._show()

    def _tour(self):
        yield
        for _ in range(STEPS):
            self.m_step()
            yield
            self.e_step()
            yield

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
            f"The bound touches at m = {self.anchor:{self._style}}. At m = {self.position:{self._style}}: "
            f"log L = {self.log_likelihood:.3f}, bound = {self.bound:.3f}, gap = KL = {gap:.3f}."
        )

    def _artists(self, ax):
        responsibilities = self._responsibilities()
        bound = [lower_bound(self._x, self._with_mean(m), responsibilities) for m in self._grid]
        artists = ax.plot(self._grid, bound, color=HERE, linewidth=2, linestyle="--")
        touching = self._with_mean(self.anchor).log_likelihood(self._x)
        artists += ax.plot([self.anchor], [touching], "o", markersize=11, color="black")
        return artists + ax.plot([self.position] * 2, [self.bound, self.log_likelihood], "D-", color=HERE, markersize=6)


class _OfOneComponent(Explorer):
    """What the explorers of a mean and of a covariance have in common: weighted points of one component."""

    def _take(self, x, weights):
        self._x, self._weights = x, weights = as_points(x, 2), as_real("weights", weights, (len(x),))
        if weights.min() < 0 or weights.sum() == 0:
            raise ValueError("weights must be 0 or more, with some above 0; pass one column of responsibilities")
        self._limits = [with_margin(column) for column in x.T]

    def _draw_fixed_parts(self, ax):
        plots.style_axes(ax, "x", "y")
        # equal units, or a gradient is not at right angles to its contours; the panel is 2.1 times as wide as high
        middles, spans = np.mean(self._limits, axis=1), np.ptp(self._limits, axis=1)
        height = max(spans[0] / 2.1, spans[1])
        reach = np.array([2.1 * height, height]) / 2
        (left, bottom), (right, top) = middles - reach, middles + reach
        ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
        sizes = 3 + 25 * self._weights / self._weights.max()
        ax.scatter(*self._x.T, s=sizes, color=plots.component_color(0), alpha=0.6, linewidths=0)


class MeanExplorer(_OfOneComponent):
    """Contours of A(m) over the weighted points of one component; two sliders move m.

    `covariance` is its present Sigma, shape (2, 2); the identity and a tilted one may be chosen in its place.
    """

    subject = "A(m): each ring is one more standard deviation from the maximum"

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
        self._choice = widgets.Dropdown(options=list(self._covariances), description="Sigma:", layout=width(200))
        places = zip("xy", self._x.T, self._limits, strict=True)
        sliders = [_slider(f"m {name}", column.mean(), *limit) for name, column, limit in places]
        super().__init__(sliders, self._choice, self._maximum_button())

    @property
    def mean(self) -> np.ndarray:
        """m, where the sliders stand, shape (2,)."""
        return self._here()

    @property
    def value(self) -> float:
        """A(m), in nats."""
        return updates.mean_objective(self.mean, self._x, self._weights, self._precision)

    @property
    def gradient(self) -> np.ndarray:
        """Gradient of A at m, shape (2,)."""
        return updates.mean_gradient(self.mean, self._x, self._weights, self._precision)

    def move(self, mean: ArrayLike) -> None:
        """Put the sliders at `mean`, shape (2,); ValueError where they do not reach."""
        self._move_to(as_real("mean", mean, (2,)))

    @property
    def _precision(self):
        return np.linalg.inv(self._covariances[str(self._choice.value)])

    def _maximum(self):
        return updates.mean_update(self._x, self._weights)

    def _sentence(self):
        best = self._maximum()
        below = updates.mean_objective(best, self._x, self._weights, self._precision) - self.value
        return (
            f"m = {_vector(self.mean, self._style)}; A is {abs(below):.2f} nats below its maximum; "
            f"gradient = {_vector(self.gradient, 'z.1f')}. "
            f"The cross is the weighted mean, {_vector(best, self._style)}."
        )

    def _table(self):
        rows = "; ".join(", ".join(in_print(value, ".3g") for value in row) for row in self._precision)
        S, away = self._weights.sum(), self._maximum() - self.mean
        formula = f"Sigma<sup>-1</sup> S (m* - m) = ({rows}) {S:.1f} {_vector(away, self._style)}"
        return f"<div>gradient = {formula} = {_vector(self.gradient, 'z.1f')}</div>"

    def _artists(self, ax):
        best = self._maximum()
        # A is a paraboloid: below its maximum by S/2 times the squared distance in standard deviations
        across, up = np.meshgrid(*(np.linspace(low, high, 80) for low, high in (ax.get_xlim(), ax.get_ylim())))
        away = np.stack([across, up], axis=-1) - best
        below = 0.5 * self._weights.sum() * np.einsum("abi,ij,abj->ab", away, self._precision, away)
        rings = 0.5 * self._weights.sum() * np.arange(8, 0, -1.0) ** 2
        artists = [ax.contour(across, up, -below, levels=-rings, colors="0.55", linewidths=1, linestyles="-")]
        artists += ax.plot(*best, "+", color="black", markersize=24, markeredgewidth=2)
        slopes = np.linalg.norm(self._weights.sum() * away @ self._precision, axis=-1)
        return artists + _arrow(ax, self.mean, self.gradient, np.median(slopes) / 4)


class CovarianceExplorer(_OfOneComponent):
    """An ellipse on the weighted points of one component, B and its gap to the maximum, and both gradients.

    `mean` is the component's new mean, shape (2,).
    """

    subject = "your Sigma, 1 and 2 standard deviations; dotted: the maximum of B"

    def __init__(self, x: ArrayLike, weights: ArrayLike, mean: ArrayLike) -> None:
        self._take(x, weights)
        self._mean = as_real("mean", mean, (2,))
        self._best = updates.covariance_update(self._x, self._weights, self._mean)
        reach = 3 * np.sqrt(np.diag(self._best))
        sliders = [_slider(f"sd {name}", far / 5, far / 60, far) for name, far in zip("xy", reach, strict=True)]
        super().__init__([*sliders, _slider("correlation", 0.0, -0.99, 0.99)], self._maximum_button())

    @property
    def covariance(self) -> np.ndarray:
        """Sigma, as the sliders have it, shape (2, 2)."""
        across, up, correlation = self._here()
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
        across, up = np.sqrt(np.diag(self._best))
        return np.array([across, up, self._best[0, 1] / (across * up)])

    def _sentence(self):
        return f"B = {self.value:.2f}, which is {abs(self.gap):.2f} nats below its maximum."

    def _table(self):
        symmetric = updates.unvech(
            updates.covariance_gradient_symmetric(self._precision, self._x, self._weights, self._mean), 2
        )
        return (
            f"<div style='display:flex;gap:40px;flex-wrap:wrap'>{_matrix('Sigma', self.covariance, 3)}"
            f"{_matrix('gradient in 4 entries of Sigma<sup>-1</sup> = S/2 (Sigma - Sigma*)', self.gradient, 1)}"
            f"{_matrix('in 3 entries, symmetric', symmetric, 1)}</div>"
        )

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

    subject = "C on the simplex; pi 3 is what is left"

    def __init__(self, sums: ArrayLike) -> None:
        self._sums = as_real("sums", sums, (3,))
        if not (self._sums > 0).all():
            raise ValueError(
                f"sums must all be above 0, but they are {self._sums.tolist()}; leave an empty component out"
            )
        self._best = updates.proportions_update(self._sums)
        sliders = [_slider(f"pi {k}", 1 / 3, SMALLEST, 1 - 2 * SMALLEST) for k in (1, 2)]
        super().__init__(sliders, self._maximum_button())

    @property
    def proportions(self) -> np.ndarray:
        """pi, shape (3,)."""
        first, second = self._here()
        return np.array([first, second, 1 - first - second])

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
        self._move_to(proportions[:2])

    def _follow(self, slider):
        """Where one slider leaves too little for the third proportion, the other slider gives way."""
        place = np.minimum(self._here(), 1 - SMALLEST - slider.value)
        place[self._sliders.index(slider)] = slider.value
        self._move_to(place)

    def _maximum(self):
        return self._best[:2]

    def _reaches(self, place):
        return super()._reaches(place) and place.sum() <= 1 - SMALLEST

    def _draw_fixed_parts(self, ax):
        plots.style_axes(ax, "pi 1", "pi 2")
        ax.set(xlim=(-0.2, 1.2), ylim=(-0.2, 1.2), aspect="equal")  # an arrow may lead out of the simplex
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
            f"pi = {_vector(self.proportions)}; C is {abs(below):.2f} nats below its maximum; "
            f"gradient = {_vector(self.gradient, 'z.1f')}. The cross is S/n = {_vector(self._best)}."
        )

    def _table(self):
        pi, S = self.proportions, self._sums
        parts = [
            f"S<sub>{k}</sub>/pi<sub>{k}</sub> - S<sub>3</sub>/pi<sub>3</sub> = {S[k - 1]:.1f}/{pi[k - 1]:.3f} - "
            f"{S[2]:.1f}/{pi[2]:.3f} = {in_print(self.gradient[k - 1], 'z.1f')}"
            for k in (1, 2)
        ]
        return f"<div>gradient: {'; '.join(parts)}</div>"

    def _artists(self, ax):
        return _arrow(ax, self.proportions[:2], self.gradient, 3 * self._sums.sum())


def _button(text, pixels, action):
    button = widgets.Button(description=text, layout=width(pixels))
    button.on_click(lambda _: action())
    return button


def _slider(name, value, low, high):
    step = (high - low) / 1000
    looks = {"readout_format": readout(low, high, step), "layout": width(330)}
    return widgets.FloatSlider(value=value, min=low, max=high, step=step, description=name, **looks)


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


def _vector(values, style="z.3f"):
    return "(" + ", ".join(in_print(value, style) for value in values) + ")"


def _matrix(name, values, digits):
    rows = "".join(
        "<tr>"
        + "".join(f"<td style='text-align:right;padding:0 8px'>{in_print(v, f'z.{digits}f')}</td>" for v in row)
        + "</tr>"
        for row in values
    )
    return f"<div>{name}<table style='font-variant-numeric:tabular-nums'>{rows}</table></div>"
