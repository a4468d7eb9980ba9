"""The project around the module: what is installed, what imports what, and whether the documents say what is true."""

import doctest
import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import nbformat
import pytest
import yaml

import gmm_teach

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")

NAME_ON_CONDA_FORGE = {"matplotlib": "matplotlib-base", "dask": "dask-core"}

PATH_OF_A_MACHINE = re.compile(r"(?<![\w.{}])/(?:root|home|Users|work|tmp|var/folders)/\w|\b[A-Z]:\\+Users")


def split(requirement):
    """Return "numpy>=2.0,<3; sys_platform != 'emscripten'" as ("numpy", ">=2.0,<3")."""
    name, bounds = re.fullmatch(r"([\w.-]+)\s*([^;]*)(?:;.*)?", requirement).groups()
    return name, bounds.replace(" ", "")


def extra(name):
    """Return what an extra adds, from name to bounds, without our own other extras."""
    return dict(split(text) for text in PROJECT["optional-dependencies"][name] if not text.startswith("gmm-teach["))


def files_of_the_project():
    """Every file that git holds, or would."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout, so no list of the project's files")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


# What is installed.


def packages_of_the_notebooks():
    return PROJECT["dependencies"] + PROJECT["optional-dependencies"]["scale"]


def test_environment_yml_has_what_conda_and_binder_read():
    """Names, bounds and form are checked; that conda can solve them is not, since that takes conda and its channels."""
    assert set(ENVIRONMENT) == {"name", "channels", "dependencies"}
    assert ENVIRONMENT["name"] == "gmm_teach"
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    *packages, pip = ENVIRONMENT["dependencies"]
    assert pip == {"pip": ["-e ."]}
    for package in packages:
        assert re.fullmatch(r"[a-z][a-z0-9-]*((>=|=)\d+(\.\d+)*)?", package), package


def test_environment_yml_is_in_step_with_pyproject():
    wanted = {NAME_ON_CONDA_FORGE.get(name, name): bounds for name, bounds in map(split, packages_of_the_notebooks())}
    wanted |= {"nbval": extra("test")["nbval"], "pip": ""}
    python, *packages = [package for package in ENVIRONMENT["dependencies"] if isinstance(package, str)]
    assert dict(map(split, packages)) == wanted
    assert len(packages) == len(wanted)
    minor = int(re.fullmatch(r"python=3\.(\d+)", python).group(1))  # one version, since Binder reads no ">="
    assert minor >= int(PROJECT["requires-python"].removeprefix(">=3."))


def test_every_dependency_has_a_lower_bound():
    bounds = [dict(map(split, PROJECT["dependencies"])), *map(extra, PROJECT["optional-dependencies"])]
    for name, bound in chain.from_iterable(packages.items() for packages in bounds):
        assert bound.startswith(">="), name


def test_every_command_of_run_py_asks_for_extras_that_there_are():
    names = re.findall(r'^    "(\w+)": \(\{(.+?)\}', (ROOT / "run.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert [command for command, _ in names] == ["lab", "quick", "test", "site"]
    for _, extras in names:
        assert set(re.findall(r'"(\w+)"', extras)) <= set(PROJECT["optional-dependencies"])


def test_run_py_asks_for_the_python_of_pyproject():
    oldest = re.search(r"^OLDEST = \((\d+), (\d+)\)$", (ROOT / "run.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert PROJECT["requires-python"] == ">={}.{}".format(*oldest.groups())


def test_run_py_opens_a_notebook_that_exists():
    page = re.search(r'^FIRST_PAGE = "/lab/tree/(.+)"$', (ROOT / "run.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert (ROOT / page.group(1)).is_file()


# What the documents say.


def test_one_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert PROJECT["version"] == gmm_teach.__version__ == citation["version"]


def test_reference_managers_can_read_the_citation():
    """It fits the schema of the format, which comes with check-jsonschema."""
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.citation-file-format"]
    done = subprocess.run([*check, str(ROOT / "CITATION.cff")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_code_and_text_have_a_licence_each_and_the_points_a_source():
    assert PROJECT["license"] == "BSD-3-Clause AND CC-BY-4.0"
    assert PROJECT["license-files"] == ["LICENSE", "LICENSE-TEXT.md"]
    text = (ROOT / "LICENSE-TEXT.md").read_text(encoding="utf-8")
    assert "creativecommons.org/licenses/by/4.0/" in text
    data = {path.name for path in (ROOT / "gmm_teach" / "datasets" / "data").glob("post*")}
    assert all(name in text for name in data)
    assert "https://ahstat.github.io/Optimizing-GMM-using-EM/" in text
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](LICENSE)" in readme
    assert "](LICENSE-TEXT.md)" in readme


def test_citation_names_the_post():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["license"] in PROJECT["license"].split()
    (post,) = citation["references"]
    assert post["title"] == "Optimizing GMM parameters using EM"
    assert [author["alias"] for author in post["authors"]] == ["ahstat"]
    assert post["date-published"] == "2017-02-11"


def test_the_map_of_the_readme_is_the_folder():
    table = README.partition("## All the notebooks")[2].partition("\n## ")[0]
    mapped = re.findall(r"\[([^]]+)\]\((notebooks/[^)]+\.ipynb)\)", table)
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    titles = [nbformat.read(path, as_version=4).cells[0].source.splitlines()[0] for path in paths]
    assert [(f"# {title}", path) for title, path in mapped] == [
        (title, f"notebooks/{path.name}") for title, path in zip(titles, paths, strict=True)
    ]


def test_the_example_of_the_readme_is_true():
    failures, examples = doctest.testfile(str(ROOT / "README.md"), module_relative=False, encoding="utf-8")
    assert examples > 0
    assert failures == 0


def test_readme_and_ci_give_the_same_command():
    assert "python3 run.py lab" in README
    assert "python3 run.py test" in README
    assert "python3 run.py test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_path_of_a_machine():
    for path in files_of_the_project():
        if path.suffix not in {".png", ".csv"}:
            found = PATH_OF_A_MACHINE.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path.name}: {found}"


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_is_content(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_pyright_is_content():
    if not shutil.which("node"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "pyright needs Node.js (on Debian: apt-get install nodejs)"
        )
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "0 errors" in done.stdout


def test_words_are_spelled_as_usual():
    files = [path for path in files_of_the_project() if path.suffix in {".md", ".py", ".ipynb", ".js", ".toml", ".yml"}]
    command = [sys.executable, "-m", "codespell_lib", "--toml", "pyproject.toml", *map(str, files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_pre_commit_uses_a_ruff_within_our_bounds():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    (revision,) = [hook["rev"] for hook in hooks if hook["repo"].endswith("/ruff-pre-commit")]
    version = [int(part) for part in revision.removeprefix("v").split(".")]
    low, high = re.fullmatch(r">=([\d.]+),<([\d.]+)", extra("test")["ruff"]).groups()
    assert [int(part) for part in low.split(".")] <= version < [int(part) for part in high.split(".")]
