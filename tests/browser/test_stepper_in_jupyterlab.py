"""Notebook 01 as a reader uses it: Run All, then the stepper's buttons, in a real JupyterLab."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

CLICKS = 10


@dataclass(frozen=True)
class Display:
    """What the stepper shows."""

    picture: str
    table: str
    counter: int


class StepperPage:
    """The first stepper of an open notebook, by its buttons and its display."""

    def __init__(self, notebook, first_picture):
        self.notebook, self.first_picture = notebook, first_picture
        self.box = notebook.page.locator(".widget-vbox", has=notebook.button("M step")).first
        self.counter = self.box.locator(".widget-slider .widget-readout")
        self.table = self.box.locator(".widget-html table")

    def press(self, text):
        self.notebook.button(text).click()

    def expect_counter(self, step):
        expect(self.counter).to_have_text(str(step))

    def display(self):
        return Display(self.notebook.picture_at_rest(), self.table.inner_text(), int(self.counter.inner_text()))

    def reset(self):
        """Go to step 0 from wherever the test before has left it; the display must have come to rest."""
        reset = self.notebook.button("Reset")
        reset.evaluate("button => button.click()")  # does nothing where the button is grey
        expect(reset).to_be_disabled()
        self.expect_counter(0)
        self.notebook.wait_for_picture(self.first_picture)  # it comes last


@pytest.fixture(scope="module")
def opened(open_notebook):
    notebook = open_notebook("01_watch_em_learn.ipynb")
    went_well = notebook.run_all()
    return notebook, went_well, notebook.picture_at_rest()


@pytest.fixture
def stepper(opened):
    stepper = StepperPage(opened[0], first_picture=opened[2])
    stepper.reset()
    yield stepper
    assert opened[0].errors() == []


def test_run_all_goes_well(opened):
    notebook, went_well, _ = opened
    assert went_well
    assert notebook.errors() == []


def test_step_goes_on_and_back_restores_exactly(stepper):
    displays = [stepper.display()]
    for step in range(1, CLICKS + 1):
        picture = stepper.notebook.picture_after(lambda: stepper.press("Step"))
        stepper.expect_counter(step)
        displays.append(stepper.display())
        assert displays[step].picture == picture
        assert displays[step].table != displays[step - 1].table
    assert len({display.picture for display in displays}) == CLICKS + 1

    for step in reversed(range(CLICKS)):
        stepper.press("Back")
        stepper.expect_counter(step)
        stepper.notebook.wait_for_picture(displays[step].picture)
        assert stepper.display() == displays[step]
    expect(stepper.notebook.button("Back")).to_be_disabled()


def test_half_steps_are_offered_in_legal_order(stepper):
    e_step, m_step = stepper.notebook.button("E step"), stepper.notebook.button("M step")
    for _ in range(2):
        expect(m_step).to_be_enabled()
        expect(e_step).to_be_disabled()
        stepper.notebook.picture_after(m_step.click)
        expect(e_step).to_be_enabled()
        expect(m_step).to_be_disabled()
        stepper.notebook.picture_after(e_step.click)
    stepper.expect_counter(2)


def test_two_half_steps_look_like_one_step(stepper):
    by_step = stepper.notebook.picture_after(lambda: stepper.press("Step"))
    expect(stepper.notebook.button("Reset")).to_be_enabled()  # the buttons follow the picture
    stepper.reset()
    stepper.notebook.picture_after(lambda: stepper.press("M step"))
    by_halves = stepper.notebook.picture_after(lambda: stepper.press("E step"))
    assert by_halves == by_step


def test_pause_holds_and_play_goes_to_the_end(stepper):
    stepper.press("Play")
    expect(stepper.counter).not_to_have_text("0")
    stepper.press("Pause")
    expect(stepper.notebook.button("Play")).to_be_enabled()
    paused_at = stepper.display()
    stepper.notebook.page.wait_for_timeout(2000)  # two steps, if it still played
    assert stepper.display() == paused_at

    stepper.press("Play")
    expect(stepper.notebook.button("Step")).to_be_disabled()
    expect(stepper.notebook.button("Play")).to_be_disabled()
    assert stepper.display().counter > CLICKS
    assert re.search("converged|Converged", stepper.box.inner_text())


def test_colours_can_be_soft(stepper):
    colours = stepper.box.get_by_label("colours")
    hard = stepper.notebook.picture()
    soft = stepper.notebook.picture_after(lambda: colours.select_option("soft"))
    assert soft != hard
    colours.select_option("hard")
    stepper.notebook.wait_for_picture(hard)


def test_another_start_can_be_chosen(stepper):
    start = stepper.box.get_by_label("start")
    given = stepper.notebook.picture()
    stepper.notebook.picture_after(lambda: start.select_option("random points"))
    start.select_option("given")
    stepper.notebook.wait_for_picture(given)
