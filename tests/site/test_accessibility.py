"""axe-core finds nothing serious on any page of the site; nor on some in the dark, and on a telephone.

What it finds less than serious is not asked: https://github.com/dequelabs/axe-core says what it checks.
"""

import pytest
from browser.axe import faults
from reader import NARROW, WIDE, Reader

SOME = ["index", "notebooks/01_watch_em_learn", "notebooks/03_why_em_climbs", "docs/glossary", "search"]

pytestmark = pytest.mark.usefixtures("axe")


@pytest.fixture(scope="module", params=[("light", NARROW), ("dark", WIDE), ("dark", NARROW)], ids=str)
def other_reader(request, browser, address):
    """A reader whose system is dark or whose window is narrow."""
    colours, size = request.param
    reader = Reader(browser, address, color_scheme=colours, viewport=size)
    yield reader
    reader.page.close()


def test_no_page_keeps_a_reader_out(visits):
    assert {name: visit.faults for name, visit in visits.items() if visit.faults} == {}


@pytest.mark.parametrize("name", SOME)
def test_nor_in_the_dark_and_on_a_telephone(other_reader, name):
    other_reader.go(f"{name}.html")
    assert faults(other_reader.page) == []


def test_a_fault_would_be_found(reader):
    reader.go("index.html")
    reader.page.evaluate("() => document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"x.png\">')")
    assert any(fault.startswith("image-alt (1)") for fault in faults(reader.page))
