"""Every address of the project follows from one place, and one command moves them all."""

import re
import runpy
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from test_project import files_of_the_project

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "site"))
import place  # noqa: E402


def test_addresses():
    assert place.code("alice/em") == "https://github.com/alice/em"
    assert place.site("Alice/em") == "https://alice.github.io/em/"
    assert place.site("Alice/alice.github.io") == "https://alice.github.io/"
    assert place.binder("alice/em", "notebooks/a.ipynb") == (
        "https://mybinder.org/v2/gh/alice/em/main?urlpath=lab/tree/notebooks/a.ipynb"
    )
    assert place.colab("alice/em", "notebooks/a.ipynb") == (
        "https://colab.research.google.com/github/alice/em/blob/main/notebooks/a.ipynb"
    )


def test_github_says_which_repository_it_builds(monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert place.repository() == place.STORED
    monkeypatch.setenv("GITHUB_REPOSITORY", "alice/em")
    assert place.repository() == "alice/em"
    monkeypatch.setenv("GITHUB_REPOSITORY", "alice")
    with pytest.raises(ValueError, match=r"'alice' is no repository.*OWNER/NAME"):
        place.repository()


@pytest.mark.parametrize(
    "arguments", [[""], ["alice"], ["a/b/c"], ["a b/c"], ["https://github.com/alice/em"], ["alice", "em"]]
)
def test_what_names_no_repository_is_refused_and_changes_nothing(arguments, monkeypatch, tmp_path):
    (tmp_path / "README.md").write_text("as it is", encoding="utf-8")
    monkeypatch.setattr(place, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="OWNER/NAME"):
        place.main(arguments)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "as it is"


def everything():
    """Return every file of the project that is text."""
    return [path for path in files_of_the_project() if path.suffix not in {".png", ".csv"}]


def test_no_address_stands_anywhere_before_one_is_set():
    """Else README, site and notebooks would lead to nothing, and so would a badge."""
    if place.known(place.STORED):
        pytest.skip("here one is set")
    stand_in = {"OWNER/" + "gmm_teach", "owner." + "github.io"}
    tools = {ROOT / "docs" / "site" / "place.py", Path(__file__)}
    found = {path for path in everything() for word in stand_in if word in path.read_text(encoding="utf-8")}
    assert found - tools == set()
    assert "docs/badges" not in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def copy(monkeypatch, tmp_path):
    """A copy of the files that have addresses."""
    names = ["README.md", "CITATION.cff", "docs/teaching.md", "docs/site/place.py"]
    paths = (path for path in files_of_the_project() if path.suffix == ".ipynb")
    names += [path.relative_to(ROOT).as_posix() for path in paths]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setattr(place, "ROOT", tmp_path)
    return tmp_path


def test_one_command_writes_every_address(copy):
    place.main(["Alice/em"])
    readme, teaching = ((copy / name).read_text(encoding="utf-8") for name in ("README.md", "docs/teaching.md"))
    first = "notebooks/01_watch_em_learn.ipynb"
    asked = "repo=https%3A%2F%2Fgithub.com%2FAlice%2Fem&branch=main&urlpath=lab%2Ftree%2Fem%2Fnotebooks%2F01_"
    places = [place.site("Alice/em"), place.binder("Alice/em", first), place.colab("Alice/em", first)]
    badges = re.findall(r"\[!\[(.+?)\]\((.+?)\)\]\((.+?)\)", readme)
    *addresses, link_maker = [address for _, _, address in badges]
    assert addresses == places
    assert link_maker.startswith(f"https://nbgitpuller.readthedocs.io/en/latest/link.html?{asked}")
    for _, picture, _ in badges:
        assert ElementTree.parse(ROOT / picture).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert f"/hub/user-redirect/git-pull?{asked}" in teaching
    citation = yaml.safe_load((copy / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["repository-code"], citation["url"]) == (place.code("Alice/em"), place.site("Alice/em"))
    for path in (copy / "notebooks").rglob("*.ipynb"):
        assert path.read_text(encoding="utf-8").count("git+https://github.com/Alice/em") == 1, path
    assert runpy.run_path(str(copy / "docs" / "site" / "place.py"))["STORED"] == "Alice/em"


def test_it_can_be_moved_again_and_taken_back(copy):
    before = {path: path.read_text(encoding="utf-8") for path in copy.rglob("*.*") if path.is_file()}
    place.main(["Alice/em"])
    place.main(["bob/mixtures"])
    for path in (copy / "README.md", copy / "CITATION.cff", *(copy / "notebooks").rglob("*.ipynb")):
        assert "Alice/em" not in path.read_text(encoding="utf-8"), path
    place.main([place.STORED])
    assert {path: path.read_text(encoding="utf-8") for path in before} == before
