"""Files that must agree with each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tap_tripletex.records import columns_of
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


def test_meltano_leaves_off_what_is_off_until_selected(extractor: dict[str, Any]) -> None:
    usual = {"created_at", "updated_at"}
    off = {
        f"!{stream.name}.{name}"
        for stream in STREAMS
        for name, column in columns_of(stream.entity).items()
        if not column.get("selected", True) and name not in usual
    }
    assert set(extractor["select"]) == {"*.*", *off, *(f"!*.{name}" for name in usual)}


def test_the_readme_shows_the_query_that_is_run() -> None:
    query = (ROOT / "sql" / "trial_balance.sql").read_text()
    assert query in (ROOT / "README.md").read_text()


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
    packaged = {path.stem for path in (ROOT / "tap_tripletex" / "schemas").glob("*.json")}
    assert packaged == {stream.entity for stream in STREAMS}


def test_streams_are_named_once_and_described() -> None:
    names = [stream.name for stream in STREAMS]
    assert len(names) == len(set(names))
    assert all(stream.__doc__ for stream in STREAMS)
    assert all(area.__doc__ for area in AREAS)
