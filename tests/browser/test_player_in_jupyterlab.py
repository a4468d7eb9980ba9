"""The player in a real JupyterLab: what a reader presses, and that the kernel goes along."""

import re
from io import BytesIO

import pytest
from matplotlib.image import imread
from playwright.sync_api import expect

from gmm_teach.widgets.playback import Playback

from .player import BUTTONS, PlayerOnPage, open_more, walk

SHORT = 4  # steps, for runs whose ends are reached often
POSITION = "[stepper.frame, stepper.player.stride]"
AROUND = 6  # pixels around what has the focus, in which its outline is
DARK = re.compile(r"\bgmm-dark\b")

# Where each step's log-likelihood lies on the picture, in shares of it, by matplotlib's own reckoning.
ON_THE_CURVE = """(lambda ax: (ax.transData.transform([(s.step, s.log_likelihood) for s in stepper.playback.states])
    / ax.figure.bbox.max).tolist())(stepper._picture._curve_ax)""".replace("\n", " ")

FOCUSED = """player => {
  const { activeElement } = document;
  return player.contains(activeElement) ? activeElement.className + ' ' + activeElement.innerText : null;
}"""

CLICK_AGAIN_AND_AGAIN = """async (button) => {
  for (let i = 0; i < 20; i++) {
    button.click();
    await new Promise(done => setTimeout(done, 60));
  }
}"""

GO_AS_THE_THEME_CHANGES = """() => {
  document.body.dataset.touched = 'yes';
  setTimeout(() => document.querySelector('.gmm-player').parentElement.remove(), 20);
}"""

# Where both players are, whenever either has moved.
WATCH_BOTH = """() => {
  const both = Array.from(document.querySelectorAll('.gmm-player'));
  window.seen = [];
  const look = () => seen.push(both.map(player => Number(player.dataset.frame)));
  for (const player of both) new MutationObserver(look).observe(player, { attributeFilter: ['data-frame'] });
}"""


def test_a_click_on_the_curve_goes_to_that_step(post, bench):
    player = bench.show()
    playback = Playback(post.x, post.start)
    curve = bench.ask(ON_THE_CURVE)
    last = len(playback.states) - 1
    for step in (5, last, 0, 3):
        across, up = curve[step]
        player.click_at(across, 1 - up)
        player.expect_frame(2 * step)
        expect(player.position).to_have_text(f"t = {step} of {last}")
        bench.expect("stepper.frame", 2 * step)


def test_a_click_among_the_points_goes_nowhere(bench):
    player = bench.show()
    player.press("Step")
    player.expect_frame(2)
    player.click_at(0.3, 0.5)
    player.press("M step")
    player.expect_frame(3)


def test_a_screen_gets_the_pixels_that_it_can_show(bench):
    player = bench.show()
    assert bench.page.evaluate("devicePixelRatio") == 1
    expect(player.image).to_have_js_property("naturalWidth", 1000)
    bench.expect("stepper.player.fine", False)


def test_the_program_moves_the_player_too(bench):
    player = bench.show()
    for move, frame in [("step()", 2), ("m_step()", 3), ("e_step()", 4), ("back()", 3), ("go(9)", 9), ("reset()", -1)]:
        bench.ask(f"stepper.{move}")
        player.expect_frame(frame)


@pytest.mark.parametrize("seed", range(2))
def test_a_random_walk_is_that_of_the_playback(post, bench, seed):
    player = bench.show(f"Stepper(post.x, post.start, max_steps={SHORT})")
    walker = walk(player, Playback(post.x, post.start, max_steps=SHORT), seed)
    bench.expect(POSITION, [walker.frame, walker.stride])


def test_what_leads_nowhere_is_not_what_back_takes_back(bench):
    player = bench.show(f"Stepper(post.x, post.start, max_steps={SHORT})")
    last = 2 * SHORT
    player.slide(last - 1)
    player.key("ArrowRight")
    player.key("PageDown")  # the end, so nothing
    player.press("Back")
    player.expect_frame(last - 1)
    bench.expect("stepper.frame", last - 1)


def test_keys_move_and_the_notebook_stays(bench):
    player = bench.show()
    last = bench.ask("stepper.playback.last_frame")
    player.picture.focus()
    before = bench.state()
    for focused in (player.picture, player.slider, player.button("Back")):
        for key, frame in [
            ("ArrowRight", 0),
            ("ArrowRight", 1),
            ("ArrowLeft", 0),
            ("PageDown", 2),
            ("PageDown", 4),
            ("PageUp", 2),
            ("End", last),
            ("PageDown", last),
            ("ArrowRight", last),
            ("ArrowLeft", last - 1),
            ("Home", -1),
            ("ArrowLeft", -1),
            ("PageUp", -1),
        ]:
            focused.press(key)
            assert player.frame() == frame, f"after {key}"
    player.expect_frame(-1)
    assert bench.state() == before


def test_space_plays_and_pauses(bench):
    player = bench.show()
    bench.ask("setattr(stepper.player, 'interval', 100)")
    player.picture.focus()
    before = bench.state()
    player.key("Space")
    expect(player.button("Pause")).to_be_visible()
    bench.page.wait_for_function("() => document.querySelector('.gmm-player').dataset.frame >= 4")
    player.key("Space")
    expect(player.button("Play")).to_be_visible()
    paused_at = player.frame()
    player.expect_frame(paused_at)
    bench.page.wait_for_timeout(500)  # five steps, if it still played
    player.expect_frame(paused_at)
    assert bench.state() == before


def test_a_move_by_program_ends_play(bench):
    player = bench.show()
    bench.ask("setattr(stepper.player, 'interval', 1_000_000)")  # so that none of Play's own steps comes between
    player.press("Play")
    expect(player.button("Pause")).to_be_visible()
    bench.ask("stepper.go(1)")
    player.expect_frame(1)
    expect(player.button("Play")).to_be_visible()


def test_by_keyboard_alone_every_button_is_reached_and_pressed(bench):
    player = bench.show()
    player.button("Back").focus()
    before = bench.state(scroll=False)
    in_order = [f"gmm-button {text}" for text in BUTTONS] + ["gmm-slider ", "gmm-picture "]
    for focused in in_order:
        assert player.root.evaluate(FOCUSED) == focused
        bench.page.keyboard.press("Tab")
    for focused in reversed(in_order):
        bench.page.keyboard.press("Shift+Tab")
        assert player.root.evaluate(FOCUSED) == focused

    def to(text, key="Tab"):
        while (focused := player.root.evaluate(FOCUSED)) != f"gmm-button {text}":
            assert focused, "the focus left the player"
            bench.page.keyboard.press(key)

    to("E step")
    bench.page.keyboard.press("Enter")
    player.expect_frame(0)
    to("M step")
    bench.page.keyboard.press("Enter")
    player.expect_frame(1)
    assert player.root.evaluate(FOCUSED) == "gmm-button M step"  # though it went grey
    bench.page.keyboard.press("Space")  # and does nothing
    player.expect_buttons("Back", "E step", "Step", "Play")
    bench.page.keyboard.press("Shift+Tab")
    bench.page.keyboard.press("Space")
    player.expect_frame(2)
    assert player.root.evaluate(FOCUSED) == "gmm-button E step"
    to("Step")
    bench.page.keyboard.press("Enter")
    player.expect_frame(4)
    to("Play")
    bench.page.keyboard.press("Space")
    expect(player.button("Pause")).to_be_focused()
    bench.page.keyboard.press("Enter")
    expect(player.button("Play")).to_be_focused()
    bench.page.keyboard.press("Home")
    player.expect_frame(-1)
    to("Step", "Shift+Tab")
    bench.page.keyboard.press("Enter")
    player.expect_frame(2)
    to("Back", "Shift+Tab")
    bench.page.keyboard.press("Enter")
    player.expect_frame(0)
    assert player.root.evaluate(FOCUSED) == "gmm-button Back"
    assert bench.state(scroll=False) == before


def test_tab_leads_from_the_cell_to_the_player(bench):
    player = bench.show()
    bench.page.locator(".jp-Cell").nth(1).locator(".cm-content").click()
    bench.page.keyboard.press("Escape")
    for _ in range(20):
        bench.page.keyboard.press("Tab")
        if player.root.evaluate(FOCUSED):
            break
    assert player.root.evaluate(FOCUSED) == "gmm-button Back"


def test_focus_can_be_seen_on_all_sides(bench):
    player = bench.show()
    player.button("Back").focus()
    for _ in range(7):
        bench.page.keyboard.press("Tab")
    for _ in range(7):
        bench.page.keyboard.press("Shift+Tab")
        what = player.root.evaluate(FOCUSED)
        box = bench.page.locator(":focus").bounding_box()
        clip = {
            "x": box["x"] - AROUND,
            "y": box["y"] - AROUND,
            "width": box["width"] + 2 * AROUND,
            "height": box["height"] + 2 * AROUND,
        }
        pixels = imread(BytesIO(bench.page.screenshot(clip=clip)))
        blue = pixels[:, :, 2] - pixels[:, :, 0] > 0.15  # paler on a grey button
        for where, line in [("beside", blue[len(blue) // 2]), ("above and below", blue[:, blue.shape[1] // 2])]:
            assert line[:AROUND].any(), f"{what}: no outline {where}"
            assert line[-AROUND:].any(), f"{what}: no outline {where}"


def test_twenty_quick_clicks_end_at_the_right_frame(bench):
    player = bench.show("Stepper(post.x, 5, max_steps=50)")
    player.button("Step").evaluate(CLICK_AGAIN_AND_AGAIN)
    player.expect_frame(40)
    bench.expect("stepper.frame", 40)
    expected = bench.ask("stepper._draw(40)[0]['alt']")
    expect(player.image).to_have_attribute("alt", expected)
    player.button("Back").evaluate(CLICK_AGAIN_AND_AGAIN)
    player.expect_frame(0)
    bench.expect("stepper.frame", 0)


def test_the_page_keeps_its_height_all_through_a_run(bench):
    old_faithful = "(lambda data: Stepper(data.x, 2, columns=data.columns))(datasets.load_old_faithful())"
    player = bench.show(old_faithful)
    last = bench.ask("stepper.playback.last_frame")
    usual = bench.page.viewport_size
    try:
        for width in (usual["width"], 800):
            bench.page.set_viewport_size({"width": width, "height": usual["height"]})
            heights = {}
            for frame in range(-1, last + 1):
                player.slide(frame)
                player.expect_frame(frame)
                heights[frame] = bench.output.bounding_box()["height"]
            assert len(set(heights.values())) == 1, f"{width} wide: {heights}"
    finally:
        bench.page.set_viewport_size(usual)


def test_in_a_lecture_the_buttons_are_left_and_predict_is_folded(bench):
    player = bench.show()
    question = player.root.locator(".gmm-question span")
    expect(question).to_be_hidden()
    open_more(bench.output, "Look")
    bench.output.get_by_label("lecture").check()
    expect(player.root.locator("button:visible")).to_have_text([*BUTTONS, "Full screen"])
    expect(player.position).to_have_text("t = 0, before the E step")  # and not where the run ends
    expect(player.slider).to_be_hidden()
    expect(player.root.get_by_text("Predict")).to_be_visible()
    expect(question).to_be_hidden()
    player.root.get_by_text("Predict").click()
    expect(question).to_contain_text("Which points will take the colour of which mean?")
    expect(question).to_be_visible()
    player.press("E step")
    player.expect_frame(0)
    expect(question).to_be_hidden()
    player.root.get_by_text("Predict").press("Enter")
    expect(question).to_contain_text("Which will the M step change more")
    expect(question).to_be_visible()
    player.root.get_by_text("Predict").press("Space")
    expect(question).to_be_hidden()
    bench.output.get_by_label("lecture").uncheck()
    expect(player.button("Full screen")).to_be_hidden()
    expect(player.slider).to_be_visible()


def test_a_theme_that_changes_as_a_player_goes_does_no_harm(bench):
    player = bench.show()
    player.page.evaluate(GO_AS_THE_THEME_CHANGES)
    player.page.wait_for_timeout(300)  # an error in the page fails the test when it ends


def test_the_player_is_dark_where_jupyterlab_is(bench):
    player = bench.show()
    change = "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })"
    expect(player.root).not_to_have_class(DARK)
    try:
        bench.page.evaluate(change, "JupyterLab Dark")
        expect(player.root).to_have_class(DARK)
        assert "invert" in player.image.evaluate("image => getComputedStyle(image).filter")
        other = bench.show()  # one that comes later
        expect(other.root).to_have_class(DARK)
    finally:
        bench.page.evaluate(change, "JupyterLab Light")
    expect(other.root).not_to_have_class(DARK)
    assert other.image.evaluate("image => getComputedStyle(image).filter") == "none"


def test_two_views_of_one_stepper_play_in_step(bench):
    bench.run(
        f"stepper = Stepper(post.x, post.start, max_steps={SHORT})\n"
        "stepper.player.interval = 100\ndisplay(stepper)\ndisplay(stepper)"
    )
    expect(bench.output.locator(".gmm-player")).to_have_count(2)
    one, other = (PlayerOnPage(bench.output.locator(".lm-Widget:has(> .gmm-player)").nth(i)) for i in range(2))
    for player in (one, other):
        player.expect_frame(-1)
    bench.page.evaluate(WATCH_BOTH)
    one.press("Play")
    expect(other.button("Pause")).to_be_visible()
    for player in (one, other):
        player.expect_frame(2 * SHORT)
        player.expect_buttons("Back")
    seen = bench.page.evaluate("seen")
    assert seen
    assert all(here == there for here, there in seen), seen
    assert sorted({here for here, _ in seen}) == [-1, 0, 2, 4, 6, 8]
    other.press("Back")
    one.expect_frame(2 * SHORT - 2)
    assert one.pixels() == other.pixels()


def test_the_ordinary_picture_is_hidden_where_the_player_lives(bench):
    bench.show()
    picture = bench.output.locator("figure img")
    expect(picture).to_have_count(1)
    expect(picture).to_be_hidden()
