"""The entry of the Hub, added by Meltano to an empty project as a stranger would."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tap_tripletex.rows.shapes import columns_of
from tap_tripletex.streams import STREAMS
from tests.e2e.conftest import MELTANO, ROOT
from tests.e2e.test_scraped_definition import columns, private_values

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Project

ENTRY = next((ROOT / "hub").glob("_data/meltano/extractors/tap-tripletex/*.yml"))
OURS = ("TAP_", "TARGET_", "MELTANO_")


def meltano(folder: Path, *arguments: str, **environment: str) -> str:
    outside = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    done = subprocess.run(
        [str(MELTANO), *arguments],
        cwd=folder,
        env={**outside, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


@pytest.fixture
def empty(project: Project) -> Path:
    """Return a new project with the Hub's entry and nothing else of this repository."""
    folder = project.folder / "empty"
    meltano(project.folder, "init", "--no-usage-stats", str(folder))
    meltano(folder, "add", "--no-install", "--from-ref", str(ENTRY), "extractor", "tap-tripletex")
    return folder


def edited(folder: Path, loader: dict[str, Any]) -> None:
    """Let the project run what is in this environment, not what the index has, into a loader."""
    path = folder / "meltano.yml"
    settings = yaml.safe_load(path.read_text())
    (extractor,) = settings["plugins"]["extractors"]
    extractor["executable"] = str(MELTANO.with_name("tap-tripletex"))
    settings["plugins"]["loaders"] = [loader]
    path.write_text(yaml.safe_dump(settings))


def test_a_stranger_adds_the_entry_and_reads_nothing_personal(
    project: Project, empty: Path
) -> None:
    added = yaml.safe_load((empty / "meltano.yml").read_text())["plugins"]["extractors"]
    assert [plugin["name"] for plugin in added] == ["tap-tripletex"]
    assert added[0]["pip_url"] == "tap-tripletex"
    output = empty / "loaded" / "output"
    output.mkdir(parents=True)
    target = ROOT / ".meltano" / "loaders" / "target-jsonl" / "venv" / "bin" / "target-jsonl"
    loader = {
        "name": "target-jsonl",
        "namespace": "target_jsonl",
        "executable": str(target),
        "settings": [{"name": "destination_path"}, {"name": "do_timestamp_file"}],
        "config": {"destination_path": str(output), "do_timestamp_file": False},
    }
    edited(empty, loader)
    values = private_values(project)
    own = {name: v for name, v in project.environment.items() if name.startswith("TAP_")}
    assert "The tokens work" in meltano(empty, "invoke", "tap-tripletex", "--test", **own)
    meltano(empty, "run", "tap-tripletex", "target-jsonl", **own)
    found = columns(output.parent)
    assert len(found) > 100
    for stream in STREAMS:
        private = {n for n, c in columns_of(stream.entity).items() if c.get("include")}
        assert not private - set(stream.strategy.columns) & found.get(stream.name, set())
        assert stream.include is None or stream.name not in found
    text = "\n".join(path.read_text() for path in output.iterdir())
    assert len(values) > 10
    assert {value for value in values if value in text} == set()


def test_the_commands_of_the_entry_run_outside_the_virtual_environment(empty: Path) -> None:
    edited(empty, {"name": "target-jsonl", "namespace": "target_jsonl", "executable": "none"})
    path = empty / "meltano.yml"
    settings = yaml.safe_load(path.read_text())
    (extractor,) = settings["plugins"]["extractors"]
    entry = yaml.safe_load(ENTRY.read_text())
    folder = MELTANO.parent
    extractor["commands"] = {
        name: {**command, "executable": str(folder / command["executable"])}
        for name, command in entry["commands"].items()
    }
    path.write_text(yaml.safe_dump(settings))
    views = meltano(empty, "invoke", "tap-tripletex:views", "--dialect", "postgres")
    assert "postings_current" in views
    assert "--output" in meltano(empty, "invoke", "tap-tripletex:probe", "--help")
