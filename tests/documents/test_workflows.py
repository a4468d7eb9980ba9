"""The workflows for GitHub: they fit GitHub's schema, and what they run is there. GitHub itself is not asked."""

import re
from pathlib import Path

import pytest
import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SITE, RELEASE = (ROOT / ".github" / "workflows" / name for name in ("site.yml", "release.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*_*.yml"))
SWITCH = re.compile(r"^    # (branches: .+)$", re.MULTILINE)  # the line that lets the site follow main

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def complaints(*paths, schema="vendor.github-workflows"):
    """Return what does not fit a schema; it comes with check-jsonschema."""
    done = CliRunner().invoke(check_jsonschema, ["--builtin-schema", schema, *map(str, paths)])
    return "" if done.exit_code == 0 else done.output


def jobs(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]


def triggers(text):
    return yaml.safe_load(text)[True]  # YAML takes "on" for true


def steps(path):
    return [step for job in jobs(path).values() for step in job["steps"]]


def test_there_are_workflows():
    assert [path.stem for path in WORKFLOWS] == ["release", "site", "tests"]


def test_every_workflow_fits_the_schema():
    assert complaints(*WORKFLOWS) == ""


def test_every_form_for_an_issue_fits_the_schema(tmp_path):
    assert [path.stem for path in FORMS] == ["broken_widget", "confusing_lesson", "wrong_formula"]
    assert complaints(*FORMS, schema="vendor.github-issue-forms") == ""
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(FORMS[0].read_text(encoding="utf-8").replace("type: dropdown", "type: drop"), encoding="utf-8")
    assert "drop" in complaints(wrong, schema="vendor.github-issue-forms")


@pytest.mark.slow
def test_a_wrong_workflow_is_told(tmp_path):
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(SITE.read_text(encoding="utf-8").replace("runs-on", "runs-upon"), encoding="utf-8")
    assert "runs-upon" in complaints(wrong)


@every_workflow
def test_each_job_that_is_waited_for_is_there(path):
    for job in jobs(path).values():
        if "needs" in job:
            assert job["needs"] in jobs(path)


@every_workflow
def test_what_it_runs_is_there(path):
    commands = [step["run"] for step in steps(path) if "run" in step]
    assert commands
    for command in commands:
        for program, script in re.findall(r"\b(python3?|bash) ([\w./]+)", command):
            assert (ROOT / script).is_file(), f"{program} {script}"


def test_the_same_actions_have_the_same_version():
    used = {step["uses"] for path in WORKFLOWS for step in steps(path) if "uses" in step}
    assert len({action.split("@")[0] for action in used}) == len(used)


def test_a_tag_publishes_the_site_and_the_package():
    assert triggers(SITE.read_text(encoding="utf-8"))["push"] == {"tags": ["v*"]}
    assert triggers(RELEASE.read_text(encoding="utf-8")) == {"push": {"tags": ["v*"]}}
    (job,) = jobs(RELEASE).values()
    assert job["permissions"]["id-token"] == "write"  # by which PyPI knows the repository: no password is kept
    assert "pypa/gh-action-pypi-publish@release/v1" in [step.get("uses") for step in job["steps"]]


def test_the_site_follows_main_once_one_line_is_switched_on(tmp_path):
    text = SITE.read_text(encoding="utf-8")
    switched = tmp_path / "site.yml"
    switched.write_text(SWITCH.sub(r"    \1", text), encoding="utf-8")
    assert triggers(switched.read_text(encoding="utf-8"))["push"] == {"tags": ["v*"], "branches": ["main"]}
    assert complaints(switched) == ""


def test_what_is_published_is_what_is_built():
    commands = [step.get("run") for step in steps(SITE)]
    assert "python3 run.py site" in commands
    (upload,) = [step for step in steps(SITE) if step.get("uses", "").startswith("actions/upload-pages-artifact@")]
    assert upload["with"] == {"path": "build/site"}
    assert '\nSITE = BUILD / "site"\n' in (ROOT / "docs" / "site" / "build.py").read_text(encoding="utf-8")
