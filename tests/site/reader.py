"""A reader who goes from page to page of the site in Chromium, and writes down what goes wrong."""

from dataclasses import dataclass, field

WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
LAPTOP, TABLET = {"width": 1280, "height": 800}, {"width": 800, "height": 1000}

# MathJax has set the last formula, and each picture is there that has been asked for. One that waits until it is seen
# may wait for ever.
AT_REST = """async () => {
  await window.MathJax?.startup?.promise;
  const near = image => image.getBoundingClientRect().top < innerHeight && image.getBoundingClientRect().bottom > 0;
  const asked = Array.from(document.images).filter(image => image.loading !== 'lazy' || near(image));
  await Promise.all(asked.map(image => image.complete || image.decode().catch(() => {})));
}"""

# After scrolling through the page every picture is there, or has failed, unless it is folded away.
PICTURES_THERE = (
    "() => Array.from(document.images).every(image => (image.src && image.complete) || !image.checkVisibility())"
)

FACTS = """() => {
  const texts = document.createTreeWalker(document.querySelector('main') || document.body, NodeFilter.SHOW_TEXT);
  const raw = [];
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (/\\$\\$|\\\\\\(|\\\\\\[|\\\\(frac|sum|mu|pi|Sigma|mathbf)\\b/.test(text.data) &&
        !text.parentElement.closest('pre, code, script, style, textarea, mjx-container, annotation'))
      raw.push(text.data.trim().slice(0, 60));
  }
  const buttons = new Set(Array.from(document.querySelectorAll('.gmm-player button'))
    .filter(button => !button.hidden).map(button => button.textContent));
  const images = Array.from(document.images, image => [(image.getAttribute('src') || '').slice(0, 60), image]);
  return {
    title: document.title,
    h1: document.querySelectorAll('h1').length,
    formulas: document.querySelectorAll('mjx-container').length,
    wrong_formulas: document.querySelectorAll('mjx-merror, [data-mjx-error]').length,
    raw_formulas: raw,
    cut_formulas: Array.from(document.querySelectorAll('div.math:has(mjx-math)')).filter(box => {
      const [room, formula] = [box, box.querySelector('mjx-math')].map(e => e.getBoundingClientRect());
      const scrolls = [box, box.querySelector('mjx-container')].some(e => e.scrollWidth > e.clientWidth);
      return formula.left < room.left - 1 || (formula.right > room.right + 1 && !scrolls);
    }).map(box => box.innerText.slice(0, 60)),
    squeezed_pictures: images.filter(([, image]) => image.clientHeight && image.naturalHeight &&
      Math.abs(image.clientWidth * image.naturalHeight / image.clientHeight / image.naturalWidth - 1) > 0.03)
      .map(([name, image]) => `${name} ${image.clientWidth} x ${image.clientHeight}`),
    pictures: images.length,
    missing_pictures: images.filter(([, image]) => !image.naturalWidth).map(([name]) => name),
    pictures_without_words: images.filter(
      ([, image]) => !image.alt.trim() && !image.closest('a')?.innerText.trim()).map(([name]) => name),
    language: document.documentElement.lang,
    missing_buttons: Array.from(document.querySelectorAll('article strong'))
      .filter(name => /\\bpress\\s+$/i.test(name.previousSibling?.textContent ?? ''))
      .map(name => name.textContent).filter(name => !buttons.has(name)),
  };
}"""

# Faults that keep some readers out. A page may hold many of a kind; three places are enough to find it.
# What sticks out, and by how much; nothing where the page does not scroll sideways.
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const scrolls = e => e && e !== document.body &&
    (getComputedStyle(e).overflowX !== 'visible' || scrolls(e.parentElement));
  return [`${document.documentElement.scrollWidth} px`].concat(
    Array.from(document.body.querySelectorAll('*'))
      .filter(e => e.getBoundingClientRect().right > room + 1 && !scrolls(e.parentElement))
      .slice(0, 5).map(e => e.tagName + '.' + e.className));
}"""


# What holds more than it has room for: with no box around it that scrolls; or of one kind, wherever it is.
CUT = """() => {
  const scrolls = e => e && e.tagName !== 'ARTICLE' &&
    (['auto', 'scroll'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const right = (document.querySelector('article') ?? document.body).getBoundingClientRect().right;
  return Array.from(document.querySelectorAll('article :is(div.math, table, pre, img, dt.sig)'))
    .filter(e => e.checkVisibility() && !scrolls(e))
    .filter(e => e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > right + 1)
    .map(e => `${e.tagName} ${e.innerText.slice(0, 40)}`);
}"""
MUST_SCROLL = """() => Array.from(document.querySelectorAll('article :is(.cell_input pre, div.math)'))
  .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map(e => e.innerText.slice(0, 40))"""


@dataclass
class Visit:
    """What was seen on one page.

    Attributes
    ----------
    said : list of str
        Errors and warnings in the console, errors of scripts.
    failed : list of str
        Addresses on this machine that gave no answer, or none that helps.
    elsewhere : list of str
        Addresses on other machines that were asked for; none was reached.
    weight : int
        Bytes until the page was read to its end; of one that is only opened, until it was loaded.
    faults : list of str
        What axe-core finds serious or critical at 1400 px, on a page that is examined.
    too_wide : list of str
        What makes a page of 1280, 800 or 390 px scroll sideways.
    cut : list of str
        What has an end at one of these widths that nobody can reach.
    scrolling : list of str
        Open code and formulas for which 1280 px are not enough.
    facts : dict
        What FACTS says, after scrolling to the end.
    """

    said: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    weight: int = 0
    faults: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    scrolling: list[str] = field(default_factory=list)
    facts: dict = field(default_factory=dict)


class Reader:
    """Goes from page to page of the site in one window, and notes what it meets.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    address : str
        Of the site.
    **options
        Of the browser's context.

    Attributes
    ----------
    page : playwright.sync_api.Page
    visit : Visit
        To the present page; it goes on until the next.
    """

    def __init__(self, browser, address, **options):
        self.address, self.visit = address, Visit()
        self.page = browser.new_page(**{"viewport": WIDE} | options)
        self.page.on("pageerror", lambda error: self.visit.said.append(str(error)))
        self.page.on("console", self._listen)
        self.page.on("request", self._watch)
        self.page.on("requestfailed", self._miss)
        self.page.on("response", lambda answer: answer.status >= 400 and self.visit.failed.append(answer.url))

    def _listen(self, message):
        if message.type in ("error", "warning"):
            self.visit.said.append(f"{message.type}: {message.text}")

    def _miss(self, asked):
        if asked.failure != "net::ERR_ABORTED":  # which is what leaving a page does
            self.visit.failed.append(asked.url)

    def _watch(self, asked):
        if asked.url.startswith("http") and not asked.url.startswith(self.address):
            self.visit.elsewhere.append(asked.url)

    def go(self, name):
        """Open a page, wait until it is complete, and return the Visit."""
        self.visit = Visit()
        self.page.goto(f"{self.address}/{name}")
        self.page.evaluate(AT_REST)
        return self.visit
