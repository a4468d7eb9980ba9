"""The site's JupyterLite with a real Pyodide: from its server, or from a folder with its files.

GMM_TEACH_PYODIDE says where from: a folder that holds pyodide.mjs, its lock file and the wheels, or ``server``. A
folder may hold a piplite wheel too, which then takes the place of the site's: each is made for certain versions.
"""

import contextlib
import gzip
import json
import os
import time
from functools import cache
from http.server import SimpleHTTPRequestHandler

from serving import FOLDER, answering

VARIABLE = "GMM_TEACH_PYODIDE"
WHERE = os.environ.get(VARIABLE)
HOW_TO_GET_PYODIDE = (
    f"no Pyodide to run notebooks with: set {VARIABLE} to a folder that holds it, or to `server` where its server can "
    "be reached"
)
SERVER = "cdn.jsdelivr.net"
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
KINDS = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json"}
COMPRESSED = (".html", ".css", ".js", ".mjs", ".json", ".svg", ".ipynb", ".wasm")  # as GitHub Pages and jsDelivr do
PATIENCE = 600  # seconds, for a notebook on a busy machine


@cache
def squeezed(path):
    """Return the content of a file as a server sends it."""
    return gzip.compress(path.read_bytes(), 6)


@contextlib.contextmanager
def serving_lite(site, pyodide=None):
    """Serve a site, and a folder with Pyodide where there is one; yield the site's address and what was sent.

    What was sent is a list of pairs: the path that was asked for, and how many bytes its answer had.
    """
    sent = []

    class Handler(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            path = self.path.split("?")[0]
            file = self.file(path)
            if file is None or not file.is_file():
                return self.send_error(404)
            content, squeeze = file.read_bytes(), file.suffix in COMPRESSED
            if pyodide and path == f"{FOLDER}/lite/jupyter-lite.json":
                settings = json.loads(content)
                settings["jupyter-config-data"]["litePluginSettings"][KERNEL]["pyodideUrl"] = "/pyodide/pyodide.mjs"
                content = gzip.compress(json.dumps(settings).encode())
            elif squeeze:
                content = squeezed(file)
            self.send_response(200)
            self.send_header("Content-Type", KINDS.get(file.suffix, self.guess_type(str(file))))
            self.send_header("Content-Length", str(len(content)))
            if squeeze:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(content)
            sent.append((path, len(content)))

        def file(self, path):
            """Return the file that a path stands for."""
            name = path.rpartition("/")[2]
            if pyodide and path.startswith("/pyodide/"):
                return pyodide / name
            if pyodide and name.startswith("piplite-"):
                return next(pyodide.glob("piplite-*.whl"), site / path.removeprefix(f"{FOLDER}/"))
            return site / path.removeprefix(f"{FOLDER}/") if path.startswith(f"{FOLDER}/") else None

        def log_message(self, *_):
            pass

    with answering(Handler) as address:
        yield address, sent


# What a page of a notebook in JupyterLite says of itself.
LINE = "() => document.querySelector('#gmm-lite')?.innerText || ''"
PICTURE = "() => [...document.querySelectorAll('.gmm-player img')].some(image => image.complete && image.naturalWidth)"
OUTPUTS = """() => [...jupyterapp.shell.widgets('main')].find(({content}) => content?.widgets)
  .context.model.toJSON().cells.filter(cell => cell.cell_type === 'code').map(({id, outputs, execution_count}) => ({
    id, ran: execution_count,
    red: outputs.filter(({output_type, name}) => output_type === 'error' || name === 'stderr')
      .map(({ename, evalue, text}) => ename ? `${ename}: ${evalue}` : [text].flat().join('')),
  }))"""
READY = "() => /Python is here|Running|is ready/.test(document.querySelector('#gmm-lite')?.innerText)"
OVER = "() => document.querySelector('#gmm-lite')?.hidden || document.querySelector('#gmm-lite.gmm-trouble')"


class Visit:
    """A reader's press on "Run this page", in a page of Playwright or a Firefox, timed in seconds from the press.

    Attributes
    ----------
    ready, picture, all : float
        Until Python is there; until the first stepper shows its picture, or nan where none is; until all cells ran.
    cells : list of dict
        The code cells: `id`, `ran` (its number, or None) and `red` (errors and what stands in red).
    said : str
        What the line below the notebook says in the end.
    """

    def __init__(self, page, address, name):
        self.page, began = page, time.monotonic()
        page.goto(f"{address}/lite/notebooks/index.html?path=notebooks/{name}.ipynb&run")
        page.wait_for_function(READY)
        self.ready = time.monotonic() - began
        self.picture = float("nan")
        while not page.evaluate(OVER):
            if self.picture != self.picture and page.evaluate(PICTURE):
                self.picture = time.monotonic() - began
            time.sleep(0.05)
        self.all = time.monotonic() - began
        self.said, self.cells = page.evaluate(LINE), page.evaluate(OUTPUTS)

    def wrong(self):
        """Return what did not run, and what stands in red, in words."""
        return [f"{cell['id']} did not run" for cell in self.cells if not cell["ran"]] + [
            f"{cell['id']}: {text}" for cell in self.cells for text in cell["red"]
        ]
