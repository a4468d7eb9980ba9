#!/usr/bin/env python3
"""Write where a notebook stands: at its head, on the spine or further, and in its last cell the links onwards.

    python docs/link_notebooks.py

Run it after a notebook was added or renamed; a test says when it is due.
"""

import re
from pathlib import Path

import nbformat
from nbformat import v4

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
LINKS = "links"  # the id of the last cell
# The spine, each with what it does there, and what every other notebook adds.
SPINE = {
    "01": "watch it",
    "01b": "one step by hand",
    "03": "why it climbs",
    "03b": "the updates",
    "07": "write it",
    "13": "your own data",
}
ADDS = {
    "02": "what a mixture assumes, and why its likelihood is hard to maximise",
    "04": "where the mean comes from, and the picture of its paraboloid",
    "05": "where the covariance comes from, and in which sense it is a maximum",
    "06": "where the proportions come from, in three ways",
    "08": "tests that find a wrong formula, whatever its source",
    "09": "eight cases in which EM goes wrong, stands still or crawls",
    "10": "K-means as a limit of EM, and what each gets wrong",
    "11": "four criteria for the number of clusters, and how each fails",
    "12": "the rate of EM, and how to jump ahead where it crawls",
    "14": "fits from sums over blocks, from a file, on a cluster",
    "15": "eight EM programs with one wrong line each",
    "16": "gradient ascent, BFGS and Newton from the same starts, and when they win",
    "17": "EM where some labels are known, points count more than once, or coordinates are missing",
    "18": "priors that make a collapse impossible, a component for noise, and heavy tails",
}
PLACE = re.compile(r"\n\n\*\*(?:Spine|Further)\b[^\n]*\Z")


def links(before, after):
    """Return the text of the cell; `before` and `after` are pairs of title and file name, or None."""
    ways = [f"{word}: [{way[0]}]({way[1]})." for word, way in (("Before", before), ("Next", after)) if way]
    return " ".join(ways) + "\n\nEvery letter and term: [glossary](../docs/glossary.md)."


def number(name):
    """Return what a file name begins with, such as 03b."""
    return name.split("_")[0]


def place(name, names):
    """Return the line at the head of the notebook `name`, one of `names`; none where it is not known."""
    here, files = number(name), {number(other): other for other in names}
    if here in ADDS:
        return f"**Further**, beside [the spine](../README.md#the-spine). It adds {ADDS[here]}."
    if here not in SPINE:
        return ""
    ways = [
        f"**{words}**" if one == here else f"[{words}]({files[one]})" for one, words in SPINE.items() if one in files
    ]
    return f"**Spine:** {' → '.join(ways)}."


def neighbours(name, names):
    """Return the names before and after `name`: on the spine those of the spine, elsewhere by number; or None."""
    if number(name) in SPINE:
        names = [other for other in names if number(other) in SPINE]
    here = names.index(name)
    return [None, *names][here], [*names, None][here + 1]


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
    names = [path.name for path in paths]
    titles = {
        name: book.cells[0].source.splitlines()[0].removeprefix("# ")
        for name, book in zip(names, notebooks, strict=True)
    }
    changed = []
    for path, notebook in zip(paths, notebooks, strict=True):
        before, after = (name and (titles[name], name) for name in neighbours(path.name, names))
        old = path.read_text(encoding="utf-8")
        link(notebook, links(before, after))
        line = place(path.name, names)
        head = notebook.cells[0]
        head.source = PLACE.sub("", head.source) + f"\n\n{line}" * bool(line)
        new = nbformat.writes(notebook) + "\n"
        if new != old:
            path.write_text(new, encoding="utf-8", newline="\n")
            changed.append(path.name)
    return changed


if __name__ == "__main__":
    print("changed:", *link_all() or ["none"])
