"""The answers to a click: Bayes' rule and the weighted sums, against SciPy and NumPy's own averages."""

import json
import re

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from gmm_teach import Mixture, Stepper, datasets, starts
from gmm_teach.widgets.ask import for_the_page

pytestmark = pytest.mark.usefixtures("coarse_pictures")


def one_coordinate():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(-2, 1, 40), rng.normal(3, 0.5, 20)])[:, None]


RUNS = {
    "d = 1": lambda: Stepper(one_coordinate(), 2),
    "the post": lambda: Stepper(datasets.load_post().x, datasets.load_post().start),
    "d = 4": lambda: Stepper(datasets.load_iris().x, 3),
}
runs = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)


@runs
def test_a_point_is_shared_out_by_bayes_rule(run):
    stepper = run()
    for frame in (0, 1, 2, stepper.playback.last_frame):
        stepper.go(frame)
        mixture, x = stepper.state.mixture, stepper.playback.x
        for i in (0, len(x) // 2, len(x) - 1):
            answer = stepper.ask(point=i)
            parameters = zip(mixture.means, mixture.covariances, strict=True)
            log_densities = [multivariate_normal.logpdf(x[i], *parameter) for parameter in parameters]
            np.testing.assert_allclose(answer.log_proportions, np.log(mixture.proportions), rtol=1e-12)
            np.testing.assert_allclose(answer.log_densities, log_densities, rtol=1e-9)
            logs = answer.log_proportions + log_densities
            np.testing.assert_allclose(answer.responsibilities, np.exp(logs - logsumexp(logs)), atol=1e-12)
            assert answer.responsibilities.shape == mixture.proportions.shape
            if frame % 2 == 0:
                np.testing.assert_allclose(answer.responsibilities, stepper.state.responsibilities[i], atol=1e-12)


@runs
def test_a_component_is_made_of_weighted_sums(run):
    stepper = run()
    for frame in (1, 2, 4):
        stepper.go(frame)
        x = stepper.playback.x
        T = stepper.playback.states[(frame - 1) // 2].responsibilities
        for k in range(T.shape[1]):
            answer = stepper.ask(component=k)
            assert answer.weight == pytest.approx(T[:, k].sum(), rel=1e-12)
            np.testing.assert_allclose(answer.mean, np.average(x, axis=0, weights=T[:, k]), rtol=1e-9, atol=1e-12)
            covariance = np.atleast_2d(np.cov(x.T, aweights=T[:, k], bias=True))
            np.testing.assert_allclose(answer.covariance, covariance, rtol=1e-8, atol=1e-11)
            assert answer.proportion == pytest.approx(T[:, k].sum() / len(x), rel=1e-12)
            np.testing.assert_allclose(answer.weighted_sum, T[:, k] @ x, rtol=1e-12)
            shares = [share for _, share, _ in answer.heaviest]
            assert shares == sorted(T[:, k], reverse=True)[:5]


def test_the_words_hold_the_numbers():
    stepper = Stepper([[0.0], [1.0], [5.0]], Mixture([0.25, 0.75], [[0.0], [2.0]], [[[1.0]], [[4.0]]]))
    words = str(stepper.ask(point=1))
    # 0.25 N(1; 0, 1) = 0.06049, 0.75 N(1; 2, 4) = 0.1320
    assert "x[1] = (1)" in words
    assert "T_1 = 0.06049 / 0.1925 = 0.3142" in words
    assert "T_2 = 0.132 / 0.1925 = 0.6858" in words
    stepper.step()
    words = str(stepper.ask(component=0))
    # T_1,i is 0.5237, 0.3142 and 0.0000 of the three points
    assert words.startswith("Component 1: S_1 = sum_i T_1,i = 0.8378")
    assert "m_1 = sum_i T_1,i x_i / S_1 = (0.3142" in words
    assert "x[0] (0)" in words
    assert "around the new mean" in words


def test_a_far_point_is_shown_in_logarithms_only_and_why():
    stepper = Stepper([[0.0], [1.0], [100.0]], Mixture([0.5, 0.5], [[0.0], [1.0]], [[[1.0]], [[1.0]]]))
    words = str(stepper.ask(point=2))
    assert "rounds to 0" in words
    assert "subtracted" in words
    assert "log f_k" in words
    assert not [line for line in words.splitlines() if line.startswith("pi_k f_k")]
    assert "T_2 = 1 / 1 = 1" in words
    assert stepper.ask(point=2).log_densities[1] == pytest.approx(-0.5 * 99**2 - 0.5 * np.log(2 * np.pi))


@pytest.mark.parametrize(
    ("asked", "error", "what"),
    [
        ({}, ValueError, "ask about one thing"),
        ({"point": 0, "component": 0}, ValueError, "ask about one thing"),
        ({"point": 3}, ValueError, "point must be 2 or less, but it is 3"),
        ({"point": -1}, ValueError, "point must be 0 or more"),
        ({"point": 1.0}, TypeError, "point must be a whole number"),
        ({"component": 2}, ValueError, "component must be 1 or less, but it is 2"),
        ({"component": True}, TypeError, "component must be a whole number"),
        ({"component": 0}, ValueError, "no M step has been done yet"),
    ],
)
def test_what_cannot_be_asked_is_named(asked, error, what):
    with pytest.raises(error, match=what):
        Stepper([[0.0], [1.0], [5.0]], 2).ask(**asked)


def test_an_m_step_of_the_readers_own_that_makes_another_mean_is_not_covered_up():
    def shifted(x, T):
        S = T.sum(axis=0)
        return Mixture(S / len(x), (T.T @ x) / S[:, None] + 1, np.ones((2, 1, 1)))

    stepper = Stepper([[0.0], [1.0], [5.0], [6.0]], 2, m_step=shifted)
    stepper.go(1)
    assert "which is another mean" in str(stepper.ask(component=0))
    assert stepper.ask(component=0).mean == stepper.state.mixture.means[0]


def test_what_a_page_needs_is_small_and_exact():
    post = datasets.load_post()
    stepper = Stepper(post.x, post.start)
    frames = [for_the_page(stepper.playback.at(number)) for number in range(stepper.playback.last_frame + 1)]
    assert frames[0]["updates"] == []
    assert len(json.dumps(frames)) < 30_000  # and the points are some 24,000
    state = stepper.playback.states[3].mixture
    np.testing.assert_array_equal(frames[6]["theta"][2], state.covariances)
    weight, total, terms = frames[6]["updates"][1]
    assert weight == pytest.approx(stepper.playback.states[2].responsibilities[:, 1].sum(), rel=1e-7)
    np.testing.assert_allclose(np.divide(total, weight), state.means[1], rtol=1e-6)
    assert len(terms) == 5


def test_coordinates_far_from_0_show_their_digits():
    """Map coordinates in metres: four digits would give both components one mean."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(50, 2)), rng.normal(5, 1, (50, 2))]) * 100 + [431000, 5412345]
    stepper = Stepper(x, starts.from_labels(x, np.arange(100) // 50))
    stepper.step()
    written = [re.search(r"= \(([^)]*)\)\n", str(stepper.ask(component=k)))[1] for k in (0, 1)]
    for words, mean in zip(written, stepper.state.mixture.means, strict=True):
        np.testing.assert_allclose([float(part) for part in words.split(", ")], mean, atol=1)
    assert f"({x[3, 0]:.0f}, {x[3, 1]:.0f})" in str(stepper.ask(point=3))
