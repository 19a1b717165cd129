"""What the tap asks for, held against the official document and recorded answers, where at hand.

Both are Tripletex's own and not part of the repository: set TRIPLETEX_OPENAPI and
TRIPLETEX_RECORDED to their places, or put them where this looks.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator

from tap_tripletex.reading.children import Child, ForEach
from tap_tripletex.reading.slices import Calendar
from tap_tripletex.reading.strategies import ChangedSince, Nested
from tap_tripletex.rows.shapes import columns_of, json_schema, shape
from tap_tripletex.streams import STREAMS
from tests.official_document import BEYOND, official_document
from tests.reading.test_strategies import Said

if TYPE_CHECKING:
    from tap_tripletex.reading.slices import Parents
    from tap_tripletex.stream import TripletexStream

BESIDE = Path(__file__).parents[2] / "shared" / "tripletex"
DOCUMENT = Path(os.environ.get("TRIPLETEX_OPENAPI", BESIDE / "openapi.json"))
RECORDED = Path(os.environ.get("TRIPLETEX_RECORDED", BESIDE / "recorded.jsonl.gz"))

CALENDAR = Calendar(date(2026, 1, 1), date(2026, 2, 1), future_days=0, open_start=True)

UNTYPED = {"/crm/prospect"}

NEWER = {("/ledger/posting/openPost", "sorted")}
"""Parameters that are newer than the document (changelog, 2.75.06)."""

all_streams = pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)


@cache
def document() -> dict[str, Any]:
    if not DOCUMENT.exists():
        pytest.skip("the official document is not at hand")
    return official_document(DOCUMENT)


def test_what_is_known_beyond_the_document_is_not_in_it() -> None:
    """Otherwise the table of it is out of date."""
    document()
    schemas = json.loads(DOCUMENT.read_text())["components"]["schemas"]
    for entity, names in BEYOND["GONE"].items():
        assert names <= schemas[entity]["properties"].keys()
        assert not names & document()["components"]["schemas"][entity]["properties"].keys()
    for entity, names in BEYOND["NEW"].items():
        assert names.keys().isdisjoint(schemas[entity]["properties"])
        assert names.keys() <= document()["components"]["schemas"][entity]["properties"].keys()


def paths(stream: type[TripletexStream]) -> list[str]:
    """Return the paths of the document that a stream reads."""
    strategy = stream.strategy
    if isinstance(strategy, ForEach):
        return [stream.path.replace("{entity}", kind) for kind in strategy.kinds]
    return [stream.path]


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
    known = parameters(paths(stream)[0])
    for part in stream.strategy.slices(CALENDAR, Said([1], date.min)):
        asked = {**stream.parameters, **part.asks[0].params}
        assert {n for n in asked if (stream.path, n) not in NEWER} <= set(known)
        needed = {n for n, p in known.items() if p.get("required") and p["in"] == "query"}
        assert needed <= set(asked)
        for name, value in asked.items():
            allowed = known.get(name, {}).get("schema", {}).get("enum", [value])
            assert value in allowed
    for path in paths(stream):
        assert ({"from", "count"} <= set(parameters(path))) == stream.strategy.pages


@all_streams
def test_defaults_of_filters_are_asked_for_explicitly(stream: type[TripletexStream]) -> None:
    """A filter with a default may hide rows from who does not name it."""
    usual = {"from", "count", "sorting", "fields"}
    defaults = {
        name
        for name, parameter in parameters(paths(stream)[0]).items()
        if "default" in parameter["schema"] and name not in usual
    }
    harmless = {"includeRecentlyClosed", "includeSubProjects", "onlyContacts"}  # beside others
    for part in stream.strategy.slices(CALENDAR, Said([1], date.min)):
        assert defaults - harmless <= {*stream.parameters, *part.asks[0].params}


@all_streams
def test_what_can_be_asked_for_by_its_changes_is(stream: type[TripletexStream]) -> None:
    takes_it = "changedSince" in parameters(paths(stream)[0])
    assert isinstance(stream.strategy, ChangedSince) == takes_it
    assert not takes_it or "changes" in properties(stream.entity)


def parents_of(stream: type[TripletexStream]) -> list[Parents]:
    strategy = stream.strategy
    if isinstance(strategy, ForEach):
        return list(strategy.kinds.values())
    return [strategy.of] if isinstance(strategy, Child) else []


@all_streams
def test_every_field_is_one_of_the_entity(stream: type[TripletexStream]) -> None:
    fields = stream.strategy.fields(shape(columns_of(stream.entity)))
    for path in paths(stream):
        check_fields(fields, entity_of_rows(path))
    for parents in parents_of(stream):
        name, _, leaf = parents.id.partition(".")
        check_fields(f"{name}({leaf})" if leaf else name, entity_of_rows(parents.path))
        assert {name for name, _ in parents.params} <= set(parameters(parents.path))


def entity_of_rows(path: str) -> str:
    response = document()["paths"][path]["get"]["responses"]
    content = next(iter((response.get("200") or response["default"])["content"].values()))
    inside = properties(entity_of(content["schema"]) or "")
    rows = inside.get("values") or inside["value"]
    if (entity := entity_of(rows)) is None:
        assert path in UNTYPED
        pytest.skip(f"the document leaves the rows of {path} untyped")
    return entity


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


@cache
def recorded_rows() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of recorded lists by path, those that were asked for whole."""
    if not RECORDED.exists():
        pytest.skip("recorded answers are not at hand")
    rows: dict[str, list[dict[str, Any]]] = {}
    with gzip.open(RECORDED, "rt") as lines:
        for line in lines:
            answer = json.loads(line, parse_float=Decimal)
            url = answer["url"] or ""
            if answer["method"] == "GET" and answer["status"] == 200 and "fields=" not in url:
                found = answer["body"].get("values") or []
                rows.setdefault(unquote(url.partition("?")[0]), []).extend(found)
    return rows


def test_recorded_rows_become_valid_records() -> None:
    tried = set()
    for stream in STREAMS:
        if isinstance(stream.strategy, Nested):
            continue  # recorded rows have stubs in place of the lines
        columns = columns_of(stream.entity)
        schema = json_schema(columns, {"id"} & set(columns))
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        convert = shape(columns).convert
        for row in recorded_rows().get(stream.path, []):
            # Where the recorder left the query out, fields may have been asked for without a key.
            if set(stream.key) <= set(row) | set(stream.strategy.columns):
                validator.validate(convert(row))
                tried.add(stream.name)
    assert len(tried) > 20


def test_the_schemas_are_those_of_the_document() -> None:
    document()
    result = subprocess.run(
        [sys.executable, "scripts/check_drift.py", str(DOCUMENT)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stdout
