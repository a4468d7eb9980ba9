"""The run and the position in it, against a plain list of states."""

import numpy as np
import pytest

from gmm_teach import datasets, run_em
from gmm_teach.playback import Playback


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


def test_previous_mixture_is_the_one_a_whole_step_before(playback):
    assert playback.previous_mixture is None
    for frame in (1, 2):
        playback.go(frame)
        assert playback.previous_mixture is playback.states[0].mixture
    playback.go(5)
    assert playback.previous_mixture is playback.states[2].mixture


def test_sentences_say_what_happened(playback):
    assert playback.sentence == "Step 0, the start: K = 3 components share out the points; log L = -4144.924."
    playback.go(5)
    assert playback.sentence == "M step 3: mean 1 moved 0.25, log L rose by 34.0."
    playback.go(2)
    assert playback.sentence == (
        "Step 1: mean 1 moved 0.013, log L rose by 966.5; the E step then gave 23 of 1100 points another cluster."
    )
    playback.go(playback.last_frame)
    assert "Converged: step 12" in playback.sentence


def test_a_run_cut_short_says_so(post):
    playback = Playback(post.x, post.start, max_steps=2)
    playback.go(4)
    assert playback.at_end
    assert not playback.converged
    assert "max_steps = 2" in playback.sentence


def test_a_collapse_ends_the_run_and_is_named_as_the_picture_counts():
    data = datasets.cluster_and_one_outlier()
    playback = Playback(data.x, 2)
    assert playback.collapse.component == 1
    assert playback.at_end
    assert "The next M step cannot be done: component 2 collapsed at step 1" in playback.sentence


def test_bad_input_is_still_an_error():
    with pytest.raises(ValueError, match="x must have shape"):
        Playback([1.0, 2.0], 1)
