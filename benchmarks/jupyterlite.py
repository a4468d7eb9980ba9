"""How long a reader waits who presses "Run this page": the site's JupyterLite with a real Pyodide, in Chromium.

    GMM_TEACH_PYODIDE=FOLDER python benchmarks/jupyterlite.py 01_watch_em_learn 03_why_em_climbs
    GMM_TEACH_PYODIDE=FOLDER python benchmarks/jupyterlite.py     every notebook

It needs the extras `test` and `browser`, the site in build/site (`python3 run.py site`), and a folder with Pyodide, as
tests/site/in_lite.py says. Seconds count from the press. Each notebook is a first visit, and all comes from this
machine: a reader's network adds the time for the megabytes. The load of the machine stands beside.
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "site")]
from browser.jupyterlab import BROWSER_OPTIONS, find_browser  # noqa: E402
from in_lite import HOW_TO_GET_PYODIDE, WHERE, Visit, serving_lite  # noqa: E402


def main(names):
    """Print a row for each notebook."""
    if not WHERE or WHERE == "server":
        sys.exit(HOW_TO_GET_PYODIDE)
    notebooks = ROOT / "notebooks"
    files = [*sorted(notebooks.glob("*.ipynb")), *sorted(notebooks.glob("solutions/*.ipynb"))]
    names = names or [file.relative_to(notebooks).with_suffix("").as_posix() for file in files]
    print("| notebook | Python is there, s | first picture, s | all cells, s | MB | load |", flush=True)
    print("|---|---|---|---|---|---|", flush=True)
    with serving_lite(ROOT / "build" / "site", Path(WHERE)) as (address, sent), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(BROWSER_OPTIONS))
        for name in names:
            sent.clear()
            with browser.new_context(viewport={"width": 1400, "height": 1000}) as context:
                page = context.new_page()
                visit = Visit(page, address, name)
                picture = f"{visit.picture:.0f}" if visit.picture == visit.picture else ""
                megabytes = sum(size for _, size in sent) / 1e6
            row = [name, f"{visit.ready:.0f}", picture, f"{visit.all:.0f}", f"{megabytes:.1f}"]
            print("|", " | ".join([*row, f"{os.getloadavg()[0]:.0f}"]), "|", *visit.wrong(), flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
