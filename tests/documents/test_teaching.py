"""The lesson plans: their minutes add up, and what they say of the slides is so."""

import re
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import nbformat
import numpy as np
import pytest

from gmm_teach import CollapsedComponent, Mixture, datasets, run_em
from gmm_teach.starts import random_points
from gmm_teach.widgets.explorers import BoundExplorer

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
from lecture import SLIDES  # noqa: E402
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


def test_more_sessions_come_after_one_of_the_ten():
    more = re.findall(r"^\| after (\d+) \| (\d+) \|", section("Two weeks of self-study"), re.MULTILINE)
    assert len(more) >= 3
    assert all(1 <= int(number) <= 10 and 30 <= int(minutes) <= 120 for number, minutes in more)


def test_every_notebook_has_a_session():
    read = set(re.findall(r"notebooks/(\d\d[a-z]?)_", section("Two weeks of self-study")))
    assert read == {path.name.split("_")[0] for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_each_misconception_has_a_section_that_answers():
    rows = re.findall(r"^\| \"(.+)\" \| (.+) \| (.+) \|$", section("Common misconceptions"), re.MULTILINE)
    assert len(rows) >= 12
    for _, answer, where in rows:
        assert answer.endswith(".")
        assert re.fullmatch(r"\d\d[a-z]?, \[[^]]+\]\(\.\./notebooks/\S+\.ipynb#\S+\)", where)


def test_the_slides_are_those_that_are_made():
    named = re.search(r"It runs the notebooks ([\d, and]+) and writes", section("Slides"))
    assert re.findall(r"\d\d", named[1]) == [name[:2] for name in SHOWN]


def test_the_numbers_of_the_lecture_are_those_of_the_notebook(post):
    """What the plan expects and what to press promises, from the run itself."""
    plan = section("50 minutes: what EM does")
    run = run_em(post.x, post.start)
    means = np.array([state.mixture.means for state in run.states])
    moves = np.linalg.norm(np.diff(means, axis=0), axis=2)
    gains = np.diff([state.log_likelihood for state in run.states])
    colours = [state.responsibilities.argmax(axis=1) for state in run.states]
    changed = colours[0] != colours[1]
    from_orange = (changed & (colours[0] == 1)).sum()
    from_purple = (changed & (colours[0] == 2)).sum()
    shares = post.start.responsibilities(post.x[90:91])[0]
    squared = ((post.x[90] - post.start.means) ** 2).sum(axis=1)
    ends = np.array([run_em(post.x, random_points(post.x, 3, seed)).states[-1].log_likelihood for seed in range(20)])
    good, tens = ends > ends.max() - 1, {3: "thirty", 4: "forty", 5: "fifty"}
    for words in (
        f"No cross moves by more than {moves[0].max():.3f}",
        f"log L rises by {gains[0]:.1f}",
        f"{changed.sum()} points change colour",
        f"{from_orange} from orange to green, and {from_purple} from purple to green",
        f"Cross 1 moves by {moves[1, 0]:.2f}, {tens[int(moves[1, 0] / moves[0].max() / 10)]} times as far",
        f"The gains are {gains[2]:.1f} and {gains[3]:.1f} nats",
        f"it runs to {len(gains)}.",
        f"cross 1 still has {np.linalg.norm(means[-1, 0] - means[0, 0]):.2f} to go",
        "Squared distances {:.1f}, {:.1f} and {:.1f}".format(*np.sort(squared)[[0, 2, 1]]),
        "{:.2f}, {:.2f}, {:.2f}".format(*shares),
        f"{good.sum()} of 20 end on the good hill, {(~good).sum()} end {ends.max() - ends[~good].max():.0f} nats lower",
    ):
        assert words in plan, words


def test_the_ride_of_the_lecture_ends_on_the_lower_hill(post):
    """Eight jumps, from the right of the valley."""
    points = np.concatenate([np.linspace(-3, -1, 12), np.linspace(1, 3, 8)])[:, None]

    def with_first_mean(m):
        return Mixture([0.5, 0.5], [[m], [0.0]], [[[0.36]], [[6.25]]])

    left = max(with_first_mean(m).log_likelihood(points) for m in np.linspace(-4, 0, 401))
    ride = BoundExplorer(points, with_first_mean(0.3))
    jumps = (len(ride.film()[1]) - 1) // 2
    for _ in range(jumps):
        ride.jump()
    assert ride.position > 2
    plan, words = section("50 minutes: what EM does"), {6: "six", 8: "eight"}
    assert f"*M step* and *E step*, {words[jumps]} times" in plan
    assert f"It ends on the right, {words[round(left - ride.log_likelihood)]} nats lower" in plan


def printed(name, cell):
    """Run a notebook up to this cell, and return what the cell prints."""
    space = {}
    for each in nbformat.read(ROOT / "notebooks" / name, as_version=4).cells:
        if each.cell_type == "code" and each.id != "install":
            with redirect_stdout(StringIO()) as output:
                exec(each.source, space)
            if each.id == cell:
                return output.getvalue()
    raise ValueError(f"no cell {cell} in {name}")


def test_the_numbers_of_the_longer_lesson_are_those_of_the_notebooks(post):
    plan = section("90 minutes: why it works, and writing it")
    candidates = printed("03_why_em_climbs.ipynb", "cell-11")
    raised, of, fallen = map(int, re.findall(r"\d+", candidates))
    log_likelihoods = np.array([state.log_likelihood for state in run_em(post.x, post.start).states])
    within_one = int(np.argmax(log_likelihoods > log_likelihoods[-1] - 1))
    with pytest.raises(CollapsedComponent) as collapse:
        run_em(datasets.cluster_and_one_outlier().x[:, :1], 2)
    leap = np.diff([state.log_likelihood for state in collapse.value.states])[-1]
    assert 2 * fallen == raised
    for words in (
        f"{raised} of {of} candidates raise the first term",
        f"It is {fallen}: half.",
        f"$t = {within_one}$; 07",
        f"log L rises by {leap:.0f} nats in one step",
    ):
        assert words in plan, words
    assert "how many of the eight climb at every step? (Six.)" in plan
    assert "assert climbs.sum() == 6" in (ROOT / "notebooks" / "15_spot_the_broken_update.ipynb").read_text("utf-8")
    minutes = [int(part) for part in re.findall(r"^\| (\d+) \|", plan, re.MULTILINE)]
    writing = [int(part) for part in re.findall(r"^\| (\d+) \| \*Do\*", plan, re.MULTILINE)]
    first = minutes.index(writing[0])
    assert f"{sum(minutes[:first])} minutes to watch, {sum(minutes[first:])} to write" in plan


def test_the_deck_has_the_numbers_of_the_plan():
    """Or those of notebook 01, whose own cells check them."""
    number = r"\d+\.\d+|\d{2,}"
    deck = re.sub(r"<style>.*?</style>", "", "".join(words + notes for words, notes, _ in SLIDES), flags=re.DOTALL)
    notebook = (ROOT / "notebooks" / "01_watch_em_learn.ipynb").read_text(encoding="utf-8")
    found = set(re.findall(number, deck))
    assert len(found) > 20
    assert found <= set(re.findall(number, section("50 minutes: what EM does") + notebook))


def test_the_guesses_of_the_plan_are_those_on_the_sheet():
    """Numbered, in the same words, in the plan's order."""
    sheet = (ROOT / "docs" / "handout.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \| \| \|$", sheet, re.MULTILINE)
    plan = section("50 minutes: what EM does")
    guesses = re.findall(r"\*\*Guess (\d+)\.\*\* ([^|]+?\?)(?= \||\n| \*)", plan)
    assert sorted(guesses) == rows
    assert len(rows) == 8
    assert "eight guesses" in plan


def test_the_guesses_of_the_longer_plan_are_counted():
    plan = section("90 minutes: why it works, and writing it")
    assert "seven guesses to write down: 2 to 4" in plan
    assert plan.count("**Guess:**") == 7 - 3
