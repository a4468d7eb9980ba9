#!/usr/bin/env python3
"""Measure each page of the site in a browser: what it weighs, and how soon there is something to see.

    python docs/site/measure.py                    print the table
    python docs/site/measure.py --write            and put it in docs/publishing.md
    python docs/site/measure.py --shots FOLDER     and a picture of each page, 390, 768 and 1400 px wide

It needs the site (python3 run.py site), the extra `test`, and Chromium or Chrome. The machine should do nothing else
meanwhile. Nothing is fetched from anywhere but this machine.
"""

import argparse
import contextlib
import statistics
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PUBLISHING = ROOT / "docs" / "publishing.md"
FOLDER = "/gmm_teach"  # a site on GitHub Pages is in a folder, so no link may begin at the top
NOT_PAGES = ("_static", "_sources", "lite")

WIDTHS = (390, 768, 1400)
TIMES = 5  # each page is opened; the median counts
REST = 0.3  # seconds without a request, after which none is due
BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"

# When the first thing was painted, and the largest.
PAINTS = """() => new Promise(done => {
  const first = performance.getEntriesByName('first-contentful-paint')[0];
  new PerformanceObserver(list => done([first.startTime, list.getEntries().at(-1).startTime]))
    .observe({type: 'largest-contentful-paint', buffered: true});
})"""

# Down the page as a reader goes, so that each picture comes that waits to be seen.
SCROLL = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo({top: y, behavior: 'instant'});
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
}"""


def pages_of(site):
    """Return the names of the pages in a folder, sorted; JupyterLite is no page of ours."""
    names = sorted(path.relative_to(site) for path in site.rglob("*.html"))
    return [name.as_posix() for name in names if name.parts[0] not in NOT_PAGES]


@contextlib.contextmanager
def serving(site):
    """Serve a folder from this machine, and yield its address."""

    class Handler(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def translate_path(self, path):
            if not path.startswith(f"{FOLDER}/"):
                return str(site / "no such file")
            return super().translate_path(path.removeprefix(FOLDER))

        def log_message(self, *_):
            pass

    def handler(*arguments):
        return Handler(*arguments, directory=str(site))

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            pass  # a browser that leaves a page hangs up

    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{FOLDER}"
    finally:
        server.shutdown()
        server.server_close()


class Scales:
    """Weighs what comes over the network to a page, with no cache to help.

    Parameters
    ----------
    page : playwright.sync_api.Page

    Attributes
    ----------
    bytes : int
        So far, with the heads of the answers.
    """

    def __init__(self, page):
        self.bytes = 0
        self._page = page
        network = page.context.new_cdp_session(page)
        network.on("Network.loadingFinished", self._add)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _add(self, finished):
        self.bytes += finished["encodedDataLength"]

    def at_rest(self):
        """Return the bytes, once no more come."""
        while True:
            before = self.bytes
            self._page.wait_for_timeout(REST * 1000)
            if self.bytes == before:
                return before


def measure(browser, url):
    """Open a page once; return its bytes when loaded and when scrolled through, and its two times in ms."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    scales = Scales(page)
    page.goto(url)
    at_first = scales.at_rest()
    first, largest = page.evaluate(PAINTS)
    page.evaluate(SCROLL)
    in_all = scales.at_rest()
    context.close()
    return at_first, in_all, first, largest


def table(browser, address, names):
    """Return the table, in Markdown."""
    lines = ["| page | MB | MB, scrolled through | first paint, s | largest paint, s |", "|---|---|---|---|---|"]
    for name in names:
        measured = [measure(browser, f"{address}/{name}") for _ in range(TIMES)]
        at_first, in_all, first, largest = (statistics.median(column) for column in zip(*measured, strict=True))
        numbers = f"{at_first / 1e6:.2f} | {in_all / 1e6:.2f} | {first / 1e3:.2f} | {largest / 1e3:.2f}"
        lines.append(f"| {name.removesuffix('.html')} | {numbers} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def write(text):
    """Put the table where the last one stands."""
    page = PUBLISHING.read_text(encoding="utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PUBLISHING.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def take_pictures(browser, address, names, folder):
    """Save each whole page at each width as a PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 900})
        for name in names:
            page.goto(f"{address}/{name}")
            page.evaluate(SCROLL)
            page.evaluate("scrollTo(0, 0)")
            file = name.removesuffix(".html").replace("/", "-")
            page.screenshot(path=folder / f"{file}-{width}.png", full_page=True)
        page.close()


def main(arguments=None):
    """Measure what is named, or every page but those of the module's names and source."""
    sys.path.insert(0, str(ROOT / "tests"))
    from browser.jupyterlab import running_browser

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", help="for instance index.html")
    parser.add_argument("--site", type=Path, default=ROOT / "build" / "site", help="the folder of the site")
    parser.add_argument("--write", action="store_true", help="put the table in docs/publishing.md")
    parser.add_argument("--shots", type=Path, help="a folder for pictures")
    options = parser.parse_args(arguments)
    names = options.pages or [name for name in pages_of(options.site) if not name.startswith(("_modules/", "api/"))]
    with serving(options.site) as address, running_browser() as browser:
        if options.shots:
            take_pictures(browser, address, names, options.shots)
        else:
            measured = table(browser, address, names)
            if options.write:
                write(measured)


if __name__ == "__main__":
    sys.exit(main())
