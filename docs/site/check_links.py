#!/usr/bin/env python3
"""Follow every address in the pages of the site, anchors too, and say which lead nowhere.

python docs/site/check_links.py          looks at build/site
python docs/site/check_links.py FOLDER

Addresses of other servers are left alone: whether they answer is not the site's doing.
"""

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
CSS_ADDRESS = re.compile(r"""url\(\s*["']?([^"')]+)""")


class Page(HTMLParser):
    """What a page refers to, and the places in it."""

    def __init__(self, html):
        super().__init__()
        self.addresses, self.places, self._in = [], {"", "top"}, None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        """Take in the addresses and the name of an element."""
        found = dict(attributes)
        if tag == "base":  # of the page that is shown at any depth, which counts from the home page
            return
        self.places |= {found[name] for name in ("id", "name") if found.get(name)}
        self.addresses += [found[name] for name in ("href", "src", "poster", "data") if found.get(name)]
        self.addresses += [part.split()[0] for part in (found.get("srcset") or "").split(",") if part.strip()]
        self.addresses += CSS_ADDRESS.findall(found.get("style") or "")
        self._in = "frames" if tag == "script" and found.get("type") == "application/json" else tag

    def handle_endtag(self, tag):
        """Leave an element."""
        self._in = None

    def handle_data(self, data):
        """Take in the pictures of a frozen player, and the addresses in a style."""
        if self._in == "frames":
            value = json.loads(data)
            if isinstance(value, dict):
                self.addresses += [frame["picture"] for frame in value.get("frames", ())]
        elif self._in == "style":
            self.addresses += CSS_ADDRESS.findall(data)


def dead_links(site):
    """Follow all addresses from the home page on, and return those that lead nowhere.

    Parameters
    ----------
    site : Path

    Returns
    -------
    list of (str, str)
        The page or the style sheet, as a path in the site, and the address that it gives.
    """
    home = Path(site).resolve() / "index.html"
    read, todo, dead = {}, [home], []
    links = []  # (page, address, file, place)
    while todo:
        path = todo.pop()
        if path in read or not path.is_file() or path.suffix not in {".html", ".css"}:
            continue
        text = path.read_text(encoding="utf-8")
        read[path] = page = Page(text if path.suffix == ".html" else f"<style>{text}</style>")
        for address in dict.fromkeys(page.addresses):
            parts = urlsplit(address)
            if not parts.scheme and not parts.netloc:
                links.append((path, address, file_at(home.parent, path, unquote(parts.path)), unquote(parts.fragment)))
                todo.append(links[-1][2])
    for path, address, file, place in sorted(links):
        if not file.is_file() or (file.suffix == ".html" and place not in read[file].places):
            dead.append((path.relative_to(home.parent).as_posix(), address))
    return dead


def file_at(site, page, address):
    """Return the file that an address on a page leads to."""
    if not address:
        return page
    file = (site / address.lstrip("/") if address.startswith("/") else page.parent / address).resolve()
    return file / "index.html" if file.is_dir() else file


if __name__ == "__main__":
    found = dead_links(sys.argv[1] if sys.argv[1:] else ROOT / "build" / "site")
    print(*(f"{page}: {address}" for page, address in found), f"{len(found)} dead links", sep="\n")
    sys.exit(bool(found))
