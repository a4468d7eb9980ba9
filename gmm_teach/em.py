"""EM for a Gaussian mixture: two half-steps, and the loop that alternates them.

::

    E step   T[i, k] = pi_k f_k(x_i) / sum_j pi_j f_j(x_i)
    M step   m_k     = sum_i T[i, k] x_i / S_k                         where S_k = sum_i T[i, k]
             Sigma_k = sum_i T[i, k] (x_i - m_k) (x_i - m_k)^T / S_k   with the new m_k
             pi_k    = S_k / n

T are the responsibilities. The post writes T_{k,i}; here points are rows, as everywhere in Python.
A TypeError or ValueError names an argument that is not as described.
Source: ahstat, *Optimizing GMM parameters using EM*, 2017.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._checks import as_points, as_responsibilities, as_weights, check_function, read_only
from .mixture import SMALLEST_SHARE, Mixture, check_mixture, cholesky_factor

EStep = Callable[[Any, Mixture], tuple[np.ndarray, float]]
MStep = Callable[[Any, np.ndarray], Mixture]

# A standard deviation this small beside the mean is the rounding of a zero.
ROUNDING = 1e-13

# Below this, double precision loses digits.
SMALLEST = np.finfo(float).tiny

ADVICE = "look at the points that it holds; then try another start or fewer components, or remove duplicate points"


class CollapsedComponent(ValueError):
    """A component has lost its width, or all its points: its density is no longer a Gaussian.

    The likelihood has no upper bound, so EM may run into this with good code. It is an event to look at, never
    repaired in silence. The message counts components and coordinates from 1, as pictures and tables do.

    Attributes
    ----------
    component : int
        Which one, counted from 0, as an index.
    what : str
        What is wrong with the component.
    step : int or None
        The EM step that made it, or None when `m_step` was called by itself.
    advice : str
        What helps.
    columns : sequence of str, or None
        Names of the coordinates, for the message.
    states : tuple of State
        The steps before the collapse, from `run_em`.
    so_far : Fit or None
        What was known before the collapse, from `fit`.
    """

    def __init__(self, component: int, what: str, step: int | None = None, advice: str = ADVICE) -> None:
        self.component, self.what, self.step, self.advice = component, what, step, advice
        self.columns: Sequence[str] | None = None
        self.states: tuple[State, ...] = ()
        self.so_far: Any = None
        super().__init__(component, what, step)

    def __str__(self):
        when = "" if self.step is None else f" at step {self.step}"
        words = f"component {self.component + 1} collapsed{when}: {self.what}; {self.advice}"
        columns = self.columns
        return words if columns is None else re.sub(r"coordinate (\d+)", lambda j: str(columns[int(j[1]) - 1]), words)


@dataclass(frozen=True, eq=False)
class State:
    """EM after a whole step: the parameters, and what the E step says of the points under them.

    Attributes
    ----------
    step : int
        0 for the start.
    mixture : Mixture
        theta^(step).
    responsibilities : ndarray, shape (n, K)
        P(Z_i = k given x_i) under `mixture`; rows sum to 1; write-protected.
    log_likelihood : float
        Total log-likelihood of the points under `mixture`, in nats.
    """

    step: int
    mixture: Mixture
    responsibilities: np.ndarray
    log_likelihood: float

    def __post_init__(self):
        object.__setattr__(self, "responsibilities", read_only(self.responsibilities))

    def __repr__(self):
        n, K = self.responsibilities.shape
        return f"State of step {self.step}: K = {K} components, n = {n} points, log L = {self.log_likelihood:.3f}"

    def __reduce__(self):
        # made anew, so that a deep copy or an unpickled state is write-protected too
        return State, (self.step, self.mixture, self.responsibilities, self.log_likelihood)


def e_step(x: ArrayLike, mixture: Mixture) -> tuple[np.ndarray, float]:
    """Share each point out among the components.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    mixture : Mixture
        The present parameters.

    Returns
    -------
    responsibilities : ndarray, shape (n, K)
        P(Z_i = k given x_i); each row sums to 1.
    log_likelihood : float
        Total log-likelihood of the points under `mixture`, in nats.

    Examples
    --------
    >>> mixture = Mixture([0.5, 0.5], means=[[0.0], [4.0]], covariances=[[[1.0]], [[1.0]]])
    >>> responsibilities, log_likelihood = e_step([[2.0]], mixture)
    >>> responsibilities
    array([[0.5, 0.5]])
    """
    check_mixture("mixture", mixture)
    responsibilities, log_density = share_out(mixture.log_joint(x))
    return responsibilities, float(log_density.sum())


def share_out(log_joint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bayes' rule: from log (pi_k f_k(x_i)), (n, K), the responsibilities, and log p(x_i), (n,)."""
    highest = log_joint.max(axis=1, keepdims=True)
    joint = np.exp(log_joint - highest)  # pi_k f_k(x_i) up to a factor for each point, so that the largest is 1
    density = joint.sum(axis=1, keepdims=True)  # 1 or more: it cannot underflow
    return joint / density, (highest + np.log(density))[:, 0]


def m_step(x: ArrayLike, responsibilities: ArrayLike, weights: ArrayLike | None = None) -> Mixture:
    """Fit each component to its share of the points.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    responsibilities : array_like, shape (n, K)
        0 or more; each row sums to 1.
    weights : array_like, shape (n,), optional
        How often each point counts, 0 or more: with a weight of 2 it is there twice.

    Returns
    -------
    Mixture
        The maximum of Q, the expected log-likelihood of points and labels together.

    Raises
    ------
    CollapsedComponent
        If a component holds no points, or only points in one hyperplane (in the plane: on one line).

    Examples
    --------
    >>> mixture = m_step([[0.0], [2.0], [10.0], [14.0]], [[1, 0], [1, 0], [0, 1], [0, 1]])
    >>> mixture.means
    array([[ 1.],
           [12.]])
    >>> mixture.covariances.ravel()
    array([1., 4.])
    """
    x = as_points(x)
    T = as_responsibilities("responsibilities", responsibilities, len(x))
    w = as_weights(weights, len(x))
    T = w[:, None] * T
    S = T.sum(axis=0)
    check_none_empty(S)
    means = T.T @ x / S[:, None]
    # 0 on paper; in numbers what rounding has left where x lies far from 0
    means += np.array([T_k @ (x - m_k) / S_k for T_k, m_k, S_k in zip(T.T, means, S, strict=True)])
    covariances = np.array([T_k * (x - m_k).T @ (x - m_k) / S_k for T_k, m_k, S_k in zip(T.T, means, S, strict=True)])
    proportions = S / w.sum()
    check_none_flat(S, means, covariances)
    return Mixture(proportions, means, covariances)


def iterate(x: ArrayLike, start: Mixture, e_step: EStep = e_step, m_step: MStep = m_step) -> Iterator[State]:
    """Yield the states of EM from step 0 on, without end.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    start : Mixture
        The parameters at step 0.
    e_step, m_step : callable
        The half-steps: this module's, or others of the same arguments and results. What these return is not checked.

    Raises
    ------
    CollapsedComponent
        Naming the component and the step.
    """
    check_mixture("start", start)
    check_function("e_step", e_step)
    check_function("m_step", m_step)
    mixture = start
    for step in count(0):
        responsibilities, log_likelihood = e_step(x, mixture)
        yield State(step, mixture, responsibilities, log_likelihood)
        try:
            mixture = m_step(x, responsibilities)
        except CollapsedComponent as collapse:
            collapse.step = step + 1
            raise


def check_none_empty(S: np.ndarray) -> None:
    """Raise a CollapsedComponent if a component holds no points; S are the sums of the responsibilities, (K,)."""
    for k in np.flatnonzero(S < SMALLEST):
        what = f"it holds no points: its responsibilities sum to {S[k]:.1e}"
        raise CollapsedComponent(int(k), what, advice="try another start or fewer components")


def check_none_flat(S: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> None:
    """Raise a CollapsedComponent if one of these components, of sizes S, has no width in some direction."""
    for k, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
        found = _no_width(mean, covariance)
        if found is None:
            continue
        what, _, far_out = found
        shares = S / S.sum()
        centre = shares @ means
        offsets = means - centre
        of_all = np.einsum("k,kij->ij", shares, covariances) + shares * offsets.T @ offsets
        if far_out:
            raise CollapsedComponent(k, what, advice="subtract a constant from that coordinate, such as its mean")
        if (found := _no_width(centre, of_all)) is None:
            raise CollapsedComponent(k, what)
        raise CollapsedComponent(k, what, advice=f"and so it is for all points that count: {found[1]}")


def _no_width(mean, covariance):
    """What is wrong with a flat Gaussian, what to do if it is that of all points, and if it is too far from 0."""
    deviations = np.sqrt(np.maximum(np.diag(covariance), 0))  # rounding may take a zero below 0
    flat = deviations <= np.maximum(ROUNDING * np.abs(mean), np.sqrt(SMALLEST))
    if flat.any():
        j = int(flat.argmax())
        if deviations[j] > max(8 * np.finfo(float).eps * abs(mean[j]), np.sqrt(SMALLEST)):
            size = f"{deviations[j]:.1e} beside a mean of {mean[j]:.1e}"
            return f"its width along coordinate {j + 1} is {size}, which is too small for double precision", "", True
        lost = deviations[j] > 0 or 0 < abs(mean[j]) < 1e-140  # in rounding, or in squares that underflow
        unless = "; or subtract a constant from it, or rescale it, if the points differ there" if lost else ""
        return f"it has no width along coordinate {j + 1}", f"leave that coordinate out{unless}", False
    try:
        cholesky_factor(covariance)
        return None
    except np.linalg.LinAlgError:
        d = len(mean)
        sizes, directions = np.linalg.eigh(covariance / np.outer(deviations, deviations))
        lost = max(1, int((sizes < SMALLEST_SHARE).sum()))
        involved = np.flatnonzero(np.abs(directions[:, 0]) > 0.1) if lost == 1 else []
        advice = f"use fewer coordinates, {d - lost} at most"
        if 2 <= len(involved) <= 5:
            names = " and ".join(f"coordinate {j + 1}" for j in involved)
            advice = f"leave one coordinate out, since {names} follow from each other"
        where = "in one hyperplane (a line, when d = 2)" if lost == 1 else f"in {d - lost} of {d} dimensions"
        return f"its points lie {where}", advice, False
