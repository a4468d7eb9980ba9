"""The JavaScript: a linter is content, and Node.js runs the tests of what touches no page."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIOME = ROOT / "build" / "biome" / "node_modules" / ".bin" / "biome"


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def missing(how):
    (pytest.fail if os.environ.get("CI") else pytest.skip)(how)


def test_the_linter_is_content():
    if not BIOME.exists():
        missing("Biome is not in build/biome: npm install --no-save --prefix build/biome @biomejs/biome@2")
    assert "Checked" in run(BIOME, "lint", "--error-on-warnings", "--diagnostic-level=warn")


def test_the_tests_of_the_player_pass():
    if not shutil.which("node"):
        missing("Node.js is not found; install it (on Debian: apt-get install nodejs)")
    said = run("node", "--test", "--test-reporter=spec", ROOT / "tests" / "widgets" / "player.test.mjs")
    assert "fail 0" in said
    assert "pass 0" not in said
