"""EM on large data: sums over blocks of points, added up, by one worker or by many.

The M step needs only three sums for each component (see :class:`gmm_teach.blocks.Sums`), and sums can be taken block by
block. So no more than a block and its responsibilities is ever needed at once, and whoever can map a function over the
blocks can do the work: Python's own `map`, a pool of threads, a cluster.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import count

import numpy as np
from tqdm.auto import tqdm

from ._checks import as_count, as_points, as_tolerance, check_shape, describe
from .em import CollapsedComponent, check_none_empty, check_none_flat, e_step
from .mixture import Mixture, differences, row_blocks
from .runs import as_start, stop

# A mean that moves by so many of its new standard deviations costs the variance four of its sixteen digits.
FAR = 100

SECONDS_WITHOUT_BAR = 2

# Linux takes the memory of each block back and hands it out anew, which costs as much time as all the rest, until a
# process has once freed an array of this many numbers, 16 megabytes.
NUMBERS_FREED = 2**21

BUILT_IN = map  # which in `fit` is the name of an argument


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
        Why it stopped, in words.
    """

    mixture: Mixture
    log_likelihoods: tuple
    converged: bool
    reason: str

    def __repr__(self):
        rose = f"log L = {self.log_likelihoods[-1]:.3f}" if self.log_likelihoods else "log L not known"
        return f"Fit of {max(0, len(self.log_likelihoods) - 1)} steps, {rose}; {self.reason}\n{self.mixture}"


def fit(x, start, max_steps=1000, tol=1e-8, map=map):
    """Run EM and keep no step but the last.

    The steps are those of :func:`gmm_teach.run_em`, and so is the rule that ends them. Memory is needed for one block
    of points and its responsibilities, beside `x` itself. Ctrl-C, or a notebook's stop button, ends the fit and returns
    what is known so far. A fit of more than two seconds shows its progress.

    Parameters
    ----------
    x : array_like or dask.array.Array, shape (n, d)
        The points. A memory-mapped file (:class:`numpy.memmap`) is read block by block. Each block is computed with in
        float64, whatever `x` holds.
    start : Mixture or int
        The parameters at step 0; or K, for the post's step 0, which takes all points at once.
    max_steps : int
        Stop after this many steps at the latest.
    tol : float
        Stop when a step gains less than this many nats of total log-likelihood; 0: when it no longer gains.
    map : callable
        ``map(function, blocks)`` applies a function to each block. Python's own works through them in turn,
        ``concurrent.futures.ThreadPoolExecutor().map`` with several threads, a Dask client's with several machines.
        A Dask array is mapped by Dask itself, each chunk where it lies: by the client whose `map` this is, or else by
        the one in use, or by threads where there is none.

    Returns
    -------
    Fit
        `mixture`, `log_likelihoods`, `converged` and `reason`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described; the message names it.
    CollapsedComponent
        If a component collapses; the error names the step, and its `so_far` is a Fit of the steps before that.

    Notes
    -----
    Sums of floating-point numbers depend on their order in the last digits. Blocks are always added in the order of the
    points. So two fits with the same blocks are equal to the last digit, whoever maps; and with other blocks, or from
    `run_em`, to some ten digits.

    Examples
    --------
    >>> found = fit([[0.0], [1.0], [9.0], [10.0]], 2)
    >>> found.mixture.means.round(3)
    array([[0.5],
           [9.5]])
    >>> found.converged, len(found.log_likelihoods)
    (True, 3)
    """
    if not callable(map):
        raise TypeError(f"map must be a function, but it is {describe(map)}; pass a pool's or a client's `map`")
    max_steps = as_count("max_steps", max_steps, 0)
    tol = as_tolerance("tol", tol)
    columns = getattr(x, "columns", None)
    if hasattr(x, "__dask_graph__"):  # by which Dask knows its own
        blocks, map = _chunks(x, start), _dask_map(map)
    else:
        x = x if isinstance(x, np.ndarray) else as_points(x)
        check_shape("x", x, ("n", start.d if isinstance(start, Mixture) else "d"))
        start = as_start(x, start)
        blocks = [(f"x[{rows.start}:{rows.stop}]", x[rows]) for rows in row_blocks(len(x), start.means.size)]
    np.empty(NUMBERS_FREED)
    mixture, known = start, Fit(start, (), False, "interrupted before the first log-likelihood was known")
    with tqdm(desc="EM", unit=" steps", delay=SECONDS_WITHOUT_BAR, leave=False) as bar:
        try:
            for step in count():
                sums, log_likelihood = _total(map, mixture, mixture.means, blocks)
                gain = log_likelihood - known.log_likelihoods[-1] if step > 0 else np.inf
                log_likelihoods = (*known.log_likelihoods, log_likelihood)
                known = Fit(mixture, log_likelihoods, False, f"interrupted after step {step}")
                end = stop(step, gain, max_steps, tol, mixture)
                if end:
                    return Fit(mixture, log_likelihoods, *end)
                if _far(sums):
                    sums, _ = _total(map, mixture, sums.centres + sums.shifts / sums.weights[:, None], blocks)
                mixture = maximise(sums)
                bar.set_postfix_str(f"log L = {log_likelihood:.3f}", refresh=False)  # update() shows it, in its time
                bar.update()
        except KeyboardInterrupt:
            return known
        except CollapsedComponent as collapse:
            collapse.step, collapse.so_far, collapse.columns = step + 1, known, columns
            raise


def block_sums(mixture, centres, block):
    """Make the E step on some of the points, and keep only what the M step must know of them.

    Parameters
    ----------
    mixture : Mixture
        The present parameters.
    centres : ndarray, shape (K, d)
        Around which the sums are taken.
    block : tuple of (str, array_like)
        Where these points are, for the message of an error; and the points, shape (n, d).

    Returns
    -------
    Sums
        K (1 + d + d^2) numbers, however many the points are.
    log_likelihood : float
        Of these points, in nats.
    """
    place, x = block
    K, d = centres.shape
    sums, log_likelihood = three_sums(np.empty((0, d)), np.empty((0, K)), centres), 0.0
    try:
        for rows in row_blocks(len(x), K * d):  # a Dask array's chunk may be large, or empty
            responsibilities, of_these = e_step(x[rows], mixture)  # which checks the points
            sums += three_sums(np.asarray(x[rows], dtype=float), responsibilities, centres)
            log_likelihood += of_these
    except (TypeError, ValueError) as error:
        raise type(error)(f"in {place}, with its rows counted from 0: {error}") from None
    return sums, log_likelihood


def _total(map, mixture, centres, blocks):
    results = map(partial(block_sums, mixture, centres), blocks)
    if not isinstance(results, Iterable):
        raise TypeError(f"map must return a result for each block, but it returned {describe(results)}")
    parts = [result.result() if hasattr(result, "result") else result for result in results]  # a client gives futures
    if len(parts) != len(blocks):
        raise ValueError(f"map must return a result for each block, but of {len(blocks)} it returned {len(parts)}")
    (sums, log_likelihood), *others = parts
    for more_sums, more in others:  # in the order of the points, whoever was ready first
        sums, log_likelihood = sums + more_sums, log_likelihood + more
    return sums, log_likelihood


def _far(sums):
    """Whether a mean moves so far that squares around the old one lose digits; around the new one they do not."""
    check_none_empty(sums.weights)
    squared_shifts = sums.shifts**2  # this and the next are S^2 times a squared shift, and times a variance
    variances = sums.weights[:, None] * np.diagonal(sums.squares, axis1=1, axis2=2) - squared_shifts
    return bool((squared_shifts > FAR**2 * variances).any())


def _chunks(x, start):
    """Return the chunks of a Dask array, not yet computed, each with its place in words."""
    if not hasattr(x, "numblocks"):
        raise TypeError(f"x must be an array, but it is {describe(x)}; pass x.to_dask_array()")
    if not isinstance(start, Mixture):
        raise TypeError(
            f"start must be a Mixture where x is a Dask array, but it is {describe(start)}; "
            "fit a sample of the points in memory, and start from its mixture"
        )
    d = start.means.shape[1]
    if x.ndim != 2 or x.shape[1] != d:
        raise ValueError(f"x must have shape (n, {d}), but its shape is {x.shape}")
    if x.numblocks[1] != 1:
        raise ValueError("x has chunks that hold some of the coordinates; pass x.rechunk({1: -1})")
    return [(f"chunk {i} of x", chunk) for i, chunk in enumerate(x.to_delayed().ravel())]


def _dask_map(map):
    """Return what maps a function over the chunks of a Dask array, each where it lies."""
    import dask  # here, because only a Dask array needs it

    client = getattr(map, "__self__", None)  # whose method this map is
    if map is not BUILT_IN and not hasattr(client, "compute"):
        raise TypeError("map must be a Dask client's where x is a Dask array; or leave it out")

    def where_they_lie(function, chunks):
        tasks = [dask.delayed(function)(chunk) for chunk in chunks]
        return dask.compute(*tasks) if client is None else client.gather(client.compute(tasks))

    return where_they_lie


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
    """The M step from its three sums: the mixture that maximises Q; errors as in :func:`gmm_teach.m_step`.

    The mean of z is the shift of the mean from its centre. The mean of z z^T is too large for a covariance by that
    shift times itself.
    """
    S = sums.weights
    check_none_empty(S)
    shift = sums.shifts / S[:, None]
    means = sums.centres + shift
    covariances = sums.squares / S[:, None, None] - shift[:, :, None] * shift[:, None, :]
    check_none_flat(S, means, covariances)
    return Mixture(S / S.sum(), means, covariances)
