"""The three maximisations: each function against its definition, each derivative against scipy.differentiate."""

import inspect

import numpy as np
import pandas as pd
import pytest
from scipy.differentiate import derivative, hessian, jacobian
from scipy.stats import multivariate_normal

from gmm_teach import m_step, updates

N, D = 12, 3
# a derivative by differences, of numbers of some tens, is good to ten digits; a second one to seven
FIRST = {"rtol": 1e-9, "atol": 1e-8}
SECOND = {"rtol": 1e-6, "atol": 1e-5}


# The first step is short: a longer one would leave the matrices that have a log det, or the simplex.
def gradient_of(function, at):
    return jacobian(updates.columnwise(function), np.ravel(at), initial_step=0.02).df.reshape(np.shape(at))


def hessian_of(function, at):
    return hessian(updates.columnwise(function), np.ravel(at), initial_step=0.02).ddf


def random_precision(rng, d=D):
    factor = 0.5 * rng.normal(size=(d, d)) + np.eye(d)
    return factor @ factor.T + 0.5 * np.eye(d)


@pytest.fixture
def rng():
    return np.random.default_rng(20170211)


@pytest.fixture
def x(rng):
    return rng.normal(size=(N, D)) @ rng.normal(size=(D, D)) + [3.0, -1.0, 0.5]


@pytest.fixture
def weights(rng):
    return rng.uniform(size=N)


@pytest.fixture
def precision(rng):
    return random_precision(rng)


@pytest.fixture
def mean(rng):
    return rng.normal(size=D)


# ---- the mean


def test_mean_objective_is_its_definition(x, weights, precision, mean):
    by_hand = sum(
        -0.5 * T * (point - mean)[i] * precision[i, j] * (point - mean)[j]
        for T, point in zip(weights, x, strict=True)
        for i in range(D)
        for j in range(D)
    )
    assert updates.mean_objective(mean, x, weights, precision) == pytest.approx(by_hand, rel=1e-13)


def test_mean_objective_is_q_up_to_a_constant(x, weights, precision, mean):
    covariance = np.linalg.inv(precision)
    at_zero = multivariate_normal(np.zeros(D), covariance)
    q = weights @ multivariate_normal(mean, covariance).logpdf(x)
    constant = weights.sum() * at_zero.logpdf(np.zeros(D))  # the density at its own mean
    assert updates.mean_objective(mean, x, weights, precision) == pytest.approx(q - constant, rel=1e-12)


def test_mean_gradient(x, weights, precision, mean):
    by_differences = gradient_of(lambda m: updates.mean_objective(m, x, weights, precision), mean)
    np.testing.assert_allclose(updates.mean_gradient(mean, x, weights, precision), by_differences, **FIRST)


def test_mean_hessian_is_the_same_at_every_mean(x, weights, precision, rng):
    for at in rng.normal(size=(3, D)):
        by_differences = hessian_of(lambda m: updates.mean_objective(m, x, weights, precision), at)
        np.testing.assert_allclose(updates.mean_hessian(weights, precision), by_differences, **SECOND)
    assert (np.linalg.eigvalsh(updates.mean_hessian(weights, precision)) < 0).all()


def test_mean_update_is_the_weighted_average(x, weights):
    np.testing.assert_allclose(updates.mean_update(x, weights), np.average(x, axis=0, weights=weights), rtol=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_mean_update_maximises_whatever_the_covariance_is(x, weights, seed):
    rng = np.random.default_rng(seed)
    precision = random_precision(rng)
    best = updates.mean_update(x, weights)
    np.testing.assert_allclose(updates.mean_gradient(best, x, weights, precision), 0, atol=1e-12)
    top = updates.mean_objective(best, x, weights, precision)
    for size in 10.0 ** np.arange(-3, 2):
        assert updates.mean_objective(best + size * rng.normal(size=D), x, weights, precision) < top


# ---- the covariance


def test_scatter_is_its_definition(x, weights, mean):
    by_hand = sum(T * np.outer(point - mean, point - mean) for T, point in zip(weights, x, strict=True))
    np.testing.assert_allclose(updates.scatter(x, weights, mean), by_hand, rtol=1e-12, atol=1e-13)


def test_covariance_objective_is_q_up_to_a_constant(x, weights, precision, mean):
    q = weights @ multivariate_normal(mean, np.linalg.inv(precision)).logpdf(x)
    constant = -0.5 * D * np.log(2 * np.pi) * weights.sum()
    assert updates.covariance_objective(precision, x, weights, mean) == pytest.approx(q - constant, rel=1e-12)


@pytest.mark.parametrize("skew", [0.0, 0.3], ids=["symmetric", "not symmetric"])
def test_covariance_gradient_in_all_entries(x, weights, precision, mean, skew):
    precision = precision + skew * np.triu(np.ones((D, D)), 1)  # d^2 free entries need not be symmetric
    by_differences = gradient_of(
        lambda v: updates.covariance_objective(v.reshape(D, D), x, weights, mean),
        precision,
    )
    np.testing.assert_allclose(updates.covariance_gradient(precision, x, weights, mean), by_differences, **FIRST)


def test_covariance_gradient_in_the_entries_of_a_symmetric_matrix(x, weights, precision, mean):
    by_differences = gradient_of(
        lambda v: updates.covariance_objective(updates.unvech(v, D), x, weights, mean),
        updates.vech(precision),
    )
    ours = updates.covariance_gradient_symmetric(precision, x, weights, mean)
    assert ours.shape == (D * (D + 1) // 2,)
    np.testing.assert_allclose(ours, by_differences, **FIRST)


@pytest.mark.parametrize("kind", ["any", "symmetric", "antisymmetric"])
def test_covariance_second_derivative(x, weights, precision, mean, rng, kind):
    V = 0.3 * rng.normal(size=(D, D))
    V = {"any": V, "symmetric": V + V.T, "antisymmetric": V - V.T}[kind]

    def slope(t):  # along V, from the gradient that is tested above
        return np.sum(updates.covariance_gradient(precision + t * V, x, weights, mean) * V)

    by_differences = derivative(np.vectorize(slope), 0.0, initial_step=0.02).df
    ours = updates.covariance_second_derivative(precision, weights, V)
    assert ours == pytest.approx(by_differences, rel=1e-9)
    assert ours == pytest.approx(V.ravel() @ updates.covariance_hessian(precision, weights) @ V.ravel(), rel=1e-12)
    if kind != "any":
        assert (ours < 0) == (kind == "symmetric")


@pytest.mark.parametrize("skew", [0.0, 0.3], ids=["symmetric", "not symmetric"])
@pytest.mark.slow
def test_covariance_hessian_in_all_entries(x, weights, precision, mean, skew):
    precision = precision + skew * np.triu(np.ones((D, D)), 1)
    by_differences = hessian_of(
        lambda v: updates.covariance_objective(v.reshape(D, D), x, weights, mean),
        precision,
    )
    np.testing.assert_allclose(updates.covariance_hessian(precision, weights), by_differences, **SECOND)


def test_covariance_hessian_is_indefinite(weights, precision):
    eigenvalues = np.linalg.eigvalsh(updates.covariance_hessian(precision, weights))
    # as many positive ones as there are antisymmetric directions, as many negative as there are symmetric ones
    assert (eigenvalues > 0).sum() == D * (D - 1) // 2
    assert (eigenvalues < 0).sum() == D * (D + 1) // 2


@pytest.mark.parametrize("seed", range(5))
def test_covariance_second_derivative_is_negative_on_symmetric_directions(weights, seed):
    rng = np.random.default_rng(seed)
    precision = random_precision(rng)
    for V in rng.normal(size=(20, D, D)):
        assert updates.covariance_second_derivative(precision, weights, V + V.T) < 0
        assert updates.covariance_second_derivative(precision, weights, V - V.T) > 0


def test_covariance_update_is_the_weighted_covariance(x, weights):
    mean = np.average(x, axis=0, weights=weights)
    library = np.cov(x, rowvar=False, ddof=0, aweights=weights)
    np.testing.assert_allclose(updates.covariance_update(x, weights, mean), library, rtol=1e-12, atol=1e-13)


def test_covariance_update_maximises_and_both_gradients_vanish(x, weights, mean, rng):
    # around any mean: the old one would give a maximum too, of another function
    best = np.linalg.inv(updates.covariance_update(x, weights, mean))
    np.testing.assert_allclose(updates.covariance_gradient(best, x, weights, mean), 0, atol=1e-10)
    np.testing.assert_allclose(updates.covariance_gradient_symmetric(best, x, weights, mean), 0, atol=1e-10)
    top = updates.covariance_objective(best, x, weights, mean)
    factor = np.linalg.cholesky(best)
    for size in 10.0 ** np.arange(-3, 1):
        for V in rng.normal(size=(5, D, D)):
            near = factor @ (np.eye(D) + size * np.tril(V))
            assert updates.covariance_objective(near @ near.T, x, weights, mean) < top


@pytest.mark.parametrize(
    ("n", "weightless", "rank"),
    [(D + 1, 0, D), (D, 0, D - 1), (2, 0, 1), (D, 5, D - 1)],
    ids=["d + 1 points", "d points", "two points", "d points and five of weight 0"],
)
def test_covariance_update_is_positive_definite_only_off_a_hyperplane(rng, n, weightless, rank):
    x = rng.normal(size=(n + weightless, D))
    weights = np.append(rng.uniform(0.5, 1, size=n), np.zeros(weightless))
    covariance = updates.covariance_update(x, weights, updates.mean_update(x, weights))
    assert np.linalg.matrix_rank(covariance, tol=1e-12) == rank


def test_covariance_update_of_points_in_a_plane_is_singular(rng, weights):
    x = rng.normal(size=(N, 2)) @ rng.normal(size=(2, D)) + 7
    covariance = updates.covariance_update(x, weights, updates.mean_update(x, weights))
    assert np.linalg.matrix_rank(covariance, tol=1e-12) == 2


@pytest.mark.parametrize("precision", [np.diag([1.0, 1.0, -1.0]), np.diag([1.0, 1.0, 0.0])])
def test_covariance_objective_refuses_what_has_no_logarithm(x, weights, mean, precision):
    with pytest.raises(ValueError, match="positive determinant"):
        updates.covariance_objective(precision, x, weights, mean)


@pytest.mark.parametrize("d", [1, 2, 4])
def test_entries_and_back(d, rng):
    symmetric = random_precision(rng, d)
    values = updates.vech(symmetric)
    assert values.tolist() == [symmetric[i, j] for i in range(d) for j in range(i, d)]
    np.testing.assert_array_equal(updates.unvech(values, d), symmetric)


# ---- the proportions

SUMS = np.array([2.5, 4.0, 0.5, 3.0])
FREE = np.array([0.2, 0.3, 0.1])  # and so the last is 0.4


def test_proportions_objective_is_its_definition():
    by_hand = sum(S * np.log(p) for S, p in zip(SUMS, [0.2, 0.3, 0.1, 0.4], strict=True))
    assert updates.proportions_objective(FREE, SUMS) == pytest.approx(by_hand, rel=1e-14)


def test_proportions_gradient():
    by_differences = gradient_of(lambda free: updates.proportions_objective(free, SUMS), FREE)
    np.testing.assert_allclose(updates.proportions_gradient(FREE, SUMS), by_differences, **FIRST)


def test_proportions_hessian():
    ours = updates.proportions_hessian(FREE, SUMS)
    by_differences = hessian_of(lambda free: updates.proportions_objective(free, SUMS), FREE)
    np.testing.assert_allclose(ours, by_differences, **SECOND)
    assert (np.linalg.eigvalsh(ours) < 0).all()


def test_proportions_hessian_on_the_posts_counts():
    sums = np.array([200.0, 300.0, 600.0])
    ours = updates.proportions_hessian(sums[:-1] / 1100, sums)
    np.testing.assert_allclose(ours, [[-8066.7, -2016.7], [-2016.7, -6050.0]], rtol=0, atol=0.05)
    by_differences = hessian_of(lambda free: updates.proportions_objective(free, sums), sums[:-1] / 1100)
    np.testing.assert_allclose(ours, by_differences, rtol=1e-6)


def test_proportions_update_maximises(rng):
    best = updates.proportions_update(SUMS)
    np.testing.assert_allclose(best, [0.25, 0.4, 0.05, 0.3], rtol=1e-15)
    np.testing.assert_allclose(updates.proportions_gradient(best[:-1], SUMS), 0, atol=1e-12)
    top = updates.proportions_objective(best[:-1], SUMS)
    for other in rng.dirichlet(np.ones(4), size=50):
        assert updates.proportions_objective(other[:-1], SUMS) < top
    for size in 10.0 ** np.arange(-4, -1):
        assert updates.proportions_objective(best[:-1] + size * rng.uniform(-1, 1, size=3), SUMS) < top


@pytest.mark.parametrize("free", [[0.5, 0.5], [0.0, 0.5], [-0.1, 0.5], [0.9, 0.2]])
@pytest.mark.parametrize(
    "function", [updates.proportions_objective, updates.proportions_gradient, updates.proportions_hessian]
)
def test_proportions_off_the_simplex_are_refused(function, free):
    with pytest.raises(ValueError, match="free must hold positive proportions"):
        function(free, [1.0, 2.0, 3.0])


# ---- together


def test_the_m_step_is_the_three_updates(x, rng):
    T = rng.dirichlet(np.ones(2), size=N)
    mixture = m_step(x, T)
    np.testing.assert_allclose(mixture.proportions, updates.proportions_update(T.sum(axis=0)), rtol=1e-14)
    for k in range(2):
        mean = updates.mean_update(x, T[:, k])
        np.testing.assert_allclose(mixture.means[k], mean, rtol=1e-13)
        covariance = updates.covariance_update(x, T[:, k], mean)
        np.testing.assert_allclose(mixture.covariances[k], covariance, rtol=1e-11, atol=1e-13)


GIVEN = {
    "mean": [0.5, 0.5],
    "x": [[0.0, 0.0], [1.0, 3.0], [2.0, 1.0]],
    "weights": [0.2, 0.5, 0.3],
    "precision": [[2.0, 0.5], [0.5, 1.0]],
    "direction": [[1.0, 0.0], [0.0, 0.0]],
    "symmetric": [[1.0, 2.0], [2.0, 3.0]],
    "values": [1.0, 2.0, 3.0],
    "d": 2,
    "free": [0.3],
    "sums": [2.0, 1.0],
}
FUNCTIONS = [
    function
    for name, function in inspect.getmembers(updates, inspect.isfunction)
    if function.__module__ == updates.__name__ and not name.startswith("_") and name != "columnwise"
]
ARGUMENTS = [(function, name) for function in FUNCTIONS for name in inspect.signature(function).parameters]


def called(function, **changed):
    return function(*({**GIVEN, **changed}[name] for name in inspect.signature(function).parameters))


def test_all_of_the_module_is_held_to_this():
    assert len(FUNCTIONS) == 17
    for function in FUNCTIONS:
        assert np.isfinite(called(function)).all()


@pytest.mark.parametrize(("function", "name"), ARGUMENTS)
@pytest.mark.parametrize("value", [None, "a", 1j, np.nan, [], [[[1.0]]], [np.nan] * 3, [[np.inf] * 2] * 2])
def test_an_argument_that_will_not_do_is_named(function, name, value):
    with pytest.raises((TypeError, ValueError), match=rf"^{name} "):
        called(function, **{name: value})


@pytest.mark.parametrize(
    ("function", "changed", "words"),
    [
        (updates.mean_update, {"weights": [0, 0, 0]}, "weights are all 0, so this component holds no points"),
        (updates.covariance_update, {"weights": [0, 0, 0]}, "weights are all 0"),
        (updates.proportions_update, {"sums": [0, 0]}, "sums are all 0"),
        (
            updates.mean_gradient,
            {"weights": [1, -0.5, 1]},
            r"weights\[1\] is -0.5, but responsibilities and their sums",
        ),
        (updates.proportions_gradient, {"sums": [-1, 2]}, r"sums\[0\] is -1, but"),
        (updates.mean_update, {"weights": np.eye(3)}, r"weights must have shape \(3,\), but its shape is \(3, 3\)"),
        (updates.covariance_gradient, {"precision": np.ones((2, 2))}, "precision is singular"),
        (updates.covariance_hessian, {"precision": np.ones((2, 3))}, r"precision must have shape \(2, 2\), but"),
        (updates.unvech, {"values": [1.0]}, r"values must have shape \(3,\), but its shape is \(1,\)"),
    ],
)
def test_what_goes_wrong_is_told(function, changed, words):
    with pytest.raises(ValueError, match=f"^{words}"):
        called(function, **changed)


def test_lists_whole_numbers_and_tables_will_do():
    x, weights, mean = [[0, 0], [1, 3], [2, 1]], [1, 2, 1], [1, 1]
    wanted = updates.scatter(np.array(x, dtype=float), np.array(weights, dtype=float), np.array(mean, dtype=float))
    assert wanted.tolist() == [[2, 1], [1, 9]]
    assert np.array_equal(updates.scatter(x, weights, mean), wanted)
    assert np.array_equal(updates.scatter(pd.DataFrame(x), pd.Series(weights), mean), wanted)
