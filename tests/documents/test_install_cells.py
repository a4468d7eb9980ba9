"""The cell that installs the module in JupyterLite and on Colab: the first code, and the same in every notebook."""

import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "docs" / "site")]
import install_cells  # noqa: E402
import place  # noqa: E402

paths = sorted(path for path in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)


@pytest.mark.parametrize("path", paths, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_it_is_the_first_code_and_in_step(path):
    notebook = nbformat.read(path, as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert first.id == install_cells.INSTALL
    assert first.source == install_cells.code(place.STORED, notebook), "run python docs/install_cells.py"
    assert first.metadata["tags"] == install_cells.TAGS


@pytest.mark.parametrize(("source", "named"), [("import sklearn.cluster", False), ("starts.k_means(x, 3)", True)])
def test_it_fetches_scikit_learn_where_no_cell_imports_it(source, named):
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source)])
    assert ("gmm-teach scikit-learn\n" in install_cells.code(place.STORED, notebook)) == named


def test_it_is_due_when_the_project_moves(tmp_path, monkeypatch):
    (tmp_path / "one.ipynb").write_bytes(paths[0].read_bytes())
    assert install_cells.write_all(tmp_path) == []
    monkeypatch.setattr(place, "STORED", "alice/gmm")
    assert install_cells.write_all(tmp_path) == ["one.ipynb"]
    text = (tmp_path / "one.ipynb").read_text(encoding="utf-8")
    assert text.count('"id": "install"') == 1
    assert "git+https://github.com/alice/gmm" in text
