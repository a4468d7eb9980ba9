"""The words of the interface: all of them in one file, each in use, and none that a palette could falsify."""

import ast
import json
import re
from pathlib import Path
from string import Formatter

import pytest
from matplotlib.colors import CSS4_COLORS, TABLEAU_COLORS

import gmm_teach
from gmm_teach.widgets.controls import STARTS
from gmm_teach.widgets.picture import BESIDE
from gmm_teach.widgets.words import WORDS, say

WIDGETS = Path(gmm_teach.__file__).parent / "widgets"
SCRIPTS = sorted((WIDGETS / "static").glob("*.js"))
PROGRAMS = [path for path in sorted(WIDGETS.rglob("*.py")) if path.name not in ("__init__.py", "typed.py")]
ALL = [(room, name, words) for room, names in WORDS.items() for name, words in names.items()]
COLOR_NAMES = {*CSS4_COLORS, *(name.partition(":")[2] for name in TABLEAU_COLORS)}


def without_comments(script):
    return re.sub(r"^\s*//.*$|\s//.*$", "", script.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_no_color_is_called_by_its_name():
    for room, name, words in ALL:
        assert not COLOR_NAMES & set(re.findall("[a-z]+", words.lower())), f"{room}.{name}"
    assert "green" in COLOR_NAMES


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_no_words_of_its_own(script):
    text = without_comments(script)
    text = re.sub(r"^import .*$", "", text, flags=re.MULTILINE)
    literals = re.findall(r'"([^"\n]*)"', text) + re.findall(r"`([^`]*)`", text)
    for literal in literals:
        bare = re.sub(r"\$\{[^}]*\}|<[^>]*>|\\u[0-9a-f]{4}", " ", literal)
        words = [word for word in re.findall(r"[A-Za-z][A-Za-z-]+", bare) if not word.startswith("gmm-")]
        selector = literal == "td, th" or re.search(r"[.#:\[(]", bare)
        assert len(words) < 2 or " " not in bare or selector, literal
    assert not re.search(r'(textContent|title)(: |\s*=\s*)"[A-Za-z]', text)


def without_errors(tree):
    """The strings of a program, but for docstrings and for what it raises."""
    left_out = set()
    for node in ast.walk(tree):
        blocks = [getattr(node, name, None) for name in ("body", "orelse")]
        for block in (block for block in blocks if isinstance(block, list)):
            errors = block if any(isinstance(line, ast.Raise) for line in block) else []
            docstring = [line for line in block if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)]
            left_out |= {id(part) for line in (*errors, *docstring) for part in ast.walk(line)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield node.value


def stray_words(text):
    """What a reader would read in a program: three words in a row, or the name of a control."""
    tree = ast.parse(text)
    plain = [re.sub(r"<[^<>]*>?|^import.*", " ", literal) for literal in without_errors(tree)]
    found = [words for words in plain if re.search(r"[A-Za-z-]{2,}[,:;]? [a-z]{2,}[,:;]? [a-z]{2,}", words)]
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        names = [keyword.value for keyword in call.keywords if keyword.arg in ("description", "tooltip", "label")]
        found += [name.value for name in names if isinstance(name, ast.Constant) and re.search("[a-z]{2}", name.value)]
    return set(found) - {*BESIDE, *STARTS, "log L"}  # names are the program's own


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_program_has_no_words_of_its_own(program):
    assert stray_words(program.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "words",
    [
        'f"A is {below:.2f} nats below its maximum."',
        'f"m_{k} = {mean}, which is another mean"',
        'f"<div>At the circle, <b>{x}</b></div>"',
        'Slider(description="correlation")',
    ],
)
def test_a_stray_word_is_found_but_for_errors(words):
    assert stray_words(f"def f():\n    'Say what it does, in a line.'\n    return {words}")
    if not words.startswith("Slider"):
        assert not stray_words(f"def f():\n    'Say what it does, in a line.'\n    raise ValueError({words})")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_what_a_program_says_is_in_the_file_and_has_no_gap_left(program):
    for call in ast.walk(ast.parse(program.read_text(encoding="utf-8"))):
        if not (isinstance(call, ast.Call) and getattr(call.func, "id", "") == "say"):
            continue
        room, names = call.args[0], [node.value for node in ast.walk(call.args[1]) if isinstance(node, ast.Constant)]
        if not isinstance(room, ast.Constant):
            continue
        given = {keyword.arg for keyword in call.keywords}
        for words in (WORDS[room.value][name] for name in names if name in WORDS[room.value]):
            gaps = {gap for _, gap, _, _ in Formatter().parse(words) if gap}
            assert None in given or gaps <= given, words


def test_every_word_is_in_use():
    programs = "".join(path.read_text(encoding="utf-8") for path in PROGRAMS)
    scripts = "".join(map(without_comments, SCRIPTS))
    for room, name, _ in ALL:
        stem = name.removesuffix("_title").removesuffix("_choice")
        assert f'"{stem}"' in programs or f"'{stem}'" in programs or f".{name}" in scripts or f'"{stem}"' in scripts, (
            f"{room}.{name}"
        )


def test_scripts_ask_for_no_word_that_is_not_there():
    for script in SCRIPTS:
        for room, name in re.findall(r"WORDS\.(\w+)\.(\w+)", without_comments(script)):
            assert name in WORDS[room], f"{script.name}: {room}.{name}"


def test_the_file_is_laid_out_as_it_was_stored():
    text = (WIDGETS / "static" / "words.json").read_text(encoding="utf-8")
    assert text == json.dumps(WORDS, indent=2, ensure_ascii=False) + "\n"


def test_a_column_may_have_braces_in_its_name():
    assert say("table", "mean", name="{t}") == "m: {t}"
