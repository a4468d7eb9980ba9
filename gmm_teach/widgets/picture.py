"""A state of EM to pixels: the points with their components on the left, the log-likelihood on the right."""

from copy import copy
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .. import plots
from .._checks import describe
from .._format import in_print, signed
from ..bound import lower_bound
from ..kmeans import lloyd
from ..mixture import Mixture
from ..practice.own_code import SMALLEST_FALL
from ..runs import alike
from .png import png

DRAWN_AT_MOST = 5_000
WIDTH, HEIGHT = 1000, 500  # on the page
COARSE, FINE = 100, 144  # dots an inch: a pixel of the page each, and more for sharp screens
TITLE_SIZE = 11
GREY = "#8c8c8c"  # of points that are not shared out yet
LARGER = 1.45  # type and lines in a lecture
# What may stand between the points and the curve.
BESIDE = ("nothing", "K-means", "bound and KL")


@dataclass(frozen=True)
class Look:
    """How a run is drawn. The default is the post's figure.

    Attributes
    ----------
    soft : bool
        Mix the colours of the components by responsibility.
    sized_by : int or None
        The component, from 0, whose responsibilities are the sizes of the points.
    contours : bool
        Draw the density of the mixture as contours.
    regions : bool
        Tint the places where each component would have the largest share of a point.
    beside : str
        One of BESIDE: a panel between the points and the curve.
    truth : Mixture or None
        The mixture that the points came from, to be dotted.
    palette : str
        One of plots.PALETTES.
    lecture : bool
        Large type, thick lines, dark colours.

    Raises
    ------
    ValueError
        If there is no such panel or palette.
    """

    soft: bool = False
    sized_by: int | None = None
    contours: bool = False
    regions: bool = False
    beside: str = BESIDE[0]
    truth: Mixture | None = None
    palette: str = next(iter(plots.PALETTES))
    lecture: bool = False

    def __post_init__(self):
        for name, value, choices in (("beside", self.beside, BESIDE), ("palette", self.palette, list(plots.PALETTES))):
            if value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, but it is {describe(value)}")


PLAIN = Look()


class Canvas:
    """One figure that lives as long as its picture; what never moves is drawn once, each frame on top of it.

    No pyplot: nothing here is global, so nothing leaks and nothing is shown by itself.

    Parameters
    ----------
    width_ratios : sequence of float
        One panel each, side by side.
    larger : float
        How much larger all type and lines are than usual.
    fine : bool
        Draw 1440 by 720 pixels; else 1000 by 500, in less time.

    Attributes
    ----------
    axes : list of matplotlib.axes.Axes
    """

    def __init__(self, width_ratios, larger=1.0, fine=True):
        # a smaller figure with more dots an inch: the same pixels, and everything drawn in points is larger
        size = WIDTH / 100 / larger, HEIGHT / 100 / larger
        figure = Figure(figsize=size, dpi=(FINE if fine else COARSE) * larger, layout="constrained")
        self._agg = FigureCanvasAgg(figure)
        self.axes = list(figure.subplots(1, len(width_ratios), width_ratios=width_ratios, squeeze=False)[0])
        self._fixed_parts = None

    def keep_fixed_parts(self):
        """Draw and keep what is on the figure now; later frames are drawn over it."""
        for ax in self.axes:
            ax.set_title(" ", fontsize=TITLE_SIZE)  # the layout leaves room for the moving titles
        self._agg.draw()
        self._fixed_parts = self._agg.copy_from_bbox(self._agg.figure.bbox)

    def png(self, artists):
        """The fixed parts with `artists` over them, as PNG bytes; those that are not animated are removed then."""
        self._agg.restore_region(self._fixed_parts)
        for artist in artists:
            artist.axes.draw_artist(artist)
        picture = png(np.asarray(self._agg.buffer_rgba()))
        for artist in artists:
            if not artist.get_animated():
                artist.remove()
        return picture

    def frame_of(self, ax):
        """Where `ax` lies: its left, top, right and bottom edge, as shares of the picture from its top left corner."""
        box = ax.get_position()
        return box.x0, 1 - box.y1, box.x1, 1 - box.y0

    def place_on(self, ax, across, down):
        """The data coordinates, shape (2,), of a place given as shares of the picture; None outside of `ax`."""
        left, top, right, bottom = self.frame_of(ax)
        if not (left <= across <= right and top <= down <= bottom):
            return None
        pixels = self._agg.figure.bbox.max * [across, 1 - down]
        return ax.transData.inverted().transform(pixels)


class Picture:
    """The picture of one run, any frame of it.

    Parameters
    ----------
    playback : Playback
        The run. Of more than 5,000 points a random 5,000 are drawn, and the title says so.
    columns : sequence of str
        Names of the d coordinates.
    coordinates : sequence of int
        The coordinates to draw: two of them, or the only one.
    look : Look
    earlier : sequence of (str, sequence of float)
        Names and log-likelihoods of runs to compare with.
    fine : bool
        As for :class:`Canvas`.
    by_hand : bool
        Whether EM waits for a hand, so that a run of no steps is no end.

    Attributes
    ----------
    colors : sequence of str
        Of the components, as hex strings.
    rows : ndarray
        Which points are drawn.
    """

    def __init__(self, playback, columns, coordinates, look=PLAIN, earlier=(), fine=True, by_hand=False):
        self.playback, self._coordinates, self.look, self._earlier = playback, list(coordinates), look, list(earlier)
        x = playback.x
        self.rows = _rows_to_draw(len(x))
        self._x = x[self.rows][:, self._coordinates]
        self._thinned = len(x) if len(x) > DRAWN_AT_MOST else None
        self._mixtures = [state.mixture.marginal(self._coordinates) for state in playback.states]
        self._truth = look.truth and look.truth.marginal(self._coordinates)
        colors = plots.PALETTES[look.palette]
        self.colors = [plots.dark(k, colors) for k in range(len(colors))] if look.lecture else colors
        self._canvas = Canvas(_panel_widths(look), LARGER if look.lecture else 1.0, fine)
        self._points_ax, *between, self._curve_ax = self._canvas.axes
        self._beside_ax = between[0] if between else None
        if look.beside == "K-means":
            self._k_means = lloyd(x, playback.states[0].mixture.means, len(playback.states))
        self.by_hand, self._run_before = by_hand, []  # a run to show while other parameters are tried
        self._moving = {}  # artists, by their axes and by the function that moves them
        self._draw_fixed_parts([columns[j].replace("$", r"\$") for j in self._coordinates])  # dollars, not mathematics
        self._canvas.keep_fixed_parts()

    def png(self, number):
        """Frame `number` as PNG bytes, to be shown 1000 wide. The same frame, the same bytes."""
        frame = self.playback.at(number)
        artists = self._draw_points(frame) + self._draw_curve(frame)
        if self._beside_ax:
            artists += self._draw_k_means(frame) if self.look.beside == "K-means" else self._draw_bound(frame)
        return self._canvas.png(artists)

    def mixture_at(self, frame):
        """The mixture in force at a Frame, in the coordinates that are drawn."""
        return self._mixtures[frame.step]

    @property
    def timeline(self):
        """Where the curve lies on the picture, in shares of it, and the steps at its left and right edge."""
        edges = dict(zip(("left", "top", "right", "bottom"), self._canvas.frame_of(self._curve_ax), strict=True))
        first, last = self._curve_ax.get_xlim()
        return edges | {"first": first, "last": last}

    @property
    def panel(self):
        """Where the points lie on the picture, in shares of it, the limits of their axes, and the coordinates drawn."""
        ax = self._points_ax
        edges = dict(zip(("left", "top", "right", "bottom"), self._canvas.frame_of(ax), strict=True))
        return edges | {"xlim": list(ax.get_xlim()), "ylim": list(ax.get_ylim()), "axes": self._coordinates}

    def trying(self, playback):
        """The same picture of other parameters, on the same axes; the run itself stays as a thin line."""
        other = copy(self)
        other.playback, other._mixtures = (
            playback,
            [state.mixture.marginal(self._coordinates) for state in playback.states],
        )
        other._run_before = [state.log_likelihood for state in self.playback.states]
        return other

    def point_at(self, across, down):
        """The data coordinates of a place on the panel of points, shape (2,); None where it is not on it."""
        return self._canvas.place_on(self._points_ax, across, down)

    def _draw_fixed_parts(self, names):
        means = np.concatenate([mixture.means for mixture in self._mixtures])
        limits = [with_margin(column) for column in np.vstack([self._x, means]).T]
        self._prepare_points(self._points_ax, names, limits)
        if self.look.beside == "K-means":
            self._prepare_points(self._beside_ax, names, limits)
        elif self._beside_ax:
            plots.style_axes(self._beside_ax, "", "")
            self._beside_ax.set(xlim=(0, 1), ylim=(-0.02, 1.02), xticks=[], yticks=[])
        ax = self._curve_ax
        plots.style_axes(ax, "step t", "log L (nats)")
        runs = [[state.log_likelihood for state in self.playback.states], *(values for _, values in self._earlier)]
        ax.set_xlim(-0.5, max(1, *(len(values) - 1 for values in runs)) + 0.5)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_ylim(*with_margin(np.concatenate(runs)))
        plots.draw_earlier_runs(ax, self._earlier, named=self.look.beside == "nothing" and not self.look.lecture)
        if self.look.lecture:
            for ax in self._canvas.axes:
                for spine in ax.spines.values():
                    spine.set_color("black")

    def _prepare_points(self, ax, names, limits):
        if len(names) == 2:
            plots.style_axes(ax, *names)
            ax.set_ylim(*limits[1])
        else:
            plots.style_axes(ax, names[0], "density")
            heights, *_ = ax.hist(self._x[:, 0], bins="auto", density=True, color="0.85")
            ax.set_ylim(-0.06 * heights.max(), 1.5 * heights.max())
        ax.set_xlim(*limits[0])
        ax.locator_params(axis="x", nbins=6)

    def _draw_points(self, frame):
        ax, look, mixture = self._points_ax, self.look, self.mixture_at(frame)
        T = frame.responsibilities
        responsibilities = None if T is None else T[self.rows]
        artists = plots.draw_regions(ax, mixture, self.colors) if look.regions else []
        if look.contours and len(self._coordinates) == 2:
            artists += plots.draw_contours(ax, mixture)
        size = self._marker_area
        if look.sized_by is not None and T is not None:
            size = size * (0.1 + 2.4 * responsibilities[:, look.sized_by])
        artists += self._points(ax, responsibilities, look.soft, size)
        if self._truth:
            artists += plots.draw_truth(ax, self._truth)
        if len(self._coordinates) == 2:
            artists += self._moved(ax, partial(plots.draw_ellipses, colors=self.colors), plots.move_ellipses, mixture)
        else:
            artists += plots.draw_density(ax, mixture, np.linspace(*ax.get_xlim(), 600), self.colors)
        artists += self._means(ax, [earlier.means for earlier in self._mixtures[: frame.step + 1]])
        for k, deviation in frame.collapsing():
            artists += plots.draw_collapsing(ax, mixture.means[k], deviation)
        return artists + self._title(ax, self._what_is_drawn(frame))

    def _moved(self, ax, draw, move, *what):
        """Draw something if it is new on `ax`, else move its artists: to make new ones takes a while."""
        artists = self._moving.get((ax, move))
        if artists is None:
            artists = self._moving[ax, move] = draw(ax, *what)
            for artist in artists:
                artist.set_animated(True)
        else:
            move(artists, *what)
        return artists

    def _points(self, ax, responsibilities, soft, size):
        if responsibilities is None:
            return plots.draw_points(ax, self._x, np.ones((len(self._x), 1)), size=size, colors=[GREY])
        return self._moved(ax, plots.draw_points, plots.move_points, self._x, responsibilities, soft, size, self.colors)

    def _means(self, ax, so_far):
        return self._moved(ax, plots.draw_means, plots.move_means, so_far[-1], so_far[:-1])

    def _title(self, ax, words, right=False):
        return self._moved(ax, lambda ax, words: [title(ax, words, right)], retitle, words)

    @property
    def _marker_area(self):
        return float(np.clip(16_000 / len(self._x), 4, 36))

    def _what_is_drawn(self, frame):
        half = "M step" if frame.before_e_step else "E step"
        words = f"t = {frame.step}, after the {half}" if frame.responsibilities is not None else "t = 0, the start"
        if self._thinned:
            words += f"  (a random {DRAWN_AT_MOST:,} of {self._thinned:,} points drawn)"
        return words

    def _draw_k_means(self, frame):
        """K-means at the same half-step: new centres over the labels that made them, then labels of the new centres."""
        ax, pairs = self._beside_ax, self._k_means
        step = min(frame.step, len(pairs) - 1)
        centres = [centres[:, self._coordinates] for centres, _ in pairs[: step + 1]]
        hard = None
        if frame.responsibilities is not None:
            labelled = frame.previous if frame.before_e_step else frame
            labels = pairs[min(labelled.step, len(pairs) - 1)][1]
            hard = np.eye(len(centres[0]))[labels[self.rows]]
        words = f"K-means, t = {step}" + (", at rest" if frame.step >= len(pairs) else "")
        return self._points(ax, hard, False, self._marker_area) + self._means(ax, centres) + self._title(ax, words)

    def _draw_bound(self, frame):
        ax, state = self._beside_ax, frame.state
        if frame.responsibilities is None:
            return self._title(ax, "no bound yet")
        divergence = state.log_likelihood - lower_bound(self.playback.x, state.mixture, state.responsibilities)
        rounding = SMALLEST_FALL * max(abs(state.log_likelihood), len(state.responsibilities))
        if abs(divergence) <= rounding:
            divergence = 0.0
        if frame.previous is None:
            words = "bound = log L" if divergence == 0 else f"log L = bound {signed(divergence)}"
            return self._title(ax, words)
        gain = state.log_likelihood - frame.previous.state.log_likelihood
        words = self._title(ax, f"log L {signed(gain)}")
        # neither happens to EM, but both to a reader's own code
        if divergence < 0:
            return plots.draw_no_bound(ax, f"the bound\nis {-divergence:.3g} above\nlog L") + words
        if gain - divergence < -rounding:
            return plots.draw_no_bound(ax, f"the bound\nis {divergence - gain:.3g} below\nthe log L before") + words
        return plots.draw_bound(ax, max(0.0, gain), divergence) + words

    def _draw_curve(self, frame):
        log_likelihoods = [state.log_likelihood for state in self.playback.states[: frame.step + 1]]
        ax = self._curve_ax
        curve = self._moved(ax, plots.draw_log_likelihood, plots.move_log_likelihood, log_likelihoods)
        words = self._title(ax, f"log L = {in_print(log_likelihoods[-1], '.3f')}", right=True)
        if self._run_before:
            return [*ax.plot(self._run_before, color="0.45", linewidth=1), *curve, *words]
        return curve + words + (self._draw_end() if frame.tells_the_end and not self.by_hand else [])

    def _draw_end(self):
        playback = self.playback
        if playback.collapse:
            words, color = f"collapsed: component {playback.collapse.component + 1}", plots.ALARM
        elif playback.mistake:
            words, color = f"your {playback.mistake.function} went wrong", plots.ALARM
        elif alike(playback.states[-1].mixture):
            words, color = "all components alike", plots.ALARM
        elif playback.converged:
            words, color = "converged", "#1b5e20"
        else:
            words, color = "stopped at the last step allowed", "0.3"
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": color, "linewidth": 1.5}
        ax = self._curve_ax
        place = {"x": 0.95, "y": 0.06, "ha": "right", "transform": ax.transAxes}
        return [ax.text(s=words, **place, color=color, fontweight="bold", bbox=box)]


def _panel_widths(look):
    words = 0.9 if look.lecture else 0.6  # of the bar and its words, which are larger in a lecture
    return {"nothing": [1.6, 1], "K-means": [1.2, 1.2, 1], "bound and KL": [1.5, words, 1]}[look.beside]


def _rows_to_draw(n):
    if n <= DRAWN_AT_MOST:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, DRAWN_AT_MOST, replace=False))


def with_margin(values):
    """Limits of an axis that shows all values, with 6 % to spare on both sides."""
    low, high = values.min(), values.max()
    margin = 0.06 * (high - low) or max(0.5, 1e-6 * abs(high))
    return low - margin, high + margin


def title(ax, words, right=False):
    """Write a title that may change from frame to frame; returns the artist."""
    x, side = (1, "right") if right else (0, "left")
    return ax.text(x, 1.02, words, transform=ax.transAxes, fontsize=TITLE_SIZE, ha=side)


def retitle(artists, words):
    """Change a title that was written; `artists` is a list of this one artist."""
    artists[0].set_text(words)
