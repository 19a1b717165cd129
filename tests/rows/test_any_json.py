"""Whatever JSON comes in whatever place, what leaves the tap is JSON, UTF-8 and as announced."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tap_tripletex.api.pages import Page
from tap_tripletex.reading.paging import Opened
from tap_tripletex.reading.slices import Ask, Calendar
from tap_tripletex.rows.decimals import FORMAT, as_texts, with_precision
from tap_tripletex.rows.forms import LineForm, RecordForm, encode
from tap_tripletex.rows.lines import Inside
from tap_tripletex.rows.shapes import columns_of, root_of, shape
from tap_tripletex.streams import BY_NAME
from tap_tripletex.tap import TapTripletex
from tests.reading.test_strategies import Said

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.rows.forms import Form
    from tap_tripletex.rows.oddities import Oddities
    from tap_tripletex.stream import TripletexStream

Json = dict[str, Any]
Texts = st.SearchStrategy[bytes]
Draw = Any

AT = "2026-11-25T01:00:00Z"
CALENDAR = Calendar(date(2026, 1, 1), date(2026, 3, 1), future_days=0, open_start=False)
ADDED = {"company_id": 5}
EVERYTHING = {"api_url": "sandbox://", "include": "identity,bank_accounts,pay,heavy"}
EXAMPLES = 600

ODD_TEXTS = [
    *(b'"2026-1-5"', b'"1.2.26"', b'"20260105"', b'"2026-02-30"', b'"2026-02-01T00:00:00"', b'""'),
    *(b'"2026-02-01T25:00:00"', b'"0001-01-01T00:00:00+02:00"', b'"9999-12-31T23:00:00-02:00"'),
    *(b'"\\ud83d"', b'"x\\ude00\\ud83dy"', b'"\\ud83d\\ude00"', b'"\\\\ud83d"', b'"a\\u0000b"'),
    *(b'"\xff\xfe"', b'"\xc3\xb8"', b'"\xed\xa0\xbd"', b'"\\ufffd"', b'"NaN"', b'"5"', b'"true"'),
]
ODD_NUMBERS = [
    *(b"1e999", b"-1e999", b"1.0", b"1e3", b"-0", b"-0.0", b"0.1", b"1E-400", b"5" * 400),
    *(b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809", b"9" * 5000),
    *(b"12345678901234567890.123456789", b"1.00000000000000000001"),
]
SCALARS: Texts = st.one_of(
    st.sampled_from([b"null", b"true", b"false", *ODD_TEXTS, *ODD_NUMBERS]),
    st.integers().map(lambda number: b"%d" % number),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda n: str(n).encode()),
    st.text(max_size=8).map(lambda text: json.dumps(text).encode()),
)


def listed(elements: list[bytes]) -> bytes:
    return b"[" + b",".join(elements) + b"]"


def keyed(fields: dict[str, bytes]) -> bytes:
    pairs = (json.dumps(name).encode() + b":" + text for name, text in fields.items())
    return b"{" + b",".join(pairs) + b"}"


ANYTHING: Texts = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(listed),
        st.dictionaries(
            st.sampled_from(["id", "timestamp", "name", "date", "\0", "x"]), inner, max_size=3
        ).map(keyed),
    ),
    max_leaves=5,
)
DOCUMENTED = {
    "integer": b"7",
    "number": b"-5984.310000000027",
    FORMAT: b"-5984.310000000027",
    "boolean": b"true",
    "string": '"Kjøp \\"A\\" \\n"'.encode(),
    "date": b'"2026-02-28"',
    "object": b'{"field": 1.5}',
}
CHANGES = [keyed({"timestamp": b'"2026-03-12T15:09:57+01:00"'}), keyed({"timestamp": b"null"})]


def documented(column: Json, root: str, leaf: str) -> bytes:
    """Return the text of a value as it is documented."""
    if root == "changes":
        return listed([CHANGES[0], CHANGES[0]])
    if "properties" in column:
        return whole(column["properties"])
    if column["type"] == "array":
        return listed([documented(column["items"], "", leaf), b"null"])
    if column.get("json"):
        return b'[{"id":1},{"a":[1.5,null]}]'
    value = DOCUMENTED[column.get("format") or column["type"]]
    return keyed({leaf: value}) if leaf else value


def fields(columns: Json) -> dict[str, bytes]:
    sources = [(column, *column["source"].partition(".")[::2]) for column in columns.values()]
    return {root_of(root): documented(c, root_of(root), leaf) for c, root, leaf in sources}


def whole(columns: Json) -> bytes:
    return keyed(fields(columns))


def spoiled(draw: Draw, columns: Json) -> bytes:
    """Return the text of an object with something odd in a place or two."""
    texts = fields(columns)
    for column in draw(st.lists(st.sampled_from(list(columns.values())), min_size=1, max_size=2)):
        root, leaf = root_of(column["source"]), column["source"].partition(".")[2]
        texts[root] = odd(draw, column, root, leaf) if draw(st.booleans()) else draw(ANYTHING)
    return keyed(texts)


def odd(draw: Draw, column: Json, root: str, leaf: str) -> bytes:
    if root == "changes":
        entries = [keyed({"timestamp": draw(ANYTHING)}), draw(ANYTHING), *CHANGES]
        return listed(draw(st.permutations(entries)))
    if "properties" in column:
        return spoiled(draw, column["properties"])
    if column["type"] == "array":
        return listed([odd(draw, column["items"], "", leaf), draw(ANYTHING)])
    value = draw(ANYTHING)
    return keyed({leaf: value}) if leaf else value


class Target(NamedTuple):
    """A stream, and what checks its records."""

    stream: type[TripletexStream]
    columns: Json
    ask: Ask
    validator: Draft202012Validator
    dates: list[str]
    sent: Json


@cache
def targets(*, numbers_as_texts: bool) -> dict[str, Target]:
    config = {**EVERYTHING, "use_singer_decimal": numbers_as_texts}
    found = {}
    for name, stream in TapTripletex(config=config).streams.items():
        if name not in BY_NAME:
            continue
        kind = BY_NAME[name]
        columns = columns_of(kind.entity)
        if numbers_as_texts:
            columns = as_texts(columns)
        part = next(iter(kind.strategy.slices(CALENDAR, Said([7], date.min))))
        schema = stream.schema
        dates = [n for n, p in schema["properties"].items() if p.get("format") == "date"]
        validator, sent = Draft202012Validator(schema), with_precision(schema["properties"])
        found[name] = Target(kind, columns, part.asks[0], validator, dates, sent)
    return found


def answer(target: Target, row: Callable[[Json], bytes]) -> bytes:
    """Return the text of an object that the stream's path answers with."""
    columns = target.columns
    inside = target.stream.strategy.inside or Inside()
    if inside.lines is None:
        return row(columns)
    lines = listed([row(columns), whole(columns)])
    return row(dict(inside.columns))[:-1] + b"," + keyed({inside.lines: lines})[1:]


def emitted(target: Target, text: bytes) -> list[tuple[list[bytes], Oddities]]:
    """Return the records that each of both forms makes of an answer, as text."""
    stream = target.stream
    opened = Opened(Page(), 1, target.ask, "", shape(target.columns), AT, "x")
    written: list[bytes] = []
    records = RecordForm(stream.strategy, stream.key, ADDED)
    forms: list[Form] = [records]
    if stream.strategy.inside is not None:
        lines = LineForm(
            "s", stream.strategy, stream.key, ADDED, write=lambda text, _: written.append(text)
        )
        forms.append(lines)
    found = []
    for form in forms:
        page = Page.read(b'{"values":[' + text + b'],"count":1}')
        rows = form.rows(opened, page.rows())
        keys = form.keys(opened, rows)
        assert len(keys) == len(rows)
        assert all(None not in key if isinstance(key, tuple) else key is not None for key in keys)
        texts = [encode(record) for record in form.emit(opened, rows, AT)]
        found.append((texts, form.oddities))
    for line in b"".join(written).splitlines():
        message = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        found[1][0].append(bytes(message["record"]))
    return found


def check_decimals(schema: Json, value: Any) -> None:
    """Hold the texts of numbers against what the SCHEMA message says of them."""
    if value is None:
        return
    if schema.get("format") == FORMAT:
        assert re.fullmatch(r"-?\d+(\.\d+)?", value)
        whole, _, fraction = value.lstrip("-").partition(".")
        assert len(fraction) <= schema["scale"]
        assert len(whole.lstrip("0")) <= schema["precision"] - schema["scale"]
    for name, inner in schema.get("properties", {}).items():
        check_decimals(inner, value[name])
    for element in value if "items" in schema else ():
        check_decimals(schema["items"], element)


def refuse(constant: str) -> None:
    raise AssertionError(constant)


def check(target: Target, text: bytes) -> list[Oddities]:
    found = emitted(target, text)
    results = []
    for texts, _ in found:
        records = []
        for record_text in texts:
            assert b"\\u0000" not in record_text.replace(b"\\\\", b"")
            record = json.loads(
                record_text.decode("utf-8"), parse_float=Decimal, parse_constant=refuse
            )
            target.validator.validate(json.loads(record_text))
            check_decimals({"properties": target.sent}, record)
            for name in target.dates:
                if record[name] is not None:
                    assert re.fullmatch(r"\d{4}-\d\d-\d\d", record[name])
                    date.fromisoformat(record[name])
            records.append(record)
        results.append(records)
    assert results[0] == results[-1]
    return [oddities for _, oddities in found]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_any_json_in_any_place(data: st.DataObject) -> None:
    known = targets(numbers_as_texts=data.draw(st.booleans()))
    target = known[data.draw(st.sampled_from(sorted(known)))]
    if data.draw(st.integers(0, 9)):
        text = answer(target, lambda columns: spoiled(data.draw, columns))
    else:
        text = data.draw(ANYTHING)
    one, *other = check(target, text)
    for oddities in other:
        assert oddities.lost == one.lost
        assert list(oddities.warnings()) == list(one.warnings())


@pytest.mark.parametrize("numbers_as_texts", [False, True])
@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_documented_is_nothing_odd(name: str, *, numbers_as_texts: bool) -> None:
    target = targets(numbers_as_texts=numbers_as_texts)[name]
    for oddities in check(target, answer(target, whole)):
        assert not list(oddities.warnings())
        assert not oddities.lost
