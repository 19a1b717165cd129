"""The documentation site: what it is made of."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tap_tripletex.streams import BY_NAME

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))


class Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, which names functions of Python."""


Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def named(nav: object) -> list[str]:
    """Return the pages that a navigation names."""
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [page for part in parts for page in named(part)]  # type: ignore[attr-defined]


def test_every_page_is_in_the_navigation_once() -> None:
    config = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader)  # noqa: S506
    pages = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))
    assert sorted(named(config["nav"])) == pages


def test_what_the_messages_page_explains_is_said_by_the_code() -> None:
    from messages import catalogue  # noqa: PLC0415

    texts = " ".join(text for text, _ in catalogue())
    page = (DOCS / "messages.md").read_text(encoding="utf-8")
    explained = re.findall(r"^> (.+)$", page, re.MULTILINE)
    assert len(explained) > 10
    assert [text for text in explained if text not in texts] == []


def test_every_kind_of_error_is_in_the_list_of_messages() -> None:
    from messages import catalogue  # noqa: PLC0415

    kinds = {kind for _, kind in catalogue()}
    assert {"AuthenticationError", "SettingsError", "StateError", "ControlTotalError"} <= kinds
    assert all("%s" not in text for text, _ in catalogue())


def test_links_out_of_the_pages_lead_to_the_repository() -> None:
    from build_site import page  # noqa: PLC0415

    text = page(DOCS / "no" / "index.md")
    assert "](https://github.com/" in text
    assert "](../../README.md)" not in text
    assert "](kom-i-gang.md)" in text
    assert "| SettingsError |" in page(DOCS / "messages.md")


def test_a_diagram_shows_keys_and_what_refers_to_what() -> None:
    from diagrams import ROLES, diagram, referred  # noqa: PLC0415

    lines = list(diagram([BY_NAME["postings"], BY_NAME["accounts"]]))
    assert "    integer account_id FK" in lines
    assert "    integer id PK" in lines
    assert '  accounts |o--o{ postings : "account_id, amortization_account_id"' in lines
    assert '    integer employee_id FK "employees"' in lines
    assert not [line for line in lines if "updated_at" in line]
    assert set(ROLES.values()) <= set(BY_NAME)
    assert referred("nothing_like_it") is None


def test_every_way_of_reading_has_a_note() -> None:
    from sync_notes import SEEN, sync_note  # noqa: PLC0415

    notes = {name: sync_note(stream) for name, stream in BY_NAME.items()}
    assert {type(stream.strategy).__name__ for stream in BY_NAME.values()} <= set(SEEN)
    assert "back-dated" in notes["postings"]
    assert "start_date" in notes["postings"]
    assert "start_date" not in notes["accounts"]
    assert "full_refresh_days" in notes["countries"]


@pytest.mark.skipif(
    not Path(sys.executable).with_name("zensical").exists(), reason="Zensical is not installed"
)
def test_the_site_builds_without_a_warning() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "build_site.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (ROOT / "site" / "no" / "kom-i-gang" / "index.html").exists()
