"""A catalogue of the mistakes that people make in EM, each as something that can be computed.

Each formula is written once, with its places open: the exponent of 2 pi, what S_k is, around which mean. RIGHT fills
them as the lessons do. A :class:`Mistake` fills one or two of them otherwise, and says so in words. So mistakes can be
made together, and :mod:`gmm_teach.practice` can ask which of them give what a reader's function gives.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp, xlogy

DENSITY = "f_k(x) = (2 pi)^(-d/2) det(Sigma_k)^(-1/2) exp(-1/2 (x - m_k)^T Sigma_k^-1 (x - m_k))"
E_STEP = "T[i, k] = pi_k f_k(x_i) / sum_j pi_j f_j(x_i)"
LOG_LIKELIHOOD = "log L = sum_i log sum_k pi_k f_k(x_i)"
LOG_SUM_EXP = "log sum_k exp(a_k) = c + log sum_k exp(a_k - c), where c = max_k a_k and a_k = log pi_k + log f_k(x_i)"
MEAN = "m_k = sum_i T[i, k] x_i / S_k, where S_k = sum_i T[i, k]"
COVARIANCE = "Sigma_k = sum_i T[i, k] (x_i - m_k) (x_i - m_k)^T / S_k, with the new m_k"
PROPORTIONS = "pi_k = S_k / n, where n = sum_j S_j"
BOUND = "sum_i sum_k T[i, k] (log(pi_k f_k(x_i)) - log T[i, k]), where 0 log 0 = 0"

RIGHT = {
    # the density
    "pi": "once",
    "2 pi": "d/2",
    "det": -0.5,
    "exponent": -0.5,
    "matrix": "inverse",
    "Sigma": "full",
    # the E step
    "normalised": "rows",
    "T as": "value",
    "log L": "log of sum",
    "over points": "sum",
    "scale": 1.0,
    # the M step
    "T is": "as given",
    "means by": "S",
    "T in means": 1.0,
    "covariances by": "S",
    "T in covariances": 1.0,
    "centre": "new",
    "form": "full",
    "factor": 1.0,
    "proportions": "S / n",
    # the bound
    "entropy": 1.0,
    "T in Q": "once",
    "bound": "Q + entropy",
}


class Mistake(NamedTuple):
    """What is filled in otherwise than in RIGHT, what to say, and the formula to look at."""

    changes: dict
    words: str
    formula: str


DENSITY_MISTAKES = (
    Mistake(
        {"pi": "forgotten"},
        "the proportions play no part, as if they were all equal: is pi_k in the numerator and in the sum?",
        E_STEP + ",   " + LOG_LIKELIHOOD,
    ),
    Mistake({"pi": "equal"}, "every proportion is taken for 1/K: use pi_k, one for each component", E_STEP),
    Mistake({"pi": "twice"}, "the proportion pi_k is multiplied in twice: once is enough", E_STEP),
    Mistake({"2 pi": "K/2"}, "2 pi has the power K/2: it is d/2, with d the number of coordinates", DENSITY),
    Mistake({"2 pi": "0"}, "the factor (2 pi)^(-d/2) is missing", DENSITY),
    Mistake({"2 pi": "1/2"}, "2 pi has the power 1/2 whatever d is, as for one coordinate: it is d/2", DENSITY),
    Mistake({"2 pi": "d"}, "2 pi has the power d: it is d/2, for the root is taken of it too", DENSITY),
    Mistake({"2 pi": "-d/2"}, "(2 pi)^(d/2) multiplies: it divides", DENSITY),
    Mistake({"det": 0.0}, "the determinant of Sigma_k is forgotten", DENSITY),
    Mistake({"det": -1.0}, "the square root of the determinant is forgotten: its power is -1/2", DENSITY),
    Mistake({"det": 0.5}, "the root of det(Sigma_k) multiplies: it divides", DENSITY),
    Mistake(
        {"det": -0.25},
        "the determinant has the power -1/4: was a root taken twice? (The diagonal of a Cholesky factor "
        "multiplies to the root already.)",
        DENSITY,
    ),
    Mistake(
        {"2 pi": "0", "det": 0.0},
        "the whole factor before exp is missing, (2 pi)^(-d/2) and the determinant",
        DENSITY,
    ),
    Mistake({"exponent": -1.0}, "the 1/2 in the exponent is missing", DENSITY),
    Mistake({"exponent": 0.5}, "the exponent has the wrong sign: the density must fall away from m_k", DENSITY),
    Mistake({"exponent": -0.25}, "the exponent has one 1/2 too many", DENSITY),
    Mistake({"matrix": "Sigma"}, "Sigma_k stands in the exponent where its inverse belongs", DENSITY),
    Mistake({"matrix": "identity"}, "the exponent has the plain distance, without Sigma_k^-1", DENSITY),
    Mistake({"matrix": "inverse twice"}, "Sigma_k^-1 comes twice in the exponent", DENSITY),
    Mistake(
        {"matrix": "inverse twice", "det": -1.0},
        "Sigma_k is taken for a standard deviation: it is a covariance, in squared units",
        DENSITY,
    ),
    Mistake(
        {"matrix": "factor transposed"},
        "the Cholesky factor L, with L L^T = Sigma_k, is transposed: the standardised point is L^-1 (x - m_k)",
        DENSITY,
    ),
    Mistake({"matrix": "root"}, "the distance in the exponent is not squared", DENSITY),
    Mistake({"matrix": "entries"}, "each entry of Sigma_k is inverted by itself: take the inverse matrix", DENSITY),
    Mistake({"Sigma": "diagonal"}, "only the diagonal of Sigma_k is used: correlation is lost", DENSITY),
    Mistake({"Sigma": "first"}, "the covariance of the first component is used for all", DENSITY),
    Mistake({"Sigma": "last"}, "the covariance of the last component is used for all", DENSITY),
)

RESPONSIBILITY_MISTAKES = (
    Mistake(
        {"normalised": "columns"},
        "your columns sum to 1, but each row must: divide by the sum over the components (axis=1), not over the points",
        E_STEP,
    ),
    Mistake({"normalised": "all"}, "all of T together sums to 1, but each row must: divide row by row", E_STEP),
    Mistake({"normalised": "not"}, "the rows do not sum to 1: the denominator is missing", E_STEP),
    Mistake(
        {"normalised": "column maximum"},
        "the largest logarithm of each column is subtracted: subtract that of each row",
        LOG_SUM_EXP,
    ),
    Mistake({"normalised": "logs"}, "the logarithms themselves are divided by their sum: take exp first", E_STEP),
    Mistake({"T as": "hard"}, "these are hard labels, 0 and 1: T is the soft share of each component", E_STEP),
    Mistake({"T as": "logarithm"}, "these are the logarithms of T: take np.exp of them at the end", E_STEP),
    Mistake(
        {"T as": "log joint"},
        "these are the logarithms of pi_k f_k(x_i): take np.exp, and divide each row by its sum",
        E_STEP,
    ),
    Mistake(
        {"T as": "reshaped"},
        "the numbers of T are right, but in the wrong places, as if (K, n) had been reshaped to (n, K): transpose it",
        E_STEP,
    ),
    Mistake({"T as": "rows reversed"}, "the components come in reverse order", E_STEP),
    Mistake({"T as": "complement"}, "these are 1 - T[i, k]", E_STEP),
    Mistake({"T as": "squared"}, "each T[i, k] is squared", E_STEP),
)

LOG_LIKELIHOOD_MISTAKES = (
    Mistake(
        {"log L": "classification"},
        "the log-likelihood takes the largest component of each point only (the classification likelihood): "
        "sum over the components, within the logarithm",
        LOG_LIKELIHOOD,
    ),
    Mistake(
        {"log L": "of likelihood"},
        "this is the likelihood itself, not its logarithm",
        LOG_LIKELIHOOD,
    ),
    Mistake(
        {"log L": "one logarithm"},
        "the points are summed within the logarithm: take the logarithm of each point, then sum",
        LOG_LIKELIHOOD,
    ),
    Mistake(
        {"log L": "sum of logs"},
        "the logarithm is taken of each component, then summed: sum over k first, then take the logarithm",
        LOG_LIKELIHOOD,
    ),
    Mistake(
        {"log L": "sum of densities"}, "the densities of the points are summed without a logarithm", LOG_LIKELIHOOD
    ),
    Mistake(
        {"log L": "Q"},
        "this is Q, the sum of T[i, k] log(pi_k f_k(x_i)): in log L the logarithm stands outside of the sum over k",
        LOG_LIKELIHOOD,
    ),
    Mistake(
        {"log L": "normalised"},
        "the log-likelihood is 0 always: is it computed after the rows are divided by their sum?",
        LOG_LIKELIHOOD,
    ),
    Mistake(
        {"log L": "without maximum"},
        "the largest logarithm of each row is subtracted and not added again",
        LOG_SUM_EXP,
    ),
    Mistake({"over points": "mean"}, "the log-likelihood is the mean over the points: it is the sum", LOG_LIKELIHOOD),
)


def scaled(what, formula):
    """Return the mistakes that multiply a log-likelihood or bound by a number."""
    return (
        Mistake({"scale": 1 / np.log(10)}, f"{what} is in logarithms to base 10: take natural ones, np.log", formula),
        Mistake({"scale": 1 / np.log(2)}, f"{what} is in logarithms to base 2: take natural ones, np.log", formula),
        Mistake({"scale": -1.0}, f"{what} has the wrong sign", formula),
        Mistake({"scale": 0.5}, f"{what} has an extra factor 1/2", formula),
        Mistake({"scale": 2.0}, f"{what} has an extra factor 2", formula),
        Mistake({"scale": -2.0}, f"{what} is multiplied by -2", formula),
    )


WEIGHT_MISTAKES = (
    Mistake({"T is": "hard"}, "T is rounded to hard labels, 0 and 1: the M step takes the soft T", MEAN),
    Mistake({"T is": "squared"}, "every weight is squared, in S_k too: use T once", MEAN),
    Mistake({"T is": "unweighted"}, "T plays no part: each point must count by its T[i, k]", MEAN),
    Mistake({"T is": "rooted"}, "the root of every T[i, k] is taken, in S_k too: use T itself", MEAN),
    Mistake({"T is": "columns"}, "T is divided by its column sums first, and then S_k is 1: pi_k needs the sums", MEAN),
)

MEAN_MISTAKES = (
    Mistake({"means by": "n"}, "the mean is divided by n, all the points: divide by S_k, those of the component", MEAN),
    Mistake({"means by": "1"}, "the mean is not divided by S_k", MEAN),
    Mistake({"means by": "S - 1"}, "the mean is divided by S_k - 1: divide by S_k", MEAN),
    Mistake({"means by": "K"}, "the mean is divided by K: divide by S_k", MEAN),
    Mistake({"means by": "first S"}, "the mean is divided by the S of the first component: each has its own S_k", MEAN),
    Mistake({"T in means": 2.0}, "the points are weighted twice in the mean: use T[i, k] once", MEAN),
    Mistake({"T in means": 0.0}, "the weights are missing in the sum of the mean, and only divided by", MEAN),
    Mistake(
        {"T in means": 0.0, "means by": "n"},
        "the mean is the plain mean of all points: each point must be weighted by its T[i, k]",
        MEAN,
    ),
)

COVARIANCE_MISTAKES = (
    Mistake(
        {"covariances by": "n"}, "the covariance is divided by n: divide by S_k, those of the component", COVARIANCE
    ),
    Mistake({"covariances by": "1"}, "the covariance is not divided by S_k", COVARIANCE),
    Mistake(
        {"covariances by": "S - 1"},
        "the covariance is divided by S_k - 1, as for a sample: the maximum of Q has S_k",
        COVARIANCE,
    ),
    Mistake({"covariances by": "n - 1"}, "the covariance is divided by n - 1: divide by S_k", COVARIANCE),
    Mistake({"covariances by": "K"}, "the covariance is divided by K: divide by S_k", COVARIANCE),
    Mistake(
        {"covariances by": "first S"}, "the covariance is divided by the S of the first component: use S_k", COVARIANCE
    ),
    Mistake(
        {"covariances by": "reliability"},
        "the covariance is divided by S_k - sum_i T[i, k]^2 / S_k, as for a sample: the maximum of Q has S_k",
        COVARIANCE,
    ),
    Mistake({"T in covariances": 2.0}, "the points are weighted twice in the covariance: use T[i, k] once", COVARIANCE),
    Mistake({"T in covariances": 0.5}, "the root of T[i, k] weights the covariance: T[i, k] itself must", COVARIANCE),
    Mistake({"T in covariances": 0.0}, "the weights T[i, k] are missing in the sum of the covariance", COVARIANCE),
    Mistake(
        {"T in covariances": 0.0, "covariances by": "n"},
        "the covariance is the plain one, where each point counts alike: weight it by T[i, k], and divide by S_k",
        COVARIANCE,
    ),
    Mistake(
        {"T in covariances": 0.0, "covariances by": "n", "centre": "all"},
        "the covariance is that of all points together: weight each point by its T[i, k]",
        COVARIANCE,
    ),
    Mistake(
        {"T in covariances": 0.0, "covariances by": "n - 1", "centre": "all"},
        "the covariance is that of all points together, as of a sample (np.cov without weights): weight each point by "
        "its T[i, k]",
        COVARIANCE,
    ),
    Mistake(
        {"centre": "all"},
        "the covariance is taken around the plain mean of all points: take it around the new mean m_k",
        COVARIANCE,
    ),
    Mistake(
        {"centre": "origin"},
        "the covariance is taken around 0 (an old mean, perhaps, that is not filled in yet): subtract the new mean m_k",
        COVARIANCE,
    ),
    Mistake(
        {"centre": "first points"},
        "the covariance is taken around the first points of x, an old mean perhaps: take the new mean m_k",
        COVARIANCE,
    ),
    Mistake(
        {"centre": "previous"},
        "the covariance is taken around the mean of another component: component k needs its own new m_k",
        COVARIANCE,
    ),
    Mistake(
        {"centre": "first"},
        "every covariance is taken around the mean of the first component: component k needs its own new m_k",
        COVARIANCE,
    ),
    Mistake({"centre": "minus new"}, "the mean is added to each point: subtract it", COVARIANCE),
    Mistake(
        {"centre": "new added"},
        "the square of the mean, m_k m_k^T, is added: sum_i T[i, k] x_i x_i^T / S_k holds it already, so subtract it",
        COVARIANCE,
    ),
    Mistake({"form": "diagonal"}, "only the diagonal of the covariance is kept", COVARIANCE),
    Mistake({"form": "round"}, "the covariance is one variance times the identity: keep the whole matrix", COVARIANCE),
    Mistake(
        {"form": "inner"},
        "the squared distance stands on the diagonal: take the outer product z z^T, d x d, not z^T z",
        COVARIANCE,
    ),
    Mistake(
        {"form": "variances in rows"},
        "each row holds the variances, z * z entry by entry: take the outer product z z^T",
        COVARIANCE,
    ),
    Mistake({"form": "upper"}, "only one triangle is filled: the matrix must be symmetric", COVARIANCE),
    Mistake({"form": "root"}, "the root is taken of each entry: Sigma_k holds variances, in squared units", COVARIANCE),
    Mistake({"form": "matrix root"}, "this is a root (a Cholesky factor) of the covariance, not itself", COVARIANCE),
    Mistake({"form": "inverse"}, "this is the precision, the inverse of the covariance", COVARIANCE),
    Mistake({"form": "correlation"}, "this is the correlation matrix: keep the units of Sigma_k", COVARIANCE),
    Mistake({"form": "pooled"}, "all components share one covariance: each has its own Sigma_k", COVARIANCE),
    Mistake({"factor": 0.5}, "the covariance has an extra factor 1/2", COVARIANCE),
    Mistake({"factor": 2.0}, "the covariance has an extra factor 2", COVARIANCE),
    Mistake({"factor": -1.0}, "the covariance has the wrong sign", COVARIANCE),
)

PROPORTION_MISTAKES = (
    Mistake(
        {"proportions": "S"}, "the proportions are not normalised: their sum must be 1, so divide by n", PROPORTIONS
    ),
    Mistake({"proportions": "equal"}, "the proportions are all 1/K: they must follow S_k", PROPORTIONS),
    Mistake({"proportions": "S / K"}, "S_k is divided by K: divide by n, the sum of all S_k", PROPORTIONS),
    Mistake({"proportions": "hard"}, "the proportions count hard labels: sum the soft T[i, k]", PROPORTIONS),
    Mistake({"proportions": "squared"}, "S_k is squared before it is divided by the sum", PROPORTIONS),
    Mistake({"proportions": "largest"}, "S_k is divided by the largest: divide by their sum", PROPORTIONS),
    Mistake({"proportions": "length"}, "S is divided by its length as a vector: divide by its sum", PROPORTIONS),
    Mistake({"proportions": "softmax"}, "the exponential of S_k is taken: S_k / n needs none", PROPORTIONS),
    Mistake({"proportions": "logarithm"}, "these are the logarithms of the proportions", PROPORTIONS),
    Mistake({"proportions": "inverse"}, "these are n / S_k: turn the fraction round", PROPORTIONS),
    Mistake({"proportions": "n - 1"}, "S_k is divided by n - 1: divide by n", PROPORTIONS),
)

# In several formulas at once, as from one wrong S_k.
TOGETHER = (
    Mistake(
        {"means by": "n", "covariances by": "n"},
        "means and covariances are divided by n, all the points: divide by S_k, those of the component",
        MEAN + ",   " + COVARIANCE,
    ),
    Mistake(
        {"means by": "1", "covariances by": "1"},
        "means and covariances are not divided by S_k",
        MEAN + ",   " + COVARIANCE,
    ),
    Mistake(
        {"means by": "S - 1", "covariances by": "S - 1"},
        "means and covariances are divided by S_k - 1: divide by S_k",
        MEAN + ",   " + COVARIANCE,
    ),
    Mistake(
        {"T in means": 2.0, "T in covariances": 2.0},
        "the points are weighted twice, in the means and in the covariances: use T[i, k] once",
        MEAN + ",   " + COVARIANCE,
    ),
)

BOUND_MISTAKES = (
    Mistake({"entropy": 0.0}, "this is Q alone: the entropy of T, - sum T log T, is missing", BOUND),
    Mistake({"entropy": -1.0}, "the entropy has the wrong sign: it is - sum T log T, and is added to Q", BOUND),
    Mistake({"entropy": 0.5}, "the entropy has an extra factor 1/2", BOUND),
    Mistake({"entropy": 1 / np.log(2)}, "the entropy is in bits: take natural logarithms, np.log", BOUND),
    Mistake({"T in Q": "forgotten"}, "the weights T[i, k] are missing in Q", BOUND),
    Mistake({"T in Q": "twice"}, "Q is weighted twice: use T[i, k] once", BOUND),
    Mistake({"T in Q": "hard"}, "Q takes hard labels for the soft T", BOUND),
    Mistake({"T in Q": "nowhere"}, "the weights T[i, k] are missing before both logarithms", BOUND),
    Mistake(
        {"bound": "log L"},
        "this is log L, whatever the responsibilities are: use those that are given, and make no new ones",
        BOUND,
    ),
    Mistake({"bound": "KL added"}, "the KL divergence is added to log L: it is subtracted", BOUND),
    Mistake({"bound": "KL reversed"}, "the KL divergence goes the wrong way round: it is from T", BOUND),
    Mistake({"bound": "KL"}, "this is the KL divergence alone: the bound is log L less it", BOUND),
    Mistake({"bound": "entropy"}, "this is the entropy alone: Q is missing", BOUND),
    Mistake({"over points": "mean"}, "the bound is the mean over the points: it is the sum", BOUND),
)


def log_joint(x, mixture, fill):
    """Log of pi_k f_k(x_i), shape (n, K), with the places of the density filled as `fill` says."""
    (n, d), K = x.shape, len(mixture.proportions)
    power = {"d/2": d / 2, "K/2": K / 2, "0": 0, "1/2": 0.5, "d": d, "-d/2": -d / 2}[fill["2 pi"]]
    log_pi = {
        "once": np.log(mixture.proportions),
        "twice": 2 * np.log(mixture.proportions),
        "forgotten": np.zeros(K),
        "equal": np.full(K, -np.log(K)),
    }[fill["pi"]]
    a = np.empty((n, K))
    for k, Sigma in enumerate(mixture.covariances):
        if fill["Sigma"] in ("first", "last"):
            Sigma = mixture.covariances[0 if fill["Sigma"] == "first" else -1]
        elif fill["Sigma"] == "diagonal":
            Sigma = np.diag(np.diag(Sigma))
        distance = _squared_distance(x - mixture.means[k], Sigma, fill["matrix"])
        log_det = np.linalg.slogdet(Sigma)[1]
        a[:, k] = log_pi[k] - power * np.log(2 * np.pi) + fill["det"] * log_det + fill["exponent"] * distance
    return a


def _squared_distance(z, Sigma, matrix):
    inverse = np.linalg.inv(Sigma)
    if matrix == "factor transposed":
        standardised = z @ np.linalg.inv(np.linalg.cholesky(Sigma))
        return (standardised**2).sum(axis=1)
    between = {"Sigma": Sigma, "identity": np.eye(len(Sigma)), "inverse twice": inverse @ inverse}.get(matrix, inverse)
    if matrix == "entries":
        between = 1 / Sigma
    distance = np.einsum("ni,ij,nj->n", z, between, z)
    return np.sqrt(distance) if matrix == "root" else distance


def e_step(x, mixture, fill):
    """Responsibilities and log-likelihood."""
    a = log_joint(x, mixture, fill)
    T = {
        "rows": lambda: np.exp(a - logsumexp(a, axis=1, keepdims=True)),
        "columns": lambda: np.exp(a - logsumexp(a, axis=0, keepdims=True)),
        "all": lambda: np.exp(a - logsumexp(a)),
        "not": lambda: np.exp(a),
        "column maximum": lambda: _rows(np.exp(a - a.max(axis=0))),
        "logs": lambda: _rows(a),
    }[fill["normalised"]]()
    T = {
        "value": lambda: T,
        "hard": lambda: _hard(a),
        "logarithm": lambda: a - logsumexp(a, axis=1, keepdims=True) if fill["normalised"] == "rows" else np.log(T),
        "log joint": lambda: a,
        "reshaped": lambda: T.T.reshape(T.shape),
        "rows reversed": lambda: T[:, ::-1],
        "complement": lambda: 1 - T,
        "squared": lambda: T**2,
    }[fill["T as"]]()
    return {"responsibilities": T, "log_likelihood": log_likelihood(x, mixture, fill)["log_likelihood"]}


def log_likelihood(x, mixture, fill):
    """The log-likelihood alone."""
    a = log_joint(x, mixture, fill)
    by_point = logsumexp(a, axis=1)
    value = {
        "log of sum": lambda: by_point.sum(),
        "classification": lambda: a.max(axis=1).sum(),
        "of likelihood": lambda: np.exp(by_point.sum()),
        "one logarithm": lambda: logsumexp(a),
        "sum of logs": lambda: a.sum(),
        "sum of densities": lambda: np.exp(by_point).sum(),
        "Q": lambda: (np.exp(a - by_point[:, None]) * a).sum(),
        "normalised": lambda: 0.0,
        "without maximum": lambda: (by_point - a.max(axis=1)).sum(),
    }[fill["log L"]]()
    return {"log_likelihood": _scaled(value, fill, len(x))}


@np.errstate(all="ignore")  # not every mistake can be made with every input
def m_step(x, T, fill, means=None):
    """Proportions, means and covariances; the covariances around `means`, where they are given."""
    (n, d), K = x.shape, T.shape[1]
    hard = _hard(T)
    proportions = _proportions(T.sum(axis=0), fill["proportions"], hard)
    T = {
        "as given": T,
        "hard": hard,
        "squared": T**2,
        "rooted": np.sqrt(T),
        "unweighted": np.ones((n, K)),
        "columns": T / T.sum(axis=0),
    }[fill["T is"]]
    if fill["T is"] != "as given":
        proportions = _proportions(T.sum(axis=0), fill["proportions"], hard, n)
    S = T.sum(axis=0)
    by = {
        "S": S,
        "n": np.full(K, n),
        "n - 1": np.full(K, n - 1),
        "1": np.ones(K),
        "S - 1": S - 1,
        "K": np.full(K, K),
        "first S": np.full(K, S[0]),
        "reliability": S - (T**2).sum(axis=0) / S,
    }
    if means is None:
        means = (T ** fill["T in means"]).T @ x / by[fill["means by"]][:, None]
    centres = {
        "new": means,
        "all": np.tile(x.mean(axis=0), (K, 1)),
        "origin": np.zeros((K, d)),
        "first points": x[np.arange(K) % n],
        "previous": np.roll(means, 1, axis=0),
        "first": np.tile(means[0], (K, 1)),
        "minus new": -means,
        # sum T x x^T / S is Sigma + m m^T; around m + v it is Sigma + v v^T
        "new added": (1 + np.sqrt(2)) * means,
    }[fill["centre"]]
    covariances = np.empty((K, d, d))
    for k in range(K):
        z = x - centres[k]
        scatter = np.einsum("n,ni,nj->ij", T[:, k] ** fill["T in covariances"], z, z)
        covariances[k] = fill["factor"] * scatter / by[fill["covariances by"]][k]
    covariances = _formed(covariances, fill["form"], S)
    return {"means": means, "covariances": covariances, "proportions": proportions}


def _proportions(S, how, hard=None, n=None):
    n = S.sum() if n is None else n
    if how == "hard" and hard is not None:
        return hard.mean(axis=0)
    return {
        "S / n": lambda: S / n,
        "S": lambda: S,
        "equal": lambda: np.full(len(S), 1 / len(S)),
        "S / K": lambda: S / len(S),
        "hard": lambda: _hard(S[None])[0],
        "squared": lambda: S**2 / (S**2).sum(),
        "largest": lambda: S / S.max(),
        "length": lambda: S / np.linalg.norm(S),
        "softmax": lambda: np.exp(S - logsumexp(S)),
        "logarithm": lambda: np.log(S / n),
        "inverse": lambda: n / S,
        "n - 1": lambda: S / (n - 1),
    }[how]()


def _formed(covariances, form, S):
    """Return the covariances as one who mistakes their form would write them."""
    K, d, _ = covariances.shape
    identity = np.eye(d)
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    return {
        "full": lambda: covariances,
        "diagonal": lambda: covariances * identity,
        "round": lambda: variances.mean(axis=1)[:, None, None] * identity,
        "inner": lambda: variances.sum(axis=1)[:, None, None] * identity,
        "variances in rows": lambda: np.repeat(variances[:, None, :], d, axis=1),
        "upper": lambda: np.triu(covariances),
        "root": lambda: np.sqrt(covariances),
        "matrix root": lambda: np.linalg.cholesky(covariances),
        "inverse": lambda: np.linalg.inv(covariances),
        "correlation": lambda: covariances / np.sqrt(variances[:, :, None] * variances[:, None, :]),
        "pooled": lambda: np.repeat(np.einsum("k,kij->ij", S / S.sum(), covariances)[None], K, axis=0),
    }[form]()


def mean_update(x, weights, fill):
    """The mean of one component; a second one, with the rest of the weights, gives a meaning to hard labels."""
    return {"mean": m_step(x, np.stack([weights, 1 - weights], axis=1), fill)["means"][0]}


def covariance_update(x, weights, mean, fill):
    """The covariance of one component around its mean."""
    T = np.stack([weights, 1 - weights], axis=1)
    return {"covariance": m_step(x, T, fill, np.stack([mean, mean]))["covariances"][0]}


def proportions_update(sums, fill):
    """All proportions, from the sums S_k."""
    return {"proportions": _proportions(sums, fill["proportions"])}


def lower_bound(x, mixture, T, fill):
    """Q + entropy."""
    a = log_joint(x, mixture, fill)
    logs = logsumexp(a, axis=1)
    posterior = np.exp(a - logs[:, None])
    weights = {"once": T, "forgotten": 1.0, "nowhere": 1.0, "twice": T**2, "hard": _hard(T)}[fill["T in Q"]]
    entropy = -np.log(T).sum() if fill["T in Q"] == "nowhere" else -xlogy(T, T).sum()
    divergence = (xlogy(T, T) - T * (a - logs[:, None])).sum()
    q = (weights * a).sum()
    value = {
        "Q + entropy": lambda: q + fill["entropy"] * entropy,
        "log L": lambda: logs.sum(),
        "KL added": lambda: logs.sum() + divergence,
        "KL reversed": lambda: logs.sum() - (posterior * (a - logs[:, None] - np.log(T))).sum(),
        "KL": lambda: divergence,
        "entropy": lambda: entropy,
    }[fill["bound"]]()
    return {"bound": _scaled(value, fill, len(x))}


def _scaled(value, fill, n):
    return fill["scale"] * (value / n if fill["over points"] == "mean" else value)


def _rows(values):
    return values / values.sum(axis=1, keepdims=True)


def _hard(values):
    """Return 1 in each row where it is largest and 0 elsewhere."""
    return np.eye(values.shape[1])[values.argmax(axis=1)]
