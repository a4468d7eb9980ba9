"""The exercises in the form of nbgrader and otter-grader, whose own commands are played here by their documented marks.

Each takes away what stands between a BEGIN SOLUTION and an END SOLUTION; nbgrader keeps what is marked as locked, and
otter calls each test with what the notebook has under the names of its arguments.
"""

import inspect
import re
import sys
from pathlib import Path

import nbformat
import pytest

from gmm_teach.grade.course import read_course

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
import course_tools  # noqa: E402

COURSE = {name.split("_")[0]: notebook for name, notebook in read_course(ROOT / "notebooks").items()}
REGION = re.compile(r"^(?:###|#) BEGIN SOLUTION.*?^(?:###|#) END SOLUTION$\n?", re.MULTILINE | re.DOTALL)
WRITERS = {"nbgrader": course_tools.for_nbgrader, "otter": course_tools.for_otter}
every_tool = pytest.mark.parametrize("tool", WRITERS)


def sources(notebook, students=False):
    """Return the code of an instructor's notebook, or of the student's that its tool makes of it."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return [REGION.sub("", source).strip() for source in code] if students else code


def marks(notebook):
    """Run a notebook's code as a grader does, and return for each check whether it passed."""
    space, passed = {"__name__": "submission"}, []
    for source in notebook:
        is_check = "from gmm_teach.grade import started" in source
        try:
            exec(source, space)
            if found := re.match(r"def (test_\d+)\(", source):
                test = space[found[1]]
                test(*(space[name] for name in inspect.signature(test).parameters))
        except AssertionError:
            assert is_check, source
            passed.append(False)
        else:
            passed += [True] * is_check
    return passed


@pytest.mark.parametrize("number", COURSE)
@every_tool
def test_the_instructor_has_every_answer_and_the_student_none(tool, number):
    notebook, exercises = WRITERS[tool](number), COURSE[number].exercises
    nbformat.validate(notebook)
    instructors, students = "\n".join(sources(notebook)), sources(notebook, students=True)
    _, answers = course_tools.parts(number)
    assert len(answers) == len(exercises) > 0
    everything = "\n".join([*students, *(cell.source for cell in notebook.cells if cell.cell_type != "code")])
    assert "SOLUTION" not in everything.replace("# BEGIN SOLUTION", "").replace("# END SOLUTION", "")
    for exercise, answer in zip(exercises, answers, strict=True):
        assert answer in instructors
        assert answer not in everything
        assert exercise.stub in students
        secret = {line.strip() for line in answer.split("\n")} - {line.strip() for line in exercise.stub.split("\n")}
        given = "\n".join([*COURSE[number].set_up, *(each.check for each in exercises), exercise.statement])
        assert [line for line in secret if len(line) > 30 and line in everything and line not in given] == []


@pytest.mark.parametrize("number", ["01", "07"])
@every_tool
def test_right_answers_earn_every_point_and_stubs_none(tool, number):
    notebook, count = WRITERS[tool](number), len(COURSE[number].exercises)
    assert marks(sources(notebook)) == [True] * count
    assert marks(sources(notebook, students=True)) == [False] * count


def test_nbgrader_may_clear_answers_and_nothing_else():
    kinds = [
        (cell.metadata.nbgrader.solution, cell.metadata.nbgrader.grade, cell.metadata.nbgrader.locked)
        for cell in course_tools.for_nbgrader("07").cells
    ]
    count = len(COURSE["07"].exercises)
    statement, answer, check = (False, False, True), (True, False, False), (False, True, True)
    assert kinds[-3 * count :] == [statement, answer, check] * count
    assert set(kinds[: -3 * count]) == {statement}
    names = [cell.metadata.nbgrader.grade_id for cell in course_tools.for_nbgrader("07").cells]
    assert len(set(names)) == len(names)


def test_otter_finds_each_block_closed():
    raw = [cell.source.split("\n")[0] for cell in course_tools.for_otter("07").cells if cell.cell_type == "raw"]
    question = ["# BEGIN QUESTION", "# BEGIN SOLUTION", "# END SOLUTION", "# BEGIN TESTS", "# END TESTS"]
    assert raw == ["# ASSIGNMENT CONFIG", *[*question, "# END QUESTION"] * len(COURSE["07"].exercises)]


@pytest.mark.parametrize(
    ("tool", "written"), [("nbgrader", ["nbgrader_config.py", "source/07/07.ipynb"]), ("otter", ["07.ipynb"])]
)
def test_the_command_writes_what_its_tool_looks_for(tool, written, tmp_path):
    course_tools.main([tool, str(tmp_path), "07"])
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()) == written
