"""A state of EM to pixels: the points with their components on the left, the log-likelihood on the right."""

import struct
import zlib
from copy import copy
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .. import plots
from .._checks import describe
from .._format import comparable, in_print, signed
from ..bound import lower_bound
from ..kmeans import lloyd
from ..mixture import Mixture
from ..practice.own_code import SMALLEST_FALL
from ..runs import alike

DRAWN_AT_MOST = 5_000
WIDTH, HEIGHT = 1000, 500  # on the page
COARSE, FINE = 100, 144  # dots an inch: a pixel of the page each, and more for sharp screens
TITLE_SIZE = 11
GREY = "#8c8c8c"  # of points that are not shared out yet
LARGER = 1.45  # type and lines in a lecture
LARGER_ON_PHONES = 1.2
# Both axes have the same scale by default, where the points then still fill this share of the panel.
LEAST_FILLED = 0.4
# What may stand between the points and the curve.
BESIDE = ("nothing", "K-means", "bound and KL")


@dataclass(frozen=True)
class Look:
    """How a run is drawn; by default as the post's figure.

    `soft` mixes the colours by responsibility, `sized_by` is the component, from 0, whose responsibilities are the
    sizes of the points, `contours` are those of the density, `regions` tint where each component has the largest
    share. `beside` is a panel of BESIDE, `truth` a Mixture to be dotted, `palette` one of plots.PALETTES. `lecture`
    is large and does not give the end of the run away. `equal` asks for one scale on both axes; None: where their
    units and ranges allow it.
    """

    soft: bool = False
    sized_by: int | None = None
    contours: bool = False
    regions: bool = False
    beside: str = BESIDE[0]
    truth: Mixture | None = None
    palette: str = next(iter(plots.PALETTES))
    lecture: bool = False
    equal: bool | None = None

    def __post_init__(self):
        for name, value, choices in (("beside", self.beside, BESIDE), ("palette", self.palette, list(plots.PALETTES))):
            if value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, but it is {describe(value)}")


PLAIN = Look()


class Canvas:
    """One figure that lives as long as its picture; what never moves is drawn once, each frame on top of it.

    No pyplot: nothing here is global, so nothing leaks and nothing is shown by itself. There is a panel for each of
    `ratios`, side by side or, for a narrow screen, stacked. It is `size` on the page, by default 1000 by 500 or, where
    narrow, the other way round, and has 1.44 times as many pixels where `fine`. All type and lines are so much `larger`
    than usual. `axes` is the list of its Axes.
    """

    def __init__(self, ratios, larger=1.0, fine=True, narrow=False, size=None):
        size = np.array(size or ([HEIGHT, WIDTH * 0.9] if narrow else [WIDTH, HEIGHT]))
        # a smaller figure with more dots an inch: the same pixels, and everything drawn in points is larger
        figure = Figure(figsize=size / 100 / larger, dpi=(FINE if fine else COARSE) * larger, layout="constrained")
        self._agg = FigureCanvasAgg(figure)
        grid = {"ncols": len(ratios), "width_ratios": ratios}
        if narrow:
            grid = {"nrows": len(ratios), "height_ratios": ratios}
        self.axes = figure.subplots(squeeze=False, **grid).ravel().tolist()
        self._fixed_parts = None

    def keep_fixed_parts(self):
        """Draw and keep what is on the figure now; later frames are drawn over it."""
        for ax in self.axes:
            ax.set_title(" ", fontsize=TITLE_SIZE)  # the layout leaves room for the moving titles
        self._agg.draw()
        if any([_name_the_factor(axis) for ax in self.axes for axis in (ax.xaxis, ax.yaxis)]):
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

    def equal_scales(self, ax):
        """Widen one range of `ax`, so that a unit across is as long as a unit up."""
        self._agg.figure.draw_without_rendering()  # which lays the panels out
        box = ax.get_window_extent()
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        unit = max((right - left) / box.width, (high - low) / box.height)  # of data, in a pixel
        across, up = np.array([-0.5, 0.5]) * unit * box.width, np.array([-0.5, 0.5]) * unit * box.height
        ax.set(xlim=(left + right) / 2 + across, ylim=(low + high) / 2 + up)

    def edges_of(self, ax):
        """Where `ax` lies, as shares of the picture from its top left corner."""
        box = ax.get_position()
        return {"left": box.x0, "top": 1 - box.y1, "right": box.x1, "bottom": 1 - box.y0}

    def place_on(self, ax, across, down):
        """The data coordinates, shape (2,), of a place given as shares of the picture; None outside of `ax`."""
        left, top, right, bottom = self.edges_of(ax).values()
        if not (left <= across <= right and top <= down <= bottom):
            return None
        pixels = self._agg.figure.bbox.max * [across, 1 - down]
        return ax.transData.inverted().transform(pixels)


def _name_the_factor(axis):
    """Put the factor of an axis, such as 1e6, behind its name, since it would lie on the title; say if there is one."""
    factor = axis.get_offset_text().get_text()
    axis.get_offset_text().set_visible(False)
    name = getattr(axis, "name_without_factor", axis.get_label_text())
    axis.name_without_factor = name
    times = factor if factor.startswith("+") or not factor else f"\N{MULTIPLICATION SIGN}{factor}"
    axis.set_label_text(f"{name}  ({times})" if factor else name)
    return bool(factor)


def png(pixels):
    """Red, green, blue (and opacity, left out) of shape (height, width, 3 or 4) and dtype uint8, as PNG bytes.

    Libraries filter every row before they compress it. That makes a picture such as ours a tenth smaller, and takes
    three times as long; a reader who steps waits for it. Source: the PNG specification, third edition, W3C, 2025.
    """
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)  # each begins with its filter: 0, none
    for channel in range(3):  # much faster than all three at once
        rows[:, 1 + channel :: 3] = pixels[..., channel]
    eight_bits_rgb = (8, 2, 0, 0, 0)  # depth, colour type; compression, filter method and interlace of every such PNG
    header = struct.pack(">IIBBBBB", width, height, *eight_bits_rgb)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, level=1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class Picture:
    """The picture of one run, any frame of it.

    `columns` names all coordinates, `coordinates` are the one or two that are drawn. Of more than 5,000 points a random
    5,000 are drawn, and the title says so. `earlier` are names and log-likelihoods of runs to compare with; `order` is
    the colour of each component, by its place in the palette. `fine` and `narrow` are as for Canvas;
    `by_hand` says that EM waits for a hand, so that a run of no steps is no end. `rows` are the points drawn.
    """

    def __init__(
        self, playback, columns, coordinates, look=PLAIN, earlier=(), fine=True, narrow=False, order=None, by_hand=False
    ):
        self.playback, self._coordinates, self.look, self._earlier = playback, list(coordinates), look, list(earlier)
        x = playback.x
        self.rows = _rows_to_draw(len(x))
        self._x = x[self.rows][:, self._coordinates]
        self._thinned = len(x) if len(x) > DRAWN_AT_MOST else None
        self._mixtures = [state.mixture.marginal(self._coordinates) for state in playback.states]
        self._truth = look.truth and look.truth.marginal(self._coordinates)
        self.colors = _colors(look, order or range(len(playback.states[0].mixture.means)))
        larger = LARGER if look.lecture else LARGER_ON_PHONES if narrow else 1.0
        self._canvas = Canvas(_panel_sizes(look, narrow), larger, fine, narrow)
        self._points_ax, *between, self._curve_ax = self._canvas.axes
        self._beside_ax = between[0] if between else None
        if look.beside == "K-means":
            self._k_means = lloyd(x, playback.states[0].mixture.means, len(playback.states))
        self.by_hand, self._run_before = by_hand, []  # a run to show while other parameters are tried
        self._moving = {}  # artists, by their axes and by the function that draws them
        self.equal: bool = False  # the scales of both axes of the points
        self._canvas.last_step = len(playback.states) - 1  # that the curve has room for
        names = [columns[j] for j in self._coordinates]
        self._one_unit = len(names) == 2 and comparable(names, self._x)
        self._draw_fixed_parts([name.replace("$", r"\$") for name in names])  # dollars, not mathematics
        self._canvas.keep_fixed_parts()

    def png(self, number):
        """Frame `number` as PNG bytes, to be shown 1000 wide. The same frame, the same bytes."""
        frame = self.playback.at(number)
        if self.look.lecture:
            self._fit_curve(frame.step)
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
        if self.look.lecture:  # which does not give the end of the run away
            return {}
        first, last = self._curve_ax.get_xlim()
        return self._canvas.edges_of(self._curve_ax) | {"first": first, "last": last}

    @property
    def panel(self):
        """Where the points lie on the picture, in shares of it, the limits of their axes, and the coordinates drawn."""
        ax = self._points_ax
        limits = {"xlim": list(ax.get_xlim()), "ylim": list(ax.get_ylim())}
        return self._canvas.edges_of(ax) | limits | {"axes": self._coordinates}

    def trying(self, playback):
        """The same picture of other parameters, on the same axes; the run itself stays as a thin line."""
        other = copy(self)
        other.playback = playback
        other._mixtures = [state.mixture.marginal(self._coordinates) for state in playback.states]
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
        ax.xaxis.get_major_locator().set_params(integer=True)
        self._set_curve_limits(self._canvas.last_step)
        plots.draw_earlier_runs(ax, self._earlier, named=self.look.beside == "nothing" and not self.look.lecture)
        if self.look.lecture:
            for ax in self._canvas.axes:
                for spine in ax.spines.values():
                    spine.set_color("black")

    def _set_curve_limits(self, last):
        """Show this run to the step `last`, and earlier ones as far as a bad one does not squash it."""
        own = np.array([state.log_likelihood for state in self.playback.states[: last + 1]])
        earlier = np.concatenate([values for _, values in self._earlier] or [own])
        room = np.ptp(own) or 1.0
        shown = np.clip(np.append(own, [earlier.min(), earlier.max()]), own.min() - room, own.max() + room)
        longest = max([last, *(len(values) - 1 for _, values in self._earlier)])
        self._curve_ax.set(xlim=(-0.5, max(1, longest) + 0.5), ylim=with_margin(shown))

    def _fit_curve(self, step):
        """Leave as much room for the curve as it needs by now, and no more."""
        span = next(size * 10**power for power in range(9) for size in (5, 10, 20) if size * 10**power >= step)
        if span != self._canvas.last_step:
            self._canvas.last_step = span
            self._set_curve_limits(span)
            self._canvas.keep_fixed_parts()

    def _prepare_points(self, ax, names, limits):
        ax.set_xlim(*limits[0])
        ax.locator_params(axis="x", nbins=6)
        if len(names) == 2:
            plots.style_axes(ax, *names)
            ax.set_ylim(*limits[1])
            across, up = (high - low for low, high in limits)
            shape = ax.get_position()
            ratio = across / up * shape.height * HEIGHT / (shape.width * WIDTH)  # of the scales, if both fill the panel
            filled = min(ratio, 1 / ratio)
            by_default = bool(self._one_unit and filled >= LEAST_FILLED)
            self.equal = by_default if self.look.equal is None else self.look.equal
            if self.equal:
                self._canvas.equal_scales(ax)
            else:
                place = {"transform": ax.transAxes, "ha": "right", "fontsize": 8, "color": "0.35"}
                ax.text(0.99, 0.015, "different scales across and up", **place)
        else:
            plots.style_axes(ax, names[0], "density")
            heights, *_ = ax.hist(self._x[:, 0], bins="auto", density=True, color="0.85")
            ax.set_ylim(-0.06 * heights.max(), 1.5 * heights.max())
            ax.set_xlim(*limits[0])

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
            artists += self._moved(ax, partial(plots.draw_ellipses, colors=self.colors), mixture)
        else:
            artists += plots.draw_density(ax, mixture, np.linspace(*ax.get_xlim(), 600), self.colors)
        artists += self._means(ax, [earlier.means for earlier in self._mixtures[: frame.step + 1]])
        for k, deviation in frame.collapsing():
            artists += plots.draw_collapsing(ax, mixture.means[k], deviation)
        return artists + self._title(ax, self._what_is_drawn(frame))

    def _moved(self, ax, draw, *what):
        """Draw something if it is new on `ax`, else change its artists: to make new ones takes a while."""
        key = ax, getattr(draw, "func", draw)
        artists = draw(ax, *what, artists=self._moving.get(key))
        if key not in self._moving:
            self._moving[key] = artists
            for artist in artists:
                artist.set_animated(True)
        return artists

    def _points(self, ax, responsibilities, soft, size):
        if responsibilities is None:
            return plots.draw_points(ax, self._x, np.ones((len(self._x), 1)), size=size, colors=[GREY])
        return self._moved(ax, plots.draw_points, self._x, responsibilities, soft, size, self.colors)

    def _means(self, ax, so_far):
        return self._moved(ax, plots.draw_means, so_far[-1], so_far[:-1])

    def _title(self, ax, words, right=False):
        return self._moved(ax, partial(_draw_title, right=right), words)

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
        words = f"K-means, t = {step}" + (", converged" if frame.step >= len(pairs) else "")
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
        words = self._title(ax, f"log L {signed(gain)} nats")
        # neither happens to EM, but both to a reader's own code
        if divergence < 0:
            return plots.draw_no_bound(ax, f"the bound\nis {in_print(-divergence, '.3g')} above\nlog L") + words
        if gain - divergence < -rounding:
            below = in_print(divergence - gain, ".3g")
            return plots.draw_no_bound(ax, f"the bound\nis {below} below\nthe log L before") + words
        return plots.draw_bound(ax, max(0.0, gain), divergence) + words

    def _draw_curve(self, frame):
        log_likelihoods = [state.log_likelihood for state in self.playback.states[: frame.step + 1]]
        ax = self._curve_ax
        curve = self._moved(ax, plots.draw_log_likelihood, log_likelihoods)
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
            words, color = f"stopped: no step left of {len(playback.states) - 1}", "0.3"
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": color, "linewidth": 1.5}
        ax = self._curve_ax
        place = {"x": 0.95, "y": 0.06, "ha": "right", "transform": ax.transAxes}
        return [ax.text(s=words, **place, color=color, fontweight="bold", bbox=box)]


def _colors(look, order):
    """The colour of each component, as hex strings: `order` says which of the palette."""
    palette = plots.PALETTES[look.palette]
    return [plots.component_color(k, palette) for k in order]


def _panel_sizes(look, narrow):
    """Widths of the panels; on a narrow screen their heights."""
    words = 1.25 if look.lecture else 0.8  # of the bar and its words, which are larger in a lecture
    if narrow:
        return {"nothing": [1.5, 1], "K-means": [1, 1, 0.8], "bound and KL": [1.5, 0.7, 1]}[look.beside]
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


def _draw_title(ax, words, right=False, artists=None):
    artists = artists or [title(ax, "", right)]
    artists[0].set_text(words)
    return artists
