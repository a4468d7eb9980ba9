"""The picture of a run: what it draws at each frame, read back from its artists."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.image import imread
from matplotlib.text import Text

from gmm_teach import Mixture, datasets, plots
from gmm_teach.bound import kl_divergence, lower_bound
from gmm_teach.em import e_step, m_step
from gmm_teach.kmeans import lloyd
from gmm_teach.widgets.picture import BESIDE, DRAWN_AT_MOST, Look, Picture
from gmm_teach.widgets.playback import Playback


@pytest.fixture(scope="module")
def playback():
    post = datasets.load_post()
    return Playback(post.x, post.start)


@pytest.fixture(scope="module")
def picture(playback):
    return Picture(playback, ["x", "y"], (0, 1))


@pytest.fixture(scope="module")
def small():
    """Two clusters of few points, and a run of a few steps."""
    x = np.random.default_rng(3).normal(size=(40, 2)) + np.repeat([[0.0, 0.0], [4.0, 1.0]], 20, axis=0)
    return Playback(x, Mixture([0.5, 0.5], [[1.0, 0.0], [2.0, 2.0]], [np.eye(2)] * 2), max_steps=6)


def pictured(playback, **look):
    return Picture(playback, ["x", "y"], (0, 1), Look(**look))


def points_of(picture, number):
    """The moving parts of the panel of points; taken off the figure again."""
    return taken_off(picture._draw_points(picture.playback.at(number)))


def curve_of(picture, number):
    return taken_off(picture._draw_curve(picture.playback.at(number)))


def taken_off(artists):
    for artist in artists:
        if not artist.get_animated():  # else the next frame needs it
            artist.remove()
    return artists


def scattered(artists):
    """The point clouds among artists: those with a place for each point."""
    return [artist for artist in artists if hasattr(artist, "get_offsets") and hasattr(artist, "get_sizes")]


def words_among(artists):
    return [artist.get_text() for artist in artists if hasattr(artist, "get_text")]


# The points and the means.


def test_the_trail_leads_through_every_mean_so_far(picture, playback):
    trails = [artist for artist in points_of(picture, 9) if getattr(artist, "get_marker", str)() == "."]
    wanted = [[state.mixture.means[k] for state in playback.states[:6]] for k in range(3)]
    assert np.array_equal([trail.get_xydata() for trail in trails], wanted)


def test_points_carry_the_labels_in_force_at_the_frame(picture, playback):
    for number in (0, 1, 2):
        points = scattered(points_of(picture, number))
        labels = playback.at(number).state.responsibilities.argmax(axis=1)
        for k in range(3):
            assert np.array_equal(points[k].get_offsets(), playback.x[labels == k])


def test_thinned_points_keep_their_own_responsibilities():
    x = np.random.default_rng(0).normal(size=(2 * DRAWN_AT_MOST, 2))
    x[::2] -= 8
    playback = Playback(x, 2, max_steps=1)
    picture = Picture(playback, ["x", "y"], (0, 1), Look(sized_by=1))
    points = scattered(points_of(picture, 0))
    drawn = [points[k].get_offsets() for k in range(2)]
    assert sum(map(len, drawn)) == DRAWN_AT_MOST
    responsibilities = playback.at(0).state.responsibilities
    labels = responsibilities.argmax(axis=1)
    for k in range(2):
        share = {tuple(point): T for point, T in zip(x[labels == k], responsibilities[labels == k, 1], strict=True)}
        assert {tuple(point) for point in drawn[k]} <= set(share)
        areas = points[k].get_sizes() / plots.MARKERS[plots.component_marker(k)]
        wanted = picture._marker_area * (0.1 + 2.4 * np.array([share[tuple(point)] for point in drawn[k]]))
        assert np.allclose(areas, wanted)


def test_many_points_are_thinned_in_the_picture_and_the_title_says_so():
    x = np.random.default_rng(0).normal(size=(DRAWN_AT_MOST + 1, 2))
    start = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    title = words_among(points_of(Picture(Playback(x, start, 1), ["x", "y"], (0, 1)), 0))[-1]
    assert "a random 5,000 of 5,001 points drawn" in title
    title = words_among(points_of(Picture(Playback(x[:-1], start, 1), ["x", "y"], (0, 1)), 0))[-1]
    assert "drawn" not in title


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (-1, "t = 0, the start"),
        (0, "t = 0, after the E step"),
        (5, "t = 3, after the M step"),
        (6, "t = 3, after the E step"),
    ],
)
def test_the_title_says_which_frame_it_is(picture, number, words):
    assert points_of(picture, number)[-1].get_text() == words


def test_points_are_as_large_as_their_share_of_the_chosen_component(small):
    points = scattered(points_of(pictured(small, sized_by=0), 1))
    responsibilities = small.at(1).state.responsibilities
    labels = responsibilities.argmax(axis=1)
    areas = [points[k].get_sizes() / plots.MARKERS[plots.component_marker(k)] for k in range(2)]
    assert len(np.unique(areas[0].round(6))) > 5
    for k in range(2):
        own = responsibilities[labels == k, 0]
        # area = a + b T: the same straight line for all points, and a tenth of the usual size where the share is 0
        assert np.allclose(areas[k], 36 * (0.1 + 2.4 * own))
    alike = scattered(points_of(pictured(small), 1))
    assert [len(np.unique(cloud.get_sizes())) for cloud in alike] == [1, 1]


def test_soft_colours_reach_the_points(small):
    responsibilities = small.at(0).state.responsibilities
    (points,) = scattered(points_of(pictured(small, soft=True), 0))
    shared = responsibilities.max(axis=1) < 0.95
    order = np.argsort(shared, kind="stable")  # shared points lie on top
    wanted = responsibilities[order] @ [to_rgb(plots.COLORS[0]), to_rgb(plots.COLORS[1])]
    assert np.allclose(points.get_facecolor()[:, :3], wanted)
    assert 0 < shared.sum() < len(shared)


@pytest.mark.parametrize("palette", plots.PALETTES)
def test_a_palette_colours_points_ellipses_and_regions(small, palette):
    colors = plots.PALETTES[palette]
    artists = points_of(pictured(small, palette=palette, regions=True), 0)
    clouds = scattered(artists)
    assert [to_hex(cloud.get_facecolor()[0]) for cloud in clouds] == list(colors[:2])
    ellipses = [artist for artist in artists if hasattr(artist, "get_angle")]
    dark = [to_hex([0.6 * channel for channel in to_rgb(color)]) for color in colors[:2]]
    assert {to_hex(ellipse.get_edgecolor()) for ellipse in ellipses} == set(dark)
    (tints,) = [artist.get_array() for artist in artists if hasattr(artist, "get_extent")]
    assert {to_hex(tint) for tint in tints.reshape(-1, 3)} <= set(colors[:2])


# What may be drawn besides.


def test_regions_contours_and_truth_are_drawn_only_where_asked(small):
    truth = Mixture([1.0], [[2.0, 0.5]], [np.eye(2)])
    plain = len(points_of(pictured(small), 2))
    assert len(points_of(pictured(small, regions=True), 2)) == plain + 1
    assert len(points_of(pictured(small, contours=True), 2)) == plain + 1
    assert len(points_of(pictured(small, truth=truth), 2)) == plain + 2  # one ellipse, one twice as wide


def test_the_tint_of_each_place_is_that_of_the_component_that_predict_gives(small):
    picture = pictured(small, regions=True)
    (image,) = [artist for artist in points_of(picture, 3) if hasattr(artist, "get_extent")]
    tints = image.get_array()
    left, right, bottom, top = image.get_extent()
    assert (left, right, bottom, top) == (*picture._points_ax.get_xlim(), *picture._points_ax.get_ylim())
    height, width = tints.shape[:2]
    mixture = small.at(3).state.mixture
    rng = np.random.default_rng(0)
    labels = set()
    for row, column in rng.integers(0, [height, width], size=(300, 2)):
        # the outermost tints stand for the edges of the axes
        place = [left + (right - left) * column / (width - 1), bottom + (top - bottom) * row / (height - 1)]
        (label,) = mixture.predict([place])
        labels.add(label)
        assert to_hex(tints[row, column]) == plots.COLORS[label]
    assert image.origin == "lower"
    assert labels == {0, 1}


def test_the_truth_is_dotted_in_the_coordinates_that_are_drawn():
    iris = datasets.load_iris()
    truth = Mixture([1.0], [np.arange(4.0)], [np.diag([1.0, 4.0, 9.0, 16.0])])
    picture = Picture(Playback(iris.x, 2, 1), iris.columns, (3, 1), Look(truth=truth))
    dotted = [artist for artist in points_of(picture, 0) if getattr(artist, "get_linestyle", str)() == ":"]
    assert [tuple(ellipse.center) for ellipse in dotted] == [(3.0, 1.0)] * 2
    assert sorted((ellipse.width, ellipse.height) for ellipse in dotted) == [(8, 4), (16, 8)]  # 1 and 2 deviations


def test_one_dimension_draws_a_histogram_with_densities_over_it():
    x = datasets.load_old_faithful().x[:, 1:]
    playback = Playback(x, 2, 3)
    truth = Mixture([1.0], [[70.0]], [[[100.0]]])
    picture = Picture(playback, ["waiting (min)"], (0,), Look(truth=truth, regions=True, contours=True))
    ax = picture._points_ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("waiting (min)", "density")
    bars = ax.patches
    assert sum(bar.get_width() * bar.get_height() for bar in bars) == pytest.approx(1)
    mixture = playback.at(4).state.mixture
    lines = [
        artist for artist in points_of(picture, 4) if hasattr(artist, "get_xdata") and len(artist.get_xdata()) > 99
    ]
    dotted, total, *parts = lines
    assert np.allclose(dotted.get_ydata(), np.exp(truth.log_density(dotted.get_xdata()[:, None])))
    assert np.allclose(total.get_ydata(), np.exp(mixture.log_density(total.get_xdata()[:, None])))
    assert np.allclose(sum(part.get_ydata() for part in parts), total.get_ydata())


# Collapse.


def marks_of(picture, number):
    words = ("collapsing", "collapses", "collapsed")
    return [a for a in points_of(picture, number) if any(word in getattr(a, "get_text", str)() for word in words)]


def test_a_component_whose_next_m_step_collapses_is_marked_without_a_width_that_is_not_small():
    playback = Playback(datasets.cluster_and_one_outlier().x, 2)
    (mark,) = marks_of(Picture(playback, ["x", "y"], (0, 1)), 0)
    assert np.allclose(mark.xy, playback.states[0].mixture.means[playback.collapse.component])
    assert mark.get_text() == "its next M step\ncollapses"
    assert mark.get_color() == plots.ALARM


def test_a_narrow_component_is_marked_at_its_mean_with_its_width(small):
    thin = Mixture([0.5, 0.5], [[0.0, 0.0], [4.0, 1.0]], [np.eye(2), 1e-8 * np.eye(2)])
    playback = Playback(small.x, small.states[0].mixture, 1, m_step=lambda *_: thin)
    (mark,) = marks_of(Picture(playback, ["x", "y"], (0, 1)), 1)
    assert np.allclose(mark.xy, [4.0, 1.0])
    assert mark.get_text() == "collapsing: smallest\nstandard deviation 0.0001"


def test_where_nothing_collapses_nothing_is_marked(picture, playback):
    for number in (0, 1, playback.last_frame):
        assert not any("collapsing" in words for words in words_among(points_of(picture, number)))


# The curve.


def test_the_curve_ends_at_the_present_step(picture, playback):
    curve, mark, title = curve_of(picture, 9)
    wanted = [state.log_likelihood for state in playback.states[:6]]
    assert np.array_equal(curve.get_ydata(), wanted)
    assert mark.get_ydata() == wanted[-1:]
    assert title.get_text() == f"log L = \N{MINUS SIGN}{-wanted[-1]:.3f}"


def test_the_timeline_leads_from_the_curve_to_its_steps(small):
    """Put a dot on the curve, find it in the pixels, and see which step the timeline gives for that place."""
    picture = pictured(small)
    timeline = picture.timeline
    last = len(small.states) - 1
    assert (timeline["first"], timeline["last"]) == (-0.5, last + 0.5)
    for step in (0, last):
        (dot,) = picture._curve_ax.plot(step, picture._curve_ax.get_ylim()[0], "s", color="#ff00ff", clip_on=False)
        pixels = imread(BytesIO(picture._canvas.png([dot])))[..., :3]
        rows, columns = np.nonzero((pixels == [1, 0, 1]).all(axis=2))
        across, down = columns.mean() / pixels.shape[1], rows.mean() / pixels.shape[0]
        share = (across - timeline["left"]) / (timeline["right"] - timeline["left"])
        assert timeline["first"] + share * (timeline["last"] - timeline["first"]) == pytest.approx(step, abs=0.05)
        assert down == pytest.approx(timeline["bottom"], abs=0.01)
        assert 0 < timeline["top"] < timeline["bottom"] < 1


def test_a_place_on_the_panel_of_points_is_given_in_data_coordinates(small):
    picture = pictured(small)
    wanted = small.x[7]
    (dot,) = picture._points_ax.plot(*wanted, "s", color="#ff00ff")
    pixels = imread(BytesIO(picture._canvas.png([dot])))[..., :3]
    rows, columns = np.nonzero((pixels == [1, 0, 1]).all(axis=2))
    shares = (columns.mean() + 0.5) / pixels.shape[1], (rows.mean() + 0.5) / pixels.shape[0]
    place = picture._canvas.place_on(picture._points_ax, *shares)
    assert np.allclose(place, wanted, atol=0.02)


def test_places_off_the_panel_of_points_are_none(small):
    picture = pictured(small)
    timeline = picture.timeline
    on_the_curve = (timeline["left"] + timeline["right"]) / 2, (timeline["top"] + timeline["bottom"]) / 2
    for place in (on_the_curve, (0.0, 0.0), (1.0, 1.0), (-1.0, 0.5), (0.3, 2.0), (np.nan, 0.5)):
        assert picture._canvas.place_on(picture._points_ax, *place) is None


def test_the_end_of_the_curve_is_enlarged_where_it_gains_its_last_hundredth(playback):
    picture = Picture(playback, ["x", "y"], (0, 1), Look(zoom=True), earlier=[("a bad one", [-9000.0, -8000.0])])
    values = np.array([state.log_likelihood for state in playback.states])
    first = round(picture.timeline["first"] + 0.5)
    assert 0 < first < len(values) - 2
    climb = values[-1] - values[0]
    assert values[-1] - values[first] <= 0.01 * climb < values[-1] - values[first - 1]
    low, high = picture._curve_ax.get_ylim()
    assert low < values[first]
    assert values[-1] < high
    assert high - low < 0.02 * climb
    assert "lies below" in " ".join(words_among(picture._draw_curve(playback.at(2 * first - 2))))
    assert "lies below" not in " ".join(words_among(picture._draw_curve(playback.at(2 * first))))


def test_a_tiny_climb_has_its_numbers_in_full(small):
    picture = pictured(small, zoom=True)
    assert picture._curve_ax.get_ylabel() == "log L (nats)"
    assert picture._curve_ax.yaxis.get_offset_text().get_text() == ""


def test_a_bad_run_does_not_squash_the_curve(small):
    values = [state.log_likelihood for state in small.states]
    picture = Picture(small, ["x", "y"], (0, 1), earlier=[("bad", [values[0] - 100 * np.ptp(values)] * 2)])
    low, high = picture._curve_ax.get_ylim()
    assert high - low < 3 * np.ptp(values)


@pytest.mark.parametrize("beside", BESIDE)
def test_type_on_a_phone_is_eleven_pixels_or_more(small, beside):
    picture = Picture(small, ["x", "y"], (0, 1), Look(beside=beside), [("by hand", [-250.0])], narrow=True)
    picture.png(small.last_frame)
    artists = [artist for ax in picture._canvas.axes for artist in ax.findobj(Text) if artist.get_text().strip()]
    assert len(artists) > 20
    shown = 364 / picture._canvas._figure.bbox.width  # CSS pixels on a screen of 390, and pixels drawn
    for artist in artists:
        assert artist.get_fontsize() * picture._canvas._figure.dpi / 72 * shown >= 11, artist.get_text()


def test_earlier_runs_stay_on_the_curve_with_their_names_and_final_values(small):
    earlier = [("random points, K = 2, seed 1", [-300.0, -250.0]), ("by hand", [-200.0] * 20)]
    picture = Picture(small, ["x", "y"], (0, 1), earlier=earlier)
    lines = {line.get_label(): line.get_ydata() for line in picture._curve_ax.get_lines()}
    assert np.array_equal(lines["\N{MINUS SIGN}250.000  random points, K = 2, seed 1"], [-300.0, -250.0])
    assert np.array_equal(lines["\N{MINUS SIGN}200.000  by hand"], [-200.0] * 20)
    legend = picture._curve_ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == list(lines)
    assert picture.timeline["last"] == 19.5  # there is room for the longest
    low, high = picture._curve_ax.get_ylim()
    own = [state.log_likelihood for state in small.states]
    assert low < min(own)
    assert high > max(state.log_likelihood for state in small.states)
    assert pictured(small)._curve_ax.get_legend() is None


@pytest.mark.parametrize("look", [Look(beside="K-means"), Look(lecture=True)])
def test_where_there_is_no_room_earlier_runs_have_values_but_no_names(small, look):
    picture = Picture(small, ["x", "y"], (0, 1), look, [("by hand", [-300.0, -250.0])])
    assert [text.get_text() for text in picture._curve_ax.get_legend().get_texts()] == ["\N{MINUS SIGN}250.000"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Playback(datasets.load_old_faithful().x, 2), "converged"),
        (lambda: Playback(datasets.load_old_faithful().x, 2, 1), "stopped: no step left of 1"),
        (lambda: Playback(datasets.cluster_and_one_outlier().x, 2, 10), "collapsed: component 2"),
        (lambda: Playback(datasets.load_iris().x[:, :2], 2, m_step=lambda *_: None), "your m_step went wrong"),
    ],
)
def test_the_end_is_marked(make, words):
    playback = make()
    picture = Picture(playback, ["x", "y"], (0, 1))
    if playback.last_frame:
        assert words not in words_among(curve_of(picture, playback.last_frame - 1))
    assert words in words_among(curve_of(picture, playback.last_frame))


# The panel between.


def beside(picture, number):
    frame = picture.playback.at(number)
    draw = picture._draw_k_means if picture.look.beside == "K-means" else picture._draw_bound
    return taken_off(draw(picture._beside_ax, frame))


def test_k_means_is_drawn_at_the_same_half_step(small):
    picture = pictured(small, beside="K-means")
    pairs = lloyd(small.x, small.states[0].mixture.means, 20)
    for number in range(small.last_frame + 1):
        step = min((number + 1) // 2, len(pairs) - 1)
        labels = pairs[min(number // 2, len(pairs) - 1)][1]
        artists = beside(picture, number)
        clouds = scattered(artists)
        for k in range(2):
            assert np.array_equal(clouds[k].get_offsets(), small.x[labels == k])
        trails = [artist for artist in artists if getattr(artist, "get_marker", str)() == "."]
        wanted = [[centres[k] for centres, _ in pairs[: step + 1]] for k in range(2)]
        assert np.array_equal([trail.get_xydata() for trail in trails], wanted)
        assert artists[-1].get_text().startswith(f"K-means, t = {step}")


def test_k_means_is_said_to_have_converged_once_nothing_changes():
    x = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [8.0, 9.0], [9.0, 8.0], [9.0, 9.0]]
    start = Mixture([0.5, 0.5], [[1.0, 1.0], [8.0, 8.0]], [np.eye(2) * 9] * 2)
    playback = Playback(x, start)
    picture = pictured(playback, beside="K-means")
    converged = [beside(picture, 2 * t)[-1].get_text().endswith(", converged") for t in range(len(playback.states))]
    assert converged[:2] == [False, False]  # step 1 moves the centres into place; step 2 is the first to change nothing
    assert len(playback.states) > 2
    assert all(converged[2:])


def test_k_means_sees_all_coordinates_whichever_are_drawn():
    iris = datasets.load_iris()
    playback = Playback(iris.x, 3, 4)
    picture = Picture(playback, iris.columns, (1, 2), Look(beside="K-means"))
    pairs = lloyd(iris.x, playback.states[0].mixture.means, 20)
    clouds = scattered(beside(picture, 2))
    for k in range(3):
        assert np.array_equal(clouds[k].get_offsets(), iris.x[pairs[1][1] == k][:, [1, 2]])


def bars(artists):
    return [artist for artist in artists if hasattr(artist, "get_height") and hasattr(artist, "get_hatch")]


@pytest.mark.parametrize("t", [1, 2, 3])
def test_the_bar_shows_the_bound_and_the_kl_divergence_of_an_m_step(small, t):
    picture = pictured(small, beside="bound and KL")
    before, after = small.states[t - 1], small.states[t]
    gain = after.log_likelihood - before.log_likelihood
    bound = lower_bound(small.x, after.mixture, before.responsibilities)
    divergence = kl_divergence(before.responsibilities, after.responsibilities)
    assert after.log_likelihood - bound == pytest.approx(divergence)
    artists = beside(picture, 2 * t - 1)
    filled, hatched = bars(artists)
    assert filled.get_height() == pytest.approx((bound - before.log_likelihood) / gain)
    assert hatched.get_height() == pytest.approx(divergence / gain)
    assert hatched.get_y() == pytest.approx(filled.get_height())
    scale = ["0", f"{gain / 2:.3g}", f"{gain:.3g}"]
    words = [f"bound\n+ {gain - divergence:.3g}", f"KL =\n{divergence:.3g}", *scale, f"log L + {gain:.3g} nats"]
    assert words_among(artists) == words


def test_a_gap_of_rounding_is_none(playback):
    gaps = [
        state.log_likelihood - lower_bound(playback.x, state.mixture, state.responsibilities)
        for state in playback.states
    ]
    assert 0 < max(np.abs(gaps)) < 1e-9
    picture = pictured(playback, beside="bound and KL")
    for t, gap in enumerate(gaps):
        if gap != 0:
            words = words_among(beside(picture, 2 * t))
            assert not any("KL" in said or "no bar" in said for said in words)


@pytest.mark.parametrize("t", [1, 2, 3])
def test_an_e_step_closes_the_gap(small, t):
    artists = beside(pictured(small, beside="bound and KL"), 2 * t)
    filled, hatched = bars(artists)
    assert (filled.get_height(), hatched.get_height()) == (1, 0)
    assert not any("KL" in words for words in words_among(artists))


def with_means_too_far_right(x, responsibilities):
    mixture = m_step(x, responsibilities)
    return Mixture(mixture.proportions, mixture.means + np.array([5.0, 0.0]), mixture.covariances)


def with_all_or_nothing(x, mixture):
    responsibilities, log_likelihood = e_step(x, mixture)
    return np.eye(2)[responsibilities.argmax(axis=1)], log_likelihood


def with_densities_too_small(x, mixture):
    responsibilities, log_likelihood = e_step(x, mixture)
    return responsibilities, log_likelihood - 100.0


def own(small, **half_steps):
    return Playback(small.x, small.states[0].mixture, max_steps=3, **half_steps)


def test_a_wrong_m_step_of_the_reader_has_no_bar(small):
    playback = own(small, m_step=with_means_too_far_right)
    before, after = playback.states[:2]
    gain = after.log_likelihood - before.log_likelihood
    fall = before.log_likelihood - lower_bound(small.x, after.mixture, before.responsibilities)
    assert gain < 0 < fall
    artists = beside(pictured(playback, beside="bound and KL"), 1)
    assert bars(artists) == []
    told, title = words_among(artists)
    assert told == f"no bar: the bound\nis {fall:.3g} below\nthe log L before,\nso a half-step\nis wrong"
    assert title == f"log L \N{MINUS SIGN} {-gain:.3g} nats"


def test_a_log_likelihood_below_the_bound_has_no_bar(small):
    artists = beside(pictured(own(small, e_step=with_densities_too_small), beside="bound and KL"), 2)
    assert bars(artists) == []
    assert words_among(artists)[0].startswith("no bar: the bound\nis 100 above\nlog L,")


def test_labels_without_doubt_leave_a_gap_that_the_bar_shows(small):
    playback = own(small, e_step=with_all_or_nothing)
    picture = pictured(playback, beside="bound and KL")
    for number in (0, 2):
        state = playback.at(number).state
        gap = state.log_likelihood - lower_bound(small.x, state.mixture, state.responsibilities)
        assert gap > 0.1
        words = words_among(beside(picture, number))
        assert f"KL =\n{gap:.3g}" in words if number else words == [f"log L = bound + {gap:.3g}"]


@pytest.mark.parametrize("lecture", [False, True])
def test_the_words_in_place_of_a_bar_stay_on_the_panel(small, lecture):
    ax = pictured(small, beside="bound and KL", lecture=lecture)._beside_ax
    (words,) = plots.draw_no_bound(ax, "the bound\nis 1.23e+05 below\nthe log L before")
    panel, box = ax.get_window_extent(), words.get_window_extent()
    assert panel.x0 < box.x0 < box.x1 < panel.x1
    assert panel.y0 < box.y0 < box.y1 < panel.y1


@pytest.mark.parametrize("lecture", [False, True])
@pytest.mark.parametrize(("gain", "divergence"), [(0.139, 0.0), (12_345.6, 1234.5), (1.23e-5, 1.01e-6)])
def test_the_words_beside_the_bar_stay_on_the_panel(small, lecture, gain, divergence):
    ax = pictured(small, beside="bound and KL", lecture=lecture)._beside_ax
    panel = ax.get_window_extent()
    for artist in plots.draw_bound(ax, gain, divergence):
        box = artist.get_window_extent()
        assert panel.x0 < box.x0 < box.x1 < panel.x1


def test_at_the_start_the_bound_touches(small):
    artists = beside(pictured(small, beside="bound and KL"), 0)
    assert bars(artists) == []
    assert words_among(artists) == ["bound = log L"]


def test_a_panel_between_is_in_the_picture(small):
    pictures = [pictured(small, beside=name).png(3) for name in ("nothing", "K-means", "bound and KL")]
    assert len(set(pictures)) == 3


# The pixels.


@pytest.mark.slow
def test_frames_leave_nothing_behind(small):
    every = {"soft": True, "sized_by": 0, "contours": True, "regions": True, "beside": "K-means", "lecture": True}
    for look in (Look(), Look(**every), Look(beside="bound and KL")):
        picture = Picture(small, ["x", "y"], (0, 1), look)
        first = picture.png(0)
        held = [len(ax.get_children()) for ax in picture._canvas.axes]  # what is moved from frame to frame stays
        for number in range(1, 6):
            assert picture.png(number) != first
        assert picture.png(0) == first
        same = picture.png(3) == Picture(small, ["x", "y"], (0, 1), look).png(3)
        assert same  # to compare the bytes for a message would take minutes
        assert [len(ax.get_children()) for ax in picture._canvas.axes] == held


@pytest.mark.parametrize("look", [Look(), Look(lecture=True), Look(beside="K-means")])
def test_every_picture_has_the_same_size_and_no_figure_is_left_open(small, look):
    import matplotlib.pyplot as plt

    assert imread(BytesIO(Picture(small, ["x", "y"], (0, 1), look).png(0))).shape[:2] == (720, 1440)
    assert plt.get_fignums() == []


def test_a_lecture_has_larger_type_and_thicker_lines(small):
    """In inches on paper the figure is smaller, so that all that is measured in points is larger on the screen."""
    plain, lecture = pictured(small), pictured(small, lecture=True)
    sizes = [picture._canvas._agg.figure.dpi for picture in (plain, lecture)]
    assert sizes[1] > 1.3 * sizes[0]


def test_a_screen_that_is_not_sharp_gets_a_pixel_for_a_pixel(small):
    fine, coarse = (Picture(small, ["x", "y"], (0, 1), fine=fine) for fine in (True, False))
    assert imread(BytesIO(coarse.png(3))).shape == (500, 1000, 3)
    for name, share in coarse.timeline.items():  # clicks mean the same
        assert share == pytest.approx(fine.timeline[name], abs=0.005)


@pytest.mark.parametrize(("unit", "from_0"), [(1e-6, 0), (120, 5412345), (3600, 1.7e9)], ids=["um", "map", "Unix time"])
def test_the_factor_of_an_axis_is_in_its_name_and_not_on_the_title(small, unit, from_0):
    far = Playback(small.x * [1, unit] + [0, from_0], Mixture([1], [[0, from_0]], [np.diag([1, unit**2])]), max_steps=0)
    drawn = Picture(far, ["x", "north"], (0, 1))
    drawn.png(0)
    factor = drawn._points_ax.yaxis.get_offset_text()
    assert not factor.get_visible()
    assert factor.get_text()
    assert factor.get_text() in drawn._points_ax.get_ylabel()
