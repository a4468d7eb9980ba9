"""A catalogue of the mistakes that people make in EM, each as something that can be computed.

:class:`Formulas` holds EM's formulas in parts, and its defaults are right. A :class:`Mistake` replaces one part or two,
and says so. Mistakes can therefore be combined, and compared with what a reader's function gives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..bound import times_log

_log_f = partial(np.logaddexp.reduce, axis=1)


def _softmax(values, axis=None):
    return np.exp(values - np.logaddexp.reduce(values, axis=axis, keepdims=True))


def _log_soft(a):
    return a - _log_f(a, keepdims=True)


_soft = partial(_softmax, axis=1)


def _between(z, matrix):
    return np.einsum("ni,ij,nj->n", z, matrix, z)


def _entropy(T):
    return -times_log(T).sum()


def _divergence(a, T):
    return (times_log(T) - T * _log_soft(a)).sum()


def _rows(values):
    return values / values.sum(axis=1, keepdims=True)


def _hard(values):
    return np.eye(values.shape[1])[values.argmax(axis=1)]


def _count(T):
    return np.full(T.shape[1], float(len(T)))


def _same(one, many):
    return np.repeat(np.asarray(one)[None], many.shape[1] if np.ndim(one) == 0 else len(many), axis=0)


def _outer(vectors):
    return vectors[:, :, None] * vectors[:, None, :]


def _plain_mean(means, x):
    return _same(x.mean(axis=0), means)


def _variances(Sigmas):
    return np.diagonal(Sigmas, axis1=1, axis2=2)


def _traces(Sigmas):
    return _variances(Sigmas).sum(axis=1)[:, None, None]


def _diagonal(Sigmas):
    return Sigmas * np.eye(Sigmas.shape[1])


def _only(i):
    return lambda T: T * (np.arange(len(T)) == i % len(T))[:, None]


@dataclass(frozen=True)
class Formulas:
    """The parts of EM's formulas. `a` is log pi_k + log f_k(x_i), shape (n, K); T has this shape too."""

    # the density
    log_pi: Callable = np.log
    constant: Callable = lambda d, K: -d / 2 * np.log(2 * np.pi)
    det: float = -0.5  # its power
    exponent: float = -0.5  # what the distance is multiplied by
    distance: Callable = lambda z, Sigma: _between(z, np.linalg.inv(Sigma))
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


class Mistake:
    """The parts of the formulas that are replaced, and what to say."""

    def __init__(self, words, across=False, **changes):
        self.words, self.changes = words, changes
        self.across = across  # whether it needs several components to be made


def _scaled(what):
    """Return the mistakes that scale a log-likelihood or a bound."""
    wrong = {
        "is the mean over the points: it is the sum": lambda v, n: v / n,
        "is in logarithms to base 10: take natural ones, np.log": lambda v, n: v / np.log(10),
        "is in logarithms to base 2: take natural ones, np.log": lambda v, n: v / np.log(2),
        "has the wrong sign": lambda v, n: -v,
        "has an extra factor 1/2": lambda v, n: v / 2,
        "has an extra factor 2": lambda v, n: 2 * v,
        "is multiplied by -2": lambda v, n: -2 * v,
    }
    return tuple(Mistake(f"{what} {words}", total=total) for words, total in wrong.items())


def _divided(what, *divisors):
    """Return the ways to divide by the wrong number, in these divisors."""

    def by(words, divisor, across=False):
        return Mistake(f"{what} {words}", across, **dict.fromkeys(divisors, divisor))

    return (
        by("divided by n, all the points: divide by S_k, those of the component", _count),
        by("not divided by S_k", lambda T: np.ones(T.shape[1])),
        by("divided by S_k - 1, as for a sample: the maximum of Q has S_k", lambda T: T.sum(axis=0) - 1),
        by("divided by n - 1: divide by S_k", lambda T: _count(T) - 1),
        by("divided by K: divide by S_k", lambda T: T.shape[1] * np.ones(T.shape[1]), across=True),
        by("divided by the S of the first component: each has its own S_k", lambda T: _same(T[:, 0].sum(), T), True),
        by("divided by pi_k: divide by S_k, which is n times as large", lambda T: T.sum(axis=0) / len(T)),
        by("divided by S_k and then by n once more", lambda T: T.sum(axis=0) * len(T)),
        by("divided by S_k and then by n - 1 once more", lambda T: T.sum(axis=0) * (len(T) - 1)),
        by("divided by S_k and then by K once more", lambda T: T.sum(axis=0) * T.shape[1], across=True),
        by("divided by S_k twice: once is enough", lambda T: T.sum(axis=0) ** 2),
        by("multiplied by S_k: divide by it", lambda T: 1 / T.sum(axis=0)),
        by("divided by the number of points nearest to the component: divide by S_k", lambda T: _hard(T).sum(0), True),
    )


# A table, laid out by hand: the words of a mistake, and then what it replaces.
# fmt: off
DENSITY = (
    Mistake("the proportions play no part, as if they were all equal: is pi_k in the numerator and in the sum?",
            log_pi=np.zeros_like),
    Mistake("every proportion is taken for 1/K: use pi_k, one for each component",
            log_pi=lambda pi: np.full(len(pi), -np.log(len(pi)))),
    Mistake("the proportion pi_k is multiplied in twice: once is enough", log_pi=lambda pi: 2 * np.log(pi)),
    Mistake("pi_k is multiplied in without its logarithm being taken", log_pi=lambda pi: pi),
    Mistake("the proportions come in reverse order: component k needs its own pi_k",
            log_pi=lambda pi: np.log(pi[::-1])),
    Mistake("each component has the proportion of the next one", log_pi=lambda pi: np.log(np.roll(pi, -1))),
    Mistake("each component has the proportion of the one before", log_pi=lambda pi: np.log(np.roll(pi, 1))),
    Mistake("2 pi has the power K/2: it is d/2, with d the number of coordinates",
            constant=lambda d, K: -K / 2 * np.log(2 * np.pi)),
    Mistake("the factor (2 pi)^(-d/2) is missing", constant=lambda d, K: 0),
    Mistake("2 pi has the power 1/2 whatever d is, as for one coordinate: it is d/2",
            constant=lambda d, K: -np.log(2 * np.pi) / 2),
    Mistake("2 pi has the power 1 whatever d is: it is d/2", constant=lambda d, K: -np.log(2 * np.pi)),
    Mistake("2 pi has the power d: it is d/2, for the root is taken of it too",
            constant=lambda d, K: -d * np.log(2 * np.pi)),
    Mistake("(2 pi)^(d/2) multiplies: it divides", constant=lambda d, K: d / 2 * np.log(2 * np.pi)),
    Mistake("the factor is (pi / 2)^(d/2): Python reads 1 / 2 * np.pi from left to right, so write 1 / (2 * np.pi)",
            constant=lambda d, K: d / 2 * np.log(np.pi / 2)),
    Mistake("the factor is (2 pi^d)^(-1/2): 2 * np.pi**d is 2 * (np.pi**d), so write (2 * np.pi)**d",
            constant=lambda d, K: -(np.log(2) + d * np.log(np.pi)) / 2),
    Mistake("the factor has pi where 2 pi belongs", constant=lambda d, K: -d / 2 * np.log(np.pi)),
    Mistake("the determinant of Sigma_k is left out", det=0.0),
    Mistake("the square root of the determinant is left out: its power is -1/2", det=-1.0),
    Mistake("the root of det(Sigma_k) multiplies: it divides", det=0.5),
    Mistake("det(Sigma_k) multiplies: its root divides", det=1.0),
    Mistake("the determinant has the power -1/4: was a root taken twice? (The diagonal of a Cholesky factor "
            "multiplies to the root already.)", det=-0.25),
    Mistake("the whole factor before exp is missing, (2 pi)^(-d/2) and the determinant",
            constant=lambda d, K: 0, det=0.0),
    Mistake("the 1/2 in the exponent is missing", exponent=-1.0),
    Mistake("the exponent has the wrong sign: the density must fall away from m_k", exponent=0.5),
    Mistake("the exponent has one 1/2 too many", exponent=-0.25),
    Mistake("Sigma_k stands in the exponent where its inverse belongs", distance=_between),
    Mistake("the exponent has the plain distance, without Sigma_k^-1", distance=lambda z, Sigma: (z**2).sum(axis=1)),
    Mistake("Sigma_k^-1 comes twice in the exponent",
            distance=lambda z, Sigma: _between(z, np.linalg.inv(Sigma @ Sigma))),
    Mistake("Sigma_k is taken for a standard deviation: it is a covariance, in squared units",
            distance=lambda z, Sigma: _between(z, np.linalg.inv(Sigma @ Sigma)), det=-1.0),
    Mistake("the Cholesky factor L, with L L^T = Sigma_k, is transposed: the standardised point is L^-1 (x - m_k)",
            distance=lambda z, Sigma: ((z @ np.linalg.inv(np.linalg.cholesky(Sigma))) ** 2).sum(axis=1)),
    Mistake("the distance in the exponent is not squared",
            distance=lambda z, Sigma: np.sqrt(_between(z, np.linalg.inv(Sigma)))),
    Mistake("each entry of Sigma_k is inverted by itself: take the inverse matrix",
            distance=lambda z, Sigma: _between(z, 1 / Sigma)),
    Mistake("only the diagonal of Sigma_k is used: correlation is lost", covariances=_diagonal),
    Mistake("the covariance of the first component is used for all",
            covariances=lambda Sigmas: np.repeat(Sigmas[:1], len(Sigmas), axis=0)),
    Mistake("the covariance of the last component is used for all",
            covariances=lambda Sigmas: np.repeat(Sigmas[-1:], len(Sigmas), axis=0)),
)

RESPONSIBILITIES = (
    Mistake("your columns sum to 1, but each row must: divide by the sum over the components (axis=1), not over "
            "the points", responsibilities=lambda a: _softmax(a, axis=0)),
    Mistake("all of T together sums to 1, but each row must: divide row by row", responsibilities=_softmax),
    Mistake("the rows do not sum to 1: the denominator is missing", responsibilities=np.exp),
    Mistake("the largest logarithm of each column is subtracted: subtract that of each row",
            responsibilities=lambda a: _rows(np.exp(a - a.max(axis=0)))),
    Mistake("the logarithms themselves are divided by their sum: take exp first", responsibilities=_rows),
    Mistake("these are hard labels, 0 and 1: T is the soft share of each component", responsibilities=_hard),
    Mistake("these are the logarithms of T: take np.exp of them at the end", responsibilities=_log_soft),
    Mistake("these are the logarithms of pi_k f_k(x_i): take np.exp, and divide each row by its sum",
            responsibilities=lambda a: a),
    Mistake("the numbers of T are right, but in the wrong places, as if (K, n) had been reshaped to (n, K): "
            "transpose it", responsibilities=lambda a: _soft(a).T.reshape(a.shape)),
    Mistake("the components come in reverse order", responsibilities=lambda a: _soft(a)[:, ::-1]),
    Mistake("these are 1 - T[i, k]", responsibilities=lambda a: 1 - _soft(a)),
    Mistake("each T[i, k] is squared", responsibilities=lambda a: _soft(a) ** 2),
)

LOG_LIKELIHOOD = (
    Mistake("the log-likelihood takes the largest component of each point only (the classification likelihood): sum "
            "over the components, within the logarithm", log_likelihood=lambda a, pi: a.max(axis=1).sum()),
    Mistake("this is the likelihood itself, not its logarithm", log_likelihood=lambda a, pi: np.exp(_log_f(a).sum())),
    Mistake("the points are summed within the logarithm: take the logarithm of each point, then sum",
            log_likelihood=lambda a, pi: np.logaddexp.reduce(a, axis=None)),
    Mistake("the logarithm is taken of each component summed over the points: sum over the components within it, for "
            "each point (axis=1)", log_likelihood=lambda a, pi: np.logaddexp.reduce(a, axis=0).sum()),
    Mistake("only the last component counts: is it = where += belongs?", log_likelihood=lambda a, pi: a[:, -1].sum()),
    Mistake("only the last point counts: is it = where += belongs?", log_likelihood=lambda a, pi: _log_f(a)[-1]),
    Mistake("only the first point counts: does the loop end too early?", log_likelihood=lambda a, pi: _log_f(a)[0]),
    Mistake("the logarithm is taken of each component, then summed: sum over k first, then take the logarithm",
            log_likelihood=lambda a, pi: a.sum()),
    Mistake("the logarithms of the components are summed with the weights pi_k: sum over k first, then take the "
            "logarithm", log_likelihood=lambda a, pi: (pi * a).sum()),
    Mistake("the log densities are summed with the weights pi_k: sum pi_k f_k first, then take the logarithm",
            log_likelihood=lambda a, pi: (pi * (a - np.log(pi))).sum()),
    Mistake("the densities of the points are summed without a logarithm",
            log_likelihood=lambda a, pi: np.exp(_log_f(a)).sum()),
    Mistake("this is Q, the sum of T[i, k] log(pi_k f_k(x_i)): in log L the logarithm stands outside of the sum "
            "over k", log_likelihood=lambda a, pi: (_soft(a) * a).sum()),
    Mistake("the log-likelihood is 0 always: is it computed after the rows are divided by their sum?",
            log_likelihood=lambda a, pi: 0.0),
    Mistake("the largest logarithm of each row is subtracted and not added again",
            log_likelihood=lambda a, pi: (_log_f(a) - a.max(axis=1)).sum()),
    *_scaled("the log-likelihood"),
)

WEIGHTS = (
    Mistake("T is rounded to hard labels, 0 and 1: the M step takes the soft T", weights=_hard),
    Mistake("every weight is squared, in S_k too: use T once", weights=lambda T: T**2),
    Mistake("T plays no part: each point must count by its T[i, k]", across=True, weights=np.ones_like),
    Mistake("the root of every T[i, k] is taken, in S_k too: use T itself", weights=np.sqrt),
    Mistake("T is divided by its column sums first, and then S_k is 1: pi_k needs the sums",
            across=True, weights=lambda T: T / T.sum(axis=0)),
)

MEAN = (
    *_divided("the mean is", "mean_divisor"),
    Mistake("the points are weighted twice in the mean: use T[i, k] once", mean_weights=np.square),
    Mistake("the weights are missing in the sum of the mean, and only divided by", mean_weights=np.ones_like),
    Mistake("the mean holds the last point only: is it = where += belongs?", mean_weights=_only(-1)),
    Mistake("the mean holds the first point only: does the loop end too early?", mean_weights=_only(0)),
    Mistake("the mean is the plain mean of all points: each point must be weighted by its T[i, k]",
            mean_weights=np.ones_like, mean_divisor=_count),
)

COVARIANCE = (
    *_divided("the covariance is", "covariance_divisor"),
    Mistake("the covariance is divided by S_k - sum_i T[i, k]^2 / S_k, as for a sample: the maximum of Q has S_k",
            covariance_divisor=lambda T: T.sum(axis=0) - (T**2).sum(axis=0) / T.sum(axis=0)),
    Mistake("the points are weighted twice in the covariance: use T[i, k] once", covariance_weights=np.square),
    Mistake("the root of T[i, k] weights the covariance: T[i, k] itself must", covariance_weights=np.sqrt),
    Mistake("the weights T[i, k] are missing in the sum of the covariance", covariance_weights=np.ones_like),
    Mistake("the covariance holds the last point only: is it = where += belongs?", covariance_weights=_only(-1)),
    Mistake("the covariance holds the first point only: does the loop end too early?", covariance_weights=_only(0)),
    Mistake("the covariance is the plain one, where each point counts alike: weight it by T[i, k], and divide by S_k",
            covariance_weights=np.ones_like, covariance_divisor=_count),
    Mistake("the covariance is that of all points together: weight each point by its T[i, k]",
            covariance_weights=np.ones_like, covariance_divisor=_count, centres=_plain_mean),
    Mistake("the covariance is that of all points together, as of a sample (np.cov without weights): weight each "
            "point by its T[i, k]", covariance_weights=np.ones_like, covariance_divisor=lambda T: _count(T) - 1,
            centres=_plain_mean),
    Mistake("the covariance is taken around the plain mean of all points: take it around the new mean m_k",
            centres=_plain_mean),
    Mistake("the covariance is taken around 0 (an old mean, perhaps, that is not filled in yet): subtract the new "
            "mean m_k", centres=lambda means, x: np.zeros_like(means)),
    Mistake("the covariance is taken around the first points of x, an old mean perhaps: take the new mean m_k",
            centres=lambda means, x: x[np.arange(len(means)) % len(x)]),
    Mistake("the covariance is taken around the mean of another component: component k needs its own new m_k",
            across=True, centres=lambda means, x: np.roll(means, 1, axis=0)),
    Mistake("every covariance is taken around the mean of the first component: component k needs its own new m_k",
            across=True, centres=lambda means, x: _same(means[0], means)),
    Mistake("the mean is added to each point: subtract it", centres=lambda means, x: -means),
    Mistake("the square of the mean, m_k m_k^T, is added: sum_i T[i, k] x_i x_i^T / S_k holds it already, so "
            "subtract it", finish=lambda C, m, S: C + 2 * _outer(m)),
    Mistake("m_k^T m_k, one number, is subtracted from every entry (np.dot of two vectors): subtract the matrix "
            "m_k m_k^T", finish=lambda C, m, S: C + _outer(m) - (m**2).sum(axis=1)[:, None, None]),
    Mistake("only the diagonal of the covariance is kept", finish=lambda C, m, S: _diagonal(C)),
    Mistake("the covariance is one variance times the identity: keep the whole matrix",
            finish=lambda C, m, S: _diagonal(_traces(C) / m.shape[1] * np.ones_like(C))),
    Mistake("the squared distance stands on the diagonal: take the outer product z z^T, d x d, not z^T z",
            finish=lambda C, m, S: _diagonal(_traces(C) * np.ones_like(C))),
    Mistake("the squared distance stands in every entry: take the outer product z z^T, d x d, not z^T z",
            finish=lambda C, m, S: _traces(C) * np.ones_like(C)),
    Mistake("each row holds the variances, z * z entry by entry: take the outer product z z^T",
            finish=lambda C, m, S: np.repeat(_variances(C)[:, None, :], m.shape[1], axis=1)),
    Mistake("only one triangle is filled: the matrix must be symmetric", finish=lambda C, m, S: np.triu(C)),
    Mistake("the root is taken of each entry: Sigma_k holds variances, in squared units",
            finish=lambda C, m, S: np.sqrt(C)),
    Mistake("this is a root (a Cholesky factor) of the covariance, not itself",
            finish=lambda C, m, S: np.linalg.cholesky(C)),
    Mistake("this is the precision, the inverse of the covariance", finish=lambda C, m, S: np.linalg.inv(C)),
    Mistake("this is the correlation matrix: keep the units of Sigma_k",
            finish=lambda C, m, S: C / np.sqrt(_outer(_variances(C)))),
    Mistake("all components share one covariance: each has its own Sigma_k",
            across=True, finish=lambda C, m, S: _same(np.average(C, axis=0, weights=S), C)),
    Mistake("all components share the plain mean of the covariances: each has its own Sigma_k",
            across=True, finish=lambda C, m, S: _same(C.mean(axis=0), C)),
    Mistake("the covariance has an extra factor 1/2", finish=lambda C, m, S: C / 2),
    Mistake("the covariance has an extra factor 2", finish=lambda C, m, S: 2 * C),
    Mistake("the covariance has the wrong sign", finish=lambda C, m, S: -C),
)

PROPORTIONS = (
    Mistake("the proportions are not normalised: their sum must be 1", proportions=lambda S, n: S),
    Mistake("the proportions are all 1/K: they must follow S_k", proportions=lambda S, n: np.ones(len(S)) / len(S)),
    Mistake("S_k is divided by K: then the proportions do not sum to 1", proportions=lambda S, n: S / len(S)),
    Mistake("S_k is divided by n and then by K once more", proportions=lambda S, n: S / n / len(S)),
    Mistake("S_k is divided by n twice: once is enough", proportions=lambda S, n: S / n**2),
    Mistake("S_k is squared before it is divided by the sum", proportions=lambda S, n: S**2 / (S**2).sum()),
    Mistake("S_k is divided by the largest: then the proportions do not sum to 1",
            proportions=lambda S, n: S / S.max()),
    Mistake("S is divided by its length as a vector: then the proportions do not sum to 1",
            proportions=lambda S, n: S / np.linalg.norm(S)),
    Mistake("the exponential of S_k is taken: none is needed", proportions=lambda S, n: _softmax(S)),
    Mistake("these are the logarithms of the proportions", proportions=lambda S, n: np.log(S / n)),
    Mistake("the fraction is turned round", proportions=lambda S, n: n / S),
    Mistake("S_k is divided by n - 1: then the proportions do not quite sum to 1",
            proportions=lambda S, n: S / (n - 1)),
    Mistake("the proportions come in reverse order", proportions=lambda S, n: S[::-1] / n),
    Mistake("the largest S_k gets all: each component gets its share", proportions=lambda S, n: _hard(S[None])[0]),
)

# In several formulas at once, as from one wrong S_k.
TOGETHER = (
    *_divided("means and covariances are", "mean_divisor", "covariance_divisor"),
    Mistake("the points are weighted twice, in the means and in the covariances: use T[i, k] once",
            mean_weights=np.square, covariance_weights=np.square),
)

BOUND = (
    Mistake("this is Q alone: the entropy of T, - sum T log T, is missing", bound=lambda a, T: (T * a).sum()),
    Mistake("the entropy has the wrong sign: it is - sum T log T, and is added to Q",
            bound=lambda a, T: (T * a).sum() - _entropy(T)),
    Mistake("the entropy has an extra factor 1/2", bound=lambda a, T: (T * a).sum() + _entropy(T) / 2),
    Mistake("the entropy is in bits: take natural logarithms, np.log",
            bound=lambda a, T: (T * a).sum() + _entropy(T) / np.log(2)),
    Mistake("the weights T[i, k] are missing in Q", bound=lambda a, T: a.sum() + _entropy(T)),
    Mistake("Q is weighted twice: use T[i, k] once", bound=lambda a, T: (T**2 * a).sum() + _entropy(T)),
    Mistake("Q takes hard labels for the soft T", bound=lambda a, T: (_hard(T) * a).sum() + _entropy(T)),
    Mistake("the weights T[i, k] are missing before both logarithms", bound=lambda a, T: (a - np.log(T)).sum()),
    Mistake("the weights T[i, k] are missing in the entropy", bound=lambda a, T: (T * a - np.log(T)).sum()),
    Mistake("this is log L, whatever the responsibilities are: use those that are given, and make no new ones",
            bound=lambda a, T: _log_f(a).sum()),
    Mistake("the KL divergence is added to log L: it is subtracted",
            bound=lambda a, T: _log_f(a).sum() + _divergence(a, T)),
    Mistake("the KL divergence goes the wrong way round: it is from T",
            bound=lambda a, T: (_log_f(a) - (_soft(a) * (_log_soft(a) - np.log(T))).sum(1)).sum()),
    Mistake("this is the KL divergence alone: the bound is log L less it", bound=lambda a, T: _divergence(a, T)),
    Mistake("this is the entropy alone: Q is missing", bound=lambda a, T: _entropy(T)),
    *DENSITY,
    *_scaled("the bound"),
)
# fmt: on


# What a result is, by these formulas.


def log_joint(x, mixture, formulas):
    """Log of pi_k f_k(x_i), shape (n, K)."""
    log_pi, Sigmas = formulas.log_pi(mixture.proportions), formulas.covariances(mixture.covariances)
    K, d = mixture.means.shape
    a = np.empty((len(x), K))
    for k, (m, Sigma) in enumerate(zip(mixture.means, Sigmas, strict=True)):
        distance = formulas.distance(x - m, Sigma)
        a[:, k] = formulas.det * np.linalg.slogdet(Sigma)[1] + formulas.exponent * distance
    return a + log_pi + formulas.constant(d, K)


def e_step_by(formulas, x, mixture):
    """Responsibilities and log-likelihood."""
    a = log_joint(x, mixture, formulas)
    return {"responsibilities": formulas.responsibilities(a), **log_likelihood_by(formulas, x, mixture)}


def log_likelihood_by(formulas, x, mixture):
    """The log-likelihood alone."""
    value = formulas.log_likelihood(log_joint(x, mixture, formulas), mixture.proportions)
    return {"log_likelihood": formulas.total(value, len(x))}


def bound_by(formulas, x, mixture, T):
    """The bound, for any responsibilities."""
    return {"bound": formulas.total(formulas.bound(log_joint(x, mixture, formulas), T), len(x))}


def m_step_by(formulas, x, T, means=None):
    """Means, covariances and proportions; the covariances around `means`, where they are given."""
    T = formulas.weights(T)
    S = T.sum(axis=0)
    if means is None:
        means = formulas.mean_weights(T).T @ x / formulas.mean_divisor(T)[:, None]
    z = x[:, None] - formulas.centres(means, x)
    sums = np.einsum("nk,nki,nkj->kij", formulas.covariance_weights(T), z, z)
    covariances = formulas.finish(sums / formulas.covariance_divisor(T)[:, None, None], means, S)
    return {"means": means, "covariances": covariances, "proportions": formulas.proportions(S, len(x))}


def mean_by(formulas, x, weights):
    """The mean of one component; another with the rest of the weights gives a meaning to hard labels."""
    return {"mean": m_step_by(formulas, x, np.stack([weights, 1 - weights], axis=1))["means"][0]}


def covariance_by(formulas, x, weights, mean):
    """The covariance of one component around its mean."""
    T = np.stack([weights, 1 - weights], axis=1)
    return {"covariance": m_step_by(formulas, x, T, np.stack([mean, mean]))["covariances"][0]}


def proportions_by(formulas, sums):
    """All proportions, from the sums S_k."""
    return {"proportions": formulas.proportions(sums, sums.sum())}
