"""What stands in for NumPy on WebAssembly does what it says; CI runs the other tests under it."""

import subprocess
import sys
from pathlib import Path

LOOK = """
import runpy, sys, warnings
warnings.simplefilter("error")
runpy.run_path(sys.argv[1], run_name="__main__")
import numpy as np
indefinite, singular = -np.eye(2), np.zeros((2, 2))
for value in (np.linalg.cholesky(indefinite), np.linalg.inv(singular), np.linalg.solve(singular, np.ones(2))):
    assert np.isnan(value).any()
with np.errstate(all="raise"):
    assert np.log(np.zeros(1))[0] == -np.inf
rng = np.random.default_rng(0)
labels, counts = rng.integers(3, size=50), rng.multinomial(5, [0.2, 0.3, 0.5])
for refused in (lambda: np.bincount(labels), lambda: np.repeat(np.arange(3), counts)):
    try:
        refused()
    except TypeError as error:
        assert "int64" in str(error)
    else:
        raise AssertionError("not refused")
assert np.bincount(labels.astype(int)).sum() == np.bincount(labels == 1).sum() == 50
assert len(np.repeat(np.arange(3), [1, 2, 3])) == 6
assert np.array_equal(labels, np.random.default_rng(0).integers(3, size=50))
"""


def test_it_does_what_it_says():
    shim = Path(__file__).with_name("as_on_webassembly.py")
    done = subprocess.run([sys.executable, "-c", LOOK, shim], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


IN_A_BROWSER = """
import sys, warnings
warnings.simplefilter("error")
import threading
import scipy.linalg, scipy.special, threadpoolctl, tqdm.auto  # which ask for the platform too
def refuse(*_):
    raise RuntimeError("can't start new thread")
sys.platform, threading.Thread.start = "emscripten", refuse
sys.modules["sklearn"] = None  # as long as no cell imports it
from gmm_teach import fit, starts
x = [[0.0], [1.0], [9.0], [10.0], [10.5]]
assert fit(x, starts.from_means([[0.0], [9.0]])).converged
for wanting in (lambda: starts.k_means(x, 2), starts.from_means([[0.0], [9.0]]).to_sklearn):
    try:
        wanting()
    except ModuleNotFoundError as error:
        assert "run a cell with `import sklearn`" in str(error)
    else:
        raise AssertionError("there is a scikit-learn")
"""


def test_fit_needs_no_threads_and_scikit_learn_may_come_later():
    done = subprocess.run([sys.executable, "-c", IN_A_BROWSER], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
