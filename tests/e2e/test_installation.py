"""The package as a user installs it, on every Python that the machine has."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")


def interpreters() -> dict[str, str]:
    """Return one interpreter of each supported version, of pyenv or of the path."""
    here = ".".join(map(str, sys.version_info[:2]))
    found = {here: sys.executable}
    for path in sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python")):
        found.setdefault(".".join(path.parts[-3].split(".")[:2]), str(path))
    for version in SUPPORTED:
        if (path_ := shutil.which(f"python{version}")) and works(path_):
            found.setdefault(version, path_)
    return {version: found[version] for version in SUPPORTED if version in found}


def works(path: str) -> bool:
    """Return whether an interpreter starts; pyenv has shims of versions that are not there."""
    return not subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def check(interpreter: str, distribution: Path) -> None:
    done = subprocess.run(
        [interpreter, str(ROOT / "scripts" / "check_install.py"), str(distribution)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^works on Python 3\.\d+\.\d+: \d+ rows$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("version", SUPPORTED)
def test_the_wheel_installs_and_runs(version: str, distributions: dict[str, Path]) -> None:
    if version not in interpreters():
        pytest.skip(f"no Python {version} on this machine")
    check(interpreters()[version], distributions["wheel"])


def test_the_sdist_installs_and_runs(distributions: dict[str, Path]) -> None:
    check(sys.executable, distributions["sdist"])


def test_a_distribution_that_lacks_a_file_is_found(
    distributions: dict[str, Path], tmp_path: Path
) -> None:
    """What is checked is the wheel: one without the packaged schemas fails."""
    broken = tmp_path / distributions["wheel"].name
    with zipfile.ZipFile(distributions["wheel"]) as old, zipfile.ZipFile(broken, "w") as new:
        for item in old.infolist():
            if not item.filename.endswith("Posting.json"):
                new.writestr(item, old.read(item))
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "check_install.py"), str(broken)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1
    assert "Posting.json" in done.stderr
