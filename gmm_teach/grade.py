"""Grade a folder of submitted notebooks: ``python -m gmm_teach.grade FOLDER``.

Only the cells with answers come from a submission. Set-up and checks come from the package (in a checkout, from
``notebooks/``). Each exercise runs in a process of its own, with limits of time and memory, in an empty folder. There
the answer may read files, but not change any outside, start programs or use the network; nor may it change the checks.

This stops accidents and simple tricks. Answer and check share a process, though, so a student who attacks the grader
itself can win: grade strangers' work in a container or on a machine that holds nothing else.
"""

import argparse
import ast
import builtins
import csv
import html
import io
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import astuple, dataclass, field
from pathlib import Path
from threading import Timer
from types import FunctionType

try:
    import resource
except ImportError:  # Windows
    resource = None

VERDICTS = {"passed": "✓", "not yet": "✗", "not started": "-", "error": "!"}
LARGEST = 50_000_000  # bytes of a notebook; one with more was not made by hand
SET_UP_SECONDS = 300  # until a process has imported what it needs; nothing of a submission runs before
LONGEST = 2000  # characters of a message


@dataclass(frozen=True)
class Row:
    """The verdict on one exercise of one submission; `exercise` is empty where the whole notebook is at fault."""

    student: str
    notebook: str
    exercise: str
    verdict: str
    message: str


@dataclass
class _Exercise:
    """What an exercise is made of, and the answer of a submission in `answer`."""

    title: str
    statement: str
    cell_id: str
    stub: str
    check: str
    names: set
    answer: str = ""


@dataclass
class _Notebook:
    """A notebook of the course: what it defines before its exercises, the exercises, and the sources of its cells."""

    name: str
    set_up: list = field(default_factory=list)
    exercises: list = field(default_factory=list)
    sources: set = field(default_factory=set)


# The notebooks of the course.


def notebooks_folder() -> Path:
    """Return the folder with the notebooks: that of an installed package, or of the checkout."""
    installed = Path(__file__).with_name("_notebooks")
    return installed if installed.is_dir() else Path(__file__).parents[1] / "notebooks"


def _read_course(folder):
    """Return from its name each notebook that has exercises; `solutions/` has the set-up that these need."""
    course = {}
    for path in sorted(Path(folder, "solutions").glob("*.ipynb")):
        notebook = course[path.stem] = _Notebook(path.stem)
        cells = _cells(path.parents[1] / path.name)
        notebook.sources = {cell["source"] for cell in cells}
        tagged = {tag: [c for c in cells if tag in c["tags"]] for tag in ("exercise", "answer", "check")}
        for statement, answer, check in zip(*tagged.values(), strict=True):
            found = re.search(r"\*\*(.+?)\.?\*\*", statement["source"])
            title = found[1] if found else f"exercise {len(notebook.exercises) + 1}"
            source, stub = statement["source"], answer["source"]
            notebook.exercises.append(
                _Exercise(title, source, answer.get("id", ""), stub, check["source"], _defined(stub))
            )
        answered = {name for exercise in notebook.exercises for name in exercise.names}
        notebook.set_up = [
            cell["source"]
            for cell in _cells(path)
            if cell["is code"]
            and not {"answer", "check", "remove-cell"} & cell["tags"]
            and not answered & _used(cell["source"])  # such a cell says why an answer is right
        ]
    return course


def _cells(path):
    """Return the cells of a notebook file; a ValueError says why it is none."""
    if path.stat().st_size > LARGEST:
        raise ValueError(f"not a notebook: more than {LARGEST // 1_000_000} MB")
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            cell["source"] = "".join(cell["source"])
            cell["tags"] = {*(cell["metadata"].get("tags") or ())}
            cell["is code"] = cell["cell_type"] == "code"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("not a notebook: it cannot be read as one. Was the right file saved and handed in?") from None
    return cells


def _parse(source):
    """Return the syntax tree of a cell, or None where it has none."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _used(source):
    tree = _parse(source)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} if tree else set()


def _defined(source):
    """Return the names that a cell gives a value at its top level; of a broken cell, what looks like them."""
    tree = _parse(source)
    if tree is None:
        return set(re.findall(r"^(?:def\s+)?(\w+)\s*[(=]", source, re.MULTILINE))
    targets = [node for statement in tree.body if isinstance(statement, (ast.Assign, ast.AnnAssign)) for node in
               ast.walk(statement)]  # fmt: skip
    names = {node.id for node in targets if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


# A submission.


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
    course = _read_course(notebooks or notebooks_folder())
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
        cells = _cells(path)
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
    names = {name for cell in cells if cell["is code"] for name in _defined(cell["source"])}
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
    defining = [cell for cell in cells if cell["is code"] and exercise.names <= _defined(cell["source"])]
    own = [cell for cell in defining if cell["source"] not in sources]
    in_place = [cell for cell in own if cell.get("id") == exercise.cell_id]
    found = in_place[-1:] or own[-1:] or [cell for cell in defining if cell["source"] == exercise.stub]
    return _Exercise(**{**vars(exercise), "answer": found[0]["source"] if found else ""})


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
        return "error", _words(error)
    needed, more = set(), _used(exercise.answer) | _used(exercise.check)
    answers = [exercise]
    while more - needed:  # an answer may call that of another exercise
        needed |= more
        answers = [each for each in exercises if each is exercise or _defined(each.answer) & needed]
        more = {name for each in answers for name in _used(each.answer)}
    job = {
        "set up": set_up,
        "answers": [each.answer or each.stub for each in answers],
        "names": sorted({name for each in answers for name in each.names}),
        "check": exercise.check,
        "seconds": seconds,
        "megabytes": megabytes,
    }
    return _in_a_process(job)


def _words(error):
    """Say an error in a line, with the line of the answer where it happened."""
    if isinstance(error, MemoryError):
        return "it needs more memory than there is for an exercise"
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == "answer" else line
        trace = trace.tb_next
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {words}" + (f" (line {line} of the answer)" if line else "")


# The process of one exercise: what starts it, and what it does.


def _in_a_process(job):
    """Run a job in a process of its own, in an empty folder; return the verdict and a message."""
    token = secrets.token_hex()
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "LOKY_MAX_CPU_COUNT"), "1")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        process = subprocess.Popen(
            # isolated: neither the folder nor the environment says what is imported
            [sys.executable, "-I", "-B", "-c", "from gmm_teach.grade import _run; _run()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", cwd=scratch,
            env={**os.environ, **one_thread, "MPLBACKEND": "agg", "TMPDIR": scratch, "TEMP": scratch},
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        with suppress(OSError):  # it ended at once; there will be no answer
            process.stdin.write(json.dumps({**job, "token": token}))
            process.stdin.close()
        ready, _ = _line(process, SET_UP_SECONDS)
        if "trouble" in ready:
            return "error", f"the notebook's own set-up fails here: {ready['trouble']}"
        told, in_time = _line(process, job["seconds"])
        process.kill()
        process.wait()
        process.stdout.close()
    if told.get("token") == token:
        return told["verdict"], told["message"]
    if not in_time:
        return "error", f"not done after {job['seconds']:g} seconds: is there a loop without an end?"
    return "error", f"its process ended (with {process.returncode}) before the check did: sys.exit, or too much memory?"


def _line(process, seconds):
    """Return the next line of a process as a dict, empty where there is none, and whether it came in time."""
    timer = Timer(seconds, process.kill)
    timer.start()
    begun = time.monotonic()
    text = process.stdout.readline(10 * LONGEST)
    timer.cancel()
    try:
        return dict(json.loads(text)), True
    except ValueError:
        return {}, time.monotonic() - begun < seconds


def _run():
    """Run the job on the standard input: set-up, answers, and the check, which gets only the names of the answers."""
    job, channel = json.load(sys.stdin), os.fdopen(os.dup(1), "w", encoding="utf-8")
    token = job.pop("token")
    quiet = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(quiet, number)

    def tell(**words):
        channel.write(json.dumps(words) + "\n")
        channel.flush()

    printed, refused = io.StringIO(), []
    theirs, ours = {"__name__": "answer"}, {"__name__": "check"}
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            for source in job["set up"]:
                exec(compile(source, "set-up", "exec"), theirs)
        except Exception as error:
            tell(trouble=_words(error))
            return
        before = _code_of_the_checks()
        tell(ready=True)
        _limit(job["seconds"], job["megabytes"])
        sys.addaudithook(lambda event, given: _refuse(event, given, os.getcwd(), refused))
        try:
            for source in job["answers"]:
                exec(compile(source, "answer", "exec"), theirs)
            for source in job["set up"]:  # again, since an answer may have changed an array
                exec(compile(source, "set-up", "exec"), ours)
            ours |= {name: theirs[name] for name in job["names"] if name in theirs}
            printed.seek(printed.truncate(0))
            exec(compile(job["check"], "check", "exec"), ours)
            message = printed.getvalue().strip()
            verdict = "not started" if message.startswith("Not started") else "passed"
        except AssertionError as error:
            verdict, message = "not yet", str(error)
        except BaseException as error:
            verdict, message = "error", _words(error)
    changed = sorted(name for name, code in _code_of_the_checks().items() if before.get(name, code) is not code)
    if refused:
        verdict, message = "error", f"the answer tried {refused[0]}, which is not allowed"
    elif changed:
        verdict, message = "error", f"the answer changed {changed[0]}, which the check needs"
    tell(token=token, verdict=verdict, message=message)
    os._exit(0)  # without what an answer may have left for the end


def _limit(seconds, megabytes):
    """Let the system end what takes too much, where it can."""
    if resource:
        spent = int(time.process_time())
        for kind, most in (
            (resource.RLIMIT_CPU, spent + int(2 * seconds) + 5),  # should the parent be gone
            (resource.RLIMIT_AS, int(megabytes * 1e6)),
        ):
            resource.setrlimit(kind, (most, most))


FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES_FILES = re.compile(r"os\.(remove|rename|rmdir|mkdir|link|symlink|chmod|chown|truncate)$|shutil\.(rmtree|move)$")
LEAVES = re.compile(r"subprocess\.|os\.(system|exec|fork|forkpty|posix_spawn|spawn|startfile|kill)$|socket\.|gc\.get_")


def _refuse(event, given, scratch, refused):
    """An audit hook: let no answer change files outside of its folder, or reach outside of its process."""
    writes = event == "open" and (given[2] or 0) & FOR_WRITING
    if writes or CHANGES_FILES.match(event):
        where = os.path.realpath(os.fsdecode(given[0])) if isinstance(given[0], (str, bytes, os.PathLike)) else ""
        inside = where.startswith(os.path.realpath(scratch) + os.sep) or where == os.path.realpath(os.devnull)
        if inside and (writes or all(value in (-1, None) for value in given[1:] if isinstance(value, int))):
            return
        what = f"to change the file {given[0]!r}"
    elif LEAVES.match(event):
        what = f"{event}{given!r}"[:200]
    else:
        return
    refused.append(what)
    raise PermissionError(f"not allowed: {what}")


def _code_of_the_checks():
    """Return what an answer may not change: every function, class and name of gmm_teach, NumPy and the builtins."""
    found = {}
    owners = [
        (name, module)
        for name, module in list(sys.modules.items())
        if name.split(".")[0] in {"gmm_teach", "numpy", "builtins"}
    ]
    for name, owner in owners:
        for key, value in list(vars(owner).items()):
            found[f"{name}.{key}"] = value
            if isinstance(value, FunctionType):
                found[f"{name}.{key}.__code__"] = value.__code__
            if isinstance(value, type) and value.__module__ == name and owner is not builtins:
                owners += [] if isinstance(owner, type) else [(f"{name}.{key}", value)]
    return found


@contextmanager
def started():
    """Fail where what runs inside prints "Not started": the checks of `docs/course_tools.py` for other graders."""
    with redirect_stdout(io.StringIO()) as printed:
        yield
    print(printed.getvalue(), end="")
    assert not printed.getvalue().startswith("Not started"), printed.getvalue()


# What a lecturer reads.

STYLE = """body { font: 16px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; }
table { border-collapse: collapse; } th, td { border: 1px solid #bbb; padding: .3em .6em; text-align: left; }
td { vertical-align: top; } summary { cursor: pointer; } pre { white-space: pre-wrap; max-width: 40em; }
.passed { background: #e3f4e8; } .not-yet { background: #fff3d6; } .error { background: #fbe3e1; }"""


def write_csv(rows: Iterable[Row], path: str | Path) -> None:
    """Write a line for each row, with a heading."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["student", "notebook", "exercise", "verdict", "message"])
        writer.writerows(astuple(row) for row in rows)


def write_page(rows: Iterable[Row], path: str | Path) -> None:
    """Write a page: for each notebook a table of students and exercises, with the messages folded."""
    rows = list(rows)
    parts = ["<!doctype html><html lang='en'><meta charset='utf-8'><title>Exercises</title>", f"<style>{STYLE}</style>"]
    parts.append(
        "<h1>Exercises</h1><p>" + " &nbsp; ".join(f"{mark} {word}" for word, mark in VERDICTS.items()) + "</p>"
    )
    for notebook in dict.fromkeys(row.notebook for row in rows):
        here = [row for row in rows if row.notebook == notebook]
        titles = dict.fromkeys(row.exercise for row in here if row.exercise)
        heads = "".join(f"<th scope='col'>{html.escape(title)}</th>" for title in titles)
        parts.append(
            f"<h2>{html.escape(notebook)}</h2><table><tr><th scope='col'>student</th>{heads}<th>passed</th></tr>"
        )
        for student in dict.fromkeys(row.student for row in here):
            theirs = [row for row in here if row.student == student]
            cells = "".join(_table_cell(row, len(titles)) for row in theirs)
            passed = sum(row.verdict == "passed" for row in theirs)
            parts.append(f"<tr><th scope='row'>{html.escape(student)}</th>{cells}<td>{passed}</td></tr>")
        parts.append("</table>")
    Path(path).write_text("\n".join(parts) + "\n", encoding="utf-8")


def _table_cell(row, width):
    words = f"{VERDICTS[row.verdict]} {row.verdict}"
    if row.message:
        words = f"<details><summary>{words}</summary><pre>{html.escape(row.message)}</pre></details>"
    wide = "" if row.exercise else f" colspan='{max(width, 1)}'"
    return f"<td class='{row.verdict.replace(' ', '-')}'{wide}>{words}</td>"


def main(arguments=None):
    """Read the command line, grade, and write the table and the page."""
    parser = argparse.ArgumentParser(
        prog="python -m gmm_teach.grade", description="Grade a folder of submitted notebooks."
    )
    parser.add_argument("folder", help="with STUDENT.ipynb, or a folder for each student")
    parser.add_argument("--notebook", help="the one that was asked for, such as 07; otherwise each is recognised")
    parser.add_argument("--notebooks", help="where set-up and checks come from, instead of the package")
    parser.add_argument("--seconds", type=float, default=30, help="for one exercise (%(default)g)")
    parser.add_argument("--megabytes", type=float, default=4000, help="for one exercise (%(default)g)")
    parser.add_argument("--out", default="grades", help="writes OUT.csv and OUT.html (%(default)s)")
    given = parser.parse_args(arguments)
    if not resource:
        print("This system limits the time of an exercise, but not its memory.")
    try:
        rows = grade(given.folder, given.notebook, given.notebooks, given.seconds, given.megabytes)
    except ValueError as error:
        sys.exit(str(error))
    write_csv(rows, f"{given.out}.csv")
    write_page(rows, f"{given.out}.html")
    counts = [f"{sum(row.verdict == verdict for row in rows)} {verdict}" for verdict in VERDICTS]
    print(f"{', '.join(counts)}: {given.out}.csv and {given.out}.html")


if __name__ == "__main__":
    main()
