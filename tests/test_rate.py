"""The rate of EM: the Jacobian against other ways to get it, and the prediction against real runs."""

from itertools import islice

import numpy as np
import pytest
from scipy.differentiate import hessian, jacobian
from scipy.stats import multivariate_normal, norm

from gmm_teach import Mixture, datasets, iterate, m_step, run_em, starts
from gmm_teach.rate import em_jacobian, from_vector, measured_rate, second_derivatives, to_vector, widths
from gmm_teach.updates import columnwise

SEED_OF_OVERLAPPING_CLUSTERS = 0
STEPS_AT_MOST = 3000

THREE_IN_SPACE = Mixture(
    proportions=[0.2, 0.3, 0.5],
    means=np.arange(9.0).reshape(3, 3),
    covariances=[np.eye(3) + 0.1 * (k + 1) + np.diag([0.0, 1.0, 2.0]) for k in range(3)],
)


def overlapping():
    truth = Mixture([0.5, 0.5], means=[[0.0, 0.0], [2.5, 0.0]], covariances=[np.eye(2)] * 2)
    return truth.sample(1000, SEED_OF_OVERLAPPING_CLUSTERS)[0]


SETS = {
    "the post": lambda: (datasets.load_post().x, 3),
    "Old Faithful": lambda: (datasets.load_old_faithful().x, 2),
    "iris": lambda: (datasets.load_iris().x, 3),
    "overlapping": lambda: (overlapping(), 2),
}


@pytest.fixture(scope="module", params=SETS)
def run(request):
    """Points, and a run of EM until log L can rise no more."""
    x, K = SETS[request.param]()
    run = run_em(x, K, max_steps=STEPS_AT_MOST, tol=0)
    assert run.converged
    return x, run.states


@pytest.fixture(scope="module")
def durations():
    """The eruptions of Old Faithful alone, d = 1, and the maximum for K = 2: five parameters."""
    x = datasets.load_old_faithful().x[:, :1]
    # parameters go on after log L has stopped rising in double precision
    return x, next(islice(iterate(x, starts.k_means(x, 2)), 100, None)).mixture


def em_by_scipy(x, theta):
    """One EM step written again with scipy's densities, one component at a time."""
    joint = np.column_stack(
        [
            pi * multivariate_normal(m, Sigma).pdf(x)
            for pi, m, Sigma in zip(theta.proportions, theta.means, theta.covariances, strict=True)
        ]
    )
    T = joint / joint.sum(axis=1, keepdims=True)
    means = [np.average(x, axis=0, weights=t) for t in T.T]
    covariances = [np.cov(x.T, aweights=t, ddof=0).reshape(x.shape[1], x.shape[1]) for t in T.T]
    return Mixture(T.mean(axis=0), means, covariances)


def largest(jacobian):
    return np.abs(np.linalg.eigvals(jacobian)).max()


# ---- the vector


def test_vector_holds_all_but_the_last_proportion_then_means_then_upper_entries():
    assert to_vector(THREE_IN_SPACE).tolist() == [
        *[0.2, 0.3],
        *range(9),
        *[entry for S in THREE_IN_SPACE.covariances for entry in (*S[0], *S[1, 1:], S[2, 2])],
    ]


def test_vector_and_back():
    back = from_vector(to_vector(THREE_IN_SPACE), 3, 3)
    assert np.allclose(back.proportions, THREE_IN_SPACE.proportions, rtol=1e-15)
    assert np.array_equal(back.means, THREE_IN_SPACE.means)
    assert np.array_equal(back.covariances, THREE_IN_SPACE.covariances)


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        ([0.5, 0.0, 1.0, 1.0], r"vector must have shape \(5,\)"),
        ([1.2, 0.0, 1.0, 1.0, 1.0], "proportions"),
        ([0.5, 0.0, 1.0, -1.0, 1.0], r"covariances\[0\]"),
        ([0.5, 0.0, np.nan, 1.0, 1.0], "vector holds nan"),
    ],
)
def test_a_vector_that_is_no_mixture_is_refused(vector, message):
    with pytest.raises(ValueError, match=message):
        from_vector(vector, K=2, d=1)


def test_a_width_for_each_parameter():
    mixture = Mixture([0.25, 0.75], [[0.0, 0.0], [5.0, 5.0]], [[[4.0, 1.0], [1.0, 9.0]], np.eye(2)])
    assert widths(mixture).tolist() == [0.25, 2, 3, 1, 1, 4, 6, 9, 1, 1, 1]


@pytest.mark.parametrize("function", [to_vector, widths])
def test_what_is_no_mixture_is_refused(function):
    with pytest.raises(TypeError, match="mixture must be a Mixture"):
        function([0.5, 0.5])


# ---- the Jacobian


@pytest.mark.parametrize("at_maximum", [True, False])
@pytest.mark.parametrize("name", ["Old Faithful", "the post"])
@pytest.mark.slow
def test_jacobian_is_the_one_that_scipy_finds_for_em_written_again(name, at_maximum):
    x, K = SETS[name]()
    theta = run_em(x, K, max_steps=100 if at_maximum else 2).states[-1].mixture
    d, at, unit = x.shape[1], to_vector(theta), widths(theta)

    def after(offset):
        return to_vector(em_by_scipy(x, from_vector(at + offset * unit, K, d))) / unit

    def on_columns(columns):
        return np.apply_along_axis(after, 0, columns)

    by_scipy = jacobian(on_columns, np.zeros(len(at)), initial_step=0.02).df
    ours = em_jacobian(x, theta) * unit / unit[:, None]
    assert np.allclose(ours, by_scipy, rtol=0, atol=1e-8)


def test_jacobian_is_identity_less_the_share_of_information_that_is_seen(durations):
    """I - (complete information)^-1 (observed information), one on paper, the other from the gradient of log L."""
    x, theta = durations[0][:, 0], durations[1]

    def gradient(v):
        pi, m, variance = np.array([v[0], 1 - v[0]]), v[1:3], v[3:5]
        joint = pi * norm.pdf(x[:, None], m, np.sqrt(variance))
        T, z = joint / joint.sum(axis=1, keepdims=True), x[:, None] - m
        by_variance = (T * (z**2 / variance - 1)).sum(axis=0) / (2 * variance)
        return np.array([*(T.sum(axis=0) / pi) @ [[1], [-1]], *(T * z).sum(axis=0) / variance, *by_variance])

    at, n, pi, variance = to_vector(theta), len(x), theta.proportions, theta.covariances.ravel()
    observed = -jacobian(lambda columns: np.apply_along_axis(gradient, 0, columns), at, initial_step=0.02).df
    complete = n * np.diag([(1 / pi).sum(), *pi / variance, *pi / (2 * variance**2)])  # S_k = n pi_k at a fixed point
    predicted = np.eye(5) - np.linalg.solve(complete, observed)
    assert np.abs(gradient(at)).max() < 1e-9
    assert np.allclose(em_jacobian(x[:, None], theta), predicted, rtol=0, atol=1e-8)
    assert largest(predicted) > 0.1


def test_units_do_not_change_the_rate(run):
    x, states = run
    theta = states[-1].mixture
    scale = 10.0 ** np.arange(x.shape[1])
    in_other_units = Mixture(theta.proportions, theta.means * scale, theta.covariances * np.outer(scale, scale))
    assert np.isclose(largest(em_jacobian(x * scale, in_other_units)), largest(em_jacobian(x, theta)), rtol=1e-6)


def test_the_order_of_the_components_does_not_change_the_rate(run):
    x, states = run
    theta = states[-1].mixture
    turned = Mixture(theta.proportions[::-1], theta.means[::-1], theta.covariances[::-1])
    assert np.isclose(largest(em_jacobian(x, turned)), largest(em_jacobian(x, theta)), rtol=1e-6)


def test_points_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="x must have shape"):
        em_jacobian([[0.0], [1.0]], THREE_IN_SPACE)


# ---- the rate


def test_measured_and_predicted_rates_agree(run):
    x, states = run
    predicted = largest(em_jacobian(x, states[-1].mixture))
    assert 0.2 < predicted < 0.99  # none of the four is trivial
    assert np.isclose(measured_rate([state.mixture for state in states]), predicted, rtol=1e-3)


def test_gains_of_the_log_likelihood_shrink_by_the_square(run):
    x, states = run
    predicted = largest(em_jacobian(x, states[-1].mixture))
    gains = np.diff([state.log_likelihood for state in states])
    clean = np.flatnonzero(gains[1:] > 1e-8)[-1]  # smaller gains are rounded too coarsely
    assert np.isclose(gains[clean + 1] / gains[clean], predicted**2, rtol=5e-3)


def test_rounding_at_the_end_does_not_spoil_the_rate():
    rng = np.random.default_rng(seed=0)
    mixtures = [
        Mixture([1.0], [[3 + 0.7**t + 1e-13 * rng.normal()]], [[[1 + 0.4**t + 1e-13 * rng.normal()]]])
        for t in range(120)
    ]
    assert np.isclose(measured_rate(mixtures), 0.7, rtol=1e-5)


def test_far_apart_is_fast():
    x, labels = Mixture([0.5, 0.5], [[0.0], [20.0]], [[[1.0]], [[1.0]]]).sample(200, SEED_OF_OVERLAPPING_CLUSTERS)
    assert largest(em_jacobian(x, starts.from_labels(x, labels))) < 1e-6


@pytest.mark.parametrize(
    ("mixtures", "message"),
    [
        ([THREE_IN_SPACE] * 2, "three or more, but it holds 2"),
        ([THREE_IN_SPACE] * 5, "move by less than 1e-07 widths"),
        ([THREE_IN_SPACE, THREE_IN_SPACE, THREE_IN_SPACE.marginal([0])], "same K and d"),
    ],
)
def test_a_run_without_a_rate_is_refused(mixtures, message):
    with pytest.raises(ValueError, match=message):
        measured_rate(mixtures)


def test_what_is_no_sequence_of_mixtures_is_told():
    with pytest.raises(TypeError, match=r"^mixtures must be a sequence of Mixtures, but it is nan \(float\)"):
        measured_rate(np.nan)


# Second derivatives, and the standard errors that come of them.


@pytest.mark.slow
def test_second_derivatives_of_log_l_are_scipys():
    x = datasets.load_old_faithful().x[:, :1]
    mixture = run_em(x, starts.k_means(x, 2)).mixture
    at, unit = to_vector(mixture), widths(mixture)

    def height(values):
        return from_vector(at + unit * values, 2, 1).log_likelihood(x)

    ours = second_derivatives(height, np.zeros(5), np.full(5, 1e-3))
    by_scipy = hessian(columnwise(height), np.zeros(5), initial_step=0.05).ddf
    assert np.allclose(ours, by_scipy, rtol=1e-4, atol=1e-4 * np.abs(by_scipy).max())
    assert np.linalg.eigvalsh(ours)[-1] < 0


def test_the_standard_error_of_one_gaussian_is_the_textbooks():
    x = np.random.default_rng(0).normal(3, 2, size=(400, 1))
    fit = m_step(x, np.ones((400, 1)))
    information = -second_derivatives(
        lambda v: from_vector(v, 1, 1).log_likelihood(x), to_vector(fit), 1e-3 * widths(fit)
    )
    deviation = x.std()
    expected = [deviation / np.sqrt(400), deviation**2 * np.sqrt(2 / 400)]  # of a mean, and of a variance
    assert np.allclose(np.sqrt(np.diag(np.linalg.inv(information))), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("at", "h", "words"),
    [([0.0, 1.0], [0.1], "h must have shape"), ([0.0], [0.0], "h must be above 0"), ([np.nan], [0.1], "at holds nan")],
)
def test_second_derivatives_need_a_place_and_a_step_for_each_entry(at, h, words):
    with pytest.raises(ValueError, match=words):
        second_derivatives(lambda v: v.sum(), at, h)
