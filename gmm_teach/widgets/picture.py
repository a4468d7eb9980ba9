"""A state of EM to pixels: the points with their components on the left, the log-likelihood on the right."""

import struct
import zlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import cast

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from .. import plots
from .._checks import describe
from .._format import comparable, in_print, signed
from ..bound import lower_bound
from ..kmeans import lloyd
from ..mixture import Mixture
from ..practice.own_code import SMALLEST_FALL
from ..runs import alike
from .playback import Playback
from .tables import SYMBOLS
from .words import say

DRAWN_AT_MOST = 5_000
WIDTH, HEIGHT = 1000, 500  # on the page
COARSE, FINE = 100, 144  # dots an inch: a pixel of the page each, and more for sharp screens
TITLE_SIZE = 11
FACTOR = "  ("  # between an axis' name and its factor
GREY = "#8c8c8c"  # of points that are not shared out yet
LARGER = 1.45  # type and lines in a lecture
LARGER_ON_PHONES = 1.25
# Both axes have the same scale by default, where the points then still fill this share of the panel.
LEAST_FILLED = 0.4
LAST_PART = 0.01  # of its climb, which the enlarged end of the curve shows
AT_THE_END = 3  # steps that it shows at the least
# What may stand between the points and the curve, and how wide or, on a narrow screen, how high the panels are then.
WIDTHS = {"nothing": [1.6, 1], "K-means": [1.2, 1.2, 1], "bound and KL": [1.5, 0.8, 1]}
LECTURE = WIDTHS | {"bound and KL": [1.5, 1.25, 1]}  # where the words of the bar are larger
HEIGHTS = {"nothing": [1.5, 1], "K-means": [1, 1, 0.8], "bound and KL": [1.5, 0.7, 1]}
BESIDE = tuple(WIDTHS)


@dataclass(frozen=True)
class Look:
    """How a run is drawn; by default as the post's figure.

    `soft` mixes the colours by responsibility, `sized_by` is the component, from 0, whose responsibilities are the
    sizes of the points, `contours` are those of the density, `regions` tint where each component has the largest
    share. `beside` is a panel of BESIDE, `truth` a Mixture to be dotted, `palette` one of plots.PALETTES. `lecture`
    is large and does not give the end of the run away. `equal` asks for one scale on both axes; None: where their
    units and ranges allow it. `zoom` enlarges the end of the curve, where it gains its last hundredth.
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
    zoom: bool = False

    def __post_init__(self) -> None:
        for name, value, choices in (("beside", self.beside, BESIDE), ("palette", self.palette, list(plots.PALETTES))):
            if value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, but it is {describe(value)}")


PLAIN = Look()


class Canvas:
    """One figure that lives as long as its picture: what never moves is drawn once, and each frame on top of it.

    No pyplot: nothing here is global, so nothing leaks and nothing is shown by itself.
    """

    def __init__(self, ratios, larger=1.0, fine=True, narrow=False, size=None):
        """A panel for each ratio, stacked where narrow; all type and lines `larger` than usual; `size` in pixels."""
        across, down = size or ((HEIGHT, WIDTH * 0.9) if narrow else (WIDTH, HEIGHT))
        inches = across / 100 / larger, down / 100 / larger
        # a smaller figure with more dots an inch: the same pixels, and everything drawn in points is larger
        figure = Figure(figsize=inches, dpi=(FINE if fine else COARSE) * larger)
        self._agg = FigureCanvasAgg(figure)
        if narrow:
            axes = figure.subplots(nrows=len(ratios), height_ratios=ratios, squeeze=False)
        else:
            axes = figure.subplots(ncols=len(ratios), width_ratios=ratios, squeeze=False)
        self._figure, self.axes = figure, cast(list[Axes], axes.ravel().tolist())
        self._equal: dict[Axes, tuple] = {}  # axes in equal scales, and the limits that they must show

    def keep_fixed_parts(self, lay_out: bool = True) -> None:
        """Draw and keep what is on the figure now; later frames are drawn over it. No panel moves unless `lay_out`."""
        for ax in self.axes:
            ax.set_title(" ", fontsize=TITLE_SIZE)  # the layout leaves room for the moving titles
        self._draw(lay_out)
        if any([_name_the_factor(axis) for ax in self.axes for axis in (ax.xaxis, ax.yaxis)]):
            self._draw(lay_out)
        self._fixed_parts = self._agg.copy_from_bbox(self._figure.bbox)

    def _draw(self, lay_out):
        """Leave room for all labels, and draw. Equal scales depend on that room, and it on their labels: so twice."""
        passes = 2 if self._equal else 1
        for _ in range(passes if lay_out else 0):
            ConstrainedLayoutEngine().execute(self._figure)
            for ax, limits in self._equal.items():
                _widen(ax, *limits)
        self._agg.draw()

    def png(self, artists: Sequence[Artist]) -> bytes:
        """The fixed parts with `artists` over them, as PNG bytes; those that are not animated are removed then."""
        self._agg.restore_region(self._fixed_parts)
        for artist in artists:
            cast(Axes, artist.axes).draw_artist(artist)
        picture = png(np.asarray(self._agg.buffer_rgba()))
        for artist in artists:
            if not artist.get_animated():
                artist.remove()
        return picture

    def equal_scales(self, ax: Axes) -> None:
        """Let a unit across be as long as a unit up: one range of `ax` will be wider than it is now."""
        self._equal[ax] = ax.get_xlim(), ax.get_ylim()

    def edges_of(self, ax: Axes) -> dict[str, float]:
        """Where `ax` lies, as shares of the picture from its top left corner."""
        box = ax.get_position()
        return {"left": box.x0, "top": 1 - box.y1, "right": box.x1, "bottom": 1 - box.y0}

    def place_on(self, ax: Axes, across: float, down: float) -> np.ndarray | None:
        """The data coordinates, shape (2,), of a place given as shares of the picture; None outside of `ax`."""
        width, height = self._figure.bbox.size
        place = across * width, (1 - down) * height
        return ax.transData.inverted().transform(place) if ax.bbox.contains(*place) else None


def _widen(ax: Axes, across: tuple[float, float], up: tuple[float, float]) -> None:
    """Show these ranges in equal scales. Matplotlib's own way, `adjustable="datalim"`, is content with 0.5 %."""
    box = ax.get_window_extent()
    unit = max(np.ptp(across) / box.width, np.ptp(up) / box.height) / 2  # of data, in half a pixel
    ax.set_xlim(np.mean(across) + unit * box.width * np.array([-1, 1]))
    ax.set_ylim(np.mean(up) + unit * box.height * np.array([-1, 1]))


def _name_the_factor(axis: Axis) -> bool:
    """Put the factor of an axis, such as 1e6, behind its name, since it would lie on the title; say if there is one."""
    factor = axis.get_offset_text().get_text()
    axis.get_offset_text().set_visible(False)
    name = axis.get_label_text().partition(FACTOR)[0]
    times = factor if factor.startswith("+") or not factor else f"\N{MULTIPLICATION SIGN}{factor}"
    axis.set_label_text(f"{name}{FACTOR}{times})" if factor else name)
    return bool(factor)


def png(pixels: np.ndarray) -> bytes:
    """Red, green, blue (and opacity, left out) of shape (height, width, 3 or 4) and dtype uint8, as PNG bytes.

    Libraries filter each row first: a tenth smaller, in three times the time. Source: the PNG specification, W3C, 2025.
    """
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)  # each begins with its filter: 0, none
    for channel in range(3):  # much faster than all three at once
        rows[:, 1 + channel :: 3] = pixels[..., channel]
    eight_bits_rgb = (8, 2, 0, 0, 0)  # depth, colour type; compression, filter method and interlace of every such PNG
    header = struct.pack(">IIBBBBB", width, height, *eight_bits_rgb)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.data, level=1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class Picture:
    """The picture of one run, any frame of it.

    `columns` names all coordinates; `coordinates` are those drawn, and of `mixtures`; `rows` are the points drawn.
    `order` is the colour of each component, by its place in the palette; `by_hand` says that EM waits for a hand;
    `earlier` are names and log-likelihoods of runs to compare with.
    """

    def __init__(
        self, playback, columns, coordinates, look=PLAIN, earlier=(), fine=True, narrow=False, order=None, by_hand=False
    ):
        self.playback, self.look, self._earlier = playback, look, list(earlier)
        self._columns, self._coordinates = columns, list(coordinates)
        x, start = playback.x, playback.states[0].mixture
        self.rows = np.arange(len(x))
        if len(x) > DRAWN_AT_MOST:
            self.rows = np.sort(np.random.default_rng(0).choice(len(x), DRAWN_AT_MOST, replace=False))
        self._x = x[self.rows][:, self._coordinates]
        self._marker_area = float(np.clip(16_000 / len(self._x), 4, 36))
        self.mixtures = [state.mixture.marginal(self._coordinates) for state in playback.states]
        self._truth = look.truth and look.truth.marginal(self._coordinates)
        palette = plots.PALETTES[look.palette]
        self.colors = [plots.component_color(k, palette) for k in order or range(start.K)]
        larger = LARGER if look.lecture else LARGER_ON_PHONES if narrow else 1.0
        sizes = (HEIGHTS if narrow else LECTURE if look.lecture else WIDTHS)[look.beside]
        self._canvas = Canvas(sizes, larger, fine, narrow)
        self._points_ax, *between, self._curve_ax = self._canvas.axes
        self._beside_ax = between[0] if between else None
        if look.beside == "K-means":
            self._k_means = lloyd(x, start.means, len(playback.states))
        self.by_hand, self._run_before = by_hand, []  # a run to show while other parameters are tried
        self._moving: dict[tuple[Axes, Callable], list] = {}  # artists, by their axes and the function that draws them
        self.equal: bool = False  # the scales of both axes of the points
        self._steps_shown = len(playback.states) - 1  # that the curve has room for
        self._first_shown = 0
        names = [columns[j] for j in self._coordinates]
        self._one_unit = len(names) == 2 and comparable(names, self._x)
        self._draw_fixed_parts([name.replace("$", r"\$") for name in names])  # dollars, not mathematics
        self._canvas.keep_fixed_parts()

    def png(self, number: int) -> bytes:
        """Frame `number` as PNG bytes, to be shown 1000 wide. The same frame, the same bytes."""
        frame = self.playback.at(number)
        if self.look.lecture:
            self._fit_curve(frame.step)
        artists = self._draw_points(frame) + self._draw_curve(frame)
        if self._beside_ax:
            draw_beside = self._draw_k_means if self.look.beside == "K-means" else self._draw_bound
            artists += draw_beside(self._beside_ax, frame)
        return self._canvas.png(artists)

    @property
    def timeline(self) -> dict:
        """Where the curve lies on the picture, in shares of it, and the steps at its left and right edge."""
        if self.look.lecture:  # which does not give the end of the run away
            return {}
        first, last = self._curve_ax.get_xlim()
        return self._canvas.edges_of(self._curve_ax) | {"first": first, "last": last}

    @property
    def panel(self) -> dict:
        """Where the points lie on the picture, in shares of it; the points, with all coordinates; and their marks."""
        ax, x = self._points_ax, self.playback.x
        panel = self._canvas.edges_of(ax) | {"xlim": list(ax.get_xlim()), "ylim": list(ax.get_ylim())}
        points = b64encode(x[self.rows].astype("<f8").tobytes()).decode()
        panel |= {"axes": self._coordinates, "columns": list(self._columns), "points": points, "n": len(x)}
        marks = [[color, SYMBOLS[plots.component_marker(k)]] for k, color in enumerate(self.colors)]
        return panel | {"marks": marks} | ({} if len(self.rows) == len(x) else {"rows": self.rows.tolist()})

    def trying(self, playback: Playback) -> "Picture":
        """The same picture of other parameters, on the same axes; the run itself stays as a thin line."""
        other = copy(self)
        other.playback = playback
        other.mixtures = [state.mixture.marginal(self._coordinates) for state in playback.states]
        other._run_before = self.playback.log_likelihoods
        return other

    def _draw_fixed_parts(self, names):
        means = np.concatenate([mixture.means for mixture in self.mixtures])
        limits = [with_margin(column) for column in np.vstack([self._x, means]).T]
        self._prepare_points(self._points_ax, names, limits)
        if self._beside_ax and self.look.beside == "K-means":
            self._prepare_points(self._beside_ax, names, limits)
        elif self._beside_ax:
            plots.style_axes(self._beside_ax, "", "")
            self._beside_ax.set(xlim=(0, 1), ylim=(-0.02, 1.02), xticks=[], yticks=[])
        ax = self._curve_ax
        self._titles = {panel: title(panel, "", right=panel is ax) for panel in self._canvas.axes}
        for words in self._titles.values():
            words.set_animated(True)
        plots.style_axes(ax, say("picture", "step"), say("picture", "log_likelihood"))
        ax.locator_params(axis="x", integer=True)
        ax.ticklabel_format(axis="y", useOffset=False)
        self._set_curve_limits()
        plots.draw_earlier_runs(ax, self._earlier, named=self.look.beside == "nothing" and not self.look.lecture)
        if self.look.lecture:
            for ax in self._canvas.axes:
                for spine in ax.spines.values():
                    spine.set_color("black")

    def _set_curve_limits(self):
        """Show this run, or only its end, and earlier ones as far as a bad one does not squash it."""
        own = np.array(self.playback.log_likelihoods[: self._steps_shown + 1])
        last = self._steps_shown
        if self.look.zoom:
            first = int(np.argmax(own >= own[-1] - LAST_PART * np.ptp(own)))
            self._first_shown = max(0, min(first, len(own) - AT_THE_END))
            shown = own[self._first_shown :]
        else:
            earlier = np.concatenate([values for _, values in self._earlier] or [own])
            room = np.ptp(own) or np.ptp(np.append(earlier, own)) or 1.0  # what a hand tries is one value
            shown = np.clip(np.append(own, [earlier.min(), earlier.max()]), own.min() - room, own.max() + room)
            last = max([last, *(len(values) - 1 for _, values in self._earlier)])
        first = self._first_shown
        self._curve_ax.set(xlim=(first - 0.5, max(first + 1, last) + 0.5), ylim=with_margin(shown))

    def _fit_curve(self, step):
        """Leave as much room for the curve as it needs by now, and no more."""
        span = next(size * 10**power for power in range(9) for size in (5, 10, 20) if size * 10**power >= step)
        if span != self._steps_shown:
            self._steps_shown = span
            self._set_curve_limits()
            self._canvas.keep_fixed_parts(lay_out=False)  # the browser knows where the panels are

    def _prepare_points(self, ax, names, limits):
        ax.set_xlim(*limits[0])
        ax.locator_params(axis="x", nbins=6)
        if len(names) == 2:
            plots.style_axes(ax, *names)
            ax.set_ylim(*limits[1])
            across, up = (high - low for low, high in limits)
            box = ax.get_window_extent()
            ratio = across / up * box.height / box.width  # of the scales, if both fill the panel
            filled = min(ratio, 1 / ratio)
            by_default = bool(self._one_unit and filled >= LEAST_FILLED)
            self.equal = by_default if self.look.equal is None else self.look.equal
            if self.equal:
                self._canvas.equal_scales(ax)
            else:
                place = {"transform": ax.transAxes, "ha": "right", "fontsize": 9, "color": "0.35"}
                ax.text(0.99, 0.015, say("picture", "scales"), **place)
        else:
            plots.style_axes(ax, names[0], say("picture", "density"))
            heights, *_ = ax.hist(self._x[:, 0], bins="auto", density=True, color="0.85")
            ax.set_ylim(-0.06 * heights.max(), 1.5 * heights.max())

    def _draw_points(self, frame):
        ax, look, mixture = self._points_ax, self.look, self.mixtures[frame.step]
        T = frame.responsibilities
        responsibilities = None if T is None else T[self.rows]
        artists = plots.draw_regions(ax, mixture, self.colors) if look.regions else []
        if look.contours and len(self._coordinates) == 2:
            artists += plots.draw_contours(ax, mixture)
        size = self._marker_area
        if look.sized_by is not None and responsibilities is not None:
            size = size * (0.1 + 2.4 * responsibilities[:, look.sized_by])
        artists += self._points(ax, responsibilities, size, look.soft)
        if self._truth:
            artists += plots.draw_truth(ax, self._truth)
        if len(self._coordinates) == 2:
            artists += self._moved(ax, plots.draw_ellipses, mixture, colors=self.colors)
        else:
            artists += plots.draw_density(ax, mixture, np.linspace(*ax.get_xlim(), 600), self.colors)
        trail = [earlier.means for earlier in self.mixtures[: frame.step]]
        artists += self._moved(ax, plots.draw_means, mixture.means, trail)
        for k, deviation in frame.collapsing():
            artists += plots.draw_collapsing(ax, mixture.means[k], deviation)
        half = "after_m_step" if frame.before_e_step else "after_e_step"
        words = say("picture", "start" if responsibilities is None else half, t=frame.step)
        n = len(self.playback.x)
        if n > DRAWN_AT_MOST:
            words = say("picture", "thinned", words=words, drawn=f"{DRAWN_AT_MOST:,}", n=f"{n:,}")
        return artists + self._title(ax, words)

    def _moved(self, ax, draw, *what, **look):
        """Draw something if it is new on `ax`, else change its artists: to make new ones takes a while."""
        artists = draw(ax, *what, **look, artists=self._moving.get((ax, draw)))
        if (ax, draw) not in self._moving:
            self._moving[ax, draw] = artists
            for artist in artists:
                artist.set_animated(True)
        return artists

    def _points(self, ax, responsibilities, size, soft=False):
        if responsibilities is None:
            return plots.draw_points(ax, self._x, np.ones((len(self._x), 1)), size=size, colors=[GREY])
        return self._moved(ax, plots.draw_points, self._x, responsibilities, soft, size, self.colors)

    def _title(self, ax, words):
        self._titles[ax].set_text(words)
        return [self._titles[ax]]

    def _draw_k_means(self, ax, frame):
        """K-means at the same half-step: new centres over the labels that made them, then labels of the new centres."""
        pairs = self._k_means
        step = min(frame.step, len(pairs) - 1)
        *trail, centres = [centres[:, self._coordinates] for centres, _ in pairs[: step + 1]]
        hard = None
        if frame.responsibilities is not None:
            labelled = frame.previous if frame.before_e_step else frame
            labels = pairs[min(labelled.step, len(pairs) - 1)][1]
            hard = np.eye(len(centres))[labels[self.rows]]
        words = say("picture", "k_means_converged" if frame.step >= len(pairs) else "k_means", t=step)
        means = self._moved(ax, plots.draw_means, centres, trail)
        return self._points(ax, hard, self._marker_area) + means + self._title(ax, words)

    def _draw_bound(self, ax, frame):
        state = frame.state
        if frame.responsibilities is None:
            return self._title(ax, say("picture", "no_bound"))
        divergence = state.log_likelihood - lower_bound(self.playback.x, state.mixture, state.responsibilities)
        rounding = SMALLEST_FALL * max(abs(state.log_likelihood), len(state.responsibilities))
        if abs(divergence) <= rounding:
            divergence = 0.0
        if frame.previous is None:
            words = "bound_is_log_likelihood" if divergence == 0 else "log_likelihood_is_bound"
            return self._title(ax, say("picture", words, divergence=signed(divergence)))
        gain = state.log_likelihood - frame.previous.state.log_likelihood
        words = self._title(ax, say("picture", "gain", gain=signed(gain)))
        # neither happens to EM, but both to a reader's own code
        if divergence < 0:
            return plots.draw_no_bound(ax, say("picture", "bound_above", by=in_print(-divergence, ".3g"))) + words
        if gain - divergence < -rounding:
            below = in_print(divergence - gain, ".3g")
            return plots.draw_no_bound(ax, say("picture", "bound_below", by=below)) + words
        return plots.draw_bound(ax, max(0.0, gain), divergence) + words

    def _draw_curve(self, frame):
        ax, log_likelihoods = self._curve_ax, self.playback.log_likelihoods[: frame.step + 1]
        curve = self._moved(ax, plots.draw_log_likelihood, log_likelihoods)
        words = self._title(ax, say("picture", "log_likelihood_now", value=in_print(log_likelihoods[-1], ".3f")))
        if frame.step < self._first_shown:
            words = [*words, self._note(say("picture", "below_zoom", t=frame.step), "0.3", right=False)]
        if self._run_before:
            return [*ax.plot(self._run_before, color="0.45", linewidth=1), *curve, *words]
        return curve + words + (self._draw_end() if frame.tells_the_end and not self.by_hand else [])

    def _draw_end(self):
        playback, color = self.playback, plots.ALARM
        if playback.collapse:
            words = say("picture", "collapsed", k=playback.collapse.component + 1)
        elif playback.mistake:
            words = say("picture", "mistake", function=playback.mistake.function)
        elif alike(playback.states[-1].mixture):
            words = say("picture", "alike")
        elif playback.converged:
            words, color = say("picture", "converged"), "#1b5e20"
        else:
            words, color = say("picture", "stopped", last=len(playback.states) - 1), "0.3"
        return [self._note(words, color)]

    def _note(self, words, color, right=True):
        """Words in a frame, at the foot of the curve's panel."""
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": color, "linewidth": 1.5}
        x, side = (0.95, "right") if right else (0.05, "left")
        look = {"color": color, "fontweight": "bold", "bbox": box, "transform": self._curve_ax.transAxes}
        return self._curve_ax.text(x, 0.06, words, ha=side, **look)


def with_margin(values: np.ndarray) -> tuple[float, float]:
    """Limits of an axis that shows all values, with 6 % to spare on both sides."""
    low, high = values.min(), values.max()
    margin = 0.06 * (high - low) or max(0.5, 1e-6 * abs(high))
    return low - margin, high + margin


def title(ax: Axes, words: str, right: bool = False) -> Text:
    """Write a title that may change from frame to frame; returns the artist."""
    x, side = (1, "right") if right else (0, "left")
    return ax.text(x, 1.02, words, transform=ax.transAxes, fontsize=TITLE_SIZE, ha=side)
