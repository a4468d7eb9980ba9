"""Every page of the site in Chromium, with no network but this machine; and what a reader presses on it."""

import pytest
from browser.player import PlayerOnPage
from playwright.sync_api import expect
from reader import NARROW

MOST_BYTES = 4_000_000
# How what holds the text of a page is laid out, from the inside out.
LAID_OUT = """() => {
  const found = [];
  for (let box = document.querySelector('article'); box !== document.body; box = box.parentElement)
    found.push(getComputedStyle(box).display);
  return found;
}"""
PLAYERS = ["01_watch_em_learn", "07_the_whole_algorithm", "09_when_em_struggles"]


def seen(visits, what):
    """Return what was seen on each page where there was something to see."""
    return {name: found for name, visit in visits.items() if (found := what(visit))}


def test_there_are_pages(visits):
    """Of no page all the rest is true."""
    assert len([name for name in visits if name.startswith("notebooks/")]) > 25
    assert {"index.html", "search.html", "docs/glossary.html"} <= set(visits)


def test_nothing_goes_wrong(visits):
    assert seen(visits, lambda visit: visit.said) == {}
    assert seen(visits, lambda visit: visit.failed) == {}


def test_no_other_machine_is_asked(visits):
    assert seen(visits, lambda visit: visit.elsewhere) == {}


def test_every_page_has_its_title_one_heading_and_its_language(visits):
    titles = [visit.facts["title"] for visit in visits.values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)
    assert seen(visits, lambda visit: visit.facts["h1"] - 1) == {}
    assert {visit.facts["language"] for visit in visits.values()} == {"en"}


def test_every_button_that_a_page_asks_for_is_on_it(visits):
    assert seen(visits, lambda visit: visit.facts["missing_buttons"]) == {}


def test_every_formula_is_set(visits):
    assert visits["notebooks/03_why_em_climbs.html"].facts["formulas"] > 30
    assert seen(visits, lambda visit: visit.facts["wrong_formulas"]) == {}
    assert seen(visits, lambda visit: visit.facts["raw_formulas"]) == {}


def test_every_formula_can_be_read_to_both_ends_on_a_telephone(visits):
    assert seen(visits, lambda visit: visit.facts["cut_formulas"]) == {}


def test_every_picture_keeps_its_shape_on_a_telephone(visits):
    assert seen(visits, lambda visit: visit.facts["squeezed_pictures"]) == {}


def test_every_picture_is_there_and_is_said_in_words(visits):
    assert visits["notebooks/02_what_a_mixture_is.html"].facts["pictures"] > 3
    assert seen(visits, lambda visit: visit.facts["missing_pictures"]) == {}
    assert seen(visits, lambda visit: visit.facts["pictures_without_words"]) == {}


def test_no_page_scrolls_sideways_on_a_laptop_a_tablet_or_a_telephone(visits):
    assert seen(visits, lambda visit: visit.too_wide) == {}


def test_nothing_is_cut(visits):
    assert seen(visits, lambda visit: visit.cut) == {}


def test_code_and_formulas_of_a_lesson_fit_on_a_laptop(visits):
    lessons = {name: visit for name, visit in visits.items() if name.startswith("notebooks/")}
    assert seen(lessons, lambda visit: visit.scrolling) == {}


def test_no_page_is_heavy(visits):
    assert min(visit.weight for visit in visits.values()) > 10_000
    assert seen(visits, lambda visit: visit.weight * (visit.weight >= MOST_BYTES)) == {}


def test_the_first_thing_to_press_is_on_the_first_screen_of_a_telephone(reader):
    reader.page.set_viewport_size(NARROW)
    reader.go("notebooks/01_watch_em_learn.html")
    expect(reader.page.get_by_role("button", name="E step", exact=True).first).to_be_in_viewport(ratio=1)


def test_a_reader_without_a_mouse_skips_to_the_first_stepper(reader):
    reader.go("notebooks/01_watch_em_learn.html")
    for link in ("Skip to main content", "Skip to the first stepper"):
        reader.page.keyboard.press("Tab")
        expect(reader.page.locator(":focus")).to_have_text(link)
    reader.page.keyboard.press("Enter")
    reader.page.keyboard.press("Tab")
    assert reader.page.evaluate("() => document.activeElement.closest('.gmm-player') !== null")


@pytest.mark.parametrize("name", PLAYERS)
def test_a_frozen_player_steps(reader, name):
    reader.go(f"notebooks/{name}.html")
    player = PlayerOnPage(reader.page.locator("main"))
    player.root.scroll_into_view_if_needed()
    player.expect_frame(player.first())
    player.slide(0)
    seen = {}

    def see(frame):
        player.expect_frame(frame)
        shown = player.pixels(), player.image.get_attribute("alt"), player.sentence.inner_text()
        assert seen.setdefault(frame, shown) == shown

    see(0)
    player.press("Step")
    see(2)
    player.press("Back")
    see(0)
    player.key("ArrowRight")
    see(1)
    player.key("ArrowRight")
    see(2)
    player.key("ArrowLeft")
    see(1)
    player.press("Play")
    expect(player.button("Pause")).to_be_visible()
    expect(player.root).not_to_have_attribute("data-frame", "1")
    player.press("Pause")
    player.key("Home")
    see(player.first())
    assert all(len(set(column)) == len(seen) for column in zip(*seen.values(), strict=True))
    assert reader.visit.said == reader.visit.failed == []


def test_only_the_first_picture_of_a_player_comes_before_a_hand(reader):
    came = []
    reader.page.on("response", lambda response: came.append(response.url) if "/frames/" in response.url else None)
    reader.go("index.html")
    player = PlayerOnPage(reader.page.locator("main"))
    player.root.scroll_into_view_if_needed()
    player.expect_frame(-1)
    reader.page.wait_for_timeout(500)
    first = set(came)
    assert len(first) == 1
    with reader.page.expect_response("**/frames/*"):
        player.root.hover()
    reader.page.wait_for_timeout(500)
    assert len(set(came) - first) > 1  # before anything is pressed


def test_the_dark_page_has_a_dark_player(reader):
    reader.go("notebooks/01_watch_em_learn.html")
    player = PlayerOnPage(reader.page.locator("main"))
    player.root.scroll_into_view_if_needed()
    player.expect_frame(-1)
    switch = reader.page.get_by_role("button", name="Color mode").locator("visible=true")
    looks = []
    for choice in ("Light", "Dark"):
        switch.click()
        reader.page.get_by_role("button", name=choice, exact=True).locator("visible=true").click()
        theme = reader.page.locator("html").get_attribute("data-theme")
        expect(player.root).to_have_class("gmm-player gmm-dark" if theme == "dark" else "gmm-player")
        background = reader.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        looks.append((theme, background))
    assert {theme for theme, _ in looks} == {"light", "dark"}
    assert len(set(looks)) == 2


@pytest.mark.parametrize(("words", "page"), [("responsibility", "glossary"), ("E step", "notebooks/")])
def test_search_finds(reader, words, page):
    reader.go(f"search.html?q={words}")
    results = reader.page.locator("#search-results li a")
    expect(results.first).to_be_visible()
    assert any(page in address for address in results.evaluate_all("links => links.map(link => link.href)"))
    quoted = reader.page.locator("#search-results .context")
    expect(quoted.filter(has_text="…").first).to_be_visible()
    assert not any("\\(" in words or "import " in words for words in quoted.all_inner_texts())
    assert reader.visit.said == reader.visit.failed == reader.visit.elsewhere == []


@pytest.mark.parametrize(
    ("words", "section"),
    [("collapse", "docs/glossary.html#collapse"), ("missing values", "13_your_own_data.html#missing-values")],
)
def test_search_finds_the_section_among_the_first_three(reader, words, section):
    reader.go(f"search.html?q={words}")
    results = reader.page.locator("#search-results li a")
    expect(results.nth(2)).to_be_visible()
    assert any(section in address for address in results.evaluate_all("links => links.map(link => link.href)")[:3])


@pytest.mark.parametrize("name", ["notebooks/01_watch_em_learn", "docs/teaching"])
def test_a_page_is_printed_to_its_end(reader, name):
    """Chromium cuts what is laid out as flexible boxes where these were one screen high."""
    reader.go(f"{name}.html")
    reader.page.emulate_media(media="print")
    laid_out = reader.page.evaluate(LAID_OUT)
    assert set(laid_out) == {"block"}


def test_the_handout_prints_on_two_pages_with_room_to_write(reader):
    """The sheet for the guesses is the first page, what to take home the second."""
    reader.go("docs/handout.html")
    page = reader.page
    page.emulate_media(media="print")
    assert page.locator("#em-on-one-page").evaluate("e => getComputedStyle(e).breakBefore") == "page"
    sheet = page.locator("#before-each-press-write-down-what-you-expect table")
    guess = sheet.locator("td:nth-child(3)").first
    assert guess.bounding_box()["width"] > sheet.bounding_box()["width"] / 4
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 2
