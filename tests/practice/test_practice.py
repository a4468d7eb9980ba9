"""Exercises are checked as a patient lecturer would: right ones pass however written, wrong ones are told why."""

import functools
import linecache
import re
import warnings
from dataclasses import replace
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp, softmax, xlogy
from scipy.stats import multivariate_normal

from gmm_teach import Mixture, bound, e_step, m_step, practice, updates
from gmm_teach.practice import mistakes
from gmm_teach.practice import trials as practice_trials
from gmm_teach.practice.cases import every_case
from gmm_teach.practice.exercises import EXERCISES

CHECKS = {
    "e_step": practice.check_e_step,
    "m_step": practice.check_m_step,
    "log_likelihood": practice.check_log_likelihood,
    "mean_update": practice.check_mean_update,
    "covariance_update": practice.check_covariance_update,
    "proportions": practice.check_proportions,
    "bound": practice.check_bound,
}


@functools.cache
def message(exercise, function):
    with pytest.raises(practice.NotYet) as caught:
        CHECKS[exercise](function)
    return str(caught.value)


# Right ones, however they are written.

RIGHT = []


def right(exercise):
    def keep(function):
        RIGHT.append((exercise, function))
        return function

    return keep


@right("e_step")
def e_step_in_loops(x, mixture):
    n, K = len(x), len(mixture.proportions)
    T, total = [], 0.0
    for i in range(n):
        logs = []
        for k in range(K):
            z = x[i] - mixture.means[k]
            Sigma = mixture.covariances[k]
            log_f = -0.5 * (len(z) * np.log(2 * np.pi) + np.linalg.slogdet(Sigma)[1] + z @ np.linalg.inv(Sigma) @ z)
            logs.append(np.log(mixture.proportions[k]) + log_f)
        highest = max(logs)
        shares = [np.exp(a - highest) for a in logs]
        T.append([share / sum(shares) for share in shares])
        total += highest + np.log(sum(shares))
    return T, total


@right("e_step")
def e_step_by_einsum(x, mixture):
    z = x[:, None, :] - mixture.means
    distance = np.einsum("nki,kij,nkj->nk", z, np.linalg.inv(mixture.covariances), z)
    logdet = np.linalg.slogdet(mixture.covariances)[1]
    a = np.log(mixture.proportions) - 0.5 * (x.shape[1] * np.log(2 * np.pi) + logdet + distance)
    top = a.max(axis=1, keepdims=True)
    e = np.exp(a - top)
    return e / e.sum(axis=1, keepdims=True), (top[:, 0] + np.log(e.sum(axis=1))).sum()


@right("e_step")
def e_step_with_components_first(x, mixture):
    d, K = x.shape[1], len(mixture.means)
    points = x.T
    a = np.zeros((K, len(x)))
    for k in range(K):
        L = np.linalg.cholesky(mixture.covariances[k])
        y = np.linalg.solve(L, points - mixture.means[k][:, None])
        a[k] = (
            np.log(mixture.proportions[k]) - d / 2 * np.log(2 * np.pi) - np.log(np.diag(L)).sum() - (y * y).sum(0) / 2
        )
    log_p = np.logaddexp.reduce(a, axis=0)
    return np.exp(a - log_p).T, log_p.sum()


@right("e_step")
def e_step_by_scipy(x, mixture):
    columns = [
        multivariate_normal.logpdf(x, m, Sigma).reshape(-1) + np.log(pi)
        for pi, m, Sigma in zip(mixture.proportions, mixture.means, mixture.covariances, strict=True)
    ]
    a = np.column_stack(columns)
    return softmax(a, axis=1), logsumexp(a, axis=1).sum()


@right("e_step")
def e_step_in_logs_throughout(x, mixture):
    a = mixture.log_joint(x)
    log_p = logsumexp(a, axis=1, keepdims=True)
    log_T = a - log_p
    return [np.exp(log_T), np.asarray(log_p.sum())]


@right("e_step")
def e_step_in_float32(x, mixture):
    z = (x[:, None, :] - mixture.means).astype(np.float32)
    precisions = np.linalg.inv(mixture.covariances).astype(np.float32)
    logdet = np.linalg.slogdet(mixture.covariances)[1].astype(np.float32)
    distance = np.einsum("nki,kij,nkj->nk", z, precisions, z)
    constant = np.float32(x.shape[1] * np.log(2 * np.pi))
    a = np.log(mixture.proportions).astype(np.float32) - (constant + logdet + distance) / 2
    assert a.dtype == np.float32
    return softmax(a, axis=1), logsumexp(a, axis=1).sum()


@right("e_step")
def e_step_as_a_data_frame(x, mixture):
    T, log_likelihood = e_step(x, mixture)
    return pd.DataFrame(T), np.float64(log_likelihood)


@right("m_step")
def m_step_in_loops(x, responsibilities):
    n, d = x.shape
    pis, ms, Sigmas = [], [], []
    for k in range(responsibilities.shape[1]):
        S = 0
        m = np.zeros(d)
        for i in range(n):
            S += responsibilities[i, k]
            m += responsibilities[i, k] * x[i]
        m /= S
        Sigma = np.zeros((d, d))
        for i in range(n):
            Sigma += responsibilities[i, k] * np.outer(x[i] - m, x[i] - m)
        pis.append(S / n)
        ms.append(m)
        Sigmas.append(Sigma / S)
    return Mixture(pis, ms, Sigmas)


@right("m_step")
def m_step_by_einsum(x, T):
    S = np.einsum("nk->k", T)
    m = np.einsum("nk,ni->ki", T, x) / S[:, None]
    z = x[:, None] - m
    return Mixture(S / S.sum(), m, np.einsum("nk,nki,nkj->kij", T, z, z) / S[:, None, None])


@right("m_step")
def m_step_with_components_first(x, T):
    T = T.T.copy()
    S = T.sum(axis=1)
    T /= S[:, None]  # in its own copy
    m = T @ x
    return Mixture(S / len(x), m, [(w * (x - c).T) @ (x - c) for w, c in zip(T, m, strict=True)])


@right("m_step")
def m_step_by_numpy(x, T):
    d = x.shape[1]
    m = [np.average(x, axis=0, weights=w) for w in T.T]
    Sigma = [np.cov(x, rowvar=False, aweights=w, ddof=0).reshape(d, d) for w in T.T]
    return Mixture(T.mean(axis=0), m, Sigma)


@right("m_step")
def m_step_in_logs(x, T):
    with np.errstate(divide="ignore"):
        log_T = np.log(T)
    log_S = logsumexp(log_T, axis=0)
    W = np.exp(log_T - log_S)
    m = W.T @ x
    z = x[:, None] - m
    return Mixture(np.exp(log_S - np.log(len(x))), m, np.einsum("nk,nki,nkj->kij", W, z, z))


@right("m_step")
def m_step_in_float32(x, T):
    z, T = (x - x[0]).astype(np.float32), T.astype(np.float32)
    S = T.sum(axis=0)
    m = T.T @ z / S[:, None]
    Sigma = [(T[:, k] * (z - m[k]).T) @ (z - m[k]) / S[k] for k in range(len(S))]
    return Mixture(S / S.sum(), m + x[0], Sigma)


@right("log_likelihood")
def log_likelihood_of_the_module(x, mixture):
    return mixture.log_likelihood(x)


@right("log_likelihood")
def log_likelihood_in_a_loop(x, mixture):
    total = 0
    for point in x:
        logs = [
            np.log(pi) + multivariate_normal(m, Sigma).logpdf(point)
            for pi, m, Sigma in zip(mixture.proportions, mixture.means, mixture.covariances, strict=True)
        ]
        total += np.logaddexp.reduce(logs)
    return float(total)


@right("mean_update")
def mean_by_average(x, weights):
    return np.average(x, axis=0, weights=weights)


@right("mean_update")
def mean_in_a_loop(x, weights):
    return [sum(w * point[j] for w, point in zip(weights, x, strict=True)) / sum(weights) for j in range(x.shape[1])]


@right("covariance_update")
def covariance_by_numpy(x, weights, mean):
    return np.cov(x.T, aweights=weights, bias=True)


@right("covariance_update")
def covariance_in_a_loop(x, weights, mean):
    return sum(w * np.outer(p - mean, p - mean) for w, p in zip(weights, x, strict=True)) / sum(weights)


@right("proportions")
def proportions_in_a_list(sums):
    return [S / sum(sums) for S in sums]


@right("proportions")
def proportions_in_logs(sums):
    return softmax(np.log(sums))


@right("bound")
def bound_with_xlogy(x, mixture, T):
    return (T * mixture.log_joint(x)).sum() - xlogy(T, T).sum()


@right("bound")
def bound_in_a_loop(x, mixture, T):
    total = 0.0
    for t, a in zip(T.ravel(), mixture.log_joint(x).ravel(), strict=True):
        if t > 0:
            total += t * (a - np.log(t))
    return total


@right("bound")
def bound_less_kl(x, mixture, T):
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.where(T > 0, T * (np.log(T) - mixture.log_joint(x) + mixture.log_density(x)[:, None]), 0)
    return mixture.log_likelihood(x) - gap.sum()


RIGHT += [
    ("e_step", e_step),
    ("m_step", m_step),
    ("mean_update", updates.mean_update),
    ("covariance_update", updates.covariance_update),
    ("proportions", updates.proportions_update),
    ("bound", bound.lower_bound),
]


@pytest.mark.parametrize(("exercise", "function"), RIGHT, ids=lambda value: getattr(value, "__name__", value))
def test_a_right_one_passes_in_one_line(exercise, function, capsys):
    CHECKS[exercise](function)
    printed = capsys.readouterr().out
    assert re.fullmatch(r"check_\w+: right on all \d+ inputs, ordinary and extreme.\n", printed)


# Wrong ones, written as a student writes them, each with words that its message must hold.

WRONG = []


def wrong(exercise, *words):
    def keep(function):
        WRONG.append((exercise, function, words))
        return function

    return keep


def density(x, m, Sigma):
    d = len(m)
    z = x - m
    distance = np.sum(z @ np.linalg.inv(Sigma) * z, axis=1)
    return np.exp(-distance / 2) / np.sqrt((2 * np.pi) ** d * np.linalg.det(Sigma))


def joint(x, mixture):
    return np.array(
        [
            pi * density(x, m, S)
            for pi, m, S in zip(mixture.proportions, mixture.means, mixture.covariances, strict=True)
        ]
    ).T


@wrong("e_step", "proportions play no part")
def no_pi(x, mixture):
    logs = np.stack(
        [
            multivariate_normal(m, S).logpdf(x).reshape(len(x))
            for m, S in zip(mixture.means, mixture.covariances, strict=True)
        ],
        axis=1,
    )
    return softmax(logs, axis=1), logsumexp(logs, axis=1).sum()


@wrong("e_step", "log-likelihood is right", "Look at the responsibilities alone", "proportions play no part")
def no_pi_in_the_responsibilities_only(x, mixture):
    f = np.exp(mixture.log_joint(x)) / mixture.proportions
    return f / f.sum(axis=1, keepdims=True), mixture.log_likelihood(x)


@wrong("e_step", "columns sum to 1", "not over the points")
def over_points(x, mixture):
    a = mixture.log_joint(x)
    return softmax(a, axis=0), logsumexp(a, axis=1).sum()


@wrong("e_step", "columns sum to 1", "not over the points")
def over_points_because_of_a_transpose(x, mixture):
    p = joint(x, mixture).T
    return (p / p.sum(axis=1)[:, None]).T, np.log(p.sum(axis=0)).sum()


@wrong("e_step", "power K/2", "number of coordinates")
def k_for_d(x, mixture):
    K = len(mixture.means)
    a = np.empty((len(x), K))
    for k in range(K):
        z = x - mixture.means[k]
        maha = (z * np.linalg.solve(mixture.covariances[k], z.T).T).sum(1)
        a[:, k] = np.log(mixture.proportions[k]) - K / 2 * np.log(2 * np.pi)
        a[:, k] -= 0.5 * np.linalg.slogdet(mixture.covariances[k])[1] + 0.5 * maha
    return softmax(a, axis=1), logsumexp(a, axis=1).sum()


@wrong("e_step", "determinant of Sigma_k is left out")
def no_determinant(x, mixture):
    z = x[:, None] - mixture.means
    maha = np.einsum("nki,kij,nkj->nk", z, np.linalg.inv(mixture.covariances), z)
    a = np.log(mixture.proportions) - maha / 2 - x.shape[1] / 2 * np.log(2 * np.pi)
    return softmax(a, axis=1), np.logaddexp.reduce(a, axis=1).sum()


@wrong("e_step", "square root of the determinant")
def no_root_of_the_determinant(x, mixture):
    n, d = x.shape
    p = np.zeros((n, len(mixture.means)))
    for i in range(n):
        for k in range(len(mixture.means)):
            Sigma = mixture.covariances[k]
            z = x[i] - mixture.means[k]
            f = np.exp(-z @ np.linalg.inv(Sigma) @ z / 2) / ((2 * np.pi) ** (d / 2) * np.linalg.det(Sigma))
            p[i, k] = mixture.proportions[k] * f
    return p / p.sum(axis=1, keepdims=True), np.log(p.sum(axis=1)).sum()


@wrong("e_step", "where its inverse belongs")
def sigma_for_its_inverse(x, mixture):
    z = x[:, None] - mixture.means
    a = -0.5 * np.einsum("nki,kij,nkj->nk", z, mixture.covariances, z)
    a += np.log(mixture.proportions) - 0.5 * np.log(np.linalg.det(2 * np.pi * mixture.covariances))
    return softmax(a, axis=1), logsumexp(a, axis=1).sum()


@wrong("e_step", "right on ordinary inputs", "far from every mean", "log-sum-exp")
def no_log_sum_exp(x, mixture):
    p = joint(x, mixture)
    return p / p.sum(axis=1, keepdims=True), np.log(p.sum(axis=1)).sum()


@wrong("e_step", "right on ordinary inputs", "far from every mean", "a small number that is added")
def a_small_number_for_log_sum_exp(x, mixture):
    p = joint(x, mixture) + 1e-300
    return p / p.sum(axis=1, keepdims=True), np.log(p.sum(axis=1)).sum()


@wrong("e_step", "right on ordinary inputs", "far from every mean", "log-sum-exp")
def the_largest_of_all_for_that_of_a_row(x, mixture):
    a = mixture.log_joint(x)
    c = a.max()
    e = np.exp(a - c)
    return e / e.sum(axis=1)[:, None], (c + np.log(e.sum(axis=1))).sum()


@wrong("e_step", "shape", "transposed, (K, n) for (n, K)")
def components_first(x, mixture):
    T, log_likelihood = e_step(x, mixture)
    return T.T, log_likelihood


@wrong("e_step", "wrong places", "transpose")
def reshaped(x, mixture):
    p = np.array([np.exp(column) for column in mixture.log_joint(x).T])
    p = p / p.sum(axis=0)
    return p.reshape(len(x), -1), mixture.log_likelihood(x)


@wrong("e_step", "hard labels", "soft share")
def hard_labels(x, mixture):
    T = np.zeros((len(x), len(mixture.means)))
    T[np.arange(len(x)), mixture.predict(x)] = 1
    return T, mixture.log_likelihood(x)


@wrong("e_step", "not one label a point")
def labels(x, mixture):
    return mixture.predict(x), mixture.log_likelihood(x)


@wrong("e_step", "logarithms of T", "np.exp")
def log_responsibilities(x, mixture):
    a = mixture.log_joint(x)
    log_p = logsumexp(a, axis=1)
    return a - log_p[:, None], log_p.sum()


@wrong("e_step", "denominator is missing")
def not_normalised(x, mixture):
    p = joint(x, mixture)
    return p, np.log(p.sum(axis=1)).sum()


@wrong("e_step", "changes x in place", "make a new", "x -= mixture.means.mean(axis=0)")
def moves_x(x, mixture):
    x -= mixture.means.mean(axis=0)
    return e_step(x, Mixture(mixture.proportions, mixture.means - mixture.means.mean(axis=0), mixture.covariances))


@wrong("e_step", "responsibilities are right", "mean over the points")
def mean_log_likelihood(x, mixture):
    return e_step(x, mixture)[0], mixture.log_density(x).mean()


@wrong("e_step", "base 10")
def log10_likelihood(x, mixture):
    return e_step(x, mixture)[0], np.log10(np.exp(mixture.log_density(x))).sum()


@wrong("e_step", "base 2")
def log2_likelihood(x, mixture):
    T, log_likelihood = e_step(x, mixture)
    return T, log_likelihood / np.log(2)


@wrong("e_step", "classification likelihood")
def classification_likelihood(x, mixture):
    a = mixture.log_joint(x)
    return softmax(a, axis=1), sum(max(row) for row in a)


@wrong("e_step", "wrong sign")
def negative_log_likelihood(x, mixture):
    T, log_likelihood = e_step(x, mixture)
    return T, -log_likelihood


@wrong("e_step", "is 0 always")
def log_likelihood_after_normalising(x, mixture):
    p = np.exp(mixture.log_joint(x))
    p /= p.sum(axis=1, keepdims=True)
    return p, np.log(p.sum(axis=1)).sum()


@wrong("e_step", "not added again")
def maximum_not_added(x, mixture):
    a = mixture.log_joint(x)
    a = a - a.max(axis=1, keepdims=True)
    e = np.exp(a)
    return e / e.sum(axis=1, keepdims=True), np.log(e.sum(axis=1)).sum()


@wrong("e_step", "sum it over the points")
def log_likelihood_of_each_point(x, mixture):
    return e_step(x, mixture)[0], mixture.log_density(x)


@wrong("e_step", "Two things at once", "proportions play no part", "mean over the points")
def no_pi_and_mean(x, mixture):
    a = mixture.log_joint(x) - np.log(mixture.proportions)
    return softmax(a, axis=1), logsumexp(a, axis=1).mean()


@wrong("e_step", "Two things at once", "(2 pi)^(-d/2) is missing", "1/2 in the exponent is missing")
def neither_two_pi_nor_half(x, mixture):
    z = x[:, None] - mixture.means
    a = np.log(mixture.proportions) - np.linalg.slogdet(mixture.covariances)[1] / 2
    a = a - np.einsum("nki,kij,nkj->nk", z, np.linalg.inv(mixture.covariances), z)
    return softmax(a, axis=1), logsumexp(a, axis=1).sum()


@wrong("e_step", "Only the diagonal of Sigma_k")
def naive_bayes(x, mixture):
    variances = np.diagonal(mixture.covariances, axis1=1, axis2=2)
    a = (
        np.log(mixture.proportions)
        + np.array(
            [
                -0.5 * (np.log(2 * np.pi * v) + (x - m) ** 2 / v).sum(1)
                for m, v in zip(mixture.means, variances, strict=True)
            ]
        ).T
    )
    return softmax(a, axis=1), logsumexp(a, axis=1).sum()


@wrong("e_step", "not every entry is a finite number")
def nan_everywhere(x, mixture):
    return np.full((len(x), len(mixture.means)), np.nan), mixture.log_likelihood(x)


@wrong("e_step", "returned None", "`return` missing")
def no_return(x, mixture):
    e_step(x, mixture)


@wrong("e_step", "must return two things", "return responsibilities, log_likelihood")
def responsibilities_alone(x, mixture):
    return e_step(x, mixture)[0]


@wrong("e_step", "wrong order", "responsibilities come first")
def results_in_the_wrong_order(x, mixture):
    T, log_likelihood = e_step(x, mixture)
    return log_likelihood, T


@wrong("e_step", "It is called as arguments_in_the_wrong_order(x, mixture)")
def arguments_in_the_wrong_order(mixture, x):
    return e_step(x, mixture)


@wrong("e_step", "line", "`return mixture.weights, total`", "AttributeError")
def an_attribute_that_is_not_there(x, mixture):
    total = mixture.log_likelihood(x)
    return mixture.weights, total


@wrong("e_step", "it is called as too_few_arguments(x, mixture)")
def too_few_arguments(x):
    return x


@wrong("e_step", "IndexError", "mixture.means[k + 1]")
def off_by_one(x, mixture):
    a = np.zeros((len(x), len(mixture.means)))
    for k in range(len(mixture.means)):
        a[:, k] = multivariate_normal(mixture.means[k + 1], mixture.covariances[k]).logpdf(x)
    return softmax(a, axis=1), logsumexp(a, axis=1).sum()


@wrong("e_step", "not right yet", "none of the mistakes that are known here")
def an_odd_one(x, mixture):
    a = mixture.log_joint(x) * (1 + 0.1 * np.arange(len(mixture.means)))
    return softmax(a, axis=1), logsumexp(a, axis=1).sum()


@wrong("e_step", "a row does not sum to 1")
def clipped(x, mixture):
    T, log_likelihood = e_step(x, mixture)
    return np.clip(T, 0.01, 1), log_likelihood


@wrong("e_step", "must hold real numbers, but it is a list")
def ragged(x, mixture):
    return [[1.0], [0.5, 0.5]], mixture.log_likelihood(x)


@wrong("e_step", "complex128 values")
def complex_numbers(x, mixture):
    T, log_likelihood = e_step(x, mixture)
    return T + 0j, log_likelihood


@wrong("log_likelihood", "points are summed within the logarithm")
def log_of_the_sum_over_points(x, mixture):
    return np.log(np.exp(mixture.log_density(x)).sum())


@wrong("log_likelihood", "sum over k first")
def sum_of_logs(x, mixture):
    return mixture.log_joint(x).sum()


@wrong("log_likelihood", "many points", "product")
def log_of_the_product(x, mixture):
    return np.log(np.prod(joint(x, mixture).sum(axis=1)))


@wrong("log_likelihood", "likelihood itself")
def likelihood(x, mixture):
    return np.prod([row.sum() for row in np.exp(mixture.log_joint(x))])


@wrong("log_likelihood", "far from every mean")
def plain_log(x, mixture):
    return float(np.log(joint(x, mixture).sum(axis=1)).sum())


@wrong("log_likelihood", "This is Q")
def q_for_log_likelihood(x, mixture):
    return bound.expected_log_joint(x, mixture, e_step(x, mixture)[0])


@wrong("log_likelihood", "small constant")
def guarded_covariances(x, mixture):
    d = x.shape[1]
    return Mixture(mixture.proportions, mixture.means, mixture.covariances + 1e-6 * np.eye(d)).log_likelihood(x)


@wrong("log_likelihood", "extra factor 1/2")
def extra_half(x, mixture):
    return mixture.log_likelihood(x) / 2


@wrong("log_likelihood", "Cholesky", "transposed")
def cholesky_transposed(x, mixture):
    a = []
    for pi, m, S in zip(mixture.proportions, mixture.means, mixture.covariances, strict=True):
        L = np.linalg.cholesky(S)
        y = np.linalg.solve(L.T, (x - m).T)
        a.append(np.log(pi) - 0.5 * x.shape[1] * np.log(2 * np.pi) - np.log(np.diag(L)).sum() - 0.5 * (y**2).sum(0))
    return logsumexp(a, axis=0).sum()


@wrong("m_step", "divided by n, all the points", "S_k")
def divided_by_n(x, T):
    n = len(x)
    m = T.T @ x / n
    Sigma = [(T[:, k] * (x - m[k]).T) @ (x - m[k]) / n for k in range(T.shape[1])]
    return Mixture(T.sum(0) / n, m, Sigma)


@wrong("m_step", "covariance is divided by n, all the points:")
def only_covariances_divided_by_n(x, T):
    S = T.sum(axis=0)
    m = T.T @ x / S[:, None]
    z = x[:, None] - m
    return Mixture(S / len(x), m, np.einsum("nk,nki,nkj->kij", T, z, z) / len(x))


@wrong("m_step", "covariance is divided by S_k - 1")
def one_less(x, T):
    S = T.sum(axis=0)
    m = T.T @ x / S[:, None]
    z = x[:, None] - m
    return Mixture(S / len(x), m, np.einsum("nk,nki,nkj->kij", T, z, z) / (S - 1)[:, None, None])


@wrong("m_step", "covariance is weighted twice")
def weighted_twice(x, T):
    good = m_step(x, T)
    covariances = []
    for k, m in enumerate(good.means):
        z = T[:, k, None] * (x - m)
        covariances.append(z.T @ z / T[:, k].sum())
    return Mixture(good.proportions, good.means, covariances)


@wrong("m_step", "means and proportions are right", "Only the diagonal")
def diagonal_only(x, T):
    S = T.sum(axis=0)
    m = T.T @ x / S[:, None]
    covariances = [np.diag((T[:, k, None] * (x - m[k]) ** 2).sum(0) / S[k]) for k in range(len(S))]
    return Mixture(S / len(x), m, covariances)


@wrong("m_step", "variances only", "d x d")
def variances_only(x, T):
    S = T.sum(axis=0)
    m = T.T @ x / S[:, None]
    return Mixture(S / len(x), m, [(T[:, k, None] * (x - m[k]) ** 2).sum(0) / S[k] for k in range(len(S))])


@wrong("m_step", "proportions are not normalised", "sum to 1")
def proportions_not_normalised(x, T):
    good = m_step(x, T)
    return Mixture(T.sum(axis=0), good.means, good.covariances)


@wrong("m_step", "all 1/K")
def proportions_left_equal(x, T):
    good = m_step(x, T)
    K = T.shape[1]
    return Mixture(np.ones(K) / K, good.means, good.covariances)


@wrong("m_step", "hard labels", "soft T")
def from_hard_labels(x, T):
    label = T.argmax(axis=1)
    K = T.shape[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        groups = [x[label == k] for k in range(K)]
        m = [group.mean(axis=0) for group in groups]
        covariances = [(group - c).T @ (group - c) / len(group) for group, c in zip(groups, m, strict=True)]
    return Mixture([len(group) / len(x) for group in groups], m, covariances)


@wrong("m_step", "around the plain mean of all points")
def around_the_mean_of_all(x, T):
    S = T.sum(axis=0)
    z = x - x.mean(axis=0)
    return Mixture(S / len(x), T.T @ x / S[:, None], np.einsum("nk,ni,nj->kij", T, z, z) / S[:, None, None])


@wrong("m_step", "an old mean", "around 0")
def means_not_filled_in_yet(x, T):
    K, d = T.shape[1], x.shape[1]
    m, Sigma = np.zeros((K, d)), np.zeros((K, d, d))
    for k in range(K):
        Sigma[k] = (T[:, k] * (x - m[k]).T) @ (x - m[k]) / T[:, k].sum()
        m[k] = T[:, k] @ x / T[:, k].sum()
    return Mixture(T.mean(axis=0), m, Sigma)


OLD = {}


@wrong("m_step", "two results for one input", "old mean")
def old_means_kept_outside(x, T):
    S = T.sum(axis=0)
    m = T.T @ x / S[:, None]
    z = x[:, None] - OLD.get(m.shape, m)
    OLD[m.shape] = m
    return Mixture(S / len(x), m, np.einsum("nk,nki,nkj->kij", T, z, z) / S[:, None, None])


@wrong("m_step", "the same number is added to every variance")
def guard(x, T):
    good = m_step(x, T)
    return Mixture(good.proportions, good.means, good.covariances + 1e-3 * np.eye(x.shape[1]))


@wrong("m_step", "small constant")
def small_guard(x, T):
    good = m_step(x, T)
    return Mixture(good.proportions, good.means, good.covariances + 1e-6 * np.eye(x.shape[1]))


@wrong("m_step", "It is called as wants_components_first(x, responsibilities)", "responsibilities are (n, K)")
def wants_components_first(x, R):
    return m_step(x, R.T)


@wrong("m_step", "returned a tuple of 3", "must return a Mixture")
def a_tuple(x, T):
    good = m_step(x, T)
    return good.proportions, good.means, good.covariances


@wrong("m_step", "wrong order", "Mixture(proportions, means, covariances)")
def mixture_in_the_wrong_order(x, T):
    good = m_step(x, T)
    return Mixture(good.means, good.proportions, good.covariances)


@wrong("m_step", "changes responsibilities in place", "T /= T.sum(axis=0)")
def spoils_the_responsibilities(x, T):
    proportions = T.mean(axis=0)
    T /= T.sum(axis=0)
    m = T.T @ x
    z = x[:, None] - m
    return Mixture(proportions, m, np.einsum("nk,nki,nkj->kij", T, z, z))


@wrong("m_step", "variances, z * z entry by entry", "outer product")
def row_by_row(x, T):
    n, d = x.shape
    good = m_step(x, T)
    Sigma = np.zeros((T.shape[1], d, d))
    for k, m in enumerate(good.means):
        for i in range(n):
            Sigma[k] += T[i, k] * (x[i] - m) * (x[i] - m)
        Sigma[k] /= T[:, k].sum()
    return Mixture(good.proportions, good.means, Sigma)


@wrong("m_step", "returned a dict", "must return a Mixture")
def a_dict(x, T):
    good = m_step(x, T)
    return {"proportions": good.proportions, "means": good.means, "covariances": good.covariances}


@wrong("m_step", "that of all points together, as of a sample")
def numpys_covariance_without_weights(x, T):
    d = x.shape[1]
    return Mixture(T.mean(axis=0), m_step(x, T).means, [np.cov(x.T).reshape(d, d)] * T.shape[1])


@wrong("m_step", "a matrix is not symmetric")
def one_corner_wrong(x, T):
    good = m_step(x, T)
    covariances = good.covariances.copy()
    covariances[:, 0, -1] *= 1.5
    return Mixture(good.proportions, good.means, covariances)


@wrong("m_step", "numbers are right, and stand in the wrong places", "or an axis?\n")
def proportions_turned_round(x, T):
    good = m_step(x, T)
    return Mixture(good.proportions[np.argsort(good.proportions)], good.means, good.covariances)


@wrong("m_step", "one factor too much")
def one_percent_too_wide(x, T):
    good = m_step(x, T)
    return Mixture(good.proportions, good.means, 1.01 * good.covariances)


@wrong("m_step", "it is none of the mistakes that are known here")
def nothing_but_a_guard(x, T):  # next to the right covariances it is no factor of them
    good = m_step(x, T)
    return Mixture(good.proportions, good.means, 1e-9 * np.ones_like(good.covariances) * np.eye(x.shape[1]))


@wrong("mean_update", "not divided by S_k")
def mean_not_divided(x, weights):
    return x.T @ weights


@wrong("mean_update", "plain mean of all points")
def plain_mean(x, weights):
    return x.mean(axis=0)


@wrong("mean_update", "divided by n")
def mean_of_products(x, weights):
    return np.mean([w * p for w, p in zip(weights, x, strict=True)], axis=0)


@wrong("mean_update", "hard labels")
def mean_of_the_near(x, weights):
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x[weights > 0.5].mean(axis=0)


@wrong("mean_update", "weighted twice")
def mean_weighted_twice(x, weights):
    return (weights**2) @ x / weights.sum()


@wrong("mean_update", "it is called as mean_with_a_third_argument(x, weights)")
def mean_with_a_third_argument(x, weights, S):
    return weights @ x / S


@wrong("covariance_update", "plain mean of all points")
def covariance_around_all(x, weights, mean):
    z = x - x.mean(axis=0)
    return z.T @ (weights[:, None] * z) / weights.sum()


@wrong("covariance_update", "divided by n, all")
def covariance_by_n(x, weights, mean):
    z = x - mean
    return z.T @ np.diag(weights) @ z / len(x)


@wrong("covariance_update", "as for a sample", "sum_i T[i, k]^2")
def covariance_of_a_sample(x, weights, mean):
    return np.cov(x.T, aweights=weights).reshape(len(mean), len(mean))


@wrong("covariance_update", "sum over the points, not over the coordinates")
def covariance_the_other_way(x, weights, mean):
    z = x - mean
    return (weights[:, None] * z) @ z.T / weights.sum()


@wrong("covariance_update", "inverse of the covariance")
def precision(x, weights, mean):
    z = x - mean
    return np.linalg.inv(z.T @ (weights[:, None] * z) / weights.sum())


@wrong("covariance_update", "covariance is summed without the weights")
def covariance_without_weights(x, weights, mean):
    return sum(np.outer(p - mean, p - mean) for p in x) / weights.sum()


@wrong("proportions", "all 1/K")
def equal_proportions(sums):
    return np.full(len(sums), 1 / len(sums))


@wrong("proportions", "not normalised")
def sums_themselves(sums):
    return list(sums)


@wrong("proportions", "divided by K")
def sums_by_k(sums):
    return sums / len(sums)


@wrong("proportions", "exponential of S_k is taken")
def softmax_of_sums(sums):
    return softmax(sums)


@wrong("proportions", "changes sums in place")
def spoils_sums(sums):
    sums /= sums.sum()
    return sums


@wrong("bound", "Q alone", "entropy")
def no_entropy(x, mixture, T):
    return (T * mixture.log_joint(x)).sum()


@wrong("bound", "entropy has the wrong sign")
def entropy_subtracted(x, mixture, T):
    return bound.expected_log_joint(x, mixture, T) - bound.entropy(T)


@wrong("bound", "KL divergence is added")
def kl_added(x, mixture, T):
    return mixture.log_likelihood(x) + bound.kl_divergence(T, e_step(x, mixture)[0])


@wrong("bound", "responsibilities that are 0", "T log T is 0 where T is 0")
def zero_times_log_zero(x, mixture, T):
    return (T * (mixture.log_joint(x) - np.log(T))).sum()


@wrong("bound", "weights T[i, k] are missing in Q")
def q_without_weights(x, mixture, T):
    return mixture.log_joint(x).sum() + bound.entropy(T)


@wrong("bound", "This is log L, whatever the responsibilities are")
def its_own_responsibilities(x, mixture, T):
    T, _ = e_step(x, mixture)
    return bound.lower_bound(x, mixture, T)


@wrong("bound", "proportions play no part")
def bound_without_pi(x, mixture, T):
    return (T * (mixture.log_joint(x) - np.log(mixture.proportions))).sum() + bound.entropy(T)


@wrong("bound", "wrong way round")
def kl_reversed(x, mixture, T):
    return mixture.log_likelihood(x) - bound.kl_divergence(e_step(x, mixture)[0], T)


# Code that is right on tame points, and breaks on real ones.


@wrong("covariance_update", "right on ordinary inputs", "far from 0", "digits are lost")
def covariance_by_moments(x, weights, mean):
    return (weights * x.T) @ x / weights.sum() - np.outer(mean, mean)


@wrong("m_step", "right on ordinary inputs", "far from 0", "digits are lost")
def m_step_by_moments(x, T):
    S = T.sum(axis=0)
    m = (x.T @ T / S).T
    return Mixture(S / S.sum(), m, [(t * x.T) @ x / s - np.outer(c, c) for t, s, c in zip(T.T, S, m, strict=True)])


@wrong("m_step", "far from 0")
def m_step_in_float32_throughout(x, T):
    x, T = x.astype(np.float32), T.astype(np.float32)
    S = T.sum(axis=0)
    m = T.T @ x / S[:, None]
    return Mixture(S / S.sum(), m, [(T[:, k] * (x - m[k]).T) @ (x - m[k]) / S[k] for k in range(len(S))])


@wrong("log_likelihood", "far from 0")
def log_likelihood_by_a_multiplied_square(x, mixture):
    total = []
    for pi, m, Sigma in zip(mixture.proportions, mixture.means, mixture.covariances, strict=True):
        P = np.linalg.inv(Sigma)
        square = np.einsum("ni,ij,nj->n", x, P, x) - 2 * x @ P @ m + m @ P @ m
        total.append(np.log(pi) - 0.5 * (square + np.linalg.slogdet(2 * np.pi * Sigma)[1]))
    return logsumexp(total, axis=0).sum()


@wrong("bound", "with many coordinates", "slogdet")
def bound_with_log_det(x, mixture, T):
    total = bound.entropy(T)
    for t, pi, m, Sigma in zip(T.T, mixture.proportions, mixture.means, mixture.covariances, strict=True):
        distance = np.sum((x - m) @ np.linalg.inv(Sigma) * (x - m), axis=1)
        log_f = -0.5 * (len(m) * np.log(2 * np.pi) + np.log(np.linalg.det(Sigma)) + distance)
        total += t @ (np.log(pi) + log_f)
    return total


@wrong("e_step", "with a single point", "one row only")
def rows_of_squeezed_densities(x, mixture):
    parts = zip(mixture.proportions, mixture.means, mixture.covariances, strict=True)
    a = np.stack([np.log(pi) + multivariate_normal(m, Sigma).logpdf(x) for pi, m, Sigma in parts], axis=-1)
    return softmax(a, axis=1), logsumexp(a, axis=1).sum()


@wrong("mean_update", "with a single point")
def squeezed_mean(x, weights):
    return (weights[:, None] * x).squeeze().sum(axis=0) / weights.sum()


# What people report, once more on something right, or in one wrong place.


def with_covariances(change):
    def function(x, T):
        good = m_step(x, T)
        return Mixture(good.proportions, good.means, change(good.covariances, x, T))

    return function


@wrong("m_step", "means and proportions are right", "by S_k and then by n once more")
def divided_once_more_by_n(x, T):
    return with_covariances(lambda Sigmas, x, T: Sigmas / len(x))(x, T)


@wrong("m_step", "means and proportions are right", "by S_k twice")
def divided_twice(x, T):
    return with_covariances(lambda Sigmas, x, T: Sigmas / T.sum(axis=0)[:, None, None])(x, T)


@wrong("m_step", "plain mean of the covariances")
def averaged_covariances(x, T):
    return with_covariances(lambda Sigmas, x, T: np.repeat(Sigmas.mean(axis=0)[None], len(Sigmas), axis=0))(x, T)


@wrong("m_step", "divided by pi_k")
def divided_by_proportions(x, T):
    return with_covariances(lambda Sigmas, x, T: len(x) * Sigmas)(x, T)


@wrong("m_step", "m_k^T m_k, one number")
def numbers_subtracted(x, T):
    good = m_step(x, T)
    squares = [(t * x.T) @ x / t.sum() - m.dot(m.T) for t, m in zip(T.T, good.means, strict=True)]
    return Mixture(good.proportions, good.means, squares)


@wrong("mean_update", "by S_k and then by n once more")
def mean_divided_once_more(x, weights):
    return np.average(x, axis=0, weights=weights) / len(weights)


@wrong("covariance_update", "the last point only")
def covariance_overwritten(x, weights, mean):
    for w, point in zip(weights, x, strict=True):
        Sigma = w * np.outer(point - mean, point - mean)
    return Sigma / weights.sum()


@wrong("mean_update", "the first point only")
def mean_returned_too_early(x, weights):
    for w, point in zip(weights, x, strict=True):
        return w * point / weights.sum()


@wrong("proportions", "by n and then by K once more")
def proportions_divided_once_more(sums):
    return sums / sums.sum() / len(sums)


@wrong("log_likelihood", "Only the last point counts")
def overwritten_log_likelihood(x, mixture):
    for point in x:
        total = mixture.log_likelihood(point[None])
    return total


@wrong("e_step", "Only the last component counts")
def overwritten_density(x, mixture):
    T, _ = e_step(x, mixture)
    for column in mixture.log_joint(x).T:
        p = np.exp(column)
    return T, np.log(p).sum()


@wrong("log_likelihood", "(pi / 2)^(d/2)")
def half_pi(x, mixture):
    d = x.shape[1]
    parts = zip(mixture.proportions, mixture.means, mixture.covariances, strict=True)
    logs = [
        np.log(pi)
        + d / 2 * np.log(1 / 2 * np.pi)
        - 0.5 * np.linalg.slogdet(Sigma)[1]
        - 0.5 * np.sum((x - m) @ np.linalg.inv(Sigma) * (x - m), axis=1)
        for pi, m, Sigma in parts
    ]
    return logsumexp(logs, axis=0).sum()


@wrong("e_step", "reverse order: component k needs its own pi_k")
def proportions_of_another(x, mixture):
    a = mixture.log_joint(x) - np.log(mixture.proportions) + np.log(mixture.proportions)[::-1]
    return softmax(a, axis=1), logsumexp(a, axis=1).sum()


@wrong("log_likelihood", "summed with the weights pi_k")
def weighted_logarithms(x, mixture):
    return mixture.log_joint(x) @ mixture.proportions @ np.ones(len(x))


# Guards: the error is under the tolerance here and there, which proves nothing.


@wrong("log_likelihood", "none of the mistakes that are known here")
def guarded_logarithm(x, mixture):
    return np.log(np.exp(mixture.log_density(x)) + 1e-6).sum()


@wrong("e_step", "a row does not sum to 1")
def guarded_division(x, mixture):
    p = joint(x, mixture)
    return p / (p.sum(axis=1, keepdims=True) + 1e-7), mixture.log_likelihood(x)


@pytest.mark.parametrize(("exercise", "function", "words"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
def test_a_wrong_one_is_told_why(exercise, function, words):
    told = message(exercise, function)
    for word in words:
        assert word in told


@pytest.mark.slow
def test_no_two_of_different_kinds_are_told_the_same():
    words_of = {}
    for exercise, function, words in WRONG:
        first = message(exercise, function).split("\nThe smallest")[0]
        assert words_of.setdefault(first, words) == words


# What a message holds, and what not.


def shown_input(told):
    """Run the code that the message shows; return what it makes."""
    code = "\n".join(line.strip() for line in told.splitlines() if re.match(r"    \w+ = (?!sum)(np|Mix|weights)", line))
    names = {"np": np, "Mixture": Mixture}
    exec(code, names)
    del names["__builtins__"], names["np"], names["Mixture"]
    return names


def answers(exercise, given):
    module = {
        "e_step": e_step,
        "m_step": m_step,
        "log_likelihood": lambda x, mixture: mixture.log_likelihood(x),
        "mean_update": updates.mean_update,
        "covariance_update": updates.covariance_update,
        "proportions": updates.proportions_update,
        "bound": bound.lower_bound,
    }[exercise]
    result = module(**given)
    if isinstance(result, Mixture):
        result = (result.proportions, result.means, result.covariances)
    return np.concatenate([np.ravel(part) for part in (result if isinstance(result, tuple) else [result])])


def gives_the_answer(exercise, function, given):
    """Whether a function gives what the module's does, in this very form."""
    try:
        result = function(*given.values())
        if isinstance(result, Mixture):
            result = (result.proportions, result.means, result.covariances)
        mine = np.concatenate([np.ravel(part) for part in (result if isinstance(result, tuple) else [result])])
        return bool(np.allclose(mine, answers(exercise, given), rtol=1e-6, atol=1e-9))
    except Exception:
        return False


WRONG_IN_FORM_ONLY = (
    "It is called as",
    "in place",
    "must return",
    "with shape",
    "complex",
    "two results",
)


@pytest.mark.parametrize(("exercise", "function", "words"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
def test_a_message_shows_an_input_that_fails(exercise, function, words):
    told = message(exercise, function)
    given = shown_input(told)
    assert list(given) == list(EXERCISES[exercise].arguments)
    if not any(form in told for form in WRONG_IN_FORM_ONLY):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert not gives_the_answer(exercise, function, given)


def test_the_smallest_input_is_as_small_as_can_be():
    sizes = {
        no_pi: "n = 1, d = 1, K = 2",
        k_for_d: "n = 1, d = 1, K = 2",
        no_determinant: "n = 1, d = 1, K = 1",
        no_log_sum_exp: "n = 1, d = 1, K = 1",
        naive_bayes: "n = 1, d = 2, K = 1",
        diagonal_only: "n = 3, d = 2, K = 1",
        proportions_left_equal: "n = 2, d = 1, K = 2",
    }
    for function, size in sizes.items():
        (exercise,) = [exercise for exercise, other, _ in WRONG if other is function]
        assert size in message(exercise, function)


def test_not_yet_is_an_assertion_error_that_ipython_shows_without_a_traceback():
    assert issubclass(practice.NotYet, AssertionError)
    assert practice.NotYet("why")._render_traceback_() == ["NotYet: why"]


@pytest.mark.parametrize(("exercise", "function"), [(exercise, function) for exercise, function, _ in WRONG])
def test_a_message_is_wrapped_between_words(exercise, function):
    told = message(exercise, function)
    lines = "\n".join(practice.NotYet(told)._render_traceback_()).split("\n")
    assert max(map(len, lines)) <= 78
    assert " ".join(" ".join(lines).split()) == f"NotYet: {' '.join(told.split())}"
    (before,) = [i for i, line in enumerate(lines) if line.startswith("The smallest failing")]
    compile(dedent("\n".join(lines[before + 1 :])), "the input", "exec")


def test_what_is_no_function_is_told():
    with pytest.raises(TypeError, match="without brackets"):
        practice.check_e_step(None)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_what_is_not_started_is_neither_right_nor_wrong(exercise, capsys):
    CHECKS[exercise](lambda *arguments: ...)
    told = capsys.readouterr().out
    assert told.startswith("Not started.")
    assert "right" not in told


def test_covariances_around_wrong_means_are_not_told_to_be_wrong_themselves():
    def around_medians(x, T):
        S = T.sum(axis=0)
        means = np.repeat(np.median(x, axis=0)[None], T.shape[1], axis=0)
        covariances = [(T[:, k] * (x - means[k]).T) @ (x - means[k]) / S[k] for k in range(len(S))]
        return Mixture(S / len(x), means, covariances)

    told = message("m_step", around_medians)
    assert "Your means are not right yet" in told
    assert "covariances" not in told.split("\n")[0]


def test_no_warning_comes_out(recwarn):
    for function in (no_log_sum_exp, no_pi, zero_times_log_zero):
        (exercise,) = [exercise for exercise, other, _ in WRONG if other is function]
        message(exercise, function)
    assert len(recwarn) == 0


def test_a_line_of_a_cell_is_shown():
    source = "def my_e_step(x, mixture):\n    z = x - mixture.means\n    return z, 0.0\n"
    linecache.cache["<cell 5>"] = (len(source), None, source.splitlines(keepends=True), "<cell 5>")
    names = {}
    exec(compile(source, "<cell 5>", "exec"), names)
    told = message("e_step", names["my_e_step"])
    assert "line 2, `z = x - mixture.means`" in told
    assert "could not be broadcast" in told


def test_arrays_from_outside_are_named():
    K, my_means = 3, np.zeros((3, 2))

    def uses_them(x, T):
        z = x - my_means[K - 1]
        return Mixture(T.mean(axis=0), my_means, [z.T @ z] * K)

    assert re.search("It uses `(K|my_means)` and `(K|my_means)` from outside", message("m_step", uses_them))


data, mean = np.ones((40, 2)), np.zeros(2)


def helper_with_data(column, weights):
    return data[0, 0] + weights @ column / weights.sum()


@pytest.mark.parametrize(
    "function",
    [
        lambda x, weights: np.array([data[0, 0] + weights @ column / weights.sum() for column in x.T]),
        lambda x, weights: np.array(list(map(lambda column: data[0, 0] + weights @ column / weights.sum(), x.T))),
        lambda x, weights: np.fromiter((data[0, 0] + weights @ column / weights.sum() for column in x.T), float),
        lambda x, weights: np.array([helper_with_data(column, weights) for column in x.T]),
    ],
    ids=["comprehension", "lambda", "generator", "helper"],
)
def test_arrays_from_outside_are_named_wherever_they_are_used(function):
    def mine(x, weights):
        return function(x, weights)

    told = message("mean_update", function)
    assert "It uses `data` from outside" in told


def test_a_method_is_looked_into_as_well():
    class Steps:
        def mean(self, x, weights):
            return data[0, 0] + weights @ x / weights.sum()

    assert "It uses `data` from outside" in message("mean_update", Steps().mean)


def test_an_attribute_of_the_same_name_is_not_from_outside():
    def uses_an_attribute(x, weights):
        return 1.1 * (x - x.mean()) + 0 * len(weights)

    assert "from outside" not in message("mean_update", uses_an_attribute)


def test_nothing_is_said_of_inputs_on_which_it_becomes_right():
    for exercise, function, _ in WRONG:
        assert "becomes right" not in message(exercise, function)


@pytest.mark.parametrize("words", ["column sums", "hard labels"])
def test_no_cause_is_named_that_would_spoil_what_is_right(words):
    functions = [divided_once_more_by_n, divided_twice, averaged_covariances, divided_by_proportions]
    functions += [
        with_covariances(lambda Sigmas, x, T, c=c: Sigmas / c(x, T))
        for c in (
            lambda x, T: len(x) - 1,
            lambda x, T: T.shape[1],
            lambda x, T: x.shape[1] + 1,
            lambda x, T: len(x) ** 2,
        )
    ]
    for function in functions:
        told = message("m_step", function)
        assert "means and proportions are right" in told
        assert words not in told


def test_two_mistakes_are_not_guessed_for_one_part_where_another_is_wrong_for_no_known_reason():
    def doubled_over_n_around_medians(x, T):
        means = np.repeat(np.median(x, axis=0)[None], T.shape[1], axis=0)
        Sigmas = [2 * (t * (x - m).T) @ (x - m) / len(x) for t, m in zip(T.T, means, strict=True)]
        return Mixture(T.mean(axis=0), means, Sigmas)

    told = message("m_step", doubled_over_n_around_medians)
    assert "Your means are not right yet" in told
    assert "Look at" not in told


def test_nan_is_no_mistake_of_the_catalogue(monkeypatch):
    """In a browser NumPy gives nan for a matrix without inverse, and so would a mistake that takes one."""
    inverse = mistakes.Mistake("the inverse", {"finish": lambda Sigmas, means, S: np.full_like(Sigmas, np.nan)})
    monkeypatch.setitem(EXERCISES, "m_step", replace(EXERCISES["m_step"], mistakes=(inverse,)))
    told = message("m_step", an_inverse_that_fails)
    assert "covariances are not right yet: not every entry is a finite number" in told


def an_inverse_that_fails(x, T):
    good = m_step(x, T)
    return Mixture(good.proportions, good.means, np.full_like(good.covariances, np.nan))


def test_callables_of_other_kinds_are_taken():
    practice.check_e_step(functools.partial(e_step))
    told = message("e_step", functools.partial(no_pi))
    assert "proportions play no part" in told


# The catalogue.


@pytest.mark.parametrize("name", EXERCISES)
def test_the_formulas_rightly_filled_are_those_of_the_module(name):
    for case in every_case():
        if case.kind in EXERCISES[name].without:
            continue
        given = dict(zip(EXERCISES[name].arguments, EXERCISES[name].given(case), strict=True))
        with np.errstate(all="ignore"):  # of the other component, which has no points here
            made = EXERCISES[name].compute(mistakes.RIGHT, *given.values())
        order = ("proportions", "means", "covariances") if name == "m_step" else EXERCISES[name].parts
        parts = [made[part] for part in order]
        np.testing.assert_allclose(np.concatenate([np.ravel(part) for part in parts]), answers(name, given), rtol=1e-9)


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.slow
def test_each_mistake_of_the_catalogue_is_told_from_all_others(name):
    exercise = EXERCISES[name]
    for mistake in exercise.mistakes:
        formulas = replace(mistakes.RIGHT, **mistake.changes)

        def function(*given, formulas=formulas):
            with np.errstate(all="ignore"):
                parts = exercise.compute(formulas, *given)
            if name == "m_step":
                return Mixture(parts["proportions"], parts["means"], parts["covariances"])
            wanted = tuple(parts[part] for part in exercise.parts)
            return wanted if len(wanted) > 1 else wanted[0]

        told = message(name, function)
        assert mistake.words[1:] in told
        assert "That is not all" not in told


@pytest.mark.parametrize("name", EXERCISES)
def test_each_mistake_moves_a_result_a_hundred_times_as_far_as_is_forgiven(name, monkeypatch):
    monkeypatch.setattr(practice_trials, "TOLERANCE", 100 * practice_trials.TOLERANCE)
    exercise = EXERCISES[name]
    near = [case for case in every_case() if case.kind == "near"]
    for mistake in exercise.mistakes:
        moved = set()
        for case in near:
            with np.errstate(all="ignore"):
                parts = exercise.compute(replace(mistakes.RIGHT, **mistake.changes), *exercise.given(case))
            moved |= set(practice_trials.wrong_parts(exercise, case, parts))
        assert moved != set(), mistake.words


def test_the_inputs_tell_n_d_and_k_apart():
    for case in every_case():
        n, d, K = case.size
        assert d != K or case.kind not in ("near", "small")
        assert n not in (d, K) or case.kind == "high"
        np.testing.assert_allclose(case.responsibilities.sum(axis=1), 1, rtol=1e-12)
    assert {case.kind for case in every_case()} == {"near", "one", "small", "zero", "many", "offset", "far", "high"}
