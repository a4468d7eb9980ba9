"""Moving a component: what changes, what stays, and that what makes no Gaussian changes nothing."""

import numpy as np
import pytest

from gmm_teach import Mixture, Stepper, datasets, run_em
from gmm_teach._format import in_print
from gmm_teach.widgets.move import moved_on_picture

pytestmark = pytest.mark.usefixtures("coarse_pictures")


@pytest.fixture
def stepper():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 2)) + np.repeat([[0, 0], [5, 0]], 20, axis=0)
    return Stepper(x, Mixture([0.4, 0.6], [[0.0, 0.0], [4.0, 1.0]], [np.eye(2), np.eye(2)]), max_steps=6)


def test_em_starts_where_the_component_is_put_and_the_run_before_stays(stepper):
    stepper.go(3)
    here, earlier = stepper.state.mixture, [state.log_likelihood for state in stepper.playback.states]
    stepper.move(1, mean=[3, 3], covariance=[[2, 0.5], [0.5, 1]], proportion=0.25)
    start = stepper.playback.states[0].mixture
    np.testing.assert_array_equal(start.means, [here.means[0], [3, 3]])
    np.testing.assert_array_equal(start.covariances, [here.covariances[0], [[2, 0.5], [0.5, 1]]])
    np.testing.assert_allclose(start.proportions, [0.75, 0.25])
    expected = run_em(stepper.playback.x, start, max_steps=6).states
    assert [s.log_likelihood for s in stepper.playback.states] == [s.log_likelihood for s in expected]
    assert stepper.earlier == [("given", earlier)]
    assert stepper.state.step == 0


def test_the_other_proportions_keep_their_ratios():
    start = Mixture([0.2, 0.3, 0.5], [[0.0], [5.0], [9.0]], np.ones((3, 1, 1)))
    stepper = Stepper([[0.0], [1.0], [5.0], [6.0], [9.0], [10.0]], start)
    stepper.move(2, proportion=0.1)
    np.testing.assert_allclose(stepper.state.mixture.proportions, [0.36, 0.54, 0.1])


@pytest.mark.parametrize(
    ("k", "moved", "error", "what"),
    [
        (2, {"mean": [0, 0]}, ValueError, "k must be 1 or less, but it is 2"),
        (0.0, {"mean": [0, 0]}, TypeError, "k must be a whole number"),
        (0, {}, ValueError, "nothing to move"),
        (0, {"mean": [0]}, ValueError, r"mean must have shape \(2,\)"),
        (0, {"mean": [0, np.nan]}, ValueError, "mean holds nan"),
        (0, {"mean": "here"}, TypeError, "mean holds"),
        (0, {"covariance": [1, 1]}, ValueError, r"covariance must have shape \(2, 2\)"),
        (0, {"covariance": [[1, 2], [2, 1]]}, ValueError, "covariance is not positive definite"),
        (0, {"covariance": [[1, 0.5], [0, 1]]}, ValueError, "covariance is not symmetric"),
        (0, {"covariance": [[0, 0], [0, 1]]}, ValueError, "covariance is not positive definite"),
        (0, {"proportion": 0}, ValueError, "proportion must lie between 0 and 1, but it is 0"),
        (0, {"proportion": 1.5}, ValueError, "proportion must lie between 0 and 1"),
        (0, {"proportion": np.nan}, ValueError, "proportion holds nan"),
        (0, {"proportion": True}, TypeError, "proportion"),
        (0, {"covariance": np.eye(2) * 1e-310}, ValueError, "positive definite|overflows"),
    ],
)
def test_what_makes_no_gaussian_is_refused_and_changes_nothing(stepper, k, moved, error, what):
    stepper.step()
    before = stepper.playback, stepper.frame, stepper.earlier, stepper.player.edition
    with pytest.raises(error, match=what):
        stepper.move(k, **moved)
    assert (stepper.playback, stepper.frame, stepper.earlier, stepper.player.edition) == before


def test_of_many_coordinates_the_drawn_ones_go_where_the_hand_is_and_the_whole_stays_a_covariance():
    iris = datasets.load_iris()
    mixture = run_em(iris.x, 3, max_steps=5).states[-1].mixture
    wanted = np.array([[0.5, 0.3], [0.3, 0.4]])
    after = moved_on_picture(mixture, 1, (0, 2), covariance=wanted)
    np.testing.assert_allclose(after.covariances[1][np.ix_([0, 2], [0, 2])], wanted)
    np.testing.assert_array_equal(
        after.covariances[1][np.ix_([1, 3], [1, 3])], mixture.covariances[1][np.ix_([1, 3], [1, 3])]
    )
    there = moved_on_picture(mixture, 1, (0, 2), mean=[6, 4])
    np.testing.assert_array_equal(there.means[1][[0, 2]], [6, 4])
    np.testing.assert_array_equal(there.means[1][[1, 3]], mixture.means[1][[1, 3]])


def hand(stepper, **message):
    return stepper._on_hand({"component": 0, "done": False} | message)


def test_while_a_hand_moves_a_component_the_frame_follows_and_nothing_is_decided(stepper):
    before = stepper.playback, stepper.frame, stepper.player.edition
    shown = [hand(stepper, mean=[m, 0.5]) for m in (1, 2)]
    assert (stepper.playback, stepper.frame, stepper.player.edition) == before
    assert shown[0]["picture"] != shown[1]["picture"]
    assert shown[0]["table"] != shown[1]["table"]
    start = stepper.playback.states[0].mixture
    trial = Mixture(start.proportions, [[2, 0.5], start.means[1]], start.covariances)
    log_likelihood = in_print(trial.log_likelihood(stepper.playback.x), ".3f")
    assert f"In your hand: log L = {log_likelihood}" in shown[1]["sentence"]
    assert hand(stepper, mean=[2, 0.5], done=True) is None
    np.testing.assert_array_equal(stepper.state.mixture.means, trial.means)


def test_a_hand_that_makes_no_gaussian_is_told_so(stepper):
    before = stepper.playback
    assert "not positive definite" in hand(stepper, covariance=[[1, 2], [2, 1]], done=True)["refused"]
    assert stepper.playback is before


def test_fit_by_hand_lets_em_wait_and_goes_on_from_the_hands_fit(stepper):
    best = max(state.log_likelihood for state in stepper.playback.states)
    stepper.fit_by_hand()
    stepper.move(0, mean=[0.1, 0.1])
    stepper.move(0, mean=[50, 50])
    assert len(stepper.playback.states) == 1
    assert len(stepper.earlier) == 1
    sentence = stepper._draw(0)[0]["sentence"]
    assert f"EM has found, {in_print(best, '.3f')}" in sentence
    assert "below" in sentence
    stepper.move(0, mean=[0.0, 0.0])
    stepper.fit_by_hand(False)
    np.testing.assert_array_equal(stepper.state.mixture.means[0], [0, 0])
    assert len(stepper.playback.states) > 1
    stepper.fit_by_hand()
    stepper.use(datasets.load_old_faithful())
    assert not stepper.by_hand


def test_a_component_keeps_its_colour_wherever_the_hand_takes_it(stepper):
    colors = stepper._picture.colors
    elsewhere = stepper.playback.states[-1].mixture.means[::-1]
    for k, mean in enumerate(elsewhere):  # a start that permutes the components would have other colours
        stepper.move(k, mean=mean)
    assert stepper._picture.colors == colors
    stepper.begin(Mixture([0.5, 0.5], elsewhere[::-1], [np.eye(2)] * 2))
    assert stepper._picture.colors == colors[::-1]


def test_fit_by_hand_has_the_best_of_em_on_its_curve(stepper):
    best = max(state.log_likelihood for state in stepper.playback.states)
    stepper.fit_by_hand()
    stepper.move(0, mean=[9.0, 9.0])
    low, high = stepper._picture._curve_ax.get_ylim()
    assert low < stepper.state.log_likelihood < best < high
