"""K-means step by step, against libraries that only show where it ends."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.cluster.vq import kmeans2
from sklearn.cluster import KMeans

from gmm_teach.kmeans import lloyd

SEEDS = st.integers(0, 2**32 - 1)
# Whole numbers: points repeat, centres tie, and clusters run empty.
TIED = arrays(np.int8, st.tuples(st.integers(1, 12), st.integers(1, 2)), elements=st.integers(-5, 5))


def squared_distances(x, centres, labels):
    return ((x - centres[labels]) ** 2).sum()


@pytest.mark.parametrize("seed", range(5))
def test_every_step_is_that_of_scikit_learn(post, seed):
    rng = np.random.default_rng(seed)
    x = post.x[rng.choice(len(post.x), 200, replace=False)]
    start = x[rng.choice(len(x), 4, replace=False)]
    pairs = lloyd(x, start, steps=100)
    assert 3 < len(pairs) < 100
    for step, (centres, labels) in enumerate(pairs):
        if step == 0:
            np.testing.assert_array_equal(centres, start)
            continue
        theirs = KMeans(4, init=start, n_init=1, max_iter=step, tol=0, algorithm="lloyd").fit(x)
        np.testing.assert_allclose(centres, theirs.cluster_centers_, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(labels, theirs.labels_)
    longest = KMeans(4, init=start, n_init=1, max_iter=1000, tol=0, algorithm="lloyd").fit(x)
    np.testing.assert_allclose(pairs[-1][0], longest.cluster_centers_, rtol=1e-12, atol=1e-12)


def test_it_ends_at_the_posts_centres_from_near_them(post):
    centres, labels = lloyd(post.x, post.true_mixture.means, steps=100)[-1]
    np.testing.assert_allclose(centres, post.start.means, atol=1e-12)
    assert (labels == post.labels).mean() > 0.9


@given(TIED, st.integers(1, 5), SEEDS)
def test_centres_are_those_of_scipy_with_empty_clusters_too(x, K, seed):
    start = np.random.default_rng(seed).uniform(-9, 9, size=(K, x.shape[1]))
    pairs = lloyd(x, start, steps=6)
    for step, ((centres, _), (_, labels_before)) in enumerate(zip(pairs[1:], pairs, strict=False), start=1):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "One of the clusters is empty", UserWarning)
            theirs, their_labels = kmeans2(x.astype(float), start, iter=step, minit="matrix", missing="warn")
        np.testing.assert_allclose(centres, theirs, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(labels_before, their_labels)


def test_a_centre_without_points_stays():
    pairs = lloyd([[0.0], [1.0], [2.0]], centres=[[1.5], [50.0]], steps=5)
    assert [centres.ravel().tolist() for centres, _ in pairs] == [[1.5, 50], [1, 50]]
    assert pairs[-1][1].tolist() == [0, 0, 0]


def test_a_point_between_two_centres_goes_to_the_first():
    ((_, labels),) = lloyd([[0.0, 0.0]], centres=[[1.0, 0.0], [0.0, -1.0], [0.5, 0.5]], steps=0)
    assert labels.tolist() == [2]
    ((_, labels),) = lloyd([[0.0, 0.0]], centres=[[1.0, 0.0], [0.0, -1.0]], steps=0)
    assert labels.tolist() == [0]


@given(TIED, st.integers(1, 5), st.integers(0, 20), SEEDS)
def test_the_distances_never_grow_and_it_stops_when_labels_rest(x, K, steps, seed):
    start = np.random.default_rng(seed).uniform(-9, 9, size=(K, x.shape[1]))
    pairs = lloyd(x, start, steps)
    assert len(pairs) <= steps + 1
    for (before, labels_before), (after, labels) in pairwise(pairs):
        moved = squared_distances(x, after, labels_before)
        assert moved <= squared_distances(x, before, labels_before) * (1 + 1e-12)
        assert squared_distances(x, after, labels) <= moved * (1 + 1e-12)
    changes = [(labels != labels_before).any() for (_, labels_before), (_, labels) in pairwise(pairs)]
    assert all(changes[:-1])
    if len(pairs) <= steps:
        assert not changes[-1]


def test_fewer_steps_are_the_first_of_more(post):
    many = lloyd(post.x, post.x[:3], steps=8)
    for steps in range(8):
        few = lloyd(post.x, post.x[:3], steps)
        assert len(few) == steps + 1
        for (centres, labels), (same_centres, same_labels) in zip(few, many, strict=False):
            np.testing.assert_array_equal(centres, same_centres)
            np.testing.assert_array_equal(labels, same_labels)


def test_the_result_is_write_protected_and_the_arguments_are_not():
    x, start = np.array([[0.0], [1.0], [5.0]]), np.array([[0.0], [1.0]])
    pairs = lloyd(x, start, steps=3)
    for array in (array for pair in pairs for array in pair):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert (x.ravel().tolist(), start.ravel().tolist()) == ([0, 1, 5], [0, 1])
    x[0], start[0] = 7, 7
    assert pairs[0][0].ravel().tolist() == [0, 1]


@pytest.mark.parametrize(
    ("x", "centres", "steps", "error", "words"),
    [
        ([0.0, 1.0], [[0.0]], 1, ValueError, r"^x must have shape \(n, d\).*reshape"),
        ([[0.0], [np.nan]], [[0.0]], 1, ValueError, r"^x holds nan"),
        ([[0.0]], [[0.0, 1.0]], 1, ValueError, r"^centres must have shape \(K, 1\), but its shape is \(1, 2\)"),
        ([[0.0]], [], 1, ValueError, r"^centres is empty"),
        ([[0.0]], [[np.inf]], 1, ValueError, r"^centres holds inf"),
        ([[0.0]], [["a"]], 1, TypeError, r"^centres holds <U1 values"),
        ([[0.0]], [[0.0]], -1, ValueError, r"^steps must be 0 or more, but it is -1"),
        ([[0.0]], [[0.0]], 1.0, TypeError, r"^steps must be a whole number"),
    ],
)
def test_refuses_in_words(x, centres, steps, error, words):
    with pytest.raises(error, match=words):
        lloyd(x, centres, steps)
