"""`fit`: the steps of run_em from sums over blocks, whoever maps, and nothing lost when it is interrupted."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
from dask.distributed import Client, LocalCluster
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from gmm_teach import (
    CollapsedComponent,
    Fit,
    Mixture,
    blocks,
    datasets,
    fit,
    iterate,
    m_step,
    starts,
)
from gmm_teach.covariances import M_STEPS

POST = datasets.load_post()
OLD_FAITHFUL = datasets.load_old_faithful().x
IRIS = datasets.load_iris().x


def assert_same(found, other, rtol=1e-10):
    assert found.converged == other.converged
    assert len(found.log_likelihoods) == len(other.log_likelihoods)
    np.testing.assert_allclose(found.log_likelihoods, other.log_likelihoods, rtol=rtol)
    for name in ("proportions", "means", "covariances"):
        mine, right = getattr(found.mixture, name), getattr(other.mixture, name)
        np.testing.assert_allclose(mine, right, rtol=rtol, atol=rtol * np.abs(right).max())


def as_fit(run):
    last = run.states[-1].mixture
    return Fit(last, tuple(state.log_likelihood for state in run.states), run.converged, run.reason)


def in_blocks_of(rows, x, K, monkeypatch):
    monkeypatch.setattr(blocks, "NUMBERS_IN_CALL", rows * (x.shape[1] + K))


# ---- one algorithm in the house


def correlated(n, correlation, seed):
    a, b = np.random.default_rng(seed).normal(size=(2, n))
    return np.column_stack([a, correlation * a + np.sqrt(1 - correlation**2) * b])


def shifted(mixture, offset):
    return Mixture(mixture.proportions, mixture.means + offset, mixture.covariances)


def far_apart():
    """Clusters 10^5 standard deviations apart, two of which overlap."""
    draw = np.random.default_rng(0)
    x = np.vstack([draw.normal(size=(100, 2)) + place for place in ([0, 0], [1e5, 1e5], [-1e5, 0], [1, 2])])
    return x, starts.from_means([[0, 0], [1e5, 1e5 + 1], [-1e5, 0], [2, 2]])


def in_units(units):
    return POST.x * units, Mixture(
        POST.start.proportions, POST.start.means * units, POST.start.covariances * np.outer(units, units)
    )


def in_fifty_dimensions():
    draw = np.random.default_rng(0)
    means = 0.4 * draw.normal(size=(10, 50))
    x = np.vstack([draw.normal(size=(300, 50)) + mean for mean in means])
    return x, starts.from_means(means + 0.1 * draw.normal(size=(10, 50)))


CASES = {
    "the post": (POST.x, POST.start),
    "iris": (IRIS, starts.k_means(IRIS, 3)),
    "Old Faithful, one coordinate": (OLD_FAITHFUL[:, :1], starts.k_means(OLD_FAITHFUL[:, :1], 2)),
    "offset 1e9": (POST.x + 1e9, shifted(POST.start, 1e9)),
    "clusters 1e5 standard deviations apart": far_apart(),
    "units 1e-9 and 1e6": in_units(np.array([1e-9, 1e6])),
    "units that the start does not know": (POST.x * [1e-9, 1e6], starts.from_means(POST.start.means * [1e-9, 1e6])),
    "d = 50": in_fifty_dimensions(),
    "points of which exp knows nothing": (np.vstack([POST.x, [[90, 90], [-300, 0]]]), POST.true_mixture),
    "n = 2": (np.array([[0.0], [1.0]]), Mixture([0.5, 0.5], [[0.4], [0.7]], np.ones((2, 1, 1)))),
}
THIN = {  # where rounding the entries of a covariance moves a density by 1e-8
    "correlation 1 - 1e-8": (
        np.vstack([correlated(400, 1 - 1e-8, 0), correlated(400, 1 - 1e-8, 1) + 2]),
        starts.from_means([[0, 0], [2, 2]]),
    ),
    "correlations 1 - 1e-8 and -1 + 1e-8": (
        np.vstack([correlated(400, 1 - 1e-8, 0), correlated(400, -1 + 1e-8, 1) + np.array([1, 0])]),
        starts.from_means([[0, 0], [1, 0]]),
    ),
    "two thin clusters that overlap": (
        np.vstack([correlated(400, 1 - 1e-8, 0), correlated(400, 1 - 1e-8, 1) + np.array([0, 1e-4])]),
        Mixture([0.5, 0.5], [[0, 0], [0, 2e-4]], np.tile([[1, 1 - 1e-8], [1 - 1e-8, 1]], (2, 1, 1))),
    ),
}


def assert_steps_of_run_em(x, start, rtol=1e-9, steps=15, **options):
    """All of a covariance is compared on the scale of its standard deviations, so that no entry is lost in another."""
    model = options.get("m_step", m_step)
    run = list(islice(iterate(x, start, m_step=model), steps + 1))
    run = run[: 1 + next((t for t in range(1, steps) if run[t].log_likelihood <= run[t - 1].log_likelihood), steps)]
    found = fit(options.pop("given", x), start, len(run) - 1, 0, **options)
    run = run[: len(found.log_likelihoods)]  # rounding alone may end it a step earlier
    np.testing.assert_allclose(found.log_likelihoods, [state.log_likelihood for state in run], rtol=rtol)
    right = run[-1].mixture
    deviations = np.sqrt(np.diagonal(right.covariances, axis1=1, axis2=2))
    np.testing.assert_allclose(found.mixture.proportions, right.proportions, rtol=rtol)
    apart = np.abs(found.mixture.means - right.means)
    assert (apart <= rtol * np.maximum(np.abs(right.means), deviations)).all()
    apart = np.abs(found.mixture.covariances - right.covariances)
    assert (apart <= rtol * deviations[:, :, None] * deviations[:, None, :]).all()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("rows", [1, 7, 10**6])
def test_the_steps_are_those_of_run_em(case, rows, monkeypatch):
    x, start = CASES[case]
    if rows == 1 and len(x) > 1100:
        x = x[:: len(x) // 1000]
    in_blocks_of(rows, x, len(start.means), monkeypatch)
    assert_steps_of_run_em(x, start, map=map)


@pytest.mark.parametrize("case", THIN)
def test_thin_clusters_keep_the_steps_of_run_em(case):
    assert_steps_of_run_em(*THIN[case])


@pytest.mark.parametrize("case", THIN)
def test_thin_clusters_in_several_blocks_agree_as_far_as_their_covariances_hold_digits(case, monkeypatch):
    x, start = THIN[case]
    in_blocks_of(7, x, 2, monkeypatch)
    assert_steps_of_run_em(x, start, rtol=1e-6, map=map)


@pytest.mark.parametrize("case", THIN)
def test_of_thin_clusters_run_em_itself_holds_no_more_digits(case):
    """So nothing that adds in another order can agree with it to 1e-9: not even run_em, on the same points shuffled."""
    x, start = THIN[case]
    ends = [list(islice(iterate(np.random.default_rng(seed).permutation(x), start), 16)) for seed in range(3)]
    log_likelihoods = np.array([[state.log_likelihood for state in states] for states in ends])
    proportions = np.array([states[-1].mixture.proportions for states in ends])
    assert max(np.ptp(log_likelihoods / log_likelihoods[0], axis=0).max(), np.ptp(proportions, axis=0).max()) > 1e-9


@pytest.mark.parametrize("model", M_STEPS)
@pytest.mark.parametrize("case", ["the post", "iris", "offset 1e9", "clusters 1e5 standard deviations apart"])
def test_simpler_covariances_too(case, model, monkeypatch):
    x, start = CASES[case]
    in_blocks_of(100, x, len(start.means), monkeypatch)
    assert_steps_of_run_em(x, start, m_step=M_STEPS[model])


@pytest.mark.parametrize("model", M_STEPS)
def test_simpler_covariances_from_a_file_and_by_dask(model, tmp_path):
    np.save(tmp_path / "points.npy", IRIS.astype(np.float32))
    given = np.load(tmp_path / "points.npy", mmap_mode="r")
    x = np.asarray(given, dtype=float)
    assert_steps_of_run_em(x, CASES["iris"][1], m_step=M_STEPS[model], given=given)
    assert_steps_of_run_em(x, CASES["iris"][1], m_step=M_STEPS[model], given=da.from_array(given, chunks=(40, 4)))


@pytest.mark.parametrize("model", ["diag", "spherical"])
def test_points_in_a_hyperplane_and_a_constant_coordinate(model):
    x = np.column_stack([POST.x, POST.x.sum(axis=1), np.full(1100, 5.0)][: 3 if model == "spherical" else 2])
    assert_steps_of_run_em(x, starts.k_means(x, 3), m_step=M_STEPS[model])


# ---- the two products


def test_the_density_is_linear_in_the_sufficient_statistics():
    mixture = fit(IRIS, 3).mixture
    whitening = blocks._whitening([blocks.block_moments(("all", IRIS, 1.0))])
    np.testing.assert_allclose(np.cov(whitening(IRIS), bias=True), np.eye(4), atol=1e-12)
    found = blocks.natural_parameters(mixture, whitening) @ blocks.sufficient_statistics(whitening(IRIS))
    for k in range(3):
        right = multivariate_normal(mixture.means[k], mixture.covariances[k]).logpdf(IRIS)
        np.testing.assert_allclose(found[k], np.log(mixture.proportions[k]) + right, rtol=1e-11)


def test_the_statistics_are_one_z_and_its_products():
    np.testing.assert_array_equal(blocks.sufficient_statistics(np.array([[2.0], [3.0]]))[:, 0], [1, 2, 3, 4, 6, 9])


def test_whitening_puts_blocks_together():
    parts = [blocks.block_moments(("part", IRIS[i : i + 40], 1.0)) for i in range(0, 160, 40)]
    whitening = blocks._whitening(parts)
    np.testing.assert_allclose(whitening.factor @ whitening.factor.T, np.cov(IRIS.T, bias=True), rtol=1e-12)


@pytest.mark.parametrize(
    ("case", "careful"),
    [("the post", False), ("offset 1e9", False), ("d = 50", False), ("clusters 1e5 standard deviations apart", True)],
)
def test_it_takes_the_careful_way_only_where_digits_would_be_lost(case, careful, monkeypatch):
    called = []
    original = blocks.careful_sums
    monkeypatch.setattr(blocks, "careful_sums", lambda *given: (called.append(1), original(*given))[1])
    fit(*CASES[case], 3, 0, map=map)
    assert bool(called) == careful


def test_one_step_is_that_of_scikit_learn():
    start = starts.k_means(IRIS, 3)
    other = GaussianMixture(3, reg_covar=0, max_iter=1, tol=0, weights_init=start.proportions, means_init=start.means)
    with pytest.warns(match="did not converge"):
        other.set_params(precisions_init=np.linalg.inv(start.covariances)).fit(IRIS)
    found = fit(IRIS, start, 1, 0).mixture
    np.testing.assert_allclose(found.means, other.means_, rtol=1e-10)
    np.testing.assert_allclose(found.covariances, other.covariances_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.proportions, other.weights_, rtol=1e-10)


def test_a_mean_that_moves_far_costs_no_digits():
    """The start lies a million widths from the points: squares around it would leave the width four digits or so."""
    x = np.random.default_rng(0).normal(size=(500, 2)) * 1e-6 + [1.0, 2.0]
    start = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    found = fit(x, start, 1, 0).mixture
    np.testing.assert_allclose(found.covariances[0], np.cov(x.T, bias=True), rtol=1e-8)


# ---- when it ends


def test_it_says_why_it_stopped():
    assert (
        fit(POST.x, POST.start, 3).reason
        == "stopped at max_steps = 3, before convergence; allow more, or start from where it stopped"
    )
    assert fit(POST.x, POST.start).reason.startswith("converged: step 12 raised the log-likelihood by")
    assert fit(POST.x, POST.start, 0).mixture is POST.start


def test_the_last_log_likelihood_is_that_of_the_mixture():
    found = fit(POST.x, POST.start, 3)
    assert len(found.log_likelihoods) == 4
    assert found.log_likelihoods[-1] == pytest.approx(found.mixture.log_likelihood(POST.x), rel=1e-12)


def test_k_is_the_start_of_the_post():
    assert_same(fit(POST.x, 3), fit(POST.x, starts.k_means(POST.x, 3)))


def test_a_collapse_carries_what_was_known():
    x = np.array([[0.0], [0.1], [0.2], [9.0]])
    start = Mixture([0.5, 0.5], [[0.0], [9.0]], [[[1.0]], [[1.0]]])
    with pytest.raises(CollapsedComponent, match=r"component 2 collapsed at step 2") as caught:
        fit(x, start)
    so_far = caught.value.so_far
    one_step = fit(x, start, 1)
    assert np.array_equal(so_far.mixture.means, one_step.mixture.means)
    assert so_far.log_likelihoods == one_step.log_likelihoods


@pytest.mark.parametrize("call", [1, 2, 3, 6])
def test_an_interruption_returns_what_is_known(call, request):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which a process in the background has not
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    calls = []

    def interrupted(function, blocks):
        calls.append(function)
        if len(calls) == call:
            signal.raise_signal(signal.SIGINT)  # as Ctrl-C and the stop button do
        return map(function, blocks)

    found = fit(POST.x, POST.start, map=interrupted)
    assert not found.converged
    assert "interrupted" in found.reason
    assert len(found.log_likelihoods) == max(call - 2, 0)  # the first call whitens
    assert_same(
        Fit(found.mixture, (), False, ""), Fit(fit(POST.x, POST.start, max(call - 3, 0)).mixture, (), False, "")
    )


def test_a_long_fit_shows_its_progress(monkeypatch, capsys):
    fit(POST.x, POST.start)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(blocks, "SECONDS_WITHOUT_BAR", 0.2)

    def slow(function, blocks):
        time.sleep(0.1)
        return map(function, blocks)

    fit(POST.x, POST.start, map=slow)
    assert "log L = -2966.94" in capsys.readouterr().err


# ---- what x may be


@pytest.mark.parametrize(
    "as_x",
    [
        np.ndarray.tolist,
        pd.DataFrame,
        lambda x: pd.DataFrame(x, columns=["dask", "compute"]),
        np.asfortranarray,
        lambda x: np.hstack([x, x])[:, :2],
    ],
    ids=["list", "DataFrame", "column called dask", "Fortran order", "columns of a wider array"],
)
def test_points_of_every_form(as_x):
    assert_same(fit(as_x(POST.x), POST.start, 4), fit(POST.x, POST.start, 4), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.longdouble, int, object])
def test_each_block_is_computed_with_in_float64(dtype):
    x = (POST.x * 100).round().astype(dtype)
    start = starts.from_means(POST.start.means * 100)
    found, other = fit(x, start, 3), fit(x.astype(float), start, 3)
    assert found.log_likelihoods == other.log_likelihoods
    assert np.array_equal(found.mixture.covariances, other.mixture.covariances)


def test_a_memory_mapped_file_is_read_and_not_changed(tmp_path, monkeypatch):
    np.save(tmp_path / "points.npy", POST.x)
    x = np.load(tmp_path / "points.npy", mmap_mode="r")
    in_blocks_of(100, x, 3, monkeypatch)
    assert_same(fit(x, POST.start), fit(POST.x, POST.start), rtol=1e-15)
    assert np.array_equal(np.load(tmp_path / "points.npy"), POST.x)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (POST.x[:, :1], r"x must have shape \(n, 2\), but its shape is \(1100, 1\)"),
        (POST.x[:, 0], r"x must have shape \(n, 2\), but its shape is \(1100,\)"),
        (POST.x[:0], "^x is empty"),
        (POST.x[..., None], "x must have shape"),
        (POST.x.astype(complex), "in x\\[0:.*complex128 values, not real numbers"),
        (POST.x.astype(str), "not real numbers"),
        (np.ma.masked_greater(POST.x, 5), "masked entries"),
        (None, "x must be an array of numbers"),
        (pd.DataFrame(POST.x).astype(str), "not a real number"),
    ],
)
def test_points_that_are_none_are_refused(x, words):
    with pytest.raises((TypeError, ValueError), match=words):
        fit(x, POST.start)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_the_block_of_a_bad_number_is_named(bad, monkeypatch):
    in_blocks_of(100, POST.x, 3, monkeypatch)
    x = POST.x.copy()
    x[717, 1] = bad
    with pytest.raises(
        ValueError, match=r"in x\[700:800\], with its rows counted from 0: x holds (\S+ at index \(17, 1\))?"
    ):
        fit(x, POST.start)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"start": "post"}, "start must be a Mixture or a whole number of components"),
        ({"start": 0}, "start, when it is the number of components K, must be 1 or more"),
        ({"max_steps": -1}, "max_steps must be 0 or more"),
        ({"max_steps": 2.5}, "max_steps must be a whole number"),
        ({"tol": np.nan}, "tol must be finite"),
        ({"map": 4}, "map must be a function"),
        ({"m_step": "round"}, "m_step must be a function or one of full, diag"),
        ({"m_step": lambda x, T: m_step(x, T)}, "m_step must be gmm_teach.m_step or one of covariances.M_STEPS"),
        ({"map": lambda function, blocks: []}, "map must return a result for each block, but of 1 it returned 0"),
        ({"map": lambda function, blocks: None}, "map must return a result for each block, but it returned None"),
    ],
)
def test_other_arguments_are_refused_by_name(arguments, words):
    with pytest.raises((TypeError, ValueError), match=words):
        fit(**{"x": POST.x, "start": POST.start, **arguments})


# ---- whoever maps


def test_the_result_is_the_same_to_the_last_digit_whoever_maps(monkeypatch):
    in_blocks_of(50, POST.x, 3, monkeypatch)
    plain = fit(POST.x, POST.start)
    with ThreadPoolExecutor(4) as pool:
        found = fit(POST.x, POST.start, map=pool.map)
    assert found.log_likelihoods == plain.log_likelihoods
    assert np.array_equal(found.mixture.covariances, plain.mixture.covariances)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core")
def test_by_default_the_cores_share_the_work(monkeypatch):
    in_blocks_of(50, POST.x, 3, monkeypatch)
    names, original = set(), blocks.block_sums
    monkeypatch.setattr(
        blocks, "block_sums", lambda *given: (names.add(threading.current_thread().name), original(*given))[1]
    )
    found = fit(POST.x, POST.start)
    assert threading.current_thread().name not in names
    assert found.log_likelihoods == fit(POST.x, POST.start, map=map).log_likelihoods


def test_a_dask_array_needs_no_cluster():
    assert_same(fit(da.from_array(POST.x, chunks=(300, 2)), POST.start), fit(POST.x, POST.start))


def test_a_dask_array_may_be_a_selection_with_empty_chunks():
    x = da.from_array(POST.x[np.argsort(POST.x[:, 0])], chunks=(300, 2))
    chosen = x[x[:, 0] > np.median(POST.x[:, 0])]
    assert 0 in [len(chunk) for chunk in dask.compute(*chosen.to_delayed().ravel())]
    assert_same(fit(chosen, POST.start), fit(np.asarray(chosen), POST.start))


@pytest.mark.parametrize(
    ("x", "arguments", "words"),
    [
        (da.from_array(POST.x, chunks=(300, 1)), {}, r"rechunk\(\{1: -1\}\)"),
        (da.from_array(POST.x[:, :1]), {}, "x must have shape"),
        (da.from_array(POST.x), {"start": 3}, "start must be a Mixture where x is a Dask array"),
        (da.from_array(POST.x), {"map": lambda function, blocks: map(function, blocks)}, "a Dask client's"),
        (da.from_array(POST.x, chunks=(300, 2))[:0], {}, "x is empty"),
        (da.from_array(np.where(POST.x > 5, np.nan, POST.x), chunks=(300, 2)), {}, r"in chunk \d of x.* x holds nan"),
    ],
)
def test_dask_arrays_that_will_not_do_are_refused(x, arguments, words):
    with pytest.raises((TypeError, ValueError), match=words):
        fit(x, **{"start": POST.start, **arguments})


@pytest.fixture(scope="module")
def client():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        yield client


@pytest.mark.slow
def test_two_processes_give_the_fit_of_one(client, monkeypatch):
    in_blocks_of(300, POST.x, 3, monkeypatch)
    plain = fit(POST.x, POST.start)
    assert_same(fit(POST.x, POST.start, map=client.map), plain)
    x = da.from_array(POST.x, chunks=(300, 2))
    assert_same(fit(x, POST.start, map=client.map), plain)
    assert_same(fit(x.persist(), POST.start), plain)


def load_and_die_once(block, flag):
    if not os.path.exists(flag):
        with open(flag, "w", encoding="utf-8"):
            pass
        os.kill(os.getpid(), signal.SIGKILL)
    return block


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL to kill a worker with")
@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(client, tmp_path):
    before = set(client.scheduler_info()["workers"])
    flag = str(tmp_path / "died")
    x = da.from_array(POST.x, chunks=(300, 2)).map_blocks(load_and_die_once, flag=flag, meta=np.empty((0, 0)))
    assert_same(fit(x, POST.start, map=client.map), fit(POST.x, POST.start))
    assert os.path.exists(flag)
    assert set(client.scheduler_info()["workers"]) != before
