"""EM where labels or coordinates are known, against SciPy, closed forms and the ordinary steps."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_normal

from gmm_teach import CollapsedComponent, Mixture, datasets, e_step, m_step, run_em, starts
from gmm_teach.known import e_step_with_labels, run_em_with_gaps, step_with_gaps

POST = datasets.load_post()
TILTED = Mixture([0.3, 0.7], [[0, 0], [3, 1]], [[[1, 0.8], [0.8, 2]], [[2, -0.5], [-0.5, 1]]])


def with_gaps(x, share, seed=0):
    """The points with gaps at random, in no row everywhere."""
    x, draw = x.copy(), np.random.default_rng(seed)
    gaps = draw.random(x.shape) < share
    gaps[np.arange(len(x)), draw.integers(x.shape[1], size=len(x))] = False
    x[gaps] = np.nan
    return x


# ---- labels


def test_where_a_label_is_known_its_component_has_the_point():
    labels = np.where(np.arange(1100) % 3 == 0, POST.labels, -1)
    T, log_likelihood = e_step_with_labels(POST.x, POST.start, labels)
    free, _ = e_step(POST.x, POST.start)
    known = labels >= 0
    np.testing.assert_array_equal(T[known], np.eye(3)[POST.labels[known]])
    np.testing.assert_array_equal(T[~known], free[~known])
    parts = zip(POST.start.proportions, POST.start.means, POST.start.covariances, strict=True)
    joint = np.column_stack([pi * multivariate_normal.pdf(POST.x, m, Sigma) for pi, m, Sigma in parts])
    right = np.log(joint[known, POST.labels[known]]).sum() + np.log(joint[~known].sum(axis=1)).sum()
    assert log_likelihood == pytest.approx(right, rel=1e-12)


def test_no_label_known_is_the_e_step_and_all_known_is_a_fit_to_each_group():
    T, log_likelihood = e_step_with_labels(POST.x, POST.start, np.full(1100, -1))
    np.testing.assert_array_equal(T, e_step(POST.x, POST.start)[0])
    assert log_likelihood == e_step(POST.x, POST.start)[1]
    T, _ = e_step_with_labels(POST.x, POST.start, POST.labels)
    groups = [POST.x[POST.labels == k] for k in range(3)]
    found = m_step(POST.x, T)
    np.testing.assert_allclose(found.means, [group.mean(axis=0) for group in groups], rtol=1e-12)
    np.testing.assert_allclose(found.covariances, [np.cov(group.T, ddof=0) for group in groups], rtol=1e-12)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 3], "labels must hold whole numbers from 0 to 1, or -1 where"),
        ([0, -2], "labels must hold whole numbers from 0 to 1, or -1 where"),
        ([0, 0.5], "labels must hold whole numbers from 0 to 1, or -1 where"),
        ([0], r"labels must have shape \(2,\), but its shape is \(1,\)"),
        ([0, np.nan], "labels holds nan at index"),
    ],
)
def test_labels_that_are_none(labels, words):
    with pytest.raises(ValueError, match=f"^{words}"):
        e_step_with_labels([[0.0, 0.0], [1.0, 1.0]], TILTED, labels)


# ---- gaps


@pytest.mark.parametrize("x", [POST.x, POST.x * [1e-9, 1e6], POST.x + 1e6], ids=["the post", "wild units", "far out"])
def test_without_gaps_it_is_the_ordinary_step(x):
    start = starts.k_means_clusters(x, 3)
    T, log_likelihood = e_step(x, start)
    right, (found, shares, total) = m_step(x, T), step_with_gaps(x, start)
    np.testing.assert_allclose(shares, T, rtol=1e-12)
    assert total == pytest.approx(log_likelihood, rel=1e-14)
    np.testing.assert_allclose(found.proportions, right.proportions, rtol=1e-13)
    np.testing.assert_allclose(found.means, right.means, rtol=1e-12)
    deviations = np.sqrt(np.diagonal(right.covariances, axis1=1, axis2=2))
    apart = np.abs(found.covariances - right.covariances)
    assert (apart < 1e-9 * deviations[:, :, None] * deviations[:, None, :]).all()


def moments_by_integration(x, mixture):
    """For each component the mean of x and of x x^T over what may stand in the gap, by the integral of the density."""
    first, second = np.empty((2, 2)), np.empty((2, 2, 2))
    gap = int(np.isnan(x).argmax())
    mass = np.empty(2)
    for k in range(2):
        density = multivariate_normal(mixture.means[k], mixture.covariances[k]).pdf

        def average(of, density=density):
            def integrand(value):
                point = np.where(np.isnan(x), value, x)
                return of(point) * density(point)

            return quad(integrand, -30, 30, points=[mixture.means[0, gap], mixture.means[1, gap]], epsabs=1e-13)[0]

        mass[k] = average(lambda point: 1)
        first[k] = [average(lambda point, a=a: point[a]) / mass[k] for a in range(2)]
        second[k] = [[average(lambda p, a=a, b=b: p[a] * p[b]) / mass[k] for b in range(2)] for a in range(2)]
    joint = mixture.proportions * mass
    return joint / joint.sum(), np.log(joint.sum()), first, second


def test_a_step_with_gaps_by_numerical_integration():
    x = with_gaps(TILTED.sample(12, 3)[0], 0.6)
    assert np.isnan(x).sum() >= 4
    complete = np.isfinite(x).all(axis=1)
    T, log_likelihood = np.empty((12, 2)), 0.0
    sums, squares = np.zeros((2, 2)), np.zeros((2, 2, 2))
    for i, point in enumerate(x):
        if complete[i]:
            (T[i],), log_p = e_step([point], TILTED)
            first, second = np.tile(point, (2, 1)), np.tile(np.outer(point, point), (2, 1, 1))
        else:
            T[i], log_p, first, second = moments_by_integration(point, TILTED)
        log_likelihood += log_p
        sums += T[i, :, None] * first
        squares += T[i, :, None, None] * second
    found, shares, total = step_with_gaps(x, TILTED)
    S = T.sum(axis=0)
    means = sums / S[:, None]
    np.testing.assert_allclose(shares, T, rtol=1e-8)
    assert total == pytest.approx(log_likelihood, rel=1e-10)
    np.testing.assert_allclose(found.proportions, S / 12, rtol=1e-8)
    np.testing.assert_allclose(found.means, means, rtol=1e-8)
    covariances = squares / S[:, None, None] - means[:, :, None] * means[:, None, :]
    np.testing.assert_allclose(found.covariances, covariances, rtol=1e-7)


def test_one_gaussian_with_gaps_in_one_coordinate_has_a_closed_form():
    """Anderson (1957): the complete rows give the regression of the gappy coordinate on the other one."""
    x = TILTED.sample(300, 5)[0]
    x[:120, 1] = np.nan
    complete = x[120:]
    slope, level = np.polyfit(*complete.T, 1)
    left = np.var(complete[:, 1] - slope * complete[:, 0] - level)
    mean, variance = x[:, 0].mean(), x[:, 0].var()
    run = run_em_with_gaps(x, m_step(complete, np.ones((180, 1))), tol=0)
    np.testing.assert_allclose(run.mixture.means, [[mean, level + slope * mean]], rtol=1e-7)
    right = [[variance, slope * variance], [slope * variance, left + slope**2 * variance]]
    np.testing.assert_allclose(run.mixture.covariances, [right], rtol=1e-7)


def test_three_coordinates_with_every_pattern_of_gaps():
    """The log-likelihood is the sum over rows, each with SciPy's density of the coordinates that are there."""
    iris = datasets.load_iris()
    x, start = with_gaps(iris.x[:, :3], 0.4), starts.from_labels(iris.x[:, :3], iris.labels)
    assert len(np.unique(np.isnan(x), axis=0)) == 7
    total = 0.0
    for point in x:
        a = np.flatnonzero(np.isfinite(point))
        parts = zip(start.proportions, start.means, start.covariances, strict=True)
        total += np.log(sum(pi * multivariate_normal.pdf(point[a], m[a], S[np.ix_(a, a)]) for pi, m, S in parts))
    run = run_em_with_gaps(x, start)
    assert run.converged
    assert run.states[0].log_likelihood == pytest.approx(total, rel=1e-12)


def test_without_gaps_it_is_run_em():
    run, other = run_em_with_gaps(POST.x, POST.start), run_em(POST.x, POST.start)
    assert (run.converged, len(run.states)) == (True, len(other.states))
    np.testing.assert_allclose(run.mixture.means, other.mixture.means, rtol=1e-10)


@settings(max_examples=30)  # of forty steps each
@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(1, 3), st.floats(0.05, 0.7))
def test_log_likelihood_never_falls(seed, d, K, share):
    draw = np.random.default_rng(seed)
    factors = draw.normal(size=(K, d, d)) / 2 + 2 * np.eye(d)
    start = Mixture(np.full(K, 1 / K), 3 * draw.normal(size=(K, d)), factors @ factors.swapaxes(1, 2))
    x = with_gaps(2 * draw.normal(size=(15 * K * d, d)), share, seed)
    labels = np.where(draw.random(len(x)) < share, draw.integers(K, size=len(x)), -1)
    labels[: 3 * d * K] = np.arange(3 * d * K) % K  # enough for each component
    try:
        run = run_em_with_gaps(x, start, 20)
        states = [state.log_likelihood for state in run.states]
    except CollapsedComponent as collapse:
        states = [state.log_likelihood for state in collapse.states]
    for before, after in pairwise(states):
        assert after >= before - 1e-11 * (abs(before) + len(x))
    x, mixture, before = 2 * draw.normal(size=x.shape), start, -np.inf
    for _ in range(20):
        T, after = e_step_with_labels(x, mixture, labels)
        assert after >= before - 1e-11 * (abs(after) + len(x))
        mixture, before = m_step(x, T), after


def test_a_collapse_names_component_step_and_column():
    x = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [5.0, 5.0, 5.0, np.nan]})
    start = Mixture([1.0], [[0.0, 5.0]], [np.eye(2)])
    with pytest.raises(CollapsedComponent, match=r"component 1 collapsed at step .*b") as raised:
        run_em_with_gaps(x, start)
    assert len(raised.value.states) == raised.value.step > 0


BAD_POINTS = {
    "an empty row": ([[1.0, 2.0], [np.nan, np.nan], [3.0, 1.0]], r"x\[1\] holds no number at all; leave such rows out"),
    "an empty column": ([[np.nan, 2.0], [np.nan, 1.0]], "column 0 of x, counted from 0, holds no number at all"),
    "infinite": ([[1.0, np.inf], [np.nan, 2.0]], r"x holds inf at index \(0, 1\)"),
    "other d": ([[1.0, 2.0, 3.0]], r"x must have shape \(n, 2\)"),
    "beyond": ([[1e150, np.nan]], r"x holds numbers beyond 1e\+140"),
    "masked": (np.ma.masked_invalid([[1.0, np.nan], [2.0, 3.0]]), "x has masked entries"),
}


@pytest.mark.parametrize(("x", "words"), BAD_POINTS.values(), ids=BAD_POINTS)
def test_points_that_cannot_be_used(x, words):
    with pytest.raises(ValueError, match=words):
        step_with_gaps(x, TILTED)


def test_a_start_is_a_mixture():
    with pytest.raises(TypeError, match=r"^start must be a Mixture"):
        run_em_with_gaps([[1.0, np.nan], [2.0, 3.0]], 2)  # pyright: ignore
