"""A folder of submissions: which notebook each is, where its answers are, and the verdict on them."""

import ast
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .course import Exercise, cells_of, defined, notebooks_folder, read_course, used
from .process import LONGEST, in_a_process, say_error


@dataclass(frozen=True)
class Row:
    """The verdict on one exercise of one submission; `exercise` is empty where the whole notebook is at fault."""

    student: str
    notebook: str
    exercise: str
    verdict: str
    message: str


def grade(
    folder: str | Path,
    notebook: str | None = None,
    notebooks: str | Path | None = None,
    seconds: float = 30,
    megabytes: float = 4000,
) -> list[Row]:
    """Grade every notebook in a folder.

    Parameters
    ----------
    folder : path
        With ``STUDENT.ipynb``, or with a folder for each student.
    notebook : str, optional
        The one that was asked for, by its name or number such as ``"07"``. Otherwise each is recognised.
    notebooks : path, optional
        Where set-up and checks come from, in place of the package's own: a folder with ``solutions/`` in it.
    seconds : float
        The time that one exercise may take.
    megabytes : float
        The memory that one may take, where the system has such a limit: not on Windows.

    Returns
    -------
    list of Row
        In the order of the files, and of the exercises in each.

    Raises
    ------
    ValueError
        If there is nothing to grade, or no such notebook.
    """
    folder = Path(folder)
    course = read_course(notebooks or notebooks_folder())
    asked = next((name for name in course if notebook and name.split("_")[0] == notebook.split("_")[0]), None)
    if notebook and not asked:
        raise ValueError(f"no notebook {notebook!r} with exercises; there are {', '.join(course)}")
    paths = [path for path in sorted(folder.rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]
    if not paths:
        raise ValueError(f"no notebook in {str(folder)!r}: name the folder that holds the students' .ipynb files")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = [
            row
            for path in paths
            for row in _grade_one(path, path.relative_to(folder), course, asked, seconds, megabytes, pool)
        ]
    return [row if isinstance(row, Row) else row.result() for row in rows]


def _grade_one(path, name, course, asked, seconds, megabytes, pool):
    """Return the rows of one file, or what will be rows once the processes have ended."""
    student = Path(name).parts[0].removesuffix(".ipynb")
    try:
        cells = cells_of(path)
        found = _recognise(cells, course)
        if asked and found != asked:
            raise ValueError(f"wrong notebook: this is {found}, and {asked} was asked for")
    except (ValueError, OSError) as error:
        return [Row(student, asked or path.stem, "", "error", str(error))]
    exercises = [_with_answer(exercise, cells, course[found].sources) for exercise in course[found].exercises]

    def judged(exercise):
        verdict, message = _judge(exercise, exercises, course[found].set_up, seconds, megabytes)
        return Row(student, found, exercise.title, verdict, message[:LONGEST])

    return [pool.submit(judged, exercise) for exercise in exercises]


def _recognise(cells, course):
    """Return the name of the notebook that most of the cells come from."""
    texts = {cell["source"] for cell in cells}
    names = {name for cell in cells if cell["is code"] for name in defined(cell["source"])}
    likeness = {
        notebook.name: sum((e.statement in texts) + (e.names <= names) for e in notebook.exercises)
        for notebook in course.values()
    }
    best = max(likeness, key=likeness.__getitem__)
    if not likeness[best]:
        raise ValueError("wrong notebook: it has none of the course's exercises")
    return best


def _with_answer(exercise, cells, sources):
    """Return the exercise with the submission's answer: the cell of its name that defines what it must, or the last."""
    defining = [cell for cell in cells if cell["is code"] and exercise.names <= defined(cell["source"])]
    own = [cell for cell in defining if cell["source"] not in sources]
    in_place = [cell for cell in own if cell.get("id") == exercise.cell_id]
    found = in_place[-1:] or own[-1:] or [cell for cell in defining if cell["source"] == exercise.stub]
    return Exercise(**{**vars(exercise), "answer": found[0]["source"] if found else ""})


def _judge(exercise, exercises, set_up, seconds, megabytes):
    """Return the verdict on one answer, and a message."""
    if not exercise.answer:
        names = " and ".join(f"`{name}`" for name in sorted(exercise.names))
        return "error", f"no cell defines {names}: was the answer's cell deleted, or what it defines renamed?"
    try:
        if ast.dump(ast.parse(exercise.answer)) == ast.dump(ast.parse(exercise.stub)):
            return "not started", ""
        compile(exercise.answer, "answer", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return "error", say_error(error)
    needed, more = set(), used(exercise.answer) | used(exercise.check)
    answers = [exercise]
    while more - needed:  # an answer may call that of another exercise
        needed |= more
        answers = [each for each in exercises if each is exercise or defined(each.answer) & needed]
        more = {name for each in answers for name in used(each.answer)}
    job = {
        "set up": set_up,
        "answers": [each.answer or each.stub for each in answers],
        "names": sorted({name for each in answers for name in each.names}),
        "check": exercise.check,
        "seconds": seconds,
        "megabytes": megabytes,
    }
    return in_a_process(job)
