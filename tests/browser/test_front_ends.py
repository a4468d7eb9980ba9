"""Notebook 01 beside JupyterLab: the same notebook and the same stepper in Jupyter Notebook 7 and in Voila."""

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


def test_run_all_goes_well(opened):
    notebook, went_well = opened
    assert went_well
    assert notebook.errors() == []


def test_step_changes_picture_and_words_and_back_restores_them(opened):
    notebook, _ = opened
    words = notebook.page.locator(".gmm-sentence, .widget-html [aria-live]").first
    first_picture, first_words = notebook.picture_at_rest(), words.inner_text()
    expect(notebook.button("Back")).to_be_disabled()

    second_picture = notebook.picture_after(notebook.button("Step").click)
    assert second_picture != first_picture
    expect(words).not_to_have_text(first_words)

    notebook.button("Back").click()
    notebook.wait_for_picture(first_picture)
    expect(words).to_have_text(first_words)
    assert notebook.picture_at_rest() == first_picture
    assert notebook.errors() == []
