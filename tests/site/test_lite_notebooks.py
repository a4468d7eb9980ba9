"""Every notebook runs to its end in the site's JupyterLite, with a real Pyodide, and nothing in it is red.

in_lite.py says where Pyodide comes from. Without it these tests are skipped, in CI too: the project has no copy of it.
"""

from pathlib import Path

import pytest
from browser.jupyterlab import BROWSER_OPTIONS, HOW_TO_GET_A_BROWSER, find_browser
from browser.player import PlayerOnPage, open_more
from in_lite import HOW_TO_GET_PYODIDE, PATIENCE, SERVER, WHERE, Visit, serving_lite
from playwright.sync_api import expect, sync_playwright

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
    assert find_browser(), HOW_TO_GET_A_BROWSER
    expect.set_options(timeout=1000 * PATIENCE)
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
        context.set_default_timeout(1000 * PATIENCE)
        yield context.new_page()


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_to_its_end_and_nothing_is_red(page, address, name):
    visit = Visit(page, address, name)
    assert len(visit.cells) > 1
    assert visit.wrong() == []
    hands = page.locator(".gmm-puck:visible, .gmm-handle:visible")
    if hands.count():  # the first stepper or explorer follows the arrow keys, as it does a mouse
        player = PlayerOnPage(page.locator(".jp-Cell-outputArea").filter(has=hands).first)
        picture = player.pixels()
        hands.first.press("ArrowRight")
        player.expect_another_picture(picture)


def test_the_stepper_works_there(page, address):
    Visit(page, address, FIRST)
    player = PlayerOnPage(page.locator("body"))
    player.press("Step")
    player.expect_frame(2)
    player.click_at(0.25, 0.5)  # among the points
    expect(player.root.locator(".gmm-card")).to_contain_text("x[")
    player.key("Escape")
    output = page.locator(".jp-Cell-outputArea").filter(has=page.locator(".gmm-player")).first
    open_more(output, "Start")
    output.get_by_label("move").select_option("mean 1")
    before = player.pixels()
    output.locator(".widget-slider:visible .noUi-handle").first.press("PageUp")
    player.expect_another_picture(before)


def test_any_cell_may_be_the_first_to_run(page, address):
    page.goto(f"{address}/lite/notebooks/index.html?path=notebooks/{FIRST}.ipynb")
    page.get_by_role("button", name="Run all cells", exact=True).wait_for()
    kernel = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    code = "{code: 'import gmm_teach; print(gmm_teach.__version__)'}"
    reply = page.evaluate(f"async () => (await {kernel}.requestExecute({code}).done).content.status")
    assert reply == "ok"
