"""Slides in a browser of 1280 x 720, from a file, without a network: nothing is cut off, and steppers step."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from .player import PlayerOnPage

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
import lecture  # noqa: E402
from make_slides import FILES_OF_A_PAGE, HEIGHT, NOTEBOOKS, SHOWN, SLIDES, WIDTH, as_page, page  # noqa: E402

HOW_TO_GET_THEM = (
    "reveal.js and what else the pages need is not in slides/node_modules: "
    "npm install --no-save --prefix slides reveal.js@5 jquery@3 requirejs@2 mathjax@2"
)
STEPPERS = {"01_watch_em_learn": 2, "07_the_whole_algorithm": 1}

LOADED = "() => document.querySelector('.reveal.ready') && window.MathJax && MathJax.Hub"
READY = """async () => {
  window.Reveal = require(Object.keys(require.s.contexts._.defined).find(name => name.endsWith('/dist/reveal.js')));
  await new Promise(done => MathJax.Hub.Queue(done));
}"""
# The part of the screen that the slide takes, with all its fragments, and its first words.
SHOW = """async number => {
  const {h, v} = Reveal.getIndices(Reveal.getSlides()[number]);
  Reveal.slide(h, v, 100);
  await new Promise(done => MathJax.Hub.Queue(done));
  await Promise.all(Array.from(Reveal.getCurrentSlide().querySelectorAll('img'), image => image.decode()));
  const seen = Array.from(Reveal.getCurrentSlide().querySelectorAll('*'))
    .filter(e => !e.closest('aside.notes, .MJX_Assistive_MathML'))
    .map(e => e.getBoundingClientRect()).filter(box => box.width && box.height);
  const words = Reveal.getCurrentSlide().innerText.trim().slice(0, 60);
  return {words, left: Math.min(...seen.map(b => b.left)), top: Math.min(...seen.map(b => b.top)),
          right: Math.max(...seen.map(b => b.right)), bottom: Math.max(...seen.map(b => b.bottom))};
}"""


@contextmanager
def opened(browser, folder, make):
    """Open the slides that `make` returns, given where their files are, with all that they ask for from the disk."""
    if not (SLIDES / "node_modules").is_dir():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_THEM)
    files = {trait: f"{SLIDES.as_uri()}/{place}" for trait, place in FILES_OF_A_PAGE.items()}
    path = folder / "slides.html"
    path.write_text(make(files), encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": WIDTH, "height": HEIGHT})
    slides, wrong = context.new_page(), []
    slides.on("pageerror", lambda error: wrong.append(str(error)))
    slides.on("requestfailed", lambda asked: wrong.append(f"not found: {asked.url}"))
    slides.goto(path.as_uri())
    slides.wait_for_function(LOADED)
    slides.evaluate(READY)
    yield slides
    context.close()
    assert wrong == []


@pytest.fixture(scope="module", params=SHOWN)
def slides(request, browser, tmp_path_factory):
    """The slides of one notebook, open; and the notebook's name."""
    path, folder = NOTEBOOKS / f"{request.param}.ipynb", tmp_path_factory.mktemp("slides")
    with opened(browser, folder, lambda files: page(path, files)) as there:
        yield request.param, there


def test_the_lecture_fits_the_screen_and_its_players_are_fresh(browser, tmp_path):
    """Each slide has at most one question at its head, and something to look at."""
    with opened(browser, tmp_path, lambda files: as_page(lecture.notebook(), ROOT, files)) as there:
        assert there.evaluate("Reveal.getTotalSlides()") == len(lecture.SLIDES)
        for i, (words, _, code) in enumerate(lecture.SLIDES):
            assert code or "$$" in words or "--:|" in words, f"nearly empty: {words}"
            seen = there.evaluate(SHOW, i)
            assert min(seen["left"], seen["top"]) >= 0, words
            assert (seen["right"] <= WIDTH, seen["bottom"] <= HEIGHT) == (True, True), words
        players = there.locator(".gmm-player")
        expect(players).to_have_count(3)
        for i in range(3):
            PlayerOnPage(players.nth(i).locator("..")).expect_frame(-1)
        expect(there.locator(".film")).to_have_count(1)
        assert there.locator(".MathJax_Error, .merror").count() == 0


def test_nothing_is_cut_off(slides):
    _, opened = slides
    number = opened.evaluate("Reveal.getTotalSlides()")
    assert number > 10
    cut_off = []
    for i in range(number):
        seen = opened.evaluate(SHOW, i)
        if min(seen["left"], seen["top"]) < 0 or seen["right"] > WIDTH or seen["bottom"] > HEIGHT:
            cut_off.append((i, seen))
    assert cut_off == []


def test_every_formula_is_set(slides):
    _, opened = slides
    assert opened.locator(".MathJax_CHTML, .MathJax").count() > 20
    assert opened.locator(".MathJax_Error, .merror, .MathJax_Preview:not(:empty)").count() == 0


def test_steppers_step(slides):
    name, opened = slides
    players = opened.locator(".gmm-player")
    expect(players).to_have_count(STEPPERS.get(name, 0))
    for i in range(players.count()):
        here = players.nth(i).evaluate("e => { const s = e.closest('section'); return Reveal.getSlides().indexOf(s); }")
        assert opened.evaluate(SHOW, here)["bottom"] <= HEIGHT
        player = PlayerOnPage(players.nth(i).locator(".."))
        player.expect_frame(-1)
        player.press("Step")
        player.expect_frame(2)
        player.key("ArrowRight")  # its own key while it has the focus, and not the next slide
        player.expect_frame(3)
        assert opened.evaluate("Reveal.getSlides().indexOf(Reveal.getCurrentSlide())") == here
        for key in ("Home", "ArrowRight", "End"):
            player.key(key)
            player.expect_frame(player.frame())
            assert player.root.bounding_box()["y"] + player.root.bounding_box()["height"] <= HEIGHT


def test_an_explorer_is_a_film_of_its_tour(slides):
    name, opened = slides
    film = opened.locator(".film")
    # of 02 some steps of EM; of 03 the start, and eight times an M step and an E step
    frames = {"02_what_a_mixture_is": 6, "03_why_em_climbs": 17}.get(name, 0)
    expect(film).to_have_count(1 if frames else 0)
    if film.count():
        pictures = film.locator("img")
        assert pictures.count() == frames
        opened.evaluate(SHOW, film.evaluate("e => Reveal.getSlides().indexOf(e.closest('section'))"))
        expect(film.locator("img.fragment.visible")).to_have_count(frames - 1)
        opened.keyboard.press("ArrowLeft")
        expect(film.locator("img.fragment.visible")).to_have_count(frames - 2)


def test_a_page_by_nbconvert_sets_its_formulas_without_a_network(browser, tmp_path):
    """With a MathJax on the disk, as docs/teaching.md says; without, they stay as they are typed."""
    teaching = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    assert f'--HTMLExporter.mathjax_url="{FILES_OF_A_PAGE["mathjax_url"]}"' in teaching
    if not (SLIDES / "node_modules").is_dir():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_THEM)
    context = browser.new_context(offline=True)
    for name, options, seen in (
        ("with", {"mathjax_url": f"{SLIDES.as_uri()}/{FILES_OF_A_PAGE['mathjax_url']}"}, True),
        ("without", {}, False),
    ):
        html, _ = HTMLExporter(**options).from_filename(NOTEBOOKS / "03b_the_three_updates.ipynb")
        (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
        opened = context.new_page()
        opened.goto((tmp_path / f"{name}.html").as_uri())
        if seen:
            opened.wait_for_function("() => window.MathJax && MathJax.Hub")
            opened.evaluate("() => new Promise(done => MathJax.Hub.Queue(done))")
        assert (opened.locator(".MathJax_CHTML").count() > 20) == seen
        assert ("$$" not in opened.locator("body").inner_text()) == seen
    context.close()
