#!/usr/bin/env python3
"""Where the project is: its repository on GitHub, and every address that follows from it.

    python docs/site/place.py                   say what stands in the files
    python docs/site/place.py alice/gmm_teach   write an owner and a name into each

Before that no file has an address, since none would lead anywhere. On GitHub, where the variable GITHUB_REPOSITORY says
what is being built, that counts for the site.
"""

import json
import os
import re
import sys
from pathlib import Path
from urllib.parse import quote

STAND_IN = "OWNER/gmm_teach"  # until somebody says where the project is
STORED = "OWNER/gmm_teach"
BRANCH = "main"

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
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


def known(repository):
    """Whether somebody has said where the project is."""
    return repository != STAND_IN


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


def nbgitpuller(repository, notebook):
    """Return what nbgitpuller needs to copy the project to a JupyterHub, and to open a notebook there."""
    asked = {"repo": code(repository), "branch": BRANCH, "urlpath": f"lab/tree/{repository.split('/')[1]}/{notebook}"}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())


# What stands in the files: each is written anew, whatever it was before.

# nbgitpuller's own page: it asks for the address of a JupyterHub; the rest is filled in
LINK_MAKER = "https://nbgitpuller.readthedocs.io/en/latest/link.html?"
FIRST = "notebooks/01_watch_em_learn.ipynb"
MARK = "<!-- where it runs -->"
COLAB = '\nelif "google.colab" in sys.modules:\n    %pip install -q git+'


def on_colab(repository):
    """Return the last lines of the cell that installs the module: on Colab from where the notebook came."""
    return COLAB + code(repository) if known(repository) else ""


def start_links(repository):
    """Return the line of README.md that opens the project in one click: a badge for each place, from docs/badges."""
    if not known(repository):
        return ""
    badges = {
        "site": ("Read the site", site(repository)),
        "binder": ("Open in Binder", binder(repository, FIRST)),
        "colab": ("Open in Colab", colab(repository, FIRST)),
        "jupyterhub": ("Make a link for your JupyterHub", LINK_MAKER + nbgitpuller(repository, FIRST)),
    }
    return " ".join(f"[![{words}](docs/badges/{name}.svg)]({address})" for name, (words, address) in badges.items())


def hub_line(repository):
    """Return the line of docs/teaching.md for a course with a JupyterHub."""
    if not known(repository):
        return ""
    asked = nbgitpuller(repository, FIRST)
    return (
        "On a JupyterHub with nbgitpuller, send your students its address followed by "
        f"`/hub/user-redirect/git-pull?{asked}`, or [make the link]({LINK_MAKER}{asked}) on nbgitpuller's page."
    )


def between_marks(text, line):
    """Return a text with this line between its two marks."""
    before, _, after = text.split(MARK)
    return f"{before}{MARK}\n{line}\n{MARK}{after}" if line else f"{before}{MARK}\n{MARK}{after}"


def citation(text, repository):
    """Return CITATION.cff with the two addresses below its licence, or without any."""
    text = re.sub(r"^(repository-code|url): .*\n", "", text, flags=re.MULTILINE)
    lines = f"repository-code: {code(repository)}\nurl: {site(repository)}\n" if known(repository) else ""
    return re.sub(r"^(license: .*\n)", rf"\g<1>{lines}", text, count=1, flags=re.MULTILINE)


def notebook(text, repository):
    """Return a notebook with the cell that installs the module."""
    found = json.loads(text)
    for cell in found["cells"]:
        if cell.get("id") == "install":
            lines = "".join(cell["source"]).split(COLAB)[0] + on_colab(repository)
            cell["source"] = lines.splitlines(keepends=True)
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def write_all(repository):
    """Write the addresses of a repository into every file that has some."""
    writers = {
        "docs/site/place.py": lambda text: re.sub(
            r'^STORED = ".*"', f'STORED = "{repository}"', text, flags=re.MULTILINE
        ),
        "README.md": lambda text: between_marks(text, start_links(repository)),
        "docs/teaching.md": lambda text: between_marks(text, hub_line(repository)),
        "CITATION.cff": lambda text: citation(text, repository),
        "notebooks/**/*.ipynb": lambda text: notebook(text, repository),
    }
    for pattern, written in writers.items():
        for path in ROOT.glob(pattern):
            if ".ipynb_checkpoints" not in path.parts:
                path.write_text(written(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def main(arguments=None):
    """Say the stored name, or write a new one into all files."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments:
        print(f"{STORED}: {code(STORED)}, {site(STORED)}" if known(STORED) else f"not set: {HOW}")
        return
    if len(arguments) > 1:
        sys.exit(HOW)
    try:
        write_all(checked(arguments[0]))
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
