"""Where EM struggles: eight cases, each with points, one or two starts, and a sentence on what to see.

Notebook 09 shows them one by one. A test for each holds that it still behaves as it says.
"""

from dataclasses import dataclass

import numpy as np

from .. import starts
from ..em import m_step
from ..mixture import Mixture
from . import sets
from .sets import Dataset

SEED_OF_A_POOR_MAXIMUM = 17
SEED_OF_A_GOOD_MAXIMUM = 1
SEED_OF_ANOTHER_ORDER = 9
SEED_WHERE_UNITS_MISLEAD_EM = 8
SEED_OF_A_SLOW_RUN = 0


@dataclass(frozen=True, eq=False)
class Case:
    """Points and starts from which EM struggles."""

    data: Dataset
    starts: tuple[Mixture, ...]  # one, or two to compare
    see: str  # what EM does from them


def collapse_on_one_point() -> Case:
    """Return the Case in which a component shrinks onto a point far away.

    Examples
    --------
    >>> case = collapse_on_one_point()
    >>> case.data.x[-1]
    array([12., 12.])
    """
    wide = np.tile(36 * np.eye(2), (2, 1, 1))
    return Case(
        sets.cluster_and_one_outlier(),
        (Mixture([0.5, 0.5], [[0, 0], [12, 12]], wide),),
        "log L seems to settle. Then it rises faster and faster, as component 2 lets go of the cluster and shrinks "
        "onto the far point, until it has no width and no step is left.",
    )


def equal_components() -> Case:
    """Return the Case of two components in one place, and of the same two a thousandth of a minute apart."""
    geyser = sets.load_old_faithful()
    one = m_step(geyser.x, np.ones((len(geyser.x), 1)))
    covariances = np.tile(one.covariances, (2, 1, 1))
    offsets = np.array([[0, 0], [0.001, 0]])
    return Case(
        geyser,
        tuple(Mixture([0.5, 0.5], one.means + apart * offsets, covariances) for apart in (0, 1)),
        "Equal components take half of every point and stay equal: EM converges at once, to a single Gaussian. A tiny "
        "distance is enough to part them, but for some fifty steps nothing seems to happen.",
    )


def more_components_than_points() -> Case:
    """Return the Case of four components on thirty rows that hold three different points."""
    wide = np.tile(16 * np.eye(2), (4, 1, 1))
    return Case(
        sets.three_distinct_points(),
        (Mixture(np.full(4, 1 / 4), [[0.5, 1.5], [3.2, 0.4], [0.6, 3.2], [2, 1.2]], wide),),
        "Components shrink onto a point, or onto the line through two, and log L rises without bound. K-means refuses "
        "to start.",
    )


def poor_and_good_maximum() -> Case:
    """Return the Case of the post's points from two random starts: the first ends on a low hill, the second high."""
    post = sets.load_post()
    return Case(
        post,
        tuple(starts.random_points(post.x, 3, seed) for seed in (SEED_OF_A_POOR_MAXIMUM, SEED_OF_A_GOOD_MAXIMUM)),
        "From the first start one component takes two clusters, another nearly all of the third, and the last a sliver "
        "of it. EM converges, and no small change helps; yet from the second start it ends 625 nats higher.",
    )


def permuted_labels() -> Case:
    """Return the Case of the post's points from two random starts that number the same clusters differently."""
    post = sets.load_post()
    return Case(
        post,
        tuple(starts.random_points(post.x, 3, seed) for seed in (SEED_OF_A_GOOD_MAXIMUM, SEED_OF_ANOTHER_ORDER)),
        "Both runs end with the same three clusters and the same log L, but no component has the same number in both.",
    )


def wild_units() -> Case:
    """Return the Case of two clusters with one coordinate in a tiny unit (Note 2 of the post).

    The starts are M steps on the labels of K-means: of the raw points, and of points with standard deviation 1 in each
    coordinate.
    """
    data = sets.two_clusters_in_wild_units(seed=SEED_WHERE_UNITS_MISLEAD_EM)
    standardised = data.x / data.x.std(axis=0)
    labels = [starts.k_means(x, 2).predict(x) for x in (data.x, standardised)]
    return Case(
        data,
        tuple(starts.from_labels(data.x, of_k_means) for of_k_means in labels),
        "K-means on raw numbers sees y alone and cuts across both clusters, and EM does not recover: it ends on a low "
        "hill. From the labels of standardised points it finds the clusters in a few steps.",
    )


def overlapping_clusters() -> Case:
    """Return the Case of two clusters that are two standard deviations apart, where EM is slow."""
    truth = Mixture([0.5, 0.5], means=[[-1, 0], [1, 0]], covariances=[np.eye(2), np.eye(2)])
    x, labels = truth.sample(400, SEED_OF_A_SLOW_RUN)
    return Case(
        Dataset(x, ("x", "y"), "made: two round clusters with standard deviation 1, two apart", labels),
        (starts.k_means(x, 2),),
        "log L is almost flat after ten steps, but the means still travel, for hundreds of steps more.",
    )


def underflow() -> Case:
    """Return the Case of a point so far out that its density is 0 in double precision."""
    return Case(
        sets.point_40_deviations_away(),
        (starts.from_means([[-2], [2]]),),
        "An E step in plain arithmetic has 0/0 for the far point. In logarithms it goes on; and since that point is no "
        "cluster, a component shrinks onto it in the end.",
    )
