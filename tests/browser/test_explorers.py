"""The explorers under a hand: mouse, finger and keys in JupyterLab; and as tours on a page, where none moves them."""

import numpy as np
import pytest
from playwright.sync_api import expect
from scipy.stats import multivariate_normal

from gmm_teach import Mixture
from gmm_teach.widgets.explorers import BoundExplorer, MixtureExplorer

from .player import PlayerOnPage

SETUP = """
import numpy as np
from gmm_teach.widgets import explorers
x = post.x[::10]
weights = e_step(x, post.start)[0][:, 0]
line = np.concatenate([np.linspace(-3, -1, 12), np.linspace(1, 3, 8)])[:, None]
rider = Mixture([0.5, 0.5], [[0.3], [0.0]], [[[0.36]], [[6.25]]])
pair = Mixture([0.5, 0.5], [[-1.0, 0.0], [3.0, -3.0]], [np.eye(2), 4 * np.eye(2)])
def read(what):
    with explorer._lock:  # no hand is being drawn meanwhile
        return what(explorer)
"""
MADE = {
    "mixture": "explorers.MixtureExplorer(x, pair)",
    "bound": "explorers.BoundExplorer(line, rider)",
    "mean": "explorers.MeanExplorer(x, weights, 4 * np.eye(2))",
    "covariance": "explorers.CovarianceExplorer(x, weights, [0.0, 0.0])",
    "proportions": "explorers.ProportionsExplorer([200, 300, 600])",
}

MEAN = "read(lambda e: e.mean.tolist())"


@pytest.fixture
def show(bench):
    """A function that makes the kernel's `explorer`, and returns its player on the page."""

    def show(name):
        bench.run(f"{SETUP}\nexplorer = {MADE[name]}\nexplorer")
        player = PlayerOnPage(bench.output)
        player.expect_frame(0)
        player.root.scroll_into_view_if_needed()
        return player

    return show


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def first_hand(player):
    """The first thing that can be dragged."""
    return player.root.locator(".gmm-puck:visible, .gmm-handle:visible").first


def in_data(bench, player, across, down):
    """How far a way in pixels leads in the coordinates of the panel."""
    panel, box = bench.ask("explorer._player.panel"), player.image.bounding_box()
    width, height = (panel["right"] - panel["left"]) * box["width"], (panel["bottom"] - panel["top"]) * box["height"]
    return across * np.ptp(panel["xlim"]) / width, -down * np.ptp(panel["ylim"]) / height


@pytest.mark.parametrize("name", MADE)
def test_a_mouse_drags_what_the_sliders_move(name, show, bench):
    player = show(name)
    expect(player.button("Step")).to_be_hidden()  # there is no tour here
    words, picture = player.sentence.inner_text(), player.pixels()
    hand = "read(lambda e: [[float(value) for value in np.ravel(part)] for part in e._in_hand()])"
    before = bench.ask(hand)
    x, y = middle(first_hand(player))
    bench.page.mouse.move(x, y)
    bench.page.mouse.down()
    for by in range(1, 11):
        bench.page.mouse.move(x + 3 * by, y - 2 * by)
    expect(player.sentence).not_to_have_text(words)
    player.expect_another_picture(picture)
    assert bench.ask(hand) == before  # until the hand lets go
    bench.page.mouse.up()
    bench.expect(f"{hand} != {before}", True)
    expect(player.sentence).to_have_text(bench.ask("read(lambda e: e._content()[0]['sentence'])"))
    after = bench.ask(hand)
    if name == "covariance":
        assert after[1] == before[1]
        assert np.linalg.det(np.reshape(after[2], (2, 2))) > 0
    else:
        across, up = in_data(bench, player, 30, -20)
        assert after[1][0] == pytest.approx(before[1][0] + across, abs=0.01 + abs(across) / 20)
        if name != "bound":  # whose diamond stays on its curve
            assert after[1][1] == pytest.approx(before[1][1] + up, abs=0.01 + abs(up) / 20)


def test_log_l_beside_the_hill_is_scipys(post, show, bench):
    player = show("mixture")
    player.root.locator(".gmm-puck").nth(1).press("ArrowUp")
    bench.expect("read(lambda e: e.mixture.means[1].tolist() == [3.0, -3.0])", False)
    means = bench.ask("read(lambda e: e.mixture.means.tolist())")
    density = sum(
        0.5 * multivariate_normal(mean, covariance).pdf(post.x[::10])
        for mean, covariance in zip(means, [np.eye(2), 4 * np.eye(2)], strict=True)
    )
    expected = f"{np.log(density).sum():.3f}".replace("-", "\N{MINUS SIGN}")
    expect(player.sentence).to_have_text(f"log L = {expected} nats for 110 points.")


def test_arrow_keys_move_and_escape_takes_back(show, bench):
    player = show("mean")
    puck, before = first_hand(player), bench.ask(MEAN)
    puck.focus()
    words = player.sentence.inner_text()
    bench.page.keyboard.down("ArrowRight")
    expect(player.sentence).not_to_have_text(words)
    bench.page.keyboard.press("Escape")
    bench.page.keyboard.up("ArrowRight")
    expect(player.sentence).to_have_text(words)
    for _ in range(3):
        puck.press("ArrowRight")
    bench.expect(f"{MEAN}[0] > {before[0]}", True)
    assert bench.ask(MEAN)[1] == pytest.approx(before[1])
    assert puck.evaluate("puck => puck === document.activeElement")


def test_a_slider_moves_the_picture_and_the_puck(show, bench):
    player = show("proportions")
    picture, before = player.pixels(), middle(first_hand(player))
    bench.output.locator(".noUi-handle").nth(2).press("ArrowRight")
    bench.expect("read(lambda e: bool(e.proportions[2] > 0.3334))", True)
    player.expect_another_picture(picture)
    after = middle(first_hand(player))
    assert after[0] < before[0]  # the third proportion has taken from both others
    assert after[1] > before[1]


def test_a_click_starts_the_bound_anew_and_back_takes_it_back(show, bench):
    player = show("bound")
    before = player.sentence.inner_text()
    back = bench.output.get_by_role("button", name="Back", exact=True).first
    expect(back).to_be_disabled()
    panel = bench.ask("explorer._player.panel")
    share = (-1.0 - panel["xlim"][0]) / np.ptp(panel["xlim"])
    player.click_at(panel["left"] + share * (panel["right"] - panel["left"]), 0.5)
    expect(player.sentence).not_to_have_text(before)
    assert bench.ask("read(lambda e: [e.position, e.anchor])") == pytest.approx([-1.0, -1.0], abs=0.02)
    expect(player.sentence).to_contain_text("gap = KL = 0.000")
    started = player.sentence.inner_text()
    bench.output.get_by_role("button", name="M step", exact=True).first.click()
    expect(player.sentence).not_to_contain_text("gap = KL = 0.000")
    back.click()
    expect(player.sentence).to_have_text(started)
    back.click()
    expect(player.sentence).to_have_text(before)
    expect(back).to_be_disabled()


def test_a_finger_drags(show, bench):
    player = show("mean")
    before = bench.ask(MEAN)
    x, y = middle(first_hand(player))
    session = bench.page.context.new_cdp_session(bench.page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for kind, by in [("touchStart", 0), *(("touchMove", 4 * step) for step in range(1, 9)), ("touchEnd", None)]:
        points = [] if by is None else [{"x": x - by, "y": y + by}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    bench.expect(f"{MEAN} != {before}", True)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    across, up = in_data(bench, player, -32, 32)
    assert bench.ask(MEAN) == pytest.approx([before[0] + across, before[1] + up], abs=0.05)


@pytest.fixture(scope="module")
def tours(post):
    pair = Mixture([0.5, 0.5], [[-1.0, 0.0], [3.0, -3.0]], [np.eye(2), 4 * np.eye(2)])
    line = np.concatenate([np.linspace(-3, -1, 12), np.linspace(1, 3, 8)])[:, None]
    rider = Mixture([0.5, 0.5], [[0.3], [0.0]], [[[0.36]], [[6.25]]])
    both = MixtureExplorer(post.x[::10], pair).freeze() + BoundExplorer(line, rider).freeze()
    phones = "<meta name='viewport' content='width=device-width'>"
    return f"<!doctype html><html lang='en'><title>Tours</title>{phones}<body>{both}</body>"


def test_a_tour_has_no_hands_and_steps(tours, open_html):
    player = open_html(tours, viewport={"width": 1100, "height": 900})
    expect(player.root.locator(".gmm-puck, .gmm-handle")).to_have_count(0)
    expect(player.position).to_have_text("1 of 6")
    words = player.sentence.inner_text()
    player.click_at(0.5, 0.5)
    player.press("Step")
    player.expect_frame(1)
    expect(player.sentence).not_to_have_text(words)


def test_a_link_leads_to_a_position_of_a_tour(tours, open_html):
    player = open_html(tours, viewport={"width": 1100, "height": 900})
    other = PlayerOnPage(player.page.locator("body > div").nth(1))
    player.page.evaluate("() => { location.hash = '#t=3'; }")
    expect(player.position).to_have_text("3 of 6")
    other.expect_frame(0)
    player.page.evaluate("() => { location.hash = '#t=2&player=2'; }")
    expect(other.position).to_have_text("2 of 17")
    other.press("Step")
    other.press("Copy link")
    player.page.wait_for_url("**#t=3&player=2")


def test_a_tour_fits_a_phone(tours, open_html):
    player = open_html(tours, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    box = player.image.bounding_box()
    assert 340 <= box["width"] <= 390
    assert box["height"] == pytest.approx(0.75 * box["width"], abs=2)
    assert player.page.evaluate("document.documentElement.scrollWidth") <= 390
    player.button("Step").tap()
    player.expect_frame(1)
