"""A headless Firefox, driven by WebDriver BiDi, which it speaks by itself. Its methods are named as Playwright's."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import time

import pytest
import websocket

from .jupyterlab import PATIENCE_TO_RUN

HOW_TO_GET_FIREFOX = "no Firefox found: install it (on Debian: apt-get install firefox-esr)"

BUTTON = "() => [...document.querySelectorAll('.gmm-player button')].find(button => button.textContent === '{}')"
PICTURE = "() => [...document.querySelectorAll('.gmm-player img')].some(image => image.complete && image.naturalWidth)"
WORDS = "() => document.querySelector('.gmm-sentence').textContent"
CHANGED = "() => document.querySelector('.gmm-sentence').textContent !== {!r}"


def find_firefox():
    """Return the path of Firefox, or None."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One window of Firefox.

    Parameters
    ----------
    address : str
        Where it listens, as it says itself.

    Attributes
    ----------
    errors : list of str
        What went wrong in a page and was not caught there, in words.
    """

    def __init__(self, address):
        self._socket = websocket.create_connection(f"{address}/session", suppress_origin=True, timeout=PATIENCE_TO_RUN)
        self._asked, self.errors = 0, []
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        self._window = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def _ask(self, method, **parameters):
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._asked:
            if answer.get("method") == "log.entryAdded" and answer["params"]["type"] == "javascript":
                self.errors.append(answer["params"]["text"])
        assert answer["type"] == "success", answer
        return answer["result"]

    def goto(self, address):
        """Open a page."""
        self._ask("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def evaluate(self, script):
        """Return what a function without arguments in JavaScript returns or promises, by way of JSON."""
        expression = f"(async () => JSON.stringify(await ({script})()))()"
        where = {"expression": expression, "target": {"context": self._window}, "awaitPromise": True}
        answer = self._ask("script.evaluate", **where)
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"].get("value", "null"))

    def wait_for_function(self, script):
        """Wait until a function in JavaScript returns something that is true, and return that."""
        deadline = time.monotonic() + PATIENCE_TO_RUN
        while not (found := self.evaluate(script)):
            assert time.monotonic() < deadline, f"not within {PATIENCE_TO_RUN} s: {script}"
            time.sleep(0.1)
        return found

    def click(self, script):
        """Press, with the mouse, the element that a function in JavaScript returns."""
        place = f"""() => {{
          const element = ({script})();
          element.scrollIntoView({{block: 'center', behavior: 'instant'}});
          const {{x, y, width, height}} = element.getBoundingClientRect();
          return [Math.round(x + width / 2), Math.round(y + height / 2)];
        }}"""
        x, y = self.evaluate(place)
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        mouse = {"type": "pointer", "id": "mouse", "actions": [{"type": "pointerMove", "x": x, "y": y}, *press]}
        self._ask("input.performActions", context=self._window, actions=[mouse])

    def step_and_back(self):
        """Press Step and Back on the first player, and see that its words change and return, and that all went well."""
        self.wait_for_function(PICTURE)
        first = self.evaluate(WORDS)
        self.click(BUTTON.format("Step"))
        self.wait_for_function(CHANGED.format(first))
        self.click(BUTTON.format("Back"))
        self.click(BUTTON.format("Back"))
        self.wait_for_function(f"() => !({CHANGED.format(first)})()")
        assert self.errors == []


@contextlib.contextmanager
def running_firefox(profile):
    """Run Firefox with a new folder as its profile, and yield it; without one a test is skipped, or fails in CI."""
    if find_firefox() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_FIREFOX)
    profile.mkdir()
    command = [find_firefox(), "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        said = next(line for line in program.stderr if "WebDriver BiDi listening on" in line)
        yield Firefox(re.search(r"ws://\S+", said)[0])
    finally:
        program.terminate()
        program.communicate()
