#!/usr/bin/env python3
"""Write docs/formulas.md: which cell of which notebook checks each formula.

    python docs/formula_table.py

A cell that checks formulas has tags such as `formula-A1` and `formula-A2`, and must hold an assert. Readers do not
see tags. The names of the formulas are below.
"""

import ast
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
PAGE = ROOT / "docs" / "formulas.md"

FORMULAS = {
    "The model": {
        "M1": "total probability: p(x) is a sum over the labels",
        "M2": "the three hypotheses",
        "M3": "density of a Gaussian on R^d",
        "M4": "density of the mixture",
        "M5": "log-likelihood: a log of a sum, not concave",
    },
    "Why EM climbs": {
        "B1": "log L taken apart, for any distribution over the labels",
        "B2": "log L = Q + H",
        "B3": "Q and H",
        "B4": "H rises by a KL divergence, which is 0 or more",
        "B5": "what raises Q raises log L at least as much",
        "B6": "the bound touches log L with the same gradient (Fisher's identity)",
        "B7": "Q of the mixture, a sum over points and components",
        "B8": "responsibilities",
        "B9": "Q splits into one problem a component and one for the proportions",
    },
    "The mean": {
        "A1": "what is maximised: A(m)",
        "A2": "gradient of A",
        "A3": "the update: the weighted mean",
        "A4": "Hessian of A: constant, negative definite",
    },
    "The covariance": {
        "C1": "what is maximised: B(Lambda)",
        "C2": "derivatives of log det and of a quadratic form",
        "C3": "gradient of B in all d^2 entries",
        "C4": "the update: the weighted covariance around the new mean",
        "C5": "gradient of B in the d(d+1)/2 entries of a symmetric matrix",
        "C6": "second derivative of B, along a direction and as a matrix",
        "C7": "B is concave on symmetric matrices, and not on all",
        "C8": "when the update is positive definite",
    },
    "The proportions": {
        "P1": "what is maximised: C(pi), with a constraint",
        "P2": "gradient of C, the constraint removed",
        "P3": "the update: S_k / n",
        "P4": "Hessian of C: negative definite, not diagonal",
        "P5": "the same by a Lagrange multiplier and by Gibbs' inequality",
    },
    "A prior, and heavy tails": {
        "R1": "the M step with a Dirichlet and an inverse Wishart prior",
        "R2": "the hidden precision of a point of a t component",
        "R3": "the M step of t components",
    },
    "Errata of the post": {
        "E1": "K for d in the power of 2 pi",
        "E2": "the mean divided by a vector",
        "E3": "the first covariance of size K x K",
        "E4": "a diagonal Hessian of C",
        "E5": "a d x d Hessian of B",
        "E6": "that Hessian negative definite on all entries",
        "E7": "the updated covariance always positive definite",
        "E8": "EM at the maximum of the likelihood",
        "E9": "the log-likelihood of the true parameters",
        "E10": "wordings",
    },
}
KNOWN = [identifier for names in FORMULAS.values() for identifier in names]
TAG = "formula-"


@dataclass(frozen=True)
class Check:
    """A cell that checks formulas; `number` counts code cells from 1, as JupyterLab does after Run All."""

    notebook: str
    number: int
    heading: str
    identifiers: tuple
    has_assert: bool


def find_checks(folder=NOTEBOOKS):
    """Read every notebook of the folder; return its checks, in reading order, and sentences on what is wrong."""
    checks, problems = [], []
    for path in sorted(Path(folder).glob("*.ipynb")):
        number, heading = 0, ""
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                heading = [heading, *re.findall(r"^#+ +(.+?) *$", source, re.MULTILINE)][-1]
            elif cell["cell_type"] == "code":
                number += 1
                tags = cell.get("metadata", {}).get("tags", [])
                identifiers = tuple(tag.removeprefix(TAG) for tag in tags if tag.startswith(TAG))
                if not identifiers:
                    continue
                where = f"{path.name}, code cell {number}"
                has_assert = any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source)))
                checks.append(Check(path.name, number, heading, identifiers, has_assert))
                problems += [f"{where}: there is no formula {i}" for i in identifiers if i not in KNOWN]
                problems += [] if has_assert else [f"{where}: it checks {', '.join(identifiers)} with no assert"]
    named = {identifier for check in checks for identifier in check.identifiers}
    problems += [f"{identifier} has no check" for identifier in KNOWN if identifier not in named]
    return checks, problems


def page(checks):
    """Return the text of docs/formulas.md."""
    lines = [
        "# Where each formula is checked",
        "",
        "Each formula of the lessons has a cell that fails if the formula is wrong. The number in brackets is the one",
        "that stands beside the cell after *Run All*, and the words are the heading above it. This page is made",
        "from the notebooks by `python docs/formula_table.py`.",
    ]
    for title, names in FORMULAS.items():
        lines += ["", f"## {title}", "", "| | formula | checked in |", "|:--|:--|:--|"]
        for identifier, name in names.items():
            cells = [_link(check) for check in checks if identifier in check.identifiers]
            lines.append(f"| {identifier} | {name} | {'<br>'.join(cells)} |")
    return "\n".join(lines) + "\n"


def _link(check):
    heading = check.heading.replace("|", r"\|")
    return f"[{check.notebook.removesuffix('.ipynb')}](../notebooks/{check.notebook}) [{check.number}] {heading}"


def main():
    """Write the page and say what is wrong; return the exit status."""
    checks, problems = find_checks()
    PAGE.write_text(page(checks), encoding="utf-8", newline="\n")
    print(f"{PAGE.relative_to(ROOT)}: {len(checks)} checking cells")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
