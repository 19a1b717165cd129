"""The folder list is the architecture: imports go one way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from importlinter.cli import lint_imports

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]


def test_imports_go_one_way(capsys: pytest.CaptureFixture[str]) -> None:
    code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert code == 0, capsys.readouterr().out


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
