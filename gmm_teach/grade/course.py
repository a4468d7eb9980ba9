"""The notebooks of the course: their exercises, and the set-up that these need."""

import ast
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

LARGEST = 50_000_000  # bytes of a notebook; one with more was not made by hand


@dataclass
class Exercise:
    """What an exercise is made of, and the answer of a submission in `answer`."""

    title: str
    statement: str
    cell_id: str
    stub: str
    check: str
    names: set
    answer: str = ""


@dataclass
class Notebook:
    """A notebook of the course: what it defines before its exercises, the exercises, and the sources of its cells."""

    name: str
    set_up: list = field(default_factory=list)
    exercises: list = field(default_factory=list)
    sources: set = field(default_factory=set)


def notebooks_folder() -> Path:
    """Return the folder with the notebooks: that of an installed package, or of the checkout."""
    package = Path(__file__).parents[1]
    installed = package / "_notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"


def read_course(folder):
    """Return from its name each notebook that has exercises; `solutions/` has the set-up that these need."""
    course = {}
    for path in sorted(Path(folder, "solutions").glob("*.ipynb")):
        notebook = course[path.stem] = Notebook(path.stem)
        cells = cells_of(path.parents[1] / path.name)
        notebook.sources = {cell["source"] for cell in cells}
        tagged = {tag: [c for c in cells if tag in c["tags"]] for tag in ("exercise", "answer", "check")}
        for statement, answer, check in zip(*tagged.values(), strict=True):
            found = re.search(r"\*\*(.+?)\.?\*\*", statement["source"])
            title = found[1] if found else f"exercise {len(notebook.exercises) + 1}"
            source, stub = statement["source"], answer["source"]
            notebook.exercises.append(
                Exercise(title, source, answer.get("id", ""), stub, check["source"], defined(stub))
            )
        answered = {name for exercise in notebook.exercises for name in exercise.names}
        notebook.set_up = [
            cell["source"]
            for cell in cells_of(path)
            if cell["is code"]
            and not {"answer", "check", "remove-cell"} & cell["tags"]
            and not answered & used(cell["source"])  # such a cell says why an answer is right
        ]
    return course


def cells_of(path):
    """Return the cells of a notebook file; a ValueError says why it is none."""
    if path.stat().st_size > LARGEST:
        raise ValueError(f"not a notebook: more than {LARGEST // 1_000_000} MB")
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            cell["source"] = "".join(cell["source"])
            cell["tags"] = {*(cell["metadata"].get("tags") or ())}
            cell["is code"] = cell["cell_type"] == "code"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("not a notebook: it cannot be read as one. Was the right file saved and handed in?") from None
    return cells


def _parse(source):
    """Return the syntax tree of a cell, or None where it has none."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def used(source):
    """Return the names that a cell speaks of."""
    tree = _parse(source)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} if tree else set()


def defined(source):
    """Return the names that a cell gives a value at its top level; of a broken cell, what looks like them."""
    tree = _parse(source)
    if tree is None:
        return set(re.findall(r"^(?:def\s+)?(\w+)\s*[(=]", source, re.MULTILINE))
    targets = [node for statement in tree.body if isinstance(statement, (ast.Assign, ast.AnnAssign)) for node in
               ast.walk(statement)]  # fmt: skip
    names = {node.id for node in targets if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
