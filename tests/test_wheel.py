"""The package as it is published: it is built, installed beside nothing of ours, and runs notebook 01."""

import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOK = "01_watch_em_learn.ipynb"
MOST_BYTES = 400_000

pytestmark = pytest.mark.slow


def run(*command, **settings):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **settings)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the source distribution and the wheel that is made of it. The build needs no network."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    (wheel,) = built.glob("*.whl")
    return wheel


def test_the_wheel_holds_the_module_and_its_exercises(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not re.match(r"gmm_teach-[^/]+\.dist-info/", name)}
    of_the_module = [path for path in (ROOT / "gmm_teach").rglob("*.*") if path.suffix != ".pyc"]
    exercises = {name for name in names if name.startswith("gmm_teach/_notebooks/")}  # for gmm_teach.grade
    assert exercises
    assert names - exercises == {path.relative_to(ROOT).as_posix() for path in of_the_module}
    assert wheel.stat().st_size < MOST_BYTES


def test_the_source_distribution_holds_notebooks_and_tests(built):
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {f"notebooks/{NOTEBOOK}", "tests/test_em.py", "LICENSE", "README.md"} <= names
    assert not [name for name in names if name.startswith(("build/", ".venv/"))]


def test_it_runs_notebook_01_where_it_is_installed(wheel, tmp_path):
    """In an environment that has this wheel alone of ours. What it requires is taken from the present one."""
    home = tmp_path / "env"
    run(sys.executable, "-m", "venv", "--without-pip", home)
    python = next(path for path in (home / "bin" / "python", home / "Scripts" / "python.exe") if path.exists())
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    paths = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-c", paths, cwd=tmp_path).strip())
    # a path that such a file names is searched last, and the files of its kind that lie there are not read
    (site / "requirements.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    where = run(python, "-c", "import gmm_teach; print(gmm_teach.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(site)

    (tmp_path / NOTEBOOK).write_bytes((ROOT / "notebooks" / NOTEBOOK).read_bytes())
    said = run(python, "-m", "pytest", "-q", "--nbval-lax", "--nbval-current-env", NOTEBOOK, cwd=tmp_path)
    assert re.search(r"\d\d passed", said)
