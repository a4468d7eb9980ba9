"""The run and the position in it, against a plain list of states."""

import numpy as np
import pytest

from gmm_teach import datasets, e_step, m_step, run_em
from gmm_teach.widgets.playback import FIRST_FRAME, Playback


@pytest.fixture
def playback(post):
    return Playback(post.x, post.start)


def test_even_frames_are_the_states_of_the_run(post, playback):
    run = run_em(post.x, post.start)
    assert playback.last_frame == 2 * (len(run.states) - 1)
    for t, state in enumerate(run.states):
        frame = playback.at(2 * t)
        assert frame.step == frame.state.step == t
        assert frame.state.log_likelihood == state.log_likelihood
        assert np.array_equal(frame.state.mixture.means, state.mixture.means)
        assert np.array_equal(frame.state.responsibilities, state.responsibilities)
        assert np.array_equal(frame.responsibilities, state.responsibilities)


def test_odd_frames_show_new_parameters_over_the_responsibilities_that_made_them(playback):
    for t in range(len(playback.states) - 1):
        frame = playback.at(2 * t + 1)
        assert frame.state.mixture is playback.states[t + 1].mixture
        assert frame.state.log_likelihood == playback.states[t + 1].log_likelihood
        assert np.array_equal(frame.state.responsibilities, playback.states[t].responsibilities)
        assert np.array_equal(frame.responsibilities, playback.states[t].responsibilities)


def test_the_first_frame_is_the_start_before_its_e_step(post, playback):
    frame = playback.at(FIRST_FRAME)
    assert (frame.step, frame.previous, frame.responsibilities) == (0, None, None)
    assert frame.state.mixture is post.start
    assert frame.next_half_step == "E"


def test_half_steps_alternate_from_e_to_m_until_the_end(playback):
    frame, seen = playback.at(FIRST_FRAME), []
    while frame.next_half_step:
        seen.append(frame.next_half_step)
        frame = playback.at(frame.number + 1)
    assert seen == ["E"] + ["M", "E"] * (len(playback.states) - 1)
    assert frame.at_end
    assert frame.after_step == frame.number == playback.last_frame


@pytest.mark.parametrize(("number", "after"), [(-1, 2), (0, 2), (1, 2), (2, 4), (3, 4), (23, 24), (24, 24)])
def test_a_step_ends_with_the_next_e_step_that_follows_an_m_step(playback, number, after):
    assert playback.last_frame == 24
    assert playback.at(number).after_step == after


def test_a_run_without_an_m_step_has_a_start_and_its_e_step(post):
    playback = Playback(post.x, post.start, max_steps=0)
    assert [playback.at(number).after_step for number in (-1, 0)] == [0, 0]
    assert all(playback.at(number).tells_the_end for number in (-1, 0))
    assert [Playback(post.x, post.start, 1).at(number).tells_the_end for number in (-1, 0, 1, 2)] == [False] * 3 + [
        True
    ]


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [(-2, ValueError, "frame must be -1 or more"), (10_000, ValueError, "or less"), (1.0, TypeError, "whole number")],
)
def test_a_frame_that_does_not_exist_is_refused(playback, frame, error, words):
    with pytest.raises(error, match=words):
        playback.at(frame)


def test_the_previous_frame_is_that_of_the_parameters_one_step_before(playback):
    assert playback.at(0).previous is None
    for number, wanted in ((1, 0), (2, 0), (5, 4), (6, 4)):
        assert playback.at(number).previous.number == wanted


def test_a_frame_says_which_step_and_which_half_it_is(playback):
    last = playback.last_frame
    for number in range(last + 1):
        frame = playback.at(number)
        assert frame.step == int(np.ceil(number / 2))
        assert frame.before_e_step == bool(number % 2)
        assert frame.at_end == (number == last)
        assert frame.next_half_step == (None if number == last else "ME"[number % 2])


def test_the_points_are_a_copy_that_nothing_changes():
    x = np.random.default_rng(0).normal(size=(20, 2))
    playback = Playback(x, 1)
    kept = x.copy()
    x[:] = 0
    assert np.array_equal(playback.x, kept)
    with pytest.raises(ValueError, match="read-only"):
        playback.x[0, 0] = 1.0


def test_a_run_cut_short_says_so(post):
    playback = Playback(post.x, post.start, max_steps=2)
    assert playback.at(4).at_end
    assert not playback.converged
    assert "max_steps = 2" in playback.reason
    assert (playback.collapse, playback.mistake) == (None, None)


def test_a_collapse_ends_the_run_and_is_named_as_the_picture_counts():
    data = datasets.cluster_and_one_outlier()
    playback = Playback(data.x, 2)
    assert playback.collapse.component == 1
    assert playback.last_frame == 0
    assert not playback.converged
    assert playback.reason.startswith("component 2 collapsed at step 1: ")


def test_the_readers_own_half_steps_make_the_run(post):
    seen = []

    def my_m_step(x, responsibilities):
        seen.append(len(x))
        return m_step(x, responsibilities)

    own, given = Playback(post.x, post.start, m_step=my_m_step), Playback(post.x, post.start)
    assert len(seen) == len(given.states) - 1
    assert own.mistake is None
    assert own.converged
    assert [state.log_likelihood for state in own.states] == [state.log_likelihood for state in given.states]


def test_a_mistake_in_the_readers_m_step_ends_the_run_and_is_kept(post):
    playback = Playback(post.x, post.start, m_step=lambda x, responsibilities: None)
    assert playback.mistake.function == "m_step"
    assert playback.reason == str(playback.mistake)
    assert playback.last_frame == 0
    assert not playback.converged
    assert playback.collapse is None


def test_where_not_even_the_first_e_step_works_there_is_step_0_of_the_module(post):
    playback = Playback(post.x, post.start, e_step=lambda x, mixture: 1 / 0)
    responsibilities, log_likelihood = e_step(post.x, post.start)
    assert playback.mistake.function == "e_step"
    assert playback.last_frame == 0
    assert np.array_equal(playback.states[0].responsibilities, responsibilities)
    assert playback.states[0].log_likelihood == log_likelihood


def test_bad_input_is_still_an_error():
    with pytest.raises(ValueError, match="x must have shape"):
        Playback([1.0, 2.0], 1)
