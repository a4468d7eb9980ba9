"""Ask and move: a click, a key or a finger on the picture, in JupyterLab and in a frozen player."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from scipy.stats import multivariate_normal

from gmm_teach import Stepper
from gmm_teach.widgets.player import freeze, frozen_files, frozen_place, in_the_page

from .axe import faults
from .player import PlayerOnPage

PHONES = "<meta name='viewport' content='width=device-width'>"
# Square pixels that circles cover, by their fill and by half of their stroke, which lies outside of it.
COVERED = """circles => circles.reduce((sum, circle) => {
  const { fill, fillOpacity, stroke, strokeWidth, strokeOpacity, r } = getComputedStyle(circle);
  const seen = (color) => color !== 'none' && !/, 0\\)$/.test(color);
  const [radius, half] = [parseFloat(r), parseFloat(strokeWidth) / 2];
  const ring = seen(stroke) && strokeOpacity > 0 ? Math.PI * ((radius + half) ** 2 - (radius - half) ** 2) : 0;
  return sum + ring + (seen(fill) && fillOpacity > 0 ? Math.PI * (radius - half) ** 2 : 0);
}, 0)"""
PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
# Sizes of the type on a page, in CSS pixels.
TYPE = """() => Array.from(document.querySelectorAll('.gmm-player *'))
  .filter(e => e.checkVisibility() && Array.from(e.childNodes).some(n => n.nodeType === 3 && n.data.trim()))
  .map(e => parseFloat(getComputedStyle(e).fontSize))"""


def page_with(player):
    return f"<!doctype html><html lang='en'><title>A run</title>{PHONES}<body><main>{player}</main></body>"


@pytest.fixture(scope="module")
def frozen(post):
    return page_with(Stepper(post.x, post.start).freeze(2))


@pytest.fixture(scope="module")
def frozen_for_phones(post):
    """As on the site: with pictures whose panels are stacked, for narrow screens."""
    stepper, (script, style) = Stepper(post.x, post.start), frozen_files()
    place = frozen_place(*stepper.film(2), in_the_page, stepper.film(2, narrow=True))
    return page_with(f"{place}<style>{style}</style><script>{script}</script>")


def number(text):
    return float(text.replace("\N{MINUS SIGN}", "-"))


def place_of(stepper, x):
    """Where a place in the data is on the picture, in shares of it from the top left."""
    panel = stepper._picture.panel
    across = (x[0] - panel["xlim"][0]) / np.ptp(panel["xlim"])
    up = (x[1] - panel["ylim"][0]) / np.ptp(panel["ylim"])
    width, height = panel["right"] - panel["left"], panel["bottom"] - panel["top"]
    return panel["left"] + across * width, panel["bottom"] - up * height


def shares_on(card):
    """The row of T of a card, as numbers."""
    return [number(text) for text in card.locator("tr").last.locator("td").all_inner_texts()[:-1]]


def by_scipy(mixture, x):
    joint = [
        proportion * multivariate_normal.pdf(x, *parameters)
        for proportion, *parameters in zip(mixture.proportions, mixture.means, mixture.covariances, strict=True)
    ]
    return np.array(joint) / sum(joint)


def ask_by_hand(player, post, states):
    """Click a point, step, walk on, and close: the same in every player."""
    stepper = Stepper(post.x, post.start, max_steps=2)
    card = player.root.locator(".gmm-card")
    expect(card).to_be_hidden()
    lonely = int(post.x[:, 1].argmin())  # no other point is near
    player.click_at(*place_of(stepper, post.x[lonely]))
    expect(card).to_contain_text(f"x[{lonely}]")
    np.testing.assert_allclose(shares_on(card), by_scipy(states[0].mixture, post.x[lonely]), rtol=1e-3)
    assert card.locator(".gmm-spoken").get_attribute("aria-live") == "polite"

    player.key("Enter")
    shared = card.locator(".gmm-spoken").inner_text()
    i = int(re.search(r"x\[(\d+)\]", shared)[1])
    assert by_scipy(states[0].mixture, post.x[i]).max() < 0.6
    before = shares_on(card)
    player.key("PageDown")
    expect(player.position).to_contain_text("t = 1")
    expect(card.locator(".gmm-spoken")).not_to_have_text(shared)
    assert f"x[{i}]" in card.inner_text()
    np.testing.assert_allclose(shares_on(card), by_scipy(states[1].mixture, post.x[i]), rtol=1e-3)
    assert shares_on(card) != before
    player.key("ArrowRight")
    j = int(re.search(r"x\[(\d+)\]", card.inner_text())[1])
    assert post.x[j, 0] > post.x[i, 0]
    np.testing.assert_allclose(shares_on(card), by_scipy(states[1].mixture, post.x[j]), rtol=1e-3)

    spoken = card.locator(".gmm-spoken")
    player.table.locator("tr").nth(2).locator("td").nth(1).click()  # a mean of component 2
    expect(spoken).to_contain_text(f"S = {states[0].responsibilities[:, 1].sum():.4g}")
    expect(card.locator(".gmm-this")).to_contain_text("heaviest terms")
    player.root.locator(".gmm-puck").nth(0).press("Enter")
    expect(spoken).to_contain_text("Component 1, as the last M step made it")
    made = spoken.inner_text()

    # the same by keyboard, from the cell that had the focus last; the focus stays when the table changes
    focused = player.table.locator(":focus")
    player.table.locator("[tabindex='0']").focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
        player.page.keyboard.press(key)
    assert player.table.locator("[tabindex='0']").count() == 1  # one stop for Tab
    player.page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    player.page.keyboard.press("Enter")
    expect(spoken).to_have_text(made)
    expect(card.locator(".gmm-this")).to_contain_text("around the new mean")
    player.page.keyboard.press("PageDown")
    expect(player.position).to_contain_text("t = 2")
    expect(spoken).to_contain_text(f"S = {states[1].responsibilities[:, 0].sum():.4g}")
    assert focused.evaluate("cell => [cell.parentElement.rowIndex, cell.cellIndex]") == [1, 6]
    player.page.keyboard.press("PageUp")
    expect(player.position).to_contain_text("t = 1")
    card.get_by_role("button", name="Close").click()
    expect(focused).to_have_count(1)  # back where the question came from
    player.picture.focus()
    player.key("Enter")
    player.key("Escape")
    expect(card).to_be_hidden()
    player.key("Home")


def test_in_a_frozen_player_a_click_and_keys_ask(post, frozen, open_html):
    player = open_html(frozen, viewport={"width": 1100, "height": 1000})
    states = Stepper(post.x, post.start, max_steps=2).playback.states
    ask_by_hand(player, post, states)
    expect(player.root.locator(".gmm-handle").first).to_be_hidden()  # there is no kernel to move with


@pytest.mark.parametrize("kind", ["frozen", "frozen_for_phones"])
def test_on_a_phone_a_finger_asks_and_all_can_be_read(post, kind, request, open_html):
    player = open_html(request.getfixturevalue(kind), **PHONE)
    stacked = kind == "frozen_for_phones"
    stepper = Stepper(post.x, post.start)
    stepper.player.narrow = stacked
    lonely = int(post.x[:, 1].argmin())
    across, down = place_of(stepper, post.x[lonely])
    box = player.image.bounding_box()
    assert (box["width"] <= 390) == stacked  # else a swipe leads to the curve
    player.image.tap(position={"x": across * box["width"], "y": down * box["height"]})
    card = player.root.locator(".gmm-card")
    expect(card).to_contain_text(f"x[{lonely}]")
    assert card.evaluate("card => card.scrollWidth <= card.clientWidth")
    assert card.bounding_box()["width"] <= 390
    card.get_by_role("button", name="Close").tap()
    expect(card).to_be_hidden()

    # a finger that misses the middle of a cross by 20 pixels
    across, down = place_of(stepper, post.start.means[0])
    player.image.scroll_into_view_if_needed()
    box = player.image.bounding_box()
    player.page.touchscreen.tap(box["x"] + across * box["width"] + 20, box["y"] + down * box["height"])
    expect(card).to_contain_text("Component 1")

    assert min(player.page.evaluate(TYPE)) >= 11
    assert player.root.locator(".gmm-table").evaluate("table => table.scrollWidth <= table.clientWidth")
    assert player.page.evaluate("() => document.documentElement.scrollWidth") <= 390
    for button in player.root.get_by_role("button").filter(visible=True).all():
        size = button.bounding_box()
        assert min(size["width"], size["height"]) >= 43.9, button.inner_text()


def test_the_frame_of_the_focus_covers_nothing(frozen_for_phones, open_html):
    player = open_html(frozen_for_phones, **PHONE)
    player.key("Enter")  # which opens a card below
    outline = player.picture.evaluate(
        "e => parseFloat(getComputedStyle(e).outlineWidth) + parseFloat(getComputedStyle(e).outlineOffset)"
    )
    frame, others = player.picture.bounding_box(), [player.sentence, player.root.locator(".gmm-card")]
    assert outline > 0
    for box in (other.bounding_box() for other in others):
        assert box["y"] + box["height"] <= frame["y"] - outline or box["y"] >= frame["y"] + frame["height"] + outline


def test_a_link_leads_to_a_step_of_a_frozen_player(post, frozen, open_html):
    player = open_html(f"{frozen}{Stepper(post.x, 2).freeze(2)}", viewport={"width": 1100, "height": 1000})
    other = PlayerOnPage(player.page.locator("body > div"))
    player.expect_frame(-1)
    player.page.evaluate("() => { location.hash = '#t=1.5'; }")
    player.expect_frame(3)
    other.expect_frame(-1)
    other.press("Step")
    other.expect_frame(2)
    other.press("Copy link")
    player.page.wait_for_url("**#t=1&player=2")
    address = player.page.url
    player.page.goto("about:blank")
    player.page.goto(address)
    other.expect_frame(2)
    player.expect_frame(-1)


def test_a_frozen_player_that_leaves_steps_out_reaches_the_end_and_says_so(post, open_html):
    stepper = Stepper(post.x, post.start)  # 12 steps
    player = open_html(freeze(*stepper.film(4, with_end=True)), viewport={"width": 1100, "height": 1000})
    player.slide(6)
    expect(player.position).to_have_text("t = 3 of 12")
    expect(player.sentence).to_contain_text("This player leaves steps 4 to 11 out: step 12 comes next.")
    player.press("M step")
    expect(player.position).to_have_text("t = 12 of 12, M step done")
    player.key("End")
    expect(player.position).to_have_text("t = 12 of 12")
    expect(player.sentence).to_contain_text("Converged")
    player.page.evaluate("() => { location.hash = '#t=1.5'; }")
    expect(player.position).to_have_text("t = 2 of 12, M step done")
    player.page.evaluate("() => { location.hash = '#t=7'; }")
    expect(player.position).to_have_text("t = 3 of 12")
    player.key("End")
    player.press("Copy link")
    player.page.wait_for_url("**#t=12")


def test_in_jupyterlab_a_click_and_keys_ask(post, bench):
    player = bench.show()
    ask_by_hand(player, post, Stepper(post.x, post.start).playback.states)


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_mean_is_dragged_and_em_starts_there(bench):
    player = bench.show()
    mouse = bench.page.mouse
    puck = player.root.locator(".gmm-puck").nth(2)
    puck.scroll_into_view_if_needed()
    before = bench.ask("stepper.state.mixture.means.tolist()")
    last = player.sentence.inner_text()
    x, y = middle(puck)
    mouse.move(x, y)
    mouse.down()
    for by in range(1, 21):
        mouse.move(x - 5 * by, y - 3 * by)
    expect(player.sentence).to_contain_text("In your hand: log L = ")
    assert bench.ask("stepper.earlier") == []  # EM waits until the hand lets go
    picture = player.pixels()
    mouse.move(x - 120, y - 60)
    player.expect_another_picture(picture)
    mouse.up()
    bench.expect("len(stepper.earlier)", 1)
    expect(player.sentence).not_to_contain_text("In your hand")
    expect(player.sentence).not_to_have_text(last)
    after = bench.ask("stepper.state.mixture.means.tolist()")
    assert after[:2] == before[:2]
    panel = bench.ask("stepper.player.panel | {'points': None, 'marks': None}")
    box = player.image.bounding_box()
    expected = before[2][0] - 120 * np.ptp(panel["xlim"]) / (box["width"] * (panel["right"] - panel["left"]))
    assert after[2][0] == pytest.approx(expected, abs=0.1)
    assert after[2][1] > before[2][1]
    player.press("Step")  # and EM goes on from there
    player.expect_frame(2)
    expect(player.position).to_contain_text("t = 1 of")


def test_a_finger_drags_a_handle_that_it_nearly_hits(bench):
    player = bench.show()
    handle = player.root.locator(".gmm-handle").nth(4)
    handle.scroll_into_view_if_needed()
    before = bench.ask("[stepper.state.mixture.means.tolist(), stepper.state.mixture.covariances.tolist()]")
    x, y = middle(handle)
    devtools = bench.page.context.new_cdp_session(bench.page)

    def touch(kind, *places):
        points = [{"x": x, "y": y} for x, y in places]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x - 8, y - 8))  # beside the ring that is seen
    for by in (4, 8, 12):
        touch("touchMove", (x - 8 + by, y - 8))
    expect(player.sentence).to_contain_text("In your hand: log L = ")
    touch("touchEnd")
    bench.expect("len(stepper.earlier)", 1)
    after = bench.ask("[stepper.state.mixture.means.tolist(), stepper.state.mixture.covariances.tolist()]")
    assert after[0] == before[0]
    assert after[1][2] != before[1][2]
    devtools.detach()


@pytest.mark.parametrize("shown", ["Stepper(post.x, post.start)", "MixtureExplorer(post.x, post.start)"])
def test_what_a_finger_may_touch_is_large_and_what_hides_points_is_small(shown, bench):
    bench.run(f"from gmm_teach.widgets import MixtureExplorer\nshown = {shown}\nshown")
    player = PlayerOnPage(bench.output)
    expect(player.root.locator(".gmm-handle:visible").first).to_be_attached()
    devtools = bench.page.context.new_cdp_session(bench.page)
    devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    try:
        for hand in player.root.locator(".gmm-puck:visible, .gmm-handle:visible").all():
            assert hand.locator(".gmm-target").bounding_box()["width"] == pytest.approx(44, abs=0.5)
            assert hand.locator("circle").evaluate_all(COVERED) < 180, hand.get_attribute("class")
    finally:
        devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
        devtools.detach()


@pytest.mark.parametrize("screen", [(1280, 720), (1920, 1080)])
def test_in_a_lecture_all_is_on_the_screen_and_the_hands_lie_on_the_means(screen, bench):
    usual = bench.page.viewport_size
    bench.page.set_viewport_size(dict(zip(("width", "height"), screen, strict=True)))
    try:
        bench.show()
        bench.run("stepper.restyle(lecture=True)\nstepper")
        player = PlayerOnPage(bench.output)
        player.root.evaluate("root => root.scrollIntoView()")
        image, panel = player.image.bounding_box(), bench.ask("stepper._picture.panel")
        assert player.button("Step").bounding_box()["y"] > 0
        assert image["y"] + image["height"] < screen[1]
        assert image["width"] > 0.6 * screen[0]
        means = np.array(bench.ask("stepper.state.mixture.means.tolist()"))
        share = (means[:, 0] - panel["xlim"][0]) / np.ptp(panel["xlim"])
        across = image["x"] + (panel["left"] + share * (panel["right"] - panel["left"])) * image["width"]
        found = [middle(puck)[0] for puck in player.root.locator(".gmm-puck").all()]
        np.testing.assert_allclose(found, across, atol=1)
    finally:
        bench.page.set_viewport_size(usual)


def test_a_handle_is_dragged_and_the_ellipse_follows(bench):
    player = bench.show()
    handle = player.root.locator(".gmm-handle").nth(0)
    handle.scroll_into_view_if_needed()
    before = np.array(bench.ask("stepper.state.mixture.covariances.tolist()"))
    x, y = middle(handle)
    bench.page.mouse.move(x, y)
    bench.page.mouse.down()
    bench.page.mouse.move(x + 10, y + 10)
    bench.page.mouse.move(x + 30, y + 30)
    bench.page.mouse.up()
    bench.expect("len(stepper.earlier)", 1)
    after = np.array(bench.ask("stepper.state.mixture.covariances.tolist()"))
    assert np.linalg.det(after[0]) > 0
    assert not np.allclose(after[0], before[0])
    np.testing.assert_array_equal(after[1:], before[1:])


def test_arrow_keys_move_a_mean_and_escape_lets_it_be(bench):
    player = bench.show()
    puck = player.root.locator(".gmm-puck").nth(1)
    before = bench.ask("stepper.state.mixture.means.tolist()")
    page = bench.page
    puck.focus()
    page.keyboard.down("ArrowRight")
    expect(player.sentence).to_contain_text("In your hand")
    page.keyboard.press("Escape")
    page.keyboard.up("ArrowRight")
    expect(player.sentence).not_to_contain_text("In your hand")
    page.wait_for_timeout(1000)
    assert bench.ask("stepper.earlier") == []
    for _ in range(5):
        puck.press("ArrowRight")
    bench.expect("len(stepper.earlier)", 1)
    after = bench.ask("stepper.state.mixture.means.tolist()")
    assert after[1][0] > before[1][0]
    assert after[1][1] == pytest.approx(before[1][1])
    assert puck.evaluate("puck => puck === document.activeElement")


def test_fit_by_hand_has_em_wait_and_keeps_score(bench):
    player = bench.show()
    bench.ask("stepper.fit_by_hand()")
    expect(player.sentence).to_contain_text("Fit by hand: log L = ")
    player.expect_buttons("Back")  # to the grey points
    puck = player.root.locator(".gmm-puck").nth(0)
    puck.press("ArrowDown")
    bench.expect("stepper.start_name", "by hand")
    expect(player.sentence).to_contain_text("the best that EM has found, \N{MINUS SIGN}2966.941")
    assert bench.ask("len(stepper.earlier)") == 1  # EM's own run
    bench.ask("stepper.fit_by_hand(False)")
    expect(player.sentence).not_to_contain_text("Fit by hand")
    assert bench.ask("len(stepper.playback.states)") > 5


def ask_one_after_another(player):
    """With the card of a point open, and with that of a component; yields after each."""
    player.press("Step")
    expect(player.position).to_contain_text("t = 1")
    player.key("Enter")
    expect(player.root.locator(".gmm-card tr")).not_to_have_count(0)
    yield
    player.root.locator(".gmm-puck").nth(0).press("Enter")
    expect(player.root.locator(".gmm-this, .gmm-card sub").first).to_be_visible()
    yield


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize("colors", ["", "background: #111; color: #eee"], ids=["light", "dark"])
def test_a_page_with_cards_keeps_no_reader_out(frozen_for_phones, open_html, colors):
    html = frozen_for_phones.replace("<body>", f"<body style='{colors}'><h1>A run</h1>")
    for screen in ({"viewport": {"width": 1100, "height": 1000}}, PHONE):
        player = open_html(html, **screen)
        for _ in ask_one_after_another(player):
            assert faults(player.page) == []


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_a_notebook_with_cards_and_pucks_keeps_no_reader_out(bench, theme):
    bench.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    player = bench.show()
    expect(player.root).to_have_class(re.compile("gmm-dark" if "Dark" in theme else "^((?!gmm-dark).)*$"))
    for _ in ask_one_after_another(player):
        assert faults(bench.page, ".gmm-player") == []
    expect(player.root.locator(".gmm-handle").first).to_be_visible()


@pytest.mark.usefixtures("axe")
def test_a_fault_of_a_card_would_be_found(frozen, open_html):
    player = open_html(frozen)
    player.key("Enter")
    player.root.locator(".gmm-card").evaluate("card => card.insertAdjacentHTML('beforeend', '<button></button>')")
    assert any(fault.startswith("button-name (1)") for fault in faults(player.page))
