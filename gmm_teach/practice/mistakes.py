"""A catalogue of the mistakes that people make in EM, each as something that can be computed.

:class:`Formulas` holds EM's formulas in parts, and its defaults are right. A :class:`Mistake` replaces one part or two,
and says so. Mistakes can therefore be combined, and compared with what a reader's function gives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from ..bound import times_log

_log_f = partial(np.logaddexp.reduce, axis=1)


def _softmax(values, axis=None):
    return np.exp(values - np.logaddexp.reduce(values, axis=axis, keepdims=True))


def _log_soft(a):
    return a - _log_f(a, keepdims=True)


_soft = partial(_softmax, axis=1)


def _between(z, matrices):
    return np.einsum("nki,kij,nkj->nk", z, matrices, z)


def _transposed(z, Sigmas):
    L = np.linalg.cholesky(Sigmas)
    return _between(z, np.linalg.inv(L.swapaxes(1, 2) @ L))


def _entropy(T):
    return -times_log(T).sum()


def _divergence(T, logs):
    return (times_log(T) - T * logs).sum()


def _hard(values):
    return np.eye(values.shape[1])[values.argmax(axis=1)]


def _outer(vectors):
    return vectors[:, :, None] * vectors[:, None, :]


def _variances(Sigmas):
    return np.diagonal(Sigmas, axis1=1, axis2=2)


def _traces(Sigmas):
    return np.full_like(Sigmas, np.trace(Sigmas, axis1=1, axis2=2)[:, None, None])


def _diagonal(Sigmas):
    return Sigmas * np.eye(Sigmas.shape[1])


def _plain_mean(means, x):
    return x.mean(axis=0)


@dataclass(frozen=True)
class Formulas:
    """The parts of EM's formulas. `a` is log pi_k + log f_k(x_i), shape (n, K); T has this shape too."""

    # the density
    log_pi: Callable = np.log
    constant: Callable = lambda d, K: -d / 2 * np.log(2 * np.pi)
    det: float = -0.5  # its power
    exponent: float = -0.5  # what the distance is multiplied by
    distance: Callable = lambda z, Sigmas: _between(z, np.linalg.inv(Sigmas))
    covariances: Callable = lambda Sigmas: Sigmas
    # the E step
    responsibilities: Callable = _soft
    log_likelihood: Callable = lambda a, pi: _log_f(a).sum()
    total: Callable = lambda v, n: v  # of a log-likelihood or a bound, in the end
    # the M step
    weights: Callable = lambda T: T  # in all of it
    mean_weights: Callable = lambda T: T
    mean_divisor: Callable = lambda T: T.sum(axis=0)
    covariance_weights: Callable = lambda T: T
    covariance_divisor: Callable = lambda T: T.sum(axis=0)
    centres: Callable = lambda means, x: means
    finish: Callable = lambda C, m, S: C  # of the covariances, the means and the S_k
    proportions: Callable = lambda S, n: S / n
    # the bound
    bound: Callable = lambda a, T: (T * a).sum() + _entropy(T)


RIGHT = Formulas()


def of_mixture(formulas, x, mixture, T=None):
    """Return responsibilities and log-likelihood or, where T is given, the bound."""
    pi, m, Sigmas, n = mixture.proportions, mixture.means, formulas.covariances(mixture.covariances), len(x)
    a = formulas.det * np.linalg.slogdet(Sigmas)[1] + formulas.exponent * formulas.distance(x[:, None] - m, Sigmas)
    a += formulas.log_pi(pi) + formulas.constant(m.shape[1], len(m))
    if T is not None:
        return {"bound": formulas.total(formulas.bound(a, T), n)}
    log_likelihood = formulas.total(formulas.log_likelihood(a, pi), n)
    return {"responsibilities": formulas.responsibilities(a), "log_likelihood": log_likelihood}


def of_points(formulas, x, T, means=None):
    """Return means, covariances and proportions, and mean and covariance of the first component alone.

    The covariances are taken around `means`, where they are given.
    """
    if T.ndim == 1:  # a second component with the rest of the weights gives a meaning to hard labels
        T = np.stack([T, 1 - T], axis=1)
    T = formulas.weights(T)
    S, shape = T.sum(axis=0), (T.shape[1], x.shape[1])
    if means is None:
        means = formulas.mean_weights(T).T @ x / np.reshape(formulas.mean_divisor(T), (-1, 1))
    means = np.broadcast_to(means, shape)
    z = x[:, None] - np.broadcast_to(formulas.centres(means, x), shape)
    sums = np.einsum("nk,nki,nkj->kij", formulas.covariance_weights(T), z, z)
    Sigmas = formulas.finish(sums / np.reshape(formulas.covariance_divisor(T), (-1, 1, 1)), means, S)
    Sigmas = np.broadcast_to(Sigmas, sums.shape)
    parts = {"means": means, "covariances": Sigmas, "proportions": formulas.proportions(S, len(x))}
    return {**parts, "mean": means[0], "covariance": Sigmas[0]}


def of_sums(formulas, sums):
    """Return all proportions, from the sums S_k."""
    return {"proportions": formulas.proportions(sums, sums.sum())}


class Mistake(NamedTuple):
    """The parts of the formulas that are replaced, and what to say."""

    words: str
    changes: dict
    across: bool = False  # whether it needs several components to be made


def _wrong(parts, sentence, forms, across=False):
    """Return a mistake for each wrong form of these parts; the sentence also says what is right."""
    return tuple(
        Mistake(sentence.format(words), dict.fromkeys(parts.split(), form), across) for words, form in forms.items()
    )


# Tables, laid out by hand: the parts and their sentence, and for each wrong form the words that the sentence lacks.
# fmt: off
_EXPONENT = "{}: the exponent is -1/2 (x_i - m_k)^T Sigma_k^-1 (x_i - m_k)"
DENSITY = (
    *_wrong("log_pi", "{}: component k needs its own pi_k as a factor, once", {
        "the proportions play no part, as if they were all equal": np.zeros_like,
        "every proportion is taken for 1/K": lambda pi: -np.log(len(pi)),
        "the proportion pi_k is multiplied in twice": lambda pi: 2 * np.log(pi),
        "pi_k is multiplied in without its logarithm being taken": lambda pi: pi,
        "the proportions come in reverse order": lambda pi: np.log(pi[::-1]),
        "each component has the proportion of the next one": lambda pi: np.log(np.roll(pi, -1)),
        "each component has the proportion of the one before": lambda pi: np.log(np.roll(pi, 1)),
    }),
    *_wrong("constant", "{}: the density has (2 pi)^(-d/2), with d the number of coordinates", {
        "2 pi has the power K/2": lambda d, K: -K / 2 * np.log(2 * np.pi),
        "the factor (2 pi)^(-d/2) is missing": lambda d, K: 0,
        "2 pi has the power 1/2 whatever d is": lambda d, K: -np.log(2 * np.pi) / 2,
        "2 pi has the power 1 whatever d is": lambda d, K: -np.log(2 * np.pi),
        "2 pi has the power d": lambda d, K: -d * np.log(2 * np.pi),
        "(2 pi)^(d/2) multiplies where it divides": lambda d, K: d / 2 * np.log(2 * np.pi),
        "the factor is (pi / 2)^(d/2), since 1 / 2 * np.pi is not 1 / (2 * np.pi)":
            lambda d, K: d / 2 * np.log(np.pi / 2),
        "the factor is (2 pi^d)^(-1/2), since 2 * np.pi**d is not (2 * np.pi)**d":
            lambda d, K: -(np.log(2) + d * np.log(np.pi)) / 2,
        "the factor has pi where 2 pi belongs": lambda d, K: -d / 2 * np.log(np.pi),
    }),
    *_wrong("det", "{}: divide by the root of det(Sigma_k)", {
        "the determinant of Sigma_k is left out": 0.0,
        "the square root of the determinant is left out": -1.0,
        "the root of det(Sigma_k) multiplies": 0.5,
        "det(Sigma_k) multiplies": 1.0,
        "the determinant has the power -1/4 (a Cholesky factor's diagonal multiplies to the root already)": -0.25,
    }),
    Mistake("the whole factor before exp is missing, (2 pi)^(-d/2) and the determinant",
            {"constant": lambda d, K: 0, "det": 0.0}),
    *_wrong("exponent", _EXPONENT, {
        "the 1/2 in the exponent is missing": -1.0,
        "the exponent has the wrong sign": 0.5,
        "the exponent has one 1/2 too many": -0.25,
    }),
    *_wrong("distance", _EXPONENT, {
        "Sigma_k stands in the exponent where its inverse belongs": _between,
        "the distance is the plain one, without Sigma_k^-1": lambda z, Sigmas: (z**2).sum(axis=2),
        "Sigma_k^-1 comes twice in the exponent": lambda z, Sigmas: _between(z, np.linalg.inv(Sigmas @ Sigmas)),
        "the Cholesky factor L is transposed (the standardised point is L^-1 (x_i - m_k))": _transposed,
        "the distance is not squared": lambda z, Sigmas: np.sqrt(_between(z, np.linalg.inv(Sigmas))),
        "each entry of Sigma_k is inverted by itself": lambda z, Sigmas: _between(z, 1 / Sigmas),
    }),
    *_wrong("covariances", "{}: the density of component k has its own Sigma_k, the whole covariance matrix", {
        "Sigma_k is taken for a standard deviation": lambda Sigmas: Sigmas @ Sigmas,
        "only the diagonal of Sigma_k is used": _diagonal,
        "the covariance of the first component is used for all": lambda Sigmas: Sigmas[[0] * len(Sigmas)],
        "the covariance of the last component is used for all": lambda Sigmas: Sigmas[[-1] * len(Sigmas)],
    }),
)

RESPONSIBILITIES = _wrong(
    "responsibilities", "{}: T[i, k] is the soft share of component k in point i, and each row sums to 1", {
        "your columns sum to 1 (divide by the sum over the components, axis=1, and not over the points)":
            lambda a: _softmax(a, axis=0),
        "all of T together sums to 1": _softmax,
        "the denominator is missing": np.exp,
        "the largest logarithm of each column is subtracted, not that of each row":
            lambda a: _soft(a - a.max(axis=0)),
        "the logarithms themselves are divided by their sum": lambda a: a / a.sum(axis=1, keepdims=True),
        "these are hard labels, 0 and 1": _hard,
        "these are the logarithms of T (take np.exp of them at the end)": _log_soft,
        "these are the logarithms of pi_k f_k(x_i) (take np.exp of them, and divide each row by its sum)": lambda a: a,
        "the numbers are right, but in the wrong places, as of (K, n) reshaped to (n, K) and not transposed":
            lambda a: _soft(a).T.reshape(a.shape),
        "the components come in reverse order": lambda a: _soft(a)[:, ::-1],
        "these are 1 - T[i, k]": lambda a: 1 - _soft(a),
        "each T[i, k] is squared": lambda a: _soft(a) ** 2,
    })


def _scaled(what):
    """Return the mistakes that scale a log-likelihood or a bound."""
    return _wrong("total", f"{what} {{}}: it is the plain sum over the points, in natural logarithms (np.log)", {
        "is the mean over the points": lambda v, n: v / n,
        "is in logarithms to base 10": lambda v, n: v / np.log(10),
        "is in logarithms to base 2": lambda v, n: v / np.log(2),
        "has the wrong sign": lambda v, n: -v,
        "has an extra factor 1/2": lambda v, n: v / 2,
        "has an extra factor 2": lambda v, n: 2 * v,
        "is multiplied by -2": lambda v, n: -2 * v,
    })


LOG_LIKELIHOOD = (
    *_wrong("log_likelihood", "{}: for each point sum over k first, then take the logarithm, then sum the points", {
        "only the largest component of each point counts (the classification likelihood)":
            lambda a, pi: a.max(axis=1).sum(),
        "this is the likelihood itself, not its logarithm": lambda a, pi: np.exp(_log_f(a).sum()),
        "the points are summed within the logarithm": lambda a, pi: np.logaddexp.reduce(a, axis=None),
        "each component is summed over the points before its logarithm": lambda a, pi: np.logaddexp.reduce(a).sum(),
        "only the last component counts (is it = where += belongs?)": lambda a, pi: a[:, -1].sum(),
        "only the last point counts (is it = where += belongs?)": lambda a, pi: _log_f(a)[-1],
        "only the first point counts (does the loop end too early?)": lambda a, pi: _log_f(a)[0],
        "the logarithm is taken of each component": lambda a, pi: a.sum(),
        "the logarithms of the components are summed with the weights pi_k": lambda a, pi: (pi * a).sum(),
        "the log densities are summed with the weights pi_k": lambda a, pi: (pi * (a - np.log(pi))).sum(),
        "the densities of the points are summed without a logarithm": lambda a, pi: np.exp(_log_f(a)).sum(),
        "this is Q, the sum of T[i, k] log(pi_k f_k(x_i))": lambda a, pi: (_soft(a) * a).sum(),
        "the log-likelihood is 0 always (is it computed after the division by the sums?)": lambda a, pi: 0.0,
        "the largest logarithm of each row is subtracted and not added again":
            lambda a, pi: (_log_f(a) - a.max(axis=1)).sum(),
    }),
    *_scaled("the log-likelihood"),
)

_COUNTS = "{}: each point must count by its soft T[i, k], once, in S_k too"
WEIGHTS = (
    *_wrong("weights", _COUNTS, {
        "T is rounded to hard labels, 0 and 1": _hard,
        "every weight is squared, in S_k too": np.square,
        "the root of every T[i, k] is taken, in S_k too": np.sqrt,
    }),
    *_wrong("weights", _COUNTS, across=True, forms={
        "T plays no part": np.ones_like,
        "T is divided by its column sums first, and then S_k is 1": lambda T: T / T.sum(axis=0),
    }),
)


def _summed(what, weights, divisors):
    """Return the mistakes in a weighted sum, and in what it is divided by."""
    rather = what + " {}: divide by S_k, the sum of T[i, k] over the points, once"
    return (
        *_wrong(weights, what + " {}: weight each point by its T[i, k], once", {
            "weighted twice": np.square,
            "weighted by the roots of T[i, k]": np.sqrt,
            "summed without the weights T[i, k]": np.ones_like,
            "taken from the last point only (is it = where += belongs?)": lambda T: T * np.eye(len(T))[:, [-1]],
            "taken from the first point only (does the loop end too early?)": lambda T: T * np.eye(len(T))[:, [0]],
        }),
        *_wrong(divisors, rather, {
            "divided by n, all the points": len,
            "not divided by S_k": lambda T: 1,
            "divided by S_k - 1, as for a sample": lambda T: T.sum(axis=0) - 1,
            "divided by S_k - sum_i T[i, k]^2 / S_k, as for a sample":
                lambda T: T.sum(axis=0) - (T**2).sum(axis=0) / T.sum(axis=0),
            "divided by n - 1": lambda T: len(T) - 1,
            "divided by pi_k": lambda T: T.mean(axis=0),
            "divided by S_k and then by n once more": lambda T: T.sum(axis=0) * len(T),
            "divided by S_k and then by n - 1 once more": lambda T: T.sum(axis=0) * (len(T) - 1),
            "divided by S_k twice": lambda T: T.sum(axis=0) ** 2,
            "multiplied by S_k": lambda T: 1 / T.sum(axis=0),
        }),
        *_wrong(divisors, rather, across=True, forms={
            "divided by K": lambda T: T.shape[1],
            "divided by the S of the first component": lambda T: T[:, 0].sum(),
            "divided by S_k and then by K once more": lambda T: T.sum(axis=0) * T.shape[1],
            "divided by the number of points nearest to the component": lambda T: _hard(T).sum(axis=0),
        }),
    )


MEAN = (
    *_summed("the mean is", "mean_weights", "mean_divisor"),
    Mistake("the mean is the plain mean of all points: each point must be weighted by its T[i, k]",
            {"mean_weights": np.ones_like, "mean_divisor": len}),
)

_AROUND = "the covariance is taken around {}: subtract the component's own new mean m_k"
_OUTER = "{}: Sigma_k is the mean, with weights T[i, k], of the outer products z z^T (d x d) of z = x_i - m_k"
COVARIANCE = (
    *_summed("the covariance is", "covariance_weights", "covariance_divisor"),
    Mistake("the covariance is the plain one, where each point counts alike: weight it by T[i, k], and divide by S_k",
            {"covariance_weights": np.ones_like, "covariance_divisor": len}),
    Mistake("the covariance is that of all points together: weight each point by its T[i, k]",
            {"covariance_weights": np.ones_like, "covariance_divisor": len, "centres": _plain_mean}),
    Mistake("the covariance is that of all points together, as of a sample (np.cov): weight each by its T[i, k]",
            {"covariance_weights": np.ones_like, "covariance_divisor": lambda T: len(T) - 1, "centres": _plain_mean}),
    *_wrong("centres", _AROUND, {
        "the plain mean of all points": _plain_mean,
        "0 (an old mean, perhaps, that is not filled in yet)": lambda means, x: 0,
        "the first points of x, an old mean perhaps": lambda means, x: x[np.arange(len(means)) % len(x)],
        "-m_k, so that the mean is added to each point": lambda means, x: -means,
    }),
    *_wrong("centres", _AROUND, across=True, forms={
        "the mean of another component": lambda means, x: np.roll(means, 1, axis=0),
        "the mean of the first component": lambda means, x: means[0],
    }),
    *_wrong("finish", _OUTER, {
        "m_k m_k^T is added (sum_i T[i, k] x_i x_i^T / S_k holds it already)": lambda C, m, S: C + 2 * _outer(m),
        "m_k^T m_k, one number, is subtracted from every entry (np.dot of two vectors)":
            lambda C, m, S: C + _outer(m) - (m**2).sum(axis=1)[:, None, None],
        "only the diagonal of the covariance is kept": lambda C, m, S: _diagonal(C),
        "the covariance is one variance times the identity": lambda C, m, S: _diagonal(_traces(C) / m.shape[1]),
        "the squared distance z^T z stands on the diagonal": lambda C, m, S: _diagonal(_traces(C)),
        "the squared distance z^T z stands in every entry": lambda C, m, S: _traces(C),
        "each row holds the variances, z * z entry by entry": lambda C, m, S: _variances(C)[:, None, :],
        "only one triangle is filled": lambda C, m, S: np.triu(C),
        "the root is taken of each entry": lambda C, m, S: np.sqrt(C),
        "this is a root (a Cholesky factor) of the covariance": lambda C, m, S: np.linalg.cholesky(C),
        "this is the precision, the inverse of the covariance": lambda C, m, S: np.linalg.inv(C),
        "this is the correlation matrix": lambda C, m, S: C / np.sqrt(_outer(_variances(C))),
        "the covariance has an extra factor 1/2": lambda C, m, S: C / 2,
        "the covariance has an extra factor 2": lambda C, m, S: 2 * C,
        "the covariance has the wrong sign": lambda C, m, S: -C,
    }),
    *_wrong("finish", "all components share {}: each has its own Sigma_k", across=True, forms={
        "one covariance": lambda C, m, S: np.average(C, axis=0, weights=S),
        "the plain mean of the covariances": lambda C, m, S: C.mean(axis=0),
    }),
)

PROPORTIONS = _wrong("proportions", "{}: pi_k is S_k / n, so that all of them sum to 1", {
    "the proportions are not normalised": lambda S, n: S,
    "the proportions are all 1/K": lambda S, n: np.ones(len(S)) / len(S),
    "S_k is divided by K": lambda S, n: S / len(S),
    "S_k is divided by n and then by K once more": lambda S, n: S / n / len(S),
    "S_k is divided by n twice": lambda S, n: S / n**2,
    "S_k is squared before it is divided by the sum": lambda S, n: S**2 / (S**2).sum(),
    "S_k is divided by the largest": lambda S, n: S / S.max(),
    "S is divided by its length as a vector": lambda S, n: S / np.linalg.norm(S),
    "the exponential of S_k is taken": lambda S, n: _softmax(S),
    "these are the logarithms of the proportions": lambda S, n: np.log(S / n),
    "the fraction is turned round": lambda S, n: n / S,
    "S_k is divided by n - 1": lambda S, n: S / (n - 1),
    "the proportions come in reverse order": lambda S, n: S[::-1] / n,
    "the largest S_k gets all": lambda S, n: _hard(S[None])[0],
})

# In two formulas at once, as from one wrong S_k.
TOGETHER = _summed(
    "means and covariances are", "mean_weights covariance_weights", "mean_divisor covariance_divisor"
)

BOUND = (
    *_wrong("bound", "{}: the bound is Q plus the entropy, sum T log(pi_k f_k) - sum T log T, with the given T", {
        "this is Q alone": lambda a, T: (T * a).sum(),
        "the entropy has the wrong sign": lambda a, T: (T * a).sum() - _entropy(T),
        "the entropy has an extra factor 1/2": lambda a, T: (T * a).sum() + _entropy(T) / 2,
        "the entropy is in bits": lambda a, T: (T * a).sum() + _entropy(T) / np.log(2),
        "the weights T[i, k] are missing in Q": lambda a, T: a.sum() + _entropy(T),
        "Q is weighted twice": lambda a, T: (T**2 * a).sum() + _entropy(T),
        "Q takes hard labels for the soft T": lambda a, T: (_hard(T) * a).sum() + _entropy(T),
        "the weights T[i, k] are missing before both logarithms": lambda a, T: (a - np.log(T)).sum(),
        "the weights T[i, k] are missing in the entropy": lambda a, T: (T * a - np.log(T)).sum(),
        "this is log L, whatever the responsibilities are": lambda a, T: _log_f(a).sum(),
        "the KL divergence is added to log L": lambda a, T: _log_f(a).sum() + _divergence(T, _log_soft(a)),
        "the KL divergence goes the wrong way round": lambda a, T: _log_f(a).sum() - _divergence(_soft(a), np.log(T)),
        "this is the KL divergence alone": lambda a, T: _divergence(T, _log_soft(a)),
        "this is the entropy alone": lambda a, T: _entropy(T),
    }),
    *DENSITY,
    *_scaled("the bound"),
)
# fmt: on
