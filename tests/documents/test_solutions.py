"""The exercises of the notebooks, and their solutions: the same statement, the same check, an answer in between.

An exercise is a cell tagged `exercise`, which states it and folds a hint away; a cell tagged `answer`, where `...`
stands for the reader's code; and a cell tagged `check`. Its solution has the same, with an answer. pytest runs both.
"""

import re
from itertools import pairwise

import pytest
from test_notebooks import NOTEBOOKS, read

SOLUTIONS = NOTEBOOKS / "solutions"
FEWEST_EXERCISES = 3
FEW = {"01": 2, "13": 2, "15": 2}  # they have questions without a check as well
TAGS = ("exercise", "answer", "check")

solutions = sorted(SOLUTIONS.glob("*.ipynb"))
every_solution = pytest.mark.parametrize("path", solutions, ids=lambda path: path.name)


def tagged(path):
    """Return the cells of all exercises, as triples in the order of the notebook."""
    found = [(tag, cell) for cell in read(path).cells for tag in cell.metadata.get("tags", ()) if tag in TAGS]
    assert [tag for tag, _ in found] == list(TAGS) * (len(found) // 3)
    return [[cell for _, cell in found[i : i + 3]] for i in range(0, len(found), 3)]


def code_of(source):
    """Return the source without comments and strings, where `...` may stand in a sentence."""
    return re.sub(r'""".*?"""|"[^"\n]*"|#[^\n]*', "", source, flags=re.DOTALL)


def test_notebooks_1_to_18_have_exercises_and_solutions():
    """And no fewer are looked at below."""
    assert set(range(1, 19)) <= {int(path.name[:2]) for path in solutions}


@every_solution
def test_there_are_exercises_enough(path):
    assert len(tagged(NOTEBOOKS / path.name)) >= FEW.get(path.name[:2], FEWEST_EXERCISES)


@every_solution
def test_statement_and_check_are_those_of_the_notebook(path):
    exercises, solved = tagged(NOTEBOOKS / path.name), tagged(path)
    assert [cell.source for cell, _, _ in solved] == [cell.source for cell, _, _ in exercises]
    assert [cell.source for _, _, cell in solved] == [cell.source for _, _, cell in exercises]


@every_solution
def test_the_answer_is_left_to_the_reader_and_given_in_the_solution(path):
    for (_, empty, _), (_, answer, _) in zip(tagged(NOTEBOOKS / path.name), tagged(path), strict=True):
        assert "..." in code_of(empty.source)
        assert "..." not in code_of(answer.source)


@every_solution
def test_each_exercise_states_hints_and_checks(path):
    for statement, answer, check in tagged(NOTEBOOKS / path.name):
        assert statement.cell_type == "markdown"
        assert "<details><summary>Hint" in statement.source
        assert (answer.cell_type, check.cell_type) == ("code", "code")
        assert re.search(r"\bassert |practice\.check_", check.source)


@every_solution
def test_notebook_and_solutions_lead_to_each_other(path):
    def text(path):
        return "".join(cell.source for cell in read(path).cells)

    assert f"](solutions/{path.name})" in text(NOTEBOOKS / path.name)
    assert f"](../{path.name})" in text(path)


@every_solution
def test_each_exercise_stands_in_one_piece(path):
    for notebook in (path, NOTEBOOKS / path.name):
        tags = [next(iter(set(cell.metadata.get("tags", ())) & set(TAGS)), None) for cell in read(notebook).cells]
        for tag, following in pairwise([*tags, None]):
            assert TAGS.index(following) == TAGS.index(tag) + 1 if tag in TAGS[:2] else following not in TAGS[1:]
