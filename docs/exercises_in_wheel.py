"""A hook of hatchling: put into the wheel what `gmm_teach.grade` needs of the notebooks, without the solutions."""

import json
from pathlib import Path
from tempfile import mkdtemp

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TAGS = {"exercise", "answer", "check"}


class Exercises(BuildHookInterface):
    def initialize(self, version, build_data):
        if version == "editable":
            return  # a checkout has the notebooks themselves
        notebooks, made = Path(self.root, "notebooks"), Path(mkdtemp())
        for path in sorted(notebooks.glob("solutions/*.ipynb")):
            asked, solved = (json.loads(file.read_text(encoding="utf-8")) for file in (notebooks / path.name, path))
            asked["cells"] = [cell for cell in asked["cells"] if TAGS & {*cell["metadata"].get("tags", ())}]
            solved["cells"] = [cell for cell in solved["cells"] if not TAGS & {*cell["metadata"].get("tags", ())}]
            solved["cells"] = [cell for cell in solved["cells"] if cell["cell_type"] == "code"]
            for place, notebook in {path.name: asked, f"solutions/{path.name}": solved}.items():
                file = made / place
                file.parent.mkdir(exist_ok=True)
                file.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
                build_data["force_include"][str(file)] = f"gmm_teach/_notebooks/{place}"
