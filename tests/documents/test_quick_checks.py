"""The quick checks of the notebooks: a few questions, of which every option unfolds and says why it is right or wrong.

A question is a Markdown cell tagged `quick-check`. Its picture, if it has one, is drawn by a folded cell before it with
the same tag, and is described in the question's first fold: JupyterLab and nbconvert know no other place for them.
"""

import re
import sys
from itertools import pairwise

import pytest
from nbformat import v4
from test_notebooks import NOTEBOOKS, paths, read

sys.path.insert(0, str(NOTEBOOKS.parent / "docs" / "site"))
from staging import WHAT_IT_SHOWS, dress_quick_checks

LESSONS = [path for path in paths if path.parent == NOTEBOOKS]
OPTION = re.compile(r"<details><summary>([A-E])\. (.+?)</summary>\n\n(.+?)\n\n</details>(?=\n<details>|\Z)", re.DOTALL)
FEWEST_WORDS, MOST_WORDS = 8, 90  # of an answer

every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def parts(path):
    """Return the section's heading, and its questions as pairs of the picture's cell, or None, and the question's."""
    cells = [cell for cell in read(path).cells if "quick-check" in cell.metadata.get("tags", ())]
    pairs = list(pairwise([None, *cells]))
    return cells[0], [
        (before if before.cell_type == "code" else None, cell) for before, cell in pairs[1:] if cell.cell_type != "code"
    ]


def options(cell):
    """Return the options of a question, as triples of letter, words and answer."""
    return OPTION.findall(cell.source)


def right_one(cell):
    """Return the letter of the option that is answered by Yes."""
    (letter,) = [letter for letter, _, answer in options(cell) if answer.startswith("**Yes.** ")]
    return letter


@every_lesson
def test_four_to_six_questions_stand_before_the_exercises(path):
    heading, questions = parts(path)
    numbers = {4: "Four", 5: "Five", 6: "Six"}
    assert heading.source.startswith(f"## Quick check\n\n{numbers[len(questions)]} questions.")
    ids = [cell.id for cell in read(path).cells]
    names = [f"quick-{number}" for number in range(1, len(questions) + 1)]
    assert [cell.id for _, cell in questions] == names
    assert [cell.source.split()[0] for _, cell in questions] == [f"**{n}.**" for n in range(1, len(questions) + 1)]
    after = read(path).cells[ids.index(names[-1]) + 1]
    assert after.source.startswith("## On your own")


@every_lesson
def test_at_least_half_have_a_picture_and_its_words(path):
    _, questions = parts(path)
    pictures = [(picture, cell) for picture, cell in questions if picture is not None]
    assert 2 * len(pictures) >= len(questions)
    for picture, cell in pictures:
        assert picture.id == f"{cell.id}-picture"
        assert "hide-input" in picture.metadata.tags
        assert "plt.show()" in picture.source
        assert len(WHAT_IT_SHOWS.search(cell.source)[1].split()) >= FEWEST_WORDS
    assert sum(cell.source.count("What the picture shows") for _, cell in questions) == len(pictures)


@every_lesson
def test_one_option_is_right_and_each_is_answered(path):
    for _, cell in parts(path)[1]:
        found = options(cell)
        assert 3 <= len(found) <= 5, cell.id
        folds = len(found) + cell.source.count("What the picture shows")
        assert folds == cell.source.count("<details>") == cell.source.count("<summary>"), cell.id
        assert [letter for letter, _, _ in found] == list("ABCDE"[: len(found)])
        assert right_one(cell)
        assert len({words for _, words, _ in found}) == len(found)
        for letter, words, answer in found:
            assert re.match(r"\*\*(Yes|No)\.\*\* ", answer), f"{cell.id} {letter}"
            assert FEWEST_WORDS <= len(answer.split()) <= MOST_WORDS, f"{cell.id} {letter}"
            assert not re.search(r"[$`*]|\\", words), f"{cell.id} {letter}: a summary is HTML, not Markdown"


@every_lesson
def test_the_right_option_moves_about(path):
    assert len({right_one(cell) for _, cell in parts(path)[1]}) >= 2


def test_no_letter_is_right_too_often():
    letters = [right_one(cell) for path in LESSONS for _, cell in parts(path)[1]]
    assert all(letters.count(letter) <= 0.45 * len(letters) for letter in "ABC")


def test_a_page_of_the_site_gets_addresses_and_the_words_of_pictures():
    words = "<details><summary>What the picture shows</summary>\n\nIt's a <1> & \\1.\n\n</details>"
    picture, asked = v4.new_code_cell("plt.show()"), v4.new_markdown_cell(f"**1.** What?\n\n{words}", id="quick-1")
    picture.outputs = [v4.new_output("display_data", {"text/html": "<img src='a.png' alt='A'>"})]
    other = v4.new_markdown_cell("Other <details>.")
    for cell in (picture, asked):
        cell.metadata.tags = ["quick-check"]
    dress_quick_checks(v4.new_notebook(cells=[picture, asked, other]))
    assert picture.outputs[0].data["text/html"] == "<img src='a.png' alt='It&#x27;s a &lt;1&gt; &amp; \\1.'>"
    assert asked.source == f"<div class='gmm-quick-check' id='quick-1'>\n\n**1.** What?\n\n{words}\n\n</div>"
    assert other.source == "Other <details>."
