"""The lesson plans: their minutes add up, and what they say of the slides is so."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
from make_slides import SHOWN  # noqa: E402

PAGE = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")


def section(title):
    (text,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return text


@pytest.mark.parametrize(
    ("title", "minutes"), [("50 minutes: what EM does", 50), ("90 minutes: why it works, and writing it", 90)]
)
def test_the_minutes_of_a_lesson_add_up(title, minutes):
    parts = [int(part) for part in re.findall(r"^\| (\d+) \|", section(title), re.MULTILINE)]
    assert len(parts) >= 8
    assert sum(parts) == minutes


def test_the_minutes_of_the_presses_add_up():
    whole = re.search(r"^\| (\d+) \| .*\[what to press\]", section("50 minutes: what EM does"), re.MULTILINE)
    assert sum(int(part) for part in re.findall(r"\((\d) minutes\)", PAGE)) == int(whole[1])


def test_two_weeks_have_ten_sessions():
    sessions = re.findall(r"^\| (\d+) \| (\d+) \|", section("Two weeks of self-study"), re.MULTILINE)
    assert [int(number) for number, _ in sessions] == list(range(1, 11))
    assert all(30 <= int(minutes) <= 120 for _, minutes in sessions)


def test_three_more_sessions_come_after_one_of_the_ten():
    more = re.findall(r"^\| after (\d+) \| (\d+) \|", section("Two weeks of self-study"), re.MULTILINE)
    assert len(more) == 3
    assert all(1 <= int(number) <= 10 and 30 <= int(minutes) <= 120 for number, minutes in more)


def test_every_notebook_has_a_session():
    read = set(re.findall(r"notebooks/(\d\d)_", section("Two weeks of self-study")))
    assert read == {path.name[:2] for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_each_misconception_has_a_section_that_answers():
    rows = re.findall(r"^\| \"(.+)\" \| (.+) \| (.+) \|$", section("Common misconceptions"), re.MULTILINE)
    assert len(rows) >= 12
    for _, answer, where in rows:
        assert answer.endswith(".")
        assert re.fullmatch(r"\d\d, \[[^]]+\]\(\.\./notebooks/\S+\.ipynb#\S+\)", where)


def test_the_slides_are_those_that_are_made():
    named = re.search(r"It runs the notebooks ([\d, and]+) and writes", section("Slides"))
    assert re.findall(r"\d\d", named[1]) == [name[:2] for name in SHOWN]
