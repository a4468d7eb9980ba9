"""Every address of the project follows from one place, and one command moves them all."""

import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from test_project import files_of_the_project

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "site"))
import place  # noqa: E402

ADDRESS = re.compile(r"https://(?:github\.com|[\w-]+\.github\.io)/[^\s)\"'`>\\]*")


def addresses_of_the_project(text):
    """Return those that name the stored repository, or its site."""
    owner, name = place.STORED.split("/")
    return {found for found in ADDRESS.findall(text) if name in found and owner.lower() in found.lower()}


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
    (tmp_path / "README.md").write_text(place.code(place.STORED), encoding="utf-8")
    monkeypatch.setattr(place, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="OWNER/NAME"):
        place.main(arguments)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == place.code(place.STORED)


def test_readme_and_citation_lead_there():
    assert place.site(place.STORED) in (ROOT / "README.md").read_text(encoding="utf-8")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["repository-code"] == place.code(place.STORED)
    assert citation["url"] == place.site(place.STORED)


def test_one_command_moves_every_address(monkeypatch, tmp_path):
    """Whatever file of the project has an address of it: none stays behind."""
    with_addresses = [
        path
        for path in files_of_the_project()
        if path.suffix not in {".png", ".csv"} and addresses_of_the_project(path.read_text(encoding="utf-8"))
    ]
    assert {ROOT / "README.md", ROOT / "CITATION.cff"} <= set(with_addresses)
    copies = [tmp_path / path.relative_to(ROOT) for path in (*with_addresses, ROOT / "docs" / "site" / "place.py")]
    for copy in copies:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / copy.relative_to(tmp_path), copy)
    monkeypatch.setattr(place, "ROOT", tmp_path)
    place.main(["Alice/em"])
    for copy in copies:
        assert addresses_of_the_project(copy.read_text(encoding="utf-8")) == set(), copy
    assert "https://alice.github.io/em/" in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert runpy.run_path(str(tmp_path / "docs" / "site" / "place.py"))["STORED"] == "Alice/em"


def test_an_address_is_known_when_it_is_seen():
    site, code = place.site(place.STORED), place.code(place.STORED)
    assert addresses_of_the_project(f"[a]({site}) git+{code}\n https://github.com/dequelabs/axe-core") == {site, code}
