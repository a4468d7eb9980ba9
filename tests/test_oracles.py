"""Our figures against those of others: R's mclust, scikit-learn, scipy and NumPy."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from gmm_teach import Mixture, datasets, e_step, m_step, run_em, starts


def random_mixture(rng, K, d):
    factors = rng.normal(size=(K, d, d)) / np.sqrt(d) + np.eye(d)
    return Mixture(rng.dirichlet(np.full(K, 5.0)), 2 * rng.normal(size=(K, d)), factors @ factors.swapaxes(1, 2))


# ---- R's mclust 6.0.0, model VVV (full covariances), EM tolerance 1e-13


def test_old_faithful_from_k_means_labels():
    x = datasets.load_old_faithful().x
    labels = KMeans(2, n_init=10, random_state=0).fit(x).labels_
    last = run_em(x, starts.from_labels(x, labels), tol=0).states[-1]
    assert last.log_likelihood == pytest.approx(-1130.2639601847, rel=1e-8)
    np.testing.assert_allclose(np.sort(last.mixture.proportions), [0.35587287, 0.64412713], atol=5e-9)


def test_iris_from_species_labels():
    # mclust stopped at a relative gain of 1e-13, where the eighth decimal of the proportions still moves
    iris = datasets.load_iris()
    last = run_em(iris.x, starts.from_labels(iris.x, iris.labels), tol=1e-13 * 180).states[-1]
    assert last.log_likelihood == pytest.approx(-180.1854771313, rel=1e-8)
    np.testing.assert_allclose(np.sort(last.mixture.proportions), [0.29919323, 0.33333333, 0.36747344], atol=5e-9)


@pytest.mark.parametrize(("K", "log_likelihood"), [(1, -1289.79674505), (2, -1130.26396018)])
def test_old_faithful_from_k(K, log_likelihood):
    x = datasets.load_old_faithful().x
    assert run_em(x, K, tol=0).states[-1].log_likelihood == pytest.approx(log_likelihood, rel=1e-8)


# ---- scikit-learn


def sklearn_mixture(start, **settings):
    return GaussianMixture(
        n_components=len(start.proportions),
        reg_covar=0,
        weights_init=start.proportions,
        means_init=start.means,
        precisions_init=np.linalg.inv(start.covariances),
        **settings,
    )


def post_start():
    post = datasets.load_post()
    return post.x, post.start


def iris_start():
    iris = datasets.load_iris()
    return iris.x, starts.random_responsibilities(iris.x, 3, seed=1)


def ten_dimensions_start():
    rng = np.random.default_rng(3)
    x, labels = random_mixture(rng, K=3, d=10).sample(400, rng)
    return x, starts.from_labels(x, (labels + (rng.random(400) < 0.1)) % 3)


def one_dimension_start():
    x = datasets.load_old_faithful().x[:, :1]
    return x, starts.from_means([[2.0], [4.0], [5.0]])


@pytest.mark.parametrize("problem", [post_start, iris_start, ten_dimensions_start, one_dimension_start])
def test_one_step_agrees_with_sklearn(problem):
    x, start = problem()
    theirs = sklearn_mixture(start, max_iter=1)
    with pytest.warns(ConvergenceWarning):
        theirs.fit(x)
    zero, one = run_em(x, start, max_steps=1).states
    tight = {"rtol": 1e-10, "atol": 1e-10}
    np.testing.assert_allclose(one.mixture.proportions, theirs.weights_, **tight)
    np.testing.assert_allclose(one.mixture.means, theirs.means_, **tight)
    np.testing.assert_allclose(one.mixture.covariances, theirs.covariances_, **tight)
    np.testing.assert_allclose(one.responsibilities, theirs.predict_proba(x), **tight)
    assert one.log_likelihood == pytest.approx(theirs.score(x) * len(x), rel=1e-10)
    # its lower bound is of the E step that it began with
    assert zero.log_likelihood == pytest.approx(theirs.lower_bound_ * len(x), rel=1e-10)


def test_converged_run_agrees_with_sklearn(post):
    ours = run_em(post.x, post.start, tol=0).states[-1]
    theirs = sklearn_mixture(post.start, max_iter=200, tol=1e-13).fit(post.x)
    assert ours.log_likelihood == pytest.approx(theirs.score(post.x) * len(post.x), rel=1e-10)
    np.testing.assert_allclose(ours.mixture.proportions, theirs.weights_, atol=1e-5)
    np.testing.assert_allclose(ours.mixture.means, theirs.means_, atol=1e-5)
    np.testing.assert_allclose(ours.mixture.covariances, theirs.covariances_, atol=1e-5)
    np.testing.assert_array_equal(ours.mixture.predict(post.x), theirs.predict(post.x))


# ---- scipy and NumPy


@pytest.mark.parametrize(("K", "d"), [(1, 1), (3, 1), (1, 2), (3, 2), (2, 3), (5, 2), (2, 10)])
def test_densities_agree_with_scipy(K, d):
    # K differs from d in all but one pair: the printed (2 pi)^(K/2) would fail here
    rng = np.random.default_rng([K, d])
    mixture = random_mixture(rng, K, d)
    x, _ = mixture.sample(50, rng)
    components = [
        multivariate_normal(mean, covariance)
        for mean, covariance in zip(mixture.means, mixture.covariances, strict=True)
    ]
    log_joint = np.column_stack(
        [np.log(p) + np.atleast_1d(f.logpdf(x)) for p, f in zip(mixture.proportions, components, strict=True)]
    )
    density = sum(p * f.pdf(x) for p, f in zip(mixture.proportions, components, strict=True))
    np.testing.assert_allclose(mixture.log_joint(x), log_joint, rtol=1e-10)
    np.testing.assert_allclose(np.exp(mixture.log_density(x)), density, rtol=1e-10)
    assert mixture.log_likelihood(x) == pytest.approx(np.log(density).sum(), rel=1e-10)


@pytest.mark.parametrize(("n", "K", "d"), [(9, 1, 1), (40, 2, 1), (40, 3, 2), (30, 2, 5)])
def test_m_step_agrees_with_weighted_average_and_covariance(n, K, d):
    rng = np.random.default_rng([n, K, d])
    x = rng.normal(size=(n, d)) + 3
    T = rng.dirichlet(np.ones(K), size=n)
    mixture = m_step(x, T)
    for k in range(K):
        mean = np.average(x, axis=0, weights=T[:, k])
        covariance = np.cov(x, rowvar=False, ddof=0, aweights=T[:, k]).reshape(d, d)
        np.testing.assert_allclose(mixture.means[k], mean, rtol=1e-12)
        np.testing.assert_allclose(mixture.covariances[k], covariance, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(mixture.proportions, T.mean(axis=0), rtol=1e-13)


def test_e_step_agrees_with_bayes_in_plain_arithmetic():
    rng = np.random.default_rng(8)
    mixture = random_mixture(rng, K=3, d=2)
    x, _ = mixture.sample(60, rng)
    joint = np.column_stack(
        [
            p * multivariate_normal(m, S).pdf(x)
            for p, m, S in zip(mixture.proportions, mixture.means, mixture.covariances, strict=True)
        ]
    )
    responsibilities, log_likelihood = e_step(x, mixture)
    np.testing.assert_allclose(responsibilities, joint / joint.sum(axis=1, keepdims=True), rtol=1e-10)
    assert log_likelihood == pytest.approx(np.log(joint.sum(axis=1)).sum(), rel=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_sample_has_the_moments_of_the_mixture(seed):
    # five standard errors: with some 40 figures a seed, a right sampler fails once in 40,000 seeds
    n = 20_000
    mixture = random_mixture(np.random.default_rng(100 + seed), K=3, d=3)
    x, labels = mixture.sample(n, seed)
    counts = np.bincount(labels, minlength=3)
    p = mixture.proportions
    assert (np.abs(counts - n * p) < 5 * np.sqrt(n * p * (1 - p))).all()
    for k, count in enumerate(counts):
        own = x[labels == k]
        m, S = mixture.means[k], mixture.covariances[k]
        variances = np.diag(S)
        assert (np.abs(own.mean(axis=0) - m) < 5 * np.sqrt(variances / count)).all()
        # for a Gaussian, the covariance of z_i and z_j has the sampling variance (S_ij^2 + S_ii S_jj) / n
        standard_error = np.sqrt((S**2 + np.outer(variances, variances)) / count)
        assert (np.abs(np.cov(own, rowvar=False) - S) < 5 * standard_error).all()
