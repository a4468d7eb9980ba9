"""Pictures of points and mixtures: each function draws one thing on given axes and returns its artists.

Components have the post's colours (ColorBrewer Dark2) and, since colour alone is not enough, a marker of their own.
Pictures count components from 1, as the post does.
"""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke

COLORS = ("#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#e6ab02", "#a6761d", "#666666")
MARKERS = {"o": 1.0, "^": 1.0, "s": 0.75, "D": 0.65, "v": 1.0, "P": 1.1, "X": 1.1}  # with areas that look alike
HALO = (withStroke(linewidth=3, foreground="white"),)


def component_color(k):
    """Colour of component `k`, counted from 0, as a hex string."""
    return COLORS[k % len(COLORS)]


def component_marker(k):
    """Matplotlib marker of component `k`, counted from 0; colour and marker together repeat after 56."""
    return list(MARKERS)[k % len(MARKERS)]


def dark(k):
    """The component's colour at 60 %, for lines that must show on its own points."""
    return tuple(0.6 * channel for channel in to_rgb(component_color(k)))


def style_axes(ax, xlabel, ylabel):
    """Give axes the post's look: white, with a light grid."""
    ax.set_facecolor("white")
    ax.grid(color="0.92", linewidth=0.8)
    ax.set_axisbelow(True)
    for spine in ax.spines.values():
        spine.set_color("0.75")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)


def draw_points(ax, x, responsibilities=None, soft=False, size=14):
    """Draw the points: black, or in the colour and marker of the component that has the largest share of each.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x : ndarray, shape (n, 2), or (n, 1) for a row of points on the horizontal axis
    responsibilities : ndarray, shape (n, K), optional
    soft : bool
        Mix the colours of the components in the proportion of the responsibilities. The marker stays.
    size : float
        Area of a marker in points squared.

    Returns
    -------
    list of artists
    """
    across = x[:, 0]
    up = x[:, 1] if x.shape[1] == 2 else np.zeros(len(x))
    if responsibilities is None:
        return [ax.scatter(across, up, s=size, color="black", linewidths=0)]
    labels = responsibilities.argmax(axis=1)
    K = responsibilities.shape[1]
    mixed = responsibilities @ np.array([to_rgb(component_color(k)) for k in range(K)])
    artists = []
    for k in range(K):
        held = labels == k
        color = np.clip(mixed[held], 0, 1) if soft else component_color(k)
        marker = component_marker(k)
        area = size * MARKERS[marker]
        artists.append(ax.scatter(across[held], up[held], s=area, c=color, marker=marker, linewidths=0))
    return artists


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
    artists = []
    for k in range(len(means)):
        path = np.array([_in_plane(m[k]) for m in [*trail, means]])
        artists += ax.plot(*path.T, color="black", linewidth=1.2, marker=".", markersize=4, path_effects=HALO)
        artists += ax.plot(*path[-1:].T, "+", color="black", markersize=24, markeredgewidth=2, path_effects=HALO)
        artists.append(
            ax.annotate(
                str(k + 1),
                path[-1],
                (7, 6),
                textcoords="offset points",
                fontweight="bold",
                path_effects=HALO,
                clip_on=True,
            )
        )
    return artists


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


def draw_ellipses(ax, mixture, deviations=(1, 2)):
    """Draw where each component is `deviations` standard deviations wide: one solid line, then dashed ones.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    mixture : Mixture
        With d = 2.
    deviations : sequence of float

    Returns
    -------
    list of artists
    """
    artists = []
    for k, (mean, covariance) in enumerate(zip(mixture.means, mixture.covariances, strict=True)):
        (first, second), angle = ellipse_axes(covariance)
        for i, r in enumerate(deviations):
            ellipse = Ellipse(mean, 2 * r * first, 2 * r * second, angle=angle, fill=False, edgecolor=dark(k))
            ellipse.set(linewidth=2, linestyle="--" if i else "-", path_effects=HALO)
            artists.append(ax.add_patch(ellipse))
    return artists


def draw_density(ax, mixture, grid):
    """Draw, for d = 1, the density of the mixture and of each component times its proportion.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    mixture : Mixture
        With d = 1.
    grid : ndarray, shape (m,)
        Where to evaluate it, in the units of the data.

    Returns
    -------
    list of artists
    """
    joint = np.exp(mixture.log_joint(grid[:, None]))
    artists = ax.plot(grid, joint.sum(axis=1), color="black", linewidth=1.5)
    for k in range(joint.shape[1]):
        artists += ax.plot(grid, joint[:, k], color=dark(k), linewidth=2, linestyle="--")
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


def _in_plane(mean):
    return mean if len(mean) == 2 else (mean[0], 0.0)
