"""The module's own tests, with the versions of NumPy and the like that JupyterLite's readers get from Pyodide.

Python is not quite theirs: it is the newest that this machine has, since these versions need a newer one than the
project does. And it is no Python in a browser.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = ("numpy", "scipy", "matplotlib", "scikit-learn", "pillow", "tqdm", "pandas")
TOOLS = ("pytest>=8.3", "hypothesis>=6.112")
OLDEST = (3, 12)  # for which there is that SciPy
TESTS = (
    *("bound", "covariances", "em", "kmeans", "mixture", "oracles", "plots", "post", "rate", "selection", "starts"),
    *("updates", "datasets", "gallery"),
)
HOW_TO_GET_PYTHON = "no Python 3.12 or newer is found, and Pyodide's SciPy needs it: install one"


def newest_python():
    """Return the path of the newest Python here and its version, or None where all are too old."""
    names = [sys.executable, *map(shutil.which, ("python3", *(f"python3.{minor}" for minor in range(12, 20))))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = {}
    for name in [*filter(None, names), *pyenv.glob("versions/*/bin/python3")]:
        command = [name, "-c", "import sys, venv; print(*sys.version_info[:2])"]
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        if asked.returncode == 0:  # pyenv puts names on the PATH for which it then has no Python
            found[tuple(map(int, asked.stdout.split()))] = name
    return max(((version, name) for version, name in found.items() if version >= OLDEST), default=None)


@pytest.fixture(scope="module")
def python(pyodide):
    """The Python of an environment with these versions, made once."""
    newest = newest_python()
    if newest is None:
        pytest.skip(HOW_TO_GET_PYTHON)
    version, program = newest
    pins = [f"{name}=={pyodide.packages[name]['version']}" for name in PINNED]
    home = pyodide.folder / "python{}.{}".format(*version)
    stamp, made_of = home / "made-of.txt", "\n".join([*pins, *TOOLS])
    if not stamp.exists() or stamp.read_text() != made_of:
        subprocess.run([program, "-m", "venv", "--clear", "--without-pip", home], check=True)
        pip = [sys.executable, "-m", "pip", "--python", home, "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", *pins, *TOOLS], check=True)
        stamp.write_text(made_of)
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def test_the_module_works_with_the_versions_of_pyodide(python, pyodide):
    versions = f"from importlib.metadata import version; print(*map(version, {PINNED}))"
    listed = subprocess.run([python, "-c", versions], capture_output=True, text=True, check=True).stdout.split()
    assert listed == [pyodide.packages[name]["version"] for name in PINNED]
    # without the project's options for pytest, which ask for nbval
    command = [python, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", ROOT, "-p", "no:cacheprovider"]
    command += [
        "-W",
        "error::RuntimeWarning",
        *(path for name in TESTS for path in (ROOT / "tests").rglob(f"test_{name}.py")),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 900
