"""What the tap asks for, held against the official document and recorded answers, where at hand.

Both are Tripletex's own and not part of the repository: set TRIPLETEX_OPENAPI and
TRIPLETEX_RECORDED to their places, or put them where this looks.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator

from tap_tripletex.records import columns_of, json_schema, shape
from tap_tripletex.strategies import Calendar, Nested
from tap_tripletex.streams import STREAMS

if TYPE_CHECKING:
    from tap_tripletex.stream import TripletexStream

BESIDE = Path(__file__).parents[2] / "shared" / "tripletex"
DOCUMENT = Path(os.environ.get("TRIPLETEX_OPENAPI", BESIDE / "openapi.json"))
RECORDED = Path(os.environ.get("TRIPLETEX_RECORDED", BESIDE / "recorded.jsonl.gz"))

CALENDAR = Calendar(date(2026, 1, 1), date(2026, 2, 1), future_days=0, open_start=True)

NEWER = {("/ledger/posting/openPost", "sorted")}
"""Parameters that are newer than the document (changelog, 2.75.06)."""

all_streams = pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)


@cache
def document() -> dict[str, Any]:
    if not DOCUMENT.exists():
        pytest.skip("the official document is not at hand")
    found: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return found


def parameters(path: str) -> dict[str, dict[str, Any]]:
    listed = document()["paths"][path]["get"].get("parameters", [])
    return {parameter["name"]: parameter for parameter in listed}


def properties(entity: str) -> dict[str, Any]:
    found: dict[str, Any] = document()["components"]["schemas"][entity]["properties"]
    return found


def entity_of(definition: dict[str, Any]) -> str | None:
    reference = definition.get("items", definition).get("$ref")
    return reference.rsplit("/", 1)[-1] if reference else None


@all_streams
def test_every_parameter_is_one_of_the_path(stream: type[TripletexStream]) -> None:
    known = parameters(stream.path)
    for part in stream.strategy.slices(CALENDAR):
        asked = {**stream.parameters, **part.params}
        assert {n for n in asked if (stream.path, n) not in NEWER} <= set(known)
        needed = {n for n, p in known.items() if p.get("required") and p["in"] == "query"}
        assert needed <= set(asked)
    if stream.strategy.pages:
        assert {"from", "count", "sorting"} <= set(known)


@all_streams
def test_defaults_of_filters_are_asked_for_explicitly(stream: type[TripletexStream]) -> None:
    """A filter with a default may hide rows from who does not name it."""
    usual = {"from", "count", "sorting", "fields"}
    defaults = {
        name
        for name, parameter in parameters(stream.path).items()
        if "default" in parameter["schema"] and name not in usual
    }
    harmless = {"includeRecentlyClosed", "includeSubProjects", "onlyContacts"}  # beside others
    for part in stream.strategy.slices(CALENDAR):
        assert defaults - harmless <= {*stream.parameters, *part.params}


@all_streams
def test_every_field_is_one_of_the_entity(stream: type[TripletexStream]) -> None:
    columns = columns_of(stream.entity)
    fields = stream.strategy.fields(shape(columns))
    response = document()["paths"][stream.path]["get"]["responses"]
    content = next(iter((response.get("200") or response["default"])["content"].values()))
    envelope = entity_of(content["schema"]) or ""
    inside = properties(envelope)
    check_fields(fields, entity_of(inside.get("values") or inside["value"]) or "")


def check_fields(fields: str, entity: str) -> None:
    known = properties(entity)
    for name, inner in split(fields):
        assert name in known, f"{entity} has no {name}"
        if inner:
            check_fields(inner, entity_of(known[name]) or "")


def split(fields: str) -> list[tuple[str, str]]:
    """Return the names of an expression, each with what is in its parentheses."""
    found, depth, start = [], 0, 0
    for place, letter in enumerate(f"{fields},"):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            name, _, inner = fields[start:place].partition("(")
            found.append((name, inner[:-1]))
            start = place + 1
    return found


def recorded_rows(stream: type[TripletexStream]) -> list[dict[str, Any]]:
    if not RECORDED.exists():
        pytest.skip("recorded answers are not at hand")
    rows = []
    for answer in answers():
        path = unquote(re.split(r"[?]", answer["url"] or "")[0])
        whole = "fields=" not in (answer["url"] or "")
        if answer["method"] == "GET" and answer["status"] == 200 and path == stream.path and whole:
            rows += answer["body"].get("values") or []
    # Where the recorder left the query out, fields may have been asked for without the key.
    return [row for row in rows if set(stream.key) & set(row)]


@cache
def answers() -> list[dict[str, Any]]:
    with gzip.open(RECORDED, "rt") as lines:
        return [json.loads(line, parse_float=Decimal) for line in lines]


@all_streams
def test_recorded_rows_become_valid_records(stream: type[TripletexStream]) -> None:
    if isinstance(stream.strategy, Nested):
        pytest.skip("recorded rows have stubs in place of the lines")
    columns = columns_of(stream.entity)
    if not (rows := recorded_rows(stream)):
        pytest.skip(f"no answer of {stream.path} was recorded")
    validator = Draft202012Validator(
        json_schema(columns, {"id"} & set(columns)),
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    convert = shape(columns).convert
    for row in rows:
        validator.validate(convert(row))
