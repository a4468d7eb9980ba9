"""What is behind the stepper's one control, in a real JupyterLab: starts, points, and the reader's own code."""

import numpy as np
import pytest
from playwright.sync_api import expect

from .player import open_more

GOOD = "1.5, 2\n3, 4.25\n-1, 0\n2, 2\n0, 1\n4, 5\n"
BAD = "1.5, 2\n3, four\n"
MEANS = "stepper.playback.states[0].mixture.means.tolist()"
# with the lock: else half of a message may be read, while the other half is being handled
ALT = "(stepper.player.lock.acquire(), stepper._draw(-1)[0]['alt'], stepper.player.lock.release())[1]"
POINTS = "stepper.playback.x.tolist()"

# Where places lie on the picture that is called `kept`, in shares of it, by matplotlib's own reckoning.
PLACE = "(lambda ax: (ax.transData.transform({places}) / ax.figure.bbox.max).tolist())({axes})"

OWN_CODE = """
import numpy as np
from scipy.stats import multivariate_normal

def my_e_step(x, mixture):
    parts = zip(mixture.proportions, mixture.means, mixture.covariances)
    joint = np.array([p * multivariate_normal(m, S).pdf(x) for p, m, S in parts])
    density = joint.sum(axis=0)
    return (joint / density).T, np.log(density).sum()

def my_m_step(x, responsibilities):
    S = responsibilities.sum(axis=0)
    means = responsibilities.T @ x / S[:, None]
    covariances = [
        sum(t * np.outer(z, z) for t, z in zip(shares, x - mean)) / s
        for shares, mean, s in zip(responsibilities.T, means, S)
    ]
    return Mixture(S / len(x), means, covariances)
"""

RAISES = """
def my_m_step(x, responsibilities):
    S = responsibilities.sum(axis=0)
    return my_mistake / S
"""

WRONG_SHAPE = """
def my_e_step(x, mixture):
    responsibilities, log_likelihood = e_step(x, mixture)
    return responsibilities.T, log_likelihood
"""


def alert(bench):
    return bench.output.get_by_role("alert")


def csv(content):
    return {"name": "points.csv", "mimeType": "text/csv", "buffer": content.encode()}


@pytest.mark.parametrize("tab", ["Start", "Points", "Look"])
def test_on_a_phone_all_controls_are_within_the_screen_and_large_enough_for_a_finger(tab, bench):
    usual = bench.page.viewport_size
    bench.page.set_viewport_size({"width": 390, "height": 844})
    try:
        bench.show()
        open_more(bench.output, tab)
        contents = bench.output.locator(".widget-tab-contents")
        panel, controls = contents.bounding_box(), contents.locator("button:visible, select:visible, textarea:visible")
        assert controls.count() > 2
        for control in controls.all():
            box = control.bounding_box()
            assert panel["x"] <= box["x"]
            assert box["x"] + box["width"] <= panel["x"] + panel["width"] + 0.5
            assert box["height"] >= (40 if control.evaluate("control => control.type") == "textarea" else 44)
        for row in contents.locator(".widget-hbox:visible").all():
            assert row.evaluate("row => row.scrollWidth <= row.clientWidth")
    finally:
        bench.page.set_viewport_size(usual)


def upload(bench, content):
    with bench.page.expect_file_chooser() as chooser:
        bench.output.get_by_role("button", name="a CSV file").click()
    chooser.value.set_files(csv(content))


def paste(bench, rows):
    bench.output.get_by_role("textbox", name="rows").fill(rows)
    bench.output.get_by_role("button", name="Use the rows").click()


def place_on(bench, axes, places):
    """Where places lie on the picture, as (across, down)."""
    return [(across, 1 - up) for across, up in bench.ask(PLACE.format(axes=axes, places=places))]


@pytest.fixture
def player(bench):
    return bench.show()


# Another start.


def test_a_slider_moves_the_chosen_mean(bench, player):
    (x, y), *others = bench.ask(MEANS)
    open_more(bench.output, "Start")
    handle = bench.output.locator(".widget-slider:visible .noUi-handle")
    expect(handle).to_have_count(0)
    bench.output.get_by_label("move").select_option("mean 1")
    expect(handle).to_have_count(2)
    handle.first.press("PageUp")
    bench.expect("len(stepper.earlier)", 1)
    (moved_x, same_y), *rest = bench.ask(MEANS)
    assert moved_x > x
    assert same_y == y
    assert rest == others
    expect(player.image).to_have_attribute("alt", bench.ask(ALT))


def test_parameters_can_be_typed(bench, player):
    open_more(bench.output, "Start")
    bench.output.get_by_label("means").fill("[[0, 0], [1, 1/2]]")
    start = bench.output.get_by_role("button", name="Start from these")
    start.click()
    expect(alert(bench)).to_contain_text("Nothing has changed")
    assert len(bench.ask(MEANS)) == 3
    expect(bench.output.get_by_label("means")).to_have_value("[[0, 0], [1, 1/2]]")  # to be mended, not typed again
    bench.output.get_by_label("proportions").fill("[1/4, 3/4]")
    bench.output.get_by_label("covariances").fill("[[[1, 0], [0, 1]], [[2, 0], [0, 2]]]")
    start.click()
    bench.expect(MEANS, [[0, 0], [1, 0.5]])
    expect(alert(bench)).to_have_text("")
    expect(player.table.locator("tr")).to_have_count(3)


# Other points.


def expect_points(bench, player, text):
    """Wait until the run is on the points of a CSV text."""
    rows = [[float(cell) for cell in row.split(",")] for row in text.splitlines()]
    bench.expect(POINTS, rows)
    expect(alert(bench)).to_contain_text(f"{len(rows)} points")
    player.expect_frame(-1)
    expect(player.image).to_have_attribute("alt", bench.ask(ALT))


@pytest.mark.parametrize("give", [paste, upload])
def test_bad_rows_are_explained_and_the_old_points_stay(bench, player, give):
    player.press("Step")
    player.expect_frame(2)
    picture, sentence, points = player.pixels(), player.sentence.inner_text(), bench.ask(POINTS)
    open_more(bench.output, "Points")
    give(bench, BAD)
    expect(alert(bench)).to_be_visible()
    expect(alert(bench)).to_contain_text("'four'")
    expect(alert(bench)).to_contain_text("Nothing has changed")
    expect(alert(bench)).to_have_css("color", "rgb(176, 0, 32)")
    assert bench.ask("stepper.frame") == 2
    assert bench.ask(POINTS) == points
    player.expect_frame(2)
    assert (player.pixels(), player.sentence.inner_text()) == (picture, sentence)

    give(bench, GOOD)
    expect_points(bench, player, GOOD)


def test_the_same_file_can_be_uploaded_twice(bench, player):
    open_more(bench.output, "Points")
    for _ in range(2):
        upload(bench, GOOD)
        expect_points(bench, player, GOOD)
        player.press("E step")
        player.expect_frame(0)


def test_what_is_pasted_is_shown_as_text(bench, player):
    open_more(bench.output, "Points")
    paste(bench, "1, 2\n3, <img src=x onerror=alert(1)>\n")
    expect(alert(bench)).to_contain_text("<img src=x")
    expect(alert(bench).locator("img")).to_have_count(0)


def test_a_named_set_can_be_chosen(bench, player):
    open_more(bench.output, "Points")
    name = bench.ask("[name for name in stepper.more.data.named.options][2][0]")
    bench.output.get_by_label("a set").select_option(name)
    bench.expect(POINTS, bench.ask("stepper.more.data.named.options[2][1]().x.tolist()"))
    expect(player.image).to_have_attribute("alt", bench.ask(ALT))


def test_points_can_be_drawn(bench, player):
    before = player.pixels()
    open_more(bench.output, "Points")
    undo = bench.output.get_by_role("button", name="Undo")
    use = bench.output.get_by_role("button", name="Use the drawn points")
    expect(use).to_be_disabled()
    draw = bench.output.get_by_role("button", name="Draw points")
    draw.click()
    expect(player.position).to_have_text("drawing")
    player.expect_buttons()

    clicks = [(0.3, 0.3), (0.7, 0.3), (0.5, 0.75), (0.2, 0.2)]
    for count, click in enumerate(clicks, start=1):
        player.click_at(*click)
        expect(player.image).to_have_attribute(
            "alt", f"A sheet of 10 by 10 with {count} point{'s' if count != 1 else ''} drawn by hand."
        )
    undo.click()
    expect(player.sentence).to_contain_text("3 points so far")
    drawn = place_on(bench, "stepper.sheet._ax", bench.ask("stepper.sheet.x.tolist()"))
    box = player.image.bounding_box()
    apart = (np.array(drawn) - clicks[:3]) * [box["width"], box["height"]]
    assert np.abs(apart).max() < 1

    draw.click()  # the run again, as it was
    expect(player.position).to_have_text("t = 0 of 12, before the E step")
    expect(player.root).to_have_attribute("aria-busy", "false")
    assert player.pixels() == before

    draw.click()  # a new sheet
    expect(player.sentence).to_contain_text("0 points so far")
    use.click()
    expect(alert(bench)).to_contain_text("too few")
    bench.output.get_by_label("ten a click").check()
    for count, click in enumerate(clicks[:3], start=1):
        player.click_at(*click)
        expect(player.sentence).to_contain_text(f"{10 * count} points so far")
    drawn = bench.ask("stepper.sheet.x.tolist()")
    use.click()
    bench.expect(POINTS, drawn)
    expect(player.position).to_contain_text("t = 0 of")
    expect(player.image).to_have_attribute("alt", bench.ask(ALT))
    player.press("Step")
    player.expect_frame(2)


# The reader's own code.


def test_own_code_that_is_right_runs_as_the_houses_does(bench, player):
    ends = []
    for stepper in ("Stepper(post.x, post.start)", "Stepper(post.x, post.start, e_step=my_e_step, m_step=my_m_step)"):
        player = bench.show(stepper, before=OWN_CODE)
        words = []
        for key, frame in [("PageDown", 2), ("ArrowRight", 3), ("End", bench.ask("stepper.playback.last_frame"))]:
            player.key(key)
            player.expect_frame(frame)
            words += [player.position.inner_text(), player.image.get_attribute("alt"), player.table.inner_text()]
        ends.append(words)
    house, own = ends
    assert own == house


def test_own_code_that_raises_is_told_with_its_line(bench):
    player = bench.show("Stepper(post.x, post.start, m_step=my_m_step)", before=RAISES)
    for words in ("your m_step", "return my_mistake / S", "NameError", "line 3"):
        expect(player.sentence).to_contain_text(words)
    expect(player.sentence).to_be_visible()
    expect(player.sentence).to_have_css("color", "rgb(176, 0, 32)")
    player.expect_buttons("E step", "Step", "Play")


def test_own_code_that_returns_a_wrong_shape_is_told_so(bench):
    player = bench.show("Stepper(post.x, post.start, e_step=my_e_step)", before=WRONG_SHAPE)
    for words in ("your e_step", "(3, 1100)", "must be (1100, 3)", "transpose"):
        expect(player.sentence).to_contain_text(words)
    player.expect_buttons("E step", "Step", "Play")
