"""How many components: EM from several starts, and criteria that weigh the fit against the numbers it took.

The criteria have scikit-learn's sign: LOWER is better. R's mclust reports minus these, and there higher is better.
Each compares mixtures that are fitted to the SAME points; see the functions for what is added to -2 log L.
A TypeError or ValueError names an argument that is not as described.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from . import starts
from ._checks import as_count, as_points, as_seed, as_tolerance, check_function, describe
from ._threads import one_thread
from .covariances import M_STEPS, as_m_step
from .em import CollapsedComponent, MStep, State, iterate
from .mixture import Mixture, check_mixture
from .runs import until_it_stops

# A spike has fewer points than this for each coordinate, and is narrower than this share of the data.
FEW = 10
NARROW = 0.01

SECONDS_WITHOUT_BAR = 2


@dataclass(frozen=True, eq=False)
class StartedRun:
    """Where EM began and where it ended; the steps between are not kept.

    Attributes
    ----------
    start_name : str
        The function of :mod:`gmm_teach.starts` and its seed, such as ``"k_means_clusters, seed 0"``.
    start, state : Mixture, State
        theta at step 0; and the last state, with its step, mixture, responsibilities and log-likelihood.
    converged : bool
        False when `max_steps` ended the run.
    spikes : tuple of int
        The components that are spikes, counted from 0; see :func:`spikes`.
    """

    start_name: str
    start: Mixture
    state: State
    converged: bool
    spikes: tuple[int, ...] = ()

    def __repr__(self):
        end = "converged" if self.converged else "stopped before convergence"
        what = "".join(f"; component {k + 1} is a spike" for k in self.spikes)
        return f"{self.start_name}: log L = {self.log_likelihood:.3f}, {end} at step {self.state.step}{what}"

    @property
    def mixture(self) -> Mixture:
        """The Mixture that EM ended with."""
        return self.state.mixture

    @property
    def log_likelihood(self) -> float:
        """Its total log-likelihood, a float, in nats."""
        return self.state.log_likelihood


@dataclass(frozen=True, eq=False)
class SeveralRuns:
    """What became of every start: `runs`, `spiked` and `collapsed` together hold as many as were asked for.

    Attributes
    ----------
    runs : tuple of StartedRun
        Those that ended without a spike, the highest log-likelihood first.
    spiked : tuple of StartedRun
        Those that ended in a spike, the highest log-likelihood first. It is often above all of `runs`.
    collapsed : tuple of (str, CollapsedComponent)
        The name of each start that led to a collapse, and the collapse.
    """

    runs: tuple[StartedRun, ...]
    spiked: tuple[StartedRun, ...]
    collapsed: tuple[tuple[str, CollapsedComponent], ...]

    def __repr__(self):
        runs, lost = [*self.runs, *self.spiked], [f"{name}: {collapse}" for name, collapse in self.collapsed]
        counts = f"{len(self.runs)} of {len(runs) + len(lost)} starts ended without a spike or a collapse"
        return "\n".join([counts, *map(repr, runs), *lost])

    @property
    def best(self) -> StartedRun:
        """The run with the highest log-likelihood among `runs`; a ValueError where each ended in a spike."""
        if not self.runs:
            raise ValueError(f"every start led to a spike or a collapse; try fewer components, or more starts.\n{self}")
        return self.runs[0]


@one_thread
def several_runs(
    x: ArrayLike,
    K: int,
    n_init: int = 10,
    seed: int = 0,
    m_step: str | MStep = "full",
    max_steps: int = 1000,
    tol: float = 1e-8,
    map: Callable | None = None,
) -> SeveralRuns:
    """Run EM from several starts, and say what became of each.

    The first start is :func:`gmm_teach.starts.k_means_clusters`. The others take turns:
    :func:`~gmm_teach.starts.random_places` and :func:`~gmm_teach.starts.random_responsibilities`. They differ in kind
    because no kind finds the best hill everywhere: from random places the components start narrow and apart, from
    random responsibilities wide and together. More than two seconds of work shows its progress.

    Parameters
    ----------
    x, K, seed
        As in :func:`gmm_teach.starts.k_means`; each further start has the next seed.
    n_init : int
        How many starts, 1 or more.
    m_step : str or callable
        A key of :data:`gmm_teach.covariances.M_STEPS`, such as ``"tied"``; or a function like them.
    max_steps, tol
        As in :func:`gmm_teach.run_em`. What is still missing to the maximum may be 100 tol where EM is slow.
    map : callable, optional
        ``map(function, starts)`` does the runs: that of a ``concurrent.futures`` pool or of a Dask client. The result
        is the same.

    Returns
    -------
    SeveralRuns
        Its `best` is the highest run that is no spike.

    Raises
    ------
    ValueError
        If every start leads to a collapse.

    Examples
    --------
    >>> several = several_runs([[0.0], [1.0], [9.0], [10.0]], 2, n_init=3)
    >>> several.best.mixture.means.round(3)
    array([[0.5],
           [9.5]])
    """
    x = as_points(x)
    n_init = as_count("n_init", n_init, 1)
    seed = as_seed(seed)
    m_step = as_m_step(m_step)
    max_steps = as_count("max_steps", max_steps, 0)
    tol = as_tolerance("tol", tol)
    if map is not None:
        check_function("map", map)
    one_run = partial(_run, x, K, m_step, max_steps, tol)
    turns = (starts.random_places, starts.random_responsibilities)
    kinds = [starts.k_means_clusters, *islice(cycle(turns), n_init - 1)]
    begin = [(kind, (seed + i) % 2**32) for i, kind in enumerate(kinds)]
    results: Iterable[Any] = (one_run(start) for start in begin) if map is None else map(one_run, begin)
    runs, spiked, collapsed = [], [], []
    for result in tqdm(results, f"EM, K = {K}", n_init, leave=False, unit=" starts", delay=SECONDS_WITHOUT_BAR):
        if hasattr(result, "result"):  # a client gives futures
            result = result.result()  # pyright: ignore
        if isinstance(result, StartedRun):
            (spiked if result.spikes else runs).append(result)
        else:
            collapsed.append(result)
    if len(collapsed) == n_init:
        name, collapse = collapsed[0]
        raise ValueError(f"x and K = {K} led to a collapse from each of {n_init} starts. From {name}: {collapse}")
    runs, spiked = (tuple(sorted(some, key=lambda run: -run.log_likelihood)) for some in (runs, spiked))
    return SeveralRuns(runs, spiked, tuple(collapsed))


def spikes(x: ArrayLike, mixture: Mixture) -> tuple[int, ...]:
    """Find the components that owe their height to a few points that happen to lie almost on a line, or a hyperplane.

    The likelihood has no upper bound: a component that shrinks onto d points makes it as high as you like. And there
    are spurious local maxima, where a few points more hold a component open by a hair. They say nothing about clusters,
    though their likelihood may be the highest that is found.

    Here a component is a spike if it holds fewer than ten of the points `x` for each coordinate, and in some direction
    its standard deviation is less than a hundredth of that of all points. So units and correlations do not matter,
    and a thin cluster of many points is a cluster.

    Returns
    -------
    tuple of int
        Components, counted from 0. A tied mixture has none: its covariance rests on all points.

    References
    ----------
    McLachlan and Peel, Finite mixture models, Wiley 2000, section 3.10; Day, Estimating the components of a mixture of
    normal distributions, Biometrika 56 (1969), 463-474.

    Examples
    --------
    >>> x = [[-3.0], [-1.0], [0.0], [1.0], [3.0], [3.0001]]
    >>> spikes(x, starts.from_labels(x, [0, 0, 0, 0, 1, 1]))
    (1,)
    """
    check_mixture("mixture", mixture)
    x = as_points(x, mixture.d)
    if mixture.covariance_type == "tied":
        return ()
    (all_points,) = M_STEPS[mixture.covariance_type](x, np.ones((len(x), 1))).covariances
    whiten = np.linalg.inv(np.linalg.cholesky(all_points))  # after which all points together have width 1 everywhere
    narrowest = np.linalg.eigvalsh(whiten @ mixture.covariances @ whiten.T)[:, 0]
    found = (len(x) * mixture.proportions < FEW * mixture.d) & (narrowest < NARROW**2)
    return tuple(np.flatnonzero(found).tolist())


def free_parameters(K: int, d: int, covariance_type: str = "full") -> int:
    """Count the numbers that a mixture of K components in d coordinates is free to choose.

    They are K - 1 for the proportions, which sum to 1; K d for the means; and for the covariances K d (d + 1) / 2
    (full), K d (diag), K (spherical) or d (d + 1) / 2 (tied), by :data:`gmm_teach.covariances.M_STEPS`'s names.

    Examples
    --------
    >>> [free_parameters(3, 2, kind) for kind in ("full", "diag", "spherical", "tied")]
    [17, 14, 11, 11]
    """
    K, d = as_count("K", K, 1), as_count("d", d, 1)
    one = d * (d + 1) // 2
    of_covariances = {"full": K * one, "diag": K * d, "spherical": K, "tied": one}
    if covariance_type not in of_covariances:
        types = ", ".join(of_covariances)
        raise ValueError(f"covariance_type must be one of {types}, but it is {describe(covariance_type)}")
    return K - 1 + K * d + of_covariances[covariance_type]


def bic(x: ArrayLike, mixture: Mixture) -> float:
    """Bayesian information criterion: -2 log L + p log n, with p free parameters and n points; lower is better.

    It approximates -2 log of the probability of the points under the model, all parameters averaged out.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points that the mixture was fitted to.
    mixture : Mixture
        At a maximum of the likelihood. Its `covariance_type` tells how many numbers it was free to choose.

    Returns
    -------
    float
        As scikit-learn's ``bic``; mclust's is minus this.

    References
    ----------
    Schwarz, Estimating the dimension of a model, Annals of Statistics 6 (1978), 461-464.

    Examples
    --------
    >>> x, one = [[-1.0], [1.0]], Mixture([1.0], means=[[0.0]], covariances=[[[1.0]]])
    >>> round(one.log_likelihood(x), 4), round(bic(x, one), 4)
    (-2.8379, 7.062)
    """
    check_mixture("mixture", mixture)
    return float(-2 * mixture.log_likelihood(x) + _count(mixture) * np.log(np.shape(x)[0]))


def aic(x: ArrayLike, mixture: Mixture) -> float:
    """Akaike information criterion: -2 log L + 2 p; lower is better. Arguments and sign as in :func:`bic`.

    It estimates -2 log L of as many NEW points under the fitted mixture.

    References
    ----------
    Akaike, A new look at the statistical model identification, IEEE Transactions on Automatic Control 19 (1974),
    716-723.
    """
    check_mixture("mixture", mixture)
    return -2 * mixture.log_likelihood(x) + 2 * _count(mixture)


def icl(x: ArrayLike, mixture: Mixture) -> float:
    """Integrated completed likelihood, approximated as BIC is: -2 log L_c + p log n; lower is better.

    log L_c is the log-likelihood of points and hard labels together, sum_i max_k log(pi_k f_k(x_i)). So ICL is BIC
    plus a penalty for points whose label is in doubt. Arguments and sign as in :func:`bic`.

    References
    ----------
    Biernacki, Celeux and Govaert, Assessing a mixture model for clustering with the integrated completed likelihood,
    IEEE Transactions on Pattern Analysis and Machine Intelligence 22 (2000), 719-725.
    """
    check_mixture("mixture", mixture)
    return float(-2 * mixture.log_joint(x).max(axis=1).sum() + _count(mixture) * np.log(np.shape(x)[0]))


def held_out_log_likelihood(
    x: ArrayLike,
    K: int,
    folds: int = 5,
    n_init: int = 3,
    seed: int = 0,
    m_step: str | MStep = "full",
    max_steps: int = 1000,
    tol: float = 1e-6,
) -> float:
    """Cross-validate: fit to all folds but one, take the log-likelihood of that one, and add up; higher is better.

    Parameters
    ----------
    folds : int
        Parts into which the points are split at random, 2 to n.
    x, K, n_init, seed, m_step, max_steps, tol
        As in :func:`several_runs`, which fits; `seed` splits the points too.

    Returns
    -------
    float
        Nats, over all n points, each under a mixture that has not seen it.

    Raises
    ------
    ValueError
        If every start collapses where a fold is left out.

    References
    ----------
    Smyth, Model selection for probabilistic clustering using cross-validated likelihood, Statistics and Computing 10
    (2000), 63-72.
    """
    x = as_points(x)
    folds = as_count("folds", folds, 2, len(x), ", the number of points,")
    order = np.random.default_rng(as_seed(seed)).permutation(len(x))
    total = 0.0
    for held_out in np.array_split(order, folds):
        kept = np.delete(x, held_out, axis=0)
        best = several_runs(kept, K, n_init, seed, m_step, max_steps, tol).best
        total += best.mixture.log_likelihood(x[held_out])
    return total


def _run(x, K, m_step, max_steps, tol, start):
    """The StartedRun from one start, which is (function, seed); or its name and the collapse."""
    function, seed = start
    name = f"{function.__name__}, seed {seed}"
    try:
        begin = function(x, K, seed, m_step)
        for state, end in until_it_stops(iterate(x, begin, m_step=m_step), max_steps, tol):
            if end:
                return StartedRun(name, begin, state, end[0], spikes(x, state.mixture))
    except CollapsedComponent as collapse:
        return name, collapse


def _count(mixture):
    return free_parameters(mixture.K, mixture.d, mixture.covariance_type)
