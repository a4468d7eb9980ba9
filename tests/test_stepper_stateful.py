"""A thousand random actions on a stepper, against a plain list of states, an index, and what the reader chose."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from gmm_teach import CollapsedComponent, Mixture, Stepper, datasets, run_em, starts
from gmm_teach.picture import BESIDE, Look, Picture
from gmm_teach.playback import Playback
from gmm_teach.plots import PALETTES
from gmm_teach.tables import coordinate_names, parameter_table
from gmm_teach.typed import write_numbers

MAX_STEPS = 6
EXAMPLES, ACTIONS = 24, 50
RECIPES = {
    "K-means": starts.k_means,
    "random points": starts.random_points,
    "random responsibilities": starts.random_responsibilities,
}
SETS = (
    datasets.load_post,
    datasets.load_iris,
    datasets.three_distinct_points,
    datasets.points_on_one_line,
    datasets.cluster_and_one_outlier,
    datasets.point_40_deviations_away,
)
LOOKS = st.one_of(
    st.tuples(st.sampled_from(["soft", "contours", "regions", "lecture"]), st.booleans()),
    st.tuples(st.just("beside"), st.sampled_from(BESIDE)),
    st.tuples(st.just("palette"), st.sampled_from(list(PALETTES))),
    st.tuples(st.just("sized_by"), st.sampled_from([None, 0, 1, 2, 3])),
)
NONSENSE = {
    "a start of another d": lambda stepper: stepper.begin(Mixture([1.0], [[0.0] * 7], [np.eye(7)])),
    "no component": lambda stepper: stepper.begin(0),
    "no start": lambda stepper: stepper.begin("K-means"),
    "no dataset": lambda stepper: stepper.use([[1.0, 2.0]]),
    "one axis twice": lambda stepper: stepper.show_axes(0, 0),
    "an axis too far": lambda stepper: stepper.show_axes(0, 9),
    "no panel": lambda stepper: stepper.restyle(beside="moons"),
    "no palette": lambda stepper: stepper.restyle(palette="grey"),
    "a size by no component": lambda stepper: stepper.restyle(sized_by=50),
    "a truth of another d": lambda stepper: stepper.restyle(truth=Mixture([1.0], [[0.0] * 7], [np.eye(7)])),
    "no look": lambda stepper: stepper.restyle(colour="red"),
    "no frame": lambda stepper: stepper.go(2.0),
    "a negative last step": lambda stepper: stepper.freeze(-1),
}
ROWS = [[i, i * i % 7, i * i * i % 5] for i in range(15)]
places = st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)) | st.tuples(st.floats(0.1, 0.5), st.floats(0.2, 0.8))


def states_from(x, start):
    """The plain list: every State of a run, whether it ends well or in a collapse."""
    try:
        return run_em(x, start, max_steps=MAX_STEPS).states
    except CollapsedComponent as collapse:
        return collapse.states


class ManyActions(RuleBasedStateMachine):
    """The model beside the stepper: nothing in it is read off the stepper's own run."""

    actions = 0

    def __init__(self):
        super().__init__()
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(30, 2)) + np.repeat([[0, 0], [4, 0], [0, 4]], 10, axis=0)
        self.names, self.axes = ["x", "y"], (0, 1)
        self.given = starts.k_means(self.x, 3)
        self.truth = None
        self.name, self.K, self.seed = "given", 3, 0
        self.states, self.index, self.stride = states_from(self.x, self.given), 0, 2
        self.earlier, self.look, self.mean, self.load, self.texts = [], Look(), None, "", None
        self.sheet = None  # how many points each click put on it, if there is one
        self.clouds = False
        self.stepper = Stepper(self.x, self.given, max_steps=MAX_STEPS)
        self.more = self.stepper.more

    # The model.

    @property
    def last(self):
        return 2 * (len(self.states) - 1)

    @property
    def start(self):
        return self.states[0].mixture

    def move(self, index, stride):
        if index != self.index:
            self.index, self.stride = index, stride

    def begin(self, start, name):
        self.earlier = [*self.earlier, (self.name, [state.log_likelihood for state in self.states])][-4:]
        self.states, self.index, self.stride = states_from(self.x, start), 0, 2
        self.name, self.K, self.texts = name, len(start.proportions), None
        self.drop_what_is_no_more()

    def drop_what_is_no_more(self):
        K = len(self.start.proportions)
        if self.mean is not None and self.mean >= K:
            self.mean = None
        if self.look.sized_by is not None and self.look.sized_by >= K:
            self.choose(sized_by=None)

    def choose(self, **changes):
        self.look = Look(**(vars(self.look) | changes))

    def begin_with(self, kind, K, seed):
        """What the three controls of a start do; a start that cannot be is refused in words."""
        if kind == "given":
            self.begin(self.given, "given")
            return
        try:
            start = RECIPES[kind](self.x, K, seed)
        except ValueError:
            assert self.refused()
            return
        assert not self.more.message
        self.seed = seed
        self.begin(start, f"{kind}, K = {K}, seed {seed}")

    def other_points(self, data):
        self.x, self.names, self.axes = data.x, list(data.columns), tuple(range(min(2, data.x.shape[1])))
        self.given, self.truth = getattr(data, "start", None), getattr(data, "true_mixture", None)
        K = min(self.K, len(np.unique(self.x, axis=0)))
        start, self.name = (self.given, "given") if self.given else (starts.k_means(self.x, K, self.seed), "K-means")
        self.states, self.index, self.stride = states_from(self.x, start), 0, 2
        self.earlier, self.sheet, self.clouds, self.texts = [], None, False, None
        self.choose(sized_by=None, truth=None)
        self.drop_what_is_no_more()

    def refused(self):
        return self.more.message.endswith("Nothing has changed.")

    # Moves.

    @rule(moves=st.lists(st.sampled_from(["step", "back", "m_step", "e_step"]), min_size=1, max_size=6))
    def press(self, moves):
        for move in moves:
            legal = self.index < self.last and move == ("m_step", "e_step")[self.index % 2]
            if move == "step":
                self.stepper.step()
                self.move(min(self.index + 2 - self.index % 2, self.last), 2)
            elif move == "back":
                self.stepper.back()
                self.index = max(0, self.index - (1 if self.index % 2 else self.stride))
            elif legal:
                getattr(self.stepper, move)()
                self.move(self.index + 1, 1)
            else:
                with pytest.raises(ValueError, match=r"comes next|has ended"):
                    getattr(self.stepper, move)()
            self.the_position_is_that_of_the_model()

    @rule(index=st.integers(-2, 14))
    def go(self, index):
        if 0 <= index <= self.last:
            self.stepper.go(index)
            self.index = index
        else:
            with pytest.raises(ValueError, match="frame must be"):
                self.stepper.go(index)

    @rule()
    def reset(self):
        self.stepper.reset()
        self.index = 0

    @rule(moves=st.lists(st.tuples(st.integers(-2, 14), st.sampled_from([1, 2])), min_size=1, max_size=5))
    def press_in_the_browser(self, moves):
        for index, stride in moves:
            self.stepper.player.set_state({"frame": index, "stride": stride})
            if self.sheet is None and 0 <= index <= self.last:
                self.index, self.stride = index, stride
            self.the_position_is_that_of_the_model()  # a frame of an earlier run is put right at once

    # Other starts.

    @rule(kind=st.sampled_from(["given", *RECIPES]))
    def choose_a_kind(self, kind):
        room = self.more.start
        if kind in room.kind.options and kind != room.kind.value:
            room.kind.value = kind
            self.begin_with(kind, len(self.start.proportions), self.seed)

    @precondition(lambda self: not self.more.start.k.disabled)
    @rule(K=st.integers(1, 6))
    def choose_k(self, K):
        room = self.more.start
        if K in room.k.options and room.k.value != K:
            room.k.value = K
            self.begin_with(self.name.partition(",")[0], K, self.seed)

    @precondition(lambda self: not self.more.start.seed.disabled)
    @rule(seed=st.integers(-1, 4))
    def choose_a_seed(self, seed):
        room = self.more.start
        if seed != room.seed.value:
            room.seed.value = seed
            self.begin_with(self.name.partition(",")[0], len(self.start.proportions), seed)

    @rule(k=st.sampled_from([None, 0, 1, 2, 3]))
    def choose_a_mean(self, k):
        if k is None or k < len(self.start.proportions):
            self.more.start.mean.value = "" if k is None else k
            self.mean = k

    @rule(place=places)
    def click(self, place):
        before = None if self.sheet is None else len(self.stepper.sketch.x)
        found = self.stepper._picture.point_at(*place) if self.sheet is None else None
        self.stepper._on_click(*place)
        if before is not None:
            added = len(self.stepper.sketch.x) - before
            assert added in (0, 10 if self.clouds else 1)
            self.sheet += [added] * (added > 0)
        elif found is not None and self.mean is not None:
            self.move_the_mean(dict(zip(self.axes, found, strict=False)))

    @rule(i=st.integers(0, 1), share=st.floats(0.0, 1.0))
    def slide(self, i, share):
        slider = self.more.start.sliders[i]
        if self.mean is None or i >= len(self.axes):
            assert slider.layout.display == "none"
            return
        value = slider.min + share * (slider.max - slider.min)
        far = abs(value - slider.value) > 0.51 * slider.step  # a browser rounds by less
        slider.value = value
        if far:
            self.move_the_mean({self.axes[i]: value})

    def move_the_mean(self, coordinates):
        means = self.start.means.copy()
        for j, value in coordinates.items():
            means[self.mean, j] = value
        self.begin(Mixture(self.start.proportions, means, self.start.covariances), "by hand")

    @precondition(lambda self: self.mean is None)
    @rule(place=places)
    def take_clicks(self, place):
        taken = []
        self.stepper.take_clicks(taken.append)
        assert self.stepper.player.tool
        if self.sheet is None:
            self.stepper._on_click(*place)
            found = self.stepper._picture.point_at(*place)
            assert len(taken) == (found is not None)
            assert not taken or np.array_equal(taken[0], found)
        self.stepper.take_clicks(None)

    @rule(proportions=st.sampled_from(["[1/2, 1/2]", "[1/4, 3/4]", "[1/2, 2]", "[1/2, 1/2", "[1]"]))
    def type_parameters(self, proportions):
        room, d = self.more.start, self.x.shape[1]
        start = np.array([[0.0] * d, [1.0] * d]), np.tile(np.eye(d), (2, 1, 1))
        texts = proportions, str(start[0].tolist()), str(start[1].tolist())
        room.proportions.value, room.means.value, room.covariances.value = texts
        room._on_typed()
        if proportions in ("[1/2, 1/2]", "[1/4, 3/4]"):
            assert not self.more.message
            share = 0.5 if "2" in proportions else 0.25
            self.begin(Mixture([share, 1 - share], *start), "typed")
        else:
            assert self.refused()
            self.texts = texts

    # Other points.

    @rule(by=st.sampled_from(["paste", "upload"]), good=st.booleans())
    def read_rows(self, by, good):
        room = self.more.data
        text = "\n".join(" ".join(map(str, row)) for row in ROWS) + ("" if good else "\n1 2")
        if by == "paste":
            room.text.value = text
            room._on_paste()
            assert room.text.value == text
        else:
            content = memoryview(text.encode())
            room.upload.value = ({"name": "a.csv", "type": "", "size": len(content), "content": content},)
            assert room.upload.value == ()
        assert self.refused() != good
        if good:
            self.load = ""
            self.other_points(datasets.Dataset(ROWS, coordinate_names(3), "pasted"))

    @rule(load=st.sampled_from(SETS))
    def use_a_set(self, load):
        if load != self.more.data.named.value:
            self.more.data.named.value = self.load = load
            self.other_points(load())
            assert self.more.message.startswith(f"{len(self.x)} points.")

    @rule(on=st.booleans())
    def draw(self, on):
        if on != (self.sheet is not None):
            self.more.data.drawing.value = on
            self.sheet, self.clouds = ([] if on else None), False

    @precondition(lambda self: self.sheet is not None)
    @rule(on=st.booleans())
    def draw_clouds(self, on):
        self.more.data.clouds.value = self.clouds = on

    @rule()
    def undo(self):
        self.more.data._on_undo()
        if self.sheet:
            self.sheet.pop()

    @rule()
    def use_the_drawing(self):
        drawn = None if self.sheet is None else self.stepper.sketch.x
        self.more.data._on_use_drawn()
        if drawn is None:
            assert not self.more.message  # a late click on a button that went grey
        elif len(drawn) < 2:
            assert self.refused()
        else:
            self.load = ""
            self.other_points(datasets.Dataset(drawn, ("x", "y"), "drawn"))

    # Other looks.

    @rule(look=LOOKS)
    def restyle(self, look):
        name, value = look
        if name == "sized_by" and value is not None and value >= len(self.start.proportions):
            return
        control = getattr(self.more.look, "colours" if name == "soft" else name)
        control.value = "" if value is None else value
        self.choose(**{name: value})

    @precondition(lambda self: self.truth is not None)
    @rule(on=st.booleans())
    def dot_the_truth(self, on):
        self.more.look.truth.value = on
        self.choose(truth=self.truth if on else None)

    @precondition(lambda self: self.x.shape[1] > 2)
    @rule(place=st.integers(0, 1), j=st.integers(0, 3))
    def choose_an_axis(self, place, j):
        if j < self.x.shape[1]:
            self.more.look.axes[place].value = j
            other = self.axes[1 - place] if j != self.axes[1 - place] else self.axes[place]
            self.axes = (j, other) if place == 0 else (other, j)

    @rule()
    def forget(self):
        self.stepper.forget_earlier()
        self.earlier = []

    @rule(what=st.sampled_from(list(NONSENSE)))
    def ask_for_nonsense(self, what):
        edition = self.stepper.player.edition
        with pytest.raises((TypeError, ValueError)):
            NONSENSE[what](self.stepper)
        assert self.stepper.player.edition == edition

    # What must hold after every action.

    @invariant()
    def the_position_is_that_of_the_model(self):
        type(self).actions += 1
        stepper, player, drawing = self.stepper, self.stepper.player, self.sheet is not None
        assert (stepper.frame, stepper.playback.stride) == (self.index, self.stride)
        assert (player.frame, player.stride) == (0 if drawing else self.index, self.stride)
        assert player.last_frame == (0 if drawing else self.last)
        assert stepper.playback.last_frame == self.last

    @invariant()
    def the_state_is_that_of_the_model(self):
        t, owner = (self.index + 1) // 2, self.index // 2
        state = self.stepper.state
        assert state.step == t
        assert state.log_likelihood == self.states[t].log_likelihood
        for name in ("proportions", "means", "covariances"):
            assert np.array_equal(getattr(state.mixture, name), getattr(self.states[t].mixture, name))
        assert np.array_equal(state.responsibilities, self.states[owner].responsibilities)

    @invariant()
    def the_controls_of_the_start_show_what_is_so(self):
        room, kind = self.more.start, self.name.partition(",")[0]
        assert (room.kind.value, room.k.value, room.seed.value) == (kind, len(self.start.proportions), self.seed)
        assert room.k.disabled == room.seed.disabled == (kind not in RECIPES)
        assert ("given" in room.kind.options) == (self.given is not None)
        assert room.mean.value == ("" if self.mean is None else self.mean)
        assert self.stepper.player.tool == (self.sheet is not None or self.mean is not None)
        for i, slider in enumerate(room.sliders):
            shown = self.mean is not None and i < len(self.axes)
            assert slider.layout.display == (None if shown else "none")
            assert not shown or slider.value == self.start.means[self.mean, self.axes[i]]
        mixture = self.start
        texts = self.texts or tuple(map(write_numbers, (mixture.proportions, mixture.means, mixture.covariances)))
        assert (room.proportions.value, room.means.value, room.covariances.value) == texts

    @invariant()
    def the_controls_of_points_and_look_show_what_is_so(self):
        data, look, d = self.more.data, self.more.look, self.x.shape[1]
        drawing = self.sheet is not None
        assert (data.drawing.value, data.clouds.value, data.named.value) == (drawing, self.clouds, self.load)
        assert [control.disabled for control in data._while_drawing] == [not drawing] * 3
        assert not drawing or len(self.stepper.sketch.x) == sum(self.sheet)
        assert np.array_equal(self.stepper.playback.x, self.x)
        assert (self.stepper.look, self.stepper.earlier) == (self.look, self.earlier)
        wanted = self.look
        assert (look.colours.value, look.beside.value, look.palette.value) == (
            wanted.soft,
            wanted.beside,
            wanted.palette,
        )
        assert look.sized_by.value == ("" if wanted.sized_by is None else wanted.sized_by)
        assert (look.contours.value, look.regions.value) == (wanted.contours, wanted.regions)
        assert look.lecture.value == self.stepper.player.lecture == wanted.lecture
        assert (look.truth.value, look.truth.disabled) == (wanted.truth is not None, self.truth is None)
        assert (tuple(self.stepper.axes), self.stepper.columns) == (self.axes, self.names)
        assert [choice.layout.display for choice in look.axes] == [None if d > 2 else "none"] * 2
        assert d <= 2 or tuple(choice.value for choice in look.axes) == self.axes

    @rule()
    def look_at_the_frame(self):
        """What the browser would be sent: words and table of the model's state, and the pixels of a new picture."""
        words, png = self.stepper._draw(self.stepper.player.frame)
        if self.sheet is not None:
            assert words["sentence"].startswith(f"{sum(self.sheet)} points so far.")
            return
        t, owner = (self.index + 1) // 2, self.index // 2
        after, before = self.states[t], self.states[t - 1].mixture.marginal(self.axes) if t else None
        names = [self.names[j] for j in self.axes]
        mixture = after.mixture.marginal(self.axes)
        assert words["table"] == parameter_table(mixture, before, names, self.stepper._picture.colors)
        half = ", M step done" if self.index % 2 else ""
        assert words["position"] == f"t = {t} of {len(self.states) - 1}{half}"
        assert f"log L = {after.log_likelihood:.3f}." in words["alt"]
        counts = [int(count) for count in re.findall(r"Component \d+: (\d+) points", words["alt"])]
        K = len(after.mixture.proportions)
        assert counts == np.bincount(self.states[owner].responsibilities.argmax(axis=1), minlength=K).tolist()
        fresh = Playback(self.x, self.start, max_steps=MAX_STEPS)
        assert png == Picture(fresh, self.names, self.axes, self.look, self.earlier).png(self.index)


def test_a_thousand_random_actions():
    run_state_machine_as_test(
        ManyActions,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=ACTIONS,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert ManyActions.actions > 1000
