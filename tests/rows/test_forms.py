"""Lines of text and records for the SDK say the same."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tap_tripletex.api.pages import Page, objects
from tap_tripletex.reading.paging import Opened
from tap_tripletex.reading.slices import Ask
from tap_tripletex.reading.strategies import List, Nested, Window
from tap_tripletex.rows.decimals import as_texts
from tap_tripletex.rows.forms import LineForm, RecordForm, encode
from tap_tripletex.rows.groups import GROUPS
from tap_tripletex.rows.shapes import columns_of, shape
from tap_tripletex.sandbox import Sandbox
from tap_tripletex.tap import TapTripletex
from tests.conftest import mounted

if TYPE_CHECKING:
    from tap_tripletex.reading.strategies import Strategy

AT = "2026-11-25T01:00:00Z"

POSTING = b"""{"id": 3846042362, "version": 1, "date": "2026-01-31",
    "description": "Kj\\u00f8p \\"A\\"\\n", "account": {"id": 7, "url": "x"}, "customer": {"id": 0},
    "supplier": null, "vatType": {"id": 0}, "amount": 1.10, "amountCurrency": 13375.0,
    "amountGross": 5984.310000000027, "amountGrossCurrency": 12345678901234567890.123456789,
    "amortizationStartDate": "", "amortizationEndDate": "2026-02-01T00:00:00",
    "postingRuleId": 0, "row": null, "changes": [{"timestamp": "2026-03-12T15:09:57+01:00"},
        {"timestamp": "2026-07-01T00:00:00+02:00"}]
}"""

CUSTOMER = b"""{"id": 4, "name": "K\xc3\xb8l AS", "postalAddress": {"id": 9, "addressLine1": "A",
    "country": {"id": 161}}, "deliveryAddress": null, "ledgerAccount": {}, "category1": {"id": 5},
    "invoicesDueIn": 14, "bankAccounts": ["1", "2"], "emailAttachmentType": "LINK"}"""

ORDER = b"""{"id": 70, "orderDate": "2026-05-01", "orderLines": [{"id": 1, "count": 2.0},
    {"id": 2, "product": {"id": 3}, "unitCostCurrency": 1e-7}]}"""


def page(*rows: bytes) -> Page:
    content = b'{"values": [%b], "versionDigest": "d"}' % b", ".join(rows)
    return Page.read(content)


def both(
    strategy: Strategy, entity: str, row: bytes, ask: Ask, refused: frozenset[str] = frozenset()
) -> tuple[bytes, bytes]:
    """Return the record as text, from lines and from the SDK's form, as encoded by its writer."""
    columns = shape(columns_of(entity), refused)
    opened = Opened(Page(), 1, ask, "", columns, AT, "somewhere")
    written: list[bytes] = []
    added = {"company_id": 5}
    lines = LineForm("s", strategy, ("id",), added, write=lambda text, _: written.append(text))
    texts = page(row).rows()
    assert list(lines.emit(opened, lines.rows(opened, texts), AT)) == []
    records = RecordForm(strategy, ("id",), added)
    emitted = list(records.emit(opened, records.rows(opened, texts), AT))
    (text,) = written
    found = [msgspec.json.decode(line, type=dict[str, msgspec.Raw]) for line in text.splitlines()]
    assert {bytes(message["type"]) for message in found} == {b'"RECORD"'}
    as_lines = b"\n".join(bytes(message["record"]) for message in found)
    return as_lines, b"\n".join(map(encode, emitted))


def values(text: bytes) -> list[Any]:
    return [objects(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("strategy", "entity", "row"),
    [
        (List(), "Posting", POSTING),
        (List(), "Customer", CUSTOMER),
        (
            Nested(Window("order_date"), "orderLines", "order_id", date="orderDate"),
            "OrderLine",
            ORDER,
        ),
    ],
)
@pytest.mark.parametrize("ask", [Ask(), Ask(columns={"as_of_date": "2026-01-31", "asset_id": 3})])
def test_both_forms_say_the_same(strategy: Strategy, entity: str, row: bytes, ask: Ask) -> None:
    lines, records = both(strategy, entity, row, ask)
    assert values(lines) == values(records)
    if not ask.columns:
        assert [list(record) for record in values(lines)] == [list(r) for r in values(records)]


def test_numbers_keep_every_digit_and_sentinels_are_null() -> None:
    lines, records = both(List(), "Posting", POSTING, Ask())
    for text in (lines, records):
        assert b'"amount":1.10,' in text
        assert b'"amount_currency":13375.0,' in text
        assert b'"amount_gross":5984.310000000027,' in text
        assert b'"amount_gross_currency":12345678901234567890.123456789,' in text
        (record,) = values(text)
        assert record["id"] == 3846042362
        assert record["description"] == 'Kjøp "A"\n'
        assert (record["customer_id"], record["supplier_id"]) == (None, None)
        assert record["vat_type_id"] == 0
        assert record["amortization_start_date"] is None
        assert record["amortization_end_date"] == "2026-02-01"
        assert record["posting_rule_id"] is None
        assert record["created_at"] == "2026-03-12T14:09:57Z"
        assert record["updated_at"] == "2026-06-30T22:00:00Z"
        assert record["matched"] is None  # was not in the answer


def test_an_answer_that_is_pretty_printed_becomes_one_line_a_row() -> None:
    assert b"\n" in POSTING
    assert page(POSTING).rows()[0] == msgspec.Raw(msgspec.json.format(POSTING, indent=-1))


@pytest.mark.parametrize("refused", ["amount", ".addressLine1"])
def test_a_refused_field_is_null_in_both(refused: str) -> None:
    entity, row = ("Posting", POSTING) if refused == "amount" else ("Customer", CUSTOMER)
    lines, records = both(List(), entity, row, Ask(), frozenset([refused]))
    assert values(lines) == values(records)
    (record,) = values(lines)
    assert (record if refused == "amount" else record["postal_address"])[
        "amount" if refused == "amount" else "address_line1"
    ] is None


@pytest.mark.parametrize(
    ("field", "column", "came", "kept", "told"),
    [
        ("amortizationStartDate", None, b'"2026-1-5"', None, 'text like "9999-9-9"'),
        ("amortizationStartDate", None, b'"1.2.26"', None, 'text like "9.9.99"'),
        ("amortizationStartDate", None, b'"20260105"', None, 'text like "99999999"'),
        ("amortizationStartDate", None, b'"2026-02-30"', None, 'text like "9999-99-99"'),
        ("amortizationStartDate", None, '"i går"'.encode(), None, 'text like "a aaa"'),
        ("amortizationStartDate", None, b"20260105", None, "the number 99999999"),
        ("amortizationStartDate", None, b'"2026-01-05T10:00:00"', "2026-01-05", None),
        ("amortizationStartDate", None, b'"2026-01-05Tx"', None, 'text like "9999-99-99aa"'),
        ("amortizationStartDate", None, b'""', None, None),
        ("version", None, b'"x"', None, 'text like "a"'),
        ("version", None, b"1.5", None, "the number 9.9"),
        ("version", None, b"1.0", 1, None),
        ("version", None, b"9223372036854775808", None, "the number 9999999999999999999"),
        ("version", None, b"true", None, "true or false"),
        ("amount", None, b'"1.10"', None, 'text like "9.99"'),
        ("amount", None, b"1e999", None, "the number 9a999"),
        ("amount", None, b"[1]", None, "a list"),
        ("matched", None, b'"true"', None, 'text like "aaaa"'),
        ("matched", None, b"1", None, "the number 9"),
        ("description", None, b"5", None, "the number 9"),
        ("description", None, b'"a\\u0000b"', "ab", "text with a NUL in it"),
        ("description", None, b'"a\\ud83d"', "a\ufffd", "text with half a character in it"),
        ("description", None, b'"a\xff"', "a\ufffd", "text with half a character in it"),
        ("description", None, b'"\\ud83d\\ude00"', "\U0001f600", None),
        ("account", "account_id", b'"1920"', None, 'text like "9999"'),
        ("account", "account_id", b"[]", None, "a list"),
        ("account", "account_id", b'{"id": {}}', None, "an object"),
        ("account", "account_id", b"{}", None, None),
        ("changes", "created_at", b'[{"timestamp": ""}]', None, 'text like ""'),
        ("changes", "created_at", b"[null]", None, "null"),
        ("changes", "created_at", b"[{}]", None, None),
        ("changes", "created_at", b'{"timestamp": "x"}', None, "an object"),
        ("changes", "created_at", b"[]", None, None),
    ],
)
def test_an_odd_value_becomes_null_and_the_rest_is_kept(
    field: str, column: str | None, came: bytes, kept: Any, told: str | None
) -> None:
    row = b'{"id": 4, "row": 3, "%b": %b}' % (field.encode(), came)
    columns = shape(columns_of("Posting"))
    name = column or next(n for n, c in columns.columns.items() if c["source"] == field)
    opened = Opened(Page(), 1, Ask(), "", columns, AT, "postings (/x)")
    written: list[bytes] = []
    lines = LineForm("s", List(), ("id",), {}, write=lambda text, _: written.append(text))
    records = RecordForm(List(), ("id",), {})
    list(lines.emit(opened, lines.rows(opened, page(row).rows()), AT))
    (record,) = records.emit(opened, records.rows(opened, page(row).rows()), AT)
    (line,) = written
    for found in (json.loads(line.decode("utf-8"))["record"], json.loads(encode(record))):
        assert (found["id"], found["row"], found[name]) == (4, 3, kept)
    for form in (lines, records):
        assert form.oddities.lost == 0
        warnings = [w for w in form.oddities.warnings() if w.startswith(f"{name} ")]
        assert len(warnings) == (told is not None)
        assert all(f"first as {told} in id 4" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("came", "kept"),
    [
        (b"1.10", "1.10"),
        (b"13375", "13375"),
        (b"-0.05", "-0.05"),
        (b"5984.310000000027", "5984.31"),
        (b"-5984.315", "-5984.32"),
        (b"-0", "0"),
        (b"1e3", "1000.00"),
        (b"1E-7", "0.00"),
        (b"-9999999999999999.99", "-9999999999999999.99"),
        (b"9999999999999999.995", None),
        (b"10000000000000000", None),
        (b"1e999", None),
        (b'"1.10"', None),
        (b"null", None),
    ],
)
def test_an_amount_as_text_is_what_a_column_of_two_decimals_holds(
    came: bytes, kept: str | None
) -> None:
    row = b'{"id": 4, "account": {"id": 7}, "amount": %b}' % came
    opened = Opened(Page(), 1, Ask(), "", shape(as_texts(columns_of("Posting"))), AT, "x")
    written: list[bytes] = []
    lines = LineForm("s", List(), ("id",), {}, write=lambda text, _: written.append(text))
    records = RecordForm(List(), ("id",), {})
    for form in (lines, records):
        rows = form.rows(opened, page(row).rows())
        assert list(form.amounts(rows)) == [(7, None if kept is None else Decimal(kept))]
        found = [json.loads(encode(record)) for record in form.emit(opened, rows, AT)]
        found += [json.loads(line)["record"] for line in written]
        assert [record["amount"] for record in found] == [kept]
        assert len(list(form.oddities.warnings())) == (kept is None and came != b"null")
        written.clear()


@pytest.mark.parametrize("form", [RecordForm, LineForm])
@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (b"null", "the row came as null"),
        (b'{"id": null}', "id came as null"),
        (b'{"id": "x"}', 'id came as text like "a"'),
        (b'{"id": 5, "amount": "1"}', 'amount came as text like "9", .*: id 5'),
        (b'{"id": 5, "date": "1.2.26"}', 'date came as text like "9.9.99", .*: id 5'),
    ],
)
def test_what_cannot_be_mended_costs_the_row(form: Any, odd: bytes, reason: str) -> None:
    opened = Opened(Page(), 1, Ask(), "", shape(columns_of("Posting")), AT, "postings (/x)")
    options: Any = ("s",) if form is LineForm else ()
    more: Any = {"write": print} if form is LineForm else {}
    made = form(*options, Window("date"), ("id",), {}, vital={"amount", "date"}, **more)
    rows = made.rows(opened, page(b'{"id": 3}', odd, b'{"id": 6}').rows())
    assert made.keys(opened, rows) == [3, 6]
    assert made.oddities.lost == 1
    (failure,) = made.oddities.failures()
    assert re.search(reason, failure)


def test_a_null_in_a_list_is_a_null_in_a_list() -> None:
    row = b'{"id": 4, "orders": [null, {"id": 3}, {}, 5]}'
    lines, records = both(List(), "Invoice", row, Ask())
    assert values(lines) == values(records)
    assert values(lines)[0]["order_ids"] == [None, 3, None, None]


def run(sandbox: Sandbox, **config: Any) -> dict[str, list[bytes]]:
    """Return the text of each record by stream, everything included."""
    config = {"api_url": "sandbox://", "include": list(GROUPS), **config}
    tap = mounted(TapTripletex(config=config), sandbox)
    output = io.BytesIO()
    text = io.TextIOWrapper(output, "utf-8", write_through=True)
    with contextlib.redirect_stdout(text):
        tap.run()
    tap.close()
    assert not tap.report.failed
    found = defaultdict(list)
    for line in output.getvalue().splitlines():
        if line.startswith(b'{"type":"RECORD"'):
            message = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
            found[json.loads(bytes(message["stream"]))].append(bytes(message["record"]))
    return found


def without_time(text: bytes) -> Any:
    record = json.loads(text, parse_float=Decimal)
    return {name: value for name, value in record.items() if name != "synced_at"}


def test_all_streams_say_the_same_in_both_forms() -> None:
    sandbox = Sandbox(vouchers_per_day=0.1, rate_limit=None)
    lines = run(sandbox)
    records = run(sandbox, stream_maps={"companies": {"__filter__": "company_id > 0"}})
    assert lines.keys() == records.keys()
    assert len(lines) > 140
    same = 0
    for name, texts in lines.items():
        if name == "sync_windows":
            continue
        assert list(map(without_time, texts)) == list(map(without_time, records[name])), name
        cut = [
            (a.partition(b',"synced_at"')[0], b.partition(b',"synced_at"')[0])
            for a, b in zip(texts, records[name], strict=True)
        ]
        same += all(a == b for a, b in cut)
    assert same > 130
