"""What a Gaussian mixture is: K proportions, K means, K covariances, and the density they make.

Source of the formulas: ahstat, *Optimizing GMM parameters using EM*, 2017. The post counts components from 1;
here they are counted from 0, as Python counts. A TypeError or ValueError names an argument that is not as described.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ._checks import LARGEST, TOLERANCE, as_count, as_points, as_real, describe, read_only
from ._sklearn import as_sklearn, parameters_of

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

# A coordinate that the others explain up to this share of its variance cannot be told, in double
# precision, from one that they explain wholly.
SMALLEST_SHARE = 1e-13

# Three megabytes. Smaller blocks would fit a processor's cache better; with larger ones several threads wait less for
# each other.
NUMBERS_IN_BLOCK = 400_000


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of K Gaussians on R^d: an immutable, validated value.

    Parameters
    ----------
    proportions : array_like, shape (K,)
        pi_k > 0, the probability that a point comes from component k; they sum to 1.
    means : array_like, shape (K, d)
        m_k, in the units of the data.
    covariances : array_like, shape (K, d, d)
        Sigma_k, symmetric and positive definite, in squared units of the data.
    covariance_type : str
        What the covariances were free to be, in scikit-learn's words: ``"full"``, ``"tied"`` (one that all components
        share), ``"diag"`` (no correlations) or ``"spherical"`` (the same variance in every direction).

    Notes
    -----
    Nothing is repaired. The arrays are write-protected copies, so a mixture never changes.

    Examples
    --------
    >>> mixture = Mixture([0.5, 0.5], means=[[0.0], [4.0]], covariances=[[[1.0]], [[1.0]]])
    >>> mixture.predict([[0.3], [3.1]])
    array([0, 1])
    """

    proportions: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    covariance_type: str = "full"
    _factors: np.ndarray = field(init=False)
    _inverse_factors: np.ndarray = field(init=False)

    if TYPE_CHECKING:  # what is stored is an array; what is given may be a list

        def __init__(
            self, proportions: ArrayLike, means: ArrayLike, covariances: ArrayLike, covariance_type: str = "full"
        ) -> None: ...

    def __post_init__(self):
        try:
            self._validate()
        except (TypeError, ValueError) as error:
            refused = (self.proportions, self.means, self.covariances)
            error.refused = refused  # pyright: ignore[reportAttributeAccessIssue]  # practice says which mistake gave them
            raise

    def _validate(self):
        proportions = as_real("proportions", self.proportions, ("K",))
        means = as_real("means", self.means, (len(proportions), "d"))
        d = means.shape[1]
        covariances = as_real("covariances", self.covariances, (len(proportions), d, d), largest=2 * LARGEST**2)
        _check_proportions(proportions)
        _check_symmetric(covariances)
        _check_type(covariances, self.covariance_type)
        for name, array in [("proportions", proportions), ("means", means), ("covariances", covariances)]:
            object.__setattr__(self, name, read_only(array))
        factors = _cholesky_factors(self.covariances)
        # LU leaves an upper triangular matrix as it is, so this inversion is back substitution, exact in small entries
        inverse_factors = np.linalg.inv(factors.swapaxes(1, 2)).swapaxes(1, 2)
        object.__setattr__(self, "_factors", read_only(factors))
        object.__setattr__(self, "_inverse_factors", read_only(inverse_factors))

    def __reduce__(self):
        # a deep copy or an unpickled mixture is made anew, so that it too is checked and write-protected
        return Mixture, (self.proportions, self.means, self.covariances, self.covariance_type)

    def __repr__(self):
        type_ = "" if self.covariance_type == "full" else f", {self.covariance_type} covariances"
        deviations = np.sqrt(np.diagonal(self.covariances, axis1=1, axis2=2))
        parts = {"proportions": self.proportions, "means": self.means, "standard deviations": deviations}
        with np.printoptions(threshold=20, edgeitems=2):  # five lines at most
            lines = [f"{name}: {np.array2string(array, prefix=f'{name}: ')}" for name, array in parts.items()]
        return "\n".join([f"Mixture of K = {self.K} components in d = {self.d} dimensions{type_}", *lines])

    @property
    def K(self) -> int:
        """The number of components."""
        return self.means.shape[0]

    @property
    def d(self) -> int:
        """The number of coordinates of a point."""
        return self.means.shape[1]

    def log_joint(self, x: ArrayLike) -> np.ndarray:
        """Log of pi_k f_k(x_i), for each point and each component.

        Parameters
        ----------
        x : array_like, shape (n, d)
            The points.

        Returns
        -------
        ndarray, shape (n, K)
            Natural logarithms; finite even where the density itself would underflow to 0.

        Raises
        ------
        ValueError
            If a point lies so far out that even its log density overflows.
        """
        K, d = self.means.shape
        x = as_points(x, d)
        peaks = self.log_peaks()
        by_component = np.empty((K, len(x)))  # a component's numbers side by side in memory, for fast loops
        for rows in row_blocks(len(x), NUMBERS_IN_BLOCK // (K * d)):
            with np.errstate(over="ignore", invalid="ignore"):  # reported below, in words
                # (x - m)^T Sigma^-1 (x - m) is the squared length of L^-1 (x - m): Sigma itself is never inverted
                standardised = self._inverse_factors @ (np.ascontiguousarray(x[rows].T) - self.means[:, :, None])
                squared_lengths = np.einsum("kdn,kdn->kn", standardised, standardised)
                np.subtract(peaks[:, None], 0.5 * squared_lengths, out=by_component[:, rows])
        log_joint = by_component.T
        if not np.isfinite(log_joint.min()):  # the least of all, or NaN
            i, k = np.argwhere(~np.isfinite(log_joint))[0]
            raise ValueError(
                f"x[{i}] is so many standard deviations from means[{k}] that its log density overflows; "
                "rescale x, or widen that covariance"
            )
        return log_joint

    def log_peaks(self) -> np.ndarray:
        """Log of pi_k f_k(m_k), the largest value of pi_k f_k, for each component: shape (K,)."""
        # with L L^T = Sigma, log det Sigma is twice the sum of L's log diagonal
        half_log_dets = np.log(np.diagonal(self._factors, axis1=1, axis2=2)).sum(axis=1)
        return np.log(self.proportions) - 0.5 * self.means.shape[1] * np.log(2 * np.pi) - half_log_dets

    def log_density(self, x: ArrayLike) -> np.ndarray:
        """Log of p(x_i) = sum_k pi_k f_k(x_i), shape (n,), by log-sum-exp; errors as in :meth:`log_joint`."""
        return np.logaddexp.reduce(self.log_joint(x), axis=1)

    def log_likelihood(self, x: ArrayLike) -> float:
        """Total log-likelihood of the points in nats, a float: the sum of :meth:`log_density`."""
        return float(self.log_density(x).sum())

    def responsibilities(self, x: ArrayLike) -> np.ndarray:
        """The E step for any points, shape (n, K): P(Z_i = k given x_i), as :func:`gmm_teach.e_step` has it."""
        log_joint = self.log_joint(x)
        return np.exp(log_joint - np.logaddexp.reduce(log_joint, axis=1, keepdims=True))

    def predict(self, x: ArrayLike) -> np.ndarray:
        """Hard labels, shape (n,): the k, counted from 0, with the largest pi_k f_k(x_i)."""
        return self.log_joint(x).argmax(axis=1)

    def marginal(self, coordinates: Sequence[int]) -> "Mixture":
        """The mixture of some coordinates alone, counted from 0: their means, and their block of each covariance."""
        kept = [as_count("coordinates", j, 0, self.means.shape[1] - 1) for j in coordinates]
        if not kept or len(set(kept)) < len(kept):
            raise ValueError(f"coordinates must be different ones, one or more, but they are {coordinates}")
        covariances = self.covariances[:, kept][:, :, kept]
        return Mixture(self.proportions, self.means[:, kept], covariances, self.covariance_type)

    def sample(self, n: int, rng: np.random.Generator | int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Draw points by the model: first the label of each, then the point.

        Parameters
        ----------
        n : int
            How many points, 1 or more.
        rng : numpy.random.Generator, int or None
            The source of randomness, or a seed for one; None: other points at every call.

        Returns
        -------
        x : ndarray, shape (n, d)
            The points.
        labels : ndarray, shape (n,)
            The component that each point came from, counted from 0.
        """
        n = as_count("n", n, 1, 10**12)
        if not isinstance(rng, np.random.Generator):
            rng = np.random.default_rng(rng if rng is None else as_count("rng (when it is a seed)", rng, 0))
        # proportions may be off 1 by rounding, which choice() would refuse
        labels = rng.choice(len(self.proportions), size=n, p=self.proportions / self.proportions.sum())
        standard = rng.standard_normal((n, self.means.shape[1]))
        x = self.means[labels] + np.einsum("nij,nj->ni", self._factors[labels], standard)
        return x, labels.astype(int)  # on WebAssembly other integers than these cannot be counted

    def to_sklearn(self) -> "GaussianMixture":
        """The same mixture as a fitted :class:`sklearn.mixture.GaussianMixture` of the same `covariance_type`.

        Its arrays are copies, equal to ours to the last bit, and it may be changed. `converged_` is False and `n_iter_`
        0, since it has made no step itself; with ``warm_start=True`` its `fit` goes on from here. Proportions that are
        off 1 by more than 1e-12, as single precision leaves them, its `sample` may refuse.
        """
        return as_sklearn(self)

    @classmethod
    def from_sklearn(cls, model: "GaussianMixture") -> "Mixture":
        """The mixture that a fitted :class:`sklearn.mixture.GaussianMixture` has found.

        Parameters
        ----------
        model : sklearn.mixture.GaussianMixture
            Of any `covariance_type`: a tied covariance is repeated for each component, variances become a diagonal.

        Returns
        -------
        Mixture
            With the numbers of the model to the last bit; of a covariance those on and below the diagonal, which is all
            that scikit-learn computes with.

        Raises
        ------
        TypeError
            If `model` is anything else. A BayesianGaussianMixture averages over its parameters, and is no mixture.
        ValueError
            If `model` is not fitted, or a covariance is singular as far as double precision can tell.

        Examples
        --------
        >>> mixture = Mixture([0.5, 0.5], means=[[0.0], [4.0]], covariances=[[[1.0]], [[1.0]]])
        >>> Mixture.from_sklearn(mixture.to_sklearn()).means
        array([[0.],
               [4.]])
        """
        return cls(*parameters_of(model))


def check_mixture(name: str, mixture: object) -> None:
    """Raise a TypeError that names the argument unless `mixture` is a Mixture."""
    if not isinstance(mixture, Mixture):
        raise TypeError(f"{name} must be a Mixture, but it is {describe(mixture)}")


def row_blocks(n: int, most: int) -> list[slice]:
    """Cut n rows into slices as equal as can be, of `most` rows at the most, but at least one."""
    blocks = math.ceil(n / max(most, 1))
    return [slice(n * b // blocks, n * (b + 1) // blocks) for b in range(blocks)]


def cholesky_factor(covariance: np.ndarray) -> np.ndarray:
    """Lower triangular L with L L^T = covariance, whatever the units; a LinAlgError if it is singular to rounding."""
    variances = np.diag(covariance)
    if not (variances > 0).all():
        raise np.linalg.LinAlgError(f"its diagonal holds {variances.min():g}")
    deviations = np.sqrt(variances)
    with np.errstate(over="ignore"):  # an infinite correlation is indefinite, and refused as such
        correlations = covariance / np.outer(deviations, deviations)
    factor = np.linalg.cholesky(correlations)
    # L_jj^2 is the share of coordinate j's variance that the coordinates before it do not explain; it is NaN where
    # NumPy cannot raise (in a browser) and the matrix is indefinite
    if not (np.diag(factor) ** 2).min() >= SMALLEST_SHARE:
        raise np.linalg.LinAlgError("it is singular to within rounding")
    return deviations[:, None] * factor


def _cholesky_factors(covariances):
    factors = np.empty_like(covariances)
    for k, covariance in enumerate(covariances):
        try:
            factors[k] = cholesky_factor(covariance)
        except np.linalg.LinAlgError as error:
            raise ValueError(
                f"covariances[{k}] is not positive definite: {error}. A covariance must have a positive "
                "variance in every direction; check it, or use fewer components or coordinates"
            ) from error
    return factors


def _check_proportions(proportions):
    if not (proportions > 0).all():
        k = int(np.argmin(proportions))
        raise ValueError(
            f"proportions[{k}] is {proportions[k]}, but each must be above 0; leave an empty component out"
        )
    total = proportions.sum()
    if abs(total - 1) > TOLERANCE:
        raise ValueError(f"proportions sum to {total:.8g}, not to 1; divide them by their sum")


def _check_symmetric(covariances):
    for k, covariance in enumerate(covariances):
        deviations = np.sqrt(np.abs(np.diag(covariance)))
        if (np.abs(covariance - covariance.T) > TOLERANCE * np.outer(deviations, deviations)).any():
            raise ValueError(f"covariances[{k}] is not symmetric: entry (i, j) must equal entry (j, i)")


def _check_type(covariances, covariance_type):
    identity = np.eye(covariances.shape[1])
    allowed = {
        "full": covariances,
        "tied": covariances[:1],
        "diag": covariances * identity,
        "spherical": covariances[:, :1, :1] * identity,
    }
    if not isinstance(covariance_type, str) or covariance_type not in allowed:
        raise ValueError(f"covariance_type must be one of {', '.join(allowed)}, but it is {describe(covariance_type)}")
    other = np.argwhere(covariances != allowed[covariance_type])
    if len(other) > 0:
        raise ValueError(f"covariances[{other[0][0]}] is not {covariance_type}; leave covariance_type out, or mend it")
