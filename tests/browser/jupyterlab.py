"""A JupyterLab, Jupyter Notebook or Voila and a browser of the tests' own, and a notebook in it as a reader sees it.

Nothing here knows what is in a notebook. All three are built from JupyterLab's parts, and give the page an object
`jupyterapp` (the first two because `expose_app_in_browser` asks for it): what a reader does by menu is done by it, and
what a reader does by mouse is done by mouse.
"""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60  # seconds, for anything that should come at once
PATIENCE_TO_RUN = 300  # seconds, for a whole notebook on a busy machine
REST = 0.5  # seconds without a change, after which none is under way
TOKEN = "only-for-the-tests"

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
BROWSERS_OFF_THE_PATH = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "{PROGRAMFILES}/Google/Chrome/Application/chrome.exe",
    "{PROGRAMFILES(X86)}/Google/Chrome/Application/chrome.exe",
    "{LOCALAPPDATA}/Google/Chrome/Application/chrome.exe",
)
HOW_TO_GET_A_BROWSER = (
    "no Chromium or Chrome found: install one (on Debian: apt-get install chromium), "
    "or set GMM_TEACH_BROWSER to its program"
)
# As root and in a container Chromium has no sandbox; and it finds nothing on the network, since readers may be offline.
BROWSER_OPTIONS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

SETTINGS = {
    # every cell is in the page, not only those on the screen
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}

# The page's idle light goes on before the kernel is connected. The session knows.
KERNEL_OF_NOTEBOOK = r"""async pause => {
  await jupyterapp.restored;
  const isNotebook = widget => widget.sessionContext && widget.content && widget.content.widgets;
  let panel;
  while (!(panel = Array.from(jupyterapp.shell.widgets('main')).find(isNotebook))) await pause();
  await panel.context.ready;
  await panel.sessionContext.ready;
  jupyterapp.shell.activateById(panel.id);
  return panel.sessionContext.session.kernel;
}"""

KERNEL_OF_VOILA = """async pause => {
  while (!jupyterapp.widgetManager) await pause();
  return jupyterapp.widgetManager.kernel;
}"""

# From then on we hear what the kernel says: an error in a button's callback shows nowhere in the page. One thing is no
# complaint: JupyterLab asks a new kernel for its widgets, and without ipywidgets loaded it knows no such comm.
KERNEL_IS_READY = r"""async () => {
  const pause = () => new Promise(done => setTimeout(done, 50));
  const kernel = window.kernel = await (KERNEL)(pause);
  await kernel.info;
  while (kernel.connectionStatus !== 'connected' || kernel.status !== 'idle') await pause();
  window.complaints = [];
  kernel.iopubMessage.connect((_, message) => {
    if (message.header.msg_type === 'error')
      complaints.push('error in the kernel: ' + message.content.ename + ': ' + message.content.evalue);
    const onlyAsked = /^(No such comm[^\n]*\n*)+$/.test(message.content.text);
    if (message.header.msg_type === 'stream' && message.content.name === 'stderr' && !onlyAsked)
      complaints.push('stderr of the kernel: ' + message.content.text);
  });
}"""

# Playwright itself would wait for ever.
IN_TIME = """([script, seconds]) => Promise.race([
  eval(script)(),
  new Promise((_, fail) => setTimeout(() => fail(new Error('not done in ' + seconds + ' s')), seconds * 1000)),
])"""

KERNEL_IS_IDLE = "() => kernel.status === 'idle'"

RUN_ALL = "() => jupyterapp.commands.execute('notebook:run-all-cells')"

# Voila runs every cell before its page is complete, and stops at an error. The scripts between the cells count them.
VOILA_HAS_RUN_ALL = r"""async () => {
  const cells = document.querySelectorAll('[cell-index]');
  const [, count] = cells[0].querySelector('script').textContent.match(/\d+/g);
  return cells.length === Number(count);
}"""

# The picture widget on the page, as the bytes that the browser shows; null while there is none to see.
PICTURE = """async () => {
  const image = document.querySelector('img.widget-image');
  if (!image || !image.complete || !image.naturalWidth) return null;
  try {
    const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
    return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
  } catch { return null; }  // the next picture took its place meanwhile
}"""


def find_browser():
    """Return the path of a Chromium or Chrome, or None."""
    chosen = os.environ.get("GMM_TEACH_BROWSER")
    if chosen:
        return chosen
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    for template in BROWSERS_OFF_THE_PATH:
        with contextlib.suppress(KeyError):  # a Windows variable that this machine has not
            if Path(path := template.format(**os.environ)).exists():
                return path
    return None


@contextlib.contextmanager
def running_browser():
    """Run a headless Chromium, and yield it as playwright's; RuntimeError where there is none."""
    program = find_browser()
    if program is None:
        raise RuntimeError(HOW_TO_GET_A_BROWSER)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        # with scrollbars, as readers have them: they take room
        chromium = playwright.chromium.launch(
            executable_path=program, args=list(BROWSER_OPTIONS), ignore_default_args=["--hide-scrollbars"]
        )
        yield chromium
        chromium.close()


@dataclass(frozen=True)
class FrontEnd:
    """A program that shows notebooks in a browser, and how the tests speak to it.

    Attributes
    ----------
    name : str
        As its readers call it.
    command : tuple of str
        Its module and options; `{root}`, `{port}` and `{token}` are filled in.
    path : str
        Where the notebooks are, below its address.
    kernel : str
        JavaScript: a function that finds the connection to the kernel.
    run_all : str
        JavaScript: a function that runs every cell, and returns whether all went well.
    own_complaints : tuple of str
        Words by which to know the complaints that are its own, and come with any notebook.
    """

    name: str
    command: tuple[str, ...]
    path: str
    kernel: str = KERNEL_OF_NOTEBOOK
    run_all: str = RUN_ALL
    own_complaints: tuple[str, ...] = ()


JUPYTER_SERVER = (
    *("--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port={port}"),
    *("--ServerApp.port_retries=0", "--ServerApp.root_dir={root}", "--IdentityProvider.token={token}"),
)
JUPYTERLAB = FrontEnd("JupyterLab", ("jupyterlab", *JUPYTER_SERVER, "--LabApp.expose_app_in_browser=True"), "doc/tree")
JUPYTER_NOTEBOOK = FrontEnd(
    "Jupyter Notebook",
    ("notebook", *JUPYTER_SERVER, "--JupyterNotebookApp.expose_app_in_browser=True"),
    "notebooks",
    # it may load a setting before the keyboard shortcuts: https://github.com/jupyter/notebook/issues/7862
    own_complaints=("Cannot read properties of undefined (reading 'schema')",),
)
VOILA = FrontEnd(
    "Voila",
    (
        *("voila", "--no-browser", "--Voila.ip=127.0.0.1", "--Voila.port={port}", "--Voila.port_retries=0"),
        *("--Voila.root_dir={root}", "--Voila.token={token}", "--VoilaConfiguration.show_tracebacks=True"),
    ),
    "voila/render",
    kernel=KERNEL_OF_VOILA,
    run_all=VOILA_HAS_RUN_ALL,
    # it asks the network for icons, and cannot load an extension of Jupyter Notebook 7, which it does not need
    own_complaints=("/fontawesome-free@", "@jupyterlab/docregistry"),
)


def running_jupyterlab(notebooks, home):
    """Run a JupyterLab, as `running` does."""
    return running(JUPYTERLAB, notebooks, home)


@contextlib.contextmanager
def running(front_end, notebooks, home):
    """Run a front end on a copy of a folder, with settings of its own, and yield its address.

    Parameters
    ----------
    front_end : FrontEnd
        What to run.
    notebooks : Path
        A folder of notebooks; it is copied, so that nothing that happens in the page is stored in it.
    home : Path
        An empty folder, for the copy and for everything that Jupyter writes.
    """
    root = shutil.copytree(notebooks, home / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for plugin, values in SETTINGS.items():
        path = home / "settings" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    own_folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with open(home / "server.log", "w+", encoding="utf-8") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *(word.format(root=root, port=port, token=TOKEN) for word in front_end.command)],
            env=os.environ | {name: str(home / folder) for name, folder in own_folders.items()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for_answer(front_end.name, f"{address}/?token={TOKEN}", server, home / "server.log")
            yield address
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait_for_answer(name, url, server, log):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=10).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{name} did not start; its log ends:\n{log.read_text(encoding='utf-8')[-3000:]}")


class NotebookPage:
    """A notebook, open in the browser, with its kernel connected.

    Parameters
    ----------
    page : playwright.sync_api.Page
        A fresh page.
    address : str
        Of the front end.
    name : str
        The notebook's path below the folder that the front end serves.
    front_end : FrontEnd
        What runs at the address.
    """

    def __init__(self, page, address, name, front_end=JUPYTERLAB):
        self.page, self.front_end = page, front_end
        self._complaints = []
        page.set_default_timeout(PATIENCE * 1000)
        page.on("pageerror", lambda error: self._complaints.append(f"error in the page: {error}"))
        page.on("console", self._on_console)
        page.goto(f"{address}/{front_end.path}/{name}?token={TOKEN}&reset", timeout=PATIENCE_TO_RUN * 1000)
        page.wait_for_function("() => window.jupyterapp")
        page.evaluate(IN_TIME, [KERNEL_IS_READY.replace("KERNEL", front_end.kernel), PATIENCE])

    def _on_console(self, message):
        if message.type == "error":
            self._complaints.append(f"error in the console: {message.text} ({message.location.get('url')})")

    def run_all(self):
        """Run every cell, wait for the last, and return whether all went well."""
        return self.page.evaluate(IN_TIME, [self.front_end.run_all, PATIENCE_TO_RUN])

    def errors(self):
        """Everything that went wrong since the notebook was opened, in words; empty when nothing did."""
        in_cells = self.page.locator(
            '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"], '
            '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'
        )
        return (
            [text for text in self._complaints if not any(own in text for own in self.front_end.own_complaints)]
            + self.page.evaluate("() => window.complaints")
            + [f"error in a cell: {text}" for text in in_cells.all_inner_texts()]
        )

    def forget_errors(self):
        """Forget what went wrong so far, but for what stands in a cell."""
        self._complaints.clear()
        self.page.evaluate("() => { window.complaints.length = 0; }")

    def button(self, text):
        """The first button with exactly this text, as a playwright Locator."""
        return self.page.get_by_role("button", name=text, exact=True).first

    def picture(self):
        """Return a fingerprint of the first picture widget, as soon as the browser shows one: its SHA-256."""
        return self._until(lambda picture: True, "no picture to be seen")

    def picture_at_rest(self):
        """Return the fingerprint of the picture once the kernel is idle and it has not changed for a while."""
        seen, since = None, 0.0

        def rests(picture):
            nonlocal seen, since
            if picture != seen or not self.page.evaluate(KERNEL_IS_IDLE):
                seen, since = picture, time.monotonic()
            return time.monotonic() - since > REST

        return self._until(rests, "the picture never came to rest")

    def picture_after(self, action):
        """Do something and return the fingerprint of the next picture; TimeoutError if none comes.

        What was done before must have come to rest, or the next picture may be due to that.
        """
        before = self.picture()
        action()
        return self._until(lambda picture: picture != before, "the picture stayed the same")

    def wait_for_picture(self, wanted):
        """Wait until the picture has this fingerprint; TimeoutError if it never has."""
        self._until(lambda picture: picture == wanted, "the picture never was the wanted one")

    def _until(self, fits, complaint):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            encoded = self.page.evaluate(PICTURE)
            if encoded and fits(picture := hashlib.sha256(encoded.encode()).hexdigest()):
                return picture
            self.page.wait_for_timeout(20)
        raise TimeoutError(f"{complaint} for {PATIENCE} s; errors: {self.errors()}")
