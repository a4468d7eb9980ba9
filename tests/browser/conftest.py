"""The browser, the JupyterLab and the notebooks that the tests in this folder share."""

import os
from pathlib import Path

import nbformat
import pytest
from nbformat import v4
from playwright.sync_api import expect

from .axe import AXE, HOW_TO_GET_AXE
from .bench import IMPORTS, PROSE, SETUP, Bench
from .jupyterlab import HOW_TO_GET_A_BROWSER, NotebookPage, find_browser, running_browser, running_jupyterlab
from .player import PlayerOnPage

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


# For this package only, not the session: while playwright lives, its event loop keeps others from running.
@pytest.fixture(scope="package")
def browser():
    """A headless Chromium. Where there is none the tests are skipped, but in CI they fail."""
    if find_browser() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_A_BROWSER)
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def home(tmp_path_factory):
    """The folder of the JupyterLab; what it serves is in notebooks/ below it."""
    return tmp_path_factory.mktemp("jupyterlab")


@pytest.fixture(scope="package")
def address(home):
    """The address of a JupyterLab on a copy of notebooks/."""
    with running_jupyterlab(NOTEBOOKS, home) as address:
        yield address


@pytest.fixture(scope="package")
def open_notebook(browser, address):
    """A function that opens a notebook by name, for instance "01_watch_em_learn.ipynb", as a NotebookPage."""
    contexts = []

    def open_notebook(name):
        contexts.append(browser.new_context(viewport={"width": 1400, "height": 1000}))
        return NotebookPage(contexts[-1].new_page(), address, name)

    yield open_notebook
    for context in contexts:
        context.close()


@pytest.fixture(scope="package")
def opened_bench(home, open_notebook):
    """A notebook of the tests' own, which is not in notebooks/, open in the browser."""
    cells = [v4.new_code_cell(IMPORTS), v4.new_code_cell(), v4.new_markdown_cell(PROSE)]
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=cells, metadata=python), home / "notebooks" / "bench.ipynb")
    bench = Bench(open_notebook("bench.ipynb"))
    bench.run(IMPORTS, SETUP)
    return bench


@pytest.fixture
def bench(opened_bench):
    """The same for one test, in which nothing may go wrong."""
    opened_bench.notebook.forget_errors()
    yield opened_bench
    assert opened_bench.notebook.errors() == []


@pytest.fixture
def open_html(browser, tmp_path):
    """A function that opens a page of HTML in a window of these settings, and returns its first player."""
    contexts = []

    def open_html(html, **settings):
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: pytest.fail(f"error in the page: {error}"))
        page.goto((tmp_path / "page.html").as_uri())
        player = PlayerOnPage(page.locator("body"))
        expect(player.root).to_have_attribute("aria-busy", "false")
        return player

    yield open_html
    for context in contexts:
        context.close()


@pytest.fixture
def axe():
    """axe-core is there. Where it is not the tests are skipped, but in CI they fail."""
    if not AXE.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_AXE)
