"""JupyterLite in the site: complete, with all that gmm_teach needs, and its Python starts in Chromium.

Pyodide's server is not asked: `pyodide.py` says what stands in for it. So NumPy, SciPy and the like are not there, and
no notebook can be run to its end here.
"""

import hashlib
import json
import re
import zipfile
from email.parser import Parser
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from browser.jupyterlab import IN_TIME, KERNEL_IS_READY, KERNEL_OF_NOTEBOOK, PATIENCE
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from playwright.sync_api import expect
from pyodide import ADDRESS, OF_THE_KERNEL
from reader import Reader

ROOT = Path(__file__).parents[2]
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
MOST_BYTES = 30_000_000
FIRST = "01_watch_em_learn"
FROM_THE_SITE = ("piplite", "ipykernel", "comm", "pyodide-kernel", "gmm-teach")  # the kernel's, and ours
COMPILED = ("numpy", "scipy", "matplotlib", "scikit-learn", "pillow")


@pytest.fixture(scope="session")
def lite(site):
    return site / "lite"


@pytest.fixture(scope="session")
def settings(lite):
    return json.loads((lite / "jupyter-lite.json").read_text(encoding="utf-8"))["jupyter-config-data"]


@pytest.fixture(scope="session")
def wheels(lite, settings):
    """From the name of a package to the wheels of it in the site, each with its entry in the index."""
    wheels = {}
    for url in settings["litePluginSettings"][KERNEL]["pipliteUrls"]:
        index = lite / urlsplit(url).path
        for name, project in json.loads(index.read_text(encoding="utf-8")).items():
            entries = [entry | {"version": number} for number, files in project["releases"].items() for entry in files]
            wheels.setdefault(name, []).extend((index.parent / entry["url"], entry) for entry in entries)
    return wheels


# What is in the folder.


def test_it_is_complete(lite, settings):
    extensions = {extension["name"]: extension["load"] for extension in settings["federated_extensions"]}
    wanted = {"@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension", "anywidget"}
    assert wanted <= set(extensions)
    for name, load in extensions.items():
        assert (lite / "extensions" / name / load).is_file(), name
    addresses = settings["litePluginSettings"][KERNEL]["pipliteUrls"]
    assert len(addresses) == 2
    for url in addresses:
        assert hashlib.sha256((lite / urlsplit(url).path).read_bytes()).hexdigest() in url
    for app in ("lab", "notebooks", "tree", "edit"):
        assert (lite / app / "index.html").is_file()


def test_it_is_not_heavy(lite):
    assert sum(path.stat().st_size for path in lite.rglob("*") if path.is_file()) < MOST_BYTES
    assert list(lite.rglob("*.map")) == []


def test_readers_find_every_notebook_as_it_is_stored(lite):
    paths = [path for path in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts]
    assert len(paths) > 25
    for path in paths:
        name = path.relative_to(ROOT)
        assert (lite / "files" / name).read_bytes() == path.read_bytes()
        listed = json.loads((lite / "api" / "contents" / name.parent / "all.json").read_text(encoding="utf-8"))
        assert path.name in {entry["name"] for entry in listed["content"]}


def test_readers_find_the_files_that_notebooks_link_to(lite):
    for path in (lite / "files" / "notebooks").rglob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            links = re.findall(r"\]\(([^)#:\s]+)[^):\s]*\)", cell.source) if cell.cell_type == "markdown" else ()
            for link in links:
                assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_the_wheel_of_gmm_teach_is_the_module(wheels):
    ((path, entry),) = wheels["gmm-teach"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["digests"]["sha256"]
    with zipfile.ZipFile(path) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist() if name.startswith("gmm_teach/")}
    module = [path for path in (ROOT / "gmm_teach").rglob("*.*") if path.suffix != ".pyc"]
    exercises = {name for name in files if name.startswith("gmm_teach/_notebooks/")}  # what gmm_teach.grade needs
    assert exercises
    written = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in module}
    assert {name: files[name] for name in set(files) - exercises} == written
    assert "gmm_teach/datasets/data/post.csv" in files


def needs(path):
    """Return what a wheel requires."""
    with zipfile.ZipFile(path) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist", [])


def not_to_be_had(wheels, pyodide):
    """Return what readers' Pyodide would have to ask of PyPI, in words."""
    in_a_browser = {
        **{"sys_platform": "emscripten", "platform_system": "Emscripten", "platform_machine": "wasm32"},
        **{
            "os_name": "posix",
            "extra": "",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        },
        **{"python_version": pyodide.python.rpartition(".")[0], "python_full_version": pyodide.python},
    }
    todo, seen, missing = [(name, "it") for name in (*OF_THE_KERNEL, *FROM_THE_SITE)], set(), []
    while todo:
        text, who = todo.pop()
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if text in seen or (requirement.marker and not requirement.marker.evaluate(in_a_browser)):
            continue
        seen.add(text)
        pyodides = pyodide.packages.get(name)
        if pyodides and requirement.specifier.contains(pyodides["version"]):
            todo += [(depends, name) for depends in pyodides["depends"]]
            continue
        fitting = [path for path, entry in wheels.get(name, ()) if requirement.specifier.contains(entry["version"])]
        if not fitting:
            missing.append(f"{who} needs {text}")
        todo += [(need, name) for path in fitting for need in needs(path)]
    return missing


def test_nothing_need_be_asked_of_pypi(wheels, pyodide):
    assert not_to_be_had(wheels, pyodide) == []
    without = {name: found for name, found in wheels.items() if name != "psygnal"}
    assert not_to_be_had(without, pyodide) == ["anywidget needs psygnal>=0.8.1"]


# In the browser.


class Lite:
    """Notebook 01 in JupyterLite, with its Python running.

    Parameters
    ----------
    reader : Reader
    pyodide : Pyodide
        What its server would send.

    Attributes
    ----------
    asked : list of str
        Every address that the page, its workers and its service worker asked for.
    """

    def __init__(self, reader, pyodide):
        self.reader, self.page, self.asked = reader, reader.page, []
        self.page.context.on("request", lambda request: self.asked.append(request.url))
        self.page.context.route(ADDRESS, pyodide.answer)
        self.page.goto(f"{reader.address}/lite/notebooks/index.html?path=notebooks/{FIRST}.ipynb")
        self.page.wait_for_function("() => window.jupyterapp", timeout=PATIENCE * 1000)
        self.page.evaluate(IN_TIME, [KERNEL_IS_READY.replace("KERNEL", KERNEL_OF_NOTEBOOK), 2 * PATIENCE])

    def run(self, code):
        """Run code; return what it printed, and its error, if any, as name and words."""
        script = """async () => {
          let printed = '', error = '';
          const future = kernel.requestExecute({code: CODE});
          future.onIOPub = ({header, content}) => {
            if (header.msg_type === 'stream' && content.name === 'stdout') printed += content.text;
            if (header.msg_type === 'error') error = `${content.ename}: ${content.evalue}`;
          };
          await future.done;
          return [printed, error];
        }"""
        return self.page.evaluate(IN_TIME, [script.replace("CODE", json.dumps(code)), PATIENCE])


@pytest.fixture(scope="module")
def notebook(browser, address, pyodide):
    pyodide.fetch_wheels(pyodide.with_needs([*OF_THE_KERNEL, *COMPILED, "tqdm", "typing-extensions"]))
    reader = Reader(browser, address)
    yield Lite(reader, pyodide)
    reader.page.close()


def code_of(name, cell):
    return next(c.source for c in nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4).cells if c.id == cell)


def test_python_starts(notebook, pyodide):
    expect(notebook.page.get_by_role("heading", name="Watch EM learn", level=1)).to_be_visible()
    printed, error = notebook.run("import os, sys; print(sys.platform, sys.version.split()[0], os.getcwd())")
    assert (printed.split(), error) == (["emscripten", pyodide.python, "/drive/notebooks"], "")


def test_the_install_cell_installs_the_module(notebook):
    assert notebook.run(code_of(FIRST, "install")) == ["", ""]
    # the first picture does not wait for what it does not need
    assert [url for url in notebook.asked if re.search("scipy|openblas|scikit", url)] == []
    _, error = notebook.run("import gmm_teach")
    assert error == "<class 'ModuleNotFoundError'>: No module named 'numpy'"  # the stand-in for NumPy is empty
    named = "from importlib.metadata import version; print(version('gmm-teach'), version('numpy'))"
    printed, _ = notebook.run(named)
    assert printed.split()[0] == re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M)[1]


WIDGET = """
import anywidget, ipywidgets, traitlets
class Counter(anywidget.AnyWidget):
    _esm = '''export default {render({model, el}) {
      const button = document.createElement('button');
      const show = () => button.textContent = 'pressed ' + model.get('times');
      button.onclick = () => { model.set('times', model.get('times') + 1); model.save_changes(); };
      model.on('change:times', show); show(); el.append(button);
    }}'''
    times = traitlets.Int(0).tag(sync=True)
counter, slider = Counter(), ipywidgets.IntSlider(7)
counter.observe(lambda change: setattr(slider, 'value', 8), 'times')
ipywidgets.VBox([counter, slider])
"""


def test_widgets_of_both_kinds_speak_with_python(notebook):
    notebook.run(code_of(FIRST, "install"))
    add = "async code => { await jupyterapp.commands.execute('notebook:insert-cell-above'); ACTIVE.setSource(code); }"
    active = "jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel"
    notebook.page.evaluate(add.replace("ACTIVE", active), WIDGET)
    notebook.page.evaluate("() => jupyterapp.commands.execute('notebook:run-cell')")
    notebook.page.get_by_role("button", name="pressed 0").click(timeout=PATIENCE * 1000)
    expect(notebook.page.get_by_role("button", name="pressed 1")).to_be_visible()
    expect(notebook.page.locator(".widget-readout")).to_have_text("8")


def test_notebook_14_says_that_there_is_no_cluster(notebook):
    assert notebook.run("import sys\n" + code_of("14_beyond_one_machine", "set-up-dask")) == ["", ""]
    printed, error = notebook.run("need_cluster()")
    assert error == ""  # else Run All would end here
    assert printed.startswith("This cell needs a cluster, and Dask is not here. In a browser it cannot be;")


def test_nothing_goes_wrong_and_only_the_server_of_pyodide_is_asked(notebook):
    """Of all that the tests above did."""
    assert [text for text in notebook.reader.visit.said if not text.startswith("warning: ")] == []
    assert notebook.reader.visit.failed == []
    elsewhere = [url for url in notebook.asked if not url.startswith((notebook.reader.address, "blob:", "data:"))]
    origin = "{0.scheme}://{0.netloc}/".format(urlsplit(notebook.reader.address))
    assert [
        url for url in elsewhere if not ADDRESS.match(url) and not url.startswith(f"{origin}api/service-worker")
    ] == []
    assert any(ADDRESS.match(url) for url in elsewhere)
