"""How long a reader waits for the stepper, in a real JupyterLab, beside the usual ways to make one.

    python benchmarks/stepper_in_browser.py
    python benchmarks/stepper_in_browser.py --json numbers.json
    python benchmarks/stepper_in_browser.py --before FOLDER    # beside the gmm_teach in that folder, and nothing else

It needs the extras `test` and `bench`, and Chromium or Chrome. It takes a quarter of an hour, in which the machine
should do nothing else. A goal that is missed is no error: the exit status is 0.

Every stepper has a page and a kernel of its own, all in one browser, and they take turns click by click: what slows
the machine down slows them all. They show the same steps of the same run in 1000 x 500 pixels, as this browser's screen
is not a sharp one. How a click is timed, alike for all, is said in `in_page.js`; the other steppers
are in `other_steppers.py`.
"""

import argparse
import ast
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from shutil import copy

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the tests; the kernels inherit it

import nbformat
import numpy as np
import psutil
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser.jupyterlab import BROWSER_OPTIONS, HOW_TO_GET_A_BROWSER, NotebookPage, find_browser, running_jupyterlab

HERE = Path(__file__).parent
IN_PAGE = (HERE / "in_page.js").read_text(encoding="utf-8")

POST_START = "post.start"  # 12 steps
FOUR = "4"  # components, so 200 steps: for what needs more than 12
SIX = "6, max_steps=600"  # for what needs more than 500

ACTIONS = ("Step", "Back", "slider")
CLICKS = 8  # forwards from step 0, or backwards from step 9: there the means move visibly
QUICK_CLICKS, GAP = 20, 60  # ms between them
FRAMES_TO_PLAY = 30
CLICKS_FOR_HEIGHT = 30
CLICKS_FOR_MEMORY = (50, 500)

DRAGS, DRAGGED = 8, 3000  # movements that are timed one by one, and ms of a hand that moves all the time
ASKED = 9

BACKLOG_GOAL = 200  # ms
DRAG_GOAL, ASK_GOAL = 1.3, 0.5  # times a frame on demand
BEFORE_GOAL = 1.05  # times what an earlier version takes
MEMORY_GOAL = 5  # MB


@dataclass
class Way:
    """One way to make a stepper, with a notebook to try it in.

    Parameters
    ----------
    name : str
        In the report.
    setup : str
        The first cell.
    source : str
        The second cell, which shows a new stepper; with gaps for the `start` of the run and the step `t` to begin at.
    picture : str
        CSS selector of the picture on the page.
    then : str
        What else the kernel does once the new stepper is on the page.
    """

    name: str
    setup: str
    source: str
    picture: str
    then: str = ""

    def open(self, folder, browser, address):
        """Write the notebook, open it, and run the first cell."""
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        cells = [nbformat.v4.new_code_cell(self.setup), nbformat.v4.new_code_cell()]
        # text below, or the page would be as high as the screen whatever is on it
        cells += [nbformat.v4.new_markdown_cell("More to read.\n\n" * 60)]
        file = self.name.replace(" ", "_").replace(",", "") + ".ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), folder / file)
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        self.notebook = NotebookPage(page, address, file)
        if not self.notebook.run_all():
            raise RuntimeError(f"the first cell of {self.name!r} raised: {self.notebook.errors()}")
        page.evaluate(IN_PAGE, self.picture)

    def do(self, function, *arguments):
        """Call a function of `in_page.js`; return what it returns."""
        return self.notebook.page.evaluate("([name, given]) => bench[name](...given)", [function, arguments])

    def begin(self, start=POST_START, t=0):
        """Show a new stepper."""
        self.do("run", self.source.format(start=start, t=t))
        self.do("ask", self.then, "None")

    def expect_step(self, t):
        """RuntimeError unless step `t` is shown: then something else was timed than what the report says."""
        shown = self.do("stepShown")
        if shown != t:
            raise RuntimeError(f"{self.name!r} shows step {shown}, not {t}; errors: {self.notebook.errors()}")


SETUP = """\
import gc

import matplotlib.pyplot as plt
import psutil

from gmm_teach import Stepper, datasets, run_em
from other_steppers import ipympl_stepper, output_stepper

post = datasets.load_post()
"""
STEPPER = """\
stepper = Stepper(post.x, {start}, columns=post.columns)
stepper.go(2 * {t})
stepper
"""
OTHERS = "(post.x, run_em(post.x, {start}).states, {t})"

AHEAD = Way("ours ahead", SETUP, STEPPER, ".gmm-picture img.widget-image")
# a new edition makes the browser forget what it asked for before it heard that it shall not
FORGET = """\
stepper.player.ahead = 0
stepper.player.edition += 1
if hasattr(stepper.player, "go"):  # a version before 0.2.0 has none, and needs none
    stepper.player.go(stepper.frame, 2)
"""
ON_DEMAND = Way("ours on demand", SETUP, STEPPER, AHEAD.picture, FORGET)
OUTPUT = Way(
    "Output",
    SETUP + "%config InlineBackend.print_figure_kwargs = {'bbox_inches': None}\n",
    "output_stepper" + OTHERS,
    ".widget-output img",
)
OUTPUT_BY_DEFAULT = Way("Output by default", SETUP, OUTPUT.source, OUTPUT.picture)
IPYMPL = Way(
    "ipympl",
    "%matplotlib widget\n" + SETUP,
    "plt.close('all')\nipympl_stepper" + OTHERS,
    ".jupyter-matplotlib canvas",
)
OURS = (AHEAD, ON_DEMAND)
OTHER_WAYS = (OUTPUT, OUTPUT_BY_DEFAULT, IPYMPL)


def ways_before(folder):
    """Return our ways with the gmm_teach of another folder, and what must not be slower now: {now: before}."""
    path = f"import sys\nsys.path.insert(0, {str(folder.resolve())!r})\n"
    before = {
        way.name: Way(way.name.replace("ours", "before"), path + SETUP, STEPPER, way.picture, way.then) for way in OURS
    }
    return tuple(before.values()), {name: way.name for name, way in before.items()}


LEGEND = f"""
- {AHEAD.name}: the browser asks for the frames that may come next while the reader looks, as it does by default
- {ON_DEMAND.name}: a frame is drawn when it is asked for, and none has been asked for before
- {OUTPUT_BY_DEFAULT.name}: an Output widget that each step clears (wait=True) and fills with a new pyplot figure
- {OUTPUT.name}: the same without cutting the margins off, which is the default; this is quicker,
  and the picture is as large as ours, 1000 x 500
- {IPYMPL.name}: a figure that lives on; each step changes its artists and calls draw_idle"""

# at most so much of the median of the other way
GOALS = {
    (AHEAD.name, OUTPUT_BY_DEFAULT.name): 0.2,
    (AHEAD.name, OUTPUT.name): 0.2,
    (AHEAD.name, IPYMPL.name): 0.35,
    (ON_DEMAND.name, OUTPUT_BY_DEFAULT.name): 0.35,
    (ON_DEMAND.name, OUTPUT.name): 0.35,
    (ON_DEMAND.name, IPYMPL.name): 0.65,
}


def time_clicks(rounds, ways):
    """Time single clicks, the machine at rest before each; return {way: {action: [milliseconds]}}."""
    times = {way.name: {action: [] for action in ACTIONS} for way in ways}
    for done in range(rounds):
        for action in ACTIONS:
            print(f"round {done + 1} of {rounds}: {action}", file=sys.stderr)
            first, by = (CLICKS + 1, -1) if action == "Back" else (0, 1)
            for way in ways:
                way.begin(t=first)  # anew, so that no picture is in the browser yet
            for click in range(CLICKS):
                for way in ways[click % len(ways) :] + ways[: click % len(ways)]:
                    times[way.name][action].append(way.do("time", action))
                    way.expect_step(first + by * (click + 1))
                    if way.then and way.do("framesWanted") != 1:
                        raise RuntimeError("a frame that should be drawn on demand was there before")
    return times


def time_hands(rounds):
    """Drag and ask; return {"drag": [milliseconds], "dragging": [frames per second], "ask": [milliseconds]}."""
    found = {"drag": [], "dragging": [], "ask": []}
    for _ in range(rounds):
        ON_DEMAND.begin()
        found["drag"] += ON_DEMAND.do("drag", DRAGS)
        times = ON_DEMAND.do("dragging", DRAGGED)
        found["dragging"].append(1000 * (len(times) - 1) / (times[-1] - times[0]))
        ON_DEMAND.begin(t=1)
        found["ask"] += ON_DEMAND.do("asked", ASKED)
    return found


def time_quick_clicks(rounds, ways):
    """Click 20 times in quick succession; return {way: [milliseconds from the last click to the last picture]}."""
    times = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            way.begin(FOUR)
            times[way.name].append(way.do("backlog", QUICK_CLICKS, GAP))
    return times


def time_play(rounds):
    """Play ours as fast as it can; return {"first time": [frames per second], "again": ...}."""
    found = {"first time": [], "again": []}
    for _ in range(rounds):
        AHEAD.begin(FOUR)
        AHEAD.do("ask", "stepper.player.interval = 1", "None")
        for rates in found.values():
            times = AHEAD.do("playing", FRAMES_TO_PLAY)
            rates.append(1000 * (len(times) - 1) / (times[-1] - times[0]))
    return found


def watch_height(ways):
    """Return {way: [lowest, highest]} of the page while 30 clicks go through a run and back, in CSS pixels."""
    found = {}
    for way in ways:
        way.begin()
        way.do("watchHeight")
        for click in range(CLICKS_FOR_HEIGHT):
            way.do("time", "Step" if click // 12 % 2 == 0 else "Back")
        found[way.name] = way.do("lowestAndHighest")
    return found


def measure_memory():
    """Return what the kernel of ours holds after 50 and after 500 steps, each of them drawn, in MB."""
    AHEAD.begin(SIX)
    found, done = [], 0
    for clicks in CLICKS_FOR_MEMORY:
        AHEAD.do("repeat", "Step", clicks - done)
        AHEAD.expect_step(clicks)
        done = clicks
        found.append(float(AHEAD.do("ask", "gc.collect()", "psutil.Process().memory_info().rss")) / 1e6)
    return found


def describe_machine(chromium):
    """Return the words that say what was measured on."""
    packages = ("jupyterlab", "ipywidgets", "anywidget", "ipykernel", "matplotlib", "ipympl")
    versions = [f"Python {sys.version.split()[0]}", *(f"{name} {version(name)}" for name in packages)]
    busy = f"load {psutil.getloadavg()[0]:.1f} before"
    return f"{os.cpu_count()} cores, {busy}; {', '.join(versions)}, Chromium {chromium}"


def measure(rounds, before=None):
    """Do everything, beside the other ways or beside the version in the folder `before`; return raw numbers by name."""
    ways, earlier = ((*OURS, *OTHER_WAYS), {}) if before is None else ways_before(before)
    if before:
        ways = (*OURS, *ways)
    program = find_browser()
    if program is None:
        sys.exit(HOW_TO_GET_A_BROWSER)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (home / "beside").mkdir()
        copy(HERE / "other_steppers.py", home / "beside")
        address = stack.enter_context(running_jupyterlab(home / "beside", home))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=program, args=list(BROWSER_OPTIONS))
        stack.callback(browser.close)
        machine = describe_machine(browser.version)
        for way in ways:
            way.open(home / "notebooks", browser, address)
        return {
            "machine": machine,
            "before": earlier,
            "clicks": time_clicks(rounds, ways),
            "hands": time_hands(rounds),
            "backlog": time_quick_clicks(rounds, ways),
            "play": time_play(rounds),
            "height": watch_height(ways),
            "memory": measure_memory(),
            "figures": {way.name: ast.literal_eval(way.do("ask", "", "plt.get_fignums()")) for way in OURS},
            "errors": {way.name: way.notebook.errors() for way in ways},
        }


def report(found):
    """Return the numbers as Markdown, with the goals and whether they are reached."""
    errors = [f"{name}: {error}" for name, errors in found["errors"].items() for error in errors]
    clicks = rows_of_clicks(found["clicks"], found["before"])
    return "\n".join([found["machine"], LEGEND, "", *clicks, "", *rows_of_the_rest(found), "", *errors])


def rows_of_clicks(times, before):
    """Return the table of single clicks, as lines; ours stand beside the other ways, or beside those before."""
    compared = list(before.values()) or [way.name for way in OTHER_WAYS]
    goals = {(now, then): BEFORE_GOAL for now, then in before.items()} or GOALS
    headings = ["one click", "way", "n", "median ms", "p95 ms", *(f"of {other}" for other in compared)]
    lines = [row(*headings), "|---" * len(headings) + "|"]
    for action in ACTIONS:
        for name in times:
            found = times[name][action]
            ratios = []
            for other in compared:
                ratio = np.median(found) / np.median(times[other][action])
                ratios.append(f"{ratio:.2f}{verdict(ratio, goals.get((name, other)))}")
            lines.append(row(action, name, len(found), *figures(found), *ratios))
    return lines


def rows_of_the_rest(found):
    """Return the table of everything else, as lines."""
    lines = ["| what else | way | found |", "|---|---|---|"]
    on_demand = np.median([time for times in found["clicks"][ON_DEMAND.name].values() for time in times])
    for name, what, goal in (("drag", "a cross is dragged", DRAG_GOAL), ("ask", "a point is asked", ASK_GOAL)):
        times = found["hands"][name]
        ratio = np.median(times) / on_demand
        words = (
            "median {} ms, p95 {} ms, ".format(*figures(times)) + f"n = {len(times)}; {ratio:.2f} of a frame on demand"
        )
        lines.append(row(what, ON_DEMAND.name, words + verdict(ratio, goal)))
    rates = found["hands"]["dragging"]
    lines.append(
        row("while it is dragged", ON_DEMAND.name, f"median {np.median(rates):.0f} frames per second, n = {len(rates)}")
    )
    for name, times in found["backlog"].items():
        median, p95 = figures(times)
        words = f"median {median} ms, p95 {p95} ms, n = {len(times)}"
        lines.append(
            row("last of 20 quick clicks to the last picture", name, words + verdict_on(name, median, BACKLOG_GOAL))
        )
    for name, rates in found["play"].items():
        words = f"median {np.median(rates):.0f} frames per second, n = {len(rates)}, {FRAMES_TO_PLAY} frames each"
        lines.append(row(f"Play, {name}", AHEAD.name, words))
    for name, (lowest, highest) in found["height"].items():
        change = highest - lowest
        lines.append(row("change of the page's height", name, f"{change} px" + verdict_on(name, change, 0)))
    before, after = found["memory"]
    growth = round(after - before, 1)
    lines.append(row("growth of the kernel", AHEAD.name, f"{growth} MB" + verdict(growth, MEMORY_GOAL)))
    for name, numbers in found["figures"].items():
        lines.append(row("open pyplot figures", name, f"{len(numbers)}" + verdict(len(numbers), 0)))
    for name, errors in found["errors"].items():
        lines.append(row("errors in cells, kernel and page", name, f"{len(errors)}" + verdict_on(name, len(errors), 0)))
    return lines


def figures(values):
    """Return the median and the 95th percentile, rounded."""
    return round(float(np.median(values))), round(float(np.percentile(values, 95)))


def verdict(value, goal):
    """Return words that follow a value: whether it is as small as wanted; none where nothing is wanted."""
    if goal is None:
        return ""
    return f" (goal {goal}: {'pass' if value <= goal else 'MISS'})"


def verdict_on(name, value, goal):
    """As `verdict`, for ours; nothing is wanted of the other ways."""
    return verdict(value, goal if name in [way.name for way in OURS] else None)


def row(*cells):
    """Return a line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def main():
    """Measure, print the report, and keep the raw numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw numbers there")
    parser.add_argument("--rounds", type=int, default=5, help="of eight clicks of each kind (5)")
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="with the gmm_teach to compare with")
    given = parser.parse_args()
    found = measure(given.rounds, given.before)
    print(report(found))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
