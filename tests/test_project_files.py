"""Files that must agree with each other."""

from __future__ import annotations

import ast
import importlib.util
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tap_tripletex.rows.shapes import columns_of
from tap_tripletex.streams import AREAS, STREAMS
from tap_tripletex.tap import TapTripletex

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def extractor() -> dict[str, Any]:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    found: dict[str, Any] = project["plugins"]["extractors"][0]
    return found


def test_meltano_knows_every_setting(extractor: dict[str, Any]) -> None:
    config = TapTripletex._get_about_info().settings["properties"]
    settings = {setting["name"]: setting for setting in extractor["settings"]}
    assert set(settings) == set(config)
    secret = {name for name, definition in config.items() if definition.get("secret")}
    assert secret == {name for name, setting in settings.items() if setting.get("sensitive")}


def test_the_readme_says_every_setting() -> None:
    text = (ROOT / "README.md").read_text()
    settings = TapTripletex.config_jsonschema["properties"]
    own = [name for name in settings if name not in BUILT_IN]
    assert [name for name in own if f"| `{name}` |" not in text] == []


BUILT_IN = {
    "batch_config",
    "faker_config",
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_max_key_length",
    "flattening_separator",
    "stream_map_config",
    "stream_maps",
}


def test_every_schema_belongs_to_a_stream() -> None:
    packaged = {path.stem for path in (ROOT / "tap_tripletex" / "rows" / "schemas").glob("*.json")}
    assert packaged == {stream.entity for stream in STREAMS}


def test_streams_are_named_once_and_described() -> None:
    names = [stream.name for stream in STREAMS]
    assert len(names) == len(set(names))
    assert all(stream.__doc__ for stream in STREAMS)
    assert all(area.__doc__ for area in AREAS)


def script(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / name), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_pages_about_streams_are_current() -> None:
    result = script("generate_docs.py", "--check")
    assert result.returncode == 0, result.stdout


def test_the_readme_says_what_may_be_included(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    spec = importlib.util.spec_from_file_location("pages", ROOT / "scripts" / "generate_docs.py")
    assert spec is not None
    assert spec.loader is not None
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    assert "\n".join(pages.private_and_costly()) in (ROOT / "README.md").read_text()


def test_a_stream_is_a_declaration_of_a_few_lines() -> None:
    lengths = [
        sum(1 for part in ast.walk(declared) if isinstance(part, ast.stmt | ast.ClassDef)) - 1
        for area in AREAS
        for declared in ast.parse(Path(str(area.__file__)).read_text()).body
        if isinstance(declared, ast.ClassDef)
    ]
    assert len(lengths) == len(STREAMS)
    assert statistics.median(lengths) <= 6


def test_drift_of_the_official_document_is_told(tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    account = {"type": "object", "properties": {"id": {"type": "integer"}, "brandNew": TEXT}}
    rows = {"values": {"type": "array", "items": {"$ref": "#/components/schemas/Account"}}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/ListResponseAccount"}}}
    answer = {"get": {"responses": {"200": {"content": content}}}}
    schemas = {"Account": account, "ListResponseAccount": {"properties": rows}}
    paths = {"/ledger/account": answer, "/ledger/novelty": answer}
    document.write_text(
        json.dumps({"openapi": "3.0.1", "paths": paths, "components": {"schemas": schemas}})
    )
    result = script("check_drift.py", str(document))
    assert result.returncode == DRIFTED
    lines = result.stdout.splitlines()
    assert "new: Account.brand_new (string from brandNew)" in lines
    assert "gone: Account.number (integer from number)" in lines
    assert "gone: entity Posting" in lines
    assert "gone: path /ledger/posting" in lines
    assert "new: list /ledger/novelty, which no stream reads" in lines
    assert "new: list /ledger/account, which no stream reads" not in lines


TEXT = {"type": "string"}
DRIFTED = 3
UNREADABLE = 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!DOCTYPE html><title>Feilsituasjon - Tripletex</title>",
        '{"status": 503, "message": "Service unavailable"}',
        "[]",
        '{"openapi": "3.0.1", "paths": {}, "components": {"schemas": {}}}',
        '{"openapi": "3.0.1", "paths": {"/ledger/account": {}}}',
        '{"openapi": "3.0.1", "paths": {"/ledger/acc',
        None,
    ],
)
def test_a_document_that_cannot_be_read_is_no_drift(tmp_path: Path, text: str | None) -> None:
    document = tmp_path / "openapi.json"
    if text is not None:
        document.write_text(text)
    result = script("check_drift.py", str(document))
    assert result.returncode == UNREADABLE
    assert result.stdout == ""
    assert "cannot be compared" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_key_is_a_column() -> None:
    for stream in STREAMS:
        columns = {**columns_of(stream.entity), **stream.strategy.columns, "synced_at": None}
        assert set(stream.key) <= set(columns), stream.name
        assert stream.strategy.replication_key in columns, stream.name
