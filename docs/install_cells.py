#!/usr/bin/env python3
"""Write the first code cell of every notebook: it installs gmm_teach in JupyterLite and on Colab.

    python docs/install_cells.py

Run it after a notebook was added; a test says when it is due. docs/site/place.py writes the address for Colab in it.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbformat import v4

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs" / "site"))
import place  # noqa: E402

INSTALL = "install"  # the id of that cell
TAGS = ["remove-cell", "hide-input"]  # the site does not show it, and JupyterLab folds it
CODE = """\
# In a browser gmm_teach is not there yet. On your own machine this cell does nothing.
import logging
import sys

if sys.platform == "emscripten":
    %pip install -q {wanted}
    # each time anew, and in red, Matplotlib would say that it looks for fonts
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)"""
IMPORTS_SCIKIT_LEARN = re.compile(r"^\s*(from|import) sklearn\b", re.MULTILINE)


def code(repository, notebook):
    """Return the code of the cell. In JupyterLite scikit-learn comes last: with the first cell that imports it."""
    others = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    comes_by_itself = any(IMPORTS_SCIKIT_LEARN.search(source) for source in others)
    wanted = "gmm-teach" if comes_by_itself else "gmm-teach scikit-learn"
    return CODE.format(wanted=wanted) + place.on_colab(repository)


def write(notebook, source):
    """Put the cell before all other code of a notebook."""
    old = next((cell for cell in notebook.cells if cell.id == INSTALL), None)
    cell = old or v4.new_code_cell(id=INSTALL)
    if old is None:
        first = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
        notebook.cells.insert(first, cell)
    cell.source, cell.metadata["tags"] = source, list(TAGS)
    cell.metadata["jupyter"] = {"source_hidden": True}


def write_all(folder=ROOT / "notebooks"):
    """Write the cells of all notebooks; return the names of those that changed."""
    changed = []
    for path in sorted(Path(folder).rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        old = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(old, as_version=4)
        write(notebook, code(place.STORED, notebook))
        new = nbformat.writes(notebook) + "\n"
        if new != old:
            path.write_text(new, encoding="utf-8", newline="\n")
            changed.append(path.relative_to(folder).as_posix())
    return changed


if __name__ == "__main__":
    print("changed:", *write_all() or ["none"])
