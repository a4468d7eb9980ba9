"""What stands in for Pyodide's server, which a test must not need.

Python itself is that of the npm package, in the version that the site's kernel asks for. The pure packages are PyPI's,
in the versions that Pyodide's lock file names. Compiled packages are to be had from Pyodide's server alone: for each
there is a wheel that holds its name and version, and nothing to import.
"""

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from packaging.utils import canonicalize_name

HOME = Path(__file__).parents[2] / "build" / "pyodide"
ADDRESS = re.compile(r"https://cdn\.jsdelivr\.net/pyodide/v([\d.]+)/full/")
KERNEL = Path("extensions", "@jupyterlite", "pyodide-kernel-extension", "static")
OF_THE_KERNEL = ("micropip", "ipython", "jedi")  # which it installs before all else
KINDS = {".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json"}
PURE = ("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none")


def asked_for(lite):
    """Return the version of Pyodide that the kernel of a JupyterLite loads."""
    found = {
        version for script in (lite / KERNEL).glob("*.js") for version in ADDRESS.findall(script.read_text("utf-8"))
    }
    (version,) = found
    return version


class Pyodide:
    """A release of Pyodide, as its lock file lists it.

    Parameters
    ----------
    version : str
        Of the npm package, which is fetched once.

    Attributes
    ----------
    python : str
        The version of its Python.
    packages : dict of str to dict
        The entries of the lock file, by name.
    """

    def __init__(self, version):
        self.folder = HOME / version
        self._npm = self.folder / "node_modules" / "pyodide"
        if not self._npm.exists():
            quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund"]
            subprocess.run(["npm", "install", *quiet, "--prefix", self.folder, f"pyodide@{version}"], check=True)
        self._lock = json.loads((self._npm / "pyodide-lock.json").read_text(encoding="utf-8"))
        self.python = self._lock["info"]["python"]
        self.packages = {canonicalize_name(name): entry for name, entry in self._lock["packages"].items()}

    def with_needs(self, names):
        """Return these packages and all that they need, by the lock file."""
        found, todo = set(), [canonicalize_name(name) for name in names]
        while todo:
            if (name := todo.pop()) not in found:
                found.add(name)
                todo += map(canonicalize_name, self.packages[name]["depends"])
        return sorted(found)

    def fetch_wheels(self, names):
        """Get the pure wheels of packages from PyPI, unless they are there."""
        entries = [self.packages[name] for name in names if self.packages[name]["file_name"].endswith("-none-any.whl")]
        wheels = self.folder / "wheels"
        missing = [entry for entry in entries if not (wheels / entry["file_name"]).exists()]
        if missing:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--python-version", self.python]
            exact = [f"{entry['name']}=={entry['version']}" for entry in missing]
            subprocess.run([*pip, *PURE, "--dest", wheels, *exact], check=True)

    def lock(self):
        """Return the lock file as bytes, with the sums of the files that are here."""
        for entry in self.packages.values():
            if (content := self.file(entry["file_name"])) is not None:
                entry["sha256"] = hashlib.sha256(content).hexdigest()
        return json.dumps(self._lock).encode()

    def file(self, name):
        """Return the content of a file of Pyodide's server, or None where there is nothing to stand in for it."""
        if name == "pyodide-lock.json":
            return self.lock()
        for path in (self._npm / name, self.folder / "wheels" / name):
            if path.exists():
                return path.read_bytes()
        return empty_wheel(name) if name.endswith("_wasm32.whl") else None

    def answer(self, route):
        """Answer what a browser asks of Pyodide's server."""
        name = route.request.url.rsplit("/", 1)[1]
        content = self.file(name)
        if content is None:
            route.fulfill(status=404)
        else:
            kind = KINDS.get(Path(name).suffix, "application/octet-stream")
            route.fulfill(body=content, content_type=kind, headers={"access-control-allow-origin": "*"})


def empty_wheel(name):
    """Return a wheel of this name with nothing but its metadata."""
    package, version, tag = re.fullmatch(r"([^-]+)-([^-]+)-(.+)\.whl", name).groups()
    folder = f"{package}-{version}.dist-info"
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n",
        "WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\nTag: {tag}\n",
        "RECORD": "",
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(zipfile.ZipInfo(f"{folder}/{file}"), text)
    return content.getvalue()
