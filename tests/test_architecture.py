"""The folder list is the architecture: imports go one way, and no module outgrows its reason."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_LINES = 400


def test_imports_go_one_way() -> None:
    # A process of its own: it sets up logging for the whole of its process.
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "module", sorted((ROOT / "tap_tripletex").rglob("*.py")), ids=lambda path: path.name
)
def test_no_module_is_too_long(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_tests_lie_as_the_code_lies() -> None:
    """Each room has a folder of tests of its name."""
    rooms = {path.parent.name for path in (ROOT / "tap_tripletex").glob("*/__init__.py")}
    # The declarations of the streams are data: tests/test_contract.py holds all of them.
    assert rooms - {"streams"} <= {path.name for path in (ROOT / "tests").iterdir()}


def test_the_page_about_the_architecture_names_what_there_is() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "tap_tripletex"
    for word in page.split("`")[1::2]:
        path = word.removeprefix("tap_tripletex/")
        if path.endswith((".py", "/")) and not path.startswith(("tests", "scripts", "docs")):
            assert (package / path).exists() or (ROOT / path).exists(), word
        elif "." in word and word.split(".")[0].istitle() is False and word[0].isupper():
            owner, _, name = word.partition(".")
            sources = [file.read_text(encoding="utf-8") for file in package.rglob("*.py")]
            holders = [text for text in sources if f"class {owner}" in text]
            assert holders, word
            assert any(f"def {name}" in text for text in holders), word
