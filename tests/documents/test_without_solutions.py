"""A site for a course, without the solutions: none in its pages or sources, none in JupyterLite, and no link to one."""

import json
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "site"))
import lite  # noqa: E402
import staging  # noqa: E402

paths = sorted(path.relative_to(ROOT) for path in (ROOT / "notebooks").rglob("*.ipynb"))
paths = [path for path in paths if ".ipynb_checkpoints" not in path.parts]
solved = [path for path in paths if staging.is_solution(path)]


def answers():
    """Yield the answers of all solutions."""
    for path in solved:
        for cell in nbformat.read(ROOT / path, as_version=4).cells:
            if "answer" in cell.metadata.get("tags", ()):
                yield cell.source


def leaks(texts):
    """Return what a reader of these texts learns of the solutions: their names, links to them, their answers."""
    told = list(answers())
    lines = {line.strip() for answer in told for line in answer.split("\n") if len(line.strip()) > 30}
    module = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "gmm_teach").rglob("*.py"))
    lessons = "".join((ROOT / path).read_text(encoding="utf-8") for path in paths if path not in solved)
    secret = [line for line in lines if line not in module and json.dumps(line)[1:-1] not in lessons]
    assert len(secret) > 30
    signs = ["](solutions/", "notebooks/solutions/", "solutions.html", "caption: Solutions", "# Solutions:", *secret]
    return {
        (name, sign) for name, text in texts.items() for sign in signs if sign in text or json.dumps(sign)[1:-1] in text
    }


def staged(folder, monkeypatch, notebooks):
    """Return what Sphinx would read, from its name to its text."""
    monkeypatch.setattr(staging, "player_of", lambda notebook: "")
    staging.stage(folder / "source", {path: nbformat.read(ROOT / path, as_version=4) for path in notebooks})
    files = [path for path in (folder / "source").rglob("*") if path.suffix in {".md", ".ipynb", ".rst"}]
    return {path.relative_to(folder / "source").as_posix(): path.read_text(encoding="utf-8") for path in files}


def test_the_whole_site_has_them(tmp_path, monkeypatch):
    """And what is looked for below is found here."""
    found = leaks(staged(tmp_path, monkeypatch, paths))
    assert {"notebooks/01_watch_em_learn.ipynb", "index.md"} <= {name for name, _ in found}
    assert len({name for name, _ in found if name.startswith("notebooks/solutions/")}) == len(solved)


def test_no_page_has_them_or_leads_to_them(tmp_path, monkeypatch):
    """The search index and the sources are made of these pages."""
    lessons = [path for path in paths if path not in solved]
    texts = staged(tmp_path, monkeypatch, lessons)
    assert {path.as_posix() for path in lessons} <= set(texts)
    assert not [name for name in texts if "solutions" in name]
    # CONTRIBUTING says where they are, and publishing how to leave them out
    assert {name for name, _ in leaks(texts)} <= {"CONTRIBUTING.md"}


def test_jupyterlite_and_the_downloads_have_none(tmp_path):
    files = lite.contents(solutions=False)
    assert set(lite.contents()) - set(files) == {ROOT / path for path in solved}
    for file in files:
        lite.copy(file, tmp_path / file.relative_to(ROOT), solutions=False)
    copies = [path for path in tmp_path.rglob("*") if path.suffix in {".md", ".ipynb"}]
    texts = {path.relative_to(tmp_path).as_posix(): path.read_text(encoding="utf-8") for path in copies}
    assert {name for name, _ in leaks(texts)} == set()
    assert len([name for name in texts if name.endswith(".ipynb")]) == len(paths) - len(solved)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Try first: [solutions/a.ipynb](solutions/a.ipynb).", None),
        (
            "More. " * 50 + "The answers\nare in [a](solutions/a.ipynb). Try\nfirst.",
            "More. " * 49 + "More. Try\nfirst.",
        ),
    ],
)
def test_a_sentence_goes_and_the_rest_stays(text, left):
    cells = staging.without_solutions({"cells": [{"source": text}, {"source": "else"}]})["cells"]
    assert [cell["source"].replace("  ", " ") for cell in cells] == ([left] if left else []) + ["else"]
