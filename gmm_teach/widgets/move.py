"""Move one component by hand: a new mixture, or an error that names what makes no Gaussian."""

import numpy as np

from .._checks import LARGEST, as_count, as_real
from ..mixture import Mixture


def moved(mixture: Mixture, k: int, mean=None, covariance=None, proportion=None) -> Mixture:
    """The mixture with other parameters for component k; the other proportions keep their ratios."""
    K, d = mixture.means.shape
    k = as_count("k", k, 0, K - 1)
    if mean is None and covariance is None and proportion is None:
        raise ValueError("nothing to move: give a mean, a covariance or a proportion")
    proportions, means, covariances = map(np.array, (mixture.proportions, mixture.means, mixture.covariances))
    if mean is not None:
        means[k] = as_real("mean", mean, (d,))
    if covariance is not None:
        covariances[k] = as_covariance(covariance, d)
    if proportion is not None:
        share = float(as_real("proportion", proportion, ()))
        if K == 1 and share != 1:
            raise ValueError(f"proportion must be 1 where there is one component, but it is {share:g}")
        if K > 1:
            if not 0 < share < 1:
                raise ValueError(f"proportion must lie between 0 and 1, but it is {share:g}")
            others = proportions.sum() - proportions[k]
            proportions *= (1 - share) / others
            proportions[k] = share
    return Mixture(proportions, means, covariances)


def moved_on_picture(mixture: Mixture, k: int, axes, mean=None, covariance=None) -> Mixture:
    """The same for a mean or a covariance of the drawn coordinates alone; the others follow as little as can be."""
    k, axes = as_count("k", k, 0, len(mixture.means) - 1), list(axes)
    if mean is not None:
        whole = mixture.means[k].copy()
        whole[axes] = as_real("mean", mean, (len(axes),))
        return moved(mixture, k, mean=whole)
    whole = mixture.covariances[k]
    block, present = as_covariance(covariance, len(axes)), whole[np.ix_(axes, axes)]
    # a linear map A of these coordinates makes their block A C A^T; Sigma follows it, and so stays positive definite
    follow = np.eye(len(whole))
    follow[np.ix_(axes, axes)] = np.linalg.cholesky(block) @ np.linalg.inv(np.linalg.cholesky(present))
    whole = follow @ whole @ follow.T
    whole[np.ix_(axes, axes)] = block
    return moved(mixture, k, covariance=(whole + whole.T) / 2)


def as_covariance(value, d: int) -> np.ndarray:
    """The covariance as an array; the error of a mixture of one component, in the argument's own name."""
    covariance = as_real("covariance", value, (d, d), largest=2 * LARGEST**2)
    try:
        return Mixture([1.0], np.zeros((1, d)), [covariance]).covariances[0]
    except ValueError as error:
        raise ValueError(str(error).replace("covariances[0]", "covariance")) from error
