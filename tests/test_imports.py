"""What imports what: arrows go widgets -> plots -> maths, practice uses maths only, and nothing goes in a circle."""

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import gmm_teach

HOUSE = Path(gmm_teach.__file__).parent
# These take long to load or need not be there, so they may be imported where they are used.
HEAVY = {"scipy", "sklearn", "dask", "distributed", "threadpoolctl"}
# Never loaded by an import of ours: in a browser the first picture need not wait for them.
UNWANTED = {"matplotlib.pyplot", "scipy", "sklearn", "pandas", "dask", "distributed"}


def modules_of(house):
    """Return every module of a package: from its full name to its file."""
    parts = {path: path.relative_to(house.parent).with_suffix("").parts for path in house.rglob("*.py")}
    return {".".join(part for part in parts[path] if part != "__init__"): path for path in sorted(parts)}


def imports_of(name, path, modules):
    """Yield (module, whether the import stands in a function) for all that a file imports, in full names.

    To import ``a.b.c`` runs ``a.b`` first: an arrow too, unless the importing module is inside ``a.b`` itself.
    """
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    ]
    hidden = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            inside = [f"{base}.{alias.name}" for alias in node.names]
            found = [full if full in modules else base for full in inside]
        else:
            continue
        for full in found:
            steps = full.split(".")
            for i in range(1, len(steps) + 1):
                target = ".".join(steps[:i])
                if target == full or not f"{name}.".startswith(f"{target}."):
                    yield target, id(node) in hidden


def graph_of(house):
    """Return, for each module of a package, the modules of that package that it imports when it is loaded."""
    modules = modules_of(house)
    arrows = {name: set(imports_of(name, path, modules)) for name, path in modules.items()}
    return {name: {target for target, _ in arrows[name]} & set(modules) - {name} for name in modules}


def layer(name):
    """Return what a module of ours belongs to."""
    first = name.split(".")[1] if "." in name else ""
    return first if first in {"plots", "practice", "widgets"} else "maths"


GRAPH = graph_of(HOUSE)
MAY_USE = {
    "maths": {"maths"},
    "practice": {"maths", "practice"},
    "plots": {"maths", "plots"},
    "widgets": {"maths", "practice", "plots", "widgets"},
}


def test_the_graph_is_that_of_the_whole_house():
    assert len(GRAPH) == len(list(HOUSE.rglob("*.py"))) > 30
    assert "gmm_teach.mixture" in GRAPH["gmm_teach.em"]
    assert {"gmm_teach.practice", "gmm_teach.practice.own_code"} <= GRAPH["gmm_teach.widgets.playback"]


def test_there_is_no_circle():
    try:
        list(TopologicalSorter(GRAPH).static_order())
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize("name", sorted(GRAPH))
def test_arrows_go_one_way(name):
    for target in GRAPH[name]:
        assert layer(target) in MAY_USE[layer(name)], f"{name} imports {target}"


@pytest.mark.parametrize("name", sorted(GRAPH))
def test_only_what_is_heavy_is_imported_in_a_function(name):
    arrows = imports_of(name, modules_of(HOUSE)[name], GRAPH)
    assert {target.split(".")[0] for target, in_a_function in arrows if in_a_function} <= HEAVY
    if name != "gmm_teach":  # which loads plots and widgets when they are asked for
        assert not re.search(r"\bimport_module\b|__import__", modules_of(HOUSE)[name].read_text(encoding="utf-8"))


def test_the_top_is_a_reading_list():
    listed = re.findall(r"``(\w+)``", gmm_teach.__doc__)
    top = {path.stem for path in HOUSE.glob("[!_]*.py")} | {path.parent.name for path in HOUSE.glob("*/__init__.py")}
    assert sorted(listed) == sorted(top)
    for i, module in enumerate(listed):
        later = {f"gmm_teach.{name}" for name in listed[i + 1 :] if name not in {"datasets", "practice", "widgets"}}
        if module not in {"datasets", "practice", "widgets"}:
            assert GRAPH[f"gmm_teach.{module}"] & later == set(), f"{module} stands too early in the list"


def test_a_circle_a_wrong_arrow_and_a_hidden_import_are_seen(tmp_path):
    house = tmp_path / "house"
    for name, text in {
        "__init__.py": "from .a import x\n",
        "a.py": "def x():\n    from .inner.b import y\n    import sklearn.cluster\n",
        "inner/__init__.py": "",
        "inner/b.py": "from .. import a\nimport numpy.linalg as la\n",
    }.items():
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        (house / name).write_text(text, encoding="utf-8")
    graph = graph_of(house)
    assert graph["house"] == {"house.a"}
    assert graph["house.a"] == {"house.inner", "house.inner.b"}
    assert graph["house.inner.b"] == {"house.a"}
    with pytest.raises(CycleError):
        list(TopologicalSorter(graph).static_order())
    hidden = {target for target, in_a_function in imports_of("house.a", house / "a.py", graph) if in_a_function}
    assert hidden == {"house.inner", "house.inner.b", "sklearn", "sklearn.cluster"}


# What is really loaded, each time by an interpreter that has loaded nothing yet.


def python(code):
    """Run code in a fresh interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("layers", "forbidden"),
    [
        ({"maths", "practice"}, UNWANTED | {"matplotlib", "ipywidgets", "IPython", "anywidget"}),
        ({"plots"}, UNWANTED | {"ipywidgets", "IPython", "anywidget"}),
        ({"widgets"}, UNWANTED),
    ],
    ids=["maths", "plots", "widgets"],
)
def test_no_more_is_loaded_than_is_needed(layers, forbidden):
    names = [name for name in GRAPH if layer(name) in layers]
    loaded = set(python(f"import sys, {', '.join(names)}; print(*sys.modules)").split())
    assert set(names) <= loaded
    assert forbidden & loaded == set()


def test_every_public_name_is_there_after_one_import():
    code = "import gmm_teach; print(*(n for n in gmm_teach.__all__ if getattr(gmm_teach, n, None) is not None))"
    assert python(code).split() == gmm_teach.__all__
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = gmm_teach.no_such_name


def test_dir_shows_the_public_names():
    assert dir(gmm_teach) == sorted(gmm_teach.__all__)
    public = {path.stem for path in HOUSE.glob("[!_]*.py")} - {"em", "mixture", "runs", "blocks"}
    assert public <= set(dir(gmm_teach))
