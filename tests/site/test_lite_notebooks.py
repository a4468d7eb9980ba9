"""Every notebook runs to its end in the site's JupyterLite, with a real Pyodide, and nothing in it is red.

in_lite.py says where Pyodide comes from. Without it these tests are skipped, in CI too: the project has no copy of it.
"""

from pathlib import Path

import pytest
from browser.jupyterlab import BROWSER_OPTIONS, HOW_TO_GET_A_BROWSER, find_browser
from in_lite import HOW_TO_GET_PYODIDE, SERVER, WHERE, Visit, serving_lite

ROOT = Path(__file__).parents[2]
NAMES = [
    path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
]
FIRST = "01_watch_em_learn"

pytestmark = pytest.mark.skipif(not WHERE, reason=HOW_TO_GET_PYODIDE)


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium, which reaches Pyodide's server too where that is wanted."""
    from playwright.sync_api import sync_playwright

    assert find_browser(), HOW_TO_GET_A_BROWSER
    options = [option + f", EXCLUDE {SERVER}" if "resolver" in option else option for option in BROWSER_OPTIONS]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=options)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(site):
    with serving_lite(site, None if WHERE == "server" else Path(WHERE)) as (address, _):
        yield address


@pytest.fixture
def page(chromium):
    """A page of a reader who has been here never before."""
    with chromium.new_context(viewport={"width": 1400, "height": 1000}) as context:
        yield context.new_page()


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_to_its_end_and_nothing_is_red(page, address, name):
    visit = Visit(page, address, name)
    assert len(visit.cells) > 1
    assert visit.wrong() == []


def test_the_stepper_works_there(page, address):
    Visit(page, address, FIRST)
    player = page.locator(".gmm-player").first
    player.get_by_role("button", name="Step", exact=True).click()
    page.wait_for_function("() => document.querySelector('.gmm-player').dataset.shown > 0")
    page.get_by_role("button", name="More", exact=True).first.click()
    page.get_by_role("tab", name="Look").first.wait_for(state="visible")


def test_any_cell_may_be_the_first_to_run(page, address):
    page.goto(f"{address}/lite/notebooks/index.html?path=notebooks/{FIRST}.ipynb")
    page.get_by_role("button", name="Run all cells", exact=True).wait_for()
    kernel = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    code = "{code: 'import gmm_teach; print(gmm_teach.__version__)'}"
    reply = page.evaluate(f"async () => (await {kernel}.requestExecute({code}).done).content.status")
    assert reply == "ok"
