#!/usr/bin/env python3
"""Make slides of the notebooks: `jupyter nbconvert --to slides`, with steppers that still step.

    python docs/make_slides.py             every notebook of SHOWN, into slides/
    python docs/make_slides.py 03 07       these
    python docs/make_slides.py lecture     the deck of the 50-minute lecture, from docs/lecture.py
    python docs/make_slides.py --tags      set in each notebook what is a slide, a note, ...; run it after a change

What each cell becomes is stored in the notebooks, so `jupyter nbconvert --to slides --execute` alone works too. This
script does three things more: a stepper becomes a frozen player, an explorer a film, and everything fits 1280 x 720.

The pages take reveal.js, jQuery, RequireJS and MathJax from the network, as nbconvert's do. For a room without one:

    npm install --no-save --prefix slides reveal.js@5 jquery@3 requirejs@2 mathjax@2

and make them again: where slides/node_modules is, they take all four from there.
"""

import argparse
import ast
import re
import sys
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs"))
import lecture  # noqa: E402

NOTEBOOKS = ROOT / "notebooks"
SLIDES = ROOT / "slides"
WIDTH, HEIGHT = 1280, 720

SHOWN = {
    # the notebooks that become slides, and the starts of code cells whose code is shown, beside those that only define
    "01_watch_em_learn": ["def em(", "desk = Stepper", "print(desk.ask"],
    "02_what_a_mixture_is": [],
    "03_why_em_climbs": [],
    "07_the_whole_algorithm": [],
}
LECTURE = "lecture"
NOT_IN_A_LECTURE = {"Quick check", "On your own", "In practice", "Further", "Sources"}
MOST_WORDS = 60  # of prose on a slide with a picture, or without a heading or a formula
MOST_LINES, MOST_COLUMNS = 22, 104  # of code on a slide

HIDE_CODE = "hide-input"  # a tag: code is folded on the site, not on a slide; source_hidden folds it in JupyterLab
FILES_OF_A_PAGE = {
    # trait of SlidesExporter: where npm puts it
    "reveal_url_prefix": "node_modules/reveal.js",
    "jquery_url": "node_modules/jquery/dist/jquery.min.js",
    "require_js_url": "node_modules/requirejs/require.js",
    "mathjax_url": "node_modules/mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe",
}

STYLE = """
:root { --jp-content-font-size1: 23px; --jp-ui-font-size1: 19px; --jp-code-font-size: 19px; }
:root { --jp-cell-prompt-width: 0px; }
.reveal { font-size: 23px; }
.reveal .slides section { padding: 0 30px; box-sizing: border-box; }
.reveal :is(h1, h2, h3) { letter-spacing: 0; text-transform: none; }
.reveal h1 { font-size: 50px; margin-bottom: 20px; }
.reveal h2 { font-size: 38px; margin-bottom: 12px; }
.reveal h3 { font-size: 30px; }
.reveal p { margin: 10px 0; }
.reveal .MathJax_Display, .reveal .MJXc-display { margin: 8px 0 !important; }
.reveal .jp-InputPrompt, .reveal .jp-OutputPrompt { display: none; }
.reveal .jp-OutputArea:has(img) { align-items: center; display: flex; flex-wrap: wrap; gap: 0 20px; }
.reveal .jp-OutputArea:has(img) { justify-content: center; }
.reveal .jp-OutputArea-child { flex: 0 1 auto; max-width: 100%; width: auto; }
.reveal .jp-OutputArea:not(:has(img)) { padding-left: 60px; }
.reveal .jp-RenderedImage { flex: none; }
.reveal .jp-OutputArea-output { margin: 0; overflow: visible; }
.reveal div.jp-OutputArea-output > pre { font-size: 18px; line-height: 1.25; width: max-content; }
.reveal div.jp-OutputArea-output > pre { max-width: 1120px; white-space: pre-wrap; }
.reveal .jp-RenderedMarkdown table { font-size: 18px; }
.reveal .jp-RenderedImage img { display: block; margin: 0 auto; max-height: 560px; max-width: 100%; }
.reveal section section:has(h2, h3) .jp-RenderedImage img { max-height: 440px; }
.reveal .jp-OutputArea-output table { font-size: 17px; margin: 0 0 6px; }
.reveal .gmm-player { margin: 0 auto; max-width: 1000px; padding: 0; }
.reveal .gmm-picture img { margin: 0; max-height: none; max-width: 100%; }
.reveal .gmm-table { display: none; } /* no room; it is in the notebook */
.reveal .film { display: grid; justify-items: center; }
.reveal .film img { grid-area: 1 / 1; margin: 0; max-height: 600px; max-width: 1000px; }
.reveal section section:has(h2, h3, ol) .film img { max-height: 440px; }
"""
# as large as the words around them
FORMULAS = '<script type="text/x-mathjax-config">MathJax.Hub.Config({CommonHTML: {scale: 86}});</script>\n'

# what only a reader with a kernel can do
IN_A_NOTEBOOK = re.compile(r"<!-- in a notebook -->((?!<!--).)*", re.DOTALL)

# In the place of a cell's last line, which shows a widget. On a page nothing answers one, so its pictures are kept.
FROZEN_STEPPER = """\
from IPython.display import HTML as Kept

{name}.restyle(lecture=True)
Kept({name}.freeze())"""
FILM = """\
from base64 import b64encode
from IPython.display import HTML as Kept

pictures = []
for number, (words, png) in enumerate({name}.film()[1]):
    how = f'class="fragment" data-fragment-index="{{number - 1}}"' if number else ""
    picture = b64encode(png).decode()
    pictures.append(f'<img {{how}} src="data:image/png;base64,{{picture}}" alt="{{words["alt"]}}">')
Kept(f'<div class="film">{{"".join(pictures)}}</div>')"""


# What each cell becomes.


def slide_types(notebook, codes=()):
    """Return for each cell what it becomes: a pair of its slide type and whether its code is hidden.

    A heading begins a slide, a formula one below it. A picture, a stepper or a piece of the lesson's own code has its
    own, unless few words lead to it; a stepper always has one. What a check prints stands under the words that
    explain it, without its code. Long prose and answers are notes for the lecturer. All other code, exercises and
    what comes after them are skipped.
    """
    kinds, section = [], ""
    for cell in notebook.cells:
        heading = re.search(r"^#{1,2} (.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
        section = heading.group(1) if heading else section
        left_out = section in NOT_IN_A_LECTURE or {"exercise", "answer", "check", "remove-cell"} & set(
            cell.metadata.get("tags", ())
        )
        kinds.append("nothing" if left_out else _kind(cell, codes))
    types = []
    for i, (cell, kind) in enumerate(zip(notebook.cells, kinds, strict=True)):
        before, after = kinds[i - 1] if i else "", kinds[i + 1] if i + 1 < len(kinds) else ""
        led_to = before in {"heading", "words"} and _is_short(notebook.cells[i - 1])
        if kind == "heading":
            types.append("slide" if re.search(r"^##? ", cell.source, re.MULTILINE) else "subslide")
        elif kind == "words":
            types.append("subslide" if after in {"picture", "code", "numbers"} else "notes")
        elif kind == "notice":
            types.append("fragment" if before == "picture" and types[-1] == "subslide" else "notes")
        elif kind == "numbers":
            types.append("-" if before in {"heading", "formula", "words"} else "skip")
        elif kind in {"picture", "code"}:
            fills_a_slide = "Stepper(" in cell.source or (kind, before) == ("code", "heading")
            types.append("-" if led_to and not fills_a_slide else "subslide")
        else:
            types.append({"formula": "subslide", "notes": "notes"}.get(kind, "skip"))
    hidden = [kind in {"picture", "numbers"} and found != "skip" for kind, found in zip(kinds, types, strict=True)]
    return list(zip(types, hidden, strict=True))


def _kind(cell, codes):
    """What a cell is: heading, formula, notice, words, notes, picture, code, numbers or nothing."""
    if cell.cell_type == "markdown":
        if "<details>" in cell.source:
            return "notes"
        if re.search(r"^#{1,3} ", cell.source, re.MULTILINE):
            return "heading"
        if cell.source.startswith("**Notice**"):
            return "notice" if _is_short(cell) else "notes"
        if "$$" in cell.source:
            return "formula"
        return "words" if _is_short(cell) else "notes"
    if _shows_a_picture(cell.source):
        return "picture"
    lines = cell.source.splitlines()
    fits = len(lines) <= MOST_LINES and max(map(len, lines)) <= MOST_COLUMNS
    chosen = any(cell.source.startswith(start) for start in codes)
    if fits and (chosen or _only_defines(cell.source)):
        return "code"
    return "numbers" if re.search(r"^ *print\(", cell.source, re.MULTILINE) else "nothing"


def _is_short(cell):
    return len(cell.source.split()) <= MOST_WORDS


def _shows_a_picture(source):
    *_, last = ast.parse(source).body
    shows_a_widget = isinstance(last, ast.Expr) and isinstance(last.value, ast.Name)
    return shows_a_widget or "plt.show()" in source or "display(HTML(" in source


def _only_defines(source):
    return all(isinstance(statement, ast.FunctionDef) for statement in ast.parse(source).body)


def tag(notebook, codes):
    """Set the metadata of a notebook's cells; `codes` None makes no slides. What its author folded stays folded."""
    types = [(None, False)] * len(notebook.cells) if codes is None else slide_types(notebook, codes)
    for cell, (slide_type, hidden) in zip(notebook.cells, types, strict=True):
        cell.metadata.pop("slideshow", None)
        if slide_type:
            cell.metadata["slideshow"] = {"slide_type": slide_type}
        if hidden:
            cell.metadata["jupyter"] = {"source_hidden": True}
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        tags = [name for name in cell.metadata.pop("tags", []) if name != HIDE_CODE] + [HIDE_CODE] * folded
        if tags:
            cell.metadata["tags"] = tags


def tag_all():
    """Set the metadata of all notebooks, and write those that changed."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        before = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(before, as_version=4)
        tag(notebook, SHOWN.get(path.stem))
        after = nbformat.writes(notebook) + "\n"
        if after != before:
            path.write_text(after, encoding="utf-8", newline="\n")
            print("tagged", path.name)


# The pages.


def still_alive(source):
    """Return the source of a code cell with the widget that it shows, if any, kept in the page."""
    found = re.search(r"^(\w+)\Z", source, re.MULTILINE)
    if not found:
        return source
    keep = FROZEN_STEPPER if re.search(rf"^{found[1]} = Stepper\(", source, re.MULTILINE) else FILM
    return source[: found.start()] + keep.format(name=found[1])


def page(path, files=None):
    """Run a notebook and return its slides as HTML.

    Parameters
    ----------
    path : Path
    files : dict, optional
        Where the page finds what it needs, as FILES_OF_A_PAGE; without it, on the network.
    """
    notebook = nbformat.read(path, as_version=4)
    tag(notebook, SHOWN[path.stem])
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        cell.source = IN_A_NOTEBOOK.sub("", cell.source)
        if cell.metadata["slideshow"]["slide_type"] == "notes":
            cell.source = cell.source.replace("<details>", "<details open>")  # the lecturer should not have to unfold
    notebook.metadata.pop("widgets", None)
    return as_page(notebook, path.parent, files)


def as_page(notebook, folder, files=None):
    """Run a notebook whose cells are slides in a folder, and return it as HTML."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = still_alive(cell.source)
    config = Config(
        SlidesExporter={"reveal_width": str(WIDTH), "reveal_height": str(HEIGHT), "exclude_anchor_links": True}
        | {"reveal_theme": "white", "reveal_number": "c/t", "reveal_transition": "none"}
        | (files or {}),
        TagRemovePreprocessor={"enabled": True, "remove_input_tags": {HIDE_CODE}},
        ExecutePreprocessor={"enabled": True, "store_widget_state": False},
    )
    html, _ = SlidesExporter(config=config).from_notebook_node(notebook, {"metadata": {"path": str(folder)}})
    # no notebook has a diagram of mermaid's, and without a network the page would look for it in vain
    html = re.sub(r"<script type=.module.>\s*import mermaid.*?</script>", "", html, count=1, flags=re.DOTALL)
    return html.replace("</head>", f"{FORMULAS}<style>{STYLE}</style>\n</head>", 1)


def main(arguments=None):
    """Set the tags, or make the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tags", action="store_true", help="set the tags in the notebooks, and make no slides")
    parser.add_argument("numbers", nargs="*", help="the first digits of notebooks, as 01 03")
    parsed = parser.parse_args(arguments)
    if parsed.tags:
        tag_all()
        return
    decks = [*SHOWN, LECTURE]
    unknown = [number for number in parsed.numbers if not any(name.startswith(number) for name in decks)]
    if unknown:
        sys.exit(f"no slides of {', '.join(unknown)}; there are {', '.join(decks)}")
    SLIDES.mkdir(exist_ok=True)
    files = FILES_OF_A_PAGE if (SLIDES / "node_modules").is_dir() else None
    for name in decks:
        if not parsed.numbers or name.startswith(tuple(parsed.numbers)):
            out = SLIDES / f"{name}.slides.html"
            whole = (
                page(NOTEBOOKS / f"{name}.ipynb", files) if name in SHOWN else as_page(lecture.notebook(), ROOT, files)
            )
            out.write_text(whole, encoding="utf-8")
            print(out.relative_to(ROOT), f"{out.stat().st_size / 1e6:.1f} MB", "" if files else "(needs the network)")


if __name__ == "__main__":
    main()
