"""The M steps of the diagonal, spherical and tied models: maxima of Q, scikit-learn's, and their collapses."""

import warnings

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from gmm_teach import CollapsedComponent, Mixture, datasets, e_step, iterate, m_step, starts
from gmm_teach.bound import expected_log_joint
from gmm_teach.covariances import M_STEPS

every_model = pytest.mark.parametrize("model", M_STEPS)


def example(K=3, d=3, n=60):
    rng = np.random.default_rng([K, d])
    factor = rng.normal(size=(d, d)) + 2 * np.eye(d)
    return rng.normal(size=(n, d)) @ factor + 5, rng.dirichlet(np.ones(K), size=n)


def sklearn_precisions(model, start):
    precisions = np.linalg.inv(start.covariances)
    return {
        "full": precisions,
        "diag": np.array([np.diag(precision) for precision in precisions]),
        "spherical": precisions[:, 0, 0],
        "tied": precisions[0],
    }[model]


def sklearn_covariances(model, fitted, K, d):
    covariances = fitted.covariances_
    return {
        "full": lambda: covariances,
        "diag": lambda: np.array([np.diag(variances) for variances in covariances]),
        "spherical": lambda: covariances[:, None, None] * np.eye(d),
        "tied": lambda: np.tile(covariances, (K, 1, 1)),
    }[model]()


@every_model
@pytest.mark.parametrize(("K", "d"), [(1, 1), (1, 3), (3, 1), (3, 2), (2, 4)])
def test_one_step_agrees_with_sklearn(model, K, d):
    x, T = example(K, d)
    start = M_STEPS[model](x, T)
    theirs = GaussianMixture(
        K,
        covariance_type=model,
        reg_covar=0,
        max_iter=1,
        weights_init=start.proportions,
        means_init=start.means,
        precisions_init=sklearn_precisions(model, start),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs.fit(x)
    ours = M_STEPS[model](x, e_step(x, start)[0])
    np.testing.assert_allclose(ours.proportions, theirs.weights_, rtol=1e-10)
    np.testing.assert_allclose(ours.means, theirs.means_, rtol=1e-10)
    np.testing.assert_allclose(ours.covariances, sklearn_covariances(model, theirs, K, d), rtol=1e-9, atol=1e-9)


# What each model is free to choose, as numbers in any order, to covariances.
FREE = {
    "diag": lambda numbers, K, d: np.array([np.diag(row) for row in np.exp(numbers).reshape(K, d)]),
    "spherical": lambda numbers, K, d: np.exp(numbers)[:, None, None] * np.eye(d),
    "tied": lambda numbers, K, d: np.tile(lower(numbers, d) @ lower(numbers, d).T, (K, 1, 1)),
}


def lower(numbers, d):
    triangle = np.zeros((d, d))
    triangle[np.tril_indices(d)] = numbers
    return triangle


@pytest.mark.parametrize("model", FREE)
def test_the_covariances_are_the_maximum_of_q_in_their_model(model):
    K, d = 2, 2
    x, T = example(K, d)
    ours = M_STEPS[model](x, T)

    def minus_q(numbers):
        return -expected_log_joint(x, Mixture(ours.proportions, ours.means, FREE[model](numbers, K, d)), T)

    begin = {"diag": np.ones(4), "spherical": np.ones(2), "tied": np.array([3.0, 0.0, 3.0])}[model]
    search = minimize(minus_q, begin, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 4000})
    assert search.success
    assert expected_log_joint(x, ours, T) == pytest.approx(-search.fun, abs=1e-7)
    np.testing.assert_allclose(ours.covariances, FREE[model](search.x, K, d), rtol=1e-4, atol=1e-4)


@every_model
def test_proportions_and_means_are_those_of_the_full_model(model):
    x, T = example()
    ours, full = M_STEPS[model](x, T), m_step(x, T)
    np.testing.assert_allclose(ours.proportions, full.proportions, rtol=1e-14)
    np.testing.assert_allclose(ours.means, full.means, rtol=1e-14)


@every_model
def test_em_climbs(model):
    x = datasets.load_iris().x
    climb = []
    for state in iterate(x, starts.from_means(x[[0, 60, 120]]), m_step=M_STEPS[model]):
        climb.append(state.log_likelihood)
        if state.step == 30:
            break
    assert (np.diff(climb) > -1e-9).all()
    assert climb[-1] > climb[0] + 10


# ---- collapses


@every_model
def test_a_component_without_points_collapses(model):
    with pytest.raises(CollapsedComponent, match=r"^component 2 collapsed: it holds no points"):
        M_STEPS[model]([[0.0, 1.0], [2.0, 5.0], [3.0, 3.0]], [[1, 0], [1, 0], [1, 0]])


@pytest.mark.parametrize("model", ["full", "diag", "spherical"])
def test_a_component_on_one_point_collapses(model):
    with pytest.raises(CollapsedComponent, match=r"^component 2 "):
        M_STEPS[model]([[0.0, 1.0], [2.0, 5.0], [3.0, 3.0], [9.0, 9.0]], [[1, 0], [1, 0], [1, 0], [0, 1]])


def test_a_tied_component_may_hold_one_point():
    mixture = M_STEPS["tied"]([[0.0, 1.0], [2.0, 5.0], [3.0, 3.0], [9.0, 9.0]], [[1, 0], [1, 0], [1, 0], [0, 1]])
    np.testing.assert_array_equal(mixture.covariances[0], mixture.covariances[1])


@pytest.mark.parametrize("model", ["full", "tied"])
def test_points_on_one_line_collapse_where_correlations_are_free(model):
    x = datasets.points_on_one_line().x
    with pytest.raises(CollapsedComponent, match=r"^component 1 .* one hyperplane"):
        M_STEPS[model](x, np.ones((len(x), 1)))


@pytest.mark.parametrize("model", ["diag", "spherical"])
def test_points_on_one_line_are_no_collapse_where_there_is_no_correlation(model):
    x = datasets.points_on_one_line().x
    variances = x.var(axis=0) if model == "diag" else np.full(2, x.var(axis=0).mean())
    np.testing.assert_allclose(M_STEPS[model](x, np.ones((len(x), 1))).covariances[0], np.diag(variances), rtol=1e-12)


@every_model
def test_bad_arguments_are_refused_in_words(model):
    with pytest.raises(ValueError, match=r"^x must have shape \(n, d\)"):
        M_STEPS[model]([1.0, 2.0], [[1], [1]])
    with pytest.raises(ValueError, match=r"^responsibilities\[0\] sums to 2"):
        M_STEPS[model]([[1.0], [2.0]], [[2], [1]])
