"""A player on a page, alive or frozen, by what a reader sees of it and presses."""

import hashlib
import random
import time
from base64 import b64decode

from playwright.sync_api import expect

from gmm_teach.widgets import captions as words
from gmm_teach.widgets.playback import FIRST_FRAME

from .jupyterlab import PATIENCE

BUTTONS = ("Back", "E step", "M step", "Step", "Play")

# What the browser shows, not where it has it from.
PIXELS = """async image => {
  try {
    const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
    return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
  } catch { return ''; }  // the next picture took its place meanwhile
}"""


class PlayerOnPage:
    """The first player in a part of a page.

    Parameters
    ----------
    part : playwright.sync_api.Locator
    """

    def __init__(self, part):
        self.page = part.page
        self.root = part.locator(".gmm-player").first
        self.position = self.root.locator(".gmm-position")
        self.sentence = self.root.locator(".gmm-sentence")
        self.picture = self.root.locator(".gmm-picture")
        self.image = self.picture.locator("img")
        self.table = self.root.locator(".gmm-table table")
        self.slider = self.root.get_by_role("slider")

    def button(self, text):
        return self.root.get_by_role("button", name=text, exact=True)

    def press(self, text):
        """Click on a button, grey or not."""
        self.button(text).click(force=True)

    def key(self, name):
        """Press a key while the picture has the focus."""
        self.picture.press(name)

    def slide(self, frame):
        self.slider.fill(str(frame))

    def click_at(self, across, down):
        """Click on the picture, at a place in shares of it."""
        self.image.scroll_into_view_if_needed()
        box = self.image.bounding_box()
        # by the mouse, since a layer for questions lies over the image
        self.image.page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])

    def frame(self):
        """The frame that the player is at; its picture may still be on the way."""
        return int(self.root.get_attribute("data-frame"))

    def first(self):
        """The first frame: of a run before its first E step, of a tour the first position."""
        return int(self.slider.get_attribute("min"))

    def expect_frame(self, frame):
        """Wait until the player is at this frame and its picture is on the page."""
        expect(self.root).to_have_attribute("data-frame", str(frame))
        expect(self.root).to_have_attribute("data-shown", str(frame))
        expect(self.root).to_have_attribute("aria-busy", "false")

    def expect_buttons(self, *possible):
        """Wait until these buttons can be pressed, and the others are grey."""
        for text in BUTTONS:
            if text == "Play":
                text = self.root.locator("button").nth(4).inner_text()
            expect(self.button(text)).to_have_attribute("aria-disabled", "false" if text in possible else "true")

    def pixels(self):
        """A fingerprint of the picture."""
        return hashlib.sha256(b64decode(self.image.evaluate(PIXELS))).hexdigest()

    def expect_picture(self, wanted):
        """Wait until the picture has this fingerprint."""
        self._expect(lambda pixels: pixels == wanted)

    def expect_another_picture(self, old):
        """Wait until the picture has not this fingerprint."""
        self._expect(lambda pixels: pixels != old)

    def _expect(self, fits):
        deadline = time.monotonic() + PATIENCE
        while not fits(self.pixels()):
            assert time.monotonic() < deadline, "this picture never came"
            self.page.wait_for_timeout(50)


def open_more(part, room=None):
    """Open what is behind a stepper's one control, at the room of this name; or, without a name, close it."""
    part.get_by_role("button", name="More", exact=True).click()
    if room:
        part.get_by_role("tab", name=room, exact=True).click()


class Walker:
    """Where a reader must be: a position and a stride, moved by rules of their own."""

    def __init__(self, last):
        self.frame, self.stride, self.last = FIRST_FRAME, 2, last

    def go(self, frame, stride=None):
        frame = min(max(frame, FIRST_FRAME), self.last)
        if frame != self.frame:
            self.frame, self.stride = frame, stride or self.stride

    def half_step(self, kind=None):
        if kind in (None, "ME"[self.frame % 2]):
            self.go(self.frame + 1, 1)

    def step(self):
        self.go({FIRST_FRAME: 2}.get(self.frame, self.frame + 2 - self.frame % 2), 2)

    def back(self):
        self.go(self.frame - (1 if self.frame % 2 else self.stride))


def walk(player, playback, seed, presses=60):
    """Press buttons and keys and move the slider at random, and compare the position with that of a Walker.

    The player is at the start. Some presses are of grey buttons, or lead nowhere. Returns the Walker.
    """
    rng, walker = random.Random(seed), Walker(playback.last_frame)

    moves = [
        (lambda: player.press("Back"), walker.back),
        (lambda: player.press("E step"), lambda: walker.half_step("E")),
        (lambda: player.press("M step"), lambda: walker.half_step("M")),
        (lambda: player.press("Step"), walker.step),
        (lambda: player.key("PageUp"), walker.back),
        (lambda: player.key("PageDown"), walker.step),
        (lambda: player.key("ArrowLeft"), lambda: walker.go(walker.frame - 1, 1)),
        (lambda: player.key("ArrowRight"), walker.half_step),
        (lambda: player.key("Home"), lambda: walker.go(FIRST_FRAME)),
        (lambda: player.key("End"), lambda: walker.go(walker.last)),
    ]
    slides = [
        (lambda frame=frame: player.slide(frame), lambda frame=frame: walker.go(frame))
        for frame in range(FIRST_FRAME, walker.last + 1)
    ]
    for number in range(presses):
        press, move = rng.choice([*moves, rng.choice(slides)])
        press()
        move()
        assert player.frame() == walker.frame, f"after {number + 1} presses"
        expect(player.position).to_have_text(words.position(playback.at(walker.frame)))
    player.expect_frame(walker.frame)
    return walker
