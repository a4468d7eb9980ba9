"""The explorers by program: their values at the optimum and away from it, against the definitions."""

import re
from base64 import b64decode

import numpy as np
import pytest
from matplotlib.text import Annotation
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal, norm

from gmm_teach import Mixture, e_step, m_step, run_em
from gmm_teach.widgets.explorers import (
    BoundExplorer,
    CovarianceExplorer,
    MeanExplorer,
    MixtureExplorer,
    ProportionsExplorer,
)

pytestmark = pytest.mark.usefixtures("coarse_pictures")


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


@pytest.fixture(scope="module")
def plane():
    """Points of two clusters in the plane, and a mixture that does not fit them."""
    x = np.random.default_rng(2).normal(size=(50, 2)) + np.repeat([[0, 0], [4, 1]], [30, 20], axis=0)
    return x, Mixture([0.7, 0.3], [[-1.0, 2.0], [3.0, -1.0]], [np.eye(2), [[2.0, 0.5], [0.5, 1.0]]])


def shown(explorer):
    """The picture, and all words beside it."""
    words, png = explorer._content()
    return png, words["sentence"] + words["table"]


def number_in(pattern, text):
    return float(re.search(pattern, text)[1].replace("\N{MINUS SIGN}", "-"))


def drag(explorer, done=True, **to):
    """What the browser sends while a hand moves, or when it lets go; returns what the kernel answers."""
    answers = []
    explorer._player.send = lambda content, buffers=None: answers.append(content)
    message = {"kind": "move", "edition": explorer._player.edition, "component": 0, "done": done} | to
    explorer._player._on_message(None, message, [])
    return answers[-1] if answers else None


def click(explorer, x, y):
    """A click on the picture, at a place in data coordinates."""
    width, height = explorer._ax.figure.bbox.max
    across, up = explorer._ax.transData.transform([x, y])
    explorer._player._on_message(None, {"kind": "click", "across": across / width, "down": 1 - up / height}, [])


def test_the_log_likelihood_and_the_density_beside_the_hill_are_scipys(plane):
    x, mixture = plane
    explorer = MixtureExplorer(x, mixture)
    explorer.read_at([1.0, 0.5])
    drag(explorer, component=1, mean=[2.5, 0.5])
    explorer.move(0, proportion=0.4)
    theta = explorer.mixture
    f = [multivariate_normal([-1, 2], np.eye(2)), multivariate_normal([2.5, 0.5], [[2, 0.5], [0.5, 1]])]
    np.testing.assert_allclose(theta.proportions, [0.4, 0.6])
    expected = np.log(0.4 * f[0].pdf(x) + 0.6 * f[1].pdf(x)).sum()
    assert explorer.log_likelihood == pytest.approx(expected, rel=1e-12)
    words = explorer._content()[0]
    assert number_in(r"log L = (\S+) nats", words["sentence"]) == pytest.approx(expected, abs=5e-4)
    terms = [0.4 * f[0].pdf([1.0, 0.5]), 0.6 * f[1].pdf([1.0, 0.5])]
    assert number_in(r"<b>(\S+)</b>", words["table"]) == pytest.approx(sum(terms), abs=5e-5)
    assert f"0.600 \N{MIDDLE DOT} {terms[1] / 0.6:.4f}" in words["table"]


def test_the_contours_of_the_hill_halve_its_density(plane):
    explorer = MixtureExplorer(*plane)
    _, lines, *_ = explorer._artists(explorer._ax)
    heights = [np.exp(explorer.mixture.log_density(path.vertices)) for path in lines.get_paths()]
    means = [height.mean() for height in heights]
    np.testing.assert_allclose(np.divide(means[1:], means[:-1]), 2, rtol=0.02)
    assert max(np.ptp(height) / height.mean() for height in heights) < 0.05


def test_let_em_fit_goes_to_where_em_ends(plane):
    explorer = MixtureExplorer(*plane)
    explorer.go_to_the_maximum()
    wanted = run_em(*plane).states[-1]
    np.testing.assert_allclose(explorer.mixture.means, wanted.mixture.means)
    assert explorer._sliders[0].value == pytest.approx(wanted.mixture.proportions[0])
    assert explorer.log_likelihood == pytest.approx(wanted.log_likelihood, abs=1e-6)


def test_a_hill_that_is_no_gaussian_is_refused_and_nothing_changes(plane):
    explorer = MixtureExplorer(*plane)
    before = shown(explorer)
    assert "positive definite" in drag(explorer, covariance=[[1.0, 2.0], [2.0, 1.0]])["refused"]
    assert shown(explorer) == before


HANDS = {
    "mixture": [{"component": 1, "mean": [2.0, 1.0]}, {"covariance": [[2.0, 0.3], [0.3, 0.5]]}],
    "bound": [{"mean": [2.5, 1e3]}],
    "mean": [{"mean": [0.5, -1.0]}],
    "covariance": [{"covariance": [[2.0, 0.3], [0.3, 0.5]]}],
    "proportions": [{"mean": [0.2, 0.5]}],
}


@pytest.mark.parametrize(("name", "to"), [(name, to) for name, all_to in HANDS.items() for to in all_to])
def test_what_is_dragged_is_shown_and_stays_when_the_hand_lets_go(name, to, post, weights, line, plane):
    explorer = make(name, post, weights, line, plane)[0]
    before, sliders = shown(explorer), [slider.value for slider in explorer._sliders]
    answer = drag(explorer, done=False, **to)
    assert answer["followed"]
    assert shown(explorer) == before  # until it lets go: Escape takes it back
    assert [slider.value for slider in explorer._sliders] == sliders
    edition = explorer._player.edition
    assert drag(explorer, **to) is None
    assert explorer._player.edition > edition  # so the browser asks anew
    picture, words = shown(explorer)
    assert picture != before[0]
    assert b64decode(answer["picture"].split(",")[1]) == picture
    assert answer["sentence"] + answer["table"] == words
    for slider, value in zip(explorer._sliders, explorer._values(), strict=False):
        assert slider.value == pytest.approx(value)


def test_hands_reach_no_further_than_the_sliders(post, weights, line):
    bound = BoundExplorer(*line)
    drag(bound, mean=[1e3, 0.0])
    assert bound.position == bound._sliders[0].max
    mean = MeanExplorer(post.x, weights, np.eye(2))
    drag(mean, mean=[-1e3, 0.0])
    np.testing.assert_allclose(mean.mean, [mean._sliders[0].min, 0.0])
    covariance = CovarianceExplorer(post.x, weights, [0.0, 0.0])
    drag(covariance, covariance=[[1.0, 0.999999], [0.999999, 1.0]])
    assert covariance._place[2] == 0.99


def test_em_that_collapses_stops_before_and_says_so(plane):
    x, mixture = plane
    explorer = MixtureExplorer(x, mixture)
    explorer.move(0, mean=x[3], covariance=1e-6 * np.eye(2))
    explorer.go_to_the_maximum()
    assert "component 1 collapses" in explorer._content()[0]["sentence"]
    assert len(explorer.film()[1]) >= 1
    explorer.back()
    assert "collapses" not in explorer._content()[0]["sentence"]


@pytest.mark.usefixtures("sharp_pictures")
def test_a_mean_that_is_dragged_off_the_panel_stays_at_its_edge(plane):
    explorer = MixtureExplorer(*plane)
    drag(explorer, mean=[1e3, 0.5])
    np.testing.assert_allclose(explorer.mixture.means[0], [explorer._ax.get_xlim()[1], 0.5])


@pytest.mark.parametrize("hand", [[0.5, 0.9], [0.3, 1.5], [-1.0, -2.0], [5.0, -3.0], [0.2, 0.3]])
def test_on_the_simplex_a_hand_leaves_some_for_the_third_proportion(hand):
    explorer = ProportionsExplorer([1.0, 2.0, 3.0])
    drag(explorer, mean=hand)
    assert explorer.proportions.sum() == pytest.approx(1)
    assert explorer.proportions.min() >= 0.01 - 1e-12
    if sum(hand) < 1 and min(hand) > 0:
        np.testing.assert_allclose(explorer.proportions[:2], hand)


@pytest.mark.usefixtures("sharp_pictures")
def test_the_puck_is_where_the_diamond_is(post, weights, line, plane):
    bound = BoundExplorer(*line)
    bound.move(2.0)
    np.testing.assert_allclose(bound._in_hand()[1], [[2.0, log_likelihood_on(line, 2.0)]])
    for name in ("mean", "proportions", "covariance", "mixture"):
        explorer = make(name, post, weights, line, plane)[0]
        panel, (_, means, covariances) = explorer._player.panel, explorer._in_hand()
        width = explorer._ax.figure.bbox.width
        share = (means[0][0] - panel["xlim"][0]) / np.ptp(panel["xlim"])
        across = panel["left"] + share * (panel["right"] - panel["left"])
        assert across * width == pytest.approx(explorer._ax.transData.transform(means[0])[0])
        assert np.shape(covariances[0]) == (2, 2)


def test_a_click_starts_the_bound_anew_and_back_takes_all_back(line):
    explorer = BoundExplorer(*line)
    places = [(explorer.position, explorer.anchor)]
    assert explorer._back.disabled

    def note():
        places.append((explorer.position, explorer.anchor))

    click(explorer, -2.0, explorer._ax.get_ylim()[0] + 1)
    assert (explorer.position, explorer.anchor) == pytest.approx((-2.0, -2.0))
    assert explorer.bound == pytest.approx(explorer.log_likelihood)
    note()
    for act in (explorer.m_step, explorer.e_step, lambda: drag(explorer, mean=[1.5, 0.0])):
        act()
        note()
    for value in (1.0, 0.5, 0.0):  # one move of the slider, however many messages it sends
        explorer._sliders[0].value = value
    while len(places) > 0:
        explorer.back()
        assert (explorer.position, explorer.anchor) == places.pop()
    assert explorer._back.disabled
    explorer.back()


@pytest.mark.parametrize("name", ["mixture", "mean", "covariance", "proportions"])
def test_back_takes_a_hand_and_a_slider_back(name, post, weights, line, plane):
    explorer = make(name, post, weights, line, plane)[0]
    seen = [shown(explorer)]
    drag(explorer, **HANDS[name][0])
    seen.append(shown(explorer))
    for share in (0.3, 0.4):
        slider = explorer._sliders[0]
        slider.value = slider.min + share * (slider.max - slider.min)
    for before in reversed(seen):
        explorer.back()
        assert shown(explorer) == before


def test_a_click_beside_the_panel_does_nothing(line):
    explorer = BoundExplorer(*line)
    before = shown(explorer)
    explorer._player._on_message(None, {"kind": "click", "across": 0.001, "down": 0.999}, [])
    assert shown(explorer) == before


def test_the_gap_is_named_where_there_is_one(line):
    explorer = BoundExplorer(*line)

    def words():
        return [artist.get_text() for artist in explorer._artists(explorer._ax) if hasattr(artist, "get_text")]

    assert words() == []
    explorer.move(2.5)
    assert [text.strip() for text in words()] == ["gap = KL"]


def test_the_points_of_the_bound_are_ticks(line):
    explorer = BoundExplorer(*line)
    ticks = [artist for artist in explorer._ax.lines if artist.get_marker() == "|"]
    np.testing.assert_array_equal(ticks[0].get_xdata(), line[0][:, 0])


@pytest.mark.parametrize("name", ["mixture", "mean", "covariance", "proportions"])
@pytest.mark.usefixtures("sharp_pictures")
def test_a_unit_across_is_as_long_as_a_unit_up(name, post, weights, line, plane):
    explorer = make(name, post, weights, line, plane)[0]
    place = explorer._ax.transData.transform
    assert (place([1, 0]) - place([0, 0]))[0] == pytest.approx((place([0, 1]) - place([0, 0]))[1], rel=1e-6)


def test_the_formulas_have_the_numbers_of_the_place(post, weights, best):
    explorer = MeanExplorer(post.x, weights, np.diag([2.0, 5.0]))
    explorer.move([1.0, 1.0])
    S, (across, up) = weights.sum(), best.means[0] - 1
    gradient = np.array([S * across / 2, S * up / 5])
    table = explorer._content()[0]["table"]
    assert f"{S:.1f} (0.5, 0; 0, 0.2)" in table
    assert "<b>(" + ", ".join(f"{value:.1f}" for value in gradient).replace("-", "\N{MINUS SIGN}") + ")</b>" in table
    third = ProportionsExplorer([200.0, 300.0, 600.0])
    third.move([0.5, 0.3, 0.2])
    assert "200.0/0.500 \N{MINUS SIGN} 600.0/0.200" in third._content()[0]["table"].replace(" - ", " \N{MINUS SIGN} ")
    assert any(getattr(a, "get_text", str)().strip() == "π₃ = 0.200" for a in third._artists(third._ax))


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


def test_on_the_simplex_two_sliders_share_what_the_third_leaves():
    explorer = ProportionsExplorer([1.0, 1.0, 1.0])
    explorer._sliders[1].value = 0.5
    assert np.allclose(explorer.proportions, [0.25, 0.5, 0.25])
    explorer._sliders[2].value = 0.4
    # each keeps 0.01, and of what is left they have shares of 0.24 and 0.49
    assert np.allclose(explorer.proportions, [0.01 + 0.58 * 24 / 73, 0.01 + 0.58 * 49 / 73, 0.4])
    assert explorer._sliders[0].value == pytest.approx(explorer.proportions[0])
    explorer._sliders[1].value = 0.98
    assert np.allclose(explorer.proportions, [0.01, 0.98, 0.01])
    explorer._sliders[1].value = 0.5
    assert np.allclose(explorer.proportions, [0.25, 0.5, 0.25])


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


def make(name, post, weights, line, plane):
    """An explorer, a move, and the move back."""
    if name == "mixture":
        explorer, means = MixtureExplorer(*plane), plane[1].means
        return explorer, lambda: explorer.move(0, mean=[0.0, 0.0]), lambda: explorer.move(0, mean=means[0])
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


@pytest.mark.parametrize("name", ["mixture", "bound", "mean", "covariance", "proportions"])
def test_moving_there_and_back_changes_and_restores_the_picture(name, post, weights, line, plane):
    explorer, away, back = make(name, post, weights, line, plane)
    before, children = shown(explorer), len(explorer._ax.get_children())
    away()
    assert shown(explorer)[0] != before[0]
    assert shown(explorer)[1] != before[1]
    back()
    assert shown(explorer) == before
    assert len(explorer._ax.get_children()) == children


@pytest.mark.parametrize("name", ["mixture", "bound", "mean", "covariance", "proportions"])
def test_a_frozen_tour_leaves_the_reader_where_they_were(name, post, weights, line, plane, monkeypatch):
    explorer, away, _ = make(name, post, weights, line, plane)
    away()
    before = shown(explorer)
    told, contents = explorer.film()
    assert len({picture for _, picture in contents}) > 1
    assert shown(explorer) == before
    assert told["last_frame"] == len(contents) - 1
    assert told["position"]["stride"] == 1  # Back leads to the position before, also after a jump
    assert all(words["theta"] is None for words, _ in contents)  # nothing to drag
    assert not any(re.search("drag|slider|press|click", str(words).lower()) for words, _ in contents)

    monkeypatch.setattr(explorer, "_table", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        explorer.film()
    monkeypatch.undo()
    assert shown(explorer) == before


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (lambda x, w, line: BoundExplorer(x, line[1]), r"x must have shape \(n, 1\)"),
        (lambda x, w, line: BoundExplorer(*line, component=2), "component must be 1 or less"),
        (lambda x, w, line: BoundExplorer(*line).move(1e6), "m1 must lie between"),
        (lambda x, w, line: BoundExplorer(*line).move(np.nan), "m1 must lie between"),
        (lambda x, w, line: MixtureExplorer(x, line[1]), "mixture must have the d = 2 of x"),
        (lambda x, w, line: MixtureExplorer(x[:, :1], line[1]), r"x must have shape \(n, 2\)"),
        (lambda x, w, line: BoundExplorer(*line).restart(1e6), "m1 must lie between"),
        (lambda x, w, line: MeanExplorer(x, w[:5], np.eye(2)), "weights must have shape"),
        (lambda x, w, line: MeanExplorer(x, -w, np.eye(2)), r"weights\[\d+\] is -.*0 or more"),
        (lambda x, w, line: MeanExplorer(x, 0 * w, np.eye(2)), "weights are all 0"),
        (lambda x, w, line: MeanExplorer(x, w, np.ones((2, 2))), "covariance is not positive definite"),
        (lambda x, w, line: MeanExplorer(x, w, [[1.0, 0.9], [0.0, 1.0]]), "covariance is not symmetric"),
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


@pytest.mark.usefixtures("sharp_pictures")
def test_the_arrow_is_the_gradient_in_equal_units_and_points_at_the_cross_where_rings_are_circles(post, weights, best):
    explorer = MeanExplorer(post.x, weights, np.eye(2))
    explorer.move([2.0, -0.65])
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
    assert "(0.0, 0.0)" in explorer._content()[0]["table"]


def test_the_arrow_of_c_does_not_vanish_where_the_gradient_is_huge():
    explorer = ProportionsExplorer([200, 300, 600])
    explorer.move([0.9, 0.09, 0.01])
    _, way, _ = arrow(explorer)
    np.testing.assert_allclose(way / np.linalg.norm(way), explorer.gradient / np.linalg.norm(explorer.gradient))
    explorer.move([1 / 3, 1 / 3, 1 / 3])
    assert 0.05 < np.linalg.norm(arrow(explorer)[1]) < np.linalg.norm(way)


def test_a_proportion_below_the_slider_stays_as_it_is(plane):
    explorer = MixtureExplorer(*plane)
    explorer.move(0, proportion=0.0002)
    assert explorer._sliders[0].value == explorer._sliders[0].min
    assert explorer.mixture.proportions[0] == 0.0002
    explorer.back()
    np.testing.assert_array_equal(explorer.mixture.proportions, plane[1].proportions)
