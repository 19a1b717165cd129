"""A project whose plugin definition was made from --about alone, without any selection."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import yaml

from tap_tripletex.rows.groups import GROUPS
from tap_tripletex.rows.shapes import columns_of
from tap_tripletex.streams import STREAMS
from tests.e2e.conftest import MELTANO, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Project

TAP = MELTANO.with_name("tap-tripletex")
KINDS = {"integer": "integer", "boolean": "boolean", "object": "object", "array": "array"}


def scraped() -> dict[str, Any]:
    """Return a plugin definition with what --about tells and nothing else."""
    text = subprocess.run([TAP, "--about", "--format=json"], capture_output=True, check=True).stdout
    about = json.loads(text)
    settings = []
    for name, definition in about["settings"]["properties"].items():
        kind = KINDS.get(definition["type"][0], "string")
        setting = {"name": name, "kind": kind, "description": definition.get("description")}
        settings.append(setting | ({"sensitive": True} if definition.get("secret") else {}))
    return {
        "name": about["name"],
        "namespace": about["name"].replace("-", "_"),
        "executable": str(TAP),
        "capabilities": about["capabilities"],
        "settings": settings,
    }


def empty_project(folder: Path) -> Path:
    loader = ROOT / ".meltano" / "loaders" / "target-jsonl" / "venv" / "bin" / "target-jsonl"
    folder.mkdir()
    definition = {
        "requires_meltano": ">=4.4,<5",
        "default_environment": "dev",
        "project_id": "a-project-that-has-no-selection",
        "send_anonymous_usage_stats": False,
        "cli": {"disable_version_check": True},
        "environments": [{"name": "dev"}],
        "plugins": {
            "extractors": [scraped()],
            "loaders": [
                {
                    "name": "target-jsonl",
                    "namespace": "target_jsonl",
                    "executable": str(loader),
                    "settings": [{"name": "destination_path"}, {"name": "do_timestamp_file"}],
                    "config": {"destination_path": "output", "do_timestamp_file": False},
                }
            ],
        },
    }
    (folder / "meltano.yml").write_text(yaml.safe_dump(definition, sort_keys=False))
    (folder / "output").mkdir()
    return folder


def run(project: Project, folder: Path, **environment: str) -> None:
    variables = {**os.environ, **project.environment, **environment}
    variables["TARGET_JSONL_DESTINATION_PATH"] = str(folder / "output")
    done = subprocess.run(
        [MELTANO, "run", "tap-tripletex", "target-jsonl"],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]


def columns(folder: Path) -> dict[str, set[str]]:
    return {
        path.stem: {name for line in path.read_text().splitlines() for name in json.loads(line)}
        for path in (folder / "output").iterdir()
    }


def private_values(project: Project) -> set[str]:
    """Give the sandbox's employees bank accounts like no other number, and return what is private.

    Next of kin are told by their telephones: another person may have their name.
    """
    company = project.sandbox.company()
    for number, row in enumerate(company.rows("Employee")):
        company.edit("Employee", row["id"], bankAccountNumber=f"4321{number:03}7654")
    employees = [row for row in company.rows("Employee") if not row["isContact"]]
    private = {row["nationalIdentityNumber"] for row in employees}
    private |= {row["bankAccountNumber"] for row in employees}
    private |= {row["phoneNumber"] for row in company.rows("NextOfKin")}
    return private - {""}


def test_nothing_private_is_read_where_nothing_is_selected(project: Project) -> None:
    assert project.meltano("install", "loader", "target-jsonl").code == 0
    folder = empty_project(project.folder / "project")
    values = private_values(project)
    run(project, folder)
    found = columns(folder)
    assert len(found) > 100
    for stream in STREAMS:
        if stream.include:
            assert stream.name not in found
        private = {n for n, c in columns_of(stream.entity).items() if c.get("include")}
        assert not private - set(stream.strategy.columns) & found.get(stream.name, set()), (
            stream.name
        )
    text = "\n".join(path.read_text() for path in (folder / "output").iterdir())
    assert len(values) > 10
    assert {value for value in values if value in text} == set()
    paths = {request["path"] for request in project.requests}
    assert not {path for path in paths if "payslip" in path or "nextOfKin" in path}


def test_what_is_included_is_read_there_too(project: Project) -> None:
    """The values are in the sandbox, so that their absence above proves something."""
    assert project.meltano("install", "loader", "target-jsonl").code == 0
    folder = empty_project(project.folder / "project")
    values = private_values(project)
    run(project, folder, TAP_TRIPLETEX_INCLUDE=",".join(GROUPS))
    text = "\n".join(path.read_text() for path in (folder / "output").iterdir())
    assert {value for value in values if value not in text} == set()
    assert {stream.name for stream in STREAMS if stream.include} <= set(columns(folder))
