"""Each case of the gallery still behaves as it says."""

import inspect
import sys

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.stats import multivariate_normal

from gmm_teach import CollapsedComponent, Mixture, e_step, m_step, run_em, starts
from gmm_teach.datasets import gallery
from gmm_teach.datasets.gallery import Case

CASES = [make for name, make in inspect.getmembers(gallery, inspect.isfunction) if make.__module__ == gallery.__name__]


def ends(case):
    return [run_em(case.data.x, start).states[-1] for start in case.starts]


def collapse_of(case):
    with pytest.raises(CollapsedComponent) as caught:
        run_em(case.data.x, case.starts[0])
    return caught.value, [state.log_likelihood for state in caught.value.states]


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_a_case_is_points_starts_and_words(make):
    case = make()
    n, d = case.data.x.shape
    assert isinstance(case, Case)
    assert len(case.data.columns) == d
    assert case.starts
    for start in case.starts:
        assert isinstance(start, Mixture)
        assert e_step(case.data.x, start)[0].shape == (n, len(start.proportions))
    assert case.see.endswith(".")
    with pytest.raises(AttributeError):
        case.starts = ()


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_a_case_is_the_same_every_time(make):
    one, other = make(), make()
    assert np.array_equal(one.data.x, other.data.x)
    for start, again in zip(one.starts, other.starts, strict=True):
        assert np.array_equal(start.means, again.means)


def test_every_case_has_a_test():
    assert len(CASES) == 8
    for make in CASES:
        assert hasattr(sys.modules[__name__], f"test_{make.__name__}"), make.__name__


# ---- one test a case, with the name of the case


def test_collapse_on_one_point():
    case = gallery.collapse_on_one_point()
    collapse, log_likelihoods = collapse_of(case)
    assert (collapse.component, collapse.step) == (1, 6)
    gains = np.diff(log_likelihoods)
    assert gains[1] > gains[2], "it seems to settle"
    assert gains[2] < gains[3] < gains[4], "and then rises faster and faster"
    widths = [np.linalg.eigvalsh(state.mixture.covariances[1])[-1] for state in collapse.states[1:]]
    assert (np.diff(widths) < 0).all()
    assert collapse.states[-1].responsibilities[-1, 1] > 1 - 1e-12
    assert collapse.states[-1].responsibilities[:-1, 1].max() < 1e-12

    # without bound: the spike a hundred times lower in variance is log 100 nats higher, again and again
    last = collapse.states[-1].mixture
    means = np.array([last.means[0], case.data.x[-1]])
    heights = [
        Mixture(last.proportions, means, [last.covariances[0], variance * np.eye(2)]).log_likelihood(case.data.x)
        for variance in (1e-3, 1e-5, 1e-7, 1e-9)
    ]
    assert np.allclose(np.diff(heights), np.log(100), atol=1e-9)


def test_equal_components():
    case = gallery.equal_components()
    x = case.data.x
    together, apart = (run_em(x, start) for start in case.starts)
    one = multivariate_normal(x.mean(axis=0), np.cov(x.T, bias=True)).logpdf(x).sum()

    assert together.converged
    assert len(together.states) - 1 <= 2
    last = together.states[-1].mixture
    assert np.allclose(last.means[0], last.means[1], atol=1e-9)
    assert np.allclose(last.covariances[0], last.covariances[1], atol=1e-9)
    assert np.isclose(together.states[-1].log_likelihood, one, rtol=1e-12)

    log_likelihoods = np.array([state.log_likelihood for state in apart.states])
    assert np.abs(log_likelihoods[:50] - one).max() < 0.5, "for some fifty steps nothing seems to happen"
    assert round(log_likelihoods[-1], 3) == -1130.264  # the two clusters, as R's mclust finds them


def test_more_components_than_points():
    case = gallery.more_components_than_points()
    assert len(case.starts[0].proportions) == 4 > len(np.unique(case.data.x, axis=0)) == 3
    collapse, log_likelihoods = collapse_of(case)
    assert (np.diff(log_likelihoods) > 0).all()
    T = collapse.states[-1].responsibilities
    assert np.allclose(T[:, 2], (case.data.x == [0, 4]).all(axis=1), atol=1e-3), "component 3 shrinks onto a point"
    assert np.allclose(T[:, 1], case.data.x[:, 1] == 0, atol=1e-3), "and component 2 onto the line through two"
    assert collapse.component == 1
    with pytest.raises(ValueError, match="too few distinct points, 3, for K = 4"):
        starts.k_means(case.data.x, 4)
    # one component is all that three points carry
    for K in (2, 3):
        for seed in range(5):
            with pytest.raises(CollapsedComponent):
                run_em(case.data.x, starts.random_responsibilities(case.data.x, K, seed))
    assert run_em(case.data.x, 1).converged


def test_poor_and_good_maximum():
    case = gallery.poor_and_good_maximum()
    x, labels = case.data.x, case.data.labels
    poor, good = ends(case)
    assert round(good.log_likelihood, 3) == case.data.printed_log_likelihoods["infinity"]
    assert round(good.log_likelihood - poor.log_likelihood) == 625

    counts = np.zeros((3, 3), dtype=int)  # true labels down, components across
    np.add.at(counts, (labels, poor.mixture.predict(x)), 1)
    holder = counts.argmax(axis=1)
    assert holder[0] == holder[1] != holder[2], "one component takes two clusters"
    assert sorted(counts[2].tolist()) == [1, 13, 586], "another nearly all of the third, and the last a sliver of it"

    draw = np.random.default_rng(0)
    for _ in range(3):
        moved = poor.mixture.means + draw.normal(scale=0.05, size=(3, 2))
        again = run_em(x, Mixture(poor.mixture.proportions, moved, poor.mixture.covariances)).states
        assert again[0].log_likelihood < poor.log_likelihood
        assert np.isclose(again[-1].log_likelihood, poor.log_likelihood, atol=1e-6), "no small change helps"


def test_permuted_labels():
    case = gallery.permuted_labels()
    x = case.data.x
    one, other = (state.mixture for state in ends(case))
    assert np.isclose(one.log_likelihood(x), other.log_likelihood(x), atol=1e-7)
    distances = np.linalg.norm(one.means[:, None] - other.means, axis=2)
    assert np.diag(distances).min() > 1, "no component has the same number in both"
    _, order = linear_sum_assignment(distances)
    assert sorted(order) == [0, 1, 2]
    assert np.allclose(other.means[order], one.means, atol=1e-4)
    assert np.allclose(other.covariances[order], one.covariances, atol=1e-3)
    assert np.allclose(other.proportions[order], one.proportions, atol=1e-5)


def test_wild_units():
    case = gallery.wild_units()
    x, labels = case.data.x, case.data.labels

    def agreement(mixture):
        share = (mixture.predict(x) == labels).mean()
        return max(share, 1 - share)

    assert agreement(starts.k_means(x, 2)) < 0.6, "K-means on raw numbers cuts across both clusters"
    raw, standardised = (run_em(x, start).states for start in case.starts)
    assert agreement(raw[-1].mixture) < 0.6
    assert agreement(standardised[-1].mixture) > 0.99
    assert standardised[-1].log_likelihood > raw[-1].log_likelihood + 70
    assert len(standardised) < 10 < 100 < len(raw)


def test_wild_units_change_nothing_but_the_start():
    """EM in other units does the same, if the start is carried over."""
    case = gallery.wild_units()
    scale = case.data.x.std(axis=0)
    start = case.starts[1]
    carried = Mixture(start.proportions, start.means / scale, start.covariances / np.outer(scale, scale))
    here, there = run_em(case.data.x, start).states, run_em(case.data.x / scale, carried).states
    for one, other in zip(here, there, strict=False):
        assert np.allclose(one.responsibilities, other.responsibilities, atol=1e-7)
        change = len(case.data.x) * np.log(scale).sum()
        assert np.isclose(other.log_likelihood - one.log_likelihood, change, atol=1e-6)


def test_overlapping_clusters():
    case = gallery.overlapping_clusters()
    x, labels = case.data.x, case.data.labels
    states = run_em(x, case.starts[0]).states
    assert len(states) > 300
    assert states[-1].log_likelihood - states[10].log_likelihood < 1, "almost flat after ten steps"
    assert np.linalg.norm(states[-1].mixture.means - states[10].mixture.means, axis=1).max() > 0.15, "the means travel"

    farther = x + np.where(labels == 0, -2, 2)[:, None] * [1, 0]  # the same points, six apart
    assert len(run_em(farther, starts.k_means(farther, 2)).states) < 15


def test_underflow():
    case = gallery.underflow()
    x, start = case.data.x, case.starts[0]
    with np.errstate(invalid="ignore"):
        joint = np.exp(start.log_joint(x))
        plain = joint / joint.sum(axis=1, keepdims=True)
    assert np.isnan(plain[-1]).all()
    T, _ = e_step(x, start)
    assert np.isfinite(T).all()
    assert np.allclose(T[:-1], plain[:-1], rtol=1e-12)
    assert np.isfinite(m_step(x, T).means).all()
    collapse, _ = collapse_of(case)
    assert collapse.component == 1
    assert collapse.states[-1].responsibilities[:, 1].argmax() == len(x) - 1
