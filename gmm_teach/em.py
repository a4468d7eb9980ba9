"""EM for a Gaussian mixture: two half-steps, and the loop that alternates them.

::

    E step   T[i, k] = pi_k f_k(x_i) / sum_j pi_j f_j(x_i)
    M step   m_k     = sum_i T[i, k] x_i / S_k                         where S_k = sum_i T[i, k]
             Sigma_k = sum_i T[i, k] (x_i - m_k) (x_i - m_k)^T / S_k   with the new m_k
             pi_k    = S_k / n

T are the responsibilities. The post writes T_{k,i}; here points are rows, as everywhere in Python.
Source: ahstat, *Optimizing GMM parameters using EM*, 2017.
"""

from dataclasses import dataclass
from itertools import count

import numpy as np

from .inputs import as_count, as_points, as_responsibilities, as_seed, as_tolerance, check_function, describe, read_only
from .mixture import Mixture, check_mixture, cholesky_factor, differences, row_blocks

# A standard deviation this small beside the mean is the rounding of a zero.
ROUNDING = 1e-13

# Below this, double precision loses digits: numbers are no longer told apart to full accuracy.
SMALLEST = np.finfo(float).tiny


class CollapsedComponent(ValueError):
    """A component has lost its width, or all its points: its density is no longer a Gaussian.

    The likelihood has no upper bound, so EM may run into this with good code. It is an event to look at, never
    repaired in silence.

    Attributes
    ----------
    component : int
        Which one, counted from 0.
    step : int or None
        The EM step that made it, or None when `m_step` was called by itself.
    what : str
        What is wrong with the component, in words.
    states : tuple of State
        The steps before the collapse, from `run_em`.
    so_far : Fit or None
        What was known before the collapse, from `fit`.
    """

    def __init__(self, component, what, step=None, states=(), so_far=None):
        self.component, self.what, self.step, self.states, self.so_far = component, what, step, states, so_far
        super().__init__(component, what, step)

    def __str__(self):
        when = "" if self.step is None else f" at step {self.step}"
        return (
            f"component {self.component} (counted from 0) collapsed{when}: {self.what}. Look at the points of x "
            "that it holds; then try another start, fewer components, or remove duplicate or collinear points"
        )


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

    def __reduce__(self):
        # made anew, so that a deep copy or an unpickled state is write-protected too
        return State, (self.step, self.mixture, self.responsibilities, self.log_likelihood)


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run of EM.

    Attributes
    ----------
    states : tuple of State
        Step 0 first.
    converged : bool
        False when `max_steps` ended the run.
    reason : str
        Why it stopped, in words.
    """

    states: tuple
    converged: bool
    reason: str


def e_step(x, mixture):
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

    Raises
    ------
    TypeError, ValueError
        If `x` is not a finite real (n, d) array with the d of `mixture`, or `mixture` is not a Mixture.

    Examples
    --------
    >>> mixture = Mixture([0.5, 0.5], means=[[0.0], [4.0]], covariances=[[[1.0]], [[1.0]]])
    >>> responsibilities, log_likelihood = e_step([[2.0]], mixture)
    >>> responsibilities
    array([[0.5, 0.5]])
    """
    check_mixture("mixture", mixture)
    log_joint = mixture.log_joint(x)
    highest = log_joint.max(axis=1, keepdims=True)
    joint = np.exp(log_joint - highest)  # pi_k f_k(x_i) up to a factor for each point, so that the largest is 1
    density = joint.sum(axis=1, keepdims=True)  # 1 or more: it cannot underflow
    log_likelihood = (highest + np.log(density)).sum()
    return joint / density, float(log_likelihood)


def m_step(x, responsibilities):
    """Fit each component to its share of the points.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    responsibilities : array_like, shape (n, K)
        0 or more; each row sums to 1.

    Returns
    -------
    Mixture
        The maximum of Q, the expected log-likelihood of points and labels together.

    Raises
    ------
    TypeError, ValueError
        If `x` or `responsibilities` is not as described.
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
    S = T.sum(axis=0)
    check_none_empty(S)
    means = T.T @ x / S[:, None]
    return maximise(three_sums(x, T, means))  # with squares of distances from the new means


@dataclass(frozen=True, eq=False)
class Sums:
    """All that the M step must know of the points: three sums for each component, with z_i = x_i - c_k.

    The sums over some points and the sums over the others, around the same c_k, add up to the sums over all.

    Attributes
    ----------
    centres : ndarray, shape (K, d)
        c_k, somewhere near the mean of component k.
    weights : ndarray, shape (K,)
        S_k = sum_i T[i, k].
    shifts : ndarray, shape (K, d)
        sum_i T[i, k] z_i.
    squares : ndarray, shape (K, d, d)
        sum_i T[i, k] z_i z_i^T.
    """

    centres: np.ndarray
    weights: np.ndarray
    shifts: np.ndarray
    squares: np.ndarray

    def __add__(self, other):
        weights, shifts = self.weights + other.weights, self.shifts + other.shifts
        return Sums(self.centres, weights, shifts, self.squares + other.squares)


def three_sums(x, responsibilities, centres):
    """Add up what the M step must know of these points.

    Parameters
    ----------
    x : ndarray, shape (n, d)
        All the points, or some of them.
    responsibilities : ndarray, shape (n, K)
        T, of the same points.
    centres : ndarray, shape (K, d)
        c_k. Any will do in exact arithmetic; squares of distances from a far place lose digits.

    Returns
    -------
    Sums
    """
    K, d = centres.shape
    shifts, squares = np.zeros((K, d)), np.zeros((K, d, d))
    for rows in row_blocks(len(x), K * d):
        z = differences(x[rows], centres)
        roots = np.sqrt(responsibilities[rows].T)
        z *= roots[:, None]  # in both factors alike, so that the squares are exactly symmetric
        # np.dot: where the result is small, @ would make other threads wait, and einsum takes longer
        shifts += [np.dot(z_k, roots_k) for z_k, roots_k in zip(z, roots, strict=True)]
        squares += [np.dot(z_k, z_k.T) for z_k in z]
    return Sums(centres, responsibilities.sum(axis=0), shifts, squares)


def maximise(sums):
    """The M step from its three sums: the mixture that maximises Q; errors as in :func:`m_step`.

    The mean of z is the shift of the mean from its centre. The mean of z z^T is too large for a covariance by that
    shift times itself.
    """
    S = sums.weights
    check_none_empty(S)
    shift = sums.shifts / S[:, None]
    means = sums.centres + shift
    covariances = sums.squares / S[:, None, None] - shift[:, :, None] * shift[:, None, :]
    check_none_flat(means, covariances)
    return Mixture(S / S.sum(), means, covariances)


def iterate(x, start, e_step=e_step, m_step=m_step):
    """Yield the states of EM from step 0 on, without end.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    start : Mixture
        The parameters at step 0.
    e_step, m_step : callable
        The half-steps: this module's, or others of the same arguments and results. What these return is not checked.

    Yields
    ------
    State

    Raises
    ------
    TypeError
        If `start` is not a Mixture, or a half-step is no function.
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
            raise CollapsedComponent(collapse.component, collapse.what, step + 1) from None


def run_em(x, start, max_steps=1000, tol=1e-8, seed=0):
    """Run EM and keep every step.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    start : Mixture or int
        The parameters at step 0; or K, for the post's step 0 (see :func:`gmm_teach.starts.k_means`).
    max_steps : int
        Stop after this many steps at the latest.
    tol : float
        Stop when a step gains less than this many nats of total log-likelihood; 0: when it no longer gains.
    seed : int
        For K-means, when `start` is K.

    Returns
    -------
    Run
        `states` (step 0 first), `converged` and `reason`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described; the message names it.
    CollapsedComponent
        If a component collapses; the error carries the `states` before that.

    Examples
    --------
    >>> run = run_em([[0.0], [1.0], [9.0], [10.0]], 2)
    >>> run.converged
    True
    >>> run.states[-1].mixture.means.round(3)
    array([[0.5],
           [9.5]])
    """
    x = as_points(x)
    max_steps = as_count("max_steps", max_steps, 0)
    tol = as_tolerance("tol", tol)
    seed = as_seed(seed)
    start = as_start(x, start, seed)
    states = []
    try:
        for state in iterate(x, start):
            states.append(state)
            gain = state.log_likelihood - states[-2].log_likelihood if state.step > 0 else np.inf
            end = stop(state.step, gain, max_steps, tol)
            if end:
                return Run(tuple(states), *end)
    except CollapsedComponent as collapse:
        collapse.states = tuple(states)
        raise


def stop(step, gain, max_steps, tol):
    """Whether EM ends after this step, and why.

    Parameters
    ----------
    step : int
        Of `max_steps` at the most.
    gain : float
        By which the step raised the log-likelihood, in nats; infinite for step 0.
    max_steps, tol
        As in :func:`run_em`.

    Returns
    -------
    tuple of (bool, str), or None
        `converged` and `reason`; None where EM goes on.
    """
    if gain <= 0:
        return True, f"converged: step {step} no longer raised the log-likelihood"
    if gain < tol:
        return True, f"converged: step {step} raised the log-likelihood by {gain:.1e}, less than tol = {tol:g}"
    if step == max_steps:
        return False, f"stopped at max_steps = {max_steps}, before convergence"
    return None


def as_start(x, start, seed=0):
    """Return `start` if it is a Mixture; if it is K, the post's step 0 for these points."""
    if isinstance(start, Mixture):
        return start
    from .starts import k_means  # here, because starts builds on m_step

    try:
        K = as_count("start, when it is the number of components K,", start, 1, len(x), ", the number of points,")
    except TypeError:
        raise TypeError(
            f"start must be a Mixture or a whole number of components, but it is {describe(start)}"
        ) from None
    return k_means(x, K, seed)


def check_none_empty(S):
    """Raise a CollapsedComponent if a component holds no points; S are the sums of the responsibilities, (K,)."""
    for k in np.flatnonzero(S < SMALLEST):
        raise CollapsedComponent(int(k), f"it holds no points: column {k} of responsibilities sums to {S[k]:.1e}")


def check_none_flat(means, covariances):
    """Raise a CollapsedComponent if a covariance, of shape (d, d), has no width in some direction."""
    for k, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
        deviations = np.sqrt(np.maximum(np.diag(covariance), 0))  # rounding may take a zero below 0
        flat = deviations <= np.maximum(ROUNDING * np.abs(mean), np.sqrt(SMALLEST))
        if flat.any():
            j = int(flat.argmax())
            raise CollapsedComponent(k, f"its standard deviation along coordinate {j} is {deviations[j]:.1e}, no width")
        try:
            cholesky_factor(covariance)
        except np.linalg.LinAlgError:
            smallest = np.sqrt(max(0.0, np.linalg.eigvalsh(covariance)[0]))
            raise CollapsedComponent(
                k, f"its points lie in one hyperplane (a line, when d = 2); smallest standard deviation {smallest:.1e}"
            ) from None
