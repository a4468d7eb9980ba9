"""Weights: how often a point counts, in the M steps and in fit."""

from itertools import pairwise

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_blocks import far_apart

from gmm_teach import CollapsedComponent, Mixture, blocks, datasets, e_step, fit, m_step, starts
from gmm_teach.covariances import M_STEPS

POST = datasets.load_post()
WEIGHTS = np.random.default_rng(0).integers(0, 4, size=1100).astype(int)
every_m_step = pytest.mark.parametrize("kind", M_STEPS)


def assert_same(found, right, rtol):
    for name in ("proportions", "means", "covariances"):
        mine, other = getattr(found, name), getattr(right, name)
        np.testing.assert_allclose(mine, other, rtol=rtol, atol=rtol * np.abs(other).max())


@every_m_step
def test_a_point_with_a_weight_of_2_is_there_twice(kind):
    T, _ = e_step(POST.x, POST.start)
    repeated = M_STEPS[kind](np.repeat(POST.x, WEIGHTS, axis=0), np.repeat(T, WEIGHTS, axis=0))
    assert_same(M_STEPS[kind](POST.x, T, WEIGHTS), repeated, 1e-12)
    assert_same(M_STEPS[kind](POST.x, T, 1e-3 * WEIGHTS), repeated, 1e-12)  # only their ratios matter


@every_m_step
def test_weights_of_1_give_the_same_bits_as_none(kind):
    for T in (e_step(POST.x, POST.start)[0], np.random.default_rng(0).dirichlet(np.ones(3), size=1100)):
        assert_same(M_STEPS[kind](POST.x, T, np.ones(1100)), M_STEPS[kind](POST.x, T), 0)


def test_weights_against_numpy():
    T, _ = e_step(POST.x, POST.start)
    weights = np.random.default_rng(1).gamma(0.5, size=1100)
    found = m_step(POST.x, T, weights)
    for k, share in enumerate((weights[:, None] * T).T):
        np.testing.assert_allclose(found.means[k], np.average(POST.x, axis=0, weights=share), rtol=1e-12)
        np.testing.assert_allclose(found.covariances[k], np.cov(POST.x.T, aweights=share, ddof=0), rtol=1e-11)
        assert found.proportions[k] == pytest.approx(share.sum() / weights.sum(), rel=1e-13)


def thin():
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=(2, 400))
    x = np.column_stack([a, a + 1e-3 * b])
    x[200:] += 2
    return x, starts.from_means([[0, 0], [2, 2]])


SETS = {
    "the post": (POST.x, POST.start),
    "a point far out": (np.vstack([POST.x, [[90.0, 90.0]]]), POST.true_mixture),
    "thin clusters, with care": thin(),
    "clusters 1e5 standard deviations apart": far_apart(),
}
every_set = pytest.mark.parametrize(("x", "start"), SETS.values(), ids=SETS)


@every_set
@pytest.mark.parametrize("rows", [None, 97], ids=["one block", "blocks"])
def test_fit_with_weights_is_fit_to_repeated_points(x, start, rows, monkeypatch):
    weights = np.random.default_rng(0).integers(0, 4, size=len(x)).astype(int)
    weights[-1] = 2
    if rows:
        monkeypatch.setattr(blocks, "NUMBERS_IN_CALL", rows * (x.shape[1] + start.K))
    found = fit(x, start, 12, 0, weights=weights)
    repeated = fit(np.repeat(x, weights, axis=0), start, 12, 0)
    steps = min(len(found.log_likelihoods), len(repeated.log_likelihoods))
    np.testing.assert_allclose(found.log_likelihoods[:steps], repeated.log_likelihoods[:steps], rtol=1e-9)
    assert_same(found.mixture, repeated.mixture, 1e-8)


@every_set
def test_fit_with_weights_of_1_gives_the_same_bits_as_without(x, start):
    found, other = fit(x, start, 12, 0, weights=np.ones(len(x))), fit(x, start, 12, 0)
    assert found.log_likelihoods == other.log_likelihoods
    assert_same(found.mixture, other.mixture, 0)


@every_m_step
def test_fit_with_weights_and_simpler_covariances(kind):
    found = fit(POST.x, POST.start, 5, 0, m_step=kind, weights=WEIGHTS)
    mixture = POST.start
    for _ in range(5):
        mixture = M_STEPS[kind](POST.x, e_step(POST.x, mixture)[0], WEIGHTS)
    assert_same(found.mixture, mixture, 1e-10)
    assert found.log_likelihoods[-1] == pytest.approx(WEIGHTS @ mixture.log_density(POST.x), rel=1e-12)


def test_points_that_count_0_times_may_fill_a_block(monkeypatch):
    monkeypatch.setattr(blocks, "NUMBERS_IN_CALL", 100 * 5)
    weights = np.where(np.arange(1100) < 300, 0.0, 1.0)
    found, other = fit(POST.x, POST.start, weights=weights), fit(POST.x[300:], POST.start)
    assert_same(found.mixture, other.mixture, 1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 3))
def test_log_likelihood_never_falls(seed, d, K):
    draw = np.random.default_rng(seed)
    x, weights = draw.normal(size=(20 * K * d, d)), draw.gamma(0.5, size=20 * K * d)
    start = Mixture(np.full(K, 1 / K), draw.normal(size=(K, d)), np.tile(2 * np.eye(d), (K, 1, 1)))
    try:
        values = fit(x, start, 20, weights=weights).log_likelihoods
    except CollapsedComponent as collapse:
        values = collapse.so_far.log_likelihoods
    for before, after in pairwise(values):
        assert after >= before - 1e-11 * (abs(before) + weights.sum())


BAD_WEIGHTS = {
    "negative": ([1.0, -2.0, 1.0], r"weights\[1\] is -2.0, but a point counts 0 times or more"),
    "all 0": ([0.0, 0.0, 0.0], "weights are all 0, so no point is left"),
    "too few": ([1.0, 1.0], r"weights must have shape \(3,\), but its shape is \(2,\)"),
    "a column": ([[1.0], [1.0], [1.0]], r"weights must have shape \(3,\), but its shape is \(3, 1\)"),
    "nan": ([1.0, np.nan, 1.0], r"weights holds nan at index \(1,\)"),
    "huge": ([1.0, 1e20, 1.0], r"weights holds numbers beyond 1e\+15"),
}


@pytest.mark.parametrize(("weights", "words"), BAD_WEIGHTS.values(), ids=BAD_WEIGHTS)
def test_weights_that_are_none(weights, words):
    x, T = [[0.0], [1.0], [2.0]], np.ones((3, 1))
    for given_to in (m_step, M_STEPS["tied"]):
        with pytest.raises(ValueError, match=f"^{words}"):
            given_to(x, T, weights)
    with pytest.raises(ValueError, match=f"^{words}"):
        fit(x, Mixture([1.0], [[0.0]], [[[1.0]]]), weights=weights)


def test_a_collapse_of_all_points_that_count_blames_no_others():
    x, T = [[0.0], [1.0], [2.0]], np.ones((3, 1))
    with pytest.raises(CollapsedComponent, match="and so it is for all points that count: leave that coordinate out"):
        m_step(x, T, [0.0, 1.0, 0.0])


def test_a_dask_array_takes_no_weights():
    with pytest.raises(ValueError, match=r"^weights must be left out where x is a Dask array"):
        fit(da.from_array(POST.x), POST.start, weights=np.ones(1100))
