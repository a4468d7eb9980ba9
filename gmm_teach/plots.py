"""Pictures of points and mixtures: each function draws one thing on the axes `ax` and returns a list of its artists.

Given those artists again, as `artists`, it changes them, which is quicker than to draw anew: a stepper does so in
every frame. There must be as many components then. Axes without limits of their own get limits that show it all.
`colors` are hex strings, one for each component. A function raises TypeError or ValueError if `ax` is not Axes, or what
it is to draw does not have the shape that it draws.

Components have the post's colours (ColorBrewer Dark2) and, since colour alone is not enough, a marker of their own.
Pictures count components from 1, as the post does.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike

from ._checks import as_real, describe
from ._format import in_print, signed
from .mixture import Mixture, check_mixture

COLORS = ("#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#e6ab02", "#a6761d", "#666666")
PALETTES = {
    "the post's": COLORS,
    # Okabe and Ito, Color Universal Design, 2008; their black is for ink, so grey stands in its place
    "colour-blind safe": ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#666666"),
}
MARKERS = {"o": 1.0, "^": 1.0, "s": 0.75, "D": 0.65, "v": 1.0, "P": 1.1, "X": 1.1}  # with areas that look alike
ALARM = "#b00020"
EARLIER = ("-", "--", "-.", ":")
HALO = (withStroke(linewidth=3, foreground="white"),)
LABEL = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
SURE = 0.95  # a component that has less than this share of a point does not have it for sure


def component_color(k: int, colors: Sequence[str] = COLORS) -> str:
    """Colour of component `k`, counted from 0, as a hex string."""
    return colors[k % len(colors)]


def component_marker(k: int) -> str:
    """Matplotlib marker of component `k`, counted from 0; colour and marker together repeat after 56."""
    return list(MARKERS)[k % len(MARKERS)]


def dark(k: int, colors: Sequence[str] = COLORS) -> str:
    """The component's colour at 60 %, as a hex string, for lines that must show on its own points."""
    red, green, blue = to_rgb(component_color(k, colors))
    return to_hex((0.6 * red, 0.6 * green, 0.6 * blue))


def style_axes(ax: Axes, xlabel: str, ylabel: str) -> None:
    """Give axes the post's look: white, with a light grid."""
    ax.set_facecolor("white")
    ax.grid(color="0.92", linewidth=0.8)
    ax.set_axisbelow(True)
    for spine in ax.spines.values():
        spine.set_color("0.75")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)


def draw_points(
    ax: Axes,
    x: ArrayLike,
    responsibilities: ArrayLike | None = None,
    soft: bool = False,
    size: float | np.ndarray = 14,
    colors: Sequence[str] = COLORS,
    artists: list | None = None,
) -> list[Artist]:
    """Draw the points: black, or in the colour and marker of the component that has the largest share of each.

    Parameters
    ----------
    x : array_like, shape (n, 2), or (n, 1) for a row of points on the horizontal axis
    responsibilities : array_like, shape (n, K), optional
    soft : bool
        Circles that mix the colours of the components in the proportion of the responsibilities; those of which no
        component has 95 % have a dark rim. Artists that were drawn soft stay so.
    size : float or ndarray, shape (n,)
        Area of the markers in points squared.
    """
    x = _points(ax, "x", x, "n")
    places = x if x.shape[1] == 2 else np.column_stack([x, np.zeros(len(x))])
    if responsibilities is None:
        clouds = [("o", np.arange(len(x)), {"facecolor": "black"})]
    elif np.ndim(responsibilities) == 1:
        raise ValueError("responsibilities must have shape (n, K); for labels 0 to K-1 pass np.eye(K)[labels]")
    else:
        clouds = _clouds(as_real("responsibilities", responsibilities, (len(x), "K")), soft, colors)
    if artists is None:
        artists = [ax.scatter([], [], marker=marker, linewidths=soft * 0.9) for marker, *_ in clouds]
        ax.update_datalim(places)
        ax.autoscale_view()
    sizes = np.asarray(size)
    for artist, (marker, held, look) in zip(artists, clouds, strict=True):
        area = sizes[held] if sizes.ndim else sizes  # one number draws much faster
        artist.set(offsets=places[held], sizes=np.atleast_1d(MARKERS[marker] * area), **look)
    return artists


def _clouds(responsibilities, soft, colors):
    """For each component its marker, which points it holds, and their look; soft points are one cloud."""
    K = responsibilities.shape[1]
    if not soft:
        labels = responsibilities.argmax(axis=1)
        return [(component_marker(k), labels == k, {"facecolor": component_color(k, colors)}) for k in range(K)]
    shared = responsibilities.max(axis=1) < SURE
    order = np.argsort(shared, kind="stable")  # shared points on top
    mixed = np.clip(responsibilities @ _rgb(K, colors), 0, 1)
    edges = np.where(shared, "#000000", "none")
    return [("o", order, {"facecolor": mixed[order], "edgecolor": edges[order]})]


def _rgb(K, colors):
    return np.array([to_rgb(component_color(k, colors)) for k in range(K)])


def draw_means(
    ax: Axes, means: ArrayLike, trail: Sequence[ArrayLike] = (), artists: list | None = None
) -> list[Artist]:
    """Draw each mean as a large numbered cross, with the way that it came.

    Parameters
    ----------
    means : array_like, shape (K, 2), or (K, 1)
    trail : sequence of array_like like `means`
        Earlier means, oldest first.
    """
    means = _points(ax, "means", means, "K")
    ways = np.array([*trail, means]).swapaxes(0, 1)
    if means.shape[1] == 1:
        ways = np.concatenate([ways, np.zeros_like(ways)], axis=2)
    ends = ways[:, -1]
    if artists is None:
        looks = {"color": "black", "path_effects": HALO}
        artists = [line for _ in ways for line in ax.plot([], [], marker=".", linewidth=1.2, markersize=4, **looks)]
        artists += ax.plot([], [], "+", markersize=24, markeredgewidth=2, **looks)
        text = {"fontweight": "bold", "textcoords": "offset points", "clip_on": True, "bbox": LABEL}
        artists += [ax.annotate(str(k + 1), end, (0, 0), **text) for k, end in enumerate(ends)]
        ax.update_datalim(ways.reshape(-1, 2))
        ax.autoscale_view()
    lines, (crosses, *numbers) = artists[: len(ways)], artists[len(ways) :]
    crosses.set_data(*ends.T)
    for line, number, way, end in zip(lines, numbers, ways, ends, strict=True):
        line.set_data(*way.T)
        number.xy = end
        right, up = end >= ends.mean(axis=0)  # away from the middle of all means, where fewer others are
        number.xyann = (8 if right else -8, 7 if up else -7)
        number.set(ha="left" if right else "right", va="bottom" if up else "top")
    return artists


def ellipse_axes(covariance: ArrayLike) -> tuple[np.ndarray, float]:
    """Standard deviations along the principal axes, and the direction of the first.

    Parameters
    ----------
    covariance : array_like, shape (2, 2)

    Returns
    -------
    deviations : ndarray, shape (2,)
        Square ROOTS of the eigenvalues, largest first, in the units of the data. An ellipse drawn with the
        eigenvalues themselves is the classic mistake.
    angle : float
        Direction of the first axis, in degrees.

    Examples
    --------
    >>> deviations, angle = ellipse_axes([[9.0, 0.0], [0.0, 4.0]])
    >>> deviations
    array([3., 2.])
    """
    eigenvalues, vectors = np.linalg.eigh(np.asarray(covariance, dtype=float))
    angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
    return np.sqrt(eigenvalues[::-1]), float(angle)


class _Ellipse(Ellipse):
    """Left out where it is over 1000 times as large as the axes: all its dashes would take seconds to draw, or days."""

    def draw(self, renderer):
        assert self.axes is not None  # only axes draw it
        # by hand, since get_window_extent takes as long as all else that draws an ellipse
        angle, panel = np.radians(self.angle), self.axes.viewLim
        width = np.hypot(self.width * np.cos(angle), self.height * np.sin(angle))
        height = np.hypot(self.width * np.sin(angle), self.height * np.cos(angle))
        if width < 1000 * abs(panel.width) and height < 1000 * abs(panel.height):
            super().draw(renderer)


def draw_ellipses(
    ax: Axes,
    mixture: Mixture,
    deviations: Sequence[float] = (1, 2),
    colors: Sequence[str] = COLORS,
    artists: list | None = None,
) -> list[Artist]:
    """Draw, for d = 2, where each component is `deviations` standard deviations wide: one solid line, then dashed."""
    _check(ax, mixture, 2)
    wanted = list(product(range(mixture.K), deviations))
    if artists is None:
        artists = []
        for k, r in wanted:
            ellipse = _Ellipse((0, 0), 0, 0, fill=False, edgecolor=dark(k, colors))
            ellipse.set(linewidth=2, linestyle="-" if r == deviations[0] else "--", path_effects=HALO)
            artists.append(ax.add_artist(ellipse))
        _show_all_of(ax, mixture, max(deviations))
    for ellipse, (k, r) in zip(artists, wanted, strict=True):
        (first, second), angle = ellipse_axes(mixture.covariances[k])
        ellipse.set(center=mixture.means[k], width=2 * r * first, height=2 * r * second, angle=angle)
    return artists


def draw_truth(ax: Axes, mixture: Mixture) -> list[Artist]:
    """Draw the mixture that the points came from, dotted: for d = 2 its ellipses, for d = 1 its density."""
    _check(ax, mixture, 1, 2)
    look = {"color": "black", "linestyle": ":", "linewidth": 2}
    if mixture.d == 1:
        _show_all_of(ax, mixture)
        grid = np.linspace(*ax.get_xlim(), 600)
        return [*ax.plot(grid, np.exp(mixture.log_density(grid[:, None])), **look)]
    artists = draw_ellipses(ax, mixture)
    for ellipse in artists:
        ellipse.set(**look)
    return artists


def draw_contours(ax: Axes, mixture: Mixture) -> list[Artist]:
    """Draw, for d = 2, where the density of the mixture is 1/2, 1/4, 1/8, ... of its largest value on the axes.

    Nothing is drawn where that value is below some e^-10^15, and these cannot be told apart.
    """
    _check(ax, mixture, 2)
    _show_all_of(ax, mixture)
    across, up, points = grid_over(ax, 120)
    log_density = mixture.log_density(points).reshape(across.shape)
    levels = log_density.max() - np.log(2) * np.arange(8, 0, -1)
    if (np.diff(levels) <= 0).any():  # so far from all means that a half of the density rounds to the whole
        return []
    look = {"colors": "0.25", "linewidths": 0.9, "linestyles": "-"}
    return [ax.contour(across, up, log_density, levels=levels, **look)]


def draw_regions(ax: Axes, mixture: Mixture, colors: Sequence[str] = COLORS) -> list[Artist]:
    """Tint each place, for d = 1 or 2, as the component that would have the largest share of a point there."""
    _check(ax, mixture, 1, 2)
    _show_all_of(ax, mixture)
    across, _, points = grid_over(ax, 120)
    labels = mixture.predict(points[:, : mixture.d]).reshape(across.shape)
    extent = (*ax.get_xlim(), *ax.get_ylim())
    look = {"origin": "lower", "aspect": ax.get_aspect(), "interpolation": "nearest", "alpha": 0.2}
    return [ax.imshow(_rgb(mixture.K, colors)[labels], extent=extent, **look)]


def draw_density(ax: Axes, mixture: Mixture, grid: ArrayLike, colors: Sequence[str] = COLORS) -> list[Artist]:
    """Draw, for d = 1, the density of the mixture and of each component times its proportion.

    Parameters
    ----------
    grid : array_like, shape (m,)
        Where to evaluate it, in the units of the data.
    """
    _check(ax, mixture, 1)
    grid = as_real("grid", grid, ("m",))
    joint = np.exp(mixture.log_joint(grid[:, None]))
    artists: list[Artist] = [*ax.plot(grid, joint.sum(axis=1), color="black", linewidth=1.5)]
    for k in range(joint.shape[1]):
        artists += ax.plot(grid, joint[:, k], color=dark(k, colors), linewidth=2, linestyle="--")
    return artists


def draw_log_likelihood(ax: Axes, log_likelihoods: ArrayLike, artists: list | None = None) -> list[Artist]:
    """Draw the log-likelihoods of step 0, 1, 2, ..., in nats, and mark the last of them."""
    _check_axes(ax)
    values = np.asarray(log_likelihoods, dtype=float)
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"log_likelihoods must be one number per step, but its shape is {values.shape}")
    steps = np.arange(len(values))
    if artists is None:
        ring = {"markersize": 12, "markerfacecolor": "none", "markeredgecolor": "black", "markeredgewidth": 2}
        artists = ax.plot(steps, values, "o-", color="0.4", linewidth=1, markersize=4, markerfacecolor="black")
        return artists + ax.plot(steps[-1:], values[-1:], "o", **ring)
    line, mark = artists
    line.set_data(steps, values)
    mark.set_data(steps[-1:], values[-1:])
    return artists


# For the stepper's picture alone.


def draw_collapsing(ax: Axes, mean: np.ndarray, deviation: float | None = None) -> list[Artist]:
    """Mark a component, by its mean, that is narrow, or whose next M step collapses if no deviation is given."""
    words = "its next M step\ncollapses"
    if deviation is not None:
        words = f"collapsing: smallest\nstandard deviation {in_print(deviation, '.2g')}"
    box = {"boxstyle": "round", "facecolor": "white", "edgecolor": ALARM, "linewidth": 1.5}
    look = {"color": ALARM, "fontsize": 9, "bbox": box, "annotation_clip": False}
    # on the nearer edge of the axes, where they hide the fewest points and ways
    where = (mean[0], mean[1] if len(mean) == 2 else 0.0)
    x, y = ax.transAxes.inverted().transform(ax.transData.transform(where))
    beside = np.clip(x - 0.3 if x > 0.5 else x + 0.3, 0.25, 0.75)
    place = {"textcoords": "axes fraction", "xytext": (beside, 0.97 if y > 0.5 else 0.03)}
    arrow = {"arrowstyle": "->", "color": ALARM, "linewidth": 1.5}
    sides = {"ha": "center", "va": "top" if y > 0.5 else "bottom"}
    return [ax.annotate(words, where, **place, **sides, **look, arrowprops=arrow)]


def draw_earlier_runs(ax: Axes, runs: Sequence[tuple[str, Sequence[float]]], named: bool = True) -> list[Artist]:
    """Draw (name, log-likelihoods) of earlier runs as thin lines, with their final values and, if wanted, names."""
    if not runs:
        return []
    artists = []
    for i, (name, log_likelihoods) in enumerate(runs):
        style = EARLIER[i % len(EARLIER)]
        label = in_print(log_likelihoods[-1], ".3f") + (f"  {name}" if named else "")
        artists += ax.plot(log_likelihoods, style, color="0.45", linewidth=1, label=label)
    place = {"loc": "lower right", "bbox_to_anchor": (1, 0.12), "fontsize": 9, "framealpha": 0.85}
    artists.append(ax.legend(title="earlier, final log L", title_fontsize=9, **place))
    return artists


def draw_bound(ax: Axes, gain: float, divergence: float) -> list[Artist]:
    """Draw a rise of log L as a bar from 0 to `gain` nats: the rise of the bound, and the KL divergence above it."""
    share = float(np.clip(1 - divergence / gain, 0, 1)) if gain > 0 else 1.0
    look = {"width": 0.16, "edgecolor": "black", "linewidth": 1}
    bars = [*ax.bar(0.44, share, color="#8fb8de", **look)]
    bars += ax.bar(0.44, 1 - share, bottom=share, color="white", hatch="//", **look)
    place = {"x": 0.54, "fontsize": 9}
    words = [ax.text(y=0.0, s=f"bound\n{signed(gain - divergence)}", va="bottom", **place)]
    if divergence > 0:
        words.append(ax.text(y=1.0, s=f"KL =\n{in_print(divergence, '.3g')}", va="top", **place))
    scale = [(part, in_print(part * gain, ".3g")) for part in ((0, 0.5, 1) if gain > 0 else (0,))]
    words += [ax.text(0.35, part, number, fontsize=9, ha="right", va="center") for part, number in scale]
    return [*bars, *words]


def draw_no_bound(ax: Axes, what: str) -> list[Artist]:
    """Say what is wrong where no bar can be drawn."""
    words = f"no bar: {what},\nso a half-step\nis wrong"
    return [ax.text(0.05, 0.95, words, va="top", fontsize=9, color=ALARM, fontweight="bold", linespacing=1.4)]


def _check_axes(ax):
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be matplotlib axes, such as plt.subplots() makes, but it is {describe(ax)}")


def _points(ax, name, points, rows):
    """Check the axes, and return points that a picture can show."""
    _check_axes(ax)
    points = as_real(name, points, (rows, "d"))
    d = points.shape[1]
    if d > 2:
        raise ValueError(f"{name} has {d} coordinates, but a picture shows two: choose them, {name}[:, [0, 1]]")
    return points


def _check(ax, mixture, *dimensions):
    """Check the axes, and that the mixture has one of the dimensions that can be drawn."""
    _check_axes(ax)
    check_mixture("mixture", mixture)
    d = mixture.d
    if d not in dimensions:
        hint = "draw two of its coordinates, mixture.marginal([0, 1])" if d > 2 else "draw_density draws one with d = 1"
        raise ValueError(f"mixture has d = {d}, but this draws d = {' or '.join(map(str, dimensions))}; {hint}")


def _show_all_of(ax, mixture, deviations=3.0):
    """Let axes that have no limits of their own show a mixture as far as so many standard deviations."""
    reach = deviations * np.sqrt(np.diagonal(mixture.covariances, axis1=1, axis2=2))
    edges = np.concatenate([mixture.means - reach, mixture.means + reach])
    ax.update_datalim(edges[:, [0, -1]], updatey=mixture.d == 2)  # add_patch would search for them, and take longer
    ax.autoscale_view()


def grid_over(ax: Axes, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places all over the axes: their coordinates across and up, each (side, side), and the same as (side**2, 2)."""
    across, up = np.meshgrid(np.linspace(*ax.get_xlim(), side), np.linspace(*ax.get_ylim(), side))
    return across, up, np.column_stack([across.ravel(), up.ravel()])
