"""Step 0: where EM starts. The same EM from another start may climb another hill.

The post's start has equal proportions 1/K, identity covariances, and means from K-means.
"""

import numpy as np

from ._checks import as_count, as_labels, as_points, as_real, as_seed, check_function
from .em import m_step
from .mixture import Mixture


def from_means(means):
    """Start from given means, with proportions 1/K and identity covariances, as in the post.

    Parameters
    ----------
    means : array_like, shape (K, d)
        In the units of the data.

    Returns
    -------
    Mixture

    Raises
    ------
    TypeError, ValueError
        If `means` is not a finite real (K, d) array.

    Examples
    --------
    >>> from_means([[0.0, 0.0], [3.0, 1.0]]).proportions
    array([0.5, 0.5])
    """
    means = as_real("means", means, ("K", "d"))
    K, d = means.shape
    return Mixture(np.full(K, 1 / K), means, np.tile(np.eye(d), (K, 1, 1)))


def k_means(x, K, seed=0):
    """The post's start: the means are the centres that K-means finds.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points, with at least K distinct ones. K-means sees raw units: scale matters.
    K : int
        Number of components.
    seed : int
        For scikit-learn's K-means++ with ten restarts.

    Returns
    -------
    Mixture
        Components in the order of their first coordinate, so that a seed never merely renames them.

    Raises
    ------
    TypeError, ValueError
        If `x`, `K` or `seed` is not as described.
    """
    from sklearn.cluster import KMeans  # here, because it takes a second to load

    x, K, seed = _check(x, K, seed)
    centres = KMeans(n_clusters=K, init="k-means++", n_init=10, tol=0, random_state=seed).fit(x).cluster_centers_
    return from_means(centres[np.lexsort(centres.T[::-1])])


def random_points(x, K, seed=0):
    """Start from K distinct points drawn from `x` as means; arguments, result and errors as in :func:`k_means`."""
    x, K, seed = _check(x, K, seed)
    return from_means(np.random.default_rng(seed).choice(np.unique(x, axis=0), size=K, replace=False))


def random_responsibilities(x, K, seed=0, m_step=m_step):
    """Start from an M step on responsibilities drawn at random, uniform over all ways to share a point out.

    Arguments, result and errors as in :func:`k_means`; `m_step` may be one of another covariance model. All components
    start near the centre of the data.
    """
    x, K, seed = _check(x, K, seed)
    check_function("m_step", m_step)
    return m_step(x, np.random.default_rng(seed).dirichlet(np.ones(K), size=len(x)))


def from_labels(x, labels):
    """Start from an M step on known labels: each component is fitted to the points that carry its label.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    labels : array_like, shape (n,)
        The component of each point, counted from 0.

    Returns
    -------
    Mixture

    Raises
    ------
    TypeError, ValueError
        If `x` or `labels` is not as described, or the labels have a gap.
    CollapsedComponent
        If a label has too few points for a covariance.
    """
    x = as_points(x)
    labels = as_labels("labels", labels, len(x))
    return m_step(x, np.eye(labels.max() + 1)[labels])


def _check(x, K, seed):
    x = as_points(x)
    K = as_count("K", K, 1, len(x), ", the number of points,")
    distinct = len(np.unique(x, axis=0))
    if distinct < K:
        raise ValueError(f"x has too few distinct points, {distinct}, for K = {K} components; lower K")
    return x, K, as_seed(seed)
