"""The three maximisations of an M step: what is maximised, its gradient, its Hessian, and where the maximum is.

Q splits into one problem for each mean, one for each covariance and one for all proportions together. Here `weights`
are the responsibilities of ONE component, shape (n,), and Lambda = Sigma^-1, shape (d, d), is called `precision`.

All arguments are finite real numbers; where one is not, or is not of its shape, a TypeError or ValueError names it.
`x` are the points, shape (n, d), and `mean` is m, shape (d,): when a covariance is sought, the NEW mean. Objectives are
in nats, up to a constant. Source: ahstat, *Optimizing GMM parameters using EM*, 2017, with its Hessians put right.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ._checks import LARGEST, as_count, as_points, as_real

ENTRIES_UP_TO = 2 * LARGEST**2  # of a covariance or its inverse, which are in squared units


def columnwise(function: Callable) -> Callable:
    """Let a function of one vector (d,) take many at once, (d, ...), as SciPy's numerical derivatives ask.

    Examples
    --------
    >>> from scipy.differentiate import jacobian
    >>> jacobian(columnwise(lambda v: v @ v), [1.0, 2.0]).df.round(6)
    array([2., 4.])
    """
    return lambda columns: np.apply_along_axis(function, 0, columns)


# The mean: A(m) = -1/2 sum_i T_i (x_i - m)^T Lambda (x_i - m)


def mean_objective(mean: ArrayLike, x: ArrayLike, weights: ArrayLike, precision: ArrayLike) -> float:
    """A(m), the part of Q that depends on one mean."""
    x, weights, mean = _about(x, weights, mean)
    z = x - mean
    return float(-0.5 * np.einsum("n,ni,ij,nj->", weights, z, _square("precision", precision, len(mean)), z))


def mean_gradient(mean: ArrayLike, x: ArrayLike, weights: ArrayLike, precision: ArrayLike) -> np.ndarray:
    """Gradient of A, shape (d,): Lambda sum_i T_i (x_i - m)."""
    x, weights, mean = _about(x, weights, mean)
    return _square("precision", precision, len(mean)) @ (weights @ (x - mean))


def mean_hessian(weights: ArrayLike, precision: ArrayLike) -> np.ndarray:
    """Hessian of A, shape (d, d): - S Lambda, the same at every m."""
    return -_not_negative("weights", weights, "n").sum() * _square("precision", precision)


def mean_update(x: ArrayLike, weights: ArrayLike) -> np.ndarray:
    """The m that maximises A, whatever the covariance is: sum_i T_i x_i / S, shape (d,).

    Examples
    --------
    >>> mean_update([[0.0], [3.0]], [1.0, 2.0])
    array([2.])
    """
    x = as_points(x)
    weights = _not_negative("weights", weights, len(x))
    return weights @ x / _total("weights", weights)


# The covariance: B(Lambda) = 1/2 S log det Lambda - 1/2 sum_i T_i z_i^T Lambda z_i, where z_i = x_i - m


def scatter(x: ArrayLike, weights: ArrayLike, mean: ArrayLike) -> np.ndarray:
    """The weighted sum of squares around `mean`, shape (d, d): sum_i T_i z_i z_i^T."""
    x, weights, mean = _about(x, weights, mean)
    z = x - mean
    return np.einsum("n,ni,nj->ij", weights, z, z)


def covariance_objective(precision: ArrayLike, x: ArrayLike, weights: ArrayLike, mean: ArrayLike) -> float:
    """B(Lambda), the part of Q that depends on one covariance.

    `precision` need not be symmetric; a ValueError if its determinant is not positive.
    """
    squares = scatter(x, weights, mean)
    precision = _square("precision", precision, len(squares))
    sign, log_det = np.linalg.slogdet(precision)
    if sign <= 0:
        raise ValueError("precision must have a positive determinant; it is the inverse of a covariance")
    return float(0.5 * np.sum(weights) * log_det - 0.5 * np.sum(precision * squares))


def covariance_gradient(precision: ArrayLike, x: ArrayLike, weights: ArrayLike, mean: ArrayLike) -> np.ndarray:
    """Gradient of B in all d^2 entries of Lambda, shape (d, d): 1/2 S Lambda^-T - 1/2 sum_i T_i z_i z_i^T."""
    squares = scatter(x, weights, mean)
    covariance = _inverse(_square("precision", precision, len(squares)))
    return 0.5 * np.sum(weights) * covariance.T - 0.5 * squares


def covariance_gradient_symmetric(
    precision: ArrayLike, x: ArrayLike, weights: ArrayLike, mean: ArrayLike
) -> np.ndarray:
    """Gradient of B in the d(d+1)/2 entries of a symmetric Lambda, as a vector in the order of :func:`vech`.

    An entry off the diagonal moves two places of the matrix at once, so its derivative is twice that of
    :func:`covariance_gradient`.
    """
    gradient = covariance_gradient(precision, x, weights, mean)
    return vech(2 * gradient - np.diag(np.diag(gradient)))


def covariance_second_derivative(precision: ArrayLike, weights: ArrayLike, direction: ArrayLike) -> float:
    """Second derivative of B along a direction V, a float: - 1/2 S trace(Lambda^-1 V Lambda^-1 V).

    Negative for every symmetric V other than 0; positive for antisymmetric ones.
    """
    covariance = _inverse(_square("precision", precision))
    moved = covariance @ as_real("direction", direction, covariance.shape)
    return float(-0.5 * _not_negative("weights", weights, "n").sum() * np.trace(moved @ moved))


def covariance_hessian(precision: ArrayLike, weights: ArrayLike) -> np.ndarray:
    """Hessian of B in all d^2 entries of Lambda, row by row, shape (d^2, d^2).

    -1/2 S (Lambda^-1 kron Lambda^-1) times the matrix that swaps entry (i, j) with entry (j, i).
    """
    covariance = _inverse(_square("precision", precision))
    d = len(covariance)
    swap = np.eye(d * d).reshape(d, d, d, d).swapaxes(2, 3).reshape(d * d, d * d)
    return -0.5 * _not_negative("weights", weights, "n").sum() * np.kron(covariance.T, covariance) @ swap


def covariance_update(x: ArrayLike, weights: ArrayLike, mean: ArrayLike) -> np.ndarray:
    """The Sigma = Lambda^-1 that maximises B: sum_i T_i z_i z_i^T / S, shape (d, d).

    Positive definite if and only if the points of positive weight do not all lie in one hyperplane.
    """
    return scatter(x, weights, mean) / _total("weights", weights)


def vech(symmetric: ArrayLike) -> np.ndarray:
    """Half-vectorisation: the d(d+1)/2 entries of a symmetric matrix on and above the diagonal, row by row.

    Examples
    --------
    >>> vech([[1, 2], [2, 3]])
    array([1., 2., 3.])
    """
    symmetric = _square("symmetric", symmetric)
    return symmetric[np.triu_indices(len(symmetric))]


def unvech(values: ArrayLike, d: int) -> np.ndarray:
    """The symmetric d x d matrix whose :func:`vech` is `values`.

    Examples
    --------
    >>> unvech([1.0, 2.0, 3.0], 2)
    array([[1., 2.],
           [2., 3.]])
    """
    d = as_count("d", d, 1)
    upper = np.zeros((d, d))
    upper[np.triu_indices(d)] = as_real("values", values, (d * (d + 1) // 2,), ENTRIES_UP_TO)
    return upper + np.triu(upper, 1).T


# The proportions: C(pi_1, ..., pi_{K-1}) = sum_k S_k log pi_k, where pi_K = 1 - pi_1 - ... - pi_{K-1}


def proportions_objective(free: ArrayLike, sums: ArrayLike) -> float:
    """C, the part of Q that depends on the proportions, with the constraint that they sum to 1 built in.

    Parameters
    ----------
    free : array_like, shape (K - 1,)
        All proportions but the last; a ValueError unless all, the last too, are positive.
    sums : array_like, shape (K,)
        S_k, the responsibilities of each component summed over the points.
    """
    proportions = _all_proportions(free)
    return float(_not_negative("sums", sums, len(proportions)) @ np.log(proportions))


def proportions_gradient(free: ArrayLike, sums: ArrayLike) -> np.ndarray:
    """Gradient of C, shape (K - 1,): S_k / pi_k - S_K / pi_K."""
    proportions = _all_proportions(free)
    ratio = _not_negative("sums", sums, len(proportions)) / proportions
    return ratio[:-1] - ratio[-1]


def proportions_hessian(free: ArrayLike, sums: ArrayLike) -> np.ndarray:
    """Hessian of C, shape (K - 1, K - 1): -diag(S_k / pi_k^2) - S_K / pi_K^2 in every entry. It is not diagonal."""
    proportions = _all_proportions(free)
    curvature = _not_negative("sums", sums, len(proportions)) / proportions**2
    return -np.diag(curvature[:-1]) - curvature[-1]


def proportions_update(sums: ArrayLike) -> np.ndarray:
    """The proportions that maximise C: S_k over their sum, shape (K,).

    Examples
    --------
    >>> proportions_update([200.0, 300.0, 500.0])
    array([0.2, 0.3, 0.5])
    """
    sums = _not_negative("sums", sums, "K")
    return sums / _total("sums", sums)


def _all_proportions(free):
    free = as_real("free", free, ("K - 1",))
    proportions = np.append(free, 1 - free.sum())
    if not (proportions > 0).all():
        raise ValueError(f"free must hold positive proportions with a sum below 1, but it is {free.tolist()}")
    return proportions


# What is handed in, checked.


def _about(x, weights, mean):
    """The points, the weight of each, and one mean, as arrays that fit each other."""
    x = as_points(x)
    return x, _not_negative("weights", weights, len(x)), as_real("mean", mean, (x.shape[1],))


def _not_negative(name, values, length: int | str):
    array = as_real(name, values, (length,))
    if array.min() < 0:
        i = int(array.argmin())
        raise ValueError(f"{name}[{i}] is {array[i]:g}, but responsibilities and their sums are 0 or more")
    return array


def _total(name, values):
    total = np.sum(values)
    if total == 0:
        raise ValueError(f"{name} are all 0, so this component holds no points; leave it out")
    return total


def _square(name, matrix, d: int | str = "d"):
    matrix = as_real(name, matrix, (d, d), ENTRIES_UP_TO)
    return as_real(name, matrix, (len(matrix), len(matrix)), ENTRIES_UP_TO)  # letters let two lengths differ


def _inverse(precision):
    if np.linalg.slogdet(precision).sign == 0:  # inv() raises an error on some platforms, and returns NaN on others
        raise ValueError("precision is singular, but it is the inverse of a covariance; check it")
    return np.linalg.inv(precision)
