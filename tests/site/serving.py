"""The site, served from this machine, and what comes from there to a page."""

import contextlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

FOLDER = "/gmm_teach"  # a site on GitHub Pages is in a folder, so no link may begin at the top
NOT_PAGES = ("_static", "_sources", "lite")

# Down the page as a reader goes, so that each picture comes that waits to be seen.
SCROLL = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo({top: y, behavior: 'instant'});
    await new Promise(requestAnimationFrame);
  }
}"""


def pages_of(site):
    """Return the names of the pages in a folder, sorted; JupyterLite is no page of ours."""
    names = sorted(path.relative_to(site) for path in site.rglob("*.html"))
    return [name.as_posix() for name in names if name.parts[0] not in NOT_PAGES]


@contextlib.contextmanager
def answering(handler):
    """Let a handler answer on this machine, and yield the address of the site's folder."""

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

    with answering(handler) as address:
        yield address


class Scales:
    """Weighs what comes over the network to a page, with no cache to help: `bytes` so far, with heads."""

    def __init__(self, page):
        self.bytes = 0
        self._page = page
        network = page.context.new_cdp_session(page)
        network.on("Network.loadingFinished", self._add)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _add(self, finished):
        self.bytes += finished["encodedDataLength"]
