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
