"""What a frame says, against the states themselves."""

import re

import numpy as np
import pytest

from gmm_teach import Mixture, datasets
from gmm_teach._format import comparable
from gmm_teach.widgets import captions as words
from gmm_teach.widgets.playback import Playback


@pytest.fixture(scope="module")
def playback():
    post = datasets.load_post()
    return Playback(post.x, post.start)


def farthest(states, t):
    """The mean that moves farthest in step t, counted from 1, and how far."""
    moves = np.sqrt(((states[t].mixture.means - states[t - 1].mixture.means) ** 2).sum(axis=1))
    return int(moves.argmax()) + 1, moves.max()


def short(words):
    """The words with a minus that Python reads."""
    return words.replace("\N{MINUS SIGN}", "-")


def rise(words):
    """The gain that a sentence tells of, in nats."""
    words = short(words)
    return float(re.search(r"log L rose by ([\d.e+-]+)[;.]", words)[1])


def test_the_start_is_told(playback):
    log_likelihood = f"log L = \N{MINUS SIGN}{-playback.states[0].log_likelihood:.3f}"
    assert words.sentence(playback.at(-1), ["x", "y"]) == (
        f"The start: 3 components, and no point has its colour yet; {log_likelihood}. Press E step."
    )
    assert words.sentence(playback.at(0), ["x", "y"]) == (
        f"Step 0: the E step shared the points out among 3 components; {log_likelihood}."
    )


def test_one_component_is_not_components():
    playback = Playback([[0.0], [1.0], [3.0]], 1)
    for number in (-1, 0):
        assert re.search(r"\b1 component\b", words.sentence(playback.at(number), ["x", "y"]))
    assert words.alternative(playback.at(0), playback.at(0).state.mixture, ["x"]).startswith("3 points in 1 cluster,")


@pytest.mark.parametrize("t", [1, 2, 3, 7])
def test_the_m_step_tells_the_farthest_mean_and_the_gain(playback, t):
    k, distance = farthest(playback.states, t)
    sentence = words.sentence(playback.at(2 * t - 1), ["x", "y"])
    assert short(sentence).startswith(f"M step {t}: mean {k} moved {distance:.2g}, log L rose by ")
    gain = playback.states[t].log_likelihood - playback.states[t - 1].log_likelihood
    assert rise(sentence) == pytest.approx(gain, rel=0.05)
    assert "cluster" not in sentence


@pytest.mark.parametrize("t", [1, 2, 3])
def test_the_e_step_tells_also_how_many_points_changed_cluster(playback, t):
    k, distance = farthest(playback.states, t)
    before, after = (state.responsibilities.argmax(axis=1) for state in playback.states[t - 1 : t + 1])
    sentence = words.sentence(playback.at(2 * t), ["x", "y"])
    assert short(sentence).startswith(f"Step {t}: mean {k} moved {distance:.2g}, log L rose by ")
    assert sentence.endswith(f"; the E step then gave {np.sum(before != after)} of 1100 points another cluster.")


def test_the_last_sentence_says_why_the_run_ends(playback):
    last = words.sentence(playback.at(playback.last_frame), ["x", "y"])
    assert short(last).endswith(" Converged: " + playback.reason.removeprefix("converged: ") + ".")
    for number in range(-1, playback.last_frame):
        assert "onverged" not in words.sentence(playback.at(number), ["x", "y"])


def test_a_run_cut_short_says_so():
    post = datasets.load_post()
    playback = Playback(post.x, post.start, max_steps=2)
    assert (
        "Stopped at max_steps = 2, before convergence; allow more, or start from where it stopped."
        in words.sentence(playback.at(4), ["x", "y"])
    )


def test_a_collapse_is_named_as_the_picture_counts():
    playback = Playback(datasets.cluster_and_one_outlier().x, 2)
    sentence = words.sentence(playback.at(playback.last_frame), ["x", "y"])
    assert "The next M step cannot be done: component 2 collapsed at step 1" in sentence


def test_a_mistake_in_own_code_is_told_where_the_run_ends():
    post = datasets.load_post()
    playback = Playback(post.x, post.start, m_step=lambda x, responsibilities: None)
    assert f"The run ends here: {playback.mistake}" in words.sentence(playback.at(0), ["x", "y"])


def test_a_fall_of_log_l_is_said_and_that_it_is_wrong():
    post = datasets.load_post()
    away = Mixture(post.start.proportions, post.start.means + 5.0, post.start.covariances)
    playback = Playback(post.x, post.start, max_steps=1, m_step=lambda x, responsibilities: away)
    fall = playback.states[0].log_likelihood - playback.states[1].log_likelihood
    assert fall > 0
    for number in (1, 2):
        sentence = words.sentence(playback.at(number), ["x", "y"])
        assert f"log L fell by {fall:.2g}, which a correct EM step never does" in sentence
        assert "rose" not in sentence
    assert "a correct EM step never lowers it" in words.sentence(playback.at(playback.last_frame), ["x", "y"])


@pytest.mark.parametrize(
    ("columns", "width", "right"),
    [
        (["a (m)", "b (m)"], 1, True),
        (["a (m)", "b (g)"], 1, False),
        (["a (m)", "b"], 1, False),
        (["a", "b"], 29, True),
        (["a", "b"], 31, False),
    ],
)
def test_lengths_are_added_where_unit_and_width_are_alike(columns, width, right):
    assert comparable(columns, np.array([[-1.0, -1.0], [1.0, 1.0]]) * [1, width]) is right


def test_moves_along_coordinates_of_different_units_are_not_added():
    x = np.random.default_rng(0).normal(size=(100, 2)) * [1.0, 1e-4] + np.repeat([[0, 0], [5, 5e-4]], 50, axis=0)
    playback = Playback(x, Mixture([0.5, 0.5], [[1.0, 0.0], [3.0, 1e-4]], [np.diag([1.0, 1e-8])] * 2), max_steps=1)
    moves = playback.states[1].mixture.means - playback.states[0].mixture.means
    k, j = np.unravel_index(np.abs(moves / x.std(axis=0)).argmax(), (2, 2))
    names = ["length (m)", "thickness (mm)"]
    name, unit = [("length", "m"), ("thickness", "mm")][j]
    wanted = f"mean {k + 1} moved farthest, by {abs(moves[k, j]):.2g} {unit} in {name},".replace(
        "e-", "e\N{MINUS SIGN}"
    )
    assert wanted in words.sentence(playback.at(1), names)
    assert "farthest, by" in words.sentence(playback.at(1), ["a", "b"])  # no units, but widths that differ so much
    playback = Playback(x * [1.0, 1e4], 2, max_steps=1)
    assert re.search(r"mean \d moved [\d.e]+ min, log L", words.sentence(playback.at(1), ["a (min)", "b (min)"]))


def test_that_no_point_changed_cluster_is_said_so(playback):
    same = [
        t
        for t in range(1, len(playback.states))
        if (playback.states[t].responsibilities.argmax(1) == playback.states[t - 1].responsibilities.argmax(1)).all()
    ]
    assert same
    assert "; no point changed cluster." in words.sentence(playback.at(2 * same[0]), ["x", "y"])


def test_the_reason_keeps_its_capitals_and_has_long_minuses():
    post = datasets.load_post()
    playback = Playback(post.x, post.start, m_step=lambda x, T: post.start)
    playback.reason = "a correct EM step gains 1e-05, K = -2"
    assert words.sentence(playback.at(playback.last_frame), ["x", "y"]).endswith(
        " A correct EM step gains 1e\N{MINUS SIGN}05, K = \N{MINUS SIGN}2."
    )


def test_a_step_that_gains_nothing_is_no_fall():
    post = datasets.load_post()
    playback = Playback(post.x, post.start, m_step=lambda x, responsibilities: post.start)
    assert playback.converged
    assert "log L did not rise" in words.sentence(playback.at(2), ["x", "y"])
    assert "fell" not in words.sentence(playback.at(1), ["x", "y"])


def test_the_position_counts_steps_and_halves(playback):
    last = len(playback.states) - 1
    assert words.position(playback.at(-1)) == f"t = 0 of {last}, before the E step"
    assert words.position(playback.at(0)) == f"t = 0 of {last}"
    assert words.position(playback.at(5)) == f"t = 3 of {last}, M step done"
    assert words.position(playback.at(6)) == f"t = 3 of {last}"


def test_the_question_is_about_the_half_step_that_comes_next(playback):
    for number in range(-1, playback.last_frame):
        name = {"M": "M step", "E": "E step"}[playback.at(number).next_half_step]
        assert words.question(playback.at(number)).endswith(f"Then press {name}.")
    assert "press" not in words.question(playback.at(playback.last_frame))
    # at the start there is no gain to compare with
    asked = [words.question(playback.at(number)) for number in range(-1, 6)]
    assert len(set(asked)) == 6  # each of the first four once, and then the same two
    assert asked[4:6] == [words.question(playback.at(number)) for number in (5, 6)]


def numbers_of(alternative):
    """What the alternative text says of each component: points (nan if nothing), proportion, mean, deviations."""
    number = r"(-?[\d.]+(?:e[+-]\d+)?)"
    pattern = (
        rf"Component \d+: (?:(\d+) points, )?proportion {number}, "
        rf"mean \({number}, {number}\), standard deviation \({number}, {number}\)\."
    )
    found = re.findall(pattern, alternative.replace("\N{MINUS SIGN}", "-"))
    return np.array([[number or "nan" for number in row] for row in found], dtype=float)


@pytest.mark.parametrize("number", [-1, 0, 1, 2, 9, 24])
def test_the_picture_in_words_agrees_with_the_state(playback, number):
    frame = playback.at(number)
    state = frame.state
    alternative = words.alternative(frame, state.mixture, ["east", "north"])
    shared = "in 3 clusters" if number >= 0 else "not yet shared out"
    assert alternative.startswith(
        f"1100 points {shared}, drawn by east and north; {words.position(frame)}; "
        f"log L = \N{MINUS SIGN}{-state.log_likelihood:.3f}."
    )
    said = numbers_of(alternative)
    counts = np.bincount(state.responsibilities.argmax(axis=1)) if number >= 0 else np.full(3, np.nan)
    assert np.array_equal(said[:, 0], counts, equal_nan=True)
    assert np.allclose(said[:, 1], state.mixture.proportions, atol=0.005)
    assert np.allclose(said[:, 2:4], state.mixture.means, atol=0.005)
    deviations = [[covariance[j, j] ** 0.5 for j in range(2)] for covariance in state.mixture.covariances]
    assert np.allclose(said[:, 4:], deviations, rtol=0.005)
    assert "collapsing" not in alternative


def test_one_coordinate_in_words_has_no_brackets():
    playback = Playback([[0.0], [1.0], [9.0], [10.0]], 2)
    alternative = words.alternative(playback.at(0), playback.at(0).state.mixture, ["hours"])
    assert "drawn by hours;" in alternative
    assert "Component 1: 2 points, proportion 0.50, mean 0.50, standard deviation 1." in alternative


# Collapse.


def narrow(factor):
    """A round cloud; a start with one component `factor` times the cloud's width, and where it leads in one step."""
    x = np.random.default_rng(0).normal(size=(200, 2))
    width = np.sqrt(np.linalg.eigvalsh(np.cov(x.T, bias=True))[0])
    thin = Mixture([0.5, 0.5], [[0.0, 0.0], [0.0, 0.0]], [np.eye(2), (factor * width) ** 2 * np.eye(2)])
    return Playback(x, Mixture([1 / 2, 1 / 2], [[-1.0, 0.0], [1.0, 0.0]], [np.eye(2)] * 2), 1, m_step=lambda *_: thin)


@pytest.mark.parametrize(("factor", "named"), [(0.0099, [1]), (0.0101, [])])
def test_a_component_narrower_than_a_hundredth_of_the_data_is_collapsing(factor, named):
    playback = narrow(factor)
    for number in (1, 2):
        frame = playback.at(number)
        assert [k for k, _ in frame.collapsing()] == named
        for _, deviation in frame.collapsing():
            assert deviation == pytest.approx(np.sqrt(frame.state.mixture.covariances[1, 0, 0]))
        said = words.alternative(frame, frame.state.mixture, ["x", "y"])
        assert ("Component 2 is collapsing, smallest standard deviation" in said) == bool(named)
    assert playback.at(0).collapsing() == []


def test_the_start_is_the_readers_choice_and_not_called_collapsing():
    x = np.random.default_rng(0).normal(size=(50, 2))
    playback = Playback(x, Mixture([0.5, 0.5], [[0.0, 0.0], [0.0, 0.0]], [np.eye(2), 1e-6 * np.eye(2)]), max_steps=0)
    assert playback.at(0).collapsing() == []


def test_the_component_that_ends_the_run_is_collapsing_at_its_last_frames():
    data = datasets.three_distinct_points()
    playback = Playback(data.x, 2)
    assert playback.collapse is not None
    k = playback.collapse.component
    last = playback.at(playback.last_frame)
    assert k in [component for component, _ in last.collapsing()]
    assert f"Component {k + 1}'s next M step collapses" in words.alternative(last, last.state.mixture, ["x", "y"])


def test_the_smallest_deviation_is_along_the_narrowest_direction():
    """A tilted needle: wide along both axes, narrow across."""
    x = np.random.default_rng(0).normal(size=(100, 2))
    turn = np.array([[1.0, -1.0], [1.0, 1.0]]) / np.sqrt(2)
    needle = turn @ np.diag([1.0, 1e-6]) @ turn.T
    start = Mixture([0.5, 0.5], [[-1.0, 0.0], [1.0, 0.0]], [np.eye(2)] * 2)
    thin = Mixture([0.5, 0.5], [[0.0, 0.0], [0.0, 0.0]], [needle, np.eye(2)])
    playback = Playback(x, start, 1, m_step=lambda *_: thin)
    ((k, deviation),) = playback.at(2).collapsing()
    assert k == 0
    assert deviation == pytest.approx(1e-3, rel=1e-6)
