"""Notebook 01 beside JupyterLab: the same notebook and the same stepper in Jupyter Notebook 7 and in Voila."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import NOTEBOOKS
from .jupyterlab import JUPYTER_NOTEBOOK, VOILA, NotebookPage, running


@pytest.fixture(scope="module", params=[JUPYTER_NOTEBOOK, VOILA], ids=lambda front_end: front_end.name)
def opened(request, browser, tmp_path_factory):
    home = tmp_path_factory.mktemp("front_end")
    with (
        running(request.param, NOTEBOOKS, home) as address,
        browser.new_context(viewport={"width": 1400, "height": 1000}) as context,
    ):
        notebook = NotebookPage(context.new_page(), address, "01_watch_em_learn.ipynb", request.param)
        yield notebook, notebook.run_all()


@pytest.fixture
def notebook(opened):
    """The open notebook, its stepper at the start."""
    notebook, _ = opened
    player = notebook.page.locator(".gmm-player").first
    player.locator(".gmm-picture").press("Home")
    expect(player).to_have_attribute("data-shown", "-1")
    yield notebook
    assert notebook.errors() == []


def test_run_all_goes_well_and_the_stepper_appears(opened):
    notebook, went_well = opened
    assert went_well
    assert notebook.picture_at_rest()
    assert notebook.errors() == []


def test_step_changes_picture_and_words_and_back_restores_them(notebook):
    words = notebook.page.locator(".gmm-sentence").first
    expect(notebook.button("Back")).to_be_disabled()
    notebook.picture_after(notebook.button("E step").click)
    first_picture, first_words = notebook.picture_at_rest(), words.inner_text()

    notebook.picture_after(notebook.button("Step").click)
    expect(words).not_to_have_text(first_words)

    notebook.button("Back").click()
    notebook.wait_for_picture(first_picture)
    expect(words).to_have_text(first_words)
    assert notebook.picture_at_rest() == first_picture


def test_play_goes_on_by_itself(notebook):
    player = notebook.page.locator(".gmm-player").first
    notebook.button("Play").click()
    expect(player).to_have_attribute("data-shown", re.compile(r"^([4-9]|\d\d)$"))  # step 2, or a later one
    notebook.button("Pause").click()
    expect(notebook.button("Play")).to_be_enabled()


def test_keys_move_the_stepper_and_do_nothing_else(notebook):
    cells = notebook.page.locator(".jp-Cell")
    number_of_cells = cells.count()
    player = notebook.page.locator(".gmm-player").first
    player.locator(".gmm-picture").focus()
    press = notebook.page.keyboard.press
    for key in ("a", "d", "d"):  # with which Jupyter inserts and deletes cells
        press(key)
    for key, frame in [("ArrowRight", 0), ("PageDown", 2), ("ArrowLeft", 1), ("Home", -1)]:
        press(key)
        expect(player).to_have_attribute("data-shown", str(frame))
    assert cells.count() == number_of_cells


def test_the_ordinary_picture_is_hidden_where_the_stepper_is_alive(notebook):
    ordinary = notebook.page.locator("figure[id^=gmm-still]")
    assert ordinary.count() > 0
    for figure in ordinary.all():
        expect(figure).to_be_hidden()
