#!/usr/bin/env python3
"""Write the last cell of every notebook: links to the one before, to the next one and to the glossary.

    python docs/link_notebooks.py

Run it after a notebook was added or renamed; a test says when it is due.
"""

import re
from pathlib import Path

import nbformat
from nbformat import v4

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
LINKS = "links"  # the id of that cell


def links(before, after):
    """Return the text of the cell; `before` and `after` are pairs of title and file name, or None."""
    ways = [f"{word}: [{way[0]}]({way[1]})." for word, way in (("Before", before), ("Next", after)) if way]
    return " ".join(ways) + "\n\nEvery letter and term: [glossary](../docs/glossary.md)."


def link(notebook, text):
    """Put `text` into the notebook's last cell; where that is new, links of an older kind go."""
    last = notebook.cells[-1]
    if last.id != LINKS:
        if last.cell_type == "markdown":  # its last paragraph
            last.source = re.sub(r"\n\n(?:Before|Next)\b(?:(?!\n\n)[\s\S])*\Z", "", last.source)
        notebook.cells.append(v4.new_markdown_cell(id=LINKS))
    notebook.cells[-1].source = text


def link_all(folder=NOTEBOOKS):
    """Write the links of all notebooks of a folder, not of those below it; return the names of those that changed."""
    paths = sorted(Path(folder).glob("*.ipynb"))
    notebooks = [nbformat.read(path, as_version=4) for path in paths]
    titles = [notebook.cells[0].source.splitlines()[0].removeprefix("# ") for notebook in notebooks]
    ways = list(zip(titles, [path.name for path in paths], strict=True))
    changed = []
    for path, notebook, before, after in zip(paths, notebooks, [None, *ways], [*ways[1:], None], strict=False):
        old = path.read_text(encoding="utf-8")
        link(notebook, links(before, after))
        new = nbformat.writes(notebook) + "\n"
        if new != old:
            path.write_text(new, encoding="utf-8", newline="\n")
            changed.append(path.name)
    return changed


if __name__ == "__main__":
    print("changed:", *link_all() or ["none"])
