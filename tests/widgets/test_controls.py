"""What is behind the control More: each choice does what it says, and what cannot be is said and changes nothing."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from gmm_teach import Stepper, datasets, starts

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("coarse_pictures")]


@pytest.fixture
def stepper(post):
    return Stepper(post.x, post.start, true_mixture=post.true_mixture)


def start_of(stepper):
    return stepper.playback.states[0].mixture


def press(room, text):
    """Press the button of a room that has this text."""
    (button,) = [
        widget for row in room.children for widget in row.children if getattr(widget, "description", "") == text
    ]
    assert not button.disabled
    button.click()


def upload(content):
    file = {"name": "a.csv", "type": "text/csv", "size": len(content), "content": memoryview(content)}
    return (file | {"last_modified": datetime(2026, 1, 1)},)


def test_more_is_closed_until_asked(stepper):
    more = stepper.more
    assert more._behind.layout.display == "none"
    more.switch.value = True
    assert more._behind.layout.display == "flex"
    more.switch.value = False
    assert more._behind.layout.display == "none"


@pytest.mark.parametrize("name", ["K-means", "random points", "random responsibilities"])
@pytest.mark.slow
def test_choosing_a_start_runs_from_it(post, stepper, name):
    room = stepper.more.start
    room.kind.value = name
    room.seed.value = 4
    room.k.value = 4
    function = getattr(starts, name.lower().replace("-", "_").replace(" ", "_"))
    assert np.array_equal(start_of(stepper).means, function(post.x, 4, 4).means)
    assert stepper.frame == -1
    room.kind.value = "given"
    assert start_of(stepper) is post.start
    assert (room.k.value, room.k.disabled, room.seed.disabled) == (3, True, True)


def test_a_seed_that_cannot_be_is_explained_and_the_run_kept(stepper):
    room = stepper.more.start
    room.kind.value = "random points"
    stepper.step()
    playback = stepper.playback
    room.seed.value = -3
    assert "seed must be 0 or more, but it is -3" in stepper.more.message
    assert "Nothing has changed" in stepper.more.message
    assert stepper.playback is playback
    assert stepper.frame == 2
    assert room.seed.value == 0  # what still holds
    room.seed.value = 5
    assert stepper.more.message == ""
    assert room.seed.value == stepper.seed == 5


def test_more_components_than_distinct_points_is_explained_and_the_run_kept():
    stepper = Stepper(datasets.three_distinct_points().x, 1)
    stepper.more.start.k.value = 5
    assert "too few distinct points, 3, for K = 5" in stepper.more.message
    assert stepper.more.start.k.value == len(start_of(stepper).proportions) == 1


def test_a_slider_moves_the_chosen_mean_and_a_rounding_does_not(stepper):
    room = stepper.more.start
    room.mean.value = 0
    start = start_of(stepper)
    across, up = room.sliders
    assert (across.value, up.value) == pytest.approx(tuple(start.means[0]))
    across.value += 0.4 * across.step
    assert start_of(stepper) is start
    across.value = 2.5
    assert start_of(stepper).means[0] == pytest.approx([2.5, start.means[0, 1]])
    assert np.array_equal(start_of(stepper).means[1:], start.means[1:])
    assert np.array_equal(start_of(stepper).covariances, start.covariances)
    assert room.kind.value == "by hand"
    assert [name for name, _ in stepper.earlier] == ["given"]


def test_a_mean_that_is_no_more_is_moved_no_more(stepper):
    room = stepper.more.start
    room.mean.value = 2
    room.kind.value = "K-means"
    room.k.value = 2
    assert room.mean.value == ""
    start = start_of(stepper)
    room.sliders[0].value += 1
    assert start_of(stepper) is start


def test_typed_parameters_start_a_run(stepper):
    room = stepper.more.start
    room.proportions.value = "[1/4, 3/4]"
    room.means.value = "[[0, 0], [2, -1]]"
    room.covariances.value = "[[[1, 0], [0, 1]], [[2, 0.5], [0.5, 1]]]"
    room.use_typed.click()
    start = start_of(stepper)
    assert start.proportions.tolist() == [0.25, 0.75]
    assert start.means.tolist() == [[0, 0], [2, -1]]
    assert start.covariances[1].tolist() == [[2, 0.5], [0.5, 1]]
    assert (room.kind.value, room.k.value) == ("typed", 2)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("means", "[[1, 2], [3, 4]", "means"),
        ("proportions", "[0.5, 0.6, 0.1]", "proportions"),
        ("covariances", "[[[1, 2], [2, 1]]]", "covariances"),
        ("means", "__import__('os')", "means"),
        ("proportions", "[1/0, 1, 1]", "proportions"),
    ],
)
def test_typed_nonsense_is_explained_and_stays_to_be_mended(stepper, field, text, words):
    room, playback = stepper.more.start, stepper.playback
    getattr(room, field).value = text
    room.use_typed.click()
    assert words in stepper.more.message
    assert stepper.playback is playback
    assert getattr(room, field).value == text


@pytest.mark.slow
def test_every_named_set_can_be_used(stepper):
    room = stepper.more.data
    for name, load in room.named.options[1:]:
        room.named.value = load
        assert stepper.playback.x.shape == load().x.shape, name
        assert stepper.more.message.startswith(f"{len(load().x)} points."), name
        stepper._draw(stepper.playback.last_frame)


def test_pasted_rows_are_used(stepper):
    room = stepper.more.data
    room.text.value = "width,height\n" + "\n".join(f"{i},{i * i % 7}" for i in range(12))
    press(room, "Use the rows")
    assert stepper.playback.x.shape == (12, 2)
    assert stepper.columns == ["width", "height"]
    assert stepper.more.message.startswith("12 points.")


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n3,x\n", "1\n2\n3", "1,2\n3", "1,nan\n2,3"])
def test_bad_rows_are_explained_and_the_old_points_stay(stepper, text):
    room, playback = stepper.more.data, stepper.playback
    room.text.value = text
    press(room, "Use the rows")
    assert stepper.more.message.endswith("Nothing has changed.")
    assert stepper.playback is playback
    assert room.text.value == text


def test_an_uploaded_file_is_used_and_the_same_again(stepper):
    room = stepper.more.data
    content = "\n".join(f"{i} {i * i % 7} {i * i % 5}" for i in range(12)).encode()
    for _ in range(2):
        stepper.use(datasets.load_post())
        room.upload.value = upload(content)
        assert stepper.playback.x.shape == (12, 3)
        assert room.upload.value == ()


def test_a_bad_file_is_explained_and_the_old_points_stay(stepper):
    room, playback = stepper.more.data, stepper.playback
    room.upload.value = upload(b"\xff\xfe\x00 no text")
    assert stepper.more.message.endswith("Nothing has changed.")
    assert stepper.playback is playback


def test_points_can_be_drawn_taken_back_and_used(post, stepper):
    room = stepper.more.data
    stepper.go(3)
    room.drawing.value = True
    assert stepper.player.first_frame == stepper.player.last_frame == 3
    for place in [(0.3, 0.3), (0.6, 0.6), (0.7, 0.3), (0.5, 0.5), (0.2, 0.8)]:
        stepper._on_click(*place)
    press(room, "Undo")
    assert len(stepper.sheet.x) == 4
    assert "4 points so far" in stepper._draw(0)[0]["sentence"]
    drawn = stepper.sheet.x
    press(room, "Use the drawn points")
    assert np.array_equal(stepper.playback.x, drawn)
    assert (stepper.sheet, room.drawing.value) == (None, False)


def test_leaving_the_sheet_brings_the_run_back_where_it_was(stepper):
    stepper.go(3)
    stepper.more.data.drawing.value = True
    stepper.player.set_state({"position": stepper.player.position | {"frame": 2}})  # a late click
    stepper.more.data.drawing.value = False
    assert (stepper.frame, stepper.player.frame) == (3, 3)
    assert stepper.player.last_frame == stepper.playback.last_frame


def test_too_few_drawn_points_are_explained_and_kept(stepper):
    room = stepper.more.data
    room.drawing.value = True
    stepper._on_click(0.5, 0.5)
    press(room, "Use the drawn points")
    assert "too few for EM" in stepper.more.message
    assert len(stepper.sheet.x) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("soft", True),
        ("sized_by", 1),
        ("beside", "K-means"),
        ("palette", "colour-blind safe"),
        ("contours", True),
        ("regions", True),
        ("equal", False),
        ("lecture", True),
    ],
)
def test_each_look_is_one_choice(stepper, name, value):
    plain = stepper.look
    control = stepper.more.look.fields[name]
    before = control.value
    control.value = value
    assert getattr(stepper.look, name) == value
    control.value = before
    assert replace(stepper.look, equal=None) == plain


def test_the_true_mixture_can_be_asked_for_where_it_is_known(post, stepper):
    room = stepper.more.look
    room.truth.value = True
    assert stepper.look.truth is post.true_mixture
    stepper.use(datasets.load_old_faithful())
    assert (room.truth.value, room.truth.disabled, stepper.look.truth) == (False, True, None)


def test_lecture_mode_reaches_the_browser(stepper):
    stepper.more.look.fields["lecture"].value = True
    assert stepper.player.lecture


def test_the_speed_reaches_the_browser(stepper):
    stepper.more.look.speed.value = 150
    assert stepper.player.interval == 150


def test_axes_are_chosen_and_swap_where_they_would_coincide():
    iris = datasets.load_iris()
    stepper = Stepper(iris.x, 3, columns=iris.columns)
    across, up = stepper.more.look.axes
    up.value = 3
    assert stepper.coordinates == (0, 3)
    up.value = 0
    assert stepper.coordinates == (3, 0)
    assert (across.value, up.value) == (3, 0)


def test_axes_are_offered_only_where_there_is_a_choice(post):
    iris = datasets.load_iris()
    stepper = Stepper(iris.x, 2, max_steps=1)
    for columns, shown in (([0, 1, 2], True), ([0], False), ([3, 1, 0], True), ([0, 1], False)):
        stepper.use(datasets.Dataset(iris.x[:, columns], tuple("abc")[: len(columns)], "a part of iris"))
        room = stepper.more.look
        assert [choice.layout.display for choice in room.axes] == ["flex" if shown else "none"] * 2
    alone = Stepper(iris.x[:, :1], 2, max_steps=1)
    assert [choice.layout.display for choice in alone.more.look.axes] == ["none"] * 2


def test_what_is_said_is_escaped(stepper):
    stepper.more.say("a < b & c")
    assert "a &lt; b &amp; c" in stepper.more._message.value
