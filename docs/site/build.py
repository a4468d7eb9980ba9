#!/usr/bin/env python3
"""Build the site: every notebook run, its steppers frozen into players, and a page for every public name.

    python3 run.py site                        the site is build/site/index.html
    python3 run.py site --without-solutions    for a course: no solution in it, nor in its JupyterLite

A notebook is run again only if it, the module or what freezes it changed since.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from sphinx.cmd.build import main as sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE)]
import lite  # noqa: E402
from staging import is_solution, stage  # noqa: E402

from gmm_teach.widgets.player import frozen_files  # noqa: E402

BUILD = ROOT / "build"
SITE = BUILD / "site"
SOURCE = BUILD / "site-source"  # what Sphinx reads
STATIC = BUILD / "site-static"  # what it copies into _static; conf.py says so
RUN = BUILD / "site-notebooks"  # notebooks with outputs and their pictures, kept from one build to the next
NPM = BUILD / "npm"
PACKAGES = ("mathjax@3",)  # from npm, shipped with the site
MATHJAX = ("tex-chtml.js", "input/tex", "output/chtml", "a11y", "sre")  # and all that it may ask for later


def main(solutions="--without-solutions" not in sys.argv):
    """Build everything; return Sphinx's exit status."""
    fetch_scripts()
    notebooks = sorted(path.relative_to(ROOT) for path in (ROOT / "notebooks").rglob("*.ipynb"))
    notebooks = [path for path in notebooks if ".ipynb_checkpoints" not in path.parts]
    notebooks = [path for path in notebooks if solutions or not is_solution(path)]
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # each kernel has a core to itself
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # each notebook runs in a process of its own
        list(pool.map(run, notebooks))
    shutil.rmtree(SOURCE, ignore_errors=True)
    stage(SOURCE, {path: nbformat.read(RUN / path, as_version=4) for path in notebooks})
    gather_static_files()
    shutil.rmtree(SITE, ignore_errors=True)  # nothing of an earlier build stays
    strict = ["--fail-on-warning", "--keep-going", "-d", str(BUILD / "site-doctrees"), "-E"]
    status = sphinx(["-q", "-t", "lite", "-c", str(HERE), "-b", "html", "-j", "auto", *strict, str(SOURCE), str(SITE)])
    if status:
        return status
    for path in notebooks:
        lite.copy(ROOT / path, SITE / path, solutions)  # to download, as it is stored
    lite.add_to(SITE, solutions)
    return 0


def fetch_scripts():
    """Get what the pages need in a browser, so that they need nobody else's server."""
    if not all((NPM / "node_modules" / name.split("@")[0]).exists() for name in PACKAGES):
        quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund"]
        subprocess.run(["npm", "install", *quiet, "--prefix", str(NPM), *PACKAGES], check=True)


def run(path):
    """Run a notebook, unless its outputs are those of the present files."""
    target = RUN / path
    pictures = target.with_suffix("")
    stamp = target.with_suffix(".stamp")
    now = fingerprint(path)
    if target.exists() and stamp.exists() and stamp.read_text() == now:
        return
    stamp.unlink(missing_ok=True)
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    address = "../" * len(path.parent.parts) + "_static/frames"
    notebook = nbformat.read(ROOT / path, as_version=4)
    # without a name that the notebook could use by mistake
    first = (
        f"__import__('runpy').run_path({str(HERE / 'frozen_outputs.py')!r})['install']({str(pictures)!r}, {address!r})"
    )
    notebook.cells.insert(0, nbformat.v4.new_code_cell(first))
    where = {"metadata": {"path": str((ROOT / path).parent)}}
    print(f"Running {path}", flush=True)
    try:
        NotebookClient(notebook, timeout=600, resources=where, record_timing=False).execute()
    except CellExecutionError as error:
        sys.exit(f"{path} does not run to its end:\n{error}")
    del notebook.cells[0]
    notebook.metadata.pop("widgets", None)  # nothing on a page of the site needs a widget manager
    nbformat.write(notebook, target)
    stamp.write_text(now)


def fingerprint(path):
    """Return a hash of all that decides what a notebook puts out."""
    files = [ROOT / path, HERE / "frozen_outputs.py", *sorted((ROOT / "gmm_teach").rglob("*.*"))]
    sums = hashlib.sha256()
    for file in files:
        if file.suffix not in {".js", ".css", ".pyc"}:  # players share one script and one style, which follow later
            sums.update(file.read_bytes())
    return sums.hexdigest()


def gather_static_files():
    """Put into one folder what the pages share: MathJax, the player's script and style, and all pictures."""
    shutil.rmtree(STATIC, ignore_errors=True)
    for name in MATHJAX:
        source, target = NPM / "node_modules" / "mathjax" / "es5" / name, STATIC / "mathjax" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    script, style = frozen_files()
    (STATIC / "player.js").write_text(script, encoding="utf-8")
    (STATIC / "player.css").write_text(style, encoding="utf-8")
    (STATIC / "frames").mkdir()
    for picture in RUN.rglob("*.png"):
        shutil.copy(picture, STATIC / "frames")


if __name__ == "__main__":
    sys.exit(main())
