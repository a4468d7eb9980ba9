"""Step 0: where EM starts, its initialization. The same EM from another start may climb another hill.

The post's start, :func:`k_means`, has equal proportions 1/K, identity covariances, and means from K-means. An identity
covariance has width 1 whatever the units are. Where 1 is far wider than the data, all components see all points alike,
and EM ends with K copies of one Gaussian: then start from :func:`k_means_clusters`, whose widths are those of the data.
A TypeError or ValueError names an argument that is not as described.
"""

import numpy as np
from numpy.typing import ArrayLike

from . import em
from ._checks import LARGEST, as_count, as_labels, as_points, as_real, as_seed, check_function
from ._sklearn import fetched_by_a_cell
from ._threads import one_thread_of_k_means
from .mixture import Mixture

# Ten starts of K-means on so many points find the clusters; only the best of them goes on with all points.
MOST_POINTS_FOR_RESTARTS = 20_000


def from_means(means: ArrayLike, covariance: ArrayLike | None = None) -> Mixture:
    """Start from given means (K, d), with proportions 1/K and identity covariances, as in the post.

    A `covariance` (d, d), if given, is that of every component.

    Examples
    --------
    >>> from_means([[0.0, 0.0], [3.0, 1.0]]).proportions
    array([0.5, 0.5])
    """
    means = as_real("means", means, ("K", "d"))
    K, d = means.shape
    covariance = np.eye(d) if covariance is None else as_real("covariance", covariance, (d, d), 2 * LARGEST**2)
    return Mixture(np.full(K, 1 / K), means, np.tile(covariance, (K, 1, 1)))


def k_means(x: ArrayLike, K: int, seed: int = 0) -> Mixture:
    """The post's start: the means are the centres that K-means finds.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points, with at least K distinct ones. K-means sees raw units: scale matters.
    K : int
        Number of components.
    seed : int
        For scikit-learn's K-means++ with ten restarts, on a sample of 20,000 points where there are more.

    Returns
    -------
    Mixture
        Components in the order of their first coordinate, so that a seed never merely renames them.
    """
    with fetched_by_a_cell():
        from sklearn.cluster import KMeans  # here, because it takes a second to load

    x, K, seed = _check(x, K, seed)
    some = x
    if len(x) > MOST_POINTS_FOR_RESTARTS:
        some = x[np.random.default_rng(seed).choice(len(x), MOST_POINTS_FOR_RESTARTS, replace=False)]
    with one_thread_of_k_means:
        best = KMeans(n_clusters=K, init="k-means++", n_init=10, random_state=seed).fit(some)  # pyright: ignore
        # and the best of them to the very end
        search = KMeans(n_clusters=K, init=best.cluster_centers_, n_init=1, tol=0)  # pyright: ignore
        centres = search.fit(x).cluster_centers_
    return from_means(centres[np.lexsort(centres.T[::-1])])


def k_means_clusters(x: ArrayLike, K: int, seed: int = 0, m_step: em.MStep = em.m_step) -> Mixture:
    """Start from the clusters of K-means: an M step fits each component to its cluster, so that widths are the data's.

    Where a cluster has no covariance of its own, since it is one point, say, each component has 1/K of all points and
    the covariance that :func:`random_places` describes.

    Arguments are those of :func:`k_means`, and `m_step`, which may be one of another covariance type. A
    CollapsedComponent if all points together have no covariance.

    Examples
    --------
    >>> x = [[0.0], [2e-6], [9e-6], [1e-5]]
    >>> k_means_clusters(x, 2).covariances.ravel()
    array([1.0e-12, 2.5e-13])
    """
    means = k_means(x, K, seed).means
    x = as_points(x)
    check_function("m_step", m_step)
    labels = np.argmin([((x - mean) ** 2).sum(axis=1) for mean in means], axis=0)
    try:
        return m_step(x, np.eye(K)[labels])
    except em.CollapsedComponent:
        return from_means(means, _share_of_all(x, K, m_step))


def random_points(x: ArrayLike, K: int, seed: int = 0) -> Mixture:
    """Start from K distinct points drawn from `x` as means; arguments as in :func:`k_means`."""
    x, K, seed = _check(x, K, seed)
    return from_means(np.random.default_rng(seed).choice(np.unique(x, axis=0), size=K, replace=False))


def random_places(x: ArrayLike, K: int, seed: int = 0, m_step: em.MStep = em.m_step) -> Mixture:
    """Start from the means of :func:`random_points`, with covariances that know the scale of the data.

    Each is the covariance of all points, shrunk so that the K of them fill the volume of that one. Arguments
    and errors as in :func:`k_means_clusters`.
    """
    x, K, seed = _check(x, K, seed)
    check_function("m_step", m_step)
    return from_means(random_points(x, K, seed).means, _share_of_all(x, K, m_step))


def random_responsibilities(x: ArrayLike, K: int, seed: int = 0, m_step: em.MStep = em.m_step) -> Mixture:
    """Start from an M step on responsibilities drawn at random, uniform over all ways to share a point out.

    Arguments and errors as in :func:`k_means_clusters`. All components start near the centre of the data.
    """
    x, K, seed = _check(x, K, seed)
    check_function("m_step", m_step)
    return m_step(x, np.random.default_rng(seed).dirichlet(np.ones(K), size=len(x)))


def from_labels(x: ArrayLike, labels: ArrayLike) -> Mixture:
    """Start from an M step on known labels (n,), counted from 0 without gaps.

    A CollapsedComponent if a label has too few points for a covariance.
    """
    x = as_points(x)
    labels = as_labels("labels", labels, len(x))
    return em.m_step(x, np.eye(labels.max() + 1)[labels])


def _share_of_all(x, K, m_step):
    """The covariance of all points, with 1/K of its volume: the root of its determinant is divided by K."""
    return m_step(x, np.ones((len(x), 1))).covariances[0] / K ** (2 / x.shape[1])


def _check(x, K, seed):
    x = as_points(x)
    K = as_count("K", K, 1, len(x), ", the number of points,")
    distinct = len(np.unique(x[:1000], axis=0))  # which nearly always are enough; to sort all takes long
    if distinct < K:
        distinct = len(np.unique(x, axis=0))
    if distinct < K:
        raise ValueError(f"x has too few distinct points, {distinct}, for K = {K} components; lower K")
    return x, K, as_seed(seed)
