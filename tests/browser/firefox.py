"""A headless Firefox, driven by WebDriver BiDi, which it speaks by itself."""

import contextlib
import json
import re
import shutil
import subprocess
import time

import websocket

HOW_TO_GET_FIREFOX = "no Firefox found: install it (on Debian: apt-get install firefox-esr)"


def find_firefox():
    """Return the path of Firefox, or None."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One window of Firefox.

    Parameters
    ----------
    address : str
        Where it listens, as it says itself.
    patience : float
        Seconds for an answer, and for whatever is waited for.
    """

    def __init__(self, address, patience):
        self._socket = websocket.create_connection(f"{address}/session", suppress_origin=True, timeout=patience)
        self._asked, self._patience = 0, patience
        self._ask("session.new", capabilities={})
        self._window = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def _ask(self, method, **parameters):
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._asked:
            pass
        assert answer["type"] == "success", answer
        return answer["result"]

    def go(self, address):
        """Open a page."""
        self._ask("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def evaluate(self, script):
        """Return what a function without arguments in JavaScript returns or promises: a text, number or truth value."""
        where = {"expression": f"({script})()", "target": {"context": self._window}, "awaitPromise": True}
        answer = self._ask("script.evaluate", **where)
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return answer["result"].get("value")

    def wait_for(self, script):
        """Wait until a function in JavaScript returns something that is true, and return that."""
        deadline = time.monotonic() + self._patience
        while not (found := self.evaluate(script)):
            assert time.monotonic() < deadline, f"not within {self._patience} s: {script}"
            time.sleep(0.1)
        return found

    def click(self, script):
        """Press, with the mouse, the element that a function in JavaScript returns."""
        place = f"""() => {{
          const element = ({script})();
          element.scrollIntoView({{block: 'center', behavior: 'instant'}});
          const {{x, y, width, height}} = element.getBoundingClientRect();
          return `${{Math.round(x + width / 2)}} ${{Math.round(y + height / 2)}}`;
        }}"""
        x, y = map(int, self.evaluate(place).split())
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        mouse = {"type": "pointer", "id": "mouse", "actions": [{"type": "pointerMove", "x": x, "y": y}, *press]}
        self._ask("input.performActions", context=self._window, actions=[mouse])


@contextlib.contextmanager
def running_firefox(profile, patience):
    """Run Firefox with a profile in a new folder, and yield a Firefox."""
    command = [find_firefox(), "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        said = next(line for line in program.stderr if "WebDriver BiDi listening on" in line)
        yield Firefox(re.search(r"ws://\S+", said)[0], patience)
    finally:
        program.terminate()
        program.communicate()
