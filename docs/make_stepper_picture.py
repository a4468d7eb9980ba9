"""Make docs/stepper.png, the picture at the top of the README: the stepper of notebook 01 after four half-steps.

    .venv/bin/python docs/make_stepper_picture.py

It opens the notebook in a JupyterLab of its own and photographs the widget, so the picture shows what a reader sees. It
needs what the browser tests need.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.jupyterlab import BROWSER_OPTIONS, NotebookPage, find_browser, running_jupyterlab  # noqa: E402


def main():
    with (
        tempfile.TemporaryDirectory() as home,
        running_jupyterlab(ROOT / "notebooks", Path(home)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(BROWSER_OPTIONS))
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, device_scale_factor=1.5)
        notebook = NotebookPage(page, address, "01_watch_em_learn.ipynb")
        if not notebook.run_all():
            sys.exit(f"notebook 01 does not run: {notebook.errors()}")
        for button in ("M step", "E step", "M step", "E step"):
            notebook.picture_after(notebook.button(button).click)
        stepper = page.locator(".widget-vbox", has=page.locator(".gmm-player")).first
        stepper.screenshot(path=ROOT / "docs" / "stepper.png")
        browser.close()


if __name__ == "__main__":
    main()
