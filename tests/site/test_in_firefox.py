"""A lesson's page in Firefox, and in CI on GitHub or with a Pyodide the lesson itself, which runs there."""

from pathlib import Path

import pytest
from browser.firefox import running_firefox
from in_lite import HOW_TO_GET_PYODIDE, WHERE, Visit, serving_lite

FIRST = "01_watch_em_learn"


@pytest.fixture
def firefox(tmp_path):
    with running_firefox(tmp_path / "profile") as firefox:
        yield firefox


def test_the_player_on_a_page_works(firefox, address):
    firefox.goto(f"{address}/notebooks/{FIRST}.html")
    firefox.step_and_back()


@pytest.mark.skipif(not WHERE, reason=HOW_TO_GET_PYODIDE)
def test_a_lesson_runs_in_jupyterlite(firefox, site):
    with serving_lite(site, None if WHERE == "server" else Path(WHERE)) as (address, _):
        visit = Visit(firefox, address, FIRST)
        assert len(visit.cells) > 1
        assert visit.wrong() == []
        firefox.step_and_back()
