#!/usr/bin/env python3
"""Build the site: every notebook run, its steppers frozen into players, and a page for every public name.

    python3 run.py site                 the site is build/site/index.html
    python docs/site/build.py --out X   the same elsewhere

A notebook is run again only if it, the module or this folder changed since.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

import nbformat
from nbclient import NotebookClient
from sphinx.cmd.build import main as sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build"
SOURCE = BUILD / "site-source"  # what Sphinx reads
RUN = BUILD / "site-notebooks"  # notebooks with outputs, kept from one build to the next
NPM = BUILD / "npm"
PACKAGES = ("mathjax@3",)  # from npm, shipped with the site

NOTEBOOK_LINK = re.compile(r"(?<=\]\()([^)\s#]*\.ipynb|)#([^)\s]+)(?=\))")


def main(arguments=None):
    """Build everything; return Sphinx's exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=BUILD / "site", help="the folder of the site")
    out = parser.parse_args(arguments).out.resolve()
    fetch_scripts()
    notebooks = sorted(path.relative_to(ROOT) for path in (ROOT / "notebooks").rglob("*.ipynb"))
    notebooks = [path for path in notebooks if ".ipynb_checkpoints" not in path.parts]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # each notebook runs in a process of its own
        list(pool.map(run, notebooks))
    stage(notebooks)
    return sphinx(["-c", str(HERE), "-b", "html", "-j", "auto", str(SOURCE), str(out)])


def fetch_scripts():
    """Get what the pages need in a browser, so that they need nobody else's server."""
    if not all((NPM / "node_modules" / name.split("@")[0]).exists() for name in PACKAGES):
        quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund"]
        subprocess.run(["npm", "install", *quiet, "--prefix", str(NPM), *PACKAGES], check=True)


def run(path):
    """Run a notebook, unless its outputs are those of the present files."""
    target = RUN / path
    stamp = target.with_suffix(".stamp")
    now = fingerprint(path)
    if target.exists() and stamp.exists() and stamp.read_text() == now:
        return
    notebook = nbformat.read(ROOT / path, as_version=4)
    first = nbformat.v4.new_code_cell((HERE / "frozen_outputs.py").read_text(encoding="utf-8"))
    notebook.cells.insert(0, first)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str((ROOT / path).parent)}}).execute()
    del notebook.cells[0]
    notebook.metadata.pop("widgets", None)  # nothing on a page of the site needs a widget manager
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    stamp.write_text(now)


def fingerprint(path):
    """Return a hash of all that decides what a notebook puts out."""
    files = [ROOT / path, HERE / "frozen_outputs.py", *sorted((ROOT / "gmm_teach").rglob("*.*"))]
    sums = hashlib.sha256()
    for file in files:
        if file.is_file() and "__pycache__" not in file.parts:
            sums.update(file.read_bytes())
    return sums.hexdigest()


def stage(notebooks):
    """Lay out what Sphinx reads, with the links as Sphinx names places."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    for path in [*HERE.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        target = SOURCE / path.name if path.parent == HERE else SOURCE / "docs" / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(relink(path.read_text(encoding="utf-8")), encoding="utf-8")
    for picture in (ROOT / "docs").glob("*.png"):
        shutil.copy(picture, SOURCE / "docs")
    for path in notebooks:
        notebook = nbformat.read(RUN / path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = relink(cell.source)
        (SOURCE / path).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, SOURCE / path)


def relink(markdown):
    """Name places in notebooks as the site does: in small letters, without punctuation."""

    def place(link):
        words = re.sub(r"[^\w\- ]", "", unquote(link[2]).lower())
        return f"{link[1]}#{words}"

    return NOTEBOOK_LINK.sub(place, markdown)


if __name__ == "__main__":
    sys.exit(main())
