"""Pictures of points and mixtures: each function draws one thing on given axes and returns its artists.

What a stepper shows in every frame can also be moved, which is quicker than to draw it anew: `move_points` and the like
change the artists that `draw_points` and the like have returned.

Components have the post's colours (ColorBrewer Dark2) and, since colour alone is not enough, a marker of their own.
Pictures count components from 1, as the post does.
"""

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke

from ._format import in_print, signed

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


def component_color(k, colors=COLORS):
    """Colour of component `k`, counted from 0, as a hex string."""
    return colors[k % len(colors)]


def component_marker(k):
    """Matplotlib marker of component `k`, counted from 0; colour and marker together repeat after 56."""
    return list(MARKERS)[k % len(MARKERS)]


def dark(k, colors=COLORS):
    """The component's colour at 60 %, as a hex string, for lines that must show on its own points."""
    return to_hex([0.6 * channel for channel in to_rgb(component_color(k, colors))])


def style_axes(ax, xlabel, ylabel):
    """Give axes the post's look: white, with a light grid."""
    ax.set_facecolor("white")
    ax.grid(color="0.92", linewidth=0.8)
    ax.set_axisbelow(True)
    for spine in ax.spines.values():
        spine.set_color("0.75")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)


def draw_points(ax, x, responsibilities=None, soft=False, size=14, colors=COLORS):
    """Draw the points: black, or in the colour and marker of the component that has the largest share of each.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x : ndarray, shape (n, 2), or (n, 1) for a row of points on the horizontal axis
    responsibilities : ndarray, shape (n, K), optional
    soft : bool
        Mix the colours of the components in the proportion of the responsibilities. The marker stays.
    size : float or ndarray, shape (n,)
        Area of the markers in points squared.
    colors : sequence of str
        Of the components, as hex strings.

    Returns
    -------
    list of artists
    """
    clouds = _clouds(x, responsibilities, soft, size, colors)
    return [ax.scatter(*at.T, s=area, c=color, marker=marker, linewidths=0) for at, color, area, marker in clouds]


def move_points(artists, x, responsibilities=None, soft=False, size=14, colors=COLORS):
    """Let points that were drawn show other places, responsibilities, colours or sizes.

    Parameters
    ----------
    artists : list of artists
        What :func:`draw_points` returned.
    x, responsibilities, soft, size, colors
        As for :func:`draw_points`; as many components.
    """
    clouds = _clouds(x, responsibilities, soft, size, colors)
    for artist, (places, color, area, _) in zip(artists, clouds, strict=True):
        artist.set(offsets=places, facecolor=color, sizes=np.atleast_1d(area))


def _clouds(x, responsibilities, soft, size, colors):
    """For each component the places, the colour, the area and the marker of the points that it holds."""
    places = x if x.shape[1] == 2 else np.column_stack([x, np.zeros(len(x))])
    if responsibilities is None:
        return [(places, "black", size, "o")]
    labels = responsibilities.argmax(axis=1)
    K = responsibilities.shape[1]
    mixed = responsibilities @ np.array([to_rgb(component_color(k, colors)) for k in range(K)])
    clouds = []
    for k in range(K):
        held = labels == k
        color = np.clip(mixed[held], 0, 1) if soft else component_color(k, colors)
        marker = component_marker(k)
        area = MARKERS[marker] * (size if np.ndim(size) == 0 else size[held])  # one number draws much faster
        clouds.append((places[held], color, area, marker))
    return clouds


def draw_means(ax, means, trail=()):
    """Draw each mean as a large numbered cross, with the way that it came.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    means : ndarray, shape (K, 2), or (K, 1)
    trail : sequence of ndarray like `means`
        Earlier means, oldest first.

    Returns
    -------
    list of artists
    """
    ways, ends = _ways(means, trail)
    artists = []
    for way in ways:
        artists += ax.plot(*way.T, color="black", linewidth=1.2, marker=".", markersize=4, path_effects=HALO)
    artists += ax.plot(*ends.T, "+", color="black", markersize=24, markeredgewidth=2, path_effects=HALO)
    look = {"fontweight": "bold", "path_effects": HALO, "clip_on": True}
    for k, end in enumerate(ends):
        artists.append(ax.annotate(str(k + 1), end, (7, 6), textcoords="offset points", **look))
    return artists


def move_means(artists, means, trail=()):
    """Move means that were drawn, and the ways that they came.

    Parameters
    ----------
    artists : list of artists
        What :func:`draw_means` returned.
    means, trail
        As for :func:`draw_means`; as many components.
    """
    ways, ends = _ways(means, trail)
    lines, (crosses, *numbers) = artists[: len(ways)], artists[len(ways) :]
    crosses.set_data(*ends.T)
    for line, number, way, end in zip(lines, numbers, ways, ends, strict=True):
        line.set_data(*way.T)
        number.xy = end


def _ways(means, trail):
    """The way of each mean, shape (steps, 2), and where they end, shape (K, 2)."""
    ways = [np.array([_in_plane(m[k]) for m in [*trail, means]]) for k in range(len(means))]
    return ways, np.array([way[-1] for way in ways])


def ellipse_axes(covariance):
    """Standard deviations along the principal axes, and the direction of the first.

    Parameters
    ----------
    covariance : ndarray, shape (2, 2)

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
    eigenvalues, vectors = np.linalg.eigh(covariance)
    angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
    return np.sqrt(eigenvalues[::-1]), float(angle)


class _Ellipse(Ellipse):
    """Left out where it is over 1000 times as large as the axes: all its dashes would take seconds to draw, or days."""

    def draw(self, renderer):
        angle, panel = np.radians(self.angle), self.axes.viewLim
        width = np.hypot(self.width * np.cos(angle), self.height * np.sin(angle))
        height = np.hypot(self.width * np.sin(angle), self.height * np.cos(angle))
        if width < 1000 * abs(panel.width) and height < 1000 * abs(panel.height):
            super().draw(renderer)


def draw_ellipses(ax, mixture, deviations=(1, 2), colors=COLORS):
    """Draw where each component is `deviations` standard deviations wide: one solid line, then dashed ones.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    mixture : Mixture
        With d = 2.
    deviations : sequence of float
    colors : sequence of str
        Of the components, as hex strings.

    Returns
    -------
    list of artists
    """
    artists = []
    for k in range(len(mixture.means)):
        for i in range(len(deviations)):
            ellipse = _Ellipse((0, 0), 0, 0, fill=False, edgecolor=dark(k, colors))
            ellipse.set(linewidth=2, linestyle="--" if i else "-", path_effects=HALO)
            artists.append(ax.add_artist(ellipse))
    move_ellipses(artists, mixture, deviations)
    reach = max(deviations) * np.sqrt(np.diagonal(mixture.covariances, axis1=1, axis2=2))
    edges = np.concatenate([mixture.means - reach, mixture.means + reach])
    ax.update_datalim(edges)  # add_patch would search for them, and take longer
    return artists


def move_ellipses(artists, mixture, deviations=(1, 2)):
    """Let ellipses that were drawn show another mixture.

    Parameters
    ----------
    artists : list of artists
        What :func:`draw_ellipses` returned.
    mixture, deviations
        As for :func:`draw_ellipses`.
    """
    for i, ellipse in enumerate(artists):
        k, place = divmod(i, len(deviations))
        (first, second), angle = ellipse_axes(mixture.covariances[k])
        r = deviations[place]
        ellipse.set(center=mixture.means[k], width=2 * r * first, height=2 * r * second, angle=angle)


def draw_truth(ax, mixture):
    """Draw the mixture that the points came from, dotted: for d = 2 its ellipses, for d = 1 its density.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    mixture : Mixture
        With d = 1 or 2.

    Returns
    -------
    list of artists
    """
    look = {"color": "black", "linestyle": ":", "linewidth": 2}
    if mixture.means.shape[1] == 1:
        grid = np.linspace(*ax.get_xlim(), 600)
        return ax.plot(grid, np.exp(mixture.log_density(grid[:, None])), **look)
    artists = draw_ellipses(ax, mixture)
    for ellipse in artists:
        ellipse.set(**look)
    return artists


def draw_contours(ax, mixture):
    """Draw where the density of the mixture is 1/2, 1/4, 1/8, ... of its largest value on the axes.

    Nothing is drawn where that value is below some e^-10^15, and these cannot be told apart.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    mixture : Mixture
        With d = 2.

    Returns
    -------
    list of artists
    """
    across, up, points = _grid(ax)
    log_density = mixture.log_density(points).reshape(across.shape)
    levels = log_density.max() - np.log(2) * np.arange(8, 0, -1)
    if (np.diff(levels) <= 0).any():  # so far from all means that a half of the density rounds to the whole
        return []
    look = {"colors": "0.25", "linewidths": 0.9, "linestyles": "-"}
    return [ax.contour(across, up, log_density, levels=levels, **look)]


def draw_regions(ax, mixture, colors=COLORS):
    """Tint each place with the colour of the component that would have the largest share of a point there.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    mixture : Mixture
        With d = 1 or 2.
    colors : sequence of str
        Of the components, as hex strings.

    Returns
    -------
    list of artists
    """
    across, _, points = _grid(ax)
    labels = mixture.predict(points[:, : mixture.means.shape[1]]).reshape(across.shape)
    tints = np.array([to_rgb(component_color(k, colors)) for k in range(len(mixture.means))])
    extent = (*ax.get_xlim(), *ax.get_ylim())
    look = {"origin": "lower", "aspect": "auto", "interpolation": "nearest", "alpha": 0.2}
    return [ax.imshow(tints[labels], extent=extent, **look)]


def draw_collapsing(ax, mean, deviation):
    """Mark a component that is collapsing, with its smallest standard deviation.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    mean : ndarray, shape (2,) or (1,)
    deviation : float
        In the units of the data.

    Returns
    -------
    list of artists
    """
    words = f"collapsing: smallest\nstandard deviation {deviation:.2g}"
    box = {"boxstyle": "round", "facecolor": "white", "edgecolor": ALARM, "linewidth": 1.5}
    look = {"color": ALARM, "fontsize": 9, "bbox": box, "annotation_clip": False}
    # towards the middle of the axes, so that the words stay on them
    x, y = ax.transAxes.inverted().transform(ax.transData.transform(_in_plane(mean)))
    place = {"textcoords": "offset points", "xytext": (-18 if x > 0.5 else 18, -34 if y > 0.5 else 34)}
    sides = {"ha": "right" if x > 0.5 else "left", "va": "top" if y > 0.5 else "bottom"}
    arrow = {"arrowstyle": "->", "color": ALARM, "linewidth": 1.5}
    return [ax.annotate(words, _in_plane(mean), **place, **sides, **look, arrowprops=arrow)]


def draw_density(ax, mixture, grid, colors=COLORS):
    """Draw, for d = 1, the density of the mixture and of each component times its proportion.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    mixture : Mixture
        With d = 1.
    grid : ndarray, shape (m,)
        Where to evaluate it, in the units of the data.
    colors : sequence of str
        Of the components, as hex strings.

    Returns
    -------
    list of artists
    """
    joint = np.exp(mixture.log_joint(grid[:, None]))
    artists = ax.plot(grid, joint.sum(axis=1), color="black", linewidth=1.5)
    for k in range(joint.shape[1]):
        artists += ax.plot(grid, joint[:, k], color=dark(k, colors), linewidth=2, linestyle="--")
    return artists


def draw_log_likelihood(ax, log_likelihoods):
    """Draw the log-likelihood of step 0, 1, 2, ... and mark the last of them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    log_likelihoods : sequence of float
        In nats, from step 0 to the current one.

    Returns
    -------
    list of artists
    """
    steps = np.arange(len(log_likelihoods))
    artists = ax.plot(
        steps, log_likelihoods, color="0.4", linewidth=1, marker="o", markersize=4, markerfacecolor="black"
    )
    artists += ax.plot(
        steps[-1:],
        log_likelihoods[-1:],
        "o",
        markersize=12,
        markerfacecolor="none",
        markeredgecolor="black",
        markeredgewidth=2,
    )
    return artists


def move_log_likelihood(artists, log_likelihoods):
    """Let a curve that was drawn show other log-likelihoods.

    Parameters
    ----------
    artists : list of artists
        What :func:`draw_log_likelihood` returned.
    log_likelihoods
        As for :func:`draw_log_likelihood`.
    """
    line, mark = artists
    steps = np.arange(len(log_likelihoods))
    line.set_data(steps, log_likelihoods)
    mark.set_data(steps[-1:], log_likelihoods[-1:])


def draw_earlier_runs(ax, runs, named=True):
    """Draw the log-likelihoods of earlier runs as thin lines, with their final values.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    runs : sequence of (str, sequence of float)
        The name of each run, and its log-likelihoods from step 0 on, in nats.
    named : bool
        Write the names too.

    Returns
    -------
    list of artists
    """
    if not runs:
        return []
    artists = []
    for i, (name, log_likelihoods) in enumerate(runs):
        style = EARLIER[i % len(EARLIER)]
        label = in_print(log_likelihoods[-1], ".3f") + f"  {name}" * named
        artists += ax.plot(log_likelihoods, style, color="0.45", linewidth=1, label=label)
    place = {"loc": "lower right", "bbox_to_anchor": (1, 0.12), "fontsize": 7.5, "framealpha": 0.85}
    artists.append(ax.legend(title="earlier, final log L", title_fontsize=7.5, **place))
    return artists


def draw_bound(ax, gain, divergence):
    """Draw a rise of log L as a bar in two parts: the rise of the bound, and the KL divergence above the bound.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        From 0 to 1 on both axes.
    gain : float
        What log L has gained in this step, in nats.
    divergence : float
        How far the bound is below log L, in nats.

    Returns
    -------
    list of artists
    """
    share = float(np.clip(1 - divergence / gain, 0, 1)) if gain > 0 else 1.0
    bars = [*ax.bar(0.2, share, 0.3, color="#8fb8de"), *ax.bar(0.2, 1 - share, 0.3, share, color="white", hatch="//")]
    for bar in bars:
        bar.set(edgecolor="black", linewidth=1)
    place = {"x": 0.41, "fontsize": 9}
    words = [ax.text(y=0.0, s=f"bound\n{signed(gain - divergence)}", va="bottom", **place)]
    if divergence > 0:
        words.append(ax.text(y=1.0, s=f"KL =\n{divergence:.3g}", va="top", **place))
    return [*bars, *words]


def draw_no_bound(ax, what):
    """Say in words what cannot be drawn as a bar; arguments as for `draw_bound`, and what is wrong."""
    words = f"no bar: {what},\nso a half-step\nis wrong"
    return [ax.text(0.05, 0.95, words, va="top", fontsize=9, color=ALARM, fontweight="bold", linespacing=1.4)]


def _grid(ax):
    """Places all over the axes: two (m, m) arrays of coordinates, and the same as (m * m, 2) points."""
    across, up = np.meshgrid(np.linspace(*ax.get_xlim(), 120), np.linspace(*ax.get_ylim(), 120))
    return across, up, np.column_stack([across.ravel(), up.ravel()])


def _in_plane(mean):
    return mean if len(mean) == 2 else (mean[0], 0.0)
