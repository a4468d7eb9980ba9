"""Four explorers: move the parameters of one maximisation by hand, and see why the update is where it is.

Each is a picture between sliders, drawn by the same canvas as the stepper's; the maths is in bound.py and updates.py.
"""

from threading import RLock

import ipywidgets as widgets
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

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

    A subclass makes its canvas and its sliders, and says what to draw and what to write at the present position, and
    where its maximum is.
    """

    def __init__(self, canvas, controls):
        self._lock = RLock()  # messages may arrive on several threads, and there is one figure
        self._canvas = canvas
        self._moving = False
        self._exact = {control: control.value for control in controls if isinstance(control, widgets.FloatSlider)}
        layout = widgets.Layout(width=f"{WIDTH}px", max_width="100%", align_self="flex-start")
        self._image = widgets.Image(format="png", layout=layout)
        self._words = widgets.HTML()
        super().__init__([widgets.HBox(controls, layout=WRAP), self._words, self._image])
        self.add_class("gmm-explorer")
        for control in controls:
            if not isinstance(control, widgets.Button):
                control.observe(self._on_change, "value")
        canvas.keep_fixed_parts()
        self._show()

    def _at(self, slider):
        """Where a slider stands: exactly where it was put, though the browser shows that rounded to a step."""
        return self._exact[slider]

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

    def _move(self, *sliders_and_values):
        """Set several sliders, and draw once."""
        with self._lock:
            for slider, value in sliders_and_values:
                if not slider.min <= value <= slider.max:
                    limits = f"{slider.min:.4g} and {slider.max:.4g}"
                    raise ValueError(f"{slider.description} must lie between {limits}, but it is {value:.4g}")
            self._moving = True
            for slider, value in sliders_and_values:
                self._exact[slider] = slider.value = float(value)
            self._moving = False
            self._show()

    def _show(self):
        with self._lock:
            words = f"{with_long_minus(self._sentence())}{self._table()}"
            self._words.value = f"{DARK}<div aria-live='polite' style='line-height:1.5'>{words}</div>"
            self._image.value = self._canvas.png(self._artists())

    @property
    def _style(self):
        """The format of the first slider."""
        return self._sliders[0].readout_format

    def _table(self):
        """What stands below the sentence, as HTML."""
        return ""

    def close(self):
        """Take the explorer off the page, and let go of its points."""
        close_all(self)

    def freeze(self):
        """Return a tour from here to the maximum and past it, as a player that needs no Python, widgets or network.

        Returns
        -------
        str
            HTML: to be written to a file, or shown by ``IPython.display.HTML``.
        """
        return freeze(*self.film())

    def go_to_the_maximum(self):
        """Move every slider to where the maximum is."""
        self._move(*zip(self._sliders, np.asarray(self._maximum()).tolist(), strict=True))

    def _maximum_button(self):
        button = widgets.Button(description="Go to the maximum", layout=width(170))
        button.on_click(lambda _: self.go_to_the_maximum())
        return button

    def film(self):
        """Return what :meth:`freeze` makes a player of: (told, contents), as `player.freeze` has it."""
        with self._lock:
            here = {slider: self._at(slider) for slider in self._sliders}
            contents = []
            try:
                for _ in self._tour():
                    words = {
                        "sentence": with_long_minus(self._sentence()),
                        "table": self._table(),
                        "wrong": False,
                        "question": "",
                    }
                    contents.append((words | {"alt": f"{self.subject}. {words['sentence']}"}, self._image.value))
            finally:
                self._move(*here.items())
        for number, (words, _) in enumerate(contents, start=1):
            words["position"] = f"{number} of {len(contents)}"
        return tour(contents)

    def _tour(self):
        """Move from one position of the tour to the next; a generator that rests at each."""
        here, best = (np.array(place) for place in ([*map(self._at, self._sliders)], self._maximum()))
        for place in here + WAY[:, None] * (best - here):
            if self._reaches(place):
                self._move(*zip(self._sliders, place.tolist(), strict=True))
                yield

    def _reaches(self, place):
        return all(slider.min <= value <= slider.max for slider, value in zip(self._sliders, place, strict=True))


class BoundExplorer(Explorer):
    """log L along one mean of a one-dimensional mixture, and the bound that touches it at the present mean.

    Parameters
    ----------
    x : array_like, shape (n, 1)
        The points.
    mixture : Mixture
        theta^(t), with d = 1. All of it stays fixed but one mean.
    component : int
        Whose mean moves, counted from 0.
    """

    subject = "log L, and the bound that touches it at the black dot; below: the points"

    def __init__(self, x, mixture, component=0):
        self._x = as_points(x, 1)
        check_mixture("mixture", mixture)
        self._mixture = mixture
        self._component = component = as_count("component", component, 0, len(mixture.means) - 1)
        self.anchor = float(mixture.means[component, 0])
        low, high = with_margin(np.append(self._x[:, 0], self.anchor))
        self._grid = np.linspace(low, high, 121)
        self._curve = np.array([self._with_mean(m).log_likelihood(self._x) for m in self._grid])
        self._slider = _slider(f"m{component + 1}", self.anchor, low, high)
        buttons = [widgets.Button(description=words, layout=width(100)) for words in ("M step", "E step")]
        buttons[0].on_click(lambda _: self.m_step())
        buttons[1].on_click(lambda _: self.e_step())
        canvas = Canvas([1])
        (self._ax,) = canvas.axes
        plots.style_axes(self._ax, f"mean of component {component + 1}", "nats")
        self._ax.set_xlim(low, high)
        height = np.ptp(self._curve)
        self._ax.set_ylim(self._curve.min() - 0.6 * height, self._curve.max() + 0.1 * height)
        self._ax.plot(self._grid, self._curve, color="black", linewidth=2, label="log L")
        self._ax.plot(self._x[:, 0], np.full(len(self._x), self._ax.get_ylim()[0]), "|", color="black", markersize=24)
        self._ax.plot([], [], color=HERE, linewidth=2, linestyle="--", label="bound Q + entropy")
        self._ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
        self._sliders = [self._slider]
        super().__init__(canvas, [self._slider, *buttons])

    @property
    def position(self):
        """m, where the slider stands."""
        return self._at(self._slider)

    @property
    def log_likelihood(self):
        """The log-likelihood at `position`, in nats."""
        return self._with_mean(self.position).log_likelihood(self._x)

    @property
    def bound(self):
        """Q + entropy at `position`, in nats."""
        return self._bound_at(self.position)

    def move(self, m):
        """Put the slider at `m`; ValueError where it does not reach."""
        self._move((self._slider, m))

    def m_step(self):
        """Move to the top of the bound; log L is higher there, so a gap opens."""
        self.move(*self._maximum())

    def e_step(self):
        """Let a new bound touch log L at the present position."""
        with self._lock:
            self.anchor = self.position
            self.move(self.anchor)

    def jump(self):
        """Do both half-steps: move to the top of the bound, and start the next bound there."""
        with self._lock:
            self.m_step()
            self.e_step()

    def _maximum(self):
        """Where the top of the present bound is."""
        return updates.mean_update(self._x, self._responsibilities()[:, self._component]).tolist()

    def film(self):
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

    def _artists(self):
        responsibilities = self._responsibilities()
        bound = [lower_bound(self._x, self._with_mean(m), responsibilities) for m in self._grid]
        ax = self._ax
        artists = ax.plot(self._grid, bound, color=HERE, linewidth=2, linestyle="--")
        touching = self._with_mean(self.anchor).log_likelihood(self._x)
        artists += ax.plot([self.anchor], [touching], "o", markersize=11, color="black")
        artists += ax.plot([self.position] * 2, [self.bound, self.log_likelihood], "D-", color=HERE, markersize=6)
        return [*artists, title(ax, self.subject)]


class MeanExplorer(Explorer):
    """Contours of A(m) over the weighted points of one component; two sliders move m.

    Parameters
    ----------
    x : array_like, shape (n, 2)
        The points.
    weights : array_like, shape (n,)
        Responsibilities of the component.
    covariance : array_like, shape (2, 2)
        Its present Sigma; the identity and a tilted one may be chosen in its place.
    """

    subject = "A(m): each ring is one more standard deviation from the maximum"

    def __init__(self, x, weights, covariance):
        self._x, self._weights = _points_and_weights(x, weights)
        own = as_real("covariance", covariance, (2, 2))
        try:
            cholesky_factor(own)
        except np.linalg.LinAlgError as error:
            raise ValueError(f"covariance is not positive definite: {error}") from error
        spread = np.sqrt(np.diag(own))
        tilted = np.outer(spread, spread) * [[1, 0.8], [0.8, 1]]
        self._covariances = {"its own": own, "the identity": np.eye(2), "tilted": tilted}
        limits = [with_margin(column) for column in self._x.T]
        self._sliders = [
            _slider(f"m {name}", column.mean(), *limit)
            for name, column, limit in zip("xy", self._x.T, limits, strict=True)
        ]
        self._choice = widgets.Dropdown(options=list(self._covariances), description="Sigma:", layout=width(200))
        canvas = Canvas([1])
        (self._ax,) = canvas.axes
        _draw_weighted_points(self._ax, self._x, self._weights, limits)
        super().__init__(canvas, [*self._sliders, self._choice, self._maximum_button()])

    @property
    def mean(self):
        """m, where the sliders stand, shape (2,)."""
        return np.array([self._at(slider) for slider in self._sliders])

    @property
    def value(self):
        """A(m), in nats."""
        return updates.mean_objective(self.mean, self._x, self._weights, self._precision)

    @property
    def gradient(self):
        """Gradient of A at m, shape (2,)."""
        return updates.mean_gradient(self.mean, self._x, self._weights, self._precision)

    def move(self, mean):
        """Put the sliders at `mean`, shape (2,); ValueError where they do not reach."""
        mean = as_real("mean", mean, (2,))
        self._move(*zip(self._sliders, mean.tolist(), strict=True))

    @property
    def _precision(self):
        return np.linalg.inv(self._covariances[self._choice.value])

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

    def _artists(self):
        ax = self._ax
        best = self._maximum()
        # A is a paraboloid: below its maximum by S/2 times the squared distance in standard deviations
        across, up = np.meshgrid(np.linspace(*ax.get_xlim(), 80), np.linspace(*ax.get_ylim(), 80))
        away = np.stack([across, up], axis=-1) - best
        below = 0.5 * self._weights.sum() * np.einsum("abi,ij,abj->ab", away, self._precision, away)
        rings = 0.5 * self._weights.sum() * np.arange(8, 0, -1.0) ** 2
        artists = [ax.contour(across, up, -below, levels=-rings, colors="0.55", linewidths=1, linestyles="-")]
        artists += ax.plot(*best, "+", color="black", markersize=24, markeredgewidth=2)
        slopes = np.linalg.norm(self._weights.sum() * away @ self._precision, axis=-1)
        artists += _arrow(ax, self.mean, self.gradient, np.median(slopes) / 4)
        return [*artists, title(ax, self.subject)]


class CovarianceExplorer(Explorer):
    """An ellipse on the weighted points of one component, B and its gap to the maximum, and both gradients.

    Parameters
    ----------
    x : array_like, shape (n, 2)
        The points.
    weights : array_like, shape (n,)
        Responsibilities of the component.
    mean : array_like, shape (2,)
        The new mean.
    """

    subject = "your Sigma, 1 and 2 standard deviations; dotted: the maximum of B"

    def __init__(self, x, weights, mean):
        self._x, self._weights = _points_and_weights(x, weights)
        self._mean = as_real("mean", mean, (2,))
        self._best = updates.covariance_update(self._x, self._weights, self._mean)
        reach = 3 * np.sqrt(np.diag(self._best))
        self._sliders = [
            _slider("sd x", reach[0] / 5, reach[0] / 60, reach[0]),
            _slider("sd y", reach[1] / 5, reach[1] / 60, reach[1]),
            _slider("correlation", 0.0, -0.99, 0.99),
        ]
        canvas = Canvas([1])
        (self._ax,) = canvas.axes
        _draw_weighted_points(self._ax, self._x, self._weights, [with_margin(column) for column in self._x.T])
        super().__init__(canvas, [*self._sliders, self._maximum_button()])

    @property
    def covariance(self):
        """Sigma, as the sliders have it, shape (2, 2)."""
        across, up, correlation = map(self._at, self._sliders)
        return np.array([[across**2, correlation * across * up], [correlation * across * up, up**2]])

    @property
    def value(self):
        """B at Lambda = Sigma^-1, in nats."""
        return self._b_at(self.covariance)

    @property
    def gap(self):
        """How far B is below its maximum, in nats."""
        return self._b_at(self._best) - self.value

    @property
    def gradient(self):
        """Gradient of B in all four entries of Lambda, shape (2, 2)."""
        return updates.covariance_gradient(self._precision, self._x, self._weights, self._mean)

    def move(self, sd_x, sd_y, correlation):
        """Set both standard deviations and the correlation; ValueError where the sliders do not reach."""
        self._move(*zip(self._sliders, (sd_x, sd_y, correlation), strict=True))

    @property
    def _precision(self):
        return np.linalg.inv(self.covariance)

    def _b_at(self, covariance):
        return updates.covariance_objective(np.linalg.inv(covariance), self._x, self._weights, self._mean)

    def _maximum(self):
        across, up = np.sqrt(np.diag(self._best))
        return across, up, self._best[0, 1] / (across * up)

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

    def _artists(self):
        ax = self._ax
        artists = []
        for covariance, color, style in [(self._best, "black", ":"), (self.covariance, HERE, "-")]:
            for ellipse in plots.draw_ellipses(ax, Mixture([1.0], [self._mean], [covariance])):
                ellipse.set(edgecolor=color, linestyle=style)
                artists.append(ellipse)
        artists += ax.plot(*self._mean, "+", color="black", markersize=24, markeredgewidth=2)
        return [*artists, title(ax, self.subject)]


class ProportionsExplorer(Explorer):
    """The simplex of three proportions with contours of C, the present point, its gradient, and the maximum S/n.

    Parameters
    ----------
    sums : array_like, shape (3,)
        S_k, the responsibilities of each component summed over the points; positive.
    """

    subject = "C on the simplex; pi 3 is what is left"

    def __init__(self, sums):
        self._sums = as_real("sums", sums, (3,))
        if not (self._sums > 0).all():
            raise ValueError(
                f"sums must all be above 0, but they are {self._sums.tolist()}; leave an empty component out"
            )
        self._best = updates.proportions_update(self._sums)
        self._sliders = [_slider(f"pi {k}", 1 / 3, SMALLEST, 1 - 2 * SMALLEST) for k in (1, 2)]
        canvas = Canvas([1])
        (self._ax,) = canvas.axes
        self._draw_simplex()
        super().__init__(canvas, [*self._sliders, self._maximum_button()])

    @property
    def proportions(self):
        """pi, shape (3,)."""
        first, second = map(self._at, self._sliders)
        return np.array([first, second, 1 - first - second])

    @property
    def value(self):
        """C at the present proportions, in nats."""
        return updates.proportions_objective(self.proportions[:2], self._sums)

    @property
    def gradient(self):
        """Gradient of C in pi_1 and pi_2, shape (2,)."""
        return updates.proportions_gradient(self.proportions[:2], self._sums)

    def move(self, proportions):
        """Set all three proportions; ValueError where the sum is not 1, or one is below 0.01."""
        proportions = as_real("proportions", proportions, (3,))
        if abs(proportions.sum() - 1) > TOLERANCE or proportions.min() < SMALLEST:
            raise ValueError(f"proportions must sum to 1, each {SMALLEST} or more, but they are {proportions.tolist()}")
        self._move(*zip(self._sliders, proportions[:2].tolist(), strict=True))

    def _follow(self, slider):
        """Where one slider leaves too little for the third proportion, the other slider gives way."""
        first, second = self._sliders
        other = second if slider is first else first
        self._move((slider, slider.value), (other, min(self._at(other), 1 - SMALLEST - slider.value)))

    def _maximum(self):
        return self._best[:2]

    def _reaches(self, place):
        return super()._reaches(place) and place.sum() <= 1 - SMALLEST

    def _draw_simplex(self):
        ax = self._ax
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

    def _artists(self):
        arrow = _arrow(self._ax, self.proportions[:2], self.gradient, 3 * self._sums.sum())
        return [*arrow, title(self._ax, self.subject)]


def _slider(name, value, low, high):
    return widgets.FloatSlider(
        value=value,
        min=low,
        max=high,
        step=(high - low) / 1000,
        description=name,
        readout_format=readout(low, high, (high - low) / 1000),
        layout=width(330),
    )


def _points_and_weights(x, weights):
    x = as_points(x, 2)
    weights = as_real("weights", weights, (len(x),))
    if weights.min() < 0 or weights.sum() == 0:
        raise ValueError("weights must be 0 or more, with some above 0; pass one column of responsibilities")
    return x, weights


def _draw_weighted_points(ax, x, weights, limits):
    plots.style_axes(ax, "x", "y")
    # equal units, or a gradient is not at right angles to its contours; the panel is 2.1 times as wide as high
    middles, spans = np.mean(limits, axis=1), np.ptp(limits, axis=1)
    height = max(spans[0] / 2.1, spans[1])
    reach = np.array([2.1 * height, height]) / 2
    (left, bottom), (right, top) = middles - reach, middles + reach
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    ax.scatter(*x.T, s=3 + 25 * weights / weights.max(), color=plots.component_color(0), alpha=0.6, linewidths=0)


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
