"""How many components: EM from several starts, and criteria that weigh the fit against the numbers it took.

The criteria have scikit-learn's sign: LOWER is better. R's mclust reports minus these, and there higher is better.
Each compares mixtures that are fitted to the SAME points; see the functions for what is added to -2 log L.
"""

from dataclasses import dataclass

import numpy as np

from . import starts
from ._checks import as_count, as_points, as_seed, as_tolerance, check_function, describe
from ._threads import one_thread
from .em import CollapsedComponent, State, iterate, m_step
from .mixture import Mixture, check_mixture
from .runs import until_it_stops

TURNS = ("random points", "random responsibilities")


@dataclass(frozen=True, eq=False)
class StartedRun:
    """Where EM began and where it ended; the steps between are not kept.

    Attributes
    ----------
    start_name : str
        Such as ``"K-means"`` or ``"random points, seed 3"``.
    start : Mixture
        theta at step 0.
    state : State
        The last one, with its step, mixture, responsibilities and log-likelihood.
    converged : bool
        False when `max_steps` ended the run.
    """

    start_name: str
    start: Mixture
    state: State
    converged: bool

    @property
    def mixture(self):
        """The Mixture that EM ended with."""
        return self.state.mixture

    @property
    def log_likelihood(self):
        """Its total log-likelihood, a float, in nats."""
        return self.state.log_likelihood


@dataclass(frozen=True, eq=False)
class SeveralRuns:
    """What became of every start: together, `runs` and `collapsed` hold as many as were asked for.

    Attributes
    ----------
    runs : tuple of StartedRun
        Those that did not collapse, the highest log-likelihood first; one at least.
    collapsed : tuple of (str, CollapsedComponent)
        The name of each start that led to a collapse, and the collapse.
    """

    runs: tuple
    collapsed: tuple

    @property
    def best(self):
        """The run with the highest log-likelihood. It may be a spike: look at its smallest covariance."""
        return self.runs[0]


def several_runs(x, K, number=10, seed=0, m_step=m_step, max_steps=1000, tol=1e-8):
    """Run EM from several starts, and say what became of each.

    The first start is the post's, from K-means. The others take turns: K random points as means, and random
    responsibilities. They differ in kind because no kind finds the best hill everywhere: from random points the
    components start narrow and apart, from random responsibilities wide and together.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    K : int
        Number of components, at most the number of distinct points.
    number : int
        How many starts, 1 or more.
    seed : int
        Of the first start; each further one has the next seed.
    m_step : callable
        :func:`gmm_teach.m_step`, or one of :data:`gmm_teach.covariances.M_STEPS`.
    max_steps : int
        Each run stops after this many steps at the latest.
    tol : float
        Each run stops when a step gains less than this many nats; 0: when it no longer gains. What is still missing
        to the maximum may be a hundred times as much where EM is slow.

    Returns
    -------
    SeveralRuns

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described; the message names it.
        Also if every start leads to a collapse.

    Examples
    --------
    >>> several = several_runs([[0.0], [1.0], [9.0], [10.0]], 2, number=3)
    >>> several.best.mixture.means.round(3)
    array([[0.5],
           [9.5]])
    >>> len(several.runs) + len(several.collapsed)
    3
    """
    x = as_points(x)
    number = as_count("number", number, 1)
    seed = as_seed(seed)
    check_function("m_step", m_step)
    max_steps = as_count("max_steps", max_steps, 0)
    tol = as_tolerance("tol", tol)
    runs, collapsed = [], []
    for i in range(number):
        kind = TURNS[(i - 1) % 2] if i > 0 else "K-means"
        own_seed = (seed + i) % 2**32
        name = f"{kind}, seed {own_seed}"
        try:
            start = _start(kind, x, K, own_seed, m_step)
            runs.append(StartedRun(name, start, *_last_state(x, start, m_step, max_steps, tol)))
        except CollapsedComponent as collapse:
            collapsed.append((name, collapse))
    if not runs:
        name, collapse = collapsed[0]
        raise ValueError(f"x and K = {K} led to a collapse from each of {number} starts. From {name}: {collapse}")
    return SeveralRuns(tuple(sorted(runs, key=lambda run: -run.log_likelihood)), tuple(collapsed))


def free_parameters(K, d, model="full"):
    """Count the numbers that a mixture is free to choose.

    Parameters
    ----------
    K, d : int
        Components, and coordinates of a point; 1 or more.
    model : str
        A key of :data:`gmm_teach.covariances.M_STEPS`.

    Returns
    -------
    int
        K - 1 for the proportions, which sum to 1; K d for the means; for the covariances K d (d + 1) / 2 (full),
        K d (diagonal), K (spherical) or d (d + 1) / 2 (tied).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> [free_parameters(3, 2, model) for model in ("full", "diagonal", "spherical", "tied")]
    [17, 14, 11, 11]
    """
    K, d = as_count("K", K, 1), as_count("d", d, 1)
    one = d * (d + 1) // 2
    of_covariances = {"full": K * one, "diagonal": K * d, "spherical": K, "tied": one}
    if model not in of_covariances:
        raise ValueError(f"model must be one of {', '.join(of_covariances)}, but it is {describe(model)}")
    return K - 1 + K * d + of_covariances[model]


def bic(x, mixture, model="full"):
    """Bayesian information criterion: -2 log L + p log n, with p free parameters and n points; lower is better.

    It approximates -2 log of the probability of the points under the model, all parameters averaged out.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points that the mixture was fitted to.
    mixture : Mixture
        At a maximum of the likelihood.
    model : str
        Which covariances it was free to choose: a key of :data:`gmm_teach.covariances.M_STEPS`.

    Returns
    -------
    float
        As scikit-learn's ``bic``; mclust's is minus this.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

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
    return float(-2 * mixture.log_likelihood(x) + _count(mixture, model) * np.log(len(x)))


def aic(x, mixture, model="full"):
    """Akaike information criterion: -2 log L + 2 p; lower is better. Arguments, errors and sign as in :func:`bic`.

    It estimates -2 log L of as many NEW points under the fitted mixture.

    References
    ----------
    Akaike, A new look at the statistical model identification, IEEE Transactions on Automatic Control 19 (1974),
    716-723.
    """
    check_mixture("mixture", mixture)
    return -2 * mixture.log_likelihood(x) + 2 * _count(mixture, model)


def icl(x, mixture, model="full"):
    """Integrated completed likelihood, approximated as BIC is: -2 log L_c + p log n; lower is better.

    log L_c is the log-likelihood of points and hard labels together, sum_i max_k log(pi_k f_k(x_i)). So ICL is BIC
    plus a penalty for points whose label is in doubt. Arguments, errors and sign as in :func:`bic`.

    References
    ----------
    Biernacki, Celeux and Govaert, Assessing a mixture model for clustering with the integrated completed likelihood,
    IEEE Transactions on Pattern Analysis and Machine Intelligence 22 (2000), 719-725.
    """
    check_mixture("mixture", mixture)
    return float(-2 * mixture.log_joint(x).max(axis=1).sum() + _count(mixture, model) * np.log(len(x)))


def held_out_log_likelihood(x, K, folds=5, number=3, seed=0, m_step=m_step, max_steps=1000, tol=1e-6):
    """Cross-validate: fit to all folds but one, take the log-likelihood of that one, and add up; higher is better.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    K : int
        Number of components.
    folds : int
        Parts into which the points are dealt at random, 2 to n.
    number, seed, m_step, max_steps, tol
        As in :func:`several_runs`, which fits; `seed` deals the points too.

    Returns
    -------
    float
        Nats, over all n points, each under a mixture that has not seen it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or every start collapses where a fold is left out.

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
        best = several_runs(kept, K, number, seed, m_step, max_steps, tol).best
        total += best.mixture.log_likelihood(x[held_out])
    return total


def _start(kind, x, K, seed, m_step):
    if kind == "K-means":
        return starts.k_means(x, K, seed)
    if kind == "random points":
        return starts.random_points(x, K, seed)
    return starts.random_responsibilities(x, K, seed, m_step)


@one_thread
def _last_state(x, start, m_step, max_steps, tol):
    """The state where EM ends, and whether it converged."""
    for state, end in until_it_stops(iterate(x, start, m_step=m_step), max_steps, tol):
        if end:
            return state, end[0]


def _count(mixture, model):
    return free_parameters(*mixture.means.shape, model)
