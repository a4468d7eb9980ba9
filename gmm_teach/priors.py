"""The M step with a prior on proportions and covariances: EM then climbs to a maximum a posteriori (MAP).

::

    prior      prod_k pi_k^(alpha - 1)                                                    Dirichlet
               prod_k det(Sigma_k)^(-(nu + d + 1) / 2) exp(-trace(Psi Sigma_k^-1) / 2)    inverse Wishart
    M step     m_k     = sum_i T[i, k] x_i / S_k, as without a prior
               pi_k    = (S_k + alpha - 1) / (n + K (alpha - 1))
               Sigma_k = (W_k + Psi) / (S_k + nu + d + 1)     where W_k is the scatter around the new mean

It is as if each component had alpha - 1 more points for its proportion, and nu + d + 1 more, with the scatter Psi, for
its covariance. In no direction is a variance below that of Psi / (n + nu + d + 1): if Psi is positive definite, no
component collapses.

Source: C. Fraley and A. E. Raftery, *Bayesian regularization for normal mixture estimation and model-based clustering*,
Journal of Classification 24 (2007), 155-181. They take nu = d + 2 and, for Psi, the covariance of all points over
K^(2/d), and have a prior on the means too.
"""

import numpy as np
from numpy.typing import ArrayLike

from ._checks import TOLERANCE, as_points, as_real, as_responsibilities, as_tolerance
from .covariances import scatters_of
from .em import check_none_flat
from .mixture import Mixture


def m_step_map(x: ArrayLike, responsibilities: ArrayLike, alpha: float, nu: float, Psi: ArrayLike) -> Mixture:
    """Fit each component to its share of the points, and to the prior.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    responsibilities : array_like, shape (n, K)
        0 or more; each row sums to 1.
    alpha : float
        Of the Dirichlet prior, the same for every component: 1 or more, where 1 is no prior.
    nu : float
        Degrees of freedom of the inverse Wishart prior. Above d - 1 it is a density; -(d + 1), with a Psi of zeros, is
        no prior, and nothing below that will do.
    Psi : array_like, shape (d, d)
        Its scale matrix, in squared units of the data: symmetric, with no negative eigenvalue.

    Returns
    -------
    Mixture
        The maximum of Q plus the logarithm of the prior.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    CollapsedComponent
        If a component holds no points, so that its mean could be anywhere; or if it has no width in some direction. A
        positive definite Psi prevents the latter, unless it is too small for double precision.

    Examples
    --------
    >>> m_step_map([[1.0], [1.0]], [[1], [1]], alpha=1, nu=3, Psi=[[7]]).covariances.ravel()
    array([1.])
    """
    x = as_points(x)
    T = as_responsibilities("responsibilities", responsibilities, len(x))
    (n, d), K = x.shape, T.shape[1]
    alpha, nu, Psi = _as_prior(alpha, nu, Psi, d)
    S, means, scatters = scatters_of(x, T)
    proportions = (S + alpha - 1) / (n + K * (alpha - 1))
    covariances = (scatters + Psi) / (S + nu + d + 1)[:, None, None]
    check_none_flat(S, means, covariances)
    return Mixture(proportions, means, covariances)


def _as_prior(alpha, nu, Psi, d):
    """Return alpha, nu and Psi as numbers; errors name the argument."""
    alpha, nu, Psi = as_tolerance("alpha", alpha), float(as_real("nu", nu, ())), as_real("Psi", Psi, (d, d))
    if alpha < 1:
        raise ValueError(
            f"alpha must be 1 or more, but it is {alpha:g}; below 1 the prior is infinite at a proportion of 0"
        )
    if nu < -(d + 1):
        raise ValueError(f"nu must be -(d + 1) = {-(d + 1)} or more, but it is {nu:g}; d + 2 = {d + 2} is usual")
    largest = np.abs(Psi).max()
    if np.abs(Psi - Psi.T).max() > TOLERANCE * largest:
        raise ValueError("Psi must be symmetric, as a covariance is; average it with its transpose")
    if np.linalg.eigvalsh(Psi).min() < -TOLERANCE * largest:
        raise ValueError("Psi has a negative eigenvalue, but it is a scatter; use a covariance of the data, say")
    return alpha, nu, Psi
