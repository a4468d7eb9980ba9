"""Every formula has a cell that checks it, and docs/formulas.md says which."""

import importlib.util
import json
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "formula_table.py"
spec = importlib.util.spec_from_file_location("formula_table", SCRIPT)
formula_table = importlib.util.module_from_spec(spec)
spec.loader.exec_module(formula_table)


def test_every_formula_is_checked_by_an_assert():
    _, problems = formula_table.find_checks()
    assert problems == []


def test_the_page_is_up_to_date():
    checks, _ = formula_table.find_checks()
    written = formula_table.PAGE.read_text(encoding="utf-8")
    assert written == formula_table.page(checks), "run: python docs/formula_table.py"


# That the two can fail: a small notebook that is right, and the same broken in one place.

ALL = formula_table.KNOWN


def problems_of(folder, *cells):
    notebook = {
        "cells": [
            {"cell_type": kind, "source": source, "metadata": {"tags": [f"formula-{i}" for i in identifiers]}}
            for kind, source, *identifiers in cells
        ]
    }
    (folder / "01_example.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return formula_table.find_checks(folder)[1]


def test_a_right_notebook_has_no_problems(tmp_path):
    assert problems_of(tmp_path, ("code", "assert True", *ALL)) == []


@pytest.mark.parametrize(
    ("source", "identifiers", "problem"),
    [
        ("assert True", [i for i in ALL if i != "C6"], "C6 has no check"),
        ("assert True", [*ALL, "Z9"], "01_example.ipynb, code cell 1: there is no formula Z9"),
        ("# assert True", ALL, f"01_example.ipynb, code cell 1: it checks {', '.join(ALL)} with no assert"),
    ],
    ids=["no check", "unknown formula", "no assert"],
)
def test_each_problem_is_named(tmp_path, source, identifiers, problem):
    assert problems_of(tmp_path, ("code", source, *identifiers)) == [problem]


def test_no_cell_shows_the_names_to_readers():
    for path in sorted(formula_table.NOTEBOOKS.rglob("*.ipynb")):
        assert "# Checks" not in path.read_text(encoding="utf-8"), path.name


def test_the_page_links_to_the_cell_under_its_heading(tmp_path):
    problems_of(
        tmp_path,
        ("markdown", "# Title\n\n## First\n"),
        ("code", "x = 1"),
        ("markdown", "Words."),
        ("code", "assert x", *ALL),
    )
    checks, _ = formula_table.find_checks(tmp_path)
    lines = formula_table.page(checks).splitlines()
    assert (
        len([line for line in lines if "[01_example](../notebooks/01_example.ipynb) [2] First |" in line])
        == len(formula_table.KNOWN)
        == 44
    )
