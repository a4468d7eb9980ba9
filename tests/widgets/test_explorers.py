"""The explorers by program: their values at the optimum and away from it, against the definitions."""

import re
from itertools import count

import numpy as np
import pytest
from matplotlib.text import Annotation
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal, norm

from gmm_teach import Mixture, e_step, m_step
from gmm_teach.widgets.explorers import BoundExplorer, CovarianceExplorer, MeanExplorer, ProportionsExplorer


@pytest.fixture(scope="module")
def weights(post):
    return e_step(post.x, post.start)[0][:, 0]


@pytest.fixture(scope="module")
def best(post):
    """What the M step makes of the same responsibilities."""
    return m_step(post.x, e_step(post.x, post.start)[0])


@pytest.fixture(scope="module")
def line():
    """Two clusters on a line, and a mixture whose first mean has two hills to climb."""
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.normal(-3, 1, 60), rng.normal(3, 1, 40)])[:, None]
    return x, Mixture([0.5, 0.5], [[1.0], [0.0]], [[[1.0]], [[9.0]]])


def shown(explorer):
    return explorer._image.value, explorer._words.value


def log_likelihood_on(line, m):
    x, _ = line
    return np.log(0.5 * norm(m, 1).pdf(x) + 0.5 * norm(0, 3).pdf(x)).sum()


def test_the_bound_touches_at_its_anchor_and_lies_below_elsewhere(line):
    explorer = BoundExplorer(*line)
    assert explorer.position == explorer.anchor == 1.0
    assert np.isclose(explorer.bound, explorer.log_likelihood, rtol=1e-12)
    for m in (-4.0, -1.0, 0.5, 2.0):
        explorer.move(m)
        assert np.isclose(explorer.log_likelihood, log_likelihood_on(line, m), rtol=1e-12)
        assert explorer.bound < explorer.log_likelihood
        assert explorer.anchor == 1.0


def test_a_jump_lands_on_the_top_of_the_bound_and_climbs(line):
    explorer = BoundExplorer(*line)
    for _ in range(4):
        top = minimize_scalar(lambda m: -explorer._bound_at(m), bounds=(-6, 6), method="bounded").x
        before = explorer.log_likelihood
        explorer.jump()
        assert np.isclose(explorer.position, top, atol=1e-4)
        assert explorer.anchor == explorer.position
        assert explorer.log_likelihood > before
        assert np.isclose(explorer.bound, explorer.log_likelihood, rtol=1e-12)


def test_the_half_steps_of_a_jump_open_a_gap_and_close_it(line):
    explorer = BoundExplorer(*line)
    before = explorer.log_likelihood
    explorer.m_step()
    assert explorer.anchor == 1.0
    assert explorer.log_likelihood > explorer.bound > before
    explorer.e_step()
    assert explorer.anchor == explorer.position
    assert np.isclose(explorer.bound, explorer.log_likelihood, rtol=1e-12)


def test_the_tour_of_a_bound_shows_each_gap_and_reaches_the_hill(line):
    _, contents = BoundExplorer(*line).film()
    gaps = [float(re.search(r"gap = KL = (\d+\.\d+)", words["sentence"])[1]) for words, _ in contents]
    assert len(gaps) == 17
    assert gaps[::2] == [0] * 9
    assert all(gap > 0 for gap in gaps[1:6:2])


@pytest.mark.slow
def test_jumps_end_on_the_hill_where_they_began(line):
    right, left = BoundExplorer(*line), BoundExplorer(line[0], Mixture([0.5, 0.5], [[-1.0], [0.0]], [[[1.0]], [[9.0]]]))
    for _ in range(60):
        right.jump()
        left.jump()
    assert right.anchor > 2
    assert left.anchor < -2
    for explorer in (right, left):
        hill = minimize_scalar(
            lambda m: -log_likelihood_on(line, m),
            bounds=(explorer.anchor - 1, explorer.anchor + 1),
            method="bounded",
            options={"xatol": 1e-9},
        )
        assert np.isclose(explorer.anchor, hill.x, atol=1e-5)


def test_the_gradient_of_a_vanishes_at_the_weighted_mean_whatever_sigma_is(post, weights, best):
    explorer = MeanExplorer(post.x, weights, post.true_mixture.covariances[0])
    for choice in explorer._choice.options:
        explorer._choice.value = choice
        explorer.move(best.means[0])
        assert np.allclose(explorer.gradient, 0, atol=1e-8)
        top = explorer.value
        explorer.move([1.0, 1.0])
        assert explorer.value < top
        assert explorer.gradient @ (best.means[0] - explorer.mean) > 0


def test_a_is_the_weighted_log_density_up_to_a_constant(post, weights):
    covariance = post.true_mixture.covariances[0]
    explorer = MeanExplorer(post.x, weights, covariance)

    def expected(mean):
        return weights @ multivariate_normal(mean, covariance).logpdf(post.x)

    explorer.move([1.0, 1.0])
    first = explorer.value
    explorer.move([-2.0, 0.5])
    assert np.isclose(explorer.value - first, expected([-2.0, 0.5]) - expected([1.0, 1.0]), rtol=1e-10)


def test_the_gap_of_b_closes_at_the_weighted_covariance(post, weights, best):
    explorer = CovarianceExplorer(post.x, weights, best.means[0])
    sigma = best.covariances[0]
    across, up = np.sqrt(np.diag(sigma))
    explorer.move(across, up, sigma[0, 1] / (across * up))
    assert np.allclose(explorer.covariance, sigma)
    assert abs(explorer.gap) < 1e-9
    assert np.allclose(explorer.gradient, 0, atol=1e-9)

    def expected(covariance):
        return weights @ multivariate_normal(best.means[0], covariance).logpdf(post.x)

    explorer.move(1.5, 1.0, 0.5)
    assert np.allclose(explorer.covariance, [[2.25, 0.75], [0.75, 1.0]])
    assert np.isclose(explorer.gap, expected(sigma) - expected(explorer.covariance), rtol=1e-9)
    assert np.abs(explorer.gradient).min() > 1


def test_c_is_highest_at_the_shares(weights):
    sums = np.array([200.0, 300.0, 600.0])
    explorer = ProportionsExplorer(sums)
    explorer.move(sums / 1100)
    assert np.allclose(explorer.gradient, 0, atol=1e-9)
    top = explorer.value
    assert np.isclose(top, sums @ np.log(sums / 1100))
    explorer.move([0.6, 0.2, 0.2])
    assert np.allclose(explorer.proportions, [0.6, 0.2, 0.2])
    assert np.isclose(explorer.value, sums @ np.log([0.6, 0.2, 0.2]))
    assert np.allclose(explorer.gradient, [200 / 0.6 - 600 / 0.2, 300 / 0.2 - 600 / 0.2])
    assert explorer.value < top


def test_on_the_simplex_one_slider_gives_way_to_the_other():
    explorer = ProportionsExplorer([1.0, 1.0, 1.0])
    explorer._sliders[1].value = 0.5
    explorer._sliders[0].value = 0.9
    assert np.allclose(explorer.proportions, [0.9, 0.09, 0.01])
    assert explorer._sliders[1].value == pytest.approx(0.09)
    explorer._sliders[1].value = 0.98
    assert np.allclose(explorer.proportions, [0.01, 0.98, 0.01])


def test_a_value_that_the_browser_rounds_to_its_step_stays_exact():
    explorer = ProportionsExplorer([200.0, 300.0, 600.0])
    explorer.move([200 / 1100, 300 / 1100, 600 / 1100])
    before = shown(explorer)
    slider = explorer._sliders[0]
    slider.value = round(slider.value / slider.step) * slider.step  # what the browser sends back
    assert slider.value != 200 / 1100
    assert np.allclose(explorer.gradient, 0, atol=1e-9)
    assert shown(explorer) == before
    slider.value += slider.step  # a reader's own small move
    assert explorer.proportions[0] == slider.value


def make(name, post, weights, line):
    if name == "bound":
        explorer = BoundExplorer(*line)
        return explorer, lambda: explorer.move(2.5), lambda: explorer.move(explorer.anchor)
    if name == "mean":
        explorer = MeanExplorer(post.x, weights, np.eye(2))
        start = explorer.mean
        return explorer, lambda: explorer.move([0.0, 0.0]), lambda: explorer.move(start)
    if name == "covariance":
        explorer = CovarianceExplorer(post.x, weights, [0.0, 0.0])
        start = [slider.value for slider in explorer._sliders]
        return explorer, lambda: explorer.move(1.0, 2.0, 0.3), lambda: explorer.move(*start)
    explorer = ProportionsExplorer([200.0, 300.0, 600.0])
    start = explorer.proportions
    return explorer, lambda: explorer.move([0.5, 0.3, 0.2]), lambda: explorer.move(start)


@pytest.mark.parametrize("name", ["bound", "mean", "covariance", "proportions"])
def test_moving_there_and_back_changes_and_restores_the_picture(name, post, weights, line):
    explorer, away, back = make(name, post, weights, line)
    before, children = shown(explorer), len(explorer._ax.get_children())
    away()
    assert shown(explorer)[0] != before[0]
    assert shown(explorer)[1] != before[1]
    back()
    assert shown(explorer) == before
    assert len(explorer._ax.get_children()) == children


@pytest.mark.parametrize("name", ["bound", "mean", "covariance", "proportions"])
def test_a_frozen_tour_leaves_the_reader_where_they_were(name, post, weights, line, monkeypatch):
    explorer, away, _ = make(name, post, weights, line)
    away()
    before = shown(explorer)
    _, contents = explorer.film()
    assert len({picture for _, picture in contents}) > 1
    assert shown(explorer) == before

    table, calls = explorer._table, count(1)
    monkeypatch.setattr(explorer, "_table", lambda: table() if next(calls) != 4 else 1 / 0)  # midway
    with pytest.raises(ZeroDivisionError):
        explorer.film()
    assert shown(explorer) == before


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (lambda x, w, line: BoundExplorer(x, line[1]), r"x must have shape \(n, 1\)"),
        (lambda x, w, line: BoundExplorer(*line, component=2), "component must be 1 or less"),
        (lambda x, w, line: BoundExplorer(*line).move(1e6), "m1 must lie between"),
        (lambda x, w, line: BoundExplorer(*line).move(np.nan), "m1 must lie between"),
        (lambda x, w, line: MeanExplorer(x, w[:5], np.eye(2)), "weights must have shape"),
        (lambda x, w, line: MeanExplorer(x, -w, np.eye(2)), "weights must be 0 or more"),
        (lambda x, w, line: MeanExplorer(x, w, np.ones((2, 2))), "covariance is not positive definite"),
        (lambda x, w, line: MeanExplorer(x, w, np.eye(2)).move([99.0, 0.0]), "m x must lie between"),
        (lambda x, w, line: CovarianceExplorer(x, w, [0.0]), "mean must have shape"),
        (lambda x, w, line: CovarianceExplorer(x, w, [0.0, 0.0]).move(1.0, 1.0, 1.5), "correlation must lie between"),
        (lambda x, w, line: ProportionsExplorer([1.0, 0.0, 2.0]), "sums must all be above 0"),
        (lambda x, w, line: ProportionsExplorer([1.0, 2.0]), "sums must have shape"),
        (lambda x, w, line: ProportionsExplorer([1, 1, 1]).move([0.5, 0.5, 0.5]), "proportions must sum to 1"),
        (lambda x, w, line: ProportionsExplorer([1, 1, 1]).move([1.0, 0.0, 0.0]), "each 0.01 or more"),
    ],
)
def test_bad_input_is_named(refused, words, post, weights, line):
    with pytest.raises(ValueError, match=words):
        refused(post.x, weights, line)


def arrow(explorer):
    """The arrow on the picture: its tail, its way and the size of its head in points; None where there is none."""
    annotations = [
        artist for artist in explorer._artists(explorer._ax) if isinstance(artist, Annotation) and artist.arrow_patch
    ]
    if not annotations:
        return None
    (tip,) = [np.array(a.xy) for a in annotations]
    (tail,) = [np.array(a.get_position()) for a in annotations]
    return tail, tip - tail, annotations[0].arrow_patch.get_mutation_scale()


def test_the_arrow_is_the_gradient_in_equal_units_and_points_at_the_cross_where_rings_are_circles(post, weights, best):
    explorer = MeanExplorer(post.x, weights, np.eye(2))
    explorer.move([2.0, -0.65])
    ax = explorer._ax
    assert ax.get_aspect() == 1
    _, way, _ = arrow(explorer)
    to_the_cross = best.means[0] - explorer.mean
    assert way @ to_the_cross == pytest.approx(np.linalg.norm(way) * np.linalg.norm(to_the_cross))
    np.testing.assert_allclose(way / np.linalg.norm(way), explorer.gradient / np.linalg.norm(explorer.gradient))


def test_the_arrow_is_shorter_where_the_slope_is_gentler_and_its_head_with_it(post, weights, best):
    explorer = MeanExplorer(post.x, weights, np.eye(2))
    lengths, heads = [], []
    for share in (1.0, 0.5, 0.1, 0.02):
        explorer.move(best.means[0] + share * np.array([3.0, 4.0]))
        _, way, head = arrow(explorer)
        lengths.append(np.linalg.norm(way))
        heads.append(head)
        pixels = np.linalg.norm(explorer._ax.transData.transform(way) - explorer._ax.transData.transform([0, 0]))
        assert head <= pixels * 72 / explorer._ax.figure.dpi + 1e-9
    assert (np.diff(lengths) < -0.05 * lengths[0]).all()
    assert heads[-1] < heads[0]
    explorer.go_to_the_maximum()
    assert arrow(explorer) is None
    assert "(0.0, 0.0)" in explorer._words.value


def test_the_arrow_of_c_does_not_vanish_where_the_gradient_is_huge():
    explorer = ProportionsExplorer([200, 300, 600])
    explorer.move([0.9, 0.09, 0.01])
    _, way, _ = arrow(explorer)
    np.testing.assert_allclose(way / np.linalg.norm(way), explorer.gradient / np.linalg.norm(explorer.gradient))
    explorer.move([1 / 3, 1 / 3, 1 / 3])
    assert 0.05 < np.linalg.norm(arrow(explorer)[1]) < np.linalg.norm(way)
