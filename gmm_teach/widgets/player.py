"""The player: what runs in the browser, alive with a kernel behind it or frozen into a page of its own.

In static/, player.js is what a reader sees and presses, and film.js the moves and the frames that the browser holds;
live.js asks the kernel for frames, and frozen.js has them all in the page.
"""

import json
import re
from base64 import b64encode
from html import escape
from importlib.resources import files
from io import BytesIO
from threading import RLock
from uuid import uuid4

import anywidget
import traitlets
from PIL import Image

from .picture import WIDTH
from .words import WORDS, say

IN_THE_BROWSER = ("player", "explorer", "tour", "link", "table", "card", "hands")  # rooms of words.json
TICK = 700  # ms between the steps of Play
# What a frozen player needs to know besides its frames.
SETTINGS = ("position", "first_frame", "last_frame", "interval", "ahead", "timeline", "panel")
SETTINGS += ("lecture", "tour", "tool", "narrow", "working")
AHEAD = 5  # frames that the browser asks for before the reader does
EXPLORER_SIZE = 600, 450  # of an explorer's picture on the page


def _read(name):
    return (files("gmm_teach.widgets") / "static" / name).read_text(encoding="utf-8")


def _bundle(name: str, seen: set[str]) -> str:
    """A module and all that it imports as one script, since a widget and a frozen page each take one piece of text."""
    if name in seen:
        return ""
    seen.add(name)
    script = _read(name)
    imports = re.findall(r'^import .* from "\./(.*\.js)";$', script, flags=re.MULTILINE)
    imported = "".join(_bundle(other, seen) for other in imports)
    if "words.json" in script and "words.json" not in seen:
        seen.add("words.json")
        imported += f"const WORDS = {json.dumps({room: WORDS[room] for room in IN_THE_BROWSER})};\n"
    return imported + re.sub(r"^import .*\n|^export (?!default)", "", script, flags=re.MULTILINE)


class Player(anywidget.AnyWidget):
    """Buttons, slider, picture, words and table in the browser; each frame is drawn when the browser asks for it.

    `draw(number)` returns the words of a frame, a dict, and its PNG. `click(across, down)` hears of clicks on the
    picture, in shares of its size; `move(message)` of a dragged component, and returns what to show, or None.
    """

    _esm = _bundle("live.js", set())
    _css = _read("player.css")
    # where the reader is, kept here alone; the stride is 1 where the last move was a half-step, else 2
    position = traitlets.Dict({"edition": 0, "frame": 0, "stride": 2}).tag(sync=True)
    first_frame = traitlets.Int(0).tag(sync=True)
    last_frame = traitlets.Int(0).tag(sync=True)
    edition = traitlets.Int(0).tag(sync=True)  # counts the runs; the browser forgets the frames of an earlier one
    interval = traitlets.Int(TICK).tag(sync=True)
    ahead = traitlets.Int(AHEAD).tag(sync=True)
    timeline = traitlets.Dict().tag(sync=True)  # where a click on the picture goes to a step
    lecture = traitlets.Bool(False).tag(sync=True)
    tour = traitlets.Bool(False).tag(sync=True)  # an explorer's: of several places if it is frozen, alive of one
    tool = traitlets.Bool(False).tag(sync=True)  # whether clicks on the picture do something else
    panel = traitlets.Dict().tag(sync=True)  # where the points lie on the picture, and the points
    fine = traitlets.Bool(True).tag(sync=True)  # of the screen, as `narrow`: the browser says so
    narrow = traitlets.Bool(False).tag(sync=True)
    working = traitlets.Bool(False).tag(sync=True)  # another run is on its way; what is pressed meanwhile is done then
    still = traitlets.Unicode().tag(sync=True)

    def __init__(self, draw, click, move):
        self._draw, self._click, self._move = draw, click, move
        self.lock = RLock()  # messages may arrive on several threads, and there is one run and one figure
        super().__init__(still=f"gmm-still-{uuid4().hex}")
        self.on_msg(self._on_message)

    @property
    def frame(self):
        """Where the reader is."""
        return self.position["frame"]

    @property
    def stride(self):
        """How far Back takes the reader from an even frame."""
        return self.position["stride"]

    def go(self, frame, stride):
        """Put the reader on a frame of the present edition."""
        self.position = {"edition": self.edition, "frame": frame, "stride": stride}

    def _on_message(self, _, message, __):
        with self.lock:
            if message["kind"] == "click":
                self._click(message["across"], message["down"])
            elif message["edition"] == self.edition and message["kind"] == "move":
                answer = self._move(message)
                if answer:
                    self.send(answer | {"followed": True})
            elif message["edition"] == self.edition:  # else the browser has not yet heard of the new run
                words, png = self._draw(message["frame"])
                picture = in_the_page(png)  # as text, which a browser decodes sooner than bytes that it must fetch
                self.send(words | {"picture": picture, "frame": message["frame"], "edition": message["edition"]})

    def settings(self):
        """Those of SETTINGS, by name."""
        return {name: getattr(self, name) for name in SETTINGS}

    def still_bundle(self):
        """The present frame as an ordinary picture, by MIME type: it stays where no kernel and no widget manager is."""
        words, png = self._draw(self.frame)
        small = smaller(png)
        picture = f"<img src='{in_the_page(small)}' alt='{escape(words['alt'])}' {_fits(WIDTH)}>"
        caption = say("player", "still", position=words["position"], sentence=words["sentence"])
        html = f"<figure id='{self.still}'>{picture}<figcaption>{escape(caption)}</figcaption></figure>"
        return {"text/html": html, "image/png": small, "text/plain": words["alt"]}


def _fits(wide):
    """The attributes of a picture that narrow pages show smaller."""
    return f"width='{wide}' style='max-width:100%'"


def smaller(png):
    """A picture in 128 colours: a third of the bytes, and too slow for a live picture."""
    out = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(128, Image.Quantize.FASTOCTREE).save(out, "PNG")
    return out.getvalue()


def in_the_page(png):
    """A picture as an address that holds all of it."""
    return f"data:image/png;base64,{b64encode(png).decode()}"


def freeze(told, contents):
    """A player of the settings `told`, and words and PNG of every frame, as ASCII HTML that needs nothing else."""
    place = f"gmm-frozen-{uuid4().hex}"
    script = _frozen_script(f"startFrozen(document.getElementById('{place}').firstChild);")
    html = frozen_place(told, contents, in_the_page)
    language, heading = say("page", "language"), say("page", "heading")
    head = f"<!doctype html>\n<html lang='{language}'>\n<title>{heading}</title>\n"  # in a notebook they do nothing
    return f"{head}<div id='{place}'>{html}</div>\n<style>{_read('player.css')}</style>\n<script>{script}</script>\n"


def frozen_place(told, contents, keep, narrow=None):
    """The place of a frozen player on a page that has frozen_files; `narrow`: (told, contents) that telephones show.

    `keep(png)` puts a picture where the page will find it, and returns its address.
    """
    frames = [words | {"picture": keep(smaller(png))} for words, png in contents]
    data = {"told": told, "frames": frames}
    if narrow:
        told_narrow, contents_narrow = narrow
        panel = {name: value for name, value in told_narrow["panel"].items() if name != "points"}  # the same for both
        data["on_phones"] = {"narrow": True, "timeline": told_narrow["timeline"], "panel": panel}
        for frame, (_, png) in zip(frames, contents_narrow, strict=True):
            frame["narrow"] = keep(smaller(png))
    # in a script, "</" could end it, and "<!--<script" could keep it from ending
    data = json.dumps(data).replace("<", "\\u003c")
    wide = EXPLORER_SIZE[0] if told["tour"] else WIDTH
    # where scripts are not allowed, the first picture stays
    words = escape(frames[0]["alt"]).encode("ascii", "xmlcharrefreplace").decode()
    first = f"<img src='{frames[0]['picture']}' alt='{words}' loading='lazy' {_fits(wide)}>"
    return f"<div class='gmm-frozen'>{first}<script type='application/json'>{data}</script></div>"


def frozen_files():
    """The script and the style that the frozen players of a page share: two strings."""
    return _frozen_script("document.querySelectorAll('.gmm-frozen').forEach(startFrozen);"), _read("player.css")


def _frozen_script(start):
    return f"(() => {{\n{_bundle('frozen.js', set())}\n{start}\n}})();"
