"""Settings as they come, text from the environment among them, in the types of their schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from singer_sdk.configuration._dict_config import parse_environment_config

from tap_tripletex.api.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

TRUE = {"true", "1", "yes", "on"}
FALSE = {"false", "0", "no", "off"}


def from_environment(schema: Mapping[str, Any], prefix: str) -> Json:
    """Return the settings in the environment and in a file ``.env``, as text; empty ones not.

    The SDK takes each apart by its type, and what has another form ends in a traceback.
    """
    as_text = {"properties": {name: {"type": "string"} for name in schema["properties"]}}
    found = parse_environment_config(as_text, prefix)
    return {name: text for name, text in found.items() if text.strip()}


def typed(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Json:
    """Return settings in the types of the schema, without those that are empty.

    Args:
        config: by name; a number, a boolean, a list or an object may be text.
        schema: of all settings.

    Raises:
        SettingsError: when some cannot be understood; each is named, secrets without their value.
    """
    found: Json = {}
    faults = []
    for name, value in config.items():
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        definition = schema["properties"].get(name, {})
        try:
            found[name] = _typed(value, definition)
        except ValueError as fault:
            shown = "" if definition.get("secret") else f", not {value!r}"
            faults.append(f"{name} must be {fault}{shown}.")
    if faults:
        raise SettingsError(" ".join(faults))
    return found


def _typed(value: Any, definition: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    """Return one value.

    Raises:
        ValueError: when it has another type, with what it must be.
    """
    types = _types(definition)
    if definition.get("secret") and not isinstance(value, str):
        message = "text"
        raise ValueError(message)
    if isinstance(value, float) and value.is_integer() and "number" not in types:
        return int(value)
    if not isinstance(value, str):
        return value
    text = value.strip()
    if "string" in types or not types:
        options = definition.get("enum") or ()
        return text.lower() if text.lower() in options else value
    if "boolean" in types and text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    return _decoded(text, types)


def _types(definition: Mapping[str, Any]) -> set[str]:
    """Return the names of the types that a definition allows, in whatever way it says so."""
    found = definition.get("type", [])
    types = {found} if isinstance(found, str) else set(found)
    for part in (*definition.get("anyOf", ()), *definition.get("oneOf", ())):
        types |= _types(part)
    return types - {"null"}


WORDS = {
    "integer": (int, "a whole number"),
    "number": (float, "a number"),
    "boolean": (bool, "true or false"),
    "object": (dict, "an object as JSON"),
    "array": (list, "a list as JSON"),
}


def _decoded(text: str, types: set[str]) -> Any:  # noqa: ANN401 - any JSON value
    wanted = [WORDS[name] for name in WORDS if name in types]
    message = " or ".join(words for _, words in wanted)
    try:
        found = json.loads(text)
    except ValueError:
        raise ValueError(message) from None
    if isinstance(found, float) and found.is_integer() and "integer" in types:
        found = int(found)
    kinds = tuple(kind for kind, _ in wanted)
    if not isinstance(found, kinds) or (isinstance(found, bool) and bool not in kinds):
        raise ValueError(message)
    return found
