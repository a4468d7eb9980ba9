"""Links: in notebooks, README, CONTRIBUTING and docs/ each leads to a file that is there, and to a place in it.

Addresses on the network are not visited. A heading of a notebook is reached as Jupyter names it, one of another page as
GitHub does.
"""

import re
import shutil
import sys
from functools import cache
from itertools import count
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from test_notebooks import NOTEBOOKS, every_notebook, paths, read

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
from link_notebooks import ADDS, LINKS, SPINE, link, link_all, links, neighbours, number  # noqa: E402

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LESSONS = [path for path in paths if path.parent == NOTEBOOKS]

HEADING = re.compile(r"^#{1,6} +(.+?) *#* *$", re.MULTILINE)
ANCHOR = re.compile(r"<a (?:id|name)=[\"']([^\"']+)[\"']")
LINK = re.compile(r"\[(?:[^][]|\[[^]]*\])*\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?:href|src)=[\"']([^\"']+)[\"']")
CODE = re.compile(r"^ *(```|~~~).*?^ *\1 *$|(`+)(?!`).*?(?<!`)\2(?!`)", re.MULTILINE | re.DOTALL)


def without_code(markdown):
    """Take code away, but leave the words of it, since headings hold code too."""
    return CODE.sub(lambda code: "" if code[1] else code[0].strip("`"), markdown)


def words_of(heading):
    """A heading as it is read: without stars, and with the words of a link only."""
    return re.sub(r"\*+|\[([^]]+)\]\([^)]*\)", r"\1", heading)


def jupyter_anchors(markdown):
    return {words_of(heading).replace(" ", "-") for heading in HEADING.findall(without_code(markdown))}


def github_anchors(markdown):
    anchors = set()
    for heading in HEADING.findall(without_code(markdown)):
        plain = re.sub(r"[^\w\- ]", "", words_of(heading).lower()).replace(" ", "-")
        anchors.add(next(name for i in count() if (name := f"{plain}-{i}" if i else plain) not in anchors))
    return anchors


@cache
def markdown_of(path):
    if path.suffix == ".ipynb":
        return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    return path.read_text(encoding="utf-8")


@cache
def anchors_of(path):
    by_heading = (jupyter_anchors if path.suffix == ".ipynb" else github_anchors)(markdown_of(path))
    return by_heading | set(ANCHOR.findall(markdown_of(path)))


def links_of(markdown):
    """Return what a page links to, but for the network."""
    targets = [one or other for one, other in LINK.findall(CODE.sub("code", markdown))]
    return [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]


def astray(path):
    """Return the links of a page that lead nowhere."""
    wrong = []
    for target in links_of(markdown_of(path)):
        file, _, anchor = unquote(target).partition("#")
        place = (path.parent / file).resolve() if file else path
        if not place.exists() or (anchor and (place.is_dir() or anchor not in anchors_of(place))):
            wrong.append(target)
    return wrong


# The rules themselves.


def test_a_heading_is_reached_as_jupyter_and_github_name_it():
    markdown = "# See it!\n\n```\n# no heading\n```\n\n## Why `e_step` *climbs*\n\n## One: two, 3\n\n## See it!\n"
    assert jupyter_anchors(markdown) == {"See-it!", "Why-e_step-climbs", "One:-two,-3"}
    assert github_anchors(markdown) == {"see-it", "why-e_step-climbs", "one-two-3", "see-it-1"}


def test_links_are_found_wherever_they_stand():
    markdown = "[a](b.md) ![c](d.png 'e') [![f](g.png)](h.md) <a href='i.md#j'>k</a> [l](https://m.n) `[o](p)` [q](#r)"
    assert links_of(markdown) == ["b.md", "d.png", "h.md", "i.md#j", "#r"]


def test_a_link_astray_is_found(tmp_path):
    (tmp_path / "page.md").write_text("# A b\n\n<a id='c'></a>\n", encoding="utf-8")
    here = tmp_path / "here.md"
    here.write_text(
        "# Here\n[1](page.md) [2](page.md#a-b) [3](page.md#c) [4](#here) [5](page.md#A-b) [6](no.md) [7](#there)",
        encoding="utf-8",
    )
    assert astray(here) == ["page.md#A-b", "no.md", "#there"]


# The pages.


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(path):
    assert astray(path) == []


@every_notebook
def test_every_link_of_a_notebook_leads_somewhere(path):
    assert links_of(markdown_of(path))
    assert astray(path) == []


def test_there_are_lessons_and_pages():
    """An empty parametrisation would pass."""
    assert len(LESSONS) > 10
    assert len(PAGES) > 4


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_a_notebook_leads_to_the_one_before_to_the_next_and_to_the_glossary(path):
    """Else: python docs/link_notebooks.py."""
    last = read(path).cells[-1]
    found = re.findall(r"(Before|Next): \[([^]]+)\]\(([^)]+)\)", last.source)
    wanted = []
    order = [lesson for lesson in LESSONS if number(lesson.name) in SPINE] if number(path.name) in SPINE else LESSONS
    for word, other in zip(("Before", "Next"), neighbours(path.name, [lesson.name for lesson in LESSONS]), strict=True):
        if other:
            assert abs([lesson.name for lesson in order].index(other) - order.index(path)) == 1
            title = read(NOTEBOOKS / other).cells[0].source.splitlines()[0].removeprefix("# ")
            wanted.append((word, title, other))
    assert wanted
    assert found == wanted
    assert "](../docs/glossary.md)" in last.source
    others = "".join(cell.source for cell in read(path).cells[:-1])
    assert re.findall(r"^(?:Before|Next)\b[^\n]*\.ipynb\)", others, re.MULTILINE) == []


def test_each_notebook_says_at_its_head_where_it_stands():
    """On the spine, or further with what it adds; the README has the same spine."""
    assert sorted([*SPINE, *ADDS]) == sorted(number(path.name) for path in LESSONS)
    for path in LESSONS:
        last = read(path).cells[0].source.splitlines()[-1]
        assert last.startswith("**Spine:**" if number(path.name) in SPINE else "**Further**"), path.name
    table = markdown_of(ROOT / "README.md").partition("## The spine")[2].partition("<!--")[0]
    assert re.findall(r"^\| (\w+) \| \[", table, re.MULTILINE) == list(SPINE)


def test_what_the_script_writes_is_what_stands_there(tmp_path):
    for path in LESSONS:
        shutil.copy(path, tmp_path)
    assert link_all(tmp_path) == []


def test_links_are_written_once_however_often():
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# A\n\n- a source\n\nBefore: [B](b.ipynb). Next:\n[C](c.ipynb).")]
    )
    text = links(("B", "b.ipynb"), None)
    link(notebook, text)
    once = nbformat.writes(notebook)
    link(notebook, text)
    assert nbformat.writes(notebook) == once
    assert notebook.cells[0].source == "# A\n\n- a source"
    assert (notebook.cells[1].id, notebook.cells[1].source) == (LINKS, text)
    assert "Next" not in text


def test_readme_leads_to_what_a_reader_needs():
    targets = links_of(markdown_of(ROOT / "README.md"))
    assert {"docs/glossary.md", "docs/teaching.md", "docs/stepper.md", "docs/formulas.md", "CONTRIBUTING.md"} <= set(
        targets
    )
