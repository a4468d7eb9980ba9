"""Why EM climbs: Q, H and the bound against their definitions, and what must hold of them."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.differentiate import jacobian

from gmm_teach import Mixture, bound, e_step, m_step

TIGHT = 1e-12
OF_A_MIXTURE = [bound.expected_log_joint, bound.cross_entropy, bound.lower_bound]


def random_mixture(rng, K, d):
    factors = 0.4 * rng.normal(size=(K, d, d)) + np.eye(d)
    covariances = factors @ factors.swapaxes(1, 2) + 0.1 * np.eye(d)  # none so flat that a posterior rounds to 0
    return Mixture(rng.dirichlet(np.full(K, 5.0)), rng.normal(size=(K, d)), covariances)


def log_joint_by_scipy(x, mixture):
    columns = [
        np.log(proportion) + stats.multivariate_normal(mean, covariance).logpdf(x)
        for proportion, mean, covariance in zip(mixture.proportions, mixture.means, mixture.covariances, strict=True)
    ]
    return np.column_stack(columns)


class Problem:
    """Six points of R^3, and two unrelated mixtures of two Gaussians: the present one, and any other."""

    def __init__(self, seed=0, n=6, K=2, d=3):
        rng = np.random.default_rng(seed)
        self.x = rng.normal(size=(n, d))
        self.present, self.other = random_mixture(rng, K, d), random_mixture(rng, K, d)
        self.T, self.present_log_likelihood = e_step(self.x, self.present)


@pytest.fixture
def problem():
    return Problem()


def test_q_is_the_sum_over_points_and_components(problem):
    by_hand = (problem.T * log_joint_by_scipy(problem.x, problem.other)).sum()
    assert bound.expected_log_joint(problem.x, problem.other, problem.T) == pytest.approx(by_hand, rel=TIGHT)


def test_q_and_h_are_the_sums_over_all_labellings(problem):
    # 2^6 labellings: what independence spares us
    joint = log_joint_by_scipy(problem.x, problem.other)
    posterior = np.log(e_step(problem.x, problem.other)[0])
    i = np.arange(len(problem.x))
    labellings = [np.array(z) for z in product(range(2), repeat=len(i))]
    r = [problem.T[i, z].prod() for z in labellings]
    assert len(r) == 64
    assert sum(r) == pytest.approx(1, rel=TIGHT)
    q = sum(weight * joint[i, z].sum() for weight, z in zip(r, labellings, strict=True))
    h = -sum(weight * posterior[i, z].sum() for weight, z in zip(r, labellings, strict=True))
    assert bound.expected_log_joint(problem.x, problem.other, problem.T) == pytest.approx(q, rel=TIGHT)
    assert bound.cross_entropy(problem.x, problem.other, problem.T) == pytest.approx(h, rel=TIGHT)


def test_cross_entropy_is_its_definition(problem):
    joint = np.exp(log_joint_by_scipy(problem.x, problem.other))
    posterior = joint / joint.sum(axis=1, keepdims=True)
    by_hand = -(problem.T * np.log(posterior)).sum()
    assert bound.cross_entropy(problem.x, problem.other, problem.T) == pytest.approx(by_hand, rel=TIGHT)


def test_entropy_and_kl_agree_with_scipy_stats():
    T, R = np.random.default_rng(1).dirichlet(np.ones(3), size=(2, 5))
    assert bound.entropy(T) == pytest.approx(stats.entropy(T, axis=1).sum(), rel=TIGHT)
    assert bound.kl_divergence(T, R) == pytest.approx(stats.entropy(T, R, axis=1).sum(), rel=TIGHT)
    assert bound.kl_divergence(T, R) != pytest.approx(bound.kl_divergence(R, T), rel=1e-3)


def test_certain_labels_have_no_entropy_and_are_allowed():
    certain, half = [[1.0, 0.0]], [[0.5, 0.5]]
    assert bound.entropy(certain) == 0
    assert bound.kl_divergence(certain, certain) == 0
    assert bound.kl_divergence(certain, half) == pytest.approx(np.log(2), rel=TIGHT)
    assert bound.kl_divergence(half, certain) == np.inf


def test_a_point_that_a_component_never_holds_costs_nothing():
    # at x = 0 the second posterior is exp(-5000), 0 in plain arithmetic, and 0 * log 0 would be no number
    mixture = Mixture([0.5, 0.5], [[0.0], [100.0]], [[[1.0]], [[1.0]]])
    assert bound.cross_entropy([[0.0]], mixture, [[1.0, 0.0]]) == 0
    assert bound.cross_entropy([[0.0]], mixture, [[0.0, 1.0]]) == pytest.approx(5000, rel=TIGHT)


def test_lower_bound_is_q_plus_entropy(problem):
    T_log_T = (problem.T * np.log(problem.T)).sum()
    q = bound.expected_log_joint(problem.x, problem.other, problem.T)
    assert bound.lower_bound(problem.x, problem.other, problem.T) == pytest.approx(q - T_log_T, rel=TIGHT)


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 4), st.integers(1, 4))
def test_what_holds_at_any_parameters(seed, n, K, d):
    problem = Problem(seed, n, K, d)
    x, T, present, other = problem.x, problem.T, problem.present, problem.other
    log_likelihood = other.log_likelihood(x)
    q, h = bound.expected_log_joint(x, other, T), bound.cross_entropy(x, other, T)
    slack = 1e-12 * (abs(q) + abs(h) + abs(log_likelihood))

    # log L = Q + H
    assert abs(q + h - log_likelihood) <= slack
    # the gap between log L and the bound, and the rise of H, are one and the same KL divergence
    kl = bound.kl_divergence(T, e_step(x, other)[0])
    assert kl >= -slack
    assert abs(log_likelihood - bound.lower_bound(x, other, T) - kl) <= slack
    assert abs(h - bound.cross_entropy(x, present, T) - kl) <= slack
    # where theta gives these responsibilities, H is the entropy and the bound touches
    assert abs(bound.cross_entropy(x, present, T) - bound.entropy(T)) <= slack
    assert abs(bound.lower_bound(x, present, T) - problem.present_log_likelihood) <= slack


@pytest.mark.parametrize("seed", range(5))
def test_an_e_step_closes_the_gap_and_an_m_step_raises_the_bound(seed):
    problem = Problem(seed, n=40)
    x, T, mixture = problem.x, problem.T, problem.present
    for _ in range(5):
        better = m_step(x, T)
        raised = bound.lower_bound(x, better, T)
        assert raised > bound.lower_bound(x, mixture, T)
        assert better.log_likelihood(x) > raised  # the labels moved, so a gap opened
        mixture = better
        T, log_likelihood = e_step(x, mixture)
        assert bound.lower_bound(x, mixture, T) == pytest.approx(log_likelihood, rel=TIGHT)


def test_q_and_log_likelihood_have_the_same_gradient_where_they_touch(problem):
    """Fisher's identity, in all free parameters: proportions, means and factors of covariances."""
    K, d = problem.present.means.shape
    lower = np.tril_indices(d)

    def unpack(theta):
        free, means, factors = np.split(theta, [K - 1, K - 1 + K * d])
        L = np.zeros((K, d, d))
        L[:, *lower] = factors.reshape(K, -1)
        return Mixture(np.append(free, 1 - free.sum()), means.reshape(K, d), L @ L.swapaxes(1, 2))

    def pack(mixture):
        factors = np.linalg.cholesky(mixture.covariances)[:, *lower]
        return np.concatenate([mixture.proportions[:-1], mixture.means.ravel(), factors.ravel()])

    def gradient(function, at):
        result = jacobian(
            lambda columns: np.apply_along_axis(lambda theta: function(unpack(theta)), 0, columns),
            pack(at),
            initial_step=0.05,
        )
        return result.df

    for_q = gradient(lambda theta: bound.expected_log_joint(problem.x, theta, problem.T), problem.present)
    for_log_l = gradient(lambda theta: theta.log_likelihood(problem.x), problem.present)
    np.testing.assert_allclose(for_q, for_log_l, rtol=1e-7, atol=1e-7)
    assert np.abs(for_q).max() > 1  # not at a maximum, where both would be 0

    elsewhere = gradient(lambda theta: bound.expected_log_joint(problem.x, theta, problem.T), problem.other)
    assert not np.allclose(elsewhere, gradient(lambda theta: theta.log_likelihood(problem.x), problem.other), atol=0.1)


# ---- bad input


@pytest.mark.parametrize("function", OF_A_MIXTURE)
@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"x": [["a", "b", "c"]] * 6}, TypeError, "x holds"),
        ({"x": [[1.0, 2.0]] * 6}, ValueError, "x must have shape"),
        ({"x": [[1.0, 2.0, np.nan]] * 6}, ValueError, "x holds nan"),
        ({"T": [[0.5, 0.5]] * 5}, ValueError, r"responsibilities must have shape \(6, K\)"),
        ({"T": [[0.2, 0.3, 0.5]] * 6}, ValueError, "responsibilities has 3 columns, but the mixture has 2"),
        ({"T": [[1.5, -0.5]] * 6}, ValueError, r"responsibilities\[0, 1\] is -0.5"),
        ({"T": [[0.5, 0.4]] * 6}, ValueError, r"responsibilities\[0\] sums to 0.9, not to 1"),
    ],
)
def test_bad_arguments_are_named(problem, function, change, error, words):
    arguments = {"x": problem.x, "T": problem.T, **change}
    with pytest.raises(error, match=words):
        function(arguments["x"], problem.other, arguments["T"])


def test_entropy_and_kl_refuse_what_are_no_responsibilities():
    good = [[0.5, 0.5]]
    with pytest.raises(ValueError, match=r"responsibilities\[0\] sums to 2"):
        bound.entropy([[1.0, 1.0]])
    with pytest.raises(ValueError, match=r"others\[0, 0\] is -1"):
        bound.kl_divergence(good, [[-1.0, 2.0]])
    with pytest.raises(ValueError, match=r"responsibilities\[0\] sums to"):
        bound.kl_divergence([[0.5, 0.6]], good)
    with pytest.raises(ValueError, match=r"others must have the shape of responsibilities, \(1, 2\)"):
        bound.kl_divergence(good, [*good, *good])


@pytest.mark.parametrize("function", [bound.expected_log_joint, bound.cross_entropy, bound.lower_bound])
def test_what_is_no_mixture_is_refused_by_name(function):
    with pytest.raises(TypeError, match=r"mixture must be a Mixture, but it is 3 \(int\)"):
        function([[0.0]], 3, [[1.0]])
