"""The M step with a prior, against SciPy's densities of the prior and the maximum that SciPy finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import dirichlet, invwishart

from gmm_teach import CollapsedComponent, Mixture, datasets, e_step, m_step
from gmm_teach.bound import expected_log_joint
from gmm_teach.priors import m_step_map

POST = datasets.load_post()
PSI = np.array([[2.0, 0.5], [0.5, 1.0]])
PRIOR = {"alpha": 2, "nu": 4, "Psi": PSI}


def log_prior(mixture, alpha, nu, Psi):
    on_pi = dirichlet.logpdf(mixture.proportions / mixture.proportions.sum(), np.full(mixture.K, alpha))
    return on_pi + sum(invwishart.logpdf(Sigma, nu, Psi) for Sigma in mixture.covariances)


def mixture_of(v):
    """The mixture of K = 3 components in the plane that a vector of 17 free numbers stands for."""
    pi = np.exp(np.r_[v[:2], 0])
    L = np.zeros((3, 2, 2))
    L[:, 0, 0], L[:, 1, 0], L[:, 1, 1] = np.exp(v[8:11]), v[11:14], np.exp(v[14:17])
    return Mixture(pi / pi.sum(), v[2:8].reshape(3, 2), L @ L.swapaxes(1, 2))


def vector_of(mixture):
    pi, L = mixture.proportions, np.linalg.cholesky(mixture.covariances)
    return np.r_[np.log(pi[:2] / pi[2]), mixture.means.ravel(), np.log(L[:, 0, 0]), L[:, 1, 0], np.log(L[:, 1, 1])]


@pytest.mark.parametrize(("alpha", "nu"), [(1, 4), (2, 1.5), (6.5, 20)])
def test_it_is_a_maximum_by_finite_differences(alpha, nu):
    """Of Q plus the logarithm of the prior: no slope at the step, and downhill in every direction from there."""
    x = POST.x[::40]
    T, _ = e_step(x, POST.start)

    def height(v):
        mixture = mixture_of(v)
        return expected_log_joint(x, mixture, T) + log_prior(mixture, alpha, nu, PSI)

    at, h = vector_of(m_step_map(x, T, alpha, nu, PSI)), 1e-4
    sides = np.array([[height(at + h * way), height(at - h * way)] for way in np.eye(17)])
    assert np.abs(sides[:, 0] - sides[:, 1]).max() / (2 * h) < 1e-5
    hessian = np.array([[_second(height, at, h * a, h * b) for b in np.eye(17)] for a in np.eye(17)]) / h**2
    assert np.linalg.eigvalsh(hessian).max() < 0


def _second(f, at, a, b):
    return (f(at + a + b) - f(at + a - b) - f(at - a + b) + f(at - a - b)) / 4


def test_scipy_finds_the_same_maximum_from_afar():
    x = POST.x[::40]
    T, _ = e_step(x, POST.start)

    def downhill(v):
        mixture = mixture_of(v)
        return -expected_log_joint(x, mixture, T) - log_prior(mixture, **PRIOR)

    begin = np.r_[0, 0, POST.start.means.ravel(), np.zeros(9)]
    best = mixture_of(minimize(downhill, begin, method="BFGS", options={"gtol": 1e-4}).x)
    found = m_step_map(x, T, **PRIOR)
    np.testing.assert_allclose(found.proportions, best.proportions, rtol=1e-4)
    np.testing.assert_allclose(found.means, best.means, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found.covariances, best.covariances, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("x", [POST.x, POST.x + 1e6], ids=["the post", "far from 0"])
def test_no_prior_is_the_ordinary_step(x):
    T, _ = e_step(POST.x, POST.start)
    found, right = m_step_map(x, T, alpha=1, nu=-3, Psi=np.zeros((2, 2))), m_step(x, T)
    np.testing.assert_allclose(found.proportions, right.proportions, rtol=1e-14)
    np.testing.assert_array_equal(found.means, right.means)
    np.testing.assert_allclose(found.covariances, right.covariances, rtol=1e-14, atol=1e-14)


def test_a_strong_prior_is_the_prior():
    T, _ = e_step(POST.x, POST.start)
    strong = m_step_map(POST.x, T, 1e9, 1e9, 1e9 * PSI)
    np.testing.assert_allclose(strong.proportions, 1 / 3, rtol=1e-5)
    np.testing.assert_allclose(strong.covariances, np.tile(PSI, (3, 1, 1)), rtol=1e-4)
    np.testing.assert_allclose(strong.means, m_step(POST.x, T).means, rtol=1e-12)


def test_points_in_one_place_collapse_only_without_a_prior():
    x, T = np.ones((5, 2)), np.ones((5, 1))
    found = m_step_map(x, T, **PRIOR)
    np.testing.assert_allclose(found.covariances, [PSI / (5 + 4 + 3)], rtol=1e-12)
    with pytest.raises(CollapsedComponent, match="no width along coordinate 1"):
        m_step_map(x, T, alpha=2, nu=-3, Psi=np.zeros((2, 2)))


def test_a_component_without_points_has_no_mean():
    with pytest.raises(CollapsedComponent, match="component 2 collapsed: it holds no points"):
        m_step_map(np.eye(2), [[1, 0], [1, 0]], **PRIOR)


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 3))
def test_log_posterior_never_falls_and_no_variance_is_below_its_bound(seed, d, K):
    draw = np.random.default_rng(seed)
    x, prior = draw.normal(size=(8 * K, d)), (1 + draw.random(), d + draw.random(), 0.1 * np.eye(d))
    mixture = Mixture(np.full(K, 1 / K), draw.normal(size=(K, d)), np.tile(np.eye(d), (K, 1, 1)))
    before = -np.inf
    for _ in range(15):
        T, log_likelihood = e_step(x, mixture)
        after = log_likelihood + log_prior(mixture, *prior)
        assert after >= before - 1e-10 * (abs(after) + len(x))
        mixture, before = m_step_map(x, T, *prior), after
        assert np.linalg.eigvalsh(mixture.covariances).min() > 0.1 / (len(x) + prior[1] + d + 1)


BAD = {
    "alpha": ({"alpha": 0.5}, "alpha must be 1 or more, but it is 0.5"),
    "alpha in words": ({"alpha": "2"}, "alpha must be a real number"),
    "nu": ({"nu": -3.5}, r"nu must be -\(d \+ 1\) = -3 or more, but it is -3.5; d \+ 2 = 4 is usual"),
    "nu nan": ({"nu": np.nan}, "nu holds nan"),
    "nu for each": ({"nu": [4, 4]}, r"nu must be one number, but its shape is \(2,\)"),
    "Psi's shape": ({"Psi": [[1.0]]}, r"Psi must have shape \(2, 2\)"),
    "Psi skew": ({"Psi": [[1, 2], [0, 9]]}, "Psi must be symmetric"),
    "Psi indefinite": ({"Psi": [[1, 2], [2, 1]]}, "Psi has a negative eigenvalue"),
    "responsibilities": ({"responsibilities": [[1.0], [0.5]]}, r"responsibilities\[1\] sums to 0.5"),
}


@pytest.mark.parametrize(("changed", "words"), BAD.values(), ids=BAD)
def test_what_cannot_be_a_prior(changed, words):
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        m_step_map(np.eye(2), **{"responsibilities": np.ones((2, 1)), **PRIOR, **changed})
