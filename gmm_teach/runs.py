"""A run of EM: a start, the two half-steps in turn, the one rule that ends them, and every state kept.

:func:`gmm_teach.fit` ends by the same rule, and so do several starts and a reader's own steps.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._checks import as_count, as_points, as_seed, as_tolerance, describe
from ._threads import one_thread
from .em import CollapsedComponent, State, iterate
from .mixture import Mixture
from .starts import k_means

ALIKE = (
    "; but all components are alike, so together they are one Gaussian. Start them apart, and no wider than the data: "
    "from starts.k_means_clusters, or on rescaled points"
)


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
        Why it stopped, as a sentence.
    """

    states: tuple[State, ...]
    converged: bool
    reason: str

    def __repr__(self):
        first, last = self.states[0].log_likelihood, self.states[-1].log_likelihood
        steps = f"Run of {len(self.states) - 1} steps, log L from {first:.3f} to {last:.3f}"
        return f"{steps}; {self.reason}\n{self.mixture}"

    @property
    def mixture(self) -> Mixture:
        """The Mixture that EM ended with."""
        return self.states[-1].mixture


@one_thread
def run_em(x: ArrayLike, start: Mixture | int, max_steps: int = 1000, tol: float = 1e-8, seed: int = 0) -> Run:
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

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    CollapsedComponent
        If a component collapses; the error carries the `states` before that.

    Notes
    -----
    Each step keeps its responsibilities: 8 n K bytes, so that 1000 steps on 10^5 points take 2.4 GB with K = 3.
    :func:`gmm_teach.fit` keeps none.

    Examples
    --------
    >>> run = run_em([[0.0], [1.0], [9.0], [10.0]], 2)
    >>> run.converged
    True
    >>> run.states[-1].mixture.means.round(3)
    array([[0.5],
           [9.5]])
    """
    columns, x = getattr(x, "columns", None), as_points(x)
    max_steps = as_count("max_steps", max_steps, 0)
    tol = as_tolerance("tol", tol)
    seed = as_seed(seed)
    start = as_start(x, start, seed)
    return keep_every_step(iterate(x, start), max_steps, tol, columns)


def keep_every_step(states: Iterable[State], max_steps: int, tol: float, columns: Sequence[str] | None) -> Run:
    """Go on until EM stops; a collapse carries the states before it, and the names of the coordinates."""
    kept = []
    try:
        for state, end in until_it_stops(states, max_steps, tol):  # noqa: B007 - the last end is used
            kept.append(state)
    except CollapsedComponent as collapse:
        collapse.states, collapse.columns, collapse.step = tuple(kept), columns, len(kept)
        raise
    return Run(tuple(kept), *end)  # pyright: ignore


def until_it_stops(
    states: Iterable[Any], max_steps: int, tol: float, gain: Callable[[float, float], float] = np.subtract
) -> Iterator[tuple[Any, tuple[bool, str] | None]]:
    """Yield states with what ends the run: None, and for the last state `converged` and `reason`.

    A state is anything with a `mixture` and its `log_likelihood`; `gain` of the log-likelihoods after a step and before
    it says by how much the step raised it, in nats.
    """
    before = -np.inf
    for step, state in enumerate(states):
        rise, end = gain(state.log_likelihood, before), None
        if rise <= 0:
            end = True, f"converged: step {step} no longer raised the log-likelihood"
        elif rise < tol:
            end = True, f"converged: step {step} raised the log-likelihood by {rise:.1e}, less than tol = {tol:g}"
        elif step == max_steps:
            advice = "allow more, or start from where it stopped"
            end = False, f"stopped at max_steps = {max_steps}, before convergence; {advice}"
        if end and alike(state.mixture):
            end = end[0], end[1] + ALIKE
        yield state, end
        if end:
            return
        before = state.log_likelihood


def alike(mixture: Mixture) -> bool:
    """Whether all of several components are one and the same Gaussian, to a hundredth of its width."""
    deviations = np.sqrt(np.diagonal(mixture.covariances[0]))
    moved = np.abs(mixture.means - mixture.means[0]) / deviations
    changed = np.abs(mixture.covariances - mixture.covariances[0]) / np.outer(deviations, deviations)
    return mixture.K > 1 and max(moved.max(), changed.max()) < 0.01


def as_start(x: np.ndarray, start: Mixture | int, seed: int = 0) -> Mixture:
    """Return `start` if it is a Mixture; if it is K, the post's step 0 for these points."""
    if isinstance(start, Mixture):
        return start
    try:
        K = as_count("start, when it is the number of components K,", start, 1, len(x), ", the number of points,")
    except TypeError:
        raise TypeError(
            f"start must be a Mixture or a whole number of components, but it is {describe(start)}"
        ) from None
    return k_means(x, K, seed)
