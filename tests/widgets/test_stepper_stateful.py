"""Six hundred random actions on a stepper, against a plain list of states and an index."""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from scipy.special import softmax
from scipy.stats import multivariate_normal

from gmm_teach import CollapsedComponent, Mixture, Stepper, datasets, run_em, starts
from gmm_teach._format import in_print
from gmm_teach.widgets.picture import BESIDE, Picture
from gmm_teach.widgets.playback import Playback
from gmm_teach.widgets.sheet import count
from gmm_teach.widgets.tables import parameter_table

MAX_STEPS = 6
RECIPES = {
    "K-means": starts.k_means,
    "random points": starts.random_points,
    "random responsibilities": starts.random_responsibilities,
}
SETS = (
    datasets.three_distinct_points,
    datasets.load_old_faithful,
    datasets.load_iris,
    datasets.cluster_and_one_outlier,
)
shares = st.floats(0.0, 1.0)


pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("coarse_pictures")]


def states_from(x, start):
    """The plain list: every State of a run, whether it ends well or in a collapse."""
    try:
        return run_em(x, start, max_steps=MAX_STEPS).states
    except CollapsedComponent as collapse:
        return collapse.states


class ManyActions(RuleBasedStateMachine):
    """The model is `states`, `index` (in half-steps) and `stride`; nothing of it comes from the stepper's own run."""

    def __init__(self):
        super().__init__()
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(30, 2)) + np.repeat([[0, 0], [4, 0], [0, 4]], 10, axis=0)
        start = starts.k_means(self.x, 3)
        self.stepper = Stepper(self.x, start, max_steps=MAX_STEPS)
        self.sketching = False
        self.begin(start)

    def begin(self, start):
        self.states, self.index = states_from(self.x, start), -1
        self.stride = 2
        self.first_edition = self.stepper.player.edition

    @property
    def last(self):
        return 2 * (len(self.states) - 1)

    def move(self, index, stride=None):
        if -1 <= index <= self.last and index != self.index:
            self.stride = self.stride if stride is None else stride
            self.index = index

    # Moves.

    @rule()
    def step(self):
        self.stepper.step()
        self.move(min(2 if self.index < 0 else self.index + 2 - self.index % 2, self.last), 2)

    @rule()
    def back(self):
        self.stepper.back()
        self.move(max(-1, self.index - (1 if self.index % 2 else self.stride)))

    @rule(kind=st.sampled_from("EM"))
    def half_step(self, kind):
        legal = self.index < self.last and kind == "ME"[self.index % 2]
        try:
            (self.stepper.e_step if kind == "E" else self.stepper.m_step)()
            assert legal
            self.move(self.index + 1, 1)
        except ValueError:
            assert not legal

    @rule(index=st.integers(-2, 14))
    def go(self, index):
        try:
            self.stepper.go(index)
            assert -1 <= index <= self.last
            self.index = index
        except ValueError:
            assert not -1 <= index <= self.last

    @rule()
    def reset(self):
        self.stepper.reset()
        self.index = -1

    @rule(index=st.integers(-2, 14), stride=st.sampled_from([1, 2]), late=st.booleans())
    def press_in_the_browser(self, index, stride, late):
        player = self.stepper.player
        if index == self.index:
            return  # no browser sends where it is
        edition = player.edition - late
        player.set_state({"position": {"edition": edition, "frame": index, "stride": stride}})
        if edition >= self.first_edition and not self.sketching:  # else it knew another run, or none of this frame
            self.move(index, stride)

    # Other starts.

    @rule(kind=st.sampled_from(list(RECIPES)), K=st.integers(1, 4), seed=st.integers(-1, 3))
    def choose_a_recipe(self, kind, K, seed):
        room = self.stepper.more.start
        for control, value in ((room.kind, kind), (room.k, K), (room.seed, seed)):
            if (control is room.k and value not in room.k.options) or control.value == value:
                continue
            control.value = value
            wanted = (kind, room.k.value if control is room.kind else K, room.seed.value)
            if self.stepper.more.message:  # refused: the model stays, and so must the run
                assert "Nothing has changed" in self.stepper.more.message
                return
            self.begin(RECIPES[room.kind.value](self.x, room.k.value, room.seed.value))
            assert wanted[0] == room.kind.value

    @rule(k=st.integers(0, 3), side=st.integers(0, 1), share=shares)
    def slide(self, k, side, share):
        room, coordinates = self.stepper.more.start, self.stepper.coordinates
        if k >= len(self.states[0].mixture.proportions) or side >= len(coordinates):
            return
        room.mean.value = k
        slider, start, j = room.sliders[side], self.states[0].mixture, coordinates[side]
        place = slider.min + share * (slider.max - slider.min)
        far = abs(place - start.means[k, j]) > 0.51 * slider.step
        slider.value = place
        if far:
            means = start.means.copy()
            means[k, j] = place
            self.begin(Mixture(start.proportions, means, start.covariances))

    @rule(across=shares, down=shares)
    def click_on_the_sheet(self, across, down):
        self.stepper._on_click(across, down)  # where there is none, the browser sends no click, and this does nothing

    # Hands on the picture.

    @rule(i=st.integers(-1, 30))
    def ask_a_point(self, i):
        mixture = self.states[(self.index + 1) // 2].mixture
        try:
            answer = self.stepper.ask(point=i)
        except ValueError:
            assert not 0 <= i < len(self.x)
            return
        joint = [
            np.log(proportion) + multivariate_normal.logpdf(self.x[i], *parameters)
            for proportion, *parameters in zip(mixture.proportions, mixture.means, mixture.covariances, strict=True)
        ]
        np.testing.assert_allclose(answer.responsibilities, softmax(joint), atol=1e-9)

    @rule(k=st.integers(-1, 3))
    def ask_a_component(self, k):
        t = (self.index + 1) // 2
        try:
            answer = self.stepper.ask(component=k)
        except ValueError:
            assert t == 0 or not 0 <= k < len(self.states[0].mixture.proportions)
            return
        assert answer.weight == pytest.approx(self.states[t - 1].responsibilities[:, k].sum())
        assert np.array_equal(answer.mean, self.states[t].mixture.means[k])

    @rule(k=st.integers(0, 3), share=st.floats(-0.1, 1.1), wide=st.booleans())
    def move_a_component(self, k, share, wide):
        here = self.states[(self.index + 1) // 2].mixture
        K, d = here.means.shape
        mean, covariance = self.x[0], np.eye(d) if wide else -np.eye(d)
        try:
            self.stepper.move(k, mean=mean, covariance=covariance, proportion=None if K == 1 else share)
        except ValueError:
            assert k >= K or not wide or not 0 < share < 1
            return
        others = [j for j in range(K) if j != k]
        proportions, means, covariances = here.proportions.copy(), here.means.copy(), here.covariances.copy()
        if K > 1:
            proportions[others] *= (1 - share) / (proportions.sum() - proportions[k])
            proportions[k] = share
        means[k], covariances[k] = mean, covariance
        self.begin(Mixture(proportions, means, covariances))
        self.index = 0  # with the colours that the reader saw while the hand moved

    @rule(k=st.integers(0, 3), reach=st.floats(-5, 5))
    def hold_a_component_and_let_it_be(self, k, reach):
        if not self.sketching:
            mean = [reach] * min(2, self.x.shape[1])
            self.stepper._on_hand({"component": k, "mean": mean, "done": False})

    @rule(good=st.booleans())
    def type_parameters(self, good):
        room, d = self.stepper.more.start, self.x.shape[1]
        room.proportions.value = "[1/2, 1/2]" if good else "[1/2, 2]"
        room.means.value = str([[0.0] * d, [1.0] * d])
        room.covariances.value = str(np.tile(np.eye(d), (2, 1, 1)).tolist())
        room.use_typed.click()
        assert ("Nothing has changed" in self.stepper.more.message) == (not good)
        if good:
            self.begin(Mixture([0.5, 0.5], [[0.0] * d, [1.0] * d], np.tile(np.eye(d), (2, 1, 1))))

    # Other points.

    def other_points(self, x):
        self.x, self.sketching = x, False
        self.begin(self.stepper.playback.states[0].mixture)  # which start it must be is tested elsewhere

    @rule(good=st.booleans())
    def paste(self, good):
        room = self.stepper.more.data
        rows = [[i, i * i % 7, i * i * i % 5] for i in range(15)]
        room.text.value = "\n".join(" ".join(map(str, row)) for row in rows) + ("" if good else "\n1 2")
        room.use_rows.click()
        assert ("Nothing has changed" in self.stepper.more.message) == (not good)
        if good:
            self.other_points(np.array(rows, dtype=float))

    @rule(load=st.sampled_from(SETS))
    def use_a_set(self, load):
        self.stepper.use(load())
        self.other_points(load().x)

    @rule(on=st.booleans())
    def draw(self, on):
        self.stepper.more.data.drawing.value = on
        self.sketching = on

    @rule()
    def undo(self):
        self.stepper.more.data.undo.click()

    @rule()
    def use_the_drawing(self):
        enough = self.sketching and len(self.stepper.sheet.x) >= 2
        drawn = self.stepper.sheet.x if self.sketching else None
        self.stepper.more.data.use_drawn.click()
        if enough:
            self.other_points(drawn)

    # Other looks.

    @rule(soft=st.booleans(), regions=st.booleans(), beside=st.sampled_from(BESIDE), lecture=st.booleans())
    def look(self, soft, regions, beside, lecture):
        room = self.stepper.more.look
        for name, value in {"soft": soft, "regions": regions, "beside": beside, "lecture": lecture}.items():
            room.fields[name].value = value
        assert (self.stepper.look.soft, self.stepper.look.regions) == (soft, regions)
        assert (self.stepper.look.beside, self.stepper.look.lecture) == (beside, lecture)

    @rule(place=st.integers(0, 1), j=st.integers(0, 3))
    def choose_an_axis(self, place, j):
        if j < self.x.shape[1] and self.x.shape[1] > 2:
            self.stepper.more.look.axes[place].value = j
            assert self.stepper.coordinates[place] == j

    @rule()
    def forget(self):
        self.stepper.forget_earlier()
        assert self.stepper.earlier == []

    # What must hold after every action.

    @invariant()
    def the_position_is_that_of_the_model(self):
        stepper = self.stepper
        assert stepper.frame == self.index
        assert len(stepper.playback.states) == len(self.states)
        assert (stepper.sheet is not None) == self.sketching
        assert stepper.player.first_frame == (self.index if self.sketching else -1)
        assert stepper.player.last_frame == (self.index if self.sketching else self.last)
        assert stepper.player.stride == self.stride

    @invariant()
    def the_state_is_that_of_the_model(self):
        t, owner = (self.index + 1) // 2, max(0, self.index // 2)
        state = self.stepper.state
        assert state.step == t
        assert state.log_likelihood == self.states[t].log_likelihood
        assert np.array_equal(state.mixture.means, self.states[t].mixture.means)
        assert np.array_equal(state.responsibilities, self.states[owner].responsibilities)

    @invariant()
    def the_controls_show_what_is_so(self):
        stepper, room = self.stepper, self.stepper.more.start
        assert room.k.value == len(self.states[0].mixture.proportions)
        assert room.kind.value == stepper.start_name.partition(",")[0]
        assert stepper.more.data.drawing.value == self.sketching
        assert stepper.more.look.fields["beside"].value == stepper.look.beside

    @rule()
    def the_frame_is_that_of_the_state(self):
        words, png = self.stepper._draw(self.stepper.player.frame)
        if self.sketching:
            assert words["sentence"].startswith(f"{count(len(self.stepper.sheet.x))} so far")
            return
        stepper, t, axes = self.stepper, (self.index + 1) // 2, self.stepper.coordinates
        before = self.states[t - 1].mixture.marginal(axes) if t else None
        names = [stepper.columns[j] for j in axes]
        table = parameter_table(self.states[t].mixture.marginal(axes), before, names, stepper._picture.colors)
        assert words["table"] == table
        of_how_many = "" if stepper.look.lecture else f" of {len(self.states) - 1}"  # a lecture does not tell the end
        assert words["position"].partition(",")[0] == f"t = {t}{of_how_many}"
        assert f"log L = {in_print(self.states[t].log_likelihood, '.3f')}" in words["alt"]
        fresh = Playback(self.x, self.states[0].mixture, max_steps=MAX_STEPS)
        # the colours are those of the run before; that they are the right ones is tested elsewhere
        picture = Picture(fresh, stepper.columns, axes, stepper.look, stepper.earlier, order=stepper._order)
        assert png == picture.png(self.index)


TestManyActions = ManyActions.TestCase
TestManyActions.settings = settings(
    max_examples=15,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
