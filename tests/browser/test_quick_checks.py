"""A quick check in use, in an exported page and in JupyterLab: the keyboard opens every option, and axe is content."""

import re
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat import v4

from .axe import faults

ROOT = Path(__file__).parents[2]
NAME = "03b_the_three_updates.ipynb"


@pytest.fixture
def export(browser, tmp_path):
    """The questions of a notebook, as nbconvert makes a page of them, in a browser that reaches no network."""
    cells = [
        cell
        for cell in nbformat.read(ROOT / "notebooks" / NAME, as_version=4).cells
        if "quick-check" in cell.metadata.get("tags", ()) and cell.cell_type == "markdown"
    ]
    html, _ = HTMLExporter().from_notebook_node(v4.new_notebook(cells=cells))
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content(re.sub(r"<script\b.*?</script>", "", html, flags=re.DOTALL))  # they ask for MathJax elsewhere
    yield page
    page.close()


def test_every_fold_of_an_export_opens_by_the_keyboard(export):
    folds = export.locator("details")
    assert folds.count() > 12
    for number in range(folds.count()):
        fold = folds.nth(number)
        fold.locator("summary").focus()
        export.keyboard.press("Enter" if number % 2 else "Space")
        assert fold.get_attribute("open") == ""
        assert fold.locator("p").first.is_visible()
    export.locator("summary").first.focus()
    export.keyboard.press("Tab")
    assert export.evaluate("document.activeElement === document.querySelectorAll('summary')[1]")


@pytest.mark.usefixtures("axe")
def test_axe_finds_nothing_serious_in_an_export(export):
    export.evaluate("() => document.querySelectorAll('details').forEach(fold => (fold.open = true))")
    assert faults(export, "main") == []


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_jupyterlab_leaves_the_keys_to_an_option(open_notebook, key):
    """Enter would else edit the cell."""
    page = open_notebook(NAME).page
    option = page.locator("summary", has_text="A. At A")
    option.focus()
    page.keyboard.press(key)
    answer = page.locator("details[open] p", has_text="It ignores the responsibilities")
    answer.wait_for(state="visible")
