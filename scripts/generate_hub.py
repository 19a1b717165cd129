"""Write the files of the tap's entry in the Meltano Hub, and the settings in meltano.yml.

    python scripts/generate_hub.py [--check]

Both say what the tap says of itself (``--about``). ``hub/`` holds what a pull request to the Hub
adds, in the Hub's own folders; two of its files are parts of longer ones there. With ``--check``
nothing is written and the exit code is 1 when a file is not current.
"""

from __future__ import annotations

import argparse
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tap_tripletex.tap import TapTripletex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
MELTANO = ROOT / "meltano.yml"
NAME = "tap-tripletex"

PLACEHOLDERS = {
    "company_ids": "Ex. 107896302,107896303",
    "consumer_token": "Ex. eyJ0b2tlbklkIjo…",
    "employee_token": "Ex. eyJ0b2tlbklkIjo…",
    "include": "Ex. pay,heavy",
    "refresh_token": "Ex. tlxr_…",
    "start_date": "Ex. 2024-01-01",
}
"""What the field of a setting shows before anything is written into it."""

DATES = {"start_date"}

WAYS_IN = (("consumer_token", "employee_token"), ("refresh_token",))
"""The two ways to log in: each is a set of settings that is enough."""

KNOWN = {
    "about",
    "activate-version",
    "batch",
    "catalog",
    "discover",
    "log-based",
    "properties",
    "schema-flattening",
    "state",
    "stream-maps",
    "structured-logging",
    "test",
}
"""Capabilities that the Hub knows; a newer SDK may have more."""

PREREQUISITES = """\
You need a key that opens a company in Tripletex. For your own company, make one under *Selskap ›
API-tokens*: it is all you need (`refresh_token`). An integration that several companies use needs
a consumer token, which Tripletex gives to registered integrations, and an employee token, which a
user of the company makes under *Selskap › Ansatte › (ansatt) › API-tilgang*.

To try the tap without any key, set `api_url` to `sandbox://`: a small made-up company is built in.
"""

USAGE = """\
National identity numbers, bank accounts, pay and lists that take a request for every object are not
read until the setting `include` names them.

Rows that were deleted in Tripletex are told by the stream `sync_windows`: keep it selected. What
the columns mean, when a change is seen, and what to do when a run fails stands in the
documentation.
"""

NEXT_STEPS = """\
See that the key works and which company it opens:

```bash
meltano invoke tap-tripletex --test
```

Then run it into a loader, and make views of the rows that exist now:

```bash
meltano run tap-tripletex target-postgres
meltano invoke tap-tripletex:views --dialect postgres --schema tap_tripletex > views.sql
```
"""

COMMANDS = {
    "plan": {
        "args": "--config=ENV",
        "description": "Says what a run will take: companies, requests, minutes at the rate limit",
        "executable": "tap-tripletex-plan",
    },
    "probe": {
        "args": "",
        "description": "Asks a company how Tripletex answers there, for a bug report",
        "executable": "tap-tripletex-probe",
    },
    "views": {
        "args": "",
        "description": "Prints SQL views of the rows that exist now, and of those that are gone",
        "executable": "tap-tripletex-views",
    },
}


def main() -> int:
    """Write or compare the files and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    stale = [
        (path, text)
        for path, text in files().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        print(f"{'not current' if check else 'written'}: {path.relative_to(ROOT)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


def files() -> dict[Path, str]:
    """Return the text of every file that is made here."""
    data = ROOT / "hub" / "_data"
    owner = variant()
    entry = data / "meltano" / "extractors" / NAME / f"{owner}.yml"
    maintainer = {"label": owner, "name": owner, "url": repository().rsplit("/", 1)[0]}
    return {
        entry: hub_yaml(definition()),
        data / "default_variants.yml": hub_yaml({"extractors": {NAME: owner}}),
        data / "maintainers.yml": hub_yaml({owner: maintainer}),
        MELTANO: with_settings(MELTANO.read_text(encoding="utf-8")),
    }


def definition() -> dict[str, Any]:
    """Return the Hub's definition of the tap."""
    about = TapTripletex._get_about_info()  # noqa: SLF001 - what --about prints
    urls = project_urls()
    return {
        "capabilities": capabilities(),
        "commands": COMMANDS,
        "description": sentence(metadata.metadata(NAME)["Summary"]),
        "docs": urls["Documentation"],
        "domain_url": "https://developer.tripletex.no/",
        "executable": NAME,
        "keywords": ["accounting", "api", "erp", "meltano_sdk", "norway"],
        "label": "Tripletex",
        "log_parser": "singer-sdk",
        "logo_url": "/assets/logos/extractors/tripletex.svg",
        "maintenance_status": "beta",
        "name": NAME,
        "namespace": NAME.replace("-", "_"),
        "next_steps": NEXT_STEPS,
        "pip_url": NAME,
        "prereq": PREREQUISITES,
        "quality": "unknown",
        "repo": urls["Repository"],
        "settings": sorted(settings(about.settings), key=lambda setting: str(setting["name"])),
        "settings_group_validation": [list(group) for group in WAYS_IN],
        "supported_python_versions": list(about.supported_python_versions or []),
        "usage": USAGE,
        "variant": variant(),
    }


def capabilities() -> list[str]:
    """Return what the tap can do, in the words that the Hub knows."""
    about = TapTripletex._get_about_info()  # noqa: SLF001 - what --about prints
    return sorted({str(capability.value) for capability in about.capabilities} & KNOWN)


def settings(schema: Mapping[str, Any], prefix: str = "") -> Iterator[dict[str, Any]]:
    """Yield the settings of a schema in the Hub's form; those of an object have its name too."""
    for name, definition_ in schema["properties"].items():
        path = f"{prefix}{name}"
        if definition_.get("properties") and not definition_.get("additionalProperties"):
            yield from settings(definition_, f"{path}.")
        else:
            yield setting(path, definition_)


def setting(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return one setting in the Hub's form."""
    words = name.rsplit(".", 1)[-1].replace("_", " ").capitalize()
    found: dict[str, Any] = {"name": name, "kind": kind(name, schema)}
    found["label"] = schema.get("title") or words
    if schema.get("description"):
        found["description"] = schema["description"]
    if schema.get("secret"):
        found["sensitive"] = True
    if name in PLACEHOLDERS:
        found["placeholder"] = PLACEHOLDERS[name]
    if found["kind"] == "options":
        found["options"] = [
            {"label": str(value).capitalize(), "value": value} for value in choices(schema)
        ]
    if schema.get("default") is not None:
        found["value"] = schema["default"]
    return found


def kind(name: str, schema: Mapping[str, Any]) -> str:
    """Return the Hub's word for the type of a setting."""
    if schema.get("secret"):
        return "password"
    if name in DATES:
        return "date_iso8601"
    if choices(schema):
        return "options"
    types = schema.get("type", "string")
    first = types if isinstance(types, str) else next(type_ for type_ in types if type_ != "null")
    return {"number": "decimal"}.get(first, first)


def choices(schema: Mapping[str, Any]) -> list[Any]:
    """Return the values that a setting may have, when they are listed."""
    return [value for value in schema.get("enum", []) if value is not None]


def project_urls() -> dict[str, str]:
    """Return the addresses of the project by their labels."""
    found = metadata.metadata(NAME).get_all("Project-URL") or []
    return dict(url.split(", ", 1) for url in found)


def repository() -> str:
    """Return the address of the repository."""
    return project_urls()["Repository"]


def variant() -> str:
    """Return the name of the repository's owner, by which the Hub tells variants apart."""
    return repository().split("/")[-2].lower()


def sentence(text: str) -> str:
    """Return a text with a full stop."""
    return text.strip().rstrip(".") + "."


class HubDumper(yaml.SafeDumper):
    """Writes as the Hub's linter wants it: keys sorted, texts of several lines as blocks."""


HubDumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def hub_yaml(value: Any, *, sort: bool = True) -> str:  # noqa: ANN401 - whatever YAML can hold
    """Return a value as YAML."""
    return yaml.dump(value, Dumper=HubDumper, allow_unicode=True, sort_keys=sort, width=1000)


def with_settings(project: str) -> str:
    """Return meltano.yml with the tap's capabilities and settings as they are now."""
    about = TapTripletex._get_about_info()  # noqa: SLF001 - what --about prints
    lines = hub_yaml(list(settings(about.settings)), sort=False).splitlines()
    listed = "".join(f"        {line}\n" for line in lines)
    start, rest = project.split("      executable: tap-tripletex\n", 1)
    after = re.search(r"^(?!      (?:capabilities|settings):|        )", rest, re.MULTILINE)
    end = after.start() if after else len(rest)
    can = f"      capabilities: [{', '.join(capabilities())}]\n"
    return f"{start}      executable: tap-tripletex\n{can}      settings:\n{listed}{rest[end:]}"


if __name__ == "__main__":
    sys.exit(main())
