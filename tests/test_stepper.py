"""The stepper driven by program, and by its controls, without a browser."""

import inspect
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from gmm_teach import Mixture, Stepper, datasets, run_em, starts
from gmm_teach.picture import DRAWN_AT_MOST


@pytest.fixture
def stepper(post):
    return Stepper(post.x, post.start)


def shown(stepper):
    """Everything that a reader sees change."""
    return stepper._image.value, stepper._table.value, stepper._sentence.value, stepper._slider.value


def enabled(stepper):
    return {name for name, button in stepper._buttons.items() if not button.disabled}


def click(stepper, name):
    stepper._buttons[name].click()


def test_ten_steps_change_picture_table_and_counter_and_back_restores_each(stepper):
    seen = [shown(stepper)]
    for t in range(1, 11):
        click(stepper, "Step")
        assert stepper.state.step == stepper._slider.value == t
        seen.append(shown(stepper))
    assert len({picture for picture, *_ in seen}) == 11
    for earlier in reversed(seen[:-1]):
        click(stepper, "Back")
        assert shown(stepper) == earlier


def test_states_are_those_of_run_em(post, stepper):
    run = run_em(post.x, post.start)
    for state in run.states[:5]:
        assert stepper.state.log_likelihood == state.log_likelihood
        stepper.step()


def test_e_and_m_are_enabled_in_legal_order_only(stepper):
    assert enabled(stepper) == {"M step", "Step", "Play"}
    click(stepper, "M step")
    assert enabled(stepper) == {"Back", "E step", "Step", "Play", "Reset"}
    click(stepper, "E step")
    assert enabled(stepper) == {"Back", "M step", "Step", "Play", "Reset"}
    stepper.go(stepper.playback.last_frame)
    assert enabled(stepper) == {"Back", "Reset"}


def test_by_program_the_wrong_half_step_is_an_error(stepper):
    with pytest.raises(ValueError, match="the M step comes next"):
        stepper.e_step()
    stepper.m_step()
    with pytest.raises(ValueError, match="the E step comes next"):
        stepper.m_step()
    assert stepper.frame == 1
    stepper.go(stepper.playback.last_frame)
    with pytest.raises(ValueError, match="the run has ended"):
        stepper.m_step()


def test_a_late_click_on_a_button_that_went_grey_does_nothing(stepper):
    click(stepper, "E step")
    assert stepper.frame == 0
    click(stepper, "M step")
    click(stepper, "M step")
    assert stepper.frame == 1


def test_the_m_step_moves_the_curve_and_the_e_step_only_recolours(stepper):
    stepper.m_step()
    after_m = stepper.state
    stepper.e_step()
    assert stepper.state.mixture is after_m.mixture
    assert stepper.state.log_likelihood == after_m.log_likelihood
    assert not np.array_equal(stepper.state.responsibilities, after_m.responsibilities)


def test_the_slider_goes_to_its_step(stepper):
    stepper._slider.value = 7
    assert stepper.frame == 14
    stepper._slider.value = 0
    assert stepper.frame == 0


def test_play_steps_to_the_end_and_stops(stepper):
    click(stepper, "Play")
    assert stepper._buttons["Play"].description == "Pause"
    ticks = 0
    while stepper._timer.playing:
        stepper._timer.value += 1  # what the browser does
        ticks += 1
        assert ticks < 100
    assert stepper.frame == stepper.playback.last_frame
    assert stepper._buttons["Play"].description == "Play"


def test_pause_and_reset_stop_playing(stepper):
    for name in ("Play", "Reset"):
        click(stepper, "Play")
        stepper._timer.value += 1
        click(stepper, name)
        assert not stepper._timer.playing
        frame = stepper.frame
        stepper._timer.value += 1
        assert stepper.frame == frame
    assert stepper.frame == 0


def test_soft_colours_change_the_picture_only(stepper):
    hard = shown(stepper)
    stepper._colours.value = "soft"
    assert shown(stepper)[0] != hard[0]
    assert shown(stepper)[1:] == hard[1:]
    stepper._colours.value = "hard"
    assert shown(stepper) == hard


@pytest.mark.parametrize("name", ["K-means", "random points", "random responsibilities"])
def test_choosing_a_start_runs_from_it(post, name):
    stepper = Stepper(post.x, post.start)
    stepper._start.value = name
    stepper._seed.value = 4
    stepper._k.value = 4
    function = {
        "K-means": starts.k_means,
        "random points": starts.random_points,
        "random responsibilities": starts.random_responsibilities,
    }[name]
    assert stepper.frame == 0
    assert np.array_equal(stepper.state.mixture.means, function(post.x, 4, 4).means)
    stepper.step()
    assert stepper.state.step == 1
    stepper._start.value = "given"
    assert np.array_equal(stepper.state.mixture.means, post.start.means)


def test_a_seed_that_cannot_be_is_explained_and_the_run_kept(stepper):
    stepper._start.value = "random points"
    stepper.step()
    before = shown(stepper)
    stepper._seed.value = -3
    assert "seed must be 0 or more, but it is -3" in stepper._sentence.value
    assert stepper._seed.value == 0
    assert stepper.state.step == 1
    assert shown(stepper)[:2] == before[:2]


def test_more_components_than_distinct_points_is_explained_and_the_run_kept():
    stepper = Stepper(datasets.three_distinct_points().x, 1)
    stepper._k.value = 5
    assert "too few distinct points, 3, for K = 5" in stepper._sentence.value
    assert stepper._k.value == 1
    assert len(stepper.state.mixture.proportions) == 1


def test_a_collapse_is_shown_and_ends_play():
    data = datasets.cluster_and_one_outlier()
    stepper = Stepper(data.x, starts.random_points(data.x, 2, 1))
    stepper._start.value = "K-means"
    assert "component 2 collapsed at step 1" in stepper._sentence.value
    assert enabled(stepper) == set()
    click(stepper, "Play")
    assert not stepper._timer.playing


def test_a_collapse_marks_the_figure():
    data = datasets.cluster_and_one_outlier()
    collapsed = Stepper(data.x, 2)
    stopped = Stepper(data.x, collapsed.state.mixture, max_steps=0)
    assert np.array_equal(collapsed.state.mixture.means, stopped.state.mixture.means)
    assert collapsed._image.value != stopped._image.value


def test_many_points_are_thinned_in_the_picture_but_not_in_em():
    x = np.random.default_rng(0).normal(size=(DRAWN_AT_MOST + 1, 2))
    stepper = Stepper(x, 2, max_steps=2)
    assert len(stepper.state.responsibilities) == DRAWN_AT_MOST + 1
    assert "a random 5,000 of 5,001 points drawn" in stepper._picture._what_is_drawn(0)
    assert "drawn" not in Stepper(x[:-1], 2, max_steps=2)._picture._what_is_drawn(0)


def test_one_dimension_draws_densities():
    waiting = datasets.load_old_faithful().x[:, 1:]
    stepper = Stepper(waiting, 2, columns=["waiting (min)"])
    assert stepper._picture._points_ax.get_ylabel() == "density"
    before = shown(stepper)
    stepper.step()
    assert shown(stepper)[0] != before[0]
    assert "m: waiting (min)" in stepper._table.value


def test_more_dimensions_draw_the_chosen_two():
    iris = datasets.load_iris()
    stepper = Stepper(iris.x, 3, columns=iris.columns)
    stepper.step()
    before = shown(stepper)
    stepper._axis_choices[1].value = 3
    assert stepper.state.step == 1
    assert shown(stepper)[0] != before[0]
    assert stepper._picture._points_ax.get_ylabel() == "petal width (cm)"
    assert "m: petal width (cm)" in stepper._table.value
    assert "sepal width" not in stepper._table.value


def test_choosing_the_other_axis_swaps_the_two():
    iris = datasets.load_iris()
    stepper = Stepper(iris.x, 3, columns=iris.columns)
    across, up = stepper._axis_choices
    up.value = 0
    assert (across.value, up.value) == (1, 0)
    assert stepper._picture._points_ax.get_xlabel() == "sepal width (cm)"
    assert stepper._picture._points_ax.get_ylabel() == "sepal length (cm)"


def test_a_new_run_begins_at_its_start_wherever_the_slider_stood(post):
    stepper = Stepper(post.x, post.start)
    stepper._start.value = "random points"
    lengths = []
    for seed in range(1, 6):
        stepper.go(stepper.playback.last_frame)
        stepper._seed.value = seed
        lengths.append(stepper.playback.last_frame)
        assert (stepper.frame, stepper._slider.value) == (0, 0)
        assert stepper._slider.max == stepper.playback.last_frame // 2
    assert min(np.diff(lengths)) < 0 < max(np.diff(lengths))  # shorter runs and longer ones


def test_the_given_start_brings_its_own_k_back(post):
    stepper = Stepper(post.x, post.start)
    stepper._start.value = "random points"
    stepper._k.value = 5
    stepper._start.value = "given"
    assert stepper._k.value == len(stepper.state.mixture.proportions) == 3


def test_words_are_escaped(stepper):
    stepper._say("a < b & c")
    assert "a &lt; b &amp; c" in stepper._sentence.value


def test_names_of_a_data_frame_are_used(post):
    frame = pd.DataFrame(post.x, columns=["east", "north"])
    assert "m: east" in Stepper(frame, post.start)._table.value


def test_the_picture_has_its_size_and_no_figure_is_left_open(stepper):
    import matplotlib.pyplot as plt

    assert imread(BytesIO(stepper._image.value)).shape[:2] == (720, 1440)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"x": [[1.0, np.nan], [0.0, 1.0]]}, ValueError, "x holds nan"),
        ({"x": [1.0, 2.0]}, ValueError, "x must have shape"),
        ({"start": 0}, ValueError, "number of components"),
        ({"start": "K-means"}, TypeError, "start must be a Mixture"),
        ({"start": Mixture([1.0], [[0.0]], [[[1.0]]])}, ValueError, "x must have shape"),
        ({"max_steps": -1}, ValueError, "max_steps"),
        ({"tol": np.nan}, ValueError, "tol"),
        ({"seed": 1.5}, TypeError, "seed"),
        ({"columns": ["only one"]}, ValueError, "columns must name the 2 coordinates"),
    ],
)
def test_bad_arguments_are_named(arguments, error, words):
    good = {"x": np.random.default_rng(0).normal(size=(20, 2)), "start": 2}
    with pytest.raises(error, match=words):
        Stepper(**(good | arguments))


def test_what_a_program_may_call_is_documented():
    for name in ("step", "m_step", "e_step", "back", "reset", "go", "frame", "state"):
        assert inspect.getdoc(getattr(Stepper, name))
