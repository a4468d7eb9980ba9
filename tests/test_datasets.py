"""The data are what they say they are, and the degenerate sets do go wrong."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import sklearn.datasets

from gmm_teach import CollapsedComponent, datasets, e_step, run_em, starts

LOADERS = {
    "post": (datasets.load_post, (1100, 2)),
    "old_faithful": (datasets.load_old_faithful, (272, 2)),
    "iris": (datasets.load_iris, (150, 4)),
    "points_on_one_line": (datasets.points_on_one_line, (40, 2)),
    "one_point_repeated": (datasets.one_point_repeated, (20, 2)),
    "three_distinct_points": (datasets.three_distinct_points, (30, 2)),
    "cluster_and_one_outlier": (datasets.cluster_and_one_outlier, (61, 2)),
    "two_clusters_in_wild_units": (datasets.two_clusters_in_wild_units, (200, 2)),
    "point_40_deviations_away": (datasets.point_40_deviations_away, (7, 1)),
}
CLASSICS = ("post", "old_faithful", "iris")
every_set = pytest.mark.parametrize(("load", "shape"), LOADERS.values(), ids=LOADERS)


@every_set
def test_points_columns_and_source(load, shape):
    data = load()
    assert data.x.shape == shape
    assert data.x.dtype == np.float64
    assert np.isfinite(data.x).all()
    assert len(data.columns) == shape[1]
    assert data.source
    if data.labels is not None:
        assert data.labels.shape == shape[:1]
        assert data.labels.min() == 0


@every_set
def test_every_load_gives_the_same_points(load, shape):
    np.testing.assert_array_equal(load().x, load().x)


@every_set
def test_the_arrays_are_write_protected(load, shape):
    data = load()
    with pytest.raises(ValueError, match="read-only"):
        data.x[0, 0] = 0
    if data.labels is not None:
        with pytest.raises(ValueError, match="read-only"):
            data.labels[0] = 0
    with pytest.raises(FrozenInstanceError):
        data.x = None


@pytest.mark.parametrize("name", LOADERS)
def test_only_the_made_sets_go_wrong(name):
    assert bool(LOADERS[name][0]().goes_wrong) == (name not in CLASSICS)


# ---- the post


def test_post_labels_and_groups(post):
    assert np.bincount(post.labels).tolist() == [200, 300, 600]
    # the true means, to five standard errors of the mean of each group
    for k, count in enumerate([200, 300, 600]):
        standard_errors = np.sqrt(np.diag(post.true_mixture.covariances[k]) / count)
        assert (np.abs(post.x[post.labels == k].mean(axis=0) - post.true_mixture.means[k]) < 5 * standard_errors).all()


def test_post_true_mixture_is_the_printed_one(post):
    truth = post.true_mixture
    np.testing.assert_allclose(truth.proportions, [2 / 11, 3 / 11, 6 / 11], rtol=1e-15)
    np.testing.assert_array_equal(truth.means, [[-1, -2], [2, 3], [3, -2]])
    np.testing.assert_array_equal([np.diag(S) for S in truth.covariances], [[1, 9], [1, 0.04], [0.25, 0.16]])
    np.testing.assert_array_equal(truth.covariances[:, 0, 1], [0, 0, 0])


def test_post_start_is_equal_proportions_and_identities(post):
    np.testing.assert_array_equal(post.start.proportions, np.full(3, 1 / 3))
    np.testing.assert_array_equal(post.start.covariances, np.tile(np.eye(2), (3, 1, 1)))


def test_post_tables_hold_what_was_printed(post):
    assert list(post.printed_tables) == ["0", "1", "infinity"]
    last = post.printed_tables["infinity"]
    np.testing.assert_array_equal(last.means, [[-0.88, -2.01], [1.94, 3.0], [2.98, -2.03]])
    np.testing.assert_array_equal(last.proportions, [0.18, 0.27, 0.55])
    assert last.covariances.shape == (3, 2, 2)
    assert set(post.printed_log_likelihoods) == {"0", "infinity", "true_parameters_as_printed"}


# ---- the classics


def test_iris_is_the_copy_that_scikit_learn_has():
    ours, theirs = datasets.load_iris(), sklearn.datasets.load_iris()
    np.testing.assert_array_equal(ours.x, theirs.data)
    np.testing.assert_array_equal(ours.labels, theirs.target)


def test_old_faithful_is_the_copy_that_r_has():
    # summary(faithful) in R
    x = datasets.load_old_faithful().x
    np.testing.assert_allclose(x.mean(axis=0), [3.487783, 70.897059], atol=5e-7)
    np.testing.assert_array_equal(x.min(axis=0), [1.6, 43])
    np.testing.assert_array_equal(x.max(axis=0), [5.1, 96])
    assert x[0].tolist() == [3.6, 79]


# ---- the degenerate sets go wrong as they say


@pytest.mark.parametrize("K", [1, 2])
def test_points_on_one_line_collapse_at_once(K):
    with pytest.raises(CollapsedComponent, match=r"at step 1: its points lie in one hyperplane"):
        run_em(datasets.points_on_one_line().x, K)


def test_one_point_repeated_has_no_width():
    with pytest.raises(CollapsedComponent, match=r"at step 1: .* no width"):
        run_em(datasets.one_point_repeated().x, 1)
    with pytest.raises(ValueError, match=r"^x has too few distinct points, 1,"):
        run_em(datasets.one_point_repeated().x, 2)


def test_three_distinct_points_collapse_with_three_components():
    x = datasets.three_distinct_points().x
    with pytest.raises(CollapsedComponent, match=r"no width|one hyperplane"):
        run_em(x, 3)
    with pytest.raises(ValueError, match=r"^x has too few distinct points, 3, for K = 4"):
        run_em(x, 4)


def test_the_outlier_takes_a_component_for_itself():
    data = datasets.cluster_and_one_outlier()
    with pytest.raises(CollapsedComponent) as caught:
        run_em(data.x, 2)
    # only the far point, the last, belongs to the component that collapsed
    T = caught.value.states[-1].responsibilities[:, caught.value.component]
    assert T[-1] > 0.999
    assert T[:-1].max() < 1e-3


def test_wild_units_mislead_k_means_but_not_em_from_the_labels():
    data = datasets.two_clusters_in_wild_units()

    def agreement(labels):
        share = (labels == data.labels).mean()
        return max(share, 1 - share)

    means = starts.k_means(data.x, 2).means
    nearest = ((data.x[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert agreement(nearest) < 0.6, "near a half: K-means cuts across the clusters"
    last = run_em(data.x, starts.from_labels(data.x, data.labels)).states[-1]
    assert agreement(last.mixture.predict(data.x)) > 0.99


def test_the_far_point_underflows_in_plain_arithmetic():
    data = datasets.point_40_deviations_away()
    start = starts.from_means([[-2], [2]])
    assert data.x[-1, 0] - start.means[1, 0] == 40
    assert (np.exp(start.log_joint(data.x))[-1] == 0).all()
    assert np.isfinite(e_step(data.x, start)[0]).all()


@pytest.mark.parametrize(
    ("make", "smallest"),
    [
        (datasets.points_on_one_line, 3),
        (datasets.one_point_repeated, 1),
        (datasets.three_distinct_points, 3),
        (datasets.cluster_and_one_outlier, 3),
        (datasets.two_clusters_in_wild_units, 2),
    ],
)
def test_the_number_of_points_is_checked(make, smallest):
    assert len(make(smallest).x) >= smallest
    with pytest.raises(ValueError, match=rf"^n must be {smallest} or more, but it is {smallest - 1}"):
        make(smallest - 1)
    with pytest.raises(TypeError, match=r"^n must be a whole number, but it is 5.0"):
        make(5.0)


@pytest.mark.parametrize(
    "make", [datasets.points_on_one_line, datasets.cluster_and_one_outlier, datasets.two_clusters_in_wild_units]
)
def test_the_random_sets_follow_their_seed(make):
    assert not np.array_equal(make(seed=1).x, make(seed=2).x)
    with pytest.raises(ValueError, match=r"^seed must be 0 or more, but it is -1"):
        make(seed=-1)
