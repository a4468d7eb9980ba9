"""What all tests share: one thread for the linear algebra, the same examples on every run, and marks by folder."""

import os
import shutil
from pathlib import Path

# The arrays here are small: a second thread only waits, and on a busy machine it waits twenty times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the same, for scikit-learn's K-means

import pytest
from hypothesis import settings

if os.environ.get("GMM_TEACH_AS_ON_WEBASSEMBLY"):  # for these processes, and for the kernels of notebooks
    import as_on_webassembly

    as_on_webassembly.install()
    os.environ["PYTHONSTARTUP"] = as_on_webassembly.__file__

from gmm_teach import datasets

ROOT = Path(__file__).parent
QUICK_NOTEBOOK = "01_watch_em_learn.ipynb"

# Derandomised: a test that is red is red for everybody.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def post():
    """The points of the post."""
    return datasets.load_post()


@pytest.hookimpl(tryfirst=True)  # before -m looks at the marks
def pytest_collection_modifyitems(config, items):
    """Mark by folder what needs a browser or the site; what is neither that nor slow is quick. The site comes first."""
    notebooks = []
    for item in items:
        folder, *below = item.path.relative_to(ROOT).parts
        if folder == "tests" and below[0] in ("browser", "site"):
            item.add_marker(below[0])
        elif folder == "notebooks":
            notebooks.append(item)
            if below != [QUICK_NOTEBOOK]:
                item.add_marker("slow")
        if not any(item.get_closest_marker(name) for name in ("browser", "site", "slow")):
            item.add_marker("quick")
    # The build of the site runs all notebooks, and fails where a cell does: once is enough.
    chosen = config.option.markexpr or config.option.keyword
    if not chosen and shutil.which("npm") and any(item.get_closest_marker("site") for item in items):
        config.hook.pytest_deselected(items=notebooks)
        items[:] = [item for item in items if item not in notebooks]
    if hasattr(config, "workerinput"):  # of several processes the one that has the site would be the last to end
        items.sort(key=lambda item: item.get_closest_marker("site") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give a process of pytest-xdist a whole file, or all that shares a JupyterLab or a site."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # or a file with one long test would be last, and one process wait for it

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            shared = [folder for folder in ("tests/browser/", "tests/site/") if nodeid.startswith(folder)]
            return shared[0] if shared else super()._split_scope(nodeid)

    return Scheduling(config, log)
