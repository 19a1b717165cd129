"""What runs unattended in the repository, and with which rights."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[1] / ".github" / "workflows"


def workflow(name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((FOLDER / name).read_text())
    return found


def may_write(job: dict[str, Any]) -> bool:
    return "write" in dict(job.get("permissions", {})).values()


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
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
