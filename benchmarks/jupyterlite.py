"""How long a reader waits who presses "Run this page": the site's JupyterLite with a real Pyodide, in Chromium.

    GMM_TEACH_PYODIDE=FOLDER python benchmarks/jupyterlite.py 01_watch_em_learn 03_why_em_climbs
    GMM_TEACH_PYODIDE=FOLDER python benchmarks/jupyterlite.py     every notebook

It needs the extras `test` and `browser`, the site in build/site (`python3 run.py site`), and a folder with Pyodide, as
tests/site/in_lite.py says. Seconds count from the press. Each notebook is a first visit, and all comes from this
machine: a reader's network adds the time for the megabytes. The load of the machine stands beside.

When all cells have run, the first player of the notebook is tried, with nothing drawn ahead: a click on Step until its
picture is there, and how many pictures a second follow a hand that drags a mean.
"""

import os
import sys
from math import sin
from pathlib import Path
from statistics import median
from time import monotonic

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "site")]
from browser.jupyterlab import BROWSER_OPTIONS, find_browser  # noqa: E402
from in_lite import HOW_TO_GET_PYODIDE, PATIENCE, WHERE, Visit, serving_lite  # noqa: E402

IN_PAGE = (Path(__file__).parent / "in_page.js").read_text(encoding="utf-8")
COLUMNS = ("notebook", "Python is there, s", "first picture, s", "all cells, s", "a click, ms", "a drag, pictures/s")
CLICKS, DRAGGED = 6, 3  # how many; how many seconds
# A new edition makes the browser forget what it asked for before it heard that it shall not.
NOTHING_AHEAD = """
import gc
from gmm_teach.widgets.player import Player
for player in gc.get_objects():
    if issubclass(type(player), Player):  # each has a class of its own
        player.ahead, player.edition = 0, player.edition + 1
        player.go(player.first_frame, 2)
"""
PLAYER = ".gmm-player"
COUNT = """selector => {
  window.pictures = 0;
  const image = document.querySelector(selector).querySelector('img');
  new MutationObserver(() => { pictures += 1; }).observe(image, {attributeFilter: ['src']});
}"""
RUN = """async code => {
  const { content } = await jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code}).done;
  if (content.status !== 'ok') throw new Error(content.evalue);
}"""


def hands(page):
    """Return the milliseconds of a click and the pictures a second of a drag; None where there is nothing to press."""
    player = page.locator(PLAYER).first
    if not player.count():
        return None, None
    player.scroll_into_view_if_needed()
    page.evaluate(IN_PAGE, f"{PLAYER} .gmm-picture img")

    def do(function, *arguments):
        return page.evaluate("([name, given]) => bench[name](...given)", [function, arguments])

    page.evaluate(RUN, NOTHING_AHEAD)
    clicks, rate, step = [], None, player.get_by_role("button", name="Step", exact=True)
    while len(clicks) < CLICKS and step.is_visible() and step.get_attribute("aria-disabled") != "true":
        time = do("time", "Step")
        if do("framesWanted") == 1:  # else that frame was there before
            clicks.append(time)
    if (hand := player.locator(".gmm-puck:visible, .gmm-handle:visible")).count():
        rate = drag(page, hand.first)
    return median(clicks) if clicks else None, rate


def drag(page, hand):
    """Return how many pictures a second follow a mouse that moves all the time."""
    for _ in range(5):  # on the way cells get their real heights
        hand.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
    box = hand.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate(COUNT, PLAYER)
    page.mouse.move(x, y)
    page.mouse.down()
    began = monotonic()
    while (passed := monotonic() - began) < DRAGGED:
        page.mouse.move(x + 40 * sin(2 * passed), y - 20 * sin(4 * passed))
        page.wait_for_timeout(15)
    rate = page.evaluate("() => pictures") / passed
    page.mouse.up()
    return rate


def main(names):
    """Print a row for each notebook."""
    if not WHERE or WHERE == "server":
        sys.exit(HOW_TO_GET_PYODIDE)
    notebooks = ROOT / "notebooks"
    files = [*sorted(notebooks.glob("*.ipynb")), *sorted(notebooks.glob("solutions/*.ipynb"))]
    names = names or [file.relative_to(notebooks).with_suffix("").as_posix() for file in files]
    print("|", " | ".join([*COLUMNS, "MB", "load"]), "|", flush=True)
    print("|---" * (len(COLUMNS) + 2) + "|", flush=True)
    with serving_lite(ROOT / "build" / "site", Path(WHERE)) as (address, sent), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(BROWSER_OPTIONS))
        for name in names:
            sent.clear()
            with browser.new_context(viewport={"width": 1400, "height": 1000}) as context:
                context.set_default_timeout(1000 * PATIENCE)
                page = context.new_page()
                visit = Visit(page, address, name)
                megabytes = sum(size for _, size in sent) / 1e6
                click, rate = hands(page)
            found = [visit.ready, visit.picture if visit.picture == visit.picture else None, visit.all, click, rate]
            row = [name, *("" if number is None else f"{number:.0f}" for number in found), f"{megabytes:.1f}"]
            print("|", " | ".join([*row, f"{os.getloadavg()[0]:.0f}"]), "|", *visit.wrong(), flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
