"""The entry in the Meltano Hub, by the rules that its own checks have.

With HUB_SCHEMAS set to the folder of the Hub's JSON schemas, the entry is held against them too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from tap_tripletex.streams import STREAMS
from tap_tripletex.tap import TapTripletex

ROOT = Path(__file__).parents[1]
HUB = ROOT / "hub"
LOGO = HUB / "static" / "assets" / "logos" / "extractors" / "tripletex.svg"

FIELDS = {
    *("capabilities", "commands", "definition", "description", "docs", "domain_url", "executable"),
    *("hidden", "keywords", "label", "log_parser", "logo_url", "maintenance_status", "metadata"),
    *("name", "namespace", "next_steps", "pip_url", "prereq", "python", "quality", "repo"),
    *("requires", "schema", "select", "settings", "settings_group_validation"),
    *("settings_preamble", "supported_python_versions", "usage", "variant"),
}
"""What the Hub allows in an extractor; anything else fails its check."""

SETTING_FIELDS = {
    *("name", "aliases", "label", "value", "placeholder", "kind", "description", "tooltip"),
    *("documentation", "env", "options", "docs", "hidden", "sensitive"),
}
KINDS = {
    *("array", "boolean", "date_iso8601", "decimal", "email", "file", "hidden", "integer"),
    *("oauth", "object", "options", "password", "string"),
}


@pytest.fixture(scope="module")
def entry() -> dict[str, Any]:
    (path,) = (HUB / "_data" / "meltano" / "extractors" / "tap-tripletex").glob("*.yml")
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert path.stem == found["variant"]
    return found


def test_the_entry_and_the_project_say_what_the_tap_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "generate_hub.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_entry_has_only_fields_that_the_hub_knows(entry: dict[str, Any]) -> None:
    assert set(entry) <= FIELDS
    for setting in entry["settings"]:
        assert set(setting) <= SETTING_FIELDS, setting["name"]
        assert setting["kind"] in KINDS, setting["name"]
        assert setting["label"], setting["name"]
    names = [setting["name"] for setting in entry["settings"]]
    assert names == sorted(set(names))


def test_secrets_are_passwords_and_each_way_in_is_enough(entry: dict[str, Any]) -> None:
    about = TapTripletex._get_about_info().settings["properties"]
    secret = {name for name, schema in about.items() if schema.get("secret")}
    passwords = {s["name"] for s in entry["settings"] if s["kind"] == "password"}
    assert passwords == secret == {s["name"] for s in entry["settings"] if s.get("sensitive")}
    groups = entry["settings_group_validation"]
    assert groups == [["consumer_token", "employee_token"], ["refresh_token"]]
    assert {name for group in groups for name in group} == secret


def test_keys_are_sorted_and_nothing_is_in_braces() -> None:
    for path in HUB.rglob("*.yml"):
        assert sorted_keys(yaml.safe_load(path.read_text(encoding="utf-8"))), path
        for event in yaml.parse(path.read_text(encoding="utf-8")):
            if isinstance(event, yaml.MappingStartEvent) and event.flow_style:
                assert event.start_mark.index + 1 == event.end_mark.index, path


def sorted_keys(value: Any) -> bool:
    if isinstance(value, dict):
        return list(value) == sorted(value) and all(map(sorted_keys, value.values()))
    return not isinstance(value, list) or all(map(sorted_keys, value))


def test_variant_maintainer_and_default_are_one(entry: dict[str, Any]) -> None:
    data = HUB / "_data"
    defaults = yaml.safe_load((data / "default_variants.yml").read_text(encoding="utf-8"))
    maintainers = yaml.safe_load((data / "maintainers.yml").read_text(encoding="utf-8"))
    assert defaults == {"extractors": {"tap-tripletex": entry["variant"]}}
    assert list(maintainers) == [entry["variant"]]
    assert set(maintainers[entry["variant"]]) == {"label", "name", "url"}
    assert entry["repo"].startswith(maintainers[entry["variant"]]["url"])


def test_the_entry_names_the_pythons_that_are_tested(entry: dict[str, Any]) -> None:
    metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    classifiers = re.findall(r'Python :: (3\.\d+)"', metadata)
    assert entry["supported_python_versions"] == classifiers


def test_the_commands_of_the_entry_are_installed(entry: dict[str, Any]) -> None:
    commands = {command["executable"] for command in entry["commands"].values()}
    folder = Path(sys.executable).parent
    assert commands
    for command in {*commands, entry["executable"]}:
        assert (folder / command).exists()


def test_the_logo_is_drawn_and_transparent() -> None:
    drawing = ET.parse(LOGO).getroot()  # noqa: S314 - our own file
    tags = {element.tag.rpartition("}")[2] for element in drawing.iter()}
    assert tags <= {"svg", "g", "path"}, "no lettering, no picture, no background"
    width, height = map(float, drawing.attrib["viewBox"].split()[2:])
    assert width == height


def test_nothing_private_is_selected_because_nothing_selects_it(entry: dict[str, Any]) -> None:
    """What is private is out of the catalog, so that the entry needs no list of it."""
    text = yaml.safe_dump(entry)
    assert not [stream.name for stream in STREAMS if f"!{stream.name}." in text]


@pytest.mark.skipif("HUB_SCHEMAS" not in os.environ, reason="HUB_SCHEMAS is not set")
def test_the_entry_is_valid_by_the_hubs_own_schemas(entry: dict[str, Any]) -> None:
    folder = Path(os.environ["HUB_SCHEMAS"])

    def retrieve(address: str) -> Resource[Any]:
        return Resource.from_contents(without_id(folder / address.removeprefix("http://hub/")))

    schema = without_id(folder / "plugin_definitions" / "extractors.schema.json")
    schema["$id"] = "http://hub/plugin_definitions/extractors.schema.json"
    registry: Registry[Any] = Registry(retrieve=retrieve)  # type: ignore[call-arg]
    validator = jsonschema.Draft7Validator(schema, registry=registry)
    assert [error.message for error in validator.iter_errors(entry)] == []
    broken = {**entry, "documentation_url": "x", "quality": "best"}
    assert len(list(validator.iter_errors(broken))) == 2


def without_id(path: Path) -> dict[str, Any]:
    """Return a schema that has no address of its own, so that references are those of files."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found.pop("$id", None)
    return found
