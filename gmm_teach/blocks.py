"""EM on large data: two matrix products a step, block by block, by one worker or by many.

The logarithm of a Gaussian's density is linear in phi(z) = (1, z_a, z_a z_b for a <= b), the **sufficient statistics**
of a point. So with Phi, whose columns are the phi(z_i), and eta, whose rows are the natural parameters,

    E step   log (pi_k f_k(x_i)) = eta Phi, and T is its softmax over k
    M step   T Phi^T = S_k (1, mean of z, mean of z z^T), from which the new means and covariances follow

T Phi^T is a sum over points, so anything that maps a function over blocks of them can do the work. z is x seen from the
middle of the points, in units in which they have covariance 1; there the numbers stay small. Where a component is so
narrow, or so far from the middle, that digits would be lost all the same, its sums are taken around its own mean.

Source: P. Dempster, N. Laird and D. Rubin, *Maximum likelihood from incomplete data via the EM algorithm*, 1977.
"""

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from ._checks import as_count, as_points, as_tolerance, as_weights, check_shape, describe
from ._threads import one_thread
from .covariances import COVARIANCES_OF, as_m_step, from_scatters
from .em import CollapsedComponent, MStep, check_none_empty, m_step, share_out
from .mixture import Mixture, cholesky_factor, row_blocks
from .runs import as_start, until_it_stops

# One NumPy call on a block handles about so many numbers: few enough for a processor's cache, and so many that threads,
# which wait for each other between calls, wait little.
NUMBERS_IN_CALL = 200_000

# The rounding error of a log density that is still allowed.
MOST_ROUNDING = 1e-11

# Sums of exponentials below it may have lost digits to underflow.
UNDERFLOW = 1e-290

SECONDS_WITHOUT_BAR = 2


@dataclass(frozen=True, eq=False)
class Fit:
    """What :func:`gmm_teach.fit` found.

    Attributes
    ----------
    mixture : Mixture
        The last one whose log-likelihood is known.
    log_likelihoods : tuple of float
        Total log-likelihood in nats at step 0, 1, 2, ...; the last one is that of `mixture`.
    converged : bool
        False when `max_steps`, or an interruption, ended the fit.
    reason : str
        Why it stopped, as a sentence.
    """

    mixture: Mixture
    log_likelihoods: tuple[float, ...]
    converged: bool
    reason: str

    def __repr__(self):
        rose = f"log L = {self.log_likelihoods[-1]:.3f}" if self.log_likelihoods else "log L not known"
        return f"Fit of {max(0, len(self.log_likelihoods) - 1)} steps, {rose}; {self.reason}\n{self.mixture}"


def fit(
    x: ArrayLike,
    start: Mixture | int,
    max_steps: int = 1000,
    tol: float = 1e-8,
    map: Callable | None = None,
    m_step: MStep | str = m_step,
    weights: ArrayLike | None = None,
) -> Fit:
    """Run EM and keep no step but the last.

    The steps are those of :func:`gmm_teach.run_em`, to nine digits or more, and so is the rule that ends them. Memory
    is needed for one block of points in each thread, besides `x` itself. Ctrl-C, or a notebook's stop button, ends the
    fit and returns what is known so far. A fit of more than two seconds shows its progress.

    Parameters
    ----------
    x : array_like or dask.array.Array, shape (n, d)
        The points. A memory-mapped file (:class:`numpy.memmap`) is read block by block. Each block is computed with in
        float64, whatever `x` holds.
    start : Mixture or int
        The parameters at step 0; or K, for the post's step 0, which takes all points at once.
    max_steps, tol
        As in :func:`gmm_teach.run_em`.
    map : callable, optional
        ``map(function, blocks)`` applies a function to each block: a Dask client's, say, on several machines. By
        default a thread for each core does it. A Dask array is mapped by Dask itself, each chunk where it lies: by the
        client whose `map` this is, or else by the one in use, or by threads where there is none.
    m_step : callable or str
        :func:`gmm_teach.m_step`, or for simpler covariances one of :mod:`gmm_teach.covariances`, such as ``"tied"``.
    weights : array_like, shape (n,), optional
        How often each point counts, 0 or more, in the M step and in the log-likelihood: with a weight of 2 it is there
        twice. K-means, where `start` is K, does not know of them; nor does a Dask array.

    Returns
    -------
    Fit

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    CollapsedComponent
        If a component collapses; the error names the step, and its `so_far` is a Fit of the steps before that.

    Notes
    -----
    Blocks are always added in the order of the points, so two fits with the same blocks are equal to the last digit,
    whatever maps over them. Other blocks change the last digits, as other orders of a sum do. Where a covariance itself
    holds fewer digits (a correlation of 1 - 1e-8 costs it eight) several blocks agree with `run_em` to as many as it
    holds, as `run_em` does with itself on shuffled points, and one block agrees to the last.

    Examples
    --------
    >>> found = fit([[0.0], [1.0], [9.0], [10.0]], 2)
    >>> found.mixture.means.round(3)
    array([[0.5],
           [9.5]])
    >>> found.converged, len(found.log_likelihoods)
    (True, 3)
    """
    if map is not None and not callable(map):
        raise TypeError(f"map must be a function, but it is {describe(map)}; pass a pool's or a client's `map`")
    m_step = as_m_step(m_step)
    if not any(m_step is known for known in COVARIANCES_OF):
        raise ValueError(f"m_step must be gmm_teach.m_step or one of covariances.M_STEPS, but it is {describe(m_step)}")
    max_steps = as_count("max_steps", max_steps, 0)
    tol = as_tolerance("tol", tol)
    columns = getattr(x, "columns", None)
    if hasattr(x, "__dask_graph__"):  # by which Dask knows its own
        if weights is not None:
            raise ValueError(
                "weights must be left out where x is a Dask array; repeat its points, or pass a NumPy array"
            )
        mixture, blocks = _chunks(x, start)
        workers = nullcontext(_dask_map(map))
    else:
        x = x if isinstance(x, np.ndarray) else as_points(x)
        check_shape("x", x, ("n", start.d if isinstance(start, Mixture) else "d"))
        mixture = as_start(x, start)
        slices = row_blocks(len(x), _rows_in_block(mixture.K, mixture.d))
        w = as_weights(weights, len(x))
        blocks = [(f"x[{rows.start}:{rows.stop}]", x[rows], 1.0 if weights is None else w[rows]) for rows in slices]
        workers = _threads(len(blocks)) if map is None else nullcontext(map)
    # once a process has freed so much, Linux keeps the memory of a block for the next one; to ask anew takes long
    np.empty(2**21)
    log_likelihoods, end = (), (False, "interrupted before the first log-likelihood was known")
    with one_thread, workers as map, tqdm(desc="EM", unit=" steps", delay=SECONDS_WITHOUT_BAR, leave=False) as bar:
        try:
            steps = _steps(mixture, partial(_parts, map, blocks), m_step, alone=len(blocks) == 1)
            for reached, stopped in until_it_stops(steps, max_steps, tol):
                mixture, log_likelihoods = reached.mixture, (*log_likelihoods, reached.log_likelihood)
                end = stopped or (False, f"interrupted after step {len(log_likelihoods) - 1}")
                bar.set_postfix_str(f"log L = {reached.log_likelihood:.3f}", refresh=False)  # update() shows it
                bar.update()
        except KeyboardInterrupt:
            pass
        except CollapsedComponent as collapse:
            collapse.step, collapse.columns = len(log_likelihoods), columns
            collapse.so_far = Fit(mixture, log_likelihoods, *end)
            raise
    return Fit(mixture, log_likelihoods, *end)


class Whitening(NamedTuple):
    """Seen as z, where x = centre + factor z, all points together have mean 0 and covariance 1 (nearly, and once)."""

    centre: np.ndarray  # (d,)
    factor: np.ndarray  # (d, d), lower triangular
    inverse: np.ndarray  # (d, d), of `factor`

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return z for points x (n, d), as columns: (d, n)."""
        return self.inverse @ (np.array(x.T, dtype=float, order="C") - self.centre[:, None])


def sufficient_statistics(z: np.ndarray) -> np.ndarray:
    """Return phi of each column of z (d, n): 1, z_a, and z_a z_b for a <= b, as an array (1 + d + d (d + 1) / 2, n)."""
    d, n = z.shape
    phi = np.empty((1 + d + d * (d + 1) // 2, n))
    phi[0], phi[1 : 1 + d] = 1, z
    row = 1 + d
    for a in range(d):
        np.multiply(z[a], z[a:], out=phi[row : row + d - a])
        row += d - a
    return phi


def natural_parameters(mixture: Mixture, whitening: Whitening) -> np.ndarray:
    """Return eta, with log (pi_k f_k(x)) = eta_k . phi(z): an array (K, 1 + d + d (d + 1) / 2)."""
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows counts as imprecise
        # (x - m)^T Sigma^-1 (x - m) is the squared length of root z - way
        roots = mixture._inverse_factors @ whitening.factor
        ways = mixture._inverse_factors @ (mixture.means - whitening.centre)[:, :, None]
        constants = mixture.log_peaks() - 0.5 * (ways**2).sum(axis=(1, 2))
        linear = roots.swapaxes(1, 2) @ ways
        precisions = roots.swapaxes(1, 2) @ roots
    d = len(whitening.centre)
    a, b = np.triu_indices(d)
    return np.column_stack([constants, linear[:, :, 0], precisions[:, a, b] * np.where(a == b, -0.5, -1)])


def block_sums(eta, peak, whitening, block):
    """Make the E step on a block, (its place as text, points, weights), and return T Phi^T and the log-likelihood.

    `peak` is the largest log (pi_k f_k) anywhere.
    """
    _, x, weights = block
    weights = np.broadcast_to(weights, len(x))
    below = eta - peak * np.eye(1, eta.shape[1])  # so that no exponential overflows, and few of them underflow
    sums, log_likelihood = np.zeros(eta.shape), peak * weights.sum()
    for rows in row_blocks(len(x), _rows_in_block(len(eta), x.shape[1])):  # a Dask array's chunk may be large, or empty
        phi = sufficient_statistics(whitening(x[rows]))
        T = below @ phi  # as yet log (pi_k f_k(x_i)), less the peak, (K, n)
        np.exp(T, out=T)
        density = T.sum(axis=0)
        if density.min() < UNDERFLOW:  # a point far out: take the largest of its own off, as e_step does
            T = below @ phi
            highest = T.max(axis=0)
            T = np.exp(T - highest)
            density = T.sum(axis=0)
            log_likelihood += (weights[rows] * highest).sum()
        T *= weights[rows] / density
        sums += T @ phi.T
        log_likelihood += (weights[rows] * np.log(density)).sum()
    return sums, log_likelihood


def careful_sums(mixture, centres, block):
    """Return the same as :func:`block_sums`, with z_i = x_i - c_k around a centre for each component, (K, d)."""
    place, x, weights = block
    weights = np.broadcast_to(weights, len(x))
    K, d = centres.shape
    triangle = np.triu_indices(d)
    sums, log_likelihood = np.zeros((K, 1 + d + len(triangle[0]))), 0.0
    for rows in row_blocks(len(x), _rows_in_block(K, d)):
        T, log_density = share_out(_in_place(place, mixture.log_joint, x[rows]))
        for k, T_k in enumerate(weights[rows] * T.T):
            z = np.asarray(x[rows], dtype=float) - centres[k]
            weighted = T_k[:, None] * z
            sums[k] += [T_k.sum(), *weighted.sum(axis=0), *(weighted.T @ z)[triangle]]
        log_likelihood += (weights[rows] * log_density).sum()
    return sums, log_likelihood


def own_steps(mixture, m_step, steps, block):
    """Return the mixture after some steps as `run_em` makes them, to the last digit, where all points are one block."""
    _, x, weights = block
    for _ in range(steps):
        mixture = m_step(x, share_out(mixture.log_joint(x))[0], np.broadcast_to(weights, len(x)))
    return mixture


def moments(sums, centres, factor):
    """Return S_k, means and scatters from sums of phi(z), where x = centre + factor z."""
    S, d = sums[:, 0], len(factor)
    check_none_empty(S)
    shifts = sums[:, 1 : 1 + d] / S[:, None]
    squares = np.empty((len(S), d, d))
    a, b = np.triu_indices(d)
    squares[:, a, b] = squares[:, b, a] = sums[:, 1 + d :]
    scatters = squares - S[:, None, None] * shifts[:, :, None] * shifts[:, None, :]
    return S, centres + shifts @ factor.T, factor @ scatters @ factor.T


class _Reached(NamedTuple):
    mixture: Mixture
    log_likelihood: float


def _steps(mixture, parts, m_step, alone):
    """Yield where EM stands at step 0, 1, 2, ...; `parts` gives a function's results for all blocks, or one `alone`."""

    def total(function):
        return (sum(same) for same in zip(*parts(function), strict=True))

    kind, whitening = COVARIANCES_OF[m_step], _whitening(parts(block_moments))
    unchanged = np.eye(len(whitening.centre))
    eta = _precise_parameters(mixture, whitening, alone)
    exact, since = mixture, 0  # the last mixture that is that of run_em to the last digit, and how many steps ago
    while True:
        if eta is not None:
            sums, log_likelihood = total(partial(block_sums, eta, mixture.log_peaks().max(), whitening))
            seen_from = whitening.centre, whitening.factor
        else:
            sums, log_likelihood = total(partial(careful_sums, mixture, mixture.means))
            seen_from = mixture.means, unchanged
        yield _Reached(mixture, log_likelihood)
        S, means, scatters = moments(sums, *seen_from)
        following, since = None, since + 1
        if eta is not None:
            with suppress(CollapsedComponent):  # or so it seems where digits are lost; the careful way will tell
                following = from_scatters(S, means, scatters, kind)
                eta = _precise_parameters(following, whitening, alone)
        if following is None or eta is None:
            if alone:
                (following,) = parts(partial(own_steps, exact, m_step, since))
                exact, since = following, 0
            else:
                sums, _ = total(partial(careful_sums, mixture, means))
                following = from_scatters(*moments(sums, means, unchanged), kind)
            eta = _precise_parameters(following, whitening, alone)
        mixture = following


def _precise_parameters(mixture, whitening, alone):
    """Return eta; None where eta_k . phi would lose digits, so that a step must be made with care."""
    eta = natural_parameters(mixture, whitening)
    largest = np.abs(eta).sum(axis=1).max()  # of eta_k . phi, since on average no phi is larger than 1
    if alone:
        # where a coordinate is nearly a function of the others, rounding a covariance's entries moves a density by more
        # than all sums do: nothing but the very same sums, which only one block has, gives what run_em gives
        shares = np.einsum("kii->ki", mixture._factors) ** 2 / np.einsum("kii->ki", mixture.covariances)
        largest = max(largest, 1 / shares.min())
    return eta if np.finfo(float).eps * largest < MOST_ROUNDING else None


def block_moments(block):
    """Check the points of a block; return their weight, their mean (d,), and their squares around it (d, d)."""
    place, x, weights = block
    if len(x) == 0:  # as a chunk of a Dask array may be
        return 0, np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1]))
    x, weights = _in_place(place, as_points, x), np.broadcast_to(weights, len(x))
    total = weights.sum()
    mean = (weights[:, None] * x).sum(axis=0) / (total or 1)
    return total, mean, (weights * (x - mean).T) @ (x - mean)


def _whitening(parts):
    """The Whitening of all points from the :func:`block_moments` of each block."""
    n, means, squares = (np.array(part) for part in zip(*parts, strict=True))
    if n.sum() == 0:
        raise ValueError("x is empty: none of its chunks holds a point")
    centre = n @ means / n.sum()
    apart = means - centre
    covariance = (squares.sum(axis=0) + (n * apart.T) @ apart) / n.sum()  # within blocks, and between them
    try:
        factor = cholesky_factor(covariance)
    except np.linalg.LinAlgError:  # points in a hyperplane: each coordinate for itself
        deviations = np.sqrt(np.diag(covariance))
        factor = np.diag(np.where(deviations > 0, deviations, 1))
    return Whitening(centre, factor, np.linalg.inv(factor.T).T)


def _rows_in_block(K, d):
    return NUMBERS_IN_CALL // (K + d)


def _in_place(place, function, x):
    """Call a function that checks x; say in its errors which block this is."""
    try:
        return function(x)
    except (TypeError, ValueError) as error:
        raise type(error)(f"in {place}, with its rows counted from 0: {error}") from None


def _parts(map, blocks, function):
    """Return the results of a function for each block, in the order of the points, whichever was ready first."""
    results = map(function, blocks)
    if not isinstance(results, Iterable):
        raise TypeError(f"map must return a result for each block, but it returned {describe(results)}")
    parts = [result.result() if hasattr(result, "result") else result for result in results]  # a client gives futures
    if len(parts) != len(blocks):
        raise ValueError(f"map must return a result for each block, but of {len(blocks)} it returned {len(parts)}")
    return parts


@contextmanager
def _threads(blocks):
    """Provide a map that a thread for each core carries out; Python's own where there is nothing to share."""
    cores = 1 if sys.platform == "emscripten" else os.cpu_count() or 1
    if min(cores, blocks) == 1:
        yield map
        return
    pool = ThreadPoolExecutor(cores)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(x, start):
    """Return the start, and the chunks of a Dask array, not yet computed, each with its place as text."""
    if not hasattr(x, "numblocks"):
        raise TypeError(f"x must be an array, but it is {describe(x)}; pass x.to_dask_array()")
    if not isinstance(start, Mixture):
        raise TypeError(
            f"start must be a Mixture where x is a Dask array, but it is {describe(start)}; "
            "fit a sample of the points in memory, and start from its mixture"
        )
    if x.ndim != 2 or x.shape[1] != start.d:
        raise ValueError(f"x must have shape (n, {start.d}), but its shape is {x.shape}")
    if x.numblocks[1] != 1:
        raise ValueError("x has chunks that hold some of the coordinates; pass x.rechunk({1: -1})")
    return start, [(f"chunk {i} of x", chunk, 1.0) for i, chunk in enumerate(x.to_delayed().ravel())]


def _dask_map(map):
    """Return what maps a function over the chunks of a Dask array, each where it lies."""
    from dask.base import compute  # here, because only a Dask array needs it
    from dask.delayed import delayed

    client = getattr(map, "__self__", None)  # whose method this map is
    if map is not None and not hasattr(client, "compute"):
        raise TypeError("map must be a Dask client's where x is a Dask array; or leave it out")

    def where_they_lie(function, chunks):
        tasks = [delayed(function)(chunk) for chunk in chunks]
        return compute(*tasks) if client is None else client.gather(client.compute(tasks))

    return where_they_lie
