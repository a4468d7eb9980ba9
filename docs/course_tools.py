#!/usr/bin/env python3
"""Write the exercises of a notebook in the form of nbgrader or otter-grader: the instructor's version, with solutions.

    python docs/course_tools.py nbgrader course 07    course/source/07/07.ipynb, and nbgrader_config.py
    python docs/course_tools.py otter course 07       course/07.ipynb

Their own tools make the student's version: nbgrader generate_assignment 07, or otter assign 07.ipynb dist.
"""

import argparse
import ast
import builtins
from pathlib import Path
from textwrap import indent

import nbformat
from nbformat import v4

from gmm_teach.grade.course import cells_of, defined, read_course, used

ROOT = Path(__file__).resolve().parents[1]
STARTED = "from gmm_teach.grade import started\n\n"
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "gmm_teach"
c.ClearSolutions.code_stub = {"python": ""}  # the place for an answer stands above each solution
c.ExecutePreprocessor.timeout = 60
"""


def parts(number):
    """Return a notebook of the course by its number, and the answers in its solutions."""
    course = read_course(ROOT / "notebooks")
    (name,) = (name for name in course if name.split("_")[0] == number)
    solved = cells_of(ROOT / "notebooks" / "solutions" / f"{name}.ipynb")
    return course[name], [cell["source"] for cell in solved if "answer" in cell["tags"]]


def title(notebook):
    words = "The first cells are those of the lesson that the exercises need. Write your code in place of each `...`."
    return v4.new_markdown_cell(f"# Exercises: {notebook.name[3:].replace('_', ' ')}\n\n{words}")


# nbgrader: what each cell is stands in its metadata.


def for_nbgrader(number):
    """Return the instructor's notebook."""
    notebook, answers = parts(number)
    cells = [title(notebook), *map(v4.new_code_cell, notebook.set_up)]
    for cell in cells:
        _mark(cell, f"set-up-{cells.index(cell)}")
    for i, (exercise, answer) in enumerate(zip(notebook.exercises, answers, strict=True), start=1):
        statement = v4.new_markdown_cell(exercise.statement)
        solution = f"{exercise.stub}\n### BEGIN SOLUTION\n{answer}\n### END SOLUTION"
        check = f"{STARTED}with started():\n{indent(exercise.check, '    ')}"
        cells += [
            _mark(statement, f"statement-{i}"),
            _mark(v4.new_code_cell(solution), f"answer-{i}", solution=True),
            _mark(v4.new_code_cell(check), f"check-{i}", grade=True),
        ]
    return _notebook(cells)


def _mark(cell, name, solution=False, grade=False):
    cell.metadata["nbgrader"] = {
        **{"grade": grade, "grade_id": name, "locked": not solution, "schema_version": 3, "solution": solution},
        **{"task": False, "cell_type": cell.cell_type, **({"points": 1} if grade else {})},
    }
    return cell


# otter-grader: raw cells stand between the others.


def for_otter(number):
    """Return the instructor's notebook."""
    notebook, answers = parts(number)
    cells = [
        v4.new_raw_cell(f"# ASSIGNMENT CONFIG\nname: exercises-{number}\ntests:\n    ok_format: false"),
        title(notebook),
    ]
    cells += map(v4.new_code_cell, notebook.set_up)
    for i, (exercise, answer) in enumerate(zip(notebook.exercises, answers, strict=True), start=1):
        solution = f"{exercise.stub}\n# BEGIN SOLUTION NO PROMPT\n{answer}\n# END SOLUTION"
        # a test is a function, which otter gives what the notebook has under the names of its arguments
        tree = ast.parse(exercise.check)
        names = used(exercise.check) - defined(exercise.check) - set(dir(builtins))
        names -= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        names -= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        body = f"{STARTED}with started():\n{indent(exercise.check, '    ')}"
        test = f"def test_{i}({', '.join(sorted(names))}):\n{indent(body, '    ')}"
        cells += [
            v4.new_raw_cell(f"# BEGIN QUESTION\nname: q{i}\npoints: 1"),
            v4.new_markdown_cell(exercise.statement),
            v4.new_raw_cell("# BEGIN SOLUTION"),
            v4.new_code_cell(solution),
            v4.new_raw_cell("# END SOLUTION"),
            v4.new_raw_cell("# BEGIN TESTS"),
            v4.new_code_cell(test),
            v4.new_raw_cell("# END TESTS"),
            v4.new_raw_cell("# END QUESTION"),
        ]
    return _notebook(cells)


def _notebook(cells):
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def main(arguments=None):
    """Write the notebook for the tool that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tool", choices=["nbgrader", "otter"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("number", help="of a notebook with exercises, such as 07")
    given = parser.parse_args(arguments)
    target = given.folder / f"{given.number}.ipynb"
    if given.tool == "nbgrader":
        target = given.folder / "source" / given.number / f"{given.number}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(for_nbgrader(given.number) if given.tool == "nbgrader" else for_otter(given.number), target)
    if given.tool == "nbgrader":
        (given.folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    print(target)


if __name__ == "__main__":
    main()
