#!/usr/bin/env python3
"""Where the project is: its repository on GitHub, and every address that follows from it.

    python docs/site/place.py                   say what stands in the files
    python docs/site/place.py alice/gmm_teach   write another owner and name into each

On GitHub, where the variable GITHUB_REPOSITORY says what is being built, that counts for the site.
"""

import os
import re
import sys
from pathlib import Path

STORED = "OWNER/gmm_teach"
BRANCH = "main"

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
FILES = (
    "docs/site/place.py",
    "README.md",
    "CITATION.cff",
    "notebooks/**/*.ipynb",
)  # where addresses of the project stand
NAME = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
HOW = "name one repository as OWNER/NAME, as in alice/gmm_teach"


def checked(repository):
    """Return the name of a repository; anything else is a ValueError."""
    if not NAME.fullmatch(repository):
        raise ValueError(f"{repository!r} is no repository: {HOW}")
    return repository


def repository():
    """Return OWNER/NAME: of the repository that GitHub builds, else the stored one."""
    return checked(os.environ.get("GITHUB_REPOSITORY") or STORED)


def code(repository):
    """Return the address of the repository."""
    return f"https://github.com/{repository}"


def site(repository):
    """Return the address of the site, as GitHub Pages gives it."""
    owner, name = repository.split("/")
    return f"https://{owner.lower()}.github.io/" + ("" if name.lower() == f"{owner}.github.io".lower() else f"{name}/")


def binder(repository, notebook):
    """Return the address at which Binder opens a notebook, named by its path in the repository."""
    return f"https://mybinder.org/v2/gh/{repository}/{BRANCH}?urlpath=lab/tree/{notebook}"


def colab(repository, notebook):
    """Return the address at which Colab opens a notebook."""
    return f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{notebook}"


def move(text, old, new):
    """Return a text in which the addresses of one repository are those of another."""
    for address in (site, code):
        text = text.replace(address(old), address(new))
    return text.replace(f'STORED = "{old}"', f'STORED = "{new}"')


def main(arguments=None):
    """Say the stored name, or write a new one into all files."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments:
        print(f"{STORED}: {code(STORED)}, {site(STORED)}")
        return
    if len(arguments) > 1:
        sys.exit(HOW)
    try:
        new = checked(arguments[0])
    except ValueError as error:
        sys.exit(str(error))
    for path in (path for pattern in FILES for path in ROOT.glob(pattern)):
        path.write_text(move(path.read_text(encoding="utf-8"), STORED, new), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
