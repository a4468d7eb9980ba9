"""Ask and move: a click, a key or a finger on the picture, in JupyterLab and in a frozen player."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from scipy.stats import multivariate_normal

from gmm_teach import Stepper
from gmm_teach.widgets.player import freeze

from .player import PlayerOnPage

PHONES = "<meta name='viewport' content='width=device-width'>"


@pytest.fixture(scope="module")
def frozen(post):
    player = Stepper(post.x, post.start).freeze(2)
    return f"<!doctype html><html lang='en'><title>A run</title>{PHONES}<body>{player}</body>"


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

    player.table.locator("tr").nth(2).locator("td").nth(1).click()  # a mean of component 2
    T = states[0].responsibilities[:, 1]
    expect(card).to_contain_text(f"S = {T.sum():.4g}")
    expect(card.locator(".gmm-this")).to_contain_text("heaviest terms")
    player.root.locator(".gmm-puck").nth(0).press("Enter")
    expect(card).to_contain_text("Component 1, as the last M step made it")
    player.key("Escape")
    expect(card).to_be_hidden()
    player.key("Home")


def test_in_a_frozen_player_a_click_and_keys_ask(post, frozen, open_html):
    player = open_html(frozen, viewport={"width": 1100, "height": 1000})
    states = Stepper(post.x, post.start, max_steps=2).playback.states
    ask_by_hand(player, post, states)
    expect(player.root.locator(".gmm-handle").first).to_be_hidden()  # there is no kernel to move with


def test_on_a_phone_a_tap_asks_and_the_card_fits(post, frozen, open_html):
    player = open_html(frozen, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    lonely = int(post.x[:, 1].argmin())
    across, down = place_of(Stepper(post.x, post.start, max_steps=0), post.x[lonely])
    box = player.image.bounding_box()
    player.image.tap(position={"x": across * box["width"], "y": down * box["height"]})
    card = player.root.locator(".gmm-card")
    expect(card).to_contain_text(f"x[{lonely}]")
    assert card.bounding_box()["width"] <= 390
    card.get_by_role("button", name="Close").tap()
    expect(card).to_be_hidden()


def test_a_link_leads_to_a_step_of_a_frozen_player(post, frozen, open_html):
    player = open_html(f"{frozen}{Stepper(post.x, 2).freeze(2)}", viewport={"width": 1100, "height": 1000})
    other = PlayerOnPage(player.page.locator("body > div").nth(1))
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
    player.slide(4)
    expect(player.position).to_have_text("t = 2 of 12")
    expect(player.sentence).to_contain_text("This player leaves steps 3 to 10 out: step 11 comes next.")
    player.press("Step")
    expect(player.position).to_have_text("t = 11 of 12")
    player.key("End")
    expect(player.position).to_have_text("t = 12 of 12")
    expect(player.sentence).to_contain_text("Converged")
    player.page.evaluate("() => { location.hash = '#t=10.5'; }")
    expect(player.position).to_have_text("t = 11 of 12, M step done")
    player.page.evaluate("() => { location.hash = '#t=7'; }")
    expect(player.position).to_have_text("t = 2 of 12")
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
