"""How fast EM converges: its parameters as one vector, the Jacobian of a step, and the rate seen in a run.

Near a maximum theta* a step of EM, M(theta), multiplies the error theta - theta* by the Jacobian of M. In the long run
its largest eigenvalue r wins: the error shrinks by r at every step, and what log L still has to gain by r^2.
Source: Dempster, Laird and Rubin, *Maximum likelihood from incomplete data via the EM algorithm*, Journal of the Royal
Statistical Society B 39 (1977), 1-38, section 4.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from ._checks import as_count, as_points, as_real, describe
from .em import e_step, m_step
from .mixture import Mixture, check_mixture
from .updates import unvech, vech

# Half the interval of a central difference, in widths: errors of about 1e-10, from its square and from rounding alike.
SMALL_CHANGE = 1e-5

# Moves below this, in widths, have lost too many digits to rounding for a ratio of two of them.
SMALLEST_MOVE = 1e-7


def to_vector(mixture: Mixture) -> np.ndarray:
    """The free parameters of a mixture as a vector, K - 1 + K d + K d (d + 1) / 2 numbers.

    All proportions but the last; the means; of each covariance the entries on and above the diagonal.

    Examples
    --------
    >>> to_vector(Mixture([0.25, 0.75], means=[[0.0], [4.0]], covariances=[[[1.0]], [[9.0]]]))
    array([0.25, 0.  , 4.  , 1.  , 9.  ])
    """
    check_mixture("mixture", mixture)
    upper = [vech(covariance) for covariance in mixture.covariances]
    return np.concatenate([mixture.proportions[:-1], mixture.means.ravel(), *upper])


def from_vector(vector: ArrayLike, K: int, d: int) -> Mixture:
    """The mixture of K components on R^d whose :func:`to_vector` is `vector`; a ValueError if there is none."""
    K, d = as_count("K", K, 1), as_count("d", d, 1)
    vector = as_real("vector", vector, (K - 1 + K * d + K * d * (d + 1) // 2,))
    free, means, upper = np.split(vector, [K - 1, K - 1 + K * d])
    covariances = [unvech(values, d) for values in upper.reshape(K, -1)]
    return Mixture(np.append(free, 1 - free.sum()), means.reshape(K, d), covariances)


def widths(mixture: Mixture) -> np.ndarray:
    """A natural unit for each entry of :func:`to_vector`, so that changes of all of them can be compared.

    For a proportion it is the smallest proportion; for a mean the standard deviation s_a of its component along that
    coordinate; for entry (a, b) of a covariance s_a s_b.
    """
    check_mixture("mixture", mixture)
    deviations = np.sqrt(np.diagonal(mixture.covariances, axis1=1, axis2=2))
    upper = [vech(np.outer(s, s)) for s in deviations]
    return np.concatenate([np.full(mixture.K - 1, mixture.proportions.min()), deviations.ravel(), *upper])


def em_jacobian(x: ArrayLike, mixture: Mixture) -> np.ndarray:
    """Jacobian of one EM step, theta to M(theta), by central differences.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points.
    mixture : Mixture
        theta; a fixed point of EM, where the largest eigenvalue is to be the rate.

    Returns
    -------
    ndarray, shape (P, P), where P is the length of :func:`to_vector`
        Entry (i, j) is the derivative of parameter i after the step by parameter j before it.

    Raises
    ------
    ValueError
        If a covariance is so near to singular that a change of 1e-5 widths breaks it.
    CollapsedComponent
        If the step collapses a component.

    Examples
    --------
    One component needs one step from anywhere: what was before does not matter.

    >>> em_jacobian([[0.0], [1.0], [5.0]], Mixture([1.0], means=[[1.0]], covariances=[[[2.0]]]))
    array([[0., 0.],
           [0., 0.]])
    """
    x = as_points(x)
    theta, changes = to_vector(mixture), SMALL_CHANGE * widths(mixture)
    K, d = mixture.means.shape

    def after(vector):
        responsibilities, _ = e_step(x, from_vector(vector, K, d))
        return to_vector(m_step(x, responsibilities))

    columns = [
        (after(theta + change) - after(theta - change)) / (2 * size)
        for size, change in zip(changes, np.diag(changes), strict=True)
    ]
    return np.column_stack(columns)


def second_derivatives(function: Callable, at: ArrayLike, h: ArrayLike) -> np.ndarray:
    """Hessian of a function of a vector, by central differences.

    The negative Hessian of log L at a maximum is the observed information, and the roots of the diagonal of its inverse
    are standard errors.

    Parameters
    ----------
    function : callable
        From an array of shape (P,) to a number.
    at : array_like, shape (P,)
        Where.
    h : array_like, shape (P,)
        Half the interval of the differences, for each entry. A thousandth of :func:`widths` suits log L.

    Returns
    -------
    ndarray, shape (P, P)

    Examples
    --------
    >>> second_derivatives(lambda v: v[0] ** 2 + 3 * v[0] * v[1], [0.0, 0.0], [0.5, 0.5])
    array([[2., 3.],
           [3., 0.]])
    """
    at = as_real("at", at, ("P",))
    h = as_real("h", h, at.shape)
    if (h <= 0).any():
        raise ValueError(f"h must be above 0, but its smallest entry is {h.min():g}")
    steps = np.diag(h)
    result = np.empty((len(at), len(at)))
    for i, a in enumerate(steps):
        for j, b in enumerate(steps[: i + 1]):
            rising = function(at + a + b) - function(at + a - b)
            falling = function(at - a + b) - function(at - a - b)
            result[i, j] = result[j, i] = (rising - falling) / (4 * h[i] * h[j])
    return result


def measured_rate(mixtures: Iterable[Mixture]) -> float:
    """The factor by which the moves of a run of EM shrink at every step, from its last moves.

    Parameters
    ----------
    mixtures : sequence of Mixture
        Of successive steps, run until nothing moves much any more.

    Returns
    -------
    float
        The ratio of the last two successive moves that rounding has left exact, where a move is the length of the
        difference of two vectors of parameters in :func:`widths`.

    Raises
    ------
    ValueError
        If the mixtures differ in shape, or rounding has left fewer than two moves exact.

    Examples
    --------
    >>> halfway = [Mixture([1.0], means=[[0.5**t]], covariances=[[[1.0]]]) for t in range(10)]
    >>> measured_rate(halfway)
    0.5
    """
    if not isinstance(mixtures, Iterable):
        raise TypeError(f"mixtures must be a sequence of Mixtures, but it is {describe(mixtures)}")
    mixtures = list(mixtures)
    vectors = [to_vector(mixture) for mixture in mixtures]
    if len({mixture.means.shape for mixture in mixtures}) > 1:
        raise ValueError("mixtures must all have the same K and d; take them from one run")
    if len(mixtures) < 3:
        raise ValueError(f"mixtures must hold three or more, but it holds {len(mixtures)}; run more steps")
    moves = np.linalg.norm(np.diff(vectors, axis=0) / widths(mixtures[-1]), axis=1)
    exact = np.flatnonzero(moves[1:] > SMALLEST_MOVE)
    if len(exact) == 0:
        raise ValueError(f"mixtures move by less than {SMALLEST_MOVE:g} widths; start farther from the maximum")
    last = exact[-1]
    return float(moves[last + 1] / moves[last])
