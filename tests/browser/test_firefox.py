"""The same in Firefox: a player on a page of its own, read from a file, and notebook 01 in JupyterLab."""

import pytest

from gmm_teach import Stepper, datasets

from .firefox import running_firefox
from .jupyterlab import JUPYTERLAB, KERNEL_IS_READY, RUN_ALL, TOKEN


@pytest.fixture
def firefox(tmp_path):
    with running_firefox(tmp_path / "profile") as firefox:
        yield firefox


def test_a_player_works_on_a_page_of_its_own(firefox, tmp_path):
    post = datasets.load_post()
    page = tmp_path / "player.html"
    page.write_text(Stepper(post.x, post.start).freeze(), encoding="utf-8")
    firefox.goto(page.as_uri())
    firefox.step_and_back()


def test_notebook_01_runs_in_jupyterlab(firefox, address):
    firefox.goto(f"{address}/{JUPYTERLAB.path}/01_watch_em_learn.ipynb?token={TOKEN}&reset")
    firefox.wait_for_function("() => Boolean(window.jupyterapp)")
    firefox.evaluate(KERNEL_IS_READY.replace("KERNEL", JUPYTERLAB.kernel))
    assert firefox.evaluate(RUN_ALL)
    firefox.step_and_back()
    assert firefox.evaluate("() => complaints") == []
