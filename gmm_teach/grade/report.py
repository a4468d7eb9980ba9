"""What a lecturer reads: a table for a spreadsheet, and a page."""

import csv
import html
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path

from .marking import Row

VERDICTS = {"passed": "✓", "not yet": "✗", "not started": "-", "error": "!"}
STYLE = """body { font: 16px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; }
table { border-collapse: collapse; } th, td { border: 1px solid #bbb; padding: .3em .6em; text-align: left; }
td { vertical-align: top; } summary { cursor: pointer; } pre { white-space: pre-wrap; max-width: 40em; }
.passed { background: #e3f4e8; } .not-yet { background: #fff3d6; } .error { background: #fbe3e1; }"""


def write_csv(rows: Iterable[Row], path: str | Path) -> None:
    """Write a line for each row, with a heading."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["student", "notebook", "exercise", "verdict", "message"])
        writer.writerows(astuple(row) for row in rows)


def write_page(rows: Iterable[Row], path: str | Path) -> None:
    """Write a page: for each notebook a table of students and exercises, with the messages folded."""
    rows = list(rows)
    parts = ["<!doctype html><html lang='en'><meta charset='utf-8'><title>Exercises</title>", f"<style>{STYLE}</style>"]
    parts.append(
        "<h1>Exercises</h1><p>" + " &nbsp; ".join(f"{mark} {word}" for word, mark in VERDICTS.items()) + "</p>"
    )
    for notebook in dict.fromkeys(row.notebook for row in rows):
        here = [row for row in rows if row.notebook == notebook]
        titles = dict.fromkeys(row.exercise for row in here if row.exercise)
        heads = "".join(f"<th scope='col'>{html.escape(title)}</th>" for title in titles)
        parts.append(
            f"<h2>{html.escape(notebook)}</h2><table><tr><th scope='col'>student</th>{heads}<th>passed</th></tr>"
        )
        for student in dict.fromkeys(row.student for row in here):
            theirs = [row for row in here if row.student == student]
            cells = "".join(_table_cell(row, len(titles)) for row in theirs)
            passed = sum(row.verdict == "passed" for row in theirs)
            parts.append(f"<tr><th scope='row'>{html.escape(student)}</th>{cells}<td>{passed}</td></tr>")
        parts.append("</table>")
    Path(path).write_text("\n".join(parts) + "\n", encoding="utf-8")


def _table_cell(row, width):
    words = f"{VERDICTS[row.verdict]} {row.verdict}"
    if row.message:
        words = f"<details><summary>{words}</summary><pre>{html.escape(row.message)}</pre></details>"
    wide = "" if row.exercise else f" colspan='{max(width, 1)}'"
    return f"<td class='{row.verdict.replace(' ', '-')}'{wide}>{words}</td>"
