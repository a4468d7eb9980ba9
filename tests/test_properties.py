"""What must hold of EM on any data, tried on many."""

from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gmm_teach import CollapsedComponent, Mixture, e_step, iterate, m_step

SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def problems(draw):
    """Points, and a start that has nothing to do with them: any d, any K, clusters near or far apart, any units."""
    rng = np.random.default_rng(draw(SEEDS))
    d, K = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    n = draw(st.integers(10 * K * d, 20 * K * d))
    apart = draw(st.sampled_from([0.0, 1.0, 4.0]))
    unit = 10.0 ** draw(st.integers(-6, 6))
    x = apart * rng.normal(size=(K, d))[rng.integers(K, size=n)] + rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    factors = 0.3 * rng.normal(size=(K, d, d)) + 2 * np.eye(d)
    start = Mixture(rng.dirichlet(np.full(K, 5.0)), x[:K], factors @ factors.swapaxes(1, 2))
    return unit * x, Mixture(start.proportions, unit * start.means, unit**2 * start.covariances), rng


def first_states(x, start, steps=4):
    """The first states of EM, or as many as there are before a component collapses."""
    states = []
    with suppress(CollapsedComponent):
        for state in iterate(x, start):
            states.append(state)
            if state.step == steps:
                break
    return states


def size(x, mixture):
    """The sum of the terms of the log-likelihood, each without its sign: what rounding is relative to."""
    return np.abs(mixture.log_joint(x)).max(axis=1).sum()


def assert_same_mixture(left, right, rtol=1e-8):
    """Equal to `rtol` of each coordinate's own size, so that one in small units is compared as sharply as the rest."""
    assert (np.abs(left.proportions - right.proportions) <= rtol).all()
    for k in range(len(right.proportions)):
        deviations = np.sqrt(np.diag(right.covariances[k]))
        assert (np.abs(left.means[k] - right.means[k]) <= rtol * (deviations + np.abs(right.means[k]))).all()
        difference = np.abs(left.covariances[k] - right.covariances[k])
        assert (difference <= rtol * np.outer(deviations, deviations)).all()


@given(problems())
@pytest.mark.slow
def test_log_likelihood_never_falls(problem):
    x, start, _ = problem
    states = first_states(x, start, steps=25)
    for before, after in pairwise(states):
        assert after.log_likelihood >= before.log_likelihood - 1e-12 * size(x, after.mixture)


@given(arrays(np.int8, st.tuples(st.integers(4, 30), st.integers(1, 2)), elements=st.integers(-9, 9)), SEEDS)
def test_log_likelihood_never_falls_on_points_with_ties(x, seed):
    # whole numbers: repeated points, points on one line, and so components that are about to collapse
    rng = np.random.default_rng(seed)
    K = 2
    start = Mixture(np.full(K, 1 / K), rng.normal(size=(K, x.shape[1])), np.tile(9 * np.eye(x.shape[1]), (K, 1, 1)))
    states = first_states(x, start, steps=25)
    assert len(states) > 0
    for before, after in pairwise(states):
        assert after.log_likelihood >= before.log_likelihood - 1e-12 * size(x, after.mixture)


@given(problems())
def test_rows_of_responsibilities_sum_to_1(problem):
    x, start, _ = problem
    for state in first_states(x, start):
        assert (state.responsibilities >= 0).all()
        np.testing.assert_allclose(state.responsibilities.sum(axis=1), 1, rtol=1e-14)
        assert abs(state.mixture.proportions.sum() - 1) < 1e-14


@given(problems())
@pytest.mark.slow
def test_relabelling_the_components_permutes_the_result(problem):
    x, start, rng = problem
    order = rng.permutation(len(start.proportions))
    relabelled = Mixture(start.proportions[order], start.means[order], start.covariances[order])
    states, others = first_states(x, start), first_states(x, relabelled)
    assert len(states) == len(others)
    for state, other in zip(states, others, strict=True):
        m = state.mixture
        assert_same_mixture(other.mixture, Mixture(m.proportions[order], m.means[order], m.covariances[order]))
        np.testing.assert_allclose(other.responsibilities, state.responsibilities[:, order], atol=1e-8)
        assert abs(other.log_likelihood - state.log_likelihood) <= 1e-12 * size(x, m)


@given(problems())
def test_an_affine_map_of_data_and_start_maps_the_result(problem):
    x, start, rng = problem
    d = x.shape[1]
    # turn, stretch up to 25-fold, turn, and then give every coordinate a unit of its own
    first, second = np.linalg.qr(rng.normal(size=(2, d, d)))[0]
    A = 10.0 ** rng.integers(-4, 5, size=(d, 1)) * (first * 5 ** rng.uniform(-1, 1, size=d) @ second)
    b = 10 * rng.normal(size=d) * (x @ A.T).std(axis=0)

    def mapped(mixture):
        return Mixture(mixture.proportions, mixture.means @ A.T + b, A @ mixture.covariances @ A.T)

    states, others = first_states(x, start), first_states(x @ A.T + b, mapped(start))
    shift = len(x) * np.linalg.slogdet(A)[1]
    assert len(states) == len(others)
    for state, other in zip(states, others, strict=True):
        assert_same_mixture(other.mixture, mapped(state.mixture))
        np.testing.assert_allclose(other.responsibilities, state.responsibilities, atol=1e-7)
        assert abs(other.log_likelihood - (state.log_likelihood - shift)) <= 1e-10 * (size(x, start) + abs(shift))


@given(problems(), st.integers(2, 5))
def test_taking_every_point_r_times_multiplies_the_log_likelihood(problem, r):
    x, start, _ = problem
    states, others = first_states(x, start), first_states(np.repeat(x, r, axis=0), start)
    assert len(states) == len(others)
    for state, other in zip(states, others, strict=True):
        assert_same_mixture(other.mixture, state.mixture)
        assert abs(other.log_likelihood - r * state.log_likelihood) <= 1e-12 * r * size(x, state.mixture)


@given(problems())
def test_repeated_points_are_weights(problem):
    x, start, rng = problem
    weights = rng.integers(1, 5, size=len(x)).astype(int)
    repeated = np.repeat(x, weights, axis=0)

    T, _ = e_step(x, start)
    repeated_T, log_likelihood = e_step(repeated, start)
    np.testing.assert_allclose(repeated_T, np.repeat(T, weights, axis=0), atol=1e-13)
    assert abs(log_likelihood - weights @ start.log_density(x)) <= 1e-12 * size(repeated, start)

    T = 0.9 * T + 0.1 / T.shape[1]  # every component holds something of every point, so that none collapses
    mixture = m_step(repeated, np.repeat(T, weights, axis=0))
    d = x.shape[1]
    shares = (weights[:, None] * T).T
    averages = [np.average(x, axis=0, weights=share) for share in shares]
    covariances = [np.cov(x.T, aweights=share, ddof=0).reshape(d, d) for share in shares]
    assert_same_mixture(mixture, Mixture(shares.sum(axis=1) / weights.sum(), averages, covariances), rtol=1e-11)


@given(problems(), st.integers(-4, 0))
def test_the_m_step_maximises_q(problem, exponent):
    x, start, rng = problem
    T, _ = e_step(x, start)
    T = 0.9 * T + 0.1 / T.shape[1]
    best = m_step(x, T)
    K, d = best.means.shape

    def expected(mixture):
        return (T * mixture.log_joint(x)).sum()

    def near(mixture, size, move):
        """Parameters at random about these; `move` says which of the three kinds change."""
        proportions = mixture.proportions * np.exp(size * move[0] * rng.normal(size=K))
        factors = np.linalg.cholesky(mixture.covariances)
        means = mixture.means + size * move[1] * np.einsum("kij,kj->ki", factors, rng.normal(size=(K, d)))
        stretched = factors @ (np.eye(d) + size * move[2] * np.tril(rng.normal(size=(K, d, d))))
        return Mixture(proportions / proportions.sum(), means, stretched @ stretched.swapaxes(1, 2))

    slack = 1e-12 * size(x, best)
    for move in ([1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]):
        assert expected(near(best, 10.0**exponent, move)) <= expected(best) + slack
