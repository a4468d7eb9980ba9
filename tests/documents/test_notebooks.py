"""The notebooks as files: small cells, checks in them, and nothing stored that a run made.

That they run is not tested here: pytest collects notebooks/ itself and runs every cell (nbval).
"""

import re
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest

from gmm_teach import datasets

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
sys.path.insert(0, str(ROOT / "docs"))
import link_notebooks  # noqa: E402

MOST_LINES_OF_CODE, MOST_COLUMNS = 25, 88
MOST_WORDS_OF_PROSE = 180

paths = sorted(path for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
every_notebook = pytest.mark.parametrize("path", paths, ids=lambda path: path.relative_to(NOTEBOOKS).as_posix())


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def cells(path, kind):
    return [(i, cell) for i, cell in enumerate(read(path).cells) if cell.cell_type == kind]


def test_there_are_notebooks():
    """An empty parametrisation would pass everything below."""
    assert NOTEBOOKS / "01_watch_em_learn.ipynb" in paths


def test_names_are_numbers_then_words():
    for path in paths:
        assert re.fullmatch(r"\d\d[a-z]?(_[a-z0-9]+)+\.ipynb", path.name), path.name
        assert (NOTEBOOKS / path.name).exists(), f"{path} solves the exercises of no notebook"


@every_notebook
def test_is_valid(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)  # 4.5: cells have ids, so diffs stay small


@every_notebook
def test_stores_nothing_of_a_run(path):
    for i, cell in cells(path, "code"):
        assert cell.outputs == [], f"cell {i} has outputs"
        assert cell.execution_count is None, f"cell {i} has an execution count"
        assert "execution" not in cell.metadata, f"cell {i} has times of a run"
    assert "widgets" not in read(path).metadata, "the state of widgets is stored"


@every_notebook
def test_asks_for_any_python_3(path):
    assert read(path).metadata.kernelspec.name == "python3"


@every_notebook
def test_opens_with_its_title(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# \w", first.source)


@every_notebook
def test_checks_something(path):
    assert any(re.search(r"^\s*assert ", cell.source, re.MULTILINE) for _, cell in cells(path, "code"))


# What a stepper has in JupyterLab and a player on a page has not.
ONLY_LIVE = r"\*\*More\*\*|\*(?:Start|Look|move)\*|\b(?:sliders?|menus?|drag(?:ging)?|untick|tick)\b"


@every_notebook
def test_a_page_names_no_control_that_its_players_lack(path):
    """What speaks of one is left out of the page (remove-cell), or says there that it needs a notebook."""
    for i, cell in cells(path, "markdown"):
        if "remove-cell" not in cell.metadata.get("tags", ()) and "<!-- on the page:" not in cell.source:
            assert not re.search(ONLY_LIVE, cell.source), f"cell {i} names what its page lacks"


@every_notebook
def test_no_assert_stands_in_the_way(path):
    """A check is folded, on the site (hide-input) and in JupyterLab (source_hidden), so that a reader sees none."""
    for i, cell in cells(path, "code"):
        folded = "hide-input" in cell.metadata.get("tags", ())
        assert folded == cell.metadata.get("jupyter", {}).get("source_hidden", False), f"cell {i} is half folded"
        assert folded or not re.search(r"^\s*assert ", cell.source, re.MULTILINE), f"cell {i} shows an assert"


@every_notebook
def test_every_check_says_what_it_found(path):
    for i, cell in cells(path, "code"):
        says = re.search(r"\b(print|display|show)\(|\bpractice\.", cell.source)
        assert says or not re.search(r"^\s*assert ", cell.source, re.MULTILINE), f"cell {i} checks in silence"


@every_notebook
def test_open_code_fits_a_page(path):
    for i, cell in cells(path, "code"):
        longest = max(map(len, cell.source.splitlines()), default=0)
        assert "hide-input" in cell.metadata.get("tags", ()) or longest <= MOST_COLUMNS, f"cell {i} is too wide"


@every_notebook
def test_no_cell_needs_scrolling(path):
    for i, cell in cells(path, "code"):
        folded = "hide-input" in cell.metadata.get("tags", ())  # nobody scrolls past a folded cell
        assert folded or len(cell.source.splitlines()) <= MOST_LINES_OF_CODE, f"code cell {i} is too long"
    for i, cell in cells(path, "markdown"):
        unfolded = re.sub(r"<details>.*</details>", "", cell.source, flags=re.DOTALL)
        assert len(unfolded.split()) <= MOST_WORDS_OF_PROSE, f"markdown cell {i} is too long"


def words_of_the_reading_path(path):
    """Count the words before the exercises, without folded answers, comments, displayed formulas and addresses."""
    text = "\n\n".join(cell.source for _, cell in cells(path, "markdown"))
    text = re.split(r"\n## (?:Quick check|On your own)\n", text)[0]
    unread = r"<details>.*?</details>|<!--.*?-->|\$\$.*?\$\$|(?<=\])\([^)]*\)"
    return len(re.sub(unread, "", text, flags=re.DOTALL).split())


def test_the_spine_is_as_long_as_the_readme_says():
    said = re.search(r"some (\d),(\d{3}) words up to their exercises", (ROOT / "README.md").read_text(encoding="utf-8"))
    spine = [path for path in paths if path.parent == NOTEBOOKS and path.name.split("_")[0] in link_notebooks.SPINE]
    assert len(spine) == 6
    assert abs(sum(map(words_of_the_reading_path, spine)) - int(said[1] + said[2])) <= 500


# Notebook 13 promises that a reader changes one cell and all else runs on. Each file here is awkward in its own way.


def as_csv(dataset, header, separator=","):
    return "\n".join([header, *(separator.join(map(repr, row)) for row in dataset.x.tolist())])


OWN_DATA = {
    "four coordinates": (as_csv(datasets.load_iris(), "a,b,c,d"), {}),
    "one coordinate": (as_csv(datasets.load_old_faithful(), "a;b", ";"), {"wanted": ["b"]}),
    "wild units": (as_csv(datasets.two_clusters_in_wild_units(), "a\tb", "\t"), {}),
    "K = 2 always collapses": (as_csv(datasets.cluster_and_one_outlier(), "a,b"), {}),
    "K chosen, and a folder": (as_csv(datasets.load_post(), "a,b"), {"components": 3, "most_components": 3}),
}


@pytest.mark.parametrize(("text", "settings"), OWN_DATA.values(), ids=OWN_DATA)
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
@pytest.mark.slow
def test_the_notebook_for_own_data_needs_one_cell_changed(text, settings, tmp_path, capsys):
    (tmp_path / "own.csv").write_text(text, encoding="utf-8")
    changes = {"file": tmp_path / "own.csv", "most_components": 2, **settings}
    if "components" in settings:
        changes["folder"] = tmp_path / "results"
    plt.switch_backend("Agg")
    names, changed = {}, 0
    for i, cell in cells(NOTEBOOKS / "13_your_own_data.ipynb", "code"):
        if cell.id == "install":
            continue  # it is not for a plain Python
        before, mark, after = cell.source.partition("settings = ")
        if mark:
            exec(before, names)
            assert set(changes) <= set(names)
            names |= changes
            changed += 1
        exec(compile(mark + after if mark else cell.source, f"cell {i}", "exec"), names)
    plt.close("all")
    assert changed == 1
    assert names["as_shipped"] is False
    assert np.array_equal(names["again"].means, names["mixture"].means)
    assert (tmp_path / "results" / "points.csv").exists() == ("folder" in changes)
