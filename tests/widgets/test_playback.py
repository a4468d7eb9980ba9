"""The run and the position in it, against a plain list of states."""

import numpy as np
import pytest

from gmm_teach import datasets, e_step, m_step, run_em
from gmm_teach.widgets.playback import Playback


@pytest.fixture
def playback(post):
    return Playback(post.x, post.start)


def test_even_frames_are_the_states_of_the_run(post, playback):
    run = run_em(post.x, post.start)
    assert playback.last_frame == 2 * (len(run.states) - 1)
    for t, state in enumerate(run.states):
        playback.go(2 * t)
        assert playback.state.step == t
        assert playback.state.log_likelihood == state.log_likelihood
        assert np.array_equal(playback.state.mixture.means, state.mixture.means)
        assert np.array_equal(playback.state.responsibilities, state.responsibilities)


def test_odd_frames_show_new_parameters_over_the_responsibilities_that_made_them(playback):
    for t in range(len(playback.states) - 1):
        playback.go(2 * t + 1)
        assert playback.state.mixture is playback.states[t + 1].mixture
        assert playback.state.log_likelihood == playback.states[t + 1].log_likelihood
        assert np.array_equal(playback.state.responsibilities, playback.states[t].responsibilities)


def test_half_steps_alternate_from_m_to_e_until_the_end(playback):
    seen = []
    while playback.next_half_step:
        seen.append(playback.next_half_step)
        playback.half_step()
    assert seen == ["M", "E"] * (len(playback.states) - 1)
    assert playback.at_end


def test_back_takes_back_what_the_last_move_did(playback):
    playback.step()
    playback.step()
    playback.back()
    assert playback.frame == 2
    playback.half_step()
    playback.half_step()
    playback.back()
    assert playback.frame == 3
    playback.back()
    playback.back()
    assert playback.frame == 1


def test_step_from_the_middle_of_a_step_only_finishes_it(playback):
    playback.half_step()
    playback.step()
    assert playback.frame == 2
    playback.half_step()
    playback.step()
    playback.back()
    assert playback.frame == 2


def test_moves_stop_at_both_ends(playback):
    playback.back()
    assert playback.frame == 0
    playback.go(playback.last_frame)
    playback.step()
    playback.half_step()
    assert playback.frame == playback.last_frame


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [(-1, ValueError, "frame must be 0 or more"), (10_000, ValueError, "or less"), (1.0, TypeError, "whole number")],
)
def test_a_frame_that_does_not_exist_is_refused_and_the_position_kept(playback, frame, error, words):
    playback.go(4)
    with pytest.raises(error, match=words):
        playback.go(frame)
    assert playback.frame == 4


def test_the_frame_before_is_the_one_a_whole_step_before(playback):
    assert playback.at(0).before is None
    for number in (1, 2):
        assert playback.at(number).before is playback.states[0]
    assert playback.at(5).before is playback.states[2]


def test_a_frame_says_which_step_and_which_half_it_is(playback):
    last = playback.last_frame
    for number in range(last + 1):
        frame = playback.at(number)
        assert frame.step == int(np.ceil(number / 2))
        assert frame.after_m_step == bool(number % 2)
        assert frame.at_end == (number == last)
        assert frame.next_half_step == (None if number == last else "ME"[number % 2])


def test_to_look_at_a_frame_is_not_to_go_there(playback):
    playback.go(4)
    assert playback.at(9).state.mixture is playback.states[5].mixture
    assert playback.frame == 4
    with pytest.raises(ValueError, match="frame must be"):
        playback.at(playback.last_frame + 1)


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
    playback.go(4)
    assert playback.at_end
    assert not playback.converged
    assert "max_steps = 2" in playback.reason
    assert (playback.collapse, playback.mistake) == (None, None)


def test_a_collapse_ends_the_run_and_is_named_as_the_picture_counts():
    data = datasets.cluster_and_one_outlier()
    playback = Playback(data.x, 2)
    assert playback.collapse.component == 1
    assert playback.at_end
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
    assert np.array_equal(playback.state.responsibilities, responsibilities)
    assert playback.state.log_likelihood == log_likelihood


def test_bad_input_is_still_an_error():
    with pytest.raises(ValueError, match="x must have shape"):
        Playback([1.0, 2.0], 1)
