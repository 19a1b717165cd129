"""What a release is made of: the version of a tag, and the changelog's section."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDED = ("pyproject.toml", "README.md", "LICENSE", ".gitattributes", ".git_archival.txt")


def version(folder: Path) -> str:
    """Return the version that a build in a folder would have."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "version"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def git(folder: Path, *arguments: str) -> None:
    who = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in NAMES}
    nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(
        ["git", *arguments],  # noqa: S607 - whichever git is there
        cwd=folder,
        env={**os.environ, **who, **nowhere},
        capture_output=True,
        check=True,
    )


NAMES = ("NAME", "EMAIL")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a repository of one commit and no tags."""
    folder = tmp_path / "clone"
    (folder / "tap_tripletex").mkdir(parents=True)
    (folder / "tap_tripletex" / "__init__.py").touch()
    for name in NEEDED:
        shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def archived(clone: Path, name: str) -> Path:
    """Return a folder with what `git archive` makes of the last commit."""
    git(clone, "archive", "--output", f"../{name}.tar", "HEAD")
    with tarfile.open(clone.parent / f"{name}.tar") as archive:
        archive.extractall(clone.parent / name, filter="data")
    return clone.parent / name


def test_the_version_is_that_of_the_tag(clone: Path) -> None:
    git(clone, "tag", "v1.2.0")
    assert version(clone) == "1.2.0"
    assert version(archived(clone, "tagged")) == "1.2.0"
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "second")
    assert version(clone) == "1.2.1.dev1"
    assert version(archived(clone, "later")) == "1.2.1.dev1"


def test_a_copy_without_tags_or_without_history_still_has_a_version(clone: Path) -> None:
    assert version(clone) == "0.1.0.dev1"
    assert version(archived(clone, "untagged"))
    shutil.rmtree(clone / ".git")
    (clone / ".git_archival.txt").unlink()
    assert version(clone) == "0.1.0.dev0"


def notes(folder: Path, tag: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "scripts" / "release_notes.py"), tag],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_notes_of_a_release_are_the_section_of_its_version(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "release_notes.py", tmp_path / "scripts")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    assert notes(tmp_path, "v1.0.0").stdout == "### Added\n\n- Everything.\n"
    assert notes(tmp_path, "v0.9.0").stdout == "- Almost.\n"
    for tag in ("v1.0", "v2.0.0", "v0.8.0"):
        refused = notes(tmp_path, tag)
        assert refused.returncode == 1
        assert refused.stderr == f"CHANGELOG.md says nothing of {tag[1:]}.\n"


CHANGELOG = """# Changelog

## Unreleased

- Soon.

## 1.0.0 - 2027-01-02

### Added

- Everything.

## [0.9.0] - 2026-12-01

- Almost.

## 0.8.0
"""
