"""What the drawing functions draw, read back from their artists."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from scipy.stats import chi2, norm

from gmm_teach import Mixture, datasets, plots


@pytest.fixture
def ax():
    return Figure().add_subplot()


@pytest.fixture(scope="module")
def tilted():
    return Mixture([1.0], [[1.0, -2.0]], [[[4.0, 1.5], [1.5, 1.0]]])


def test_the_posts_colours():
    assert [plots.component_color(k) for k in range(3)] == ["#1b9e77", "#d95f02", "#7570b3"]


def test_a_palette_has_eight_colours_that_differ():
    assert plots.PALETTES["the post's"] == plots.COLORS
    for colors in plots.PALETTES.values():
        assert len(colors) == len(set(colors)) == 8
        assert [plots.component_color(k, colors) for k in range(16)] == [*colors, *colors]


@pytest.mark.parametrize("vision", ["deuteranopia", "protanopia"])
def test_the_colour_blind_safe_palette_keeps_its_first_colours_apart(vision):
    """Machado, Oliveira and Fernandes, IEEE Transactions on Visualization and Computer Graphics 15 (2009), 1291-1298.

    Their matrices for full severity act on linear RGB. For two of the post's first three colours the distance in the
    CIE 1976 L*a*b* space is small; for those of the safe palette it is not.
    """
    matrix = {
        "protanopia": "0.152286 1.052583 -0.204868 0.114503 0.786281 0.099216 -0.003882 -0.048116 1.051998",
        "deuteranopia": "0.367322 0.860646 -0.227968 0.280085 0.672501 0.047413 -0.011820 0.042940 0.968881",
    }[vision]
    matrix = np.array(matrix.split(), dtype=float).reshape(3, 3)

    def lab(color):
        rgb = np.array(to_rgb(color))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        seen = np.clip(matrix @ linear, 0, 1)
        to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
        white = np.array([0.9505, 1.0, 1.089])
        ratio = np.array(to_xyz) @ seen / white
        f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
        return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

    def closest(colors):
        seen = [lab(color) for color in colors]
        return min(np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i])

    safe, posts = (closest(plots.PALETTES[name][:4]) for name in ("colour-blind safe", "the post's"))
    assert safe > 1.5 * posts


def test_colour_and_marker_together_tell_56_components_apart():
    assert len({(plots.component_color(k), plots.component_marker(k)) for k in range(56)}) == 56


@pytest.mark.parametrize("r", [1, 2])
def test_an_ellipse_lies_r_standard_deviations_out(ax, tilted, r):
    (ellipse,) = plots.draw_ellipses(ax, tilted, deviations=[r])
    # far enlarged, so that the polygon follows the curve closely
    (outline,) = ellipse.get_path().to_polygons(ellipse.get_patch_transform().scale(1e4), closed_only=False)
    away = outline / 1e4 - tilted.means[0]
    squared = np.einsum("ni,ij,nj->n", away, np.linalg.inv(tilted.covariances[0]), away)
    assert len(outline) > 100
    assert np.allclose(np.sqrt(squared), r, rtol=1e-3)


def test_an_ellipse_holds_the_share_of_points_that_it_should(ax, tilted):
    x, _ = tilted.sample(20_000, 0)
    ellipse = plots.draw_ellipses(ax, tilted, deviations=[2])[0]
    path = ellipse.get_patch_transform().transform_path(ellipse.get_path())
    inside = path.contains_points(x).mean()
    share = chi2(2).cdf(4)
    assert abs(inside - share) < 4 * np.sqrt(share * (1 - share) / len(x))


@pytest.mark.parametrize(("times", "drawn"), [(0.9, True), (900, True), (1100, False), (1e9, False), (1e100, False)])
@pytest.mark.parametrize("sides", [(1.0, 1.0), (1.0, 1e-3), (1e-3, 1.0)])
@pytest.mark.parametrize("panel", [1.0, 1e-9, 1e9])
def test_an_ellipse_beyond_reason_is_left_out(ax, times, sides, panel, drawn):
    # dashes around it would take longer than a reader has
    canvas = FigureCanvasAgg(ax.figure)
    ax.set(xlim=(-panel / 2, panel / 2), ylim=(panel / 2, -panel / 2))
    ax.set_axis_off()
    canvas.draw()
    blank = np.array(canvas.buffer_rgba())
    radii = 0.5 * times * panel * np.array(sides)  # which touches an edge of the panel
    centre = [radii[0], 0.0] if sides[0] == 1 else [0.0, radii[1]]
    plots.draw_ellipses(ax, Mixture([1.0], [centre], [np.diag(radii**2)]), deviations=[1])
    ax.set(xlim=(-panel / 2, panel / 2), ylim=(panel / 2, -panel / 2))
    canvas.draw()
    assert (np.array(canvas.buffer_rgba()) != blank).any() == drawn


def test_ellipse_axes_are_roots_of_eigenvalues(tilted):
    deviations, angle = plots.ellipse_axes(tilted.covariances[0])
    direction = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    assert np.allclose(tilted.covariances[0] @ direction, deviations[0] ** 2 * direction)
    assert np.isclose(deviations.prod() ** 2, np.linalg.det(tilted.covariances[0]))


def test_hard_colours_put_each_point_in_its_component(ax):
    x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    artists = plots.draw_points(ax, x, np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]))
    assert np.array_equal(artists[0].get_offsets(), x[:1])
    assert np.array_equal(artists[1].get_offsets(), x[1:])
    assert np.allclose(artists[1].get_facecolor()[0][:3], to_rgb("#d95f02"))


def test_soft_colours_are_mixed_by_responsibility(ax):
    (first,) = plots.draw_points(ax, np.zeros((1, 2)), np.array([[0.75, 0.25]]), soft=True)
    wanted = 0.75 * np.array(to_rgb("#1b9e77")) + 0.25 * np.array(to_rgb("#d95f02"))
    assert np.allclose(first.get_facecolor()[0][:3], wanted)


def test_points_of_which_no_component_is_sure_have_a_rim_and_lie_on_top(ax):
    x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    (soft,) = plots.draw_points(ax, x, np.array([[0.94, 0.06], [0.96, 0.04], [0.0, 1.0]]), soft=True)
    assert np.array_equal(soft.get_offsets(), x[[1, 2, 0]])
    assert soft.get_edgecolor()[:, 3].tolist() == [0, 0, 1]  # opacity


def test_without_responsibilities_points_are_black(ax):
    (artist,) = plots.draw_points(ax, datasets.load_post().x)
    assert len(artist.get_offsets()) == 1100
    assert np.allclose(artist.get_facecolor()[0][:3], 0)


def test_means_have_a_trail_a_cross_and_a_number(ax):
    trail, cross, number = plots.draw_means(ax, np.array([[2.0, 3.0]]), trail=[np.array([[0.0, 0.0]])])
    assert np.array_equal(trail.get_xydata(), [[0.0, 0.0], [2.0, 3.0]])
    assert np.array_equal(cross.get_xydata(), [[2.0, 3.0]])
    assert number.get_text() == "1"


def test_density_in_one_dimension_is_the_mixtures(ax):
    mixture = Mixture([0.3, 0.7], [[0.0], [5.0]], [[[1.0]], [[4.0]]])
    grid = np.linspace(-4, 12, 50)
    total, first, second = plots.draw_density(ax, mixture, grid)
    assert np.allclose(first.get_ydata(), 0.3 * norm(0, 1).pdf(grid))
    assert np.allclose(second.get_ydata(), 0.7 * norm(5, 2).pdf(grid))
    assert np.allclose(total.get_ydata(), first.get_ydata() + second.get_ydata())


def test_the_curve_marks_its_last_step(ax):
    curve, mark = plots.draw_log_likelihood(ax, [-30.0, -20.0, -19.0])
    assert np.array_equal(curve.get_xydata(), [[0, -30], [1, -20], [2, -19]])
    assert np.array_equal(mark.get_xydata(), [[2, -19]])


def test_sizes_may_differ_from_point_to_point(ax):
    x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    shares = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])
    first, second = plots.draw_points(ax, x, shares, size=np.array([10.0, 20.0, 30.0]))
    assert list(first.get_sizes()) == [10 * plots.MARKERS["o"]]
    assert list(second.get_sizes()) == [20 * plots.MARKERS["^"], 30 * plots.MARKERS["^"]]


def test_the_truth_is_dotted_and_black(ax, tilted):
    artists = plots.draw_truth(ax, tilted)
    wanted = plots.draw_ellipses(ax, tilted)
    assert [(artist.width, artist.height, artist.angle) for artist in artists] == [
        (ellipse.width, ellipse.height, ellipse.angle) for ellipse in wanted
    ]
    assert {artist.get_linestyle() for artist in artists} == {":"}
    assert {to_hex(artist.get_edgecolor()) for artist in artists} == {"#000000"}


def test_the_truth_in_one_dimension_is_its_density(ax):
    ax.set_xlim(-3, 3)
    (line,) = plots.draw_truth(ax, Mixture([1.0], [[0.0]], [[[4.0]]]))
    assert np.allclose(line.get_ydata(), norm(0, 2).pdf(line.get_xdata()))
    assert (line.get_xdata()[0], line.get_xdata()[-1]) == (-3, 3)


def test_contours_lie_where_the_density_is_halved_and_halved_again(ax):
    mixture = Mixture([0.6, 0.4], [[-1.0, 0.0], [2.0, 1.0]], [np.eye(2), 0.5 * np.eye(2)])
    ax.set(xlim=(-5, 5), ylim=(-4, 4))
    (contours,) = plots.draw_contours(ax, mixture)
    grid = np.stack(np.meshgrid(np.linspace(-5, 5, 401), np.linspace(-4, 4, 401)), axis=-1).reshape(-1, 2)
    largest = mixture.log_density(grid).max()
    halved = (largest - contours.levels) / np.log(2)
    assert np.allclose(halved, np.arange(8, 0, -1), atol=0.02)  # the grid that it is drawn on is coarser
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        assert len(path.vertices) > 20
        assert np.allclose(mixture.log_density(path.vertices), level, atol=0.05)


def test_contours_that_round_to_one_are_not_drawn(ax):
    mixture = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    ax.set(xlim=(1e9, 2e9), ylim=(1e9, 2e9))
    assert plots.draw_contours(ax, mixture) == []
    ax.set(xlim=(1e6, 2e6), ylim=(1e6, 2e6))
    assert len(plots.draw_contours(ax, mixture)) == 1


def test_regions_in_one_dimension_are_stripes(ax):
    mixture = Mixture([0.5, 0.5], [[0.0], [10.0]], [[[1.0]], [[1.0]]])
    ax.set(xlim=(-5, 15), ylim=(0, 1))
    (image,) = plots.draw_regions(ax, mixture)
    tints = image.get_array()
    assert (tints == tints[0]).all()
    change = np.flatnonzero((tints[0][1:] != tints[0][:-1]).any(axis=1))
    assert len(change) == 1
    assert np.linspace(-5, 15, tints.shape[1])[change[0]] == pytest.approx(5, abs=0.2)


@pytest.mark.parametrize("mean", [[0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]])
def test_the_words_of_a_collapse_point_at_the_mean_and_stay_on_the_axes(mean):
    figure = Figure(figsize=(6, 5))
    canvas, ax = FigureCanvasAgg(figure), figure.add_subplot()
    (mark,) = plots.draw_collapsing(ax, np.array(mean), 1.23e-5)
    assert mark.get_text() == "collapsing: smallest\nstandard deviation 1.2e\N{MINUS SIGN}05"
    assert tuple(mark.xy) == tuple(mean)
    assert plots.draw_collapsing(ax, np.array(mean))[0].get_text() == "its next M step\ncollapses"
    words, axes = mark.get_window_extent(canvas.get_renderer()), ax.get_window_extent()
    assert axes.x0 <= words.x0 < words.x1 <= axes.x1
    assert axes.y0 <= words.y0 < words.y1 <= axes.y1


def test_earlier_runs_have_names_final_values_and_lines_that_differ(ax):
    runs = [(f"start {i}", [-30.0, -20.0 - i]) for i in range(4)]
    *lines, legend = plots.draw_earlier_runs(ax, runs)
    for (_, values), line in zip(runs, lines, strict=True):
        assert np.array_equal(line.get_xydata(), list(enumerate(values)))
    assert [text.get_text() for text in legend.get_texts()] == [
        f"\N{MINUS SIGN}{20 + i}.000  start {i}" for i in range(4)
    ]
    assert len({line.get_linestyle() for line in lines}) == 4
    assert plots.draw_earlier_runs(ax, []) == []


def test_names_of_earlier_runs_may_be_left_out(ax):
    line, legend = plots.draw_earlier_runs(ax, [("by hand", [-30.0, -20.0])], named=False)
    assert [text.get_text() for text in legend.get_texts()] == [line.get_label()] == ["\N{MINUS SIGN}20.000"]


@pytest.mark.parametrize(("gain", "divergence"), [(8.0, 2.0), (1e-9, 2.5e-10), (3.0, 0.0)])
def test_the_bar_of_the_bound_is_cut_where_the_bound_is(ax, gain, divergence):
    filled, hatched, *words = plots.draw_bound(ax, gain, divergence)
    assert filled.get_height() == pytest.approx(1 - divergence / gain)
    assert hatched.get_y() == pytest.approx(filled.get_height())
    assert hatched.get_y() + hatched.get_height() == pytest.approx(1)
    assert hatched.get_hatch()
    assert not filled.get_hatch()
    scale = [(word.get_position()[1], float(word.get_text().replace("\N{MINUS SIGN}", "-"))) for word in words[-3:]]
    assert scale == [(0, 0), (0.5, pytest.approx(gain / 2)), (1, pytest.approx(gain))]
    assert len(words) == (5 if divergence else 4)
    assert words[0].get_text() == f"bound\n+ {gain - divergence:.3g}".replace("-", "\N{MINUS SIGN}")


@pytest.mark.parametrize("gain", [0.0, -2.0])
def test_a_step_that_gains_nothing_has_a_bar_without_a_gap(ax, gain):
    filled, hatched, *_ = plots.draw_bound(ax, gain, 0.0)
    assert (filled.get_height(), hatched.get_height()) == (1, 0)


DRAWN = {
    "points": lambda ax, m, T, **given: plots.draw_points(ax, m.sample(50, 0)[0], T, **given),
    "means": lambda ax, m, T, **given: plots.draw_means(ax, m.means, [m.means + 1.0], **given),
    "ellipses": lambda ax, m, T, **given: plots.draw_ellipses(ax, m, **given),
    "log_likelihood": lambda ax, m, T, **given: plots.draw_log_likelihood(ax, T[:, 0], **given),
}


@pytest.mark.parametrize("what", DRAWN)
def test_changed_artists_make_the_same_picture_as_new_ones(what):
    mixtures = [Mixture([0.5, 0.5], [[a, 0.0], [3.0, a]], [np.eye(2), (1 + a) * np.eye(2)]) for a in (0.0, 2.0)]
    shares = [np.random.default_rng(seed).dirichlet([1, 1], 50) for seed in (0, 1)]

    def pixels(ax):
        canvas = FigureCanvasAgg(ax.figure)
        ax.set(xlim=(-5, 8), ylim=(-5, 8))
        canvas.draw()
        return np.array(canvas.buffer_rgba())

    changed, anew = Figure().add_subplot(), Figure().add_subplot()
    artists = DRAWN[what](changed, mixtures[0], shares[0])
    before = pixels(changed)
    assert DRAWN[what](changed, mixtures[1], shares[1], artists=artists) is artists
    DRAWN[what](anew, mixtures[1], shares[1])
    assert (pixels(changed) != before).any()
    assert np.array_equal(pixels(changed), pixels(anew))


@pytest.mark.parametrize("draw", [plots.draw_ellipses, plots.draw_contours, plots.draw_regions, plots.draw_truth])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_on_fresh_axes_the_whole_mixture_is_seen(ax, draw, offset):
    mixture = Mixture([0.5, 0.5], [[-20 + offset, 3.0], [40 + offset, 9.0]], [np.eye(2), 4 * np.eye(2)])
    draw(ax, mixture)
    for (low, high), j in ((ax.get_xlim(), 0), (ax.get_ylim(), 1)):
        assert low < (mixture.means[:, j] - [1.9, 3.9]).min()
        assert high > (mixture.means[:, j] + [1.9, 3.9]).max()
        assert high - low < 100


def test_limits_that_are_set_stay(ax, tilted):
    ax.set(xlim=(0, 1), ylim=(0, 1))
    plots.draw_ellipses(ax, tilted)
    plots.draw_points(ax, [[5.0, 5.0]])
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 1), (0, 1))


FOUR = Mixture([1.0], [np.zeros(4)], [np.eye(4)])
LINE = Mixture([1.0], [[0.0]], [[[1.0]]])


@pytest.mark.parametrize(
    ("draw", "error", "words"),
    [
        (lambda ax: plots.draw_ellipses(ax, FOUR), ValueError, r"mixture has d = 4, .*mixture.marginal\(\[0, 1\]\)"),
        (lambda ax: plots.draw_ellipses(ax, LINE), ValueError, "mixture has d = 1, but this draws d = 2; draw_density"),
        (lambda ax: plots.draw_contours(ax, FOUR), ValueError, "mixture has d = 4"),
        (lambda ax: plots.draw_regions(ax, FOUR), ValueError, "mixture has d = 4"),
        (lambda ax: plots.draw_truth(ax, FOUR), ValueError, "mixture has d = 4, but this draws d = 1 or 2"),
        (lambda ax: plots.draw_density(ax, FOUR, [0.0]), ValueError, "mixture has d = 4, but this draws d = 1"),
        (lambda ax: plots.draw_density(ax, LINE, [[0.0]]), ValueError, r"grid must have shape \(m,\)"),
        (lambda ax: plots.draw_ellipses(ax, [0.5]), TypeError, "mixture must be a Mixture"),
        (lambda ax: plots.draw_points(ax, np.zeros((3, 4))), ValueError, r"x has 4 coordinates.*x\[:, \[0, 1\]\]"),
        (lambda ax: plots.draw_points(ax, [1.0, 2.0]), ValueError, r"x must have shape \(n, d\)"),
        (lambda ax: plots.draw_points(ax, np.zeros((2, 2)), [0, 1]), ValueError, r"np.eye\(K\)\[labels\]"),
        (lambda ax: plots.draw_points(ax, np.zeros((2, 2)), np.ones((3, 1))), ValueError, "responsibilities must have"),
        (lambda ax: plots.draw_points("left", np.zeros((2, 2))), TypeError, "ax must be matplotlib axes"),
        (lambda ax: plots.draw_means(ax, [0.0, 1.0]), ValueError, r"means must have shape \(K, d\)"),
        (lambda ax: plots.draw_log_likelihood(ax, []), ValueError, "log_likelihoods must be one number per step"),
    ],
)
def test_what_cannot_be_drawn_is_named(ax, draw, error, words):
    with pytest.raises(error, match=words):
        draw(ax)
