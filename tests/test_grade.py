"""The grader, on submissions of every kind: small notebooks here, so that each process is short."""

import csv
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gmm_teach import grade
from gmm_teach.grade.__main__ import main
from gmm_teach.grade.course import cells_of, read_course

ROOT = Path(__file__).parents[1]
SET_UP = "import numpy as np\n\nfrom gmm_teach import practice\n\npoints = np.arange(4.0)"
MEAN = "def own_mean(x):\n    return ..."
CHECK_MEAN = """def try_mean(mean):
    practice.compare(mean(points), 1.5, [(6.0, "divide the sum by n")], "that is not the mean")
    return "the mean."


practice.check_answer("own_mean", own_mean, try_mean, arguments=("x",))"""
HALF = "half = ..."
CHECK_HALF = """if half is ...:
    print("Not started.")
else:
    assert half == 0.5, "half of one, please"
    assert points[0] == 0
    print("Right: one half.")"""
SPREAD = "spread = ..."
CHECK_SPREAD = "assert spread is not ..., 'Not started.'\nassert spread == 1.25, 'that is not the variance'"
RIGHT = {"mean": "def own_mean(x):\n    return x.sum() / len(x)", "half": "half = 1 / 2"}
RIGHT["spread"] = "deviations = points - own_mean(points)\nspread = (deviations**2).mean()"


def cell(source, tag=None, name="", kind="code"):
    return {"cell_type": kind, "id": name, "metadata": {"tags": [tag] if tag else []}, "source": source}


def exercise(name, stub, check):
    statement = cell(f"**The {name}.** Write it.", "exercise", f"{name}-0", "markdown")
    return [statement, cell(stub, "answer", f"{name}-1"), cell(check, "check", f"{name}-2")]


def notebook(**answers):
    """Return the cells of a submission with these answers, the others untouched."""
    parts = {"mean": (MEAN, CHECK_MEAN), "half": (HALF, CHECK_HALF), "spread": (SPREAD, CHECK_SPREAD)}
    cells = [cell("# Lesson", kind="markdown"), cell("points = 'of the lesson'")]
    for name, (stub, check) in parts.items():
        cells += exercise(name, answers.get(name, stub), check)
    return cells


def write(path, cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Two notebooks: 01, and 02 with one exercise."""
    folder = tmp_path_factory.mktemp("course")
    write(folder / "01_first.ipynb", notebook())
    write(folder / "solutions" / "01_first.ipynb", [cell(SET_UP), *notebook(**RIGHT)[2:]])
    write(folder / "02_second.ipynb", exercise("other", "other = ...", "assert other == 1"))
    write(folder / "solutions" / "02_second.ipynb", exercise("other", "other = 1", "assert other == 1"))
    return folder


@pytest.fixture
def judged(course, tmp_path):
    """Grade one submission of 01; return from each exercise its verdict and message."""

    def run(cells=None, seconds=60, megabytes=4000, **answers):
        write(tmp_path / "alice.ipynb", notebook(**answers) if cells is None else cells)
        rows = grade.grade(tmp_path, notebooks=course, seconds=seconds, megabytes=megabytes)
        assert {row.student for row in rows} == {"alice"}
        return {row.exercise: (row.verdict, row.message) for row in rows}

    return run


def test_right_answers_pass_though_one_uses_another(judged):
    found = judged(**RIGHT)
    assert {name: verdict for name, (verdict, _) in found.items()} == dict.fromkeys(
        ("The mean", "The half", "The spread"), "passed"
    )
    assert found["The mean"][1] == "Right: the mean."


def test_untouched_is_not_started_and_so_is_a_function_that_returns_dots(judged):
    comment = "def own_mean(x):\n    # later\n    return ..."
    assert [verdict for verdict, _ in judged(mean=comment, half="half = (...)").values()] == ["not started"] * 3
    assert judged(mean="def own_mean(x):\n    x = 1\n    return ...")["The mean"][0] == "not started"


def a_class(folder, thesis):
    """Write a submission of every kind; return the verdicts and messages that they should get, students in order."""
    edited = notebook(half="half = 2")
    edited[-4]["source"] = "print('Right: one half.')"
    assert edited[-4]["id"] == "half-2"
    moved = notebook(**RIGHT)[::-1]
    for each in moved:
        each["id"], each["metadata"] = "", {}
    untouched, right = ("not started", ""), ("passed", "Right: one half.")
    expected = {  # a submission, and of mean, half and spread, or of the whole, the verdict and how its message begins
        "all right": (notebook(**RIGHT), [("passed", "Right: the mean."), right, ("passed", "")]),
        "deletes files": (
            notebook(half=f"import os\nos.remove({str(thesis)!r})\nhalf = 0.5"),
            [untouched, ("error", f"the answer tried to change the file {str(thesis)!r}, which is not"), untouched],
        ),
        "edits a check": (edited, [untouched, ("not yet", "half of one, please"), untouched]),
        "moves cells": (moved, [("passed", "Right: the mean."), right, ("passed", "")]),
        "renames": (
            notebook(mean="def my_mean(x):\n    return 1.5", half=RIGHT["half"]),
            [("error", "no cell defines `own_mean`: was the answer's cell deleted, or"), right, untouched],
        ),
        "syntax": (
            notebook(mean="def own_mean(x)\n    return 1", half=RIGHT["half"]),
            [("error", "SyntaxError: expected ':' (line 1 of the answer)"), right, untouched],
        ),
        "ten gigabytes": (
            notebook(half="import numpy\nhalf = 0.5 + 0 * numpy.ones(1_250_000_000)[0]"),
            [untouched, ("error", "it needs more memory than there is for an exercise"), untouched],
        ),
        "untouched": (notebook(), [untouched] * 3),
        "wrong in three ways": (
            notebook(mean="def own_mean(x):\n    return x.sum()", half="half = 2", spread="spread = nothing"),
            [
                ("not yet", "own_mean: not yet. Divide the sum by n."),
                ("not yet", "half of one, please"),
                ("error", "NameError: name 'nothing' is not defined (line 1 of the answer)"),
            ],
        ),
        "wrong notebook": (
            exercise("other", "other = 1", ""),
            [("error", "wrong notebook: this is 02_second, and 01_first was asked for")],
        ),
        "x<b>": ([cell("print(1)")], [("error", "wrong notebook: it has none of the course's exercises")]),
        "y": (bytes(range(256)), [("error", "not a notebook")]),
        "z": (b"[" * 100_000, [("error", "not a notebook")]),
    }
    if sys.platform != "linux":  # only there a process is held to a limit of memory
        del expected["ten gigabytes"]
    for student, (submission, _) in expected.items():
        path = folder / (f"{student}/homework.ipynb" if student == "x<b>" else f"{student}.ipynb")
        if isinstance(submission, bytes):
            path.write_bytes(submission)
        else:
            write(path, submission)
    write(folder / "all right" / ".ipynb_checkpoints" / "x.ipynb", notebook())
    return [(student, *each) for student, (_, rows) in expected.items() for each in rows]


def test_a_class_of_every_kind_is_graded_to_its_end(course, tmp_path, monkeypatch, capsys):
    """In one folder, into one table and one page."""
    thesis = tmp_path / "only_copy.txt"
    thesis.write_text("years of work", encoding="utf-8")
    expected = a_class(tmp_path / "in", thesis)
    monkeypatch.chdir(tmp_path)
    main(["in", "--notebook", "01", "--notebooks", str(course), "--seconds", "60"])
    assert thesis.read_text(encoding="utf-8") == "years of work"
    with open("grades.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["student"], row["verdict"]) for row in rows] == [(who, verdict) for who, verdict, _ in expected]
    for row, (who, _, message) in zip(rows, expected, strict=True):
        assert row["message"].startswith(message), who
        assert bool(row["message"]) == bool(message) or row["verdict"] == "passed", who
    assert [row["exercise"] for row in rows[:3]] == ["The mean", "The half", "The spread"]
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in grade.report.VERDICTS}
    assert ", ".join(f"{n} {verdict}" for verdict, n in counts.items()) in capsys.readouterr().out
    page = (tmp_path / "grades.html").read_text(encoding="utf-8")
    assert "x&lt;b&gt;" in page
    assert "<b>" not in page
    assert page.count("<tr>") == 1 + len({row["student"] for row in rows})


@pytest.mark.parametrize(
    "how",
    [
        "import os\nos.remove({path!r})",
        "import shutil\nshutil.rmtree({folder!r}, ignore_errors=True)",
        "open({path!r}, 'w').close()",
        "import os\ntry:\n    os.rename({path!r}, 'mine')\nexcept BaseException:\n    pass",
        "import subprocess\nsubprocess.run(['rm', {path!r}])",
        "import socket\nsocket.create_connection(('localhost', 1))",
    ],
)
def test_files_programs_and_the_network_are_out_of_reach(judged, tmp_path, how):
    kept = tmp_path / "thesis" / "only_copy.txt"
    kept.parent.mkdir()
    kept.write_text("years of work", encoding="utf-8")
    verdict, message = judged(half=how.format(path=str(kept), folder=str(kept.parent)) + "\nhalf = 0.5")["The half"]
    assert verdict == "error"
    assert "not allowed" in message
    assert kept.read_text(encoding="utf-8") == "years of work"


def test_what_takes_too_long_is_ended(judged):
    loop, sleep = "def own_mean(x):\n    while True:\n        pass", "import time\ntime.sleep(60)\nhalf = 0.5"
    found = judged(seconds=1, mean=loop, half=sleep)
    late = ("error", "not done after 1 seconds: is there a loop without an end?")
    assert list(found.values()) == [late, late, ("not started", "")]


def test_its_own_folder_it_may_write_to(judged):
    answer = "open('mine', 'w').close()\nimport os\nos.remove('mine')\nhalf = 0.5"
    assert judged(half=answer)["The half"][0] == "passed"


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        # what the check finds by name in the notebook is not what the answer has put there
        ("class practice:\n    check_answer = print\n\n\ndef own_mean(x):\n    return 7", "not yet", "not the mean"),
        ("points[:] = 7\n\n\ndef own_mean(x):\n    return 7", "not yet", "not the mean"),
        (
            "from gmm_teach import practice\npractice.compare = print\n\n\ndef own_mean(x):\n    return 7",
            "error",
            "changed gmm_teach.practice.compare",
        ),
        (
            "from gmm_teach import practice\npractice.compare.__code__ = (lambda *a, **k: None).__code__"
            "\n\n\ndef own_mean(x):\n    return 7",
            "error",
            "gmm_teach.practice.answers.compare",
        ),
        (
            "import numpy\n\n\ndef own_mean(x):\n    numpy.allclose = lambda *a, **k: True\n    return 7",
            "error",
            "changed numpy",
        ),
        ("import sys\nsys.exit(0)\n\n\ndef own_mean(x):\n    return 7", "error", "SystemExit"),
        ("import os\nos._exit(0)\n\n\ndef own_mean(x):\n    return 7", "error", "ended"),
        (
            "import os\nfor number in range(3, 20):\n    try:\n        os.write(number, b'"
            '{"verdict": "passed", "message": ""}\\n'
            "')\n    except OSError:\n        pass\n\n\ndef own_mean(x):\n    return 7",
            "error",
            "ended",
        ),
    ],
    ids=["own practice", "own points", "own compare", "own code", "own NumPy", "exit", "hard exit", "own verdict"],
)
def test_an_answer_cannot_easily_change_the_check(judged, answer, verdict, words):
    found = judged(mean=answer)["The mean"]
    assert found[0] == verdict
    assert words in found[1]


def test_what_cannot_be_graded_is_said(course, tmp_path):
    with pytest.raises(ValueError, match="no notebook in"):
        grade.grade(tmp_path, notebooks=course)
    with pytest.raises(ValueError, match="no notebook '77' with exercises; there are 01_first, 02_second"):
        grade.grade(tmp_path, "77", notebooks=course)


def test_without_a_limit_of_memory_it_says_so(course, tmp_path, monkeypatch, capsys):
    write(tmp_path / "alice.ipynb", notebook(half=RIGHT["half"]))
    monkeypatch.setattr(grade.process, "resource", None)
    monkeypatch.chdir(tmp_path)
    main([".", "--notebooks", str(course)])
    assert "not its memory" in capsys.readouterr().out
    assert (tmp_path / "grades.csv").exists()


def test_the_course_itself_can_be_read():
    """Every exercise of the notebooks, with its title and what it must define."""
    course = read_course(grade.notebooks_folder())
    assert list(course) == sorted(path.stem for path in (ROOT / "notebooks" / "solutions").glob("*.ipynb"))
    exercises = [exercise for notebook in course.values() for exercise in notebook.exercises]
    assert len(exercises) > 70
    assert all(exercise.names and exercise.cell_id and "..." in exercise.stub for exercise in exercises)
    titles = [(notebook.name, exercise.title) for notebook in course.values() for exercise in notebook.exercises]
    assert len(set(titles)) == len(titles)


@pytest.mark.slow
def test_the_solutions_of_the_spine_pass(tmp_path):
    """Each notebook with the answers of its solutions, as a student would hand it in. (All of them take minutes.)"""
    expected = []
    for path in sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb")):
        if not path.stem.startswith(("01", "03", "07", "13")):
            continue
        answers = [each["source"] for each in cells_of(path) if "answer" in each["tags"]]
        cells = json.loads((path.parents[1] / path.name).read_text(encoding="utf-8"))["cells"]
        places = [each for each in cells if "answer" in each["metadata"].get("tags", ())]
        for place, answer in zip(places, answers, strict=True):
            place["source"] = answer
        write(tmp_path / f"{path.stem[:3]}.ipynb", cells)
        expected += [(path.stem, "passed")] * len(answers)
    rows = grade.grade(tmp_path, seconds=300)
    assert expected
    assert [row for row in rows if row.verdict != "passed"] == []
    assert [(row.notebook, row.verdict) for row in rows] == expected


@pytest.mark.slow
def test_a_wheel_grades_without_the_checkout_and_holds_no_solution(tmp_path):
    """Built as a release is; its exercises are those of the notebooks, and every answer in it is a stub."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    installed = tmp_path / "installed" / "gmm_teach" / "_notebooks"
    there, here = read_course(installed), read_course(ROOT / "notebooks")
    assert list(there) == list(here)
    for name, notebook in here.items():
        assert there[name].exercises == notebook.exercises
        assert there[name].set_up == notebook.set_up
    stubs = [e.stub for notebook in here.values() for e in notebook.exercises]
    tagged = [c for path in installed.rglob("*.ipynb") for c in cells_of(path) if "answer" in c["tags"]]
    assert sorted(c["source"] for c in tagged) == sorted(stubs)
    # and it runs from there
    solved = json.loads((ROOT / "notebooks" / "solutions" / "07_the_whole_algorithm.ipynb").read_text(encoding="utf-8"))
    write(tmp_path / "in" / "alice.ipynb", solved["cells"])
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from gmm_teach import grade; print(grade.__file__); "
    code += "from gmm_teach.grade.__main__ import main; "
    code += "print(grade.notebooks_folder()); main()"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "installed"), "in"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(installed) in done.stdout
    assert "6 passed, 0 not yet, 0 not started, 0 error" in done.stdout
