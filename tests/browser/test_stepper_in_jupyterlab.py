"""Notebook 01 as a reader uses it: Run All, then the stepper, in a real JupyterLab."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from .player import PlayerOnPage, open_more

CLICKS = 10


@dataclass(frozen=True)
class Display:
    """What the stepper shows."""

    picture: str
    alt: str
    position: str
    sentence: str
    table: str


def display(player):
    texts = (part.inner_text() for part in (player.position, player.sentence, player.table))
    return Display(player.pixels(), player.image.get_attribute("alt"), *texts)


@pytest.fixture(scope="module")
def opened(open_notebook):
    notebook = open_notebook("01_watch_em_learn.ipynb")
    return notebook, notebook.run_all()


@pytest.fixture
def part(opened):
    """The part of the notebook that has the stepper."""
    return opened[0].page.locator(".jp-OutputArea-output:has(.gmm-player)").first


@pytest.fixture
def player(opened, part):
    """The stepper's player, at step 0 from wherever the test before has left it."""
    player = PlayerOnPage(part)
    player.key("Home")
    player.expect_frame(-1)
    player.expect_buttons("E step", "Step", "Play")
    player.press("M step")  # grey
    player.press("E step")
    player.expect_frame(0)
    yield player
    assert opened[0].errors() == []


def test_run_all_goes_well(opened):
    notebook, went_well = opened
    assert went_well
    assert notebook.errors() == []


def test_the_first_thing_to_press_is_on_the_first_screen(opened, part):
    opened[0].page.evaluate("() => { document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0; }")
    expect(part.get_by_role("button", name="E step", exact=True)).to_be_in_viewport(ratio=1)


def test_step_goes_on_and_back_restores_exactly(player):
    displays = [display(player)]
    for step in range(1, CLICKS + 1):
        player.press("Step")
        player.expect_frame(2 * step)
        displays.append(display(player))
        assert displays[step].position.startswith(f"t = {step} of ")
    for name in ("picture", "alt", "position", "sentence", "table"):
        assert len({getattr(display, name) for display in displays}) == CLICKS + 1

    for step in reversed(range(CLICKS)):
        player.press("Back")
        player.expect_frame(2 * step)
        assert display(player) == displays[step]
    player.expect_buttons("Back", "M step", "Step", "Play")


def test_half_steps_are_offered_in_legal_order(player):
    player.expect_buttons("Back", "M step", "Step", "Play")
    for frame in (0, 2):
        player.press("E step")  # grey
        player.press("M step")
        player.press("M step")  # grey by now
        player.expect_frame(frame + 1)
        player.expect_buttons("Back", "E step", "Step", "Play")
        player.press("E step")
        player.expect_frame(frame + 2)
        player.expect_buttons("Back", "M step", "Step", "Play")


def test_two_half_steps_look_like_one_step(player):
    player.press("Step")
    player.expect_frame(2)
    by_step = display(player)
    player.press("Back")
    player.press("M step")
    player.expect_frame(1)
    half_way = display(player)
    player.press("E step")
    player.expect_frame(2)
    assert display(player) == by_step
    assert half_way.picture != by_step.picture
    player.press("Back")
    player.expect_frame(1)
    assert display(player) == half_way


def test_pause_holds_and_play_goes_to_the_end(player):
    player.press("Play")
    expect(player.position).to_contain_text("t = 1 of")
    player.press("Pause")
    expect(player.button("Play")).to_be_visible()
    paused_at = player.frame()
    player.page.wait_for_timeout(1500)  # two steps, if it still played
    player.expect_frame(paused_at)

    player.press("Play")
    expect(player.sentence).to_contain_text("Converged")
    player.expect_buttons("Back")
    assert player.frame() > 2 * CLICKS


def test_colours_can_be_soft(part, player):
    hard = display(player)
    open_more(part, "Look")
    colours = part.get_by_label("colours")
    colours.select_option("soft")
    player.expect_another_picture(hard.picture)
    assert display(player).table == hard.table
    colours.select_option("hard")
    player.expect_picture(hard.picture)
    open_more(part)


def test_another_start_can_be_chosen(part, player):
    player.key("Home")
    player.expect_frame(-1)
    given = display(player)
    player.press("Step")
    open_more(part, "Start")
    start = part.get_by_label("start")
    start.select_option("random points")
    player.expect_frame(-1)
    player.expect_another_picture(given.picture)
    start.select_option("given")
    expect(player.sentence).to_have_text(given.sentence)
    expect(player.table).to_have_text(given.table, use_inner_text=True)
    part.get_by_role("button", name="Forget earlier curves").click()
    player.expect_picture(given.picture)
    open_more(part)
