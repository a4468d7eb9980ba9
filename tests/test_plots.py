"""What the drawing functions draw, read back from their artists."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
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
    (first, _) = plots.draw_points(ax, np.zeros((1, 2)), np.array([[0.75, 0.25]]), soft=True)
    wanted = 0.75 * np.array(to_rgb("#1b9e77")) + 0.25 * np.array(to_rgb("#d95f02"))
    assert np.allclose(first.get_facecolor()[0][:3], wanted)


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
