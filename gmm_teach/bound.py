"""Why EM climbs: the log-likelihood taken apart into Q and H, and the bound that an M step raises.

Everywhere `responsibilities` are T[i, k] = P(Z_i = k given x_i) at the present parameters theta^(t), and `mixture` is
any theta at all. Then log L(theta) = Q + H, where H is least at theta^(t): so whatever raises Q raises log L.
A TypeError or ValueError names an argument that is not as described.
Source: ahstat, *Optimizing GMM parameters using EM*, 2017.
"""

import numpy as np
from numpy.typing import ArrayLike

from ._checks import as_points, as_responsibilities
from .mixture import Mixture, check_mixture


def expected_log_joint(x: ArrayLike, mixture: Mixture, responsibilities: ArrayLike) -> float:
    """Q(theta given theta^(t)) = sum_i sum_k T[i, k] log(pi_k f_k(x_i)).

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    mixture : Mixture
        theta, where Q is evaluated.
    responsibilities : array_like, shape (n, K)
        T, from the E step at theta^(t).

    Returns
    -------
    float
        Nats.
    """
    T, log_joint = _weights_and_logs(x, mixture, responsibilities)
    return float((T * log_joint).sum())


def cross_entropy(x: ArrayLike, mixture: Mixture, responsibilities: ArrayLike) -> float:
    """H(theta given theta^(t)) = - sum_i sum_k T[i, k] log P_theta(Z_i = k given x_i).

    Arguments and result as in :func:`expected_log_joint`.
    """
    T, log_joint = _weights_and_logs(x, mixture, responsibilities)
    log_posterior = log_joint - np.logaddexp.reduce(log_joint, axis=1)[:, None]
    return float(-(T * log_posterior).sum())


def entropy(responsibilities: ArrayLike) -> float:
    """H(theta^(t) given theta^(t)) = - sum_i sum_k T[i, k] log T[i, k], in nats, with 0 log 0 = 0.

    Examples
    --------
    >>> round(entropy([[0.5, 0.5], [1.0, 0.0]]), 6)
    0.693147
    """
    return -float(times_log(as_responsibilities("responsibilities", responsibilities)).sum())


def kl_divergence(responsibilities: ArrayLike, others: ArrayLike) -> float:
    """KL from responsibilities T to others R, both (n, K): sum_i sum_k T[i, k] log(T[i, k] / R[i, k]), in nats.

    0 or more; 0 only where they agree; infinite where R is 0 and T is not, even if R is 0 by underflow. Between two
    sets of parameters, :func:`cross_entropy` less :func:`entropy` is the same and stays finite.
    """
    T = as_responsibilities("responsibilities", responsibilities)
    R = as_responsibilities("others", others)
    if T.shape != R.shape:
        raise ValueError(f"others must have the shape of responsibilities, {T.shape}, but its shape is {R.shape}")
    from scipy.special import rel_entr  # here, since a browser that draws a first picture need not wait for SciPy

    return float(rel_entr(T, R).sum())


def lower_bound(x: ArrayLike, mixture: Mixture, responsibilities: ArrayLike) -> float:
    """Q + entropy, the evidence lower bound (ELBO): at most log L(theta), and equal where theta gives these very T.

    Arguments and result as in :func:`expected_log_joint`. The gap is the KL divergence from `responsibilities`
    to those that theta gives. An E step closes it; an M step raises the bound.
    """
    return expected_log_joint(x, mixture, responsibilities) + entropy(responsibilities)


def times_log(T: np.ndarray) -> np.ndarray:
    """T log T, which is 0 where T is 0."""
    return T * np.log(np.where(T > 0, T, 1))


def _weights_and_logs(x, mixture, responsibilities):
    check_mixture("mixture", mixture)
    x = as_points(x)
    T = as_responsibilities("responsibilities", responsibilities, len(x))
    log_joint = mixture.log_joint(x)
    if T.shape != log_joint.shape:
        raise ValueError(f"responsibilities has {T.shape[1]} columns, but the mixture has {mixture.K} components")
    return T, log_joint
