#!/usr/bin/env python3
"""Build JupyterLite, which runs the notebooks in a reader's browser, and put it into the site.

    python docs/site/lite.py      after the site was built; docs/site/build.py does it too

Python itself and its compiled packages come from Pyodide's server. All else comes from the site: the notebooks, this
module, and the pure packages that Pyodide does not have.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from staging import is_solution, without_solutions

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build"
ENVIRONMENT = BUILD / "lite-env"
LITE = BUILD / "lite"  # what is built, kept from one build to the next
REQUIREMENTS = HERE / "lite-requirements.txt"

APPS = ("lab", "notebooks", "tree", "edit")  # JupyterLab, a notebook alone, the list of files, a file alone
# Pure wheels of what gmm_teach and the kernel import and Pyodide lacks, in the versions of the extensions in the page.
BUNDLED = ("anywidget", "comm", "ipywidgets", "jupyterlab-widgets", "psygnal")
PURE = ("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none")
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
PYODIDE = re.compile(r"https://cdn\.jsdelivr\.net/pyodide/v[\d.]+/full/pyodide\.m?js")
PAGE = HERE / "lite_page.js"  # says in the page of a notebook what is going on


def add_to(site, solutions=True):
    """Build JupyterLite, unless what is there is that of the present files, and copy it into a folder of the site."""
    python = environment()
    stamp, now = LITE / "built-of.txt", fingerprint(solutions)
    if not stamp.exists() or stamp.read_text() != now:
        build(python, solutions)
        stamp.write_text(now)
    shutil.rmtree(site / "lite", ignore_errors=True)
    shutil.copytree(LITE / "site", site / "lite")


def environment():
    """Return the Python of the environment with JupyterLite, and make that first where it is missing or out of date."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, now = ENVIRONMENT / "made-of.txt", f"{sys.version}\n{BUNDLED}\n{REQUIREMENTS.read_text(encoding='utf-8')}"
    if not stamp.exists() or stamp.read_text() != now:
        print("Installing JupyterLite in build/lite-env; the first time this takes a minute", flush=True)
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        pip(python, "install", "-r", REQUIREMENTS)
        listed = subprocess.run([python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
        installed = [line for line in listed.splitlines() if line.split("==")[0].lower().replace("_", "-") in BUNDLED]
        pip(python, "download", "--no-deps", *PURE, "--dest", ENVIRONMENT / "wheels", *installed)
        stamp.write_text(now)
    return python


def pip(python, *arguments):
    """Run pip, or end here."""
    if subprocess.call([python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]) != 0:
        sys.exit("pip could not install JupyterLite; its reason is above. The same command tries again.")


def fingerprint(solutions):
    """Return a hash of all that decides what is built."""
    sums = hashlib.sha256((ENVIRONMENT / "made-of.txt").read_bytes())
    for file in [Path(__file__), PAGE, ROOT / "pyproject.toml", ROOT / "README.md", *contents(solutions)]:
        sums.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return sums.hexdigest()


def contents(solutions=True):
    """Return the files that readers find in JupyterLite: the notebooks, and what these link to."""
    files = [ROOT / "README.md", *(ROOT / "notebooks").rglob("*.ipynb")]
    files += [*(ROOT / "gmm_teach").rglob("*.*"), *(ROOT / "docs").glob("*.*")]
    left_out = {".ipynb_checkpoints", "__pycache__"}
    files = [path for path in files if path.is_file() and not left_out & {*path.parts}]
    return sorted(path for path in files if solutions or not is_solution(path.relative_to(ROOT)))


def copy(file, target, solutions):
    """Copy a file, and its folder if that is missing; without solutions a notebook does not lead to them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, target)
    if file.suffix == ".ipynb" and not solutions:
        notebook = without_solutions(json.loads(file.read_text(encoding="utf-8")))
        target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def build(python, solutions):
    """Build it in build/lite."""
    print("Building JupyterLite", flush=True)
    shutil.rmtree(LITE, ignore_errors=True)
    for file in contents(solutions):
        copy(file, LITE / "contents" / file.relative_to(ROOT), solutions)
    pip(python, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", LITE, ROOT)
    wheels = [*sorted((ENVIRONMENT / "wheels").glob("*.whl")), *LITE.glob("gmm_teach-*.whl")]
    command = [python, "-m", "jupyter", "lite", "build", "--no-sourcemaps", "--no-unused-shared-packages"]
    command += [f"--lite-dir={LITE}", f"--output-dir={LITE / 'site'}", f"--contents={LITE / 'contents'}"]
    command += [f"--apps={name}" for name in APPS] + [f"--piplite-wheels={wheel}" for wheel in wheels]
    done = subprocess.run(command, cwd=LITE, capture_output=True, text=True, check=False)
    # it has been seen to leave out the settings of the kernel, and to say that all is well
    settings = LITE / "site" / "jupyter-lite.json"
    written = json.loads(settings.read_text(encoding="utf-8")) if settings.exists() else {}
    if done.returncode != 0 or KERNEL not in written.get("jupyter-config-data", {}).get("litePluginSettings", {}):
        sys.exit(f"JupyterLite could not be built:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    say_what_goes_on(LITE / "site", written)


def say_what_goes_on(site, settings):
    """Put lite_page.js into the page of a notebook, with what it needs: JupyterLite's own object, Pyodide's address."""
    extension = site / "extensions" / KERNEL.partition(":")[0]
    (address,) = {found for script in extension.rglob("*.js") for found in PYODIDE.findall(script.read_text("utf-8"))}
    data = settings["jupyter-config-data"]
    data["exposeAppInBrowser"] = True
    data["litePluginSettings"][KERNEL]["pyodideUrl"] = address
    (site / "jupyter-lite.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")
    shutil.copy(PAGE, site)
    page = site / "notebooks" / "index.html"
    before, end, after = page.read_text(encoding="utf-8").partition("</head>")
    page.write_text(f'{before}<script type="module" src="../{PAGE.name}"></script>{end}{after}', encoding="utf-8")


if __name__ == "__main__":
    add_to(BUILD / "site")
