"""A state of EM to pixels: the points with their components on the left, the log-likelihood on the right."""

from io import BytesIO

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave

from . import plots

DRAWN_AT_MOST = 5_000
WIDTH, HEIGHT = 1000, 500  # on the page
DPI = 144  # more pixels than that, for sharp screens
TITLE_SIZE = 11


class Canvas:
    """One figure that lives as long as its picture; what never moves is drawn once, each frame on top of it.

    No pyplot: nothing here is global, so nothing leaks and nothing is shown by itself.

    Parameters
    ----------
    width_ratios : sequence of float
        One panel each, side by side.

    Attributes
    ----------
    axes : list of matplotlib.axes.Axes
    """

    def __init__(self, width_ratios):
        figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=DPI, layout="constrained")
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
        """The fixed parts with `artists` over them, as PNG bytes; the artists are removed from the figure."""
        self._agg.restore_region(self._fixed_parts)
        for artist in artists:
            artist.axes.draw_artist(artist)
        out = BytesIO()
        imsave(out, np.asarray(self._agg.buffer_rgba()), format="png", pil_kwargs={"compress_level": 1})
        for artist in artists:
            artist.remove()
        return out.getvalue()


class Picture:
    """The picture of one run, any frame of it.

    Parameters
    ----------
    x : ndarray, shape (n, d)
        The points. Of more than 5,000 a random 5,000 are drawn, and the title says so.
    playback : Playback
        The run; the picture shows the frame it is at.
    columns : sequence of str
        Names of the d coordinates.
    axes : sequence of int
        The coordinates to draw: two of them, or the only one.
    """

    def __init__(self, x, playback, columns, axes):
        self.playback, self.axes = playback, list(axes)
        self._rows = _rows_to_draw(len(x))
        self._x = x[self._rows][:, self.axes]
        self._thinned = len(x) if len(x) > DRAWN_AT_MOST else None
        self._mixtures = [state.mixture.marginal(self.axes) for state in playback.states]
        self._canvas = Canvas([1.6, 1])
        self._points_ax, self._curve_ax = self._canvas.axes
        self._draw_fixed_parts([columns[j] for j in self.axes])
        self._canvas.keep_fixed_parts()

    def png(self, soft=False):
        """The present frame as PNG bytes.

        Parameters
        ----------
        soft : bool
            Mix the colours of the components by responsibility.

        Returns
        -------
        bytes
            1440 by 720 pixels, to be shown 1000 wide. The same frame gives the same bytes.
        """
        return self._canvas.png(self._draw_points(soft) + self._draw_curve() + self._draw_end())

    def _draw_fixed_parts(self, names):
        means = np.concatenate([mixture.means for mixture in self._mixtures])
        everything = np.vstack([self._x, means])
        if len(self.axes) == 2:
            plots.style_axes(self._points_ax, *names)
            self._points_ax.set_ylim(*with_margin(everything[:, 1]))
        else:
            plots.style_axes(self._points_ax, names[0], "density")
            heights, *_ = self._points_ax.hist(self._x[:, 0], bins="auto", density=True, color="0.85")
            self._points_ax.set_ylim(-0.06 * heights.max(), 1.5 * heights.max())
        self._points_ax.set_xlim(*with_margin(everything[:, 0]))
        self._points_ax.locator_params(axis="x", nbins=6)
        plots.style_axes(self._curve_ax, "step t", "log L (nats)")
        log_likelihoods = [state.log_likelihood for state in self.playback.states]
        self._curve_ax.set_xlim(-0.5, max(1, len(log_likelihoods) - 1) + 0.5)
        self._curve_ax.xaxis.get_major_locator().set_params(integer=True)
        self._curve_ax.set_ylim(*with_margin(np.array(log_likelihoods)))

    def _draw_points(self, soft):
        ax, state = self._points_ax, self.playback.state
        mixture = self._mixtures[state.step]
        trail = [earlier.means for earlier in self._mixtures[: state.step]]
        size = float(np.clip(16_000 / len(self._x), 4, 36))
        artists = plots.draw_points(ax, self._x, state.responsibilities[self._rows], soft, size)
        if len(self.axes) == 2:
            artists += plots.draw_ellipses(ax, mixture)
        else:
            artists += plots.draw_density(ax, mixture, np.linspace(*ax.get_xlim(), 600))
        artists += plots.draw_means(ax, mixture.means, trail)
        return [*artists, title(ax, self._what_is_drawn(state.step))]

    def _what_is_drawn(self, t):
        half = "M step" if self.playback.frame % 2 else "E step"
        words = f"t = {t}, after the {half}" if t else "t = 0, the start"
        if self._thinned:
            words += f"  (a random {DRAWN_AT_MOST:,} of {self._thinned:,} points drawn)"
        return words

    def _draw_curve(self):
        t = self.playback.state.step
        log_likelihoods = [state.log_likelihood for state in self.playback.states[: t + 1]]
        artists = plots.draw_log_likelihood(self._curve_ax, log_likelihoods)
        return [*artists, title(self._curve_ax, f"log L = {log_likelihoods[-1]:.3f}", right=True)]

    def _draw_end(self):
        playback = self.playback
        if not playback.at_end:
            return []
        if playback.collapse:
            words, color = f"collapsed: component {playback.collapse.component + 1}", "#b00020"
        elif playback.converged:
            words, color = "converged", "#1b5e20"
        else:
            words, color = "stopped at the last step allowed", "0.3"
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": color, "linewidth": 1.5}
        ax = self._curve_ax
        place = {"x": 0.95, "y": 0.06, "ha": "right", "transform": ax.transAxes}
        return [ax.text(s=words, **place, color=color, fontweight="bold", bbox=box)]


def _rows_to_draw(n):
    if n <= DRAWN_AT_MOST:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, DRAWN_AT_MOST, replace=False))


def with_margin(values):
    """Limits of an axis that shows all values, with 6 % to spare on both sides."""
    low, high = values.min(), values.max()
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin


def title(ax, words, right=False):
    """Write a title that may change from frame to frame; returns the artist."""
    x, side = (1, "right") if right else (0, "left")
    return ax.text(x, 1.02, words, transform=ax.transAxes, fontsize=TITLE_SIZE, ha=side)
