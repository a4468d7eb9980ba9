"""What holds the pages together: links lead somewhere, public names have their place, notebooks their buttons."""

import re

import place
import pytest
from check_links import dead_links

import gmm_teach

REPOSITORY = place.repository()


def test_no_link_is_dead(site):
    assert dead_links(site) == []


@pytest.mark.parametrize("address", ["nowhere.html", "other.html#nowhere", "picture.png"])
def test_a_dead_link_is_found(tmp_path, address):
    (tmp_path / "index.html").write_text(f"<a href='other.html#here'>good</a> <a href='{address}'>bad</a>")
    (tmp_path / "other.html").write_text("<p id='here'>")
    assert dead_links(tmp_path) == [("index.html", address)]


def test_a_dead_picture_of_a_player_is_found(tmp_path):
    told = '{"frames": [{"picture": "gone.png"}]}'
    (tmp_path / "index.html").write_text(f"<script type='application/json'>{told}</script>")
    assert dead_links(tmp_path) == [("index.html", "gone.png")]


def test_every_public_name_is_explained(site):
    explained = {
        name
        for page in (site / "api").glob("*.html")
        for name in re.findall(r'<dt[^>]* id="([^"]+)"', page.read_text())
    }
    for name in gmm_teach.__all__:
        public = getattr(gmm_teach, name)
        if hasattr(public, "__module__"):
            assert f"{public.__module__}.{name}" in explained
        else:  # a module
            assert (site / "api" / f"{public.__name__}.html").is_file()


def test_every_notebook_can_be_opened_elsewhere(site):
    pages = sorted((site / "notebooks").rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        notebook = page.relative_to(site).with_suffix(".ipynb").as_posix()
        html = page.read_text(encoding="utf-8")
        assert place.binder(REPOSITORY, notebook) in html
        assert place.colab(REPOSITORY, notebook) in html
        assert page.with_suffix(".ipynb").is_file()


def test_the_addresses_say_which_repository():
    assert place.site("Alice/gmm_teach") == "https://alice.github.io/gmm_teach/"
    assert (
        place.binder("a/b", "notebooks/x.ipynb")
        == "https://mybinder.org/v2/gh/a/b/main?urlpath=lab/tree/notebooks/x.ipynb"
    )
    assert (
        place.colab("a/b", "notebooks/x.ipynb")
        == "https://colab.research.google.com/github/a/b/blob/main/notebooks/x.ipynb"
    )


@pytest.mark.parametrize("name", ["", "alone", "a/b/c", "a b/c"])
def test_a_wrong_name_of_a_repository_is_told(name):
    with pytest.raises(ValueError, match="OWNER/NAME"):
        place.checked(name)


@pytest.mark.parametrize("file", ["README.md", "CITATION.cff"])
def test_the_files_name_the_stored_place(file):
    text = (place.ROOT / file).read_text(encoding="utf-8")
    assert place.site(place.STORED) in text
    assert place.move(text, place.STORED, "alice/mixtures") != text
