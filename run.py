#!/usr/bin/env python3
"""The commands, for a machine that has Python 3.11 or newer with pip, and needs nothing else.

    python3 run.py lab      open JupyterLab on the first notebook
    python3 run.py quick    run the quick tests: a minute and a half
    python3 run.py test     run every test, those in a browser too
    python3 run.py site     make the site in build/site; it needs npm too

On Windows: py -3 run.py lab. Each first makes what it needs in .venv, beside this file: minutes the first time, no time
the next. Further arguments go on to JupyterLab or to pytest: python3 run.py test -k stepper.
"""

# Even Python 2 must be able to read this file, to be told that it is too old: so no f-strings here.
# ruff: noqa: UP031, RUF005
import hashlib
import os
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "Scripts", "python.exe") if os.name == "nt" else os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "installed-by-run.txt")
FIRST_PAGE = "/lab/tree/notebooks/01_watch_em_learn.ipynb"
PYTEST = ["-m", "pytest", "-n", "auto"]
COMMANDS = {
    # name: the extras that pip installs, then what Python runs
    "lab": ({"scale"}, ["-m", "jupyterlab", "--LabApp.default_url=" + FIRST_PAGE, "--ServerApp.root_dir=" + ROOT]),
    "quick": ({"test"}, PYTEST + ["-m", "quick", "--ignore=tests/browser", "--ignore=tests/site"]),
    "test": ({"test", "browser", "docs"}, PYTEST),
    "site": ({"docs", "scale"}, [os.path.join("docs", "site", "build.py")]),
}
# Only .venv decides what is imported.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def main(arguments):
    """Run the command that `arguments` names; return its exit status."""
    if sys.version_info < OLDEST:
        sys.exit("gmm_teach needs Python %d.%d or newer; this is %d.%d." % (OLDEST + sys.version_info[:2]))
    if not arguments or arguments[0] not in COMMANDS:
        sys.exit(__doc__)
    extras, command = COMMANDS[arguments[0]]
    try:
        prepare(extras)
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command takes it up again.")
    program = subprocess.Popen([PYTHON] + command + arguments[1:], cwd=ROOT, env=ENVIRONMENT)
    while True:
        try:
            return program.wait()
        except KeyboardInterrupt:
            pass  # Ctrl-C reaches the program too, which ends in its own way


def prepare(extras):
    """Make .venv and install the project in it with `extras`, unless the stamp says that this is done."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        project = hashlib.sha256(file.read()).hexdigest()
    place = "Python %d.%d in %r" % (sys.version_info[:2] + (ROOT,))
    stamp = read(STAMP)
    if not runs() or (stamp and stamp[0] != place):
        call(
            "Making the environment .venv",
            [sys.executable, "-m", "venv", "--clear", VENV],
            "Python could not make .venv; its reason is above. On Debian and Ubuntu, install python3-venv first.",
        )
        stamp = []
    # The extras that earlier commands have installed; an old stamp holds something else.
    there = {name for name in stamp[2].split() if name.isalpha()} if len(stamp) == 3 else set()
    if stamp[:2] == [place, project] and extras <= there:
        return
    if os.path.exists(STAMP):
        os.remove(STAMP)  # until the installation is complete again
    wanted = " ".join(sorted(extras | there))
    call(
        "Installing gmm_teach and what it needs in .venv; the first time this takes minutes",
        [
            PYTHON,
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--editable",
            ".[%s]" % wanted.replace(" ", ","),
        ],
        "pip could not install; its reason is above. It needs the network. The same command tries again.",
    )
    with open(STAMP, "w", encoding="utf-8") as file:
        file.write("\n".join([place, project, wanted]))


def runs():
    """Whether .venv is a working environment of this Python version, with pip."""
    check = "import pip, sys; assert sys.prefix != sys.base_prefix and sys.version_info[:2] == %r" % (
        sys.version_info[:2],
    )
    try:
        return subprocess.call([PYTHON, "-c", check], env=ENVIRONMENT, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def read(path):
    """Return the lines of a file, or nothing where there is no file."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().split("\n")
    except OSError:
        return []


def call(what, command, trouble):
    """Say what happens and run the command in the project's folder; end here with `trouble` if it fails."""
    print(what)
    sys.stdout.flush()
    if subprocess.call(command, cwd=ROOT, env=ENVIRONMENT) != 0:
        sys.exit("\n" + trouble)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
