"""What runs unattended in the repository, and with which rights."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".github" / "workflows"
PATHS = sorted(FOLDER.iterdir())
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")

WRITING = {
    ("drift.yml", "propose"): {"actions", "contents", "pull-requests"},
    ("release.yml", "publish"): {"id-token"},
    ("release.yml", "announce"): {"contents"},
    ("release.yml", "push"): {"packages"},
    ("site.yml", "publish"): {"id-token", "pages"},
}
"""Every job that may write anything, and what."""

each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)


def workflow(name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((FOLDER / name).read_text())
    return found


def may_write(job: dict[str, Any]) -> bool:
    return "write" in dict(job.get("permissions", {})).values()


@each
def test_what_may_write_neither_installs_nor_runs_the_repositorys_code(path: Path) -> None:
    found = workflow(path.name)
    assert "write" not in dict(found["permissions"]).values()
    for job in found["jobs"].values():
        code = " ".join(step.get("run", "") for step in job["steps"])
        if may_write(job):
            assert "python" not in code
            assert "pip" not in code
            assert "meltano" not in code
        else:
            assert "github.token" not in json.dumps(job)
            assert "secrets." not in json.dumps(job)


def test_a_pull_request_about_drift_has_its_tests_run() -> None:
    assert "workflow_dispatch" in workflow("test.yml")[True]  # YAML reads "on" as true
    propose = workflow("drift.yml")["jobs"]["propose"]
    assert propose["permissions"]["actions"] == "write"
    assert 'gh workflow run test.yml --ref "$BRANCH"' in propose["steps"][-1]["run"]


@pytest.mark.parametrize(("code", "said"), [(0, "drifted=no\n"), (3, "drifted=yes\n")])
def test_drift_is_told_by_the_exit_code(tmp_path: Path, code: int, said: str) -> None:
    done, output = compare(tmp_path, code)
    assert done == 0
    assert output == said


@pytest.mark.parametrize("code", [1, 2])
def test_what_could_not_be_compared_fails_the_job(tmp_path: Path, code: int) -> None:
    assert compare(tmp_path, code) == (code, "")


def compare(folder: Path, code: int) -> tuple[int, str]:
    """Run the step as GitHub does, with a script that ends with this exit code."""
    (script,) = (
        step["run"]
        for step in workflow("drift.yml")["jobs"]["compare"]["steps"]
        if step.get("id") == "compare"
    )
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\nexit {code}\n")
    python.chmod(0o755)
    output = folder / "output"
    output.touch()
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],  # noqa: S607
        cwd=folder,
        env={**os.environ, "GITHUB_OUTPUT": str(output), "DOCUMENT": "any"},
        check=False,
    )
    return done.returncode, output.read_text()


@each
def test_actions_are_pinned_to_a_commit_whose_version_is_told(path: Path) -> None:
    used = re.findall(r"uses: *(.+)", path.read_text(encoding="utf-8"))
    assert used
    assert [action for action in used if not PINNED.match(action)] == []


def test_an_action_has_one_version_everywhere() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in PATHS)
    versions: dict[str, set[str]] = {}
    for action, pin in re.findall(r"uses: *([^@\s]+)@(.+)", text):
        versions.setdefault(action, set()).add(pin)
    assert {action: pins for action, pins in versions.items() if len(pins) > 1} == {}


@each
def test_a_job_may_write_only_what_it_is_there_for(path: Path) -> None:
    assert workflow(path.name)["permissions"] == {}
    for name, job in workflow(path.name)["jobs"].items():
        writes = {what for what, right in job["permissions"].items() if right == "write"}
        assert writes == WRITING.get((path.name, name), set()), name


@each
def test_no_checkout_leaves_the_token_behind(path: Path) -> None:
    for job in workflow(path.name)["jobs"].values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


@each
def test_no_script_has_an_expression_pasted_into_it(path: Path) -> None:
    scripts = [
        step.get("run", "") for job in workflow(path.name)["jobs"].values() for step in job["steps"]
    ]
    assert [script for script in scripts if "${{" in script] == []


def test_a_release_is_published_only_after_it_was_installed_on_every_python() -> None:
    release = workflow("release.yml")["jobs"]
    assert release["publish"]["needs"] == "install"
    assert release["announce"]["needs"] == release["image"]["needs"] == "publish"
    metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    supported = re.findall(r'Python :: (3\.\d+)"', metadata)
    assert release["install"]["strategy"]["matrix"]["python"] == supported
    tested = workflow("test.yml")["jobs"]
    assert tested["install"]["strategy"]["matrix"]["python"] == supported
