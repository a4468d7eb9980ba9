"""A mixture as scikit-learn's GaussianMixture, and back: the same numbers under other names.

:meth:`gmm_teach.Mixture.to_sklearn` and :meth:`gmm_teach.Mixture.from_sklearn` say what can go wrong. scikit-learn
loads inside the functions, because it takes a second.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ._checks import describe

THEIR_NAMES = ("weights_", "means_", "covariances_")
ASYMMETRY = 1e4  # rounding of numbers above a covariance's diagonal, in units of the last digit of its sums of squares


@contextmanager
def fetched_by_a_cell() -> Iterator[None]:
    """Say, where scikit-learn cannot be imported, how it comes in JupyterLite: with the first cell that imports it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if sys.platform == "emscripten":
            error.msg = "scikit-learn is not fetched yet: run a cell with `import sklearn`, then do this again"
        raise


def as_sklearn(mixture):
    """Return a fitted GaussianMixture of the same covariance type; see :meth:`gmm_teach.Mixture.to_sklearn`."""
    with fetched_by_a_cell():
        from sklearn.mixture import GaussianMixture

    model = GaussianMixture(n_components=mixture.K, covariance_type=mixture.covariance_type)
    ours = mixture.covariances
    variances = np.diagonal(ours, axis1=1, axis2=2)
    theirs = {"full": ours, "tied": ours[0], "diag": variances, "spherical": variances[:, 0]}[mixture.covariance_type]
    model.weights_, model.means_, model.covariances_ = (
        np.array(part, order="C") for part in (mixture.proportions, mixture.means, theirs)
    )
    # factor by factor and product by product as in its fit, so that even the last bits are the same
    if mixture.covariance_type in ("diag", "spherical"):
        model.precisions_cholesky_ = 1 / np.sqrt(model.covariances_)
        model.precisions_ = model.precisions_cholesky_**2
    else:
        factors = [_precision_factor(covariance) for covariance in model.covariances_.reshape(-1, mixture.d, mixture.d)]
        model.precisions_cholesky_ = np.array(factors, order="C").reshape(model.covariances_.shape)
        model.precisions_ = np.array([U @ U.T for U in factors]).reshape(model.covariances_.shape)
    vars(model).update(n_features_in_=mixture.d, converged_=False, n_iter_=0, lower_bound_=-np.inf)
    return model


def parameters_of(model):
    """Return the arguments of Mixture for a fitted one; see :meth:`gmm_teach.Mixture.from_sklearn`."""
    from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

    if isinstance(model, BayesianGaussianMixture):
        raise TypeError(
            "model is a BayesianGaussianMixture: it averages over its parameters, so no one mixture gives its "
            "probabilities; fit a GaussianMixture, or give its weights_, means_ and covariances_ to Mixture yourself"
        )
    if not isinstance(model, GaussianMixture):
        raise TypeError(f"model must be a sklearn.mixture.GaussianMixture, but it is {describe(model)}")
    for name in THEIR_NAMES:
        if not hasattr(model, name):
            raise ValueError(f"model is not fitted: it has no {name}; call model.fit(x) first")
    proportions, means, theirs = (np.asarray(getattr(model, name)) for name in THEIR_NAMES)
    K, d = means.shape
    shapes = {"full": (K, d, d), "tied": (d, d), "diag": (K, d), "spherical": (K,)}
    if theirs.shape != shapes.get(model.covariance_type):
        raise ValueError(
            f"model has covariances_ of shape {theirs.shape}, which does not fit its covariance_type, "
            f"{model.covariance_type!r}; set the type before you fit"
        )
    if model.covariance_type in ("full", "tied"):
        ours = _symmetric(np.broadcast_to(theirs, (K, d, d)), means)
    else:
        ours = theirs.reshape(K, -1, 1) * np.eye(d)
    return proportions, means, ours, model.covariance_type


def _symmetric(covariances, means):
    """The covariances that scikit-learn computes with: it reads what lies on and below the diagonal."""
    lower = np.tril(covariances)
    symmetric = lower + np.tril(covariances, -1).swapaxes(1, 2)
    size = np.sqrt(np.abs(np.diagonal(covariances, axis1=1, axis2=2)).max(axis=0)) + np.abs(means).max(axis=0)
    if (np.abs(covariances - symmetric) > ASYMMETRY * np.finfo(covariances.dtype).eps * np.outer(size, size)).any():
        raise ValueError("model has a covariance that is not symmetric: entry (i, j) must equal entry (j, i)")
    return symmetric


def _precision_factor(covariance):
    """Upper triangular U with U U^T the inverse of the covariance: the transpose of the inverse of L, L L^T = Sigma."""
    from scipy.linalg import cholesky, solve_triangular

    L = cholesky(covariance, lower=True)
    return solve_triangular(L, np.eye(len(L)), lower=True).T
