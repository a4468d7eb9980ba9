"""What the tests share: one thread for the linear algebra, a repeatable hypothesis profile, and the post's points."""

import os

# The arrays here are small: a second thread only waits, and on a busy machine it waits twenty times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the same, for scikit-learn's K-means

import pytest
from hypothesis import settings

from gmm_teach import datasets

# Derandomised: the same examples on every run, so that a red test is red for everybody.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def post():
    return datasets.load_post()
