"""Slides from the notebooks: what becomes one is stored in them, follows from what they hold, and nbconvert reads it.

How the slides look is tested in tests/browser/test_slides.py.
"""

import sys

import nbformat
import pytest
from nbconvert import SlidesExporter
from nbformat import v4
from test_notebooks import NOTEBOOKS, every_notebook, read

sys.path.insert(0, str(NOTEBOOKS.parent / "docs"))
from make_slides import HIDE_CODE, NOT_IN_A_LECTURE, SHOWN, slide_types, still_alive, tag

LONG = "word " * 61
A_NOTEBOOK = [
    # cell, what it becomes, whether its code is hidden
    ("# See it", "slide", False),
    ("import numpy as np", "skip", False),
    ("## A heading\n\n" + LONG, "slide", False),
    ("plt.plot(x)\nplt.show()", "subslide", True),
    ("**Notice** the curve.", "fragment", False),
    ("## Another\n\nFew words.", "slide", False),
    ("plt.plot(x)\nplt.show()", "-", True),
    ("**Notice** the end.", "notes", False),  # no room under a heading and a picture
    ("### A part\n\n$$1 + 1 = 2$$", "subslide", False),
    ("print(1 + 1)\nassert 1 + 1 == 2", "-", True),
    ("print(2)", "skip", False),  # nothing leads to it
    ("A formula: $$x$$ " + LONG, "subslide", False),
    ("assert True", "skip", False),
    (LONG, "notes", False),
    ("Few words, and a check.", "notes", False),
    ("assert True", "skip", False),
    ("Few words, and then:", "subslide", False),
    ("def own(x):\n    return x", "-", False),
    ("def own(x):\n    return x", "subslide", False),
    ("def wide(x):\n    return x" + " + x" * 30, "skip", False),
    ("def long(x):\n    return [\n" + "        x,\n" * 22 + "    ]", "skip", False),
    ("## Step\n\nFew words.", "slide", False),
    ("stepper = Stepper(x)\nstepper", "subslide", True),
    ("<details><summary>Answers</summary>\n\nYes.\n\n</details>", "notes", False),
    ("## On your own\n\nDo it.", "skip", False),
    ("plt.show()", "skip", False),
    ("## Sources", "skip", False),
]


def notebook_of(*sources):
    code = ("import", "plt", "print", "assert", "def", "stepper")
    kinds = [v4.new_code_cell if source.startswith(code) else v4.new_markdown_cell for source in sources]
    return v4.new_notebook(cells=[kind(source) for kind, source in zip(kinds, sources, strict=True)])


def stored(path):
    return [(cell.metadata.get("slideshow"), HIDE_CODE in cell.metadata.get("tags", [])) for cell in read(path).cells]


def test_the_rule():
    sources, *_ = zip(*A_NOTEBOOK, strict=True)
    found = slide_types(notebook_of(*sources))
    assert found == [(slide_type, hidden) for _, slide_type, hidden in A_NOTEBOOK]


def test_exercises_are_skipped_wherever_they_stand():
    notebook = notebook_of("## Heading", "def own(x):\n    return x", "print(1)")
    notebook.cells[1].metadata["tags"] = ["answer"]
    assert slide_types(notebook) == [("slide", False), ("skip", False), ("skip", False)]


def test_code_may_be_chosen_by_its_start():
    notebook = notebook_of("## Heading", "def own(x):\n    return x\n\n\nassert own(1) == 1")
    assert slide_types(notebook)[1] == ("skip", False)
    assert slide_types(notebook, ["def own"])[1] == ("subslide", False)


@every_notebook
def test_what_becomes_a_slide_is_up_to_date(path):
    """Else: python docs/make_slides.py --tags."""
    notebook = read(path)
    if path.parent == NOTEBOOKS:
        tag(notebook, SHOWN.get(path.stem))
    assert nbformat.writes(notebook) == nbformat.writes(read(path))


def test_tags_come_and_go_and_leave_others_alone():
    notebook = notebook_of("## Heading\n\nFew.", "plt.show()")
    notebook.cells[1].metadata["tags"] = ["of-another"]
    before = nbformat.writes(notebook)
    tag(notebook, ())
    once = nbformat.writes(notebook)
    tag(notebook, ())
    assert nbformat.writes(notebook) == once != before
    fold = {"tags": ["of-another", HIDE_CODE], "jupyter": {"source_hidden": True}}
    assert notebook.cells[1].metadata == {"slideshow": {"slide_type": "-"}} | fold
    tag(notebook, None)
    assert notebook.cells[1].metadata == fold


@pytest.mark.parametrize("name", SHOWN)
def test_each_chosen_code_is_there(name):
    sources = [cell.source for cell in read(NOTEBOOKS / f"{name}.ipynb").cells if cell.cell_type == "code"]
    for start in SHOWN[name]:
        assert sum(source.startswith(start) for source in sources) == 1, start


@pytest.mark.parametrize("name", SHOWN)
def test_each_lecture_ends_before_the_exercises(name):
    headings = [cell.source for cell in read(NOTEBOOKS / f"{name}.ipynb").cells if cell.source.startswith("## ")]
    last = NOT_IN_A_LECTURE - {"Further"}  # which only notebooks of the spine have
    assert {f"## {section}" for section in last} <= {heading.splitlines()[0] for heading in headings}


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.slow
def test_nbconvert_alone_makes_the_slides(name):
    path = NOTEBOOKS / f"{name}.ipynb"
    html, _ = SlidesExporter().from_notebook_node(read(path))
    types = [slideshow["slide_type"] for slideshow, _ in stored(path)]
    slides, below = types.count("slide"), types.count("subslide")
    assert slides > 5
    assert html.count("<section") == slides + (slides + below)  # each slide is a column, and its first slide in it
    assert html.count('<aside class="notes">') == types.count("notes") > 0
    assert html.count('<div class="fragment"') == types.count("fragment")


def test_a_stepper_and_an_explorer_are_kept():
    kept = still_alive("stepper = Stepper(x, 3)\nassert True\nstepper")
    assert kept.startswith("stepper = Stepper(x, 3)\nassert True\nfrom IPython")
    assert kept.endswith("Kept(stepper.freeze())")
    assert "explorer.film()" in still_alive("explorer = BoundExplorer(x, theta)\nexplorer")
    for source in ("x = 1\nprint(x)", "def own(x):\n    return x", ""):
        assert still_alive(source) == source
