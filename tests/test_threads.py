"""One thread for linear algebra while EM runs, and for K-means, and afterwards as many as before."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_info, threadpool_limits

from gmm_teach import datasets, fit, run_em, selection, starts
from gmm_teach._threads import one_thread

POST = datasets.load_post()


def threads(kind="blas"):
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == kind}


@pytest.fixture(autouse=True)
def _three_threads():
    with threadpool_limits(3, user_api="blas"):
        if threads() != {3}:
            pytest.skip("this NumPy's linear algebra has no threads")
        yield


def test_it_ends_when_the_last_one_leaves():
    with one_thread:
        with one_thread:
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {3}


def test_many_at_once_leave_it_as_it_was():
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: run_em(POST.x, POST.start, 3), range(40)))
    assert threads() == {3}


@pytest.mark.parametrize(
    "function",
    [
        lambda x: run_em(x, POST.start, 3),
        lambda x: fit(x, POST.start, 3),
        lambda x: selection.several_runs(x, 2, 1, max_steps=3),
    ],
    ids=["run_em", "fit", "several_runs"],
)
def test_em_has_one_thread(function, monkeypatch):
    """Else two pools of threads wait for each other: at d = 50 a step took nineteen times as long."""
    seen = []
    cholesky = np.linalg.cholesky
    monkeypatch.setattr(np.linalg, "cholesky", lambda a: (seen.append(threads()), cholesky(a))[1])
    function(POST.x)
    assert {1} in seen
    assert threads() == {3}


def test_k_means_has_one_thread(monkeypatch):
    """Else, on a machine with anything else to do, it takes up to a hundred times as long."""
    seen = []
    whole_fit = KMeans.fit
    monkeypatch.setattr(KMeans, "fit", lambda self, x: (seen.append(threads("openmp")), whole_fit(self, x))[1])
    with threadpool_limits(3, user_api="openmp"):
        if threads("openmp") != {3}:
            pytest.skip("this scikit-learn has no threads")
        starts.k_means(POST.x, 3)
        assert seen == [{1}, {1}]
        assert threads("openmp") == {3}
