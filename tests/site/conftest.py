"""The site: built once, served from this machine, and each page opened once in a browser that reaches nothing else.

What is seen on a page is written down, and the tests ask what was written down: to open a page again for each question
would take long.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from browser.axe import AXE, HOW_TO_GET_AXE, faults
from browser.jupyterlab import HOW_TO_GET_A_BROWSER, find_browser, running_browser
from pyodide import Pyodide, asked_for
from reader import CUT, FACTS, LAPTOP, MUST_SCROLL, NARROW, PICTURES_THERE, TABLET, TOO_WIDE, WIDE, Reader
from serving import SCROLL, Scales, pages_of, serving

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "docs" / "site")]

HOW_TO_GET_NPM = "npm, which the site takes MathJax from, is not found: install it (on Debian: apt-get install npm)"


@pytest.fixture(scope="session")
def site():
    """The folder of the site. A notebook runs again only where something changed since."""
    if not shutil.which("npm"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_NPM)
    built = subprocess.run(
        [sys.executable, ROOT / "docs" / "site" / "build.py"], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return ROOT / "build" / "site"


@pytest.fixture(scope="session")
def address(site):
    """The address of the site on this machine."""
    with serving(site) as address:
        yield address


@pytest.fixture(scope="package")
def browser(site):
    """A headless Chromium. Where there is none the tests are skipped, but in CI they fail."""
    if find_browser() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_A_BROWSER)
    with running_browser() as browser:
        yield browser


@pytest.fixture
def reader(browser, address):
    """A Reader of one test."""
    reader = Reader(browser, address)
    yield reader
    reader.page.close()


# Pages that only show code or docstrings: each is opened, one of each folder is examined.
MADE_ALIKE = {"api", "gmm_teach", "tests"}
# Pages of the same parts as others: how wide they are is looked at on each, axe-core looks at one.
OF_THE_SAME_PARTS = {"notebooks/solutions"}


def worth_a_visit(names):
    """Return the pages to open, each with how: "open", "measure", or "examine", which is all.

    Of those of source code, which are made alike, one is opened.
    """
    code = [name for name in names if name.startswith("_modules/gmm_teach/")]
    pages, seen = {}, set()
    for name in names:
        top, folder = name.partition("/")[0], name.rpartition("/")[0]
        if not name.startswith("_modules/") or name == code[0]:
            alike, same_parts = top in MADE_ALIKE & seen, folder in OF_THE_SAME_PARTS & seen
            pages[name] = "open" if alike else "measure" if same_parts else "examine"
        seen |= {top, folder}
    return pages


def visit_all(address, pages):
    """Go from page to page in a window of one's own, and return the visits by name."""
    with running_browser() as browser:
        reader = Reader(browser, address)
        scales = Scales(reader.page)
        return {name: visit_one(reader, scales, name, how) for name, how in pages}


def visit_one(reader, scales, name, how):
    """Return the visit to a page."""
    scales.bytes = 0
    visit = reader.go(name)
    if how != "open":
        if how == "examine" and AXE.exists():
            visit.faults = faults(reader.page)
        for size in (LAPTOP, TABLET, NARROW):
            reader.page.set_viewport_size(size)
            if size == NARROW:
                reader.page.evaluate(SCROLL)
                reader.page.wait_for_function(PICTURES_THERE)
            visit.too_wide += reader.page.evaluate(TOO_WIDE)
            visit.cut += reader.page.evaluate(CUT)
            if size == LAPTOP:
                visit.scrolling = reader.page.evaluate(MUST_SCROLL)
    visit.facts = reader.page.evaluate(FACTS)
    visit.weight = scales.bytes
    reader.page.set_viewport_size(WIDE)
    return visit


@pytest.fixture(scope="package")
def visits(browser, address, site):
    """What was seen on every page, by its name. Two readers share the pages."""
    pages = list(worth_a_visit(pages_of(site)).items())
    with ThreadPoolExecutor(2) as pool:
        halves = list(pool.map(lambda half: visit_all(address, half), (pages[::2], pages[1::2])))
    return halves[0] | halves[1]


@pytest.fixture
def axe():
    """axe-core is there. Where it is not the tests are skipped, but in CI they fail."""
    if not AXE.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_AXE)


@pytest.fixture(scope="session")
def pyodide(site):
    """The release of Pyodide that the site's JupyterLite asks for. It is fetched once, which needs the network."""
    try:
        return Pyodide(asked_for(site / "lite"))
    except subprocess.CalledProcessError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"npm could not fetch Pyodide: {error}")
