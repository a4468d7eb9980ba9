"""M steps that allow a covariance fewer numbers: diagonal, spherical, and one that all components share.

Proportions and means are those of the full model. With the scatter W_k = sum_i T[i, k] (x_i - m_k) (x_i - m_k)^T
around the new mean, Q is largest, among the covariances that each model allows, at

    full        Sigma_k = W_k / S_k
    diag        Sigma_k = diag(W_k) / S_k, and 0 off the diagonal
    spherical   Sigma_k = trace(W_k) / (d S_k) times the identity
    tied        Sigma_k = (W_1 + ... + W_K) / n for every k

Each mixture keeps the name of its model as `covariance_type`, so that the criteria of :mod:`gmm_teach.selection` know
how many numbers it was free to choose. The names are scikit-learn's.
Source: Celeux and Govaert, Gaussian parsimonious clustering models, Pattern Recognition 28 (1995), 781-793.
"""

import numpy as np
from numpy.typing import ArrayLike

from ._checks import as_points, as_responsibilities, as_weights, check_function, describe
from .em import MStep, check_none_empty, check_none_flat, m_step
from .mixture import Mixture


def diag_m_step(x: ArrayLike, responsibilities: ArrayLike, weights: ArrayLike | None = None) -> Mixture:
    """Fit each component to its share of the points, with a variance for each coordinate and no correlation.

    Parameters
    ----------
    x, responsibilities, weights
        As in :func:`gmm_teach.m_step`, and so are the errors.

    Returns
    -------
    Mixture
        The maximum of Q among mixtures of this model; its covariances are whole (d, d) matrices.

    Examples
    --------
    >>> x = [[0.0, 0.0], [2.0, 4.0]]
    >>> diag_m_step(x, [[1], [1]]).covariances
    array([[[1., 0.],
            [0., 4.]]])
    """
    return _fit(x, responsibilities, weights, "diag")


def spherical_m_step(x: ArrayLike, responsibilities: ArrayLike, weights: ArrayLike | None = None) -> Mixture:
    """Fit with one variance a component, the same in every direction; otherwise as :func:`diag_m_step`.

    Examples
    --------
    >>> spherical_m_step([[0.0, 0.0], [2.0, 4.0]], [[1], [1]]).covariances
    array([[[2.5, 0. ],
            [0. , 2.5]]])
    """
    return _fit(x, responsibilities, weights, "spherical")


def tied_m_step(x: ArrayLike, responsibilities: ArrayLike, weights: ArrayLike | None = None) -> Mixture:
    """Fit with one full covariance that all components share; otherwise as :func:`diag_m_step`.

    A collapse then concerns them all, and names the first.

    Examples
    --------
    >>> x = [[0.0, 0.0], [2.0, 0.0], [9.0, 0.0], [9.0, 2.0]]
    >>> tied_m_step(x, [[1, 0], [1, 0], [0, 1], [0, 1]]).covariances
    array([[[0.5, 0. ],
            [0. , 0.5]],
    <BLANKLINE>
           [[0.5, 0. ],
            [0. , 0.5]]])
    """
    return _fit(x, responsibilities, weights, "tied")


#: The M step of each kind of covariance, by its name.
M_STEPS = {"full": m_step, "diag": diag_m_step, "spherical": spherical_m_step, "tied": tied_m_step}

# What each kind makes of the scatters W, shape (K, d, d), and the S_k: the formulas above.
FORMULAS = {
    "full": lambda W, S: W / S[:, None, None],
    "diag": lambda W, S: W / S[:, None, None] * np.eye(W.shape[1]),
    "spherical": lambda W, S: (np.trace(W, axis1=1, axis2=2) / (W.shape[1] * S))[:, None, None] * np.eye(W.shape[1]),
    "tied": lambda W, S: np.tile(W.sum(axis=0) / S.sum(), (len(S), 1, 1)),
}

#: The kind that each M step fits, for :func:`gmm_teach.fit`, which never holds all responsibilities.
COVARIANCES_OF = {m_step: name for name, m_step in M_STEPS.items()}


def as_m_step(m_step: str | MStep) -> MStep:
    """Return the M step of this name, or the function itself if it is one."""
    if not isinstance(m_step, str):
        check_function("m_step", m_step)
        return m_step
    if m_step not in M_STEPS:
        raise ValueError(f"m_step must be a function or one of {', '.join(M_STEPS)}, but it is {describe(m_step)}")
    return M_STEPS[m_step]


def from_scatters(S: np.ndarray, means: np.ndarray, scatters: np.ndarray, covariance_type: str) -> Mixture:
    """The mixture of these sizes (K,), means (K, d) and scatters (K, d, d), with covariances of this type."""
    covariances = FORMULAS[covariance_type](scatters, S)
    check_none_flat(S, means, covariances)
    return Mixture(S / S.sum(), means, covariances, covariance_type)


def _fit(x, responsibilities, weights, covariance_type):
    x = as_points(x)
    T = as_weights(weights, len(x))[:, None] * as_responsibilities("responsibilities", responsibilities, len(x))
    return from_scatters(*scatters_of(x, T), covariance_type)


def scatters_of(x: np.ndarray, T: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the sizes S (K,), the new means (K, d), and the scatters W around them (K, d, d)."""
    S = T.sum(axis=0)
    check_none_empty(S)
    means = T.T @ x / S[:, None]
    means += np.array([T_k @ (x - m_k) / S_k for T_k, m_k, S_k in zip(T.T, means, S, strict=True)])  # as in em.m_step
    scatters = np.array([T_k * (x - m_k).T @ (x - m_k) for T_k, m_k in zip(T.T, means, strict=True)])
    return S, means, scatters
