"""Large answers are unpacked piecemeal, and every row comes out whole."""

from __future__ import annotations

import gzip
import json
import random
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from tap_tripletex.api import answer as unpacking
from tap_tripletex.api import pages
from tap_tripletex.api.answer import Answer
from tap_tripletex.api.errors import UnavailableError
from tap_tripletex.api.pages import Beginning, Facts, Page, pieces_of, readable

ROWS: list[dict[str, Any]] = [
    {"id": 1, "text": 'ends like a row: "},{"', "lines": [{"id": 2}, {"id": 3}]},
    {"id": 4, "text": "},{", "lines": [{"id": 5, "parts": [{"id": 6}, {"id": 7}]}, {"id": 8}]},
    {"id": 9, "text": "Kjøp \\ \n", "lines": []},
    {"id": 10, "text": None, "lines": [{"id": number} for number in range(30)]},
]


def answer(rows: list[dict[str, Any]], after: str = "", **said: Any) -> bytes:
    before = {"fullResultSize": 7, "from": 0, "count": len(rows), "versionDigest": "d==", **said}
    start = json.dumps(before, separators=(",", ":"))[:-1]
    texts = ",".join(json.dumps(row, separators=(",", ":")) for row in rows)
    return f'{start},"values":[{texts}]{after}}}'.encode()


def unpacked(text: bytes, cuts: list[int]) -> list[Any]:
    beginning = Beginning.of(text)
    assert beginning
    ends = [0, *cuts, len(text)]
    blocks = [text[one:other] for one, other in pairwise(ends)]
    return [msgspec.json.decode(row) for rows in pieces_of(blocks, beginning) for row in rows]


def test_rows_are_whole_wherever_the_text_is_cut() -> None:
    text = answer(ROWS)
    for cut in range(len(text)):
        assert unpacked(text, [cut]) == ROWS
    chance = random.Random(5)  # noqa: S311
    for _ in range(300):
        cuts = sorted(chance.sample(range(len(text)), 6))
        assert unpacked(text, cuts) == ROWS


def test_what_follows_the_rows_is_no_row() -> None:
    text = answer(ROWS, ',"totalNumberOfPostings":4')
    for cut in range(len(text)):
        assert unpacked(text, [cut]) == ROWS


def test_more_rows_than_fit_come_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "BLOCK", 200)
    chance = random.Random(7)  # noqa: S311
    rows = [{"id": number, "noise": chance.random()} for number in range(2000)]
    text = answer(rows)
    beginning = Beginning.of(text)
    assert beginning
    packed = Answer(200, {}, gzip.compress(text), zipped=True)
    assert packed.length == len(text)
    pieces = list(pieces_of(packed.blocks(), beginning))
    assert len(pieces) > 50
    assert max(map(len, pieces)) < 100
    assert [json.loads(bytes(row)) for piece in pieces for row in piece] == rows


def test_the_beginning_says_what_is_known_without_the_rows() -> None:
    text = answer(ROWS)
    found = Beginning.of(text)
    assert found == Beginning(text.index(b'{"id":1,'), 4, "d==", 7)
    sentence = Beginning.of(answer(ROWS, versionDigest="checksum not supported: no filter"))
    assert sentence
    assert sentence.digest is None


@pytest.mark.parametrize(
    "text",
    [
        b'{"count":1,"from":0,"fullResultSize":1,"values":[{"id":1}],"versionDigest":"d"}',
        b'{"fullResultSize":1,"versionDigest":"d","values":[{"id":1}]}',
        b'{"value":{"id":1,"values":[]}}',
        b'{"fullResultSize":1,"from":0,"count":1,"versionDigest":"d",',
        b"<html>",
        b"",
    ],
)
def test_an_answer_that_begins_otherwise_is_read_whole(text: bytes) -> None:
    assert Beginning.of(text) is None


@pytest.mark.parametrize(
    "spoiled",
    [
        answer(ROWS)[:-1],
        answer(ROWS)[:-2],
        answer(ROWS, count=5),
        answer(ROWS).replace(b'"id":9', b'"id":9x'),
        answer(ROWS) + b"x",
    ],
)
def test_what_is_not_whole_is_told_before_its_last_rows(spoiled: bytes) -> None:
    for cut in (len(spoiled) // 3, len(spoiled) - 3):
        with pytest.raises(msgspec.DecodeError):
            unpacked(spoiled, [cut])


@pytest.mark.parametrize("damage", [lambda packed: packed[:-9], lambda packed: packed[:40]])
def test_damage_to_what_is_packed_is_told(damage: Any) -> None:
    packed = Answer(200, {}, damage(gzip.compress(answer(ROWS))), zipped=True)
    with pytest.raises(UnavailableError, match="cannot be unpacked"):
        list(packed.blocks())


def test_a_page_can_be_read_again() -> None:
    page = Page.read(answer(ROWS))
    assert page.facts == Facts(4, "d==", 7, len(answer(ROWS)), len(answer(ROWS)))
    assert json.loads(page.head) == ROWS[0]
    assert page.values == [json.loads(bytes(row)) for row in page.rows()] == ROWS
    assert list(Page().pieces()) == []
    assert Page().head == b""


def test_half_a_character_makes_no_answer_unreadable() -> None:
    rows = [
        {"id": number, "text": f"H{number}\ud83d", "lines": [{"id": 1}, {"id": 2}]}
        for number in range(9)
    ]
    text = answer(rows)
    assert b"\\ud83d" in text
    (whole,) = Page.read(text).pieces()
    assert json.loads(bytes(whole[3]))["text"] == "H3�"
    for cut in range(0, len(text), 7):
        found = unpacked(text, [cut])
        assert [row["text"] for row in found] == [f"H{number}�" for number in range(9)]


def test_whole_pairs_and_escaped_backslashes_are_no_halves() -> None:
    text = rb'["\ud83d\ude00", "\\ud83d", "\\\ud83d", "\ude00\ud83d"]'
    assert json.loads(readable(text)) == ["\U0001f600", "\\ud83d", "\\�", "��"]
    assert readable(b'"\xc3\xb8\xff\xfe"') == b'"\xc3\xb8\\ufffd"'


def test_null_is_told_from_an_empty_list() -> None:
    assert Page.read(b'{"values": null}').facts.absent
    assert not Page.read(b'{"values": []}').facts.absent
    assert not Page.read(b'{"value": null}').facts.absent


@pytest.mark.parametrize("odd", [b'"x"', b"1.5", b"{}", b"null", b"-1", b"1e999", b"9" * 5000])
def test_what_an_answer_says_of_itself_may_be_anything(odd: bytes) -> None:
    before = b'{"fullResultSize":%b,"from":%b,"count":%b,"versionDigest":%b,"values":['
    text = before % (odd, odd, odd, odd) + b'{"id":1}]}'
    page = Page.read(text)
    assert page.values == [{"id": 1}]
    assert page.facts.size in {None, -1}
    found = Beginning.of(text)
    assert found is None or found.count == -1


def test_deep_values_are_told_as_unreadable() -> None:
    deep = b'{"id":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(msgspec.DecodeError, match="too deep"):
        Page.read(b'{"values":[' + deep + b"]}")


def test_a_long_row_takes_no_more_than_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"id": 1, "lines": [{"id": number, "text": "},{"} for number in range(60_000)]}
    text = answer([row, {"id": 2}])
    beginning = Beginning.of(text)
    assert beginning
    looked = []

    def counting(whole: bytes) -> Any:
        looked.append(len(whole))
        return rows_of(whole)

    rows_of = pages._rows_of
    monkeypatch.setattr(pages, "_rows_of", counting)
    blocks = [text[start : start + 8192] for start in range(0, len(text), 8192)]
    found = [one for rows in pieces_of(blocks, beginning) for one in rows]
    assert [json.loads(bytes(one))["id"] for one in found] == [1, 2]
    assert sum(looked) < 20 * len(text)  # 8 places each time, and each time twice as much


@pytest.mark.parametrize("length", range(1, 40))
def test_every_byte_is_unpacked_however_little_at_once(
    monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr(unpacking, "MOST_AT_ONCE", 7)
    monkeypatch.setattr(unpacking, "BLOCK", 11)
    text = (b"abc" * 20)[:length] + b"x" * 300
    packed = Answer(200, {}, gzip.compress(text), zipped=True)
    assert packed.content == text
    assert max(map(len, packed.blocks())) <= 7


def test_what_unpacks_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_UNPACKED", 5_000_000)
    packed = Answer(200, {}, gzip.compress(b" " * 60_000_000, 9), zipped=True)
    sizes: list[int] = []
    with pytest.raises(UnavailableError, match="it is larger than"):
        sizes.extend(map(len, packed.blocks()))
    assert max(sizes) <= unpacking.MOST_AT_ONCE
