"""The picture of a run: what it draws at each frame, read back from its artists."""

import numpy as np
import pytest

from gmm_teach import datasets
from gmm_teach.picture import DRAWN_AT_MOST, Picture
from gmm_teach.playback import Playback


@pytest.fixture
def picture():
    post = datasets.load_post()
    return Picture(post.x, Playback(post.x, post.start), ["x", "y"], range(2))


def artists_of(picture):
    """The moving parts of the points panel and of the curve; taken off the figure again."""
    points, curve = picture._draw_points(False), picture._draw_curve()
    for artist in points + curve:
        artist.remove()
    return points, curve


def test_the_trail_leads_through_every_mean_so_far(picture):
    picture.playback.go(9)
    points, _ = artists_of(picture)
    trails = [artist for artist in points if getattr(artist, "get_marker", str)() == "."]
    wanted = [[state.mixture.means[k] for state in picture.playback.states[:6]] for k in range(3)]
    assert np.array_equal([trail.get_xydata() for trail in trails], wanted)


def test_the_curve_ends_at_the_present_step(picture):
    picture.playback.go(9)
    _, (curve, mark, title) = artists_of(picture)
    wanted = [state.log_likelihood for state in picture.playback.states[:6]]
    assert np.array_equal(curve.get_ydata(), wanted)
    assert mark.get_ydata() == wanted[-1:]
    assert title.get_text() == f"log L = {wanted[-1]:.3f}"


def test_points_carry_the_labels_in_force_at_the_frame(picture):
    for frame in (0, 1, 2):
        picture.playback.go(frame)
        points, _ = artists_of(picture)
        labels = picture.playback.state.responsibilities.argmax(axis=1)
        for k in range(3):
            assert np.array_equal(points[k].get_offsets(), datasets.load_post().x[labels == k])


def test_thinned_points_keep_their_own_responsibilities():
    x = np.random.default_rng(0).normal(size=(2 * DRAWN_AT_MOST, 2)) + [[4.0, 0.0]] * np.ones((2 * DRAWN_AT_MOST, 1))
    x[::2] -= 8
    playback = Playback(x, 2, max_steps=1)
    points, _ = artists_of(Picture(x, playback, ["x", "y"], range(2)))
    drawn = [points[k].get_offsets() for k in range(2)]
    assert sum(map(len, drawn)) == DRAWN_AT_MOST
    labels = playback.state.responsibilities.argmax(axis=1)
    for k in range(2):
        own = {tuple(point) for point in x[labels == k]}
        assert {tuple(point) for point in drawn[k]} <= own


@pytest.mark.parametrize(
    ("frame", "words"), [(0, "t = 0, the start"), (5, "t = 3, after the M step"), (6, "t = 3, after the E step")]
)
def test_the_title_says_which_frame_it_is(picture, frame, words):
    picture.playback.go(frame)
    assert artists_of(picture)[0][-1].get_text() == words


def test_frames_leave_nothing_behind(picture):
    before = [len(ax.get_children()) for ax in picture._canvas.axes]
    first = picture.png()
    for frame in range(1, 12):
        picture.playback.go(frame)
        picture.png(soft=frame % 2 == 0)
    picture.playback.go(0)
    assert picture.png() == first
    assert [len(ax.get_children()) for ax in picture._canvas.axes] == before


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: (datasets.load_old_faithful().x, 2, 1000), "converged"),
        (lambda: (datasets.load_old_faithful().x, 2, 1), "stopped at the last step allowed"),
        (lambda: (datasets.cluster_and_one_outlier().x, 2, 10), "collapsed: component 2"),
    ],
)
def test_the_end_is_marked(make, words):
    x, start, max_steps = make()
    playback = Playback(x, start, max_steps)
    picture = Picture(x, playback, ["x", "y"], range(2))
    if playback.last_frame:
        assert picture._draw_end() == []
    playback.go(playback.last_frame)
    (mark,) = picture._draw_end()
    assert mark.get_text() == words
