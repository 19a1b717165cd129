"""What runs is what is pinned."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import run
from tests.e2e.conftest import PLUGINS, ROOT


def pinned(file: Path) -> set[str]:
    """Return name==version of each pinned package that this Python and system need."""
    lines = (line.removesuffix("\\").strip() for line in file.read_text().splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith("--")]
    return {f"{r.name}{r.specifier}" for r in found if r.marker is None or r.marker.evaluate()}


def installed(plugin: str) -> set[str]:
    folder = ROOT / ".meltano" / run.kind_of(plugin)[1] / plugin / "venv"
    frozen = subprocess.run(
        [Path(sys.executable).parent / "uv", "pip", "freeze", "--python", folder],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {line for line in frozen.splitlines() if not line.startswith("-e ")}


def test_a_system_without_time_zones_will_do() -> None:
    tap = ROOT / ".meltano" / "extractors" / "tap-tripletex" / "venv" / "bin" / "tap-tripletex"
    environment = {**os.environ, "PYTHONTZPATH": ""}
    subprocess.run([tap, "--version"], env=environment, check=True, timeout=60)


@pytest.mark.parametrize("plugin", PLUGINS[1:])
def test_a_plugin_has_the_pinned_packages_and_no_others(plugin: str) -> None:
    assert installed(plugin) == pinned(ROOT / "requirements" / f"{plugin}.txt")


def test_the_tap_has_the_pinned_packages_only() -> None:
    packages = installed("tap-tripletex")
    assert packages - pinned(ROOT / "constraints.txt") == set()
    assert any(package.startswith("singer-sdk==") for package in packages)
