"""Lay out what Sphinx reads: pages at their places in the repository, with links that lead somewhere on the site."""

import os
import re
import shutil
from html import escape
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import nbformat

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

PLAYER, PLAN = "<!-- player -->", "<!-- reading plan -->"  # where they go on the home page
FIRST = Path("notebooks/01_watch_em_learn.ipynb")
# what a notebook says only on its page, where nothing is alive: JupyterLab does not show comments. It takes the
# place of what stands only in the notebook, behind another comment
ON_THE_PAGE = re.compile(r"(?:<!-- in a notebook -->(?:(?!<!--).)*)?<!-- on the page: (.*?) -->", re.DOTALL)
WHAT_IT_SHOWS = re.compile(r"<summary>What the picture shows</summary>\n\n(.+?)\n\n</details>", re.DOTALL)
LINK = re.compile(r"(?<=\]\()([^)\s#]*)(#[^)\s]+)?(?=\))")
PICTURES = {".png", ".svg"}
LANGUAGES = {".py": "python", ".toml": "toml", ".yml": "yaml", ".cff": "yaml", ".js": "javascript", ".css": "css"}


TO_SOLUTIONS, SHORT = "](solutions/", 200  # letters of a cell that says no more than where they are
SOLUTIONS = re.compile(r"```\{toctree\}\n:caption: Solutions\n.*?```\n\n", re.DOTALL)


def stage(folder, notebooks):
    """Write all pages into a folder; without notebooks of solutions nothing leads to them.

    Parameters
    ----------
    folder : Path
    notebooks : dict
        From the path in the repository to the notebook with its outputs.
    """
    pages = {path.relative_to(HERE): path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.md"))}
    pages |= {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
    home, plan = Path("index.md"), (ROOT / "README.md").read_text(encoding="utf-8").split(PLAN)[1].strip()
    pages[home] = pages[home].replace(PLAN, plan).replace(PLAYER, player_of(notebooks[FIRST]))
    if not any(is_solution(path) for path in notebooks):
        del pages[Path("solutions.md")]
        pages[home] = SOLUTIONS.sub("", pages[home])
        notebooks = {path: without_solutions(notebook) for path, notebook in notebooks.items()}
    shutil.copytree(HERE / "api", folder / "api")
    linked = set()
    for path, notebook in notebooks.items():
        name_exercises(path, notebook, notebooks)
        dress_quick_checks(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = relink(ON_THE_PAGE.sub(r"\1", cell.source), path, linked)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / path)
    for path, text in pages.items():
        write(folder / path, relink(text, path, linked))
    # what the pages link to becomes a page too, and what that links to
    done = {*pages, *notebooks}
    while todo := linked - done:
        for path in sorted(todo):
            show_file(folder, path, linked)
        done |= todo


def is_solution(path):
    """Whether a file is one that a site without solutions leaves out."""
    return "solutions" in path.parts


def without_solutions(notebook):
    """Take from a notebook the sentences that lead to its solutions, or the whole cell where it says little more."""
    kept = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if TO_SOLUTIONS in text:
            if len(text) < SHORT:
                continue
            sentences = [part for part in re.split(r"(?<=[.?:)])(?=\s)", text) if TO_SOLUTIONS not in part]
            cell["source"] = "".join(sentences)
        kept.append(cell)
    notebook["cells"] = kept
    return notebook


def player_of(notebook):
    """Return the first frozen player of a notebook, as HTML for a page at the top of the site."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    shown = (output["data"].get("text/html", "") for output in outputs if "data" in output)
    return next(html for html in shown if "gmm-frozen" in html).replace("../_static/", "_static/")


def write(target, text):
    """Write a page, and its folder if that is missing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def relink(markdown, page, linked):
    """Return Markdown whose links Sphinx can follow; add to `linked` every file of the repository that they lead to.

    Places are named as on the site: in small letters, without punctuation. A file that is no page by itself gets one
    that shows it, so that a link to ``em.py`` leads to ``em.py.md``.
    """

    def follow(link):
        target, place = unquote(link[1]), link[2] or ""
        if "://" in target or target.startswith("mailto:"):
            return link[0]
        place = place and "#" + re.sub(r"[^\w\- ]", "", unquote(place).lower())
        file = Path(os.path.normpath(page.parent / target))
        if not target or not (ROOT / file).is_file():
            return link[1] + place
        linked.add(file)
        return link[1] + ("" if file.suffix in {".md", ".ipynb", *PICTURES} else ".md") + place

    return LINK.sub(follow, markdown)


def show_file(folder, path, linked):
    """Make a page of a file that others link to; a picture is just copied."""
    if path.suffix in PICTURES:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
        return
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.suffix == ".md":
        write(folder / path, f"---\norphan: true\n---\n\n{relink(text, path, linked)}")
        return
    fence = "`" * 9
    code = f"{fence}{LANGUAGES.get(path.suffix, 'text')}\n{text}\n{fence}\n"
    write(
        folder / f"{path}.md",
        f"---\norphan: true\nnosearch: true\n---\n\n# {path.name}\n\nThe file `{path}`.\n\n{code}",
    )


def name_exercises(path, notebook, notebooks):
    """Give every exercise an address; let it lead to its solution, and the solution to the exercise."""
    other = path.parent / "solutions" / path.name if path.parent.name == "notebooks" else path.parents[1] / path.name
    if other not in notebooks:
        return
    words = "A solution" if "solutions" in other.parts else "The exercise in its notebook"
    address = Path(os.path.relpath(other, path.parent)).with_suffix(".html").as_posix()
    exercises = [cell for cell in notebook.cells if "exercise" in cell.metadata.get("tags", ())]
    for number, cell in enumerate(exercises, start=1):
        link = f"<a class='gmm-to-solution' href='{address}#exercise-{number}'>{words}</a>"
        cell.source = f"<div class='gmm-exercise' id='exercise-{number}'>\n\n{cell.source}\n\n{link}\n\n</div>"


def dress_quick_checks(notebook):
    """Give every question of the quick check an address, and its picture the words that are folded below it."""
    for before, cell in pairwise(notebook.cells):
        if "quick-check" not in cell.metadata.get("tags", ()) or "<details>" not in cell.source:
            continue
        if before.cell_type == "code":
            alt = f"alt='{escape(WHAT_IT_SHOWS.search(cell.source)[1], quote=True)}'"
            for output in before.outputs:
                output.data["text/html"] = re.sub("alt='[^']*'", lambda _, alt=alt: alt, output.data["text/html"])
        cell.source = f"<div class='gmm-quick-check' id='{cell.id}'>\n\n{cell.source}\n\n</div>"
