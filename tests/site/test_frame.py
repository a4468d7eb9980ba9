"""The frame of the site: its home page, the way from page to page, where notebooks run, and the module's pages."""

import html
import os
import pydoc
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import link_notebooks
import nbformat
import place
import pytest
from check_links import dead_links
from playwright.sync_api import expect
from serving import pages_of

import gmm_teach

ROOT = Path(__file__).parents[2]
SITE_FILES = ROOT / "docs" / "site"
LESSONS = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
SOLUTIONS = [f"solutions/{path.stem}" for path in sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))]
SPINE = [name for name in LESSONS if name.split("_")[0] in link_notebooks.SPINE]
IN_ORDER = SPINE + [name for name in LESSONS if name not in SPINE]  # as the side bar has them
GROUPS = [
    "The spine",
    "Further",
    "Solutions",
    "Teaching and reference",
    "The module",
]
MOST_BYTES_AT_HOME = 1_000_000
LINK = re.compile(r"<a\b[^>]*?href=\"([^\"]*)\"[^>]*>(.*?)</a>", re.DOTALL)

every_notebook = pytest.mark.parametrize("name", LESSONS + SOLUTIONS)


def read(site, name):
    return (site / name).read_text(encoding="utf-8")


def part(text, begin, end):
    """Return what stands between two marks; both must be there."""
    return text.split(begin, 1)[1].split(end, 1)[0]


def links(text):
    """Return the links of some HTML as (words, address)."""
    return [(re.sub(r"<[^>]+>", "", words).strip(), html.unescape(address)) for address, words in LINK.findall(text)]


def article(text):
    return part(text, '<article class="bd-article">', "</article>")


def buttons(text):
    """Return the buttons above a notebook, and what is said beside them."""
    group = part(text, '<div class="gmm-open"', "</div>")
    return dict(links(group)), re.findall(r"<span>(.*?)</span>", group)


def title(name):
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    return notebook.cells[0].source.splitlines()[0].removeprefix("# ")


# The home page.


def test_the_first_link_of_the_home_page_begins(site):
    assert links(article(read(site, "index.html")))[1] == ("Begin: watch EM learn", f"notebooks/{LESSONS[0]}.html")


def test_the_home_page_steps_and_is_light(site, visits):
    page = article(read(site, "index.html"))
    assert page.count("gmm-frozen") == 1
    (picture,) = re.findall(r"<div class='gmm-frozen'><img src='([^']+)'", page)
    assert (site / picture).is_file()
    assert 100_000 < visits["index.html"].weight < MOST_BYTES_AT_HOME


def test_the_player_at_home_steps(reader):
    reader.go("index.html")
    player = reader.page.locator(".gmm-player")
    player.get_by_role("button", name="Step", exact=True).click()
    expect(player).to_contain_text("t = 1 of")


def sessions(text):
    """Return the rows of a table, without its head."""
    rows = re.findall(r"^\|.*\|$", text, re.MULTILINE)[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def numbers(cell):
    """Return the notebooks that a cell of a table links to."""
    return list(dict.fromkeys(re.findall(r"\]\((?:\.\./)?notebooks/(\d\d[a-z]?)_", cell)))


def test_the_month_is_the_self_study_of_the_teaching_guide():
    """The same sessions, minutes and notebooks; those after 7 and after 10 in their places."""
    teaching = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    study = part(teaching, "## Two weeks of self-study", "More sessions")
    rows = sessions(study)
    for row in sessions(part(teaching, "More sessions", "Short of time?")):
        place_of = [other[0] for other in rows].index(row[0].removeprefix("after ")) + 1
        rows.insert(place_of, row)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    month = [cell for row in sessions(part(readme, "### A month", "The minutes are")) for cell in row[1:4] if cell]
    assert [(re.search(r"\d+$", cell)[0], numbers(cell)) for cell in month] == [
        (row[1], numbers(row[2])) for row in rows
    ]
    assert round(sum(int(row[1]) for row in rows) / 60) == 19
    assert "### A month: nineteen hours" in readme


def test_the_afternoon_takes_what_the_teaching_guide_says():
    """Notebook 03 has two sessions there, and "03, the rest" is no link."""
    study = part(
        (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8"), "## Two weeks of self-study", "More sessions"
    )
    named = [(int(row[1]), re.findall(r"\b\d\d[a-z]?\b", re.sub(r"\]\(.*?\)", "]", row[2]))) for row in sessions(study)]
    wanted = []
    for first in ("01", "03", "07"):
        those = [(minutes, names) for minutes, names in named if names[0] == first]
        read_then = dict.fromkeys(name for _, names in those for name in names)
        wanted.append((sum(minutes for minutes, _ in those), list(read_then)))
    afternoon = sessions(part((ROOT / "README.md").read_text(encoding="utf-8"), "### An afternoon", "That is the core"))
    assert [(int(row[0]), numbers(row[1])) for row in afternoon] == wanted
    assert round(sum(minutes for minutes, _ in wanted) / 60) == 4


def test_the_home_page_has_the_plan_of_the_readme(site):
    page = article(read(site, "index.html"))
    assert all(
        words in page for words in ("A lecture: 50 minutes", "An afternoon: four hours", "A month: nineteen hours")
    )
    assert {f"notebooks/{name}.html" for name in LESSONS} <= {address for _, address in links(page)}


# From page to page.


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


def test_the_pages_stand_in_their_groups(site):
    nav = part(read(site, "index.html"), '<nav class="bd-docs-nav', "</nav>")
    assert re.findall(r'class="caption-text">([^<]+)<', nav) == GROUPS
    listed = [(words, address) for words, address in links(nav) if address.startswith("notebooks/")]
    assert listed == [(f"{name.split('_')[0]} {title(name)}", f"notebooks/{name}.html") for name in IN_ORDER]
    assert len(links(nav)) - len(listed) < 12


def test_every_page_shows_the_groups(site):
    for name in pages_of(site):
        assert re.findall(r'class="caption-text">([^<]+)<', read(site, name)) == GROUPS, name


def test_one_page_leads_to_the_next(site):
    order = ["index", *(f"notebooks/{name}" for name in IN_ORDER), "solutions"]
    for here, (name, following) in enumerate(pairwise(order)):
        ways = dict(re.findall(r'<link rel="(next|prev)"[^>]*href="([^"]+)"', read(site, f"{name}.html")))
        led = {way: (site / f"{name}.html").parent / address for way, address in ways.items()}
        assert led["next"].resolve() == site / f"{following}.html"
        if here:
            assert led["prev"].resolve() == site / f"{order[here - 1]}.html"


def test_arrow_keys_turn_no_page(reader):
    reader.go("notebooks/03_why_em_climbs.html")
    for key in ("ArrowRight", "ArrowLeft"):
        reader.page.keyboard.press(key)
        reader.page.wait_for_timeout(200)
        assert reader.page.url.endswith("03_why_em_climbs.html")


def test_pages_are_described(site):
    names = ["index", "solutions", "docs/glossary", "api/index", *(f"notebooks/{name}" for name in LESSONS)]
    described = [
        re.findall(r'<meta name="description" content="([^"]+)">', read(site, f"{name}.html")) for name in names
    ]
    assert {len(found) for found in described} == {1}
    assert len({found for (found,) in described}) == len(names)


def test_the_last_resort_counts_from_the_home_page(site):
    page = read(site, "404.html")
    assert f'<base href="{urlsplit(place.site(place.repository())).path}">' in page
    assert page.index("<base") < page.index(" href=") < page.index('<header id="pst-header"')
    assert {"index.html", "search.html"} <= {address for _, address in links(article(page))}


# Where a notebook runs.


@every_notebook
def test_a_notebook_leads_to_where_it_runs(site, name):
    found, _ = buttons(read(site, f"notebooks/{name}.html"))
    file, page = f"notebooks/{name}.ipynb", site / "notebooks" / f"{name}.html"
    if place.known(place.repository()):
        assert found.pop("Binder") == place.binder(place.repository(), file)
        assert found.pop("Colab") == place.colab(place.repository(), file)
    download = page.parent / found.pop("Download .ipynb")
    assert download.read_bytes() == (ROOT / file).read_bytes()
    if (site / "lite").exists():
        address, _, asked = found.pop("Run this page").partition("?path=")
        assert (page.parent / address).resolve() == site / "lite" / "notebooks" / "index.html"
        assert (page.parent / address).is_file()
        assert asked == f"{file}&run"
    assert found == {}


@every_notebook
def test_only_the_notebook_with_clusters_says_so(site, name):
    _, said = buttons(read(site, f"notebooks/{name}.html"))
    assert said == (["Its clusters do not run in the browser."] if name == "14_beyond_one_machine" else [])


def small_site(folder, repository):
    """Build a small site of a repository, with JupyterLite."""
    source, out = folder / "source", folder / "out"
    (source / "notebooks" / "solutions").mkdir(parents=True)
    pages = {"index": "index", "notebooks/a": "a", "notebooks/solutions/a": "solutions"}
    for name, heading in pages.items():
        (source / f"{name}.md").write_text(f"---\norphan: true\n---\n\n# {heading}\n", encoding="utf-8")
    sphinx = [sys.executable, "-m", "sphinx", "-q", "-t", "lite", "-c", SITE_FILES, source, out]
    environment = os.environ | {"GITHUB_REPOSITORY": repository}
    done = subprocess.run(sphinx, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def other_site(tmp_path_factory):
    """A small site of another repository."""
    return small_site(tmp_path_factory.mktemp("other"), "alice/em")


def test_before_an_address_is_set_no_page_has_one(tmp_path):
    out = small_site(tmp_path, place.STAND_IN)
    found, _ = buttons(read(out, "notebooks/a.html"))
    assert set(found) == {"Run this page", "Download .ipynb"}
    for path in out.rglob("*.html"):
        assert place.site(place.STAND_IN) not in path.read_text(encoding="utf-8"), path
        assert place.code(place.STAND_IN) not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("name", ["notebooks/a", "notebooks/solutions/a"])
def test_a_fork_with_jupyterlite_leads_to_its_own(other_site, name):
    found, _ = buttons(read(other_site, f"{name}.html"))
    address, _, asked = found["Run this page"].partition("?path=")
    assert ((other_site / name).parent / address).resolve() == other_site / "lite" / "notebooks" / "index.html"
    assert asked == f"{name}.ipynb&run"
    assert found["Binder"] == place.binder("alice/em", f"{name}.ipynb")
    assert found["Colab"] == place.colab("alice/em", f"{name}.ipynb")
    assert '<base href="/em/">' in read(other_site, "404.html")


def test_other_pages_lead_nowhere(other_site, site):
    assert "gmm-open" not in read(other_site, "index.html")
    assert "gmm-open" not in read(site, "docs/glossary.html")


# The module.


def explained(site):
    """Return every name that has its place on a page of the module."""
    pages = sorted((site / "api").glob("*.html"))
    return {
        name
        for page in pages
        for name in re.findall(r'<(?:dt|span)\b[^>]*\bid="([\w.-]+)"', read(page.parent, page.name))
    }


@pytest.mark.parametrize("name", gmm_teach.__all__)
def test_every_public_name_is_explained(site, name):
    """And the first page of the module leads there."""
    public = getattr(gmm_teach, name)
    led = {address for _, address in links(article(read(site, "api/index.html")))}
    if hasattr(public, "__module__"):
        full = f"{public.__module__}.{name}"
        assert f"{public.__module__}.html#{full}" in led
        assert full in explained(site)
    else:
        assert any(address.startswith(f"{public.__name__}.html") for address in led)
        assert (site / "api" / f"{public.__name__}.html").is_file()


def test_a_name_that_is_not_explained_would_be_missed(site):
    assert "gmm_teach.em._as_state" not in explained(site)
    assert "gmm_teach.em.e_step" in explained(site)


@pytest.mark.parametrize("module", ["em", "mixture", "blocks", "plots", "widgets.stepper"])
def test_each_function_leads_to_its_source(site, module):
    page = read(site, f"api/gmm_teach.{module}.html")
    names = re.findall(r'<dt class="sig sig-object py" id="([\w.]+)"', page)
    sources = {address for words, address in links(page) if words == "[source]"}
    functions = [name for name in names if callable(looked_up(name))]
    assert functions
    assert {
        f"../_modules/{home(name).replace('.', '/')}.html#{name.removeprefix(f'gmm_teach.{module}.')}"
        for name in functions
    } <= sources


def test_no_source_but_our_own_is_shown(site):
    shown = {path.relative_to(site / "_modules").parts[0] for path in (site / "_modules").rglob("*.html")}
    assert shown == {"gmm_teach", "index.html"}


def looked_up(name):
    """Return what a full name names."""
    return pydoc.locate(name)


def home(name):
    """Return the module in which a function is written, or the class of a method."""
    found = looked_up(name)
    return getattr(found, "__module__", None) or looked_up(name.rpartition(".")[0]).__module__


def test_a_reader_goes_from_one_name_to_another(site):
    """`gmm_teach.fit`, as readers write it, leads to where it is explained."""
    assert "gmm_teach.runs.html#gmm_teach.runs.run_em" in {
        address for _, address in links(article(read(site, "api/gmm_teach.blocks.html")))
    }
