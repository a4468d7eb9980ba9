"""The inputs on which :mod:`gmm_teach.practice` tries a reader's function, and how an input is made smaller.

Each is built to tell mistakes apart: K differs from d, proportions differ, clusters are correlated and differ in scale,
and no number of an input needs many digits, so that it can be shown.
"""

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from ..mixture import Mixture

SEED_OF_THE_INPUTS = 7
PROPORTIONS = {1: [1.0], 2: [0.3, 0.7], 3: [0.2, 0.3, 0.5], 4: [0.1, 0.2, 0.3, 0.4]}
SCALES = [0.5, 1.0, 2.5, 1.5]  # of the components' covariances
OFFSET = 1e7
MOST_SHOWN = 12  # numbers or points, one by one


@dataclass(frozen=True, eq=False)
class Case:
    """Points, a mixture, and responsibilities that are not those of this mixture; each exercise takes what it needs.

    `kind` is "near", or what makes the input special: "one" point, "small" units, "zero" responsibilities, "many"
    points, "high" dimension, an "offset" from 0, points "far" from the means.
    """

    kind: str
    x: np.ndarray
    responsibilities: np.ndarray
    proportions: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    @cached_property
    def mixture(self):
        """The parameters as a Mixture."""
        return Mixture(self.proportions, self.means, self.covariances)

    @property
    def weights(self):
        """The responsibilities of the first component, shape (n,)."""
        return self.responsibilities[:, 0].copy()

    @property
    def sums(self):
        """S_k, shape (K,)."""
        return self.responsibilities.sum(axis=0).round(10)

    @property
    def mean(self):
        """The new mean of the first component, shape (d,)."""
        return self.weights @ self.x / self.weights.sum()

    @property
    def size(self):
        """The numbers n, d and K."""
        return (*self.x.shape, len(self.proportions))


@cache
def every_case():
    """Return the inputs in the order in which failures are reported: ordinary ones first."""
    rng = np.random.default_rng(SEED_OF_THE_INPUTS)
    sizes = [(3, 1, 2), (5, 1, 3), (6, 2, 3), (8, 3, 2), (7, 2, 1), (12, 3, 4), (30, 2, 3)]
    near = [_draw(rng, *size) for size in sizes]
    small = [_in_units(_draw(rng, *size), 0.01) for size in [(6, 1, 2), (9, 2, 3)]]
    zero = _with_zeros(_draw(rng, 10, 2, 3))
    far = _far(rng)
    five = _draw(rng, 5, 2, 3)
    one = replace(five, kind="one", x=five.x[:1], responsibilities=five.responsibilities[:1])
    offset = [_moved(_draw(rng, *size)) for size in [(6, 1, 2), (8, 2, 3)]]
    return (*near, one, *small, zero, _many(), *offset, *far, _high())


def _draw(rng, n, d, K):
    """Draw an ordinary input."""
    while True:
        means = rng.normal(scale=2, size=(K, d)).round(1)
        roots = rng.normal(size=(K, d, d))
        covariances = np.array(SCALES[:K])[:, None, None] * (roots @ roots.swapaxes(1, 2) + 0.3 * np.eye(d))
        covariances = covariances.round(1)
        if (np.linalg.eigvalsh(covariances) > 0.2).all():
            break
    x = (means[rng.integers(K, size=n)] + 1.5 * rng.normal(size=(n, d))).round(1)
    return Case("near", x, _draw_responsibilities(rng, n, K), np.array(PROPORTIONS[K]), means, covariances)


def _draw_responsibilities(rng, n, K):
    """Draw rows of tenths, none of them 0, that say clearly which hard labels they have."""
    while True:
        shares = rng.dirichlet(np.full(K, 0.7), size=n)
        T = ((1 + np.array([rng.multinomial(10 - K, share) for share in shares])) / 10).round(1)
        largest, first = T.max(axis=1, keepdims=True), T[:, 0]
        clear = ((largest - T) < 0.05).sum() == n and not (first == 0.5).any()
        none_empty = len(set(T.argmax(axis=1))) == K and (first > 0.5).any()
        if clear and none_empty and len(set(T.sum(axis=0).round(1))) == K:  # equal S_k might hide a mistake
            return T


def _in_units(case, unit):
    """Return the same input, measured in units that make its numbers small."""
    x, means = (case.x * unit).round(6), (case.means * unit).round(6)
    return replace(case, kind="small", x=x, means=means, covariances=(case.covariances * unit**2).round(9))


def _with_zeros(case):
    """Return the same input with a responsibility of 0 in every second row."""
    T = case.responsibilities.copy()
    T[::2, 1] += T[::2, 0]
    T[::2, 0] = 0
    return replace(case, kind="zero", responsibilities=T.round(1))


def _far(rng):
    """Return inputs with points so far from every mean that exp gives 0 for each density."""
    case = _draw(rng, 6, 2, 3)
    means = np.array([[0.0, 0.0], [1.0, 0.0], [-3.0, 2.0]])
    covariances = np.array([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.2], [0.2, 0.4]]])
    x = case.x.copy()
    x[0] = [0.6, 60.0]  # almost as far from the second mean as from the first, so that T is neither 0 nor 1
    x[3] = [-80.0, 3.0]
    between = replace(case, kind="far", x=x, means=means, covariances=covariances)
    plain = _draw(rng, 4, 1, 2)
    x = plain.x.copy()
    x[2] = 90.0
    return between, replace(plain, kind="far", x=x)


def _many():
    """Return 600 points at one place: each density is ordinary, and their product is rounded to 0."""
    T = np.tile([0.3, 0.7], (600, 1))
    means, covariances = np.array([[-1.2], [1.7]]), np.array([[[2.5]], [[1.6]]])
    return Case("many", np.full((600, 1), 0.4), T, np.array(PROPORTIONS[2]), means, covariances)


def _moved(case):
    """Return the same input far from 0, as metres on a map are, or seconds since 1970."""
    return replace(case, kind="offset", x=case.x + OFFSET, means=case.means + OFFSET)


def _high():
    """Return an input with 40 coordinates: the determinants are 10^-400 and 10^400, beyond double precision."""
    x = np.outer([1e-5, 2e-5, -1e-5], np.ones(40))
    T = np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]])
    covariances = np.array([1e-10, 1e10])[:, None, None] * np.eye(40)
    return Case("high", x, T, np.array(PROPORTIONS[2]), np.zeros((2, 40)), covariances)


def smaller(case):
    """Yield inputs with fewer points, components or coordinates than `case`, or with plainer covariances."""
    n, d, K = case.size
    share = n // 2
    while share > 0:
        for begin in range(0, n, share) if share < n else ():
            kept = np.r_[0:begin, min(begin + share, n) : n]
            yield replace(case, x=case.x[kept], responsibilities=case.responsibilities[kept])
        share //= 2
    for k in range(K if K > 1 else 0):
        yield _without_component(case, k)
    for j in range(d if d > 1 else 0):
        kept = [i for i in range(d) if i != j]
        covariances = case.covariances[:, kept][:, :, kept]
        yield replace(case, x=case.x[:, kept], means=case.means[:, kept], covariances=covariances)
    plain = case.covariances * np.eye(d)
    if case.kind == "near" and np.array_equal(plain, case.covariances):
        plain = np.tile(np.eye(d), (K, 1, 1))
    if not np.array_equal(plain, case.covariances):
        yield replace(case, covariances=plain)


def _without_component(case, k):
    """Give the share of component k to the next one, so that proportions and rows still sum to 1."""
    heir = (k + 1) % len(case.proportions)
    T, proportions = case.responsibilities.copy(), case.proportions.copy()
    T[:, heir] += T[:, k]
    proportions[heir] += proportions[k]
    return replace(
        case,
        responsibilities=np.delete(T, k, axis=1).round(6),
        proportions=np.delete(proportions, k).round(6),
        means=np.delete(case.means, k, axis=0),
        covariances=np.delete(case.covariances, k, axis=0),
    )


def shown(value):
    """Return an array or a mixture as code that makes it, with short numbers."""
    if isinstance(value, Mixture):
        return f"Mixture({_list(value.proportions)}, {_list(value.means)}, {_list(value.covariances)})"
    return f"np.array({_list(value)})"


def _list(value):
    if np.ndim(value) == 0:
        return f"{value:.9g}"
    if np.ndim(value) == 2 and len(value) > MOST_SHOWN and np.array_equal(value, value[0, 0] * np.eye(len(value))):
        return f"{_list(value[0, 0])} * np.eye({len(value)})"
    if len(value) > MOST_SHOWN and (value == value[0]).all():
        return f"{len(value)} * [{_list(value[0])}]"
    return "[" + ", ".join(map(_list, value)) + "]"
