"""The stepper, driven by program as a browser would drive it."""

import gc
import inspect
import weakref
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from gmm_teach import CollapsedComponent, Mixture, Stepper, datasets, e_step, m_step, run_em, starts
from gmm_teach._format import in_print
from gmm_teach.widgets.picture import DRAWN_AT_MOST, Picture
from gmm_teach.widgets.playback import Playback
from gmm_teach.widgets.tables import parameter_table

pytestmark = pytest.mark.usefixtures("coarse_pictures")


@pytest.fixture
def stepper(post):
    return Stepper(post.x, post.start)


def shown(stepper, number=None):
    """What the browser is given for a frame: words and picture."""
    return stepper._draw(stepper.frame if number is None else number)


def press(stepper, frame, stride, edition=None):
    """What a browser sends when a reader moves."""
    edition = stepper.player.edition if edition is None else edition
    stepper.player.set_state({"position": {"edition": edition, "frame": frame, "stride": stride}})


def test_ten_steps_change_picture_table_and_position_and_back_restores_each(stepper):
    stepper.e_step()
    seen = [shown(stepper)]
    for t in range(1, 11):
        stepper.step()
        assert stepper.state.step == t
        words, png = shown(stepper)
        assert words["position"] == f"t = {t} of 12"
        assert png not in [before for _, before in seen]
        assert words["table"] not in [before["table"] for before, _ in seen]
        seen.append((words, png))
    for before in reversed(seen[:-1]):
        stepper.back()
        assert shown(stepper) == before


def test_what_is_shown_is_the_state_at_the_frame(post, stepper):
    run = run_em(post.x, post.start)
    for number in range(-1, stepper.playback.last_frame + 1):
        stepper.go(number)
        t = (number + 1) // 2
        state = run.states[t]
        before = run.states[t - 1].mixture if t else None
        words, _ = shown(stepper)
        assert words["table"] == parameter_table(state.mixture, before, ["x", "y"])
        assert f"log L = {in_print(state.log_likelihood, '.3f')}" in words["alt"]
        assert stepper.state.log_likelihood == state.log_likelihood
        assert stepper.player.frame == stepper.frame == number


def test_half_steps_in_legal_order_only(stepper):
    with pytest.raises(ValueError, match="the E step comes next, not the M step"):
        stepper.m_step()
    stepper.e_step()
    assert stepper.frame == 0
    with pytest.raises(ValueError, match="the M step comes next, not the E step"):
        stepper.e_step()
    stepper.m_step()
    assert stepper.frame == 1
    with pytest.raises(ValueError, match="the E step comes next, not the M step"):
        stepper.m_step()
    stepper.e_step()
    assert stepper.frame == 2
    stepper.go(stepper.playback.last_frame)
    for half_step in (stepper.e_step, stepper.m_step):
        with pytest.raises(ValueError, match="the run has ended"):
            half_step()


def test_the_browser_moves_the_run(stepper):
    press(stepper, 5, 1)
    assert (stepper.frame, stepper.player.stride) == (5, 1)
    assert stepper.state.step == 3
    stepper.step()
    assert stepper.player.frame == 6
    press(stepper, 7, 1)
    stepper.back()
    assert stepper.frame == 6


@pytest.mark.parametrize("stale", [-2, 25, 1000])
def test_a_move_from_a_browser_that_knows_another_run_is_put_right(stepper, stale):
    stepper.go(4)
    press(stepper, stale, 2)
    assert stepper.frame == stepper.player.frame == 4


def test_a_move_in_an_earlier_run_moves_nothing_in_this_one(post, stepper):
    edition = stepper.player.edition
    press(stepper, 5, 1)
    stepper.begin(starts.random_points(post.x, 3, 1))
    press(stepper, 6, 1, edition)  # from a browser that has not yet heard of the new run
    assert (stepper.frame, stepper.player.stride) == (-1, 2)
    press(stepper, 7, 1, edition)
    assert (stepper.frame, stepper.player.stride) == (-1, 2)
    press(stepper, 0, 1)
    assert (stepper.frame, stepper.player.stride) == (0, 1)


def test_a_press_is_not_lost_while_the_same_run_is_drawn_in_another_way(stepper):
    """As on a telephone, which says how narrow it is when the player is on the page already."""
    edition = stepper.player.edition
    stepper.player.set_state({"narrow": True})
    assert stepper.player.edition > edition
    press(stepper, 0, 1, edition)
    assert stepper.player.position == {"edition": stepper.player.edition, "frame": 0, "stride": 1}


def test_reset_goes_to_the_start(stepper):
    stepper.go(7)
    stepper.reset()
    assert stepper.frame == stepper.player.frame == -1


@pytest.mark.slow
def test_every_new_run_is_a_new_edition_that_begins_at_its_start(post, stepper):
    lengths = []
    for seed in range(6):
        stepper.go(stepper.playback.last_frame)
        edition = stepper.player.edition
        stepper.begin(starts.random_points(post.x, 3, seed), f"seed {seed}")
        assert stepper.player.edition > edition
        assert (stepper.frame, stepper.player.frame) == (-1, -1)
        assert stepper.player.last_frame == stepper.playback.last_frame
        lengths.append(stepper.playback.last_frame)
    assert min(np.diff(lengths)) < 0 < max(np.diff(lengths))  # shorter runs and longer ones


@pytest.mark.slow
def test_curves_of_earlier_starts_stay_until_forgotten(post, stepper):
    first = [state.log_likelihood for state in stepper.playback.states]
    stepper.begin(starts.random_points(post.x, 3, 0), "seed 0")
    assert stepper.earlier == [("given", first)]
    legend = stepper._picture._curve_ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [f"\N{MINUS SIGN}{-first[-1]:.3f}  given"]
    for seed in range(1, 8):
        stepper.begin(starts.random_points(post.x, 3, seed), f"seed {seed}")
    assert [name for name, _ in stepper.earlier] == ["seed 3", "seed 4", "seed 5", "seed 6"]
    stepper.forget_earlier()
    assert stepper.earlier == []
    assert stepper._picture._curve_ax.get_legend() is None


def test_a_start_that_cannot_be_changes_nothing(stepper):
    stepper.go(3)
    playback = stepper.playback
    with pytest.raises(ValueError, match="x must have shape"):
        stepper.begin(Mixture([1.0], [[0.0]], [[[1.0]]]))
    assert stepper.playback is playback
    assert (stepper.frame, stepper.earlier) == (3, [])


def test_other_points_bring_their_own_names_start_and_truth(post, stepper):
    iris = datasets.load_iris()
    stepper.use(iris)
    assert stepper.playback.x.shape == (150, 4)
    assert stepper.columns == list(iris.columns)
    assert (stepper.given_start, stepper.true_mixture, stepper.start_name) == (None, None, "K-means")
    stepper.use(post)
    assert stepper.state.mixture is post.start
    assert stepper.true_mixture is post.true_mixture


def test_other_points_keep_the_chosen_number_of_components_where_they_can(stepper):
    stepper.use(datasets.one_point_repeated())
    assert len(stepper.state.mixture.proportions) == 1
    stepper.use(datasets.load_old_faithful())
    assert len(stepper.state.mixture.proportions) == 3


def test_points_whose_names_do_not_fit_change_nothing(stepper):
    stepper.go(3)
    playback = stepper.playback
    with pytest.raises(ValueError, match="columns must name the 2 coordinates"):
        stepper.use(datasets.Dataset([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]], ("x",), "made"))
    assert stepper.playback is playback
    assert (stepper.columns, stepper.frame) == (["x", "y"], 3)


def test_points_with_a_start_of_their_own_may_start_from_k_means_all_the_same(post, stepper):
    stepper.use(post, start=5)
    assert stepper.start_name == "K-means"
    assert np.array_equal(stepper.state.mixture.means, starts.k_means(post.x, 5).means)
    assert stepper.given_start is post.start  # still on offer


def test_every_start_that_draws_at_random_uses_the_seed_that_is_shown():
    """K-means with so many clusters in one cloud ends elsewhere from another seed."""
    x = np.random.default_rng(0).normal(size=(200, 2))

    def means(seed):
        return starts.k_means(x, 8, seed).means

    assert not np.array_equal(means(0), means(7))
    stepper = Stepper(x, 8, seed=7, max_steps=1)
    assert np.array_equal(stepper.state.mixture.means, means(7))
    stepper.begin(8)
    assert np.array_equal(stepper.state.mixture.means, means(7))
    stepper.use(datasets.Dataset(x, ("x", "y"), "made"))
    assert np.array_equal(stepper.state.mixture.means, means(7))
    assert stepper.more.start.seed.value == 7
    stepper.more.start.seed.value = 0
    stepper.use(datasets.Dataset(x, ("x", "y"), "made"))
    assert np.array_equal(stepper.state.mixture.means, means(0))


def test_use_wants_a_dataset(stepper):
    with pytest.raises(TypeError, match="dataset must be a Dataset"):
        stepper.use([[1.0, 2.0]])


def test_a_collapse_is_said_and_marked():
    data = datasets.cluster_and_one_outlier()
    collapsed = Stepper(data.x, 2)
    words, png = shown(collapsed)
    assert "component 2 collapsed at step 1" in words["sentence"]
    assert "Component 2's next M step collapses." in words["alt"]
    stopped = Stepper(data.x, collapsed.state.mixture, max_steps=0)
    assert shown(stopped)[1] != png


def test_many_points_are_thinned_in_the_picture_but_not_in_em():
    x = np.random.default_rng(0).normal(size=(DRAWN_AT_MOST + 1, 2))
    stepper = Stepper(x, 2, max_steps=2)
    assert len(stepper.state.responsibilities) == DRAWN_AT_MOST + 1
    assert len(stepper._picture._x) == DRAWN_AT_MOST


def test_one_dimension_draws_densities():
    stepper = Stepper(datasets.load_old_faithful().x[:, 1:], 2, columns=["waiting (min)"])
    assert stepper._picture._points_ax.get_ylabel() == "density"
    before = shown(stepper)
    stepper.step()
    assert shown(stepper)[1] != before[1]
    assert "m: waiting (min)" in shown(stepper)[0]["table"]


def test_more_dimensions_draw_the_chosen_two():
    iris = datasets.load_iris()
    stepper = Stepper(iris.x, 3, columns=iris.columns)
    stepper.step()
    before = shown(stepper)
    stepper.show_axes(0, 3)
    assert stepper.state.step == 1
    words, png = shown(stepper)
    assert png != before[1]
    assert stepper._picture._points_ax.get_ylabel() == "petal width (cm)"
    assert "m: petal width (cm)" in words["table"]
    assert "sepal width" not in words["table"]


@pytest.mark.parametrize("axes", [(0, 0), (0, 4), (-1, 2), (0,), (0, 1, 2)])
def test_axes_that_cannot_be_change_nothing(axes):
    stepper = Stepper(datasets.load_iris().x, 3, max_steps=1)
    with pytest.raises(ValueError, match="axes"):
        stepper.show_axes(*axes)
    assert tuple(stepper.coordinates) == (0, 1)


@pytest.mark.parametrize(
    "look",
    [
        {"beside": "moons"},
        {"palette": "grey"},
        {"sized_by": 3},
        {"sized_by": -1},
        {"soft": True, "beside": ""},
        {"truth": Mixture([1.0], [[0.0]], [[[1.0]]])},
    ],
)
def test_a_look_that_cannot_be_changes_nothing(stepper, look):
    before = stepper.look
    with pytest.raises(ValueError, match="|".join(look)):
        stepper.restyle(**look)
    assert stepper.look is before


def test_sizes_by_a_component_that_is_no_more_end(post, stepper):
    stepper.restyle(sized_by=2)
    stepper.begin(2)
    assert stepper.look.sized_by is None


# A reader's own code.


def test_good_own_code_takes_the_steps_of_the_module(post):
    own = Stepper(post.x, post.start, e_step=lambda x, m: e_step(x, m), m_step=lambda x, T: m_step(x, T))
    run = run_em(post.x, post.start)
    assert own.playback.mistake is None
    assert [s.log_likelihood for s in own.playback.states] == [s.log_likelihood for s in run.states]


def transposed(x, responsibilities):
    return responsibilities @ x  # the reader's line


def test_own_code_that_raises_is_told_with_its_line(post):
    stepper = Stepper(post.x, post.start, m_step=transposed)
    words, _ = shown(stepper)
    assert words["wrong"]
    assert "your m_step" in words["sentence"]
    assert "return responsibilities @ x" in words["sentence"]
    assert "ValueError" in words["sentence"]


def test_own_code_that_fails_in_its_first_e_step_shows_the_start_of_the_module(post):
    stepper = Stepper(post.x, post.start, e_step=lambda x, mixture: e_step(x, mixture)[0].T)
    words, _ = shown(stepper)
    assert words["wrong"]
    assert "your e_step returned" in words["sentence"]
    assert stepper.state.log_likelihood == e_step(post.x, post.start)[1]


def test_a_log_likelihood_that_falls_is_said(post):
    def hard(x, responsibilities):  # means of the farthest points: a wrong M step
        good = m_step(x, responsibilities)
        return Mixture(good.proportions, good.means[::-1], good.covariances)

    stepper = Stepper(post.x, post.start, m_step=hard, max_steps=3)
    sentences = [shown(stepper, number)[0]["sentence"] for number in range(1, stepper.playback.last_frame + 1)]
    assert any("which a correct EM step never does" in sentence for sentence in sentences)


# What a reader may not notice.


def test_a_closed_stepper_frees_its_run(post):
    stepper = Stepper(post.x, post.start, max_steps=2)
    stepper.begin(starts.random_points(post.x, 3, 1))
    run = weakref.ref(stepper.playback)
    stepper.close()
    del stepper
    gc.collect()
    assert run() is None


@pytest.mark.parametrize(("n", "said"), [(40_000, 1), (100, 0)])
def test_that_em_takes_its_time_is_said_while_it_does(monkeypatch, n, said):
    shown, updated = [], []

    class Shown:
        def update(self, html):
            updated.append((len(ended), html.data))

    ended = []
    run = Playback.__init__
    monkeypatch.setattr("gmm_teach.widgets.stepper.get_ipython", lambda: "a notebook")
    monkeypatch.setattr(
        "gmm_teach.widgets.stepper.display", lambda html, **_: shown.append((len(ended), html.data)) or Shown()
    )
    monkeypatch.setattr(Playback, "__init__", lambda self, *a, **k: (run(self, *a, **k), ended.append(1))[0])
    Stepper(np.random.default_rng(0).normal(size=(n, 1)), 3, max_steps=1)
    assert [words.startswith(f"EM is running on {n:,} points") and before == 0 for before, words in shown] == [
        True
    ] * said
    assert updated == [(1, "")] * said


def test_another_run_is_announced_to_the_browser_before_it_is_computed(post, stepper, monkeypatch):
    seen = []
    stepper.player.observe(lambda change: seen.append(change.new), "working")
    run = Playback.__init__
    monkeypatch.setattr(Playback, "__init__", lambda self, *a, **k: (seen.append("run"), run(self, *a, **k))[1])
    stepper.begin(starts.random_points(post.x, 3, 1))
    assert seen == [True, "run", False]
    with pytest.raises(ValueError, match="x must have shape"):
        stepper.begin(Mixture([1.0], [[0.0]], [[[1.0]]]))
    assert not stepper.player.working


def test_clusters_keep_their_colours_when_another_start_permutes_the_components(post, stepper):
    def colours_at(places):
        mixture, colors = stepper.playback.states[-1].mixture, stepper._picture.colors
        return [colors[k] for k in mixture.predict(places)]

    centres = post.true_mixture.means
    before = colours_at(centres)
    assert len(set(before)) == 3
    start = stepper.playback.states[0].mixture
    for order in ([2, 0, 1], [1, 0, 2]):
        stepper.begin(Mixture(start.proportions[order], start.means[order], start.covariances[order]))
        assert colours_at(centres) == before
    stepper.begin(2)
    two = stepper._picture.colors
    assert len(set(two)) == 2
    stepper.begin(4)
    assert len(set(stepper._picture.colors)) == 4
    assert set(two) < set(stepper._picture.colors)


def test_a_bad_earlier_run_does_not_squash_the_curve(post, stepper):
    far = Mixture(post.start.proportions, post.start.means + 1000.0, post.start.covariances)
    low, high = stepper._picture._curve_ax.get_ylim()
    stepper.begin(far)
    stepper.begin(post.start)
    lower, higher = stepper._picture._curve_ax.get_ylim()
    assert higher - lower < 3 * (high - low)


def test_a_lecture_does_not_give_the_end_away(stepper):
    stepper.restyle(lecture=True)
    for number in (-1, 0, 1, 7, 8):
        words, _ = shown(stepper, number)
        assert " of " not in words["position"]
        assert "t = 4 of" not in words["alt"]
        first, last = stepper._picture._curve_ax.get_xlim()
        assert (first, last) == (-0.5, 5.5)
    shown(stepper, 24)
    assert stepper._picture._curve_ax.get_xlim() == (-0.5, 20.5)
    assert stepper.player.timeline == {}
    assert stepper._picture.panel == {name: stepper.player.panel[name] for name in stepper._picture.panel}
    again = shown(stepper, 7)
    assert again == shown(stepper, 7)


@pytest.mark.usefixtures("sharp_pictures")
def test_scales_are_equal_where_units_and_ranges_allow_it(post, stepper):
    def unit(stepper):
        a, b, c = stepper._picture._points_ax.transData.transform([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        return (b - a)[0] / (c - a)[1]

    def words(stepper):
        return [text.get_text() for text in stepper._picture._points_ax.texts]

    assert unit(stepper) == pytest.approx(1, rel=1e-9)
    assert "different scales across and up" not in words(stepper)
    stepper.restyle(equal=False)
    assert unit(stepper) > 1.5
    assert "different scales across and up" in words(stepper)
    grams = Stepper(post.x, post.start, columns=["length (cm)", "mass (g)"], max_steps=1)
    faithful = datasets.load_old_faithful()
    waiting = Stepper(faithful.x, 2, columns=faithful.columns, max_steps=1)
    for other in (grams, waiting):
        assert not other.more.look.fields["equal"].value
        assert "different scales across and up" in words(other)
        other.more.look.fields["equal"].value = True
        assert unit(other) == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("look", [{}, {"lecture": True}, {"beside": "K-means"}, {"beside": "bound and KL"}])
@pytest.mark.usefixtures("sharp_pictures")
def test_equal_scales_are_exact_in_the_pixels_of_every_layout(post, look, narrow):
    """What the browser knows of the panel, and the size of the PNG that it shows."""
    stepper = Stepper(
        post.x * 1000, Mixture(post.start.proportions, 1000 * post.start.means, 1e6 * post.start.covariances)
    )
    stepper.restyle(equal=True, **look)
    told, contents = stepper.film(0, narrow=narrow)
    panel, (_, png) = told["panel"], contents[-1]
    height, width = imread(BytesIO(png)).shape[:2]
    across = (panel["right"] - panel["left"]) * width / np.ptp(panel["xlim"])
    up = (panel["bottom"] - panel["top"]) * height / np.ptp(panel["ylim"])
    assert across == pytest.approx(up, rel=1e-3)


def test_components_that_are_all_alike_are_said_and_marked():
    x = np.random.default_rng(0).normal(size=(60, 2))
    same = Mixture([0.5, 0.5], [[0.0, 0.0], [0.0, 0.0]], [np.eye(2), np.eye(2)])
    stepper = Stepper(x, same)
    last = stepper.playback.last_frame
    assert "All components are alike." in shown(stepper, last)[0]["alt"]
    end = stepper._picture._draw_end()
    assert [text.get_text() for text in end] == ["all components alike"]


# Looks.


@pytest.mark.parametrize(
    "look",
    [
        {"soft": True},
        {"sized_by": 1},
        {"contours": True},
        {"regions": True},
        {"beside": "K-means"},
        {"beside": "bound and KL"},
        {"palette": "colour-blind safe"},
        {"lecture": True},
    ],
)
@pytest.mark.slow
@pytest.mark.usefixtures("sharp_pictures")
def test_each_look_changes_the_picture_and_never_the_state(stepper, look):
    stepper.go(3)
    plain, state = shown(stepper), stepper.state
    stepper.restyle(**look)
    words, png = shown(stepper)
    assert png != plain[1]
    assert imread(BytesIO(png)).shape[:2] == (720, 1440)
    assert (stepper.frame, stepper.state.log_likelihood) == (3, state.log_likelihood)
    assert words["alt"] == plain[0]["alt"].replace("t = 2 of 12", "t = 2" if "lecture" in look else "t = 2 of 12")
    stepper.restyle(**{name: getattr(Stepper([[0.0], [1.0], [3.0]], 1).look, name) for name in look})
    assert shown(stepper) == plain


def test_the_true_mixture_can_be_dotted(post):
    stepper = Stepper(post.x, post.start, true_mixture=post.true_mixture)
    plain = shown(stepper)
    stepper.restyle(truth=stepper.true_mixture)
    assert shown(stepper)[1] != plain[1]


@pytest.mark.usefixtures("sharp_pictures")
def test_a_picture_depends_on_its_frame_alone(post, stepper):
    wanted = Picture(Playback(post.x, post.start), ["x", "y"], range(2))
    for number in (7, 2, 24, 7, 0):
        assert stepper._picture.png(number) == wanted.png(number)


# Arguments.


def test_names_of_a_data_frame_are_used(post):
    frame = pd.DataFrame(post.x, columns=["east", "north"])
    assert "m: east" in shown(Stepper(frame, post.start))[0]["table"]


def test_no_figure_is_left_open(stepper):
    import matplotlib.pyplot as plt

    shown(stepper)
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
        ({"true_mixture": 3}, TypeError, "true_mixture"),
        ({"true_mixture": Mixture([1.0], [[0.0]], [[[1.0]]])}, ValueError, "true_mixture must have the d = 2"),
        ({"e_step": 3}, TypeError, "e_step"),
    ],
)
def test_bad_arguments_are_named(arguments, error, words):
    good = {"x": np.random.default_rng(0).normal(size=(20, 2)), "start": 2}
    with pytest.raises(error, match=words):
        Stepper(**(good | arguments))


def test_what_a_program_may_call_is_documented():
    public = [name for name in vars(Stepper) if not name.startswith("_")]
    assert {"step", "m_step", "e_step", "back", "reset", "go", "frame", "state", "begin", "use", "freeze"} <= set(
        public
    )
    for name in public:
        assert inspect.getdoc(getattr(Stepper, name)), name


def test_a_collapse_that_own_code_finds_at_the_start_is_shown(post):
    def collapses(x, mixture):
        raise CollapsedComponent(1, "it looks flat to me")

    stepper = Stepper(post.x, post.start, e_step=collapses)
    assert "component 2 collapsed at step 0: it looks flat to me" in shown(stepper)[0]["sentence"]


@pytest.mark.parametrize("component", ["component 2", 3, -1, None])
def test_a_collapse_of_no_component_is_a_mistake_of_own_code(post, component):
    def collapses(x, responsibilities):
        raise CollapsedComponent(component, "what?")

    stepper = Stepper(post.x, post.start, m_step=collapses)
    assert "your m_step raised CollapsedComponent for component" in shown(stepper)[0]["sentence"]


def test_a_dollar_in_a_name_is_a_dollar(post):
    stepper = Stepper(post.x, post.start, columns=["cost $a_$", "$"], max_steps=1)
    shown(stepper)
    assert stepper._picture._points_ax.get_xlabel() == r"cost \$a_\$"
