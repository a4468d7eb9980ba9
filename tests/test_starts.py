"""Step 0, in its four forms."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from gmm_teach import CollapsedComponent, datasets, starts

CLOUD = np.random.default_rng(4).normal(size=(80, 2))
RANDOM_STARTS = [starts.k_means, starts.random_points, starts.random_responsibilities]
every_start = pytest.mark.parametrize("start", RANDOM_STARTS)


def test_from_means_is_the_post_start():
    start = starts.from_means([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    np.testing.assert_array_equal(start.proportions, [0.5, 0.5])
    np.testing.assert_array_equal(start.means, [[0, 1, 2], [3, 4, 5]])
    # d x d, as it must be; the post prints K x K
    np.testing.assert_array_equal(start.covariances, [np.eye(3), np.eye(3)])


@pytest.mark.parametrize(
    ("means", "error", "words"),
    [
        ([[0.0, np.nan]], ValueError, r"^means holds nan at index \(0, 1\)"),
        ([[0.0, 1e200]], ValueError, r"^means holds numbers beyond 1e\+140"),
        ([0.0, 1.0], ValueError, r"^means must have shape \(K, d\), but its shape is \(2,\)"),
        ([], ValueError, r"^means is empty"),
        ([["a", "b"]], TypeError, r"^means holds <U1 values"),
        (None, TypeError, r"^means must be an array of numbers, but it is None"),
    ],
)
def test_from_means_refuses_in_words(means, error, words):
    with pytest.raises(error, match=words):
        starts.from_means(means)


@pytest.mark.parametrize("seed", range(5))
def test_k_means_orders_its_components_by_their_first_coordinate(post, seed):
    start = starts.k_means(post.x, 3, seed)
    assert (np.diff(start.means[:, 0]) > 0).all()
    np.testing.assert_allclose(start.means, post.start.means, atol=1e-12)


def test_k_means_centres_are_the_means_of_their_points():
    start = starts.k_means(CLOUD, 4)
    nearest = ((CLOUD[:, None] - start.means) ** 2).sum(axis=2).argmin(axis=1)
    centres = [CLOUD[nearest == k].mean(axis=0) for k in range(4)]
    np.testing.assert_allclose(start.means, centres, rtol=1e-12)


@pytest.mark.parametrize(("K", "d", "apart"), [(3, 2, 2), (10, 2, 10), (10, 10, 6)])
def test_k_means_of_many_points_is_as_good_as_ten_restarts_on_all(K, d, apart):
    draw = np.random.default_rng(K + d)
    means = apart * draw.normal(size=(K, d)) / np.sqrt(d)
    x = means[draw.integers(K, size=40_000)] + draw.normal(size=(40_000, d))
    centres = starts.k_means(x, K).means
    inertia = (((x[:, None] - centres) ** 2).sum(axis=2)).min(axis=1).sum()
    assert inertia < 1.01 * KMeans(n_clusters=K, n_init=10, tol=0, random_state=0).fit(x).inertia_


def test_random_points_are_distinct_points_of_the_data():
    x = datasets.three_distinct_points(30).x
    for seed in range(20):
        means = starts.random_points(x, 3, seed).means
        np.testing.assert_array_equal(np.unique(means, axis=0), np.unique(x, axis=0))


def test_random_responsibilities_start_near_the_centre():
    start = starts.random_responsibilities(np.repeat(CLOUD, 50, axis=0), 3)
    assert np.abs(start.means - CLOUD.mean(axis=0)).max() < 0.2
    # uniform over the ways to share a point out: each component expects a third
    np.testing.assert_allclose(start.proportions, 1 / 3, atol=0.03)


@every_start
def test_a_start_is_the_same_again_from_the_same_seed(start):
    np.testing.assert_array_equal(start(CLOUD, 5, seed=3).means, start(CLOUD, 5, seed=3).means)


@pytest.mark.parametrize("start", [starts.random_points, starts.random_responsibilities])
def test_another_seed_gives_another_start(start):
    assert not np.allclose(start(CLOUD, 5, seed=3).means, start(CLOUD, 5, seed=4).means)


@every_start
@pytest.mark.parametrize("K", [1, np.int64(3), 80])
def test_a_start_has_k_components(start, K):
    mixture = start(CLOUD, K)
    assert mixture.means.shape == (K, 2)
    assert mixture.proportions.sum() == pytest.approx(1, rel=1e-14)


@every_start
def test_a_start_leaves_the_points_and_the_global_generator_alone(start):
    x = CLOUD.copy()
    keys, position = np.random.get_state()[1:3]  # noqa: NPY002 - the old global generator is what is watched
    start(x, 3)
    np.testing.assert_array_equal(x, CLOUD)
    keys_after, position_after = np.random.get_state()[1:3]  # noqa: NPY002
    np.testing.assert_array_equal(keys_after, keys)
    assert position_after == position


@every_start
@pytest.mark.parametrize(
    ("K", "error", "words"),
    [
        (0, ValueError, r"^K must be 1 or more, but it is 0"),
        (-1, ValueError, r"^K must be 1 or more, but it is -1"),
        (81, ValueError, r"^K must be 80, the number of points, or less, but it is 81"),
        (2.0, TypeError, r"^K must be a whole number, but it is 2.0 \(float\)"),
        (True, TypeError, r"^K must be a whole number, but it is True \(bool\)"),
        ("2", TypeError, r"^K must be a whole number, but it is '2' \(str\)"),
        (None, TypeError, r"^K must be a whole number, but it is None"),
    ],
)
def test_a_bad_k_is_refused_in_words(start, K, error, words):
    with pytest.raises(error, match=words):
        start(CLOUD, K)


@every_start
@pytest.mark.parametrize(
    ("seed", "error", "words"),
    [
        (-1, ValueError, r"^seed must be 0 or more, but it is -1"),
        (2**32, ValueError, r"^seed must be 4294967295 or less"),
        (0.5, TypeError, r"^seed must be a whole number, but it is 0.5"),
        (True, TypeError, r"^seed must be a whole number, but it is True"),
        (None, TypeError, r"^seed must be a whole number, but it is None"),
    ],
)
def test_a_bad_seed_is_refused_in_words(start, seed, error, words):
    with pytest.raises(error, match=words):
        start(CLOUD, 2, seed)


@every_start
@pytest.mark.parametrize(("x", "K"), [(datasets.one_point_repeated().x, 2), (datasets.three_distinct_points().x, 4)])
def test_more_components_than_distinct_points_are_refused(start, x, K):
    with pytest.raises(ValueError, match=rf"^x has too few distinct points, {K - 1}, for K = {K} components; lower K"):
        start(x, K)


# ---- from labels


def test_from_labels_fits_each_component_to_its_points():
    iris = datasets.load_iris()
    start = starts.from_labels(iris.x, iris.labels)
    np.testing.assert_allclose(start.proportions, 1 / 3, rtol=1e-15)
    for k in range(3):
        own = iris.x[iris.labels == k]
        np.testing.assert_allclose(start.means[k], own.mean(axis=0), rtol=1e-13)
        np.testing.assert_allclose(start.covariances[k], np.cov(own.T, ddof=0), rtol=1e-10, atol=1e-14)


def test_from_labels_refuses_labels_that_count_from_1():
    with pytest.raises(ValueError, match=r"^labels goes up to 2 but never uses 0; number the components from 0"):
        starts.from_labels(CLOUD, np.arange(80) % 2 + 1)


def test_from_labels_needs_one_label_a_point():
    with pytest.raises(ValueError, match=r"^labels must have shape \(80,\), but its shape is \(79,\)"):
        starts.from_labels(CLOUD, np.zeros(79, dtype=int))


@pytest.mark.parametrize("few", [1, 2])
def test_from_labels_with_too_few_points_for_a_covariance(few):
    labels = np.zeros(80, dtype=int)
    labels[:few] = 1
    with pytest.raises(CollapsedComponent, match=r"^component 2 collapsed: ") as caught:
        starts.from_labels(CLOUD, labels)
    assert caught.value.component == 1


# ---- starts that know the scale


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1e6])
@pytest.mark.parametrize("start", [starts.k_means_clusters, starts.random_places])
def test_a_start_that_knows_the_scale_is_the_same_in_every_unit(start, unit):
    one, other = start(CLOUD, 3, 1), start(unit * CLOUD, 3, 1)
    np.testing.assert_allclose(other.proportions, one.proportions, rtol=1e-12)
    np.testing.assert_allclose(other.means, unit * one.means, rtol=1e-9, atol=1e-12 * unit)
    np.testing.assert_allclose(other.covariances, unit**2 * one.covariances, rtol=1e-9, atol=1e-12 * unit**2)


def test_k_means_clusters_fits_each_component_to_the_points_that_are_nearest_to_its_centre():
    start, centres = starts.k_means_clusters(CLOUD, 3), starts.k_means(CLOUD, 3).means
    labels = ((CLOUD[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    for k in range(3):
        np.testing.assert_allclose(start.covariances[k], np.cov(CLOUD[labels == k].T, bias=True), rtol=1e-10)
        assert start.proportions[k] == pytest.approx((labels == k).mean(), rel=1e-12)


def test_where_a_cluster_is_one_point_all_components_share_the_volume_of_all_points():
    x = datasets.cluster_and_one_outlier().x
    start = starts.k_means_clusters(x, 2)
    np.testing.assert_array_equal(start.means, starts.k_means(x, 2).means)
    np.testing.assert_array_equal(start.proportions, [0.5, 0.5])
    volumes = np.sqrt(np.linalg.det(start.covariances))
    np.testing.assert_allclose(volumes, np.sqrt(np.linalg.det(np.cov(x.T, bias=True))) / 2, rtol=1e-10)


def test_a_covariance_for_every_component_is_checked():
    np.testing.assert_array_equal(starts.from_means([[0.0], [1.0]], [[4.0]]).covariances, [[[4.0]], [[4.0]]])
    with pytest.raises(ValueError, match=r"^covariance must have shape \(1, 1\)"):
        starts.from_means([[0.0], [1.0]], [4.0])
