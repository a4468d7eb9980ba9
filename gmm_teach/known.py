"""EM where something is known: the E step fills in what is missing, whatever it is.

::

    some labels       T[i, k] = 1 for the label that is known, and 0 for the others
    some coordinates  each component fills a gap of x_i by its conditional mean, given the coordinates a that are there,
                          m_gap + Sigma_gap,a Sigma_aa^-1 (x_a - m_a)
                      and the M step adds to Sigma_k what such points lack in spread, weighted with T[i, k] / S_k:
                          Sigma_gap,gap - Sigma_gap,a Sigma_aa^-1 Sigma_a,gap

Without the last line components come out too thin. Weights need no more than :func:`gmm_teach.m_step` has.
A TypeError or ValueError names an argument that is not as described.

Sources: G. McLachlan and D. Peel, *Finite Mixture Models*, 2000, section 2.19 (labels); Z. Ghahramani and M. I. Jordan,
*Supervised learning from incomplete data via an EM approach*, NIPS 6 (1994), 120-127 (coordinates).
"""

from collections.abc import Iterator
from itertools import count

import numpy as np
from numpy.typing import ArrayLike

from ._checks import as_count, as_real, as_tolerance
from ._threads import one_thread
from .em import State, check_none_empty, check_none_flat, share_out
from .mixture import Mixture, check_mixture
from .runs import Run, keep_every_step

UNKNOWN = -1


def e_step_with_labels(x: ArrayLike, mixture: Mixture, labels: ArrayLike) -> tuple[np.ndarray, float]:
    """Share out the points without a label; each of the others belongs to the component of its label.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    mixture : Mixture
        The present parameters.
    labels : array_like, shape (n,)
        The component of each point, counted from 0; -1 where it is not known.

    Returns
    -------
    responsibilities : ndarray, shape (n, K)
        With a row of 0 and 1 where the label is known.
    log_likelihood : float
        Of all that is known, in nats: a point with label k adds log (pi_k f_k(x_i)), and one without adds log p(x_i).

    Examples
    --------
    >>> mixture = Mixture([0.5, 0.5], means=[[0.0], [4.0]], covariances=[[[1.0]], [[1.0]]])
    >>> e_step_with_labels([[2.0], [2.0]], mixture, [-1, 1])[0]
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    check_mixture("mixture", mixture)
    log_joint = mixture.log_joint(x)
    n, K = log_joint.shape
    labels = as_real("labels", labels, (n,))
    if not np.isin(labels, np.arange(UNKNOWN, K)).all():
        raise ValueError(f"labels must hold whole numbers from 0 to {K - 1}, or -1 where a label is not known")
    possible = (labels[:, None] == UNKNOWN) | (labels[:, None] == np.arange(K))
    responsibilities, log_density = share_out(np.where(possible, log_joint, -np.inf))
    return responsibilities, float(log_density.sum())


def step_with_gaps(x: ArrayLike, mixture: Mixture) -> tuple[Mixture, np.ndarray, float]:
    """Make a whole EM step on points of which some coordinates are missing.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points, with NaN for a coordinate that is missing. Every row and every column holds a number.
    mixture : Mixture
        The present parameters.

    Returns
    -------
    mixture : Mixture
        The next parameters.
    responsibilities : ndarray, shape (n, K)
        Under the present parameters, given the coordinates that are there.
    log_likelihood : float
        Of those coordinates under the present parameters, in nats.

    Raises
    ------
    CollapsedComponent
        If a component holds no points, or has no width in some direction.
    """
    check_mixture("mixture", mixture)
    x = _as_points_with_gaps(x, mixture.d)
    n, K, d = len(x), mixture.K, mixture.d
    T, log_density = np.empty((n, K)), np.empty(n)
    filled = np.tile(x, (K, 1, 1))  # (K, n, d): each component fills a gap in its own way
    lacking = np.zeros((K, d, d))
    patterns, of_row = np.unique(np.isnan(x), axis=0, return_inverse=True)
    for i, gap in enumerate(patterns):
        rows, there = of_row.ravel() == i, ~gap
        known, seen = mixture.marginal(np.flatnonzero(there).tolist()), x[rows][:, there]
        T[rows], log_density[rows] = share_out(known.log_joint(seen))
        for k, (mean, Sigma, root) in enumerate(
            zip(mixture.means, mixture.covariances, known._inverse_factors, strict=True)
        ):
            slopes = root.T @ root @ Sigma[np.ix_(there, gap)]  # Sigma_aa^-1 Sigma_a,gap
            filled[k][np.ix_(rows, gap)] = mean[gap] + (seen - mean[there]) @ slopes
            left = Sigma[np.ix_(gap, gap)] - Sigma[np.ix_(gap, there)] @ slopes
            lacking[k][np.ix_(gap, gap)] += T[rows, k].sum() * left
    S = T.sum(axis=0)
    check_none_empty(S)
    means = np.array([T_k @ x_k / S_k for T_k, x_k, S_k in zip(T.T, filled, S, strict=True)])
    z = filled - means[:, None]
    scatters = np.array([T_k * z_k.T @ z_k for T_k, z_k in zip(T.T, z, strict=True)])
    covariances = (scatters + lacking) / S[:, None, None]
    check_none_flat(S, means, covariances)
    return Mixture(S / n, means, covariances), T, float(log_density.sum())


@one_thread
def run_em_with_gaps(x: ArrayLike, start: Mixture, max_steps: int = 1000, tol: float = 1e-8) -> Run:
    """Run EM on points of which some coordinates are missing, and keep every step.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points, with NaN for a coordinate that is missing. Every row and every column holds a number.
    start : Mixture
        The parameters at step 0: those of a fit to the complete rows, say.
    max_steps, tol
        As in :func:`gmm_teach.run_em`.

    Returns
    -------
    Run
        Its log-likelihoods are those of the coordinates that are there.

    Raises
    ------
    CollapsedComponent
        If a component collapses; the error carries the `states` before that.

    Examples
    --------
    >>> x = [[0.0, 0.0], [1.0, 2.0], [2.0, 1.0], [3.0, np.nan]]
    >>> start = Mixture([1.0], means=[[1.0, 1.0]], covariances=[np.eye(2)])
    >>> run_em_with_gaps(x, start).mixture.means.round(3)
    array([[1.5 , 1.25]])
    """
    max_steps, tol = as_count("max_steps", max_steps, 0), as_tolerance("tol", tol)
    return keep_every_step(_steps(x, start), max_steps, tol, getattr(x, "columns", None))


def _steps(x, start) -> Iterator[State]:
    """Yield the states of EM with gaps from step 0 on."""
    check_mixture("start", start)
    mixture = start
    for step in count():
        following, responsibilities, log_likelihood = step_with_gaps(x, mixture)
        yield State(step, mixture, responsibilities, log_likelihood)
        mixture = following


def _as_points_with_gaps(x, d):
    """Return `x` as an (n, d) array in which NaN stands for a missing coordinate; errors name `x`."""
    x = as_real("x", x, ("n", d), gaps=True)
    gaps = np.isnan(x)
    if (rows := np.flatnonzero(gaps.all(axis=1))).size:
        raise ValueError(f"x[{rows[0]}] holds no number at all; leave such rows out")
    if (columns := np.flatnonzero(gaps.all(axis=0))).size:
        raise ValueError(f"column {columns[0]} of x, counted from 0, holds no number at all; leave it out")
    return x
