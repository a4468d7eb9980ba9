"""A mixture as scikit-learn's GaussianMixture, and back: the same numbers under other names.

For readers there are :meth:`gmm_teach.Mixture.to_sklearn` and :meth:`gmm_teach.Mixture.from_sklearn`, which say what
can go wrong.
scikit-learn loads inside the functions, because it takes a second.
"""

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from ._checks import describe

THEIR_NAMES = {"proportions": "weights_", "means": "means_", "covariances": "covariances_"}


def as_sklearn(mixture):
    """Return a fitted GaussianMixture with covariances of type "full"; see :meth:`gmm_teach.Mixture.to_sklearn`."""
    from sklearn.mixture import GaussianMixture

    K, d = mixture.means.shape
    model = GaussianMixture(n_components=K, covariance_type="full")
    for ours, theirs in THEIR_NAMES.items():
        setattr(model, theirs, getattr(mixture, ours).copy())
    # factor by factor and product by product as in its fit, so that even the last bits are the same
    factors = [_precision_factor(covariance) for covariance in mixture.covariances]
    model.precisions_cholesky_ = np.array(factors, order="C")
    model.precisions_ = np.array([U @ U.T for U in model.precisions_cholesky_])
    model.n_features_in_ = d
    model.converged_, model.n_iter_, model.lower_bound_ = False, 0, -np.inf
    return model


def parameters_of(model):
    """Return proportions, means and full covariances of a fitted one; see :meth:`gmm_teach.Mixture.from_sklearn`."""
    from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

    if isinstance(model, BayesianGaussianMixture):
        raise TypeError(
            "model is a BayesianGaussianMixture: it averages over its parameters, so no one mixture gives its "
            "probabilities; fit a GaussianMixture, or give its weights_, means_ and covariances_ to Mixture yourself"
        )
    if not isinstance(model, GaussianMixture):
        raise TypeError(f"model must be a sklearn.mixture.GaussianMixture, but it is {describe(model)}")
    for name in THEIR_NAMES.values():
        if not hasattr(model, name):
            raise ValueError(f"model is not fitted: it has no {name}; call model.fit(x) first")
    proportions, means, theirs = (np.asarray(getattr(model, name)) for name in THEIR_NAMES.values())
    K, d = means.shape
    shapes = {"full": (K, d, d), "tied": (d, d), "diag": (K, d), "spherical": (K,)}
    if theirs.shape != shapes.get(model.covariance_type):
        raise ValueError(
            f"model has covariances_ of shape {theirs.shape}, which does not fit its covariance_type, "
            f"{model.covariance_type!r}; set the type before you fit"
        )
    full = {
        "full": lambda: theirs,
        "tied": lambda: np.tile(theirs, (K, 1, 1)),
        "diag": lambda: theirs[:, :, None] * np.eye(d),
        "spherical": lambda: theirs[:, None, None] * np.eye(d),
    }
    return proportions, means, full[model.covariance_type]()


def _precision_factor(covariance):
    """Upper triangular U with U U^T the inverse of the covariance: the transpose of the inverse of L, L L^T = Sigma."""
    L = cholesky(covariance, lower=True)
    return solve_triangular(L, np.eye(len(L)), lower=True).T
