"""The frozen player: a page with no server, no kernel and no network behind it."""

import os
import subprocess
import sys

import nbformat
import pytest
from nbformat import v4
from playwright.sync_api import expect

from gmm_teach import Stepper
from gmm_teach._format import in_print
from gmm_teach.widgets.playback import Playback

from .player import PlayerOnPage, walk

STEPS = 3
CELLS = [
    "from IPython.display import HTML\nfrom gmm_teach import Stepper, datasets\npost = datasets.load_post()",
    "stepper = Stepper(post.x, post.start)\nstepper.go(3)\nstepper",
    f"HTML(Stepper(post.x, post.start).freeze({STEPS}))",
]


@pytest.fixture(scope="module")
def post_playback(post):
    """Up to where the frozen players of these tests end."""
    return Playback(post.x, post.start)


@pytest.fixture(scope="module")
def frozen(post):
    return Stepper(post.x, post.start).freeze(STEPS)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A notebook with a live stepper and a frozen one, as nbconvert makes HTML of it."""
    home = tmp_path_factory.mktemp("nbconvert")
    notebook = v4.new_notebook(cells=[v4.new_code_cell(code) for code in CELLS])
    nbformat.write(notebook, home / "steppers.ipynb")
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", "steppers.ipynb"],
        cwd=home,
        env=os.environ | {"JUPYTER_CONFIG_DIR": str(home / "config"), "IPYTHONDIR": str(home / "ipython")},
        check=True,
        capture_output=True,
    )
    return home / "steppers.html"


@pytest.fixture
def open_file(browser):
    """A function that opens a file in a page without a network; no script may go wrong there."""
    errors, contexts = [], []

    def open_file(path, **options):
        contexts.append(browser.new_context(offline=True, viewport={"width": 1200, "height": 1000}, **options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def open_html(tmp_path, open_file):
    """The same for a page that has just this in it."""

    def open_html(html, **options):
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        return open_file(path, **options)

    return open_html


def try_everything(player, playback):
    """Press every button and key of a frozen player, and look at each frame."""
    player.expect_frame(-1)
    player.expect_buttons("E step", "Step", "Play")
    seen = {}

    def see(frame):
        player.expect_frame(frame)
        shown = player.pixels(), player.image.get_attribute("alt"), player.sentence.inner_text()
        assert seen.setdefault(frame, shown) == shown
        assert playback.at(frame).state.mixture is playback.states[(frame + 1) // 2].mixture
        assert f"log L = {in_print(playback.at(frame).state.log_likelihood, '.3f')}." in shown[1]

    see(-1)
    player.press("E step")
    see(0)
    player.expect_buttons("Back", "M step", "Step", "Play")
    player.press("M step")
    see(1)
    player.expect_buttons("Back", "E step", "Step", "Play")
    player.press("E step")
    see(2)
    player.press("Step")
    see(4)
    player.press("Back")
    see(2)
    player.key("ArrowRight")
    see(3)
    player.key("PageUp")
    see(2)
    player.slide(5)
    see(5)
    player.key("End")
    see(2 * STEPS)
    expect(player.sentence).to_contain_text("This player ends here; the run goes on in the notebook.")
    player.key("Home")
    see(-1)
    player.press("Play")
    expect(player.button("Pause")).to_be_visible()
    see(2 * STEPS)
    player.expect_buttons("Back")
    player.click_at(0.01, 0.01)  # among the points nothing happens
    see(2 * STEPS)
    assert len({shown[0] for shown in seen.values()}) == len(seen)
    assert len({shown[1] for shown in seen.values()}) == len(seen)


def test_in_an_exported_notebook_the_frozen_player_works(exported, open_file, post_playback):
    page = open_file(exported)
    players = page.locator(".gmm-player")
    expect(players).to_have_count(1)
    try_everything(PlayerOnPage(page.locator("body")), post_playback)


def test_in_an_exported_notebook_the_live_stepper_leaves_an_ordinary_picture(exported, open_file, post_playback):
    page = open_file(exported)
    figure = page.locator("figure[id^=gmm-still]")
    expect(figure).to_have_count(1)
    picture = figure.locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    log_likelihood = post_playback.at(3).state.log_likelihood
    assert f"log L = {in_print(log_likelihood, '.3f')}" in picture.get_attribute("alt")
    expect(figure).to_contain_text("t = 2 of 12, M step done")
    expect(figure).to_contain_text("Run this cell to step.")


def test_alone_in_a_file_it_works(frozen, open_html, post_playback):
    try_everything(PlayerOnPage(open_html(frozen).locator("body")), post_playback)


def test_a_random_walk_is_that_of_the_playback(post, open_html):
    stepper = Stepper(post.x, post.start, max_steps=STEPS)
    player = PlayerOnPage(open_html(stepper.freeze()).locator("body"))
    player.expect_frame(-1)
    walk(player, Playback(post.x, post.start, max_steps=STEPS), seed=0)


def test_two_players_on_one_page_let_each_other_be(frozen, post, open_html):
    page = open_html(f"<div id='one'>{frozen}</div><div id='other'>{Stepper(post.x, 2).freeze(STEPS)}</div>")
    one, other = (PlayerOnPage(page.locator(name)) for name in ("#one", "#other"))
    for player in (one, other):
        player.expect_frame(-1)
    assert one.pixels() != other.pixels()
    at_start = other.pixels()
    one.press("Step")
    one.key("ArrowRight")
    one.expect_frame(3)
    other.expect_frame(-1)
    assert other.pixels() == at_start
    expect(one.table.locator("tr")).to_have_count(4)
    expect(other.table.locator("tr")).to_have_count(3)
    one.key("Home")
    one.press("Play")
    other.press("E step")
    one.expect_frame(2 * STEPS)
    other.expect_frame(0)


def test_where_scripts_are_not_allowed_the_first_picture_stays(frozen, open_html, post_playback):
    page = open_html(frozen, java_script_enabled=False)
    picture = page.locator("img")
    expect(picture).to_have_count(1)
    expect(picture).to_be_visible()
    log_likelihood = post_playback.at(0).state.log_likelihood
    assert f"log L = {in_print(log_likelihood, '.3f')}" in picture.get_attribute("alt")
    assert picture.bounding_box()["width"] > 500


def test_on_a_dark_page_it_is_dark(frozen, open_html):
    page = open_html(f"<body style='background: #111; color: #eee'>{frozen}</body>")
    player = PlayerOnPage(page.locator("body"))
    player.expect_frame(-1)
    expect(player.root).to_have_class("gmm-player gmm-dark")
    page.evaluate("() => { document.body.style.color = 'black'; }")
    expect(player.root).to_have_class("gmm-player")


def test_the_page_keeps_its_height_where_it_is_narrow(frozen, open_html):
    page = open_html(frozen)
    player = PlayerOnPage(page.locator("body"))
    for width in (1200, 800):
        page.set_viewport_size({"width": width, "height": 1000})
        heights = {}
        for frame in range(-1, 2 * STEPS + 1):
            player.slide(frame)
            player.expect_frame(frame)
            heights[frame] = player.root.bounding_box()["height"]
        assert len(set(heights.values())) == 1, f"{width} wide: {heights}"
