"""The words of the interface, from static/words.json, which the browser has too: a translation replaces that file.

Names of starts, sets, palettes and panels are the program's own, and so are its errors and what plots.py writes.
"""

import json
from importlib.resources import files

WORDS = json.loads((files("gmm_teach.widgets") / "static" / "words.json").read_text(encoding="utf-8"))


def say(room: str, name: str, /, **values: object) -> str:
    """The words `name` in a room of the file, with values in their gaps."""
    return WORDS[room][name].format(**values)
