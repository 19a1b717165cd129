"""Settings as text, in the types of their schema."""

from __future__ import annotations

from typing import Any

import pytest

from tap_tripletex.api.errors import SettingsError
from tap_tripletex.config_text import from_environment, typed
from tap_tripletex.tap import TapTripletex

TapTripletex.append_builtin_config(TapTripletex.config_jsonschema)
SCHEMA = TapTripletex.config_jsonschema
WHOLE_NUMBERS = ("page_size", "max_concurrency", "future_days", "full_refresh_days")
WHOLE_NUMBERS += ("rate_limit_reserve", "flattening_max_depth", "flattening_max_key_length")


@pytest.mark.parametrize("name", WHOLE_NUMBERS)
@pytest.mark.parametrize("value", [7, 7.0, "7", " 7 ", "7.0"])
def test_whole_numbers_come_as_text_or_as_numbers(name: str, value: Any) -> None:
    found = typed({name: value}, SCHEMA)[name]
    assert found == 7
    assert type(found) is int


@pytest.mark.parametrize("name", list(SCHEMA["properties"]))
@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_setting_is_not_set(name: str, value: Any) -> None:
    assert typed({name: value}, SCHEMA) == {}


@pytest.mark.parametrize("name", WHOLE_NUMBERS)
@pytest.mark.parametrize("value", ["x", "7x", "7.5", "true", "[7]", "1e999", "NaN"])
def test_what_is_no_whole_number_is_said(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be a whole number, not "):
        typed({name: value}, SCHEMA)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("Yes", True), ("1", True), ("on", True), ("FALSE", False), ("0", False)],
)
def test_booleans_come_as_words(text: str, expected: object) -> None:
    assert typed({"flattening_enabled": text}, SCHEMA) == {"flattening_enabled": expected}


def test_objects_come_as_json() -> None:
    text = '{"departments": {"label": "name"}}'
    assert typed({"stream_maps": text}, SCHEMA)["stream_maps"] == {"departments": {"label": "name"}}
    for wrong in ("{x", "[]", "7", "departments"):
        with pytest.raises(SettingsError, match="stream_maps must be an object as JSON, not"):
            typed({"stream_maps": wrong}, SCHEMA)


def test_an_option_may_be_in_capitals() -> None:
    assert typed({"control_totals": " Error "}, SCHEMA) == {"control_totals": "error"}


def test_all_that_is_wrong_is_said_at_once_and_no_secret_with_it() -> None:
    config = {"page_size": "x", "consumer_token": 12345678, "flattening_enabled": "maybe"}
    with pytest.raises(SettingsError) as caught:
        typed(config, SCHEMA)
    assert str(caught.value) == (
        "page_size must be a whole number, not 'x'. consumer_token must be text. "
        "flattening_enabled must be true or false, not 'maybe'."
    )


def test_the_environment_gives_text_and_nothing_that_is_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TAP_TRIPLETEX_COMPANY_IDS", "1,2")
    monkeypatch.setenv("TAP_TRIPLETEX_PAGE_SIZE", "")
    monkeypatch.setenv("TAP_TRIPLETEX_STREAM_MAPS", "{x")
    assert from_environment(SCHEMA, "TAP_TRIPLETEX_") == {"company_ids": "1,2", "stream_maps": "{x"}


def test_an_empty_variable_does_not_undo_what_a_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAP_TRIPLETEX_PAGE_SIZE", "")
    monkeypatch.setenv("TAP_TRIPLETEX_FUTURE_DAYS", "30")
    config = {"api_url": "sandbox://", "page_size": 500, "future_days": 40}
    tap = TapTripletex(config=config, parse_env_config=True)
    assert tap.settings.page_size == 500
    assert tap.settings.future_days == 30


def test_the_first_type_of_what_may_be_text_is_text() -> None:
    """A definition of the plugin is made from the first type."""
    for name in ("company_ids", "include"):
        assert SCHEMA["properties"][name]["type"][0] == "string"
