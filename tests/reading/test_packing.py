"""The state as it is written: short, read again, and never taken for what it is not."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import suppress
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from meltano.core.utils import merge

from tap_tripletex.api.errors import StateError
from tap_tripletex.api.short_digests import agrees, short
from tap_tripletex.commands.state import main
from tap_tripletex.reading import packing
from tap_tripletex.reading.packing import Packing, pack, unpack, unpacked
from tap_tripletex.reading.runs import following, in_runs, out_of_runs
from tap_tripletex.reading.short_state import shorter
from tap_tripletex.reading.slice_digests import shortened
from tap_tripletex.reading.state import EMPTY, FOLDED, ROOT, VERSION, SliceState
from tap_tripletex.sandbox import Sandbox
from tap_tripletex.states import read_state
from tests.warehouse import Warehouse

DAY = date(2026, 6, 1)

BASE64 = st.binary(min_size=16, max_size=16).map(lambda content: b64encode(content).decode())
OURS = st.binary(min_size=8, max_size=8).map(lambda content: f"#{content.hex()}")
ODD = st.text(st.characters(exclude_characters=" ", exclude_categories=["Cs"]), max_size=30)
LIST = BASE64 | OURS | ODD | st.just(EMPTY)
WHOSE = st.sampled_from(["", "0123456789abcdef@ "])
SLICE = st.builds(
    lambda whose, lists: whose + " ".join(lists), WHOSE, st.lists(LIST, min_size=1, max_size=5)
)
KEY = (
    st.sampled_from(["all", ROOT, "..2027-01-01", "2026-05-04..2027-01-01", "2026/", "2021/", "?"])
    | st.dates(date(2019, 1, 1), date(2027, 12, 31)).map(lambda day: f"{day:%Y-%m}")
    | st.dates(date(2019, 1, 1), date(2027, 12, 31)).map(str)
    | st.integers(2019, 2027).map(str)
)
PARTITION = st.fixed_dictionaries(
    {"digests": st.dictionaries(KEY, SLICE, max_size=30), "mark": st.just("0a1b2c3d")},
    optional={
        "refreshed": st.dates(date(2026, 1, 1), date(2026, 12, 31)).map(str),
        "since": st.just("2019-01-01"),
        "probes": st.booleans(),
        "large": st.lists(st.just("..")),
        "refused": st.just({"rights": "0123456789abcdef", "on": "2026-05-05"}),
        "turns": st.just(value=True),
        "whole": st.just(value=True),
    },
)


def stored(partition: dict[str, Any], company: int = 1, stream: str = "orders") -> dict[str, Any]:
    partitions = [{"context": {"company_id": company}, "version": VERSION, **deepcopy(partition)}]
    return {"bookmarks": {stream: {"partitions": partitions}}}


def written(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state as it has gone through Meltano."""
    found: dict[str, Any] = json.loads(json.dumps(Packing().packed(state)))
    return found


@given(PARTITION)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read(partition: dict[str, Any]) -> None:
    state = stored(partition)
    before = deepcopy(state)
    once = written(state)
    assert state == before
    (read,) = unpacked(once)["bookmarks"]["orders"]["partitions"]
    (old,) = state["bookmarks"]["orders"]["partitions"]
    assert {k: v for k, v in read.items() if k != "digests"} == {
        k: v for k, v in old.items() if k != "digests"
    }
    known = SliceState(read, "orders of company 1")
    assert set(known.known) == set(old["digests"])
    for key, text in old["digests"].items():
        kept = known.digest(key)
        assert kept is not None
        assert kept in {text, FOLDED, shortened(text)}
    assert written(unpacked(once)) == once


@given(st.dictionaries(st.text(), st.dictionaries(st.text(), ODD | BASE64 | OURS)))
@settings(max_examples=100, deadline=None)
def test_any_text_can_be_packed(streams: dict[str, Any]) -> None:
    assert unpack(pack(streams)) == streams


@given(st.dictionaries(KEY, ODD))
@settings(max_examples=100, deadline=None)
def test_periods_in_a_row_are_told_by_the_first(digests: dict[str, str]) -> None:
    runs = in_runs(digests)
    assert out_of_runs(runs) == digests


def test_each_kind_of_period_has_a_next_one() -> None:
    names = ["2026-12", "2026-11-30", "2024-01-31", "2026", "2026/", "2026-11-29", "2026-13", "all"]
    assert [following(name) for name in names] == [
        "2027-01", "2026-12-31", "2024-02-29", "2027", "2027/", "", "", "",
    ]  # fmt: skip


def kept(digests: dict[str, str], **more: Any) -> dict[str, str]:
    found: dict[str, str] = shorter({"digests": digests, "refreshed": "2026-06-15", **more})[
        "digests"
    ]
    return found


def test_digests_of_what_may_well_change_stay_whole() -> None:
    whole = {
        "all": "a== b==",
        ROOT: "c",
        "2026-05": "d",
        "2026-06-15": "e",
        "..2028-01-01": "f",
        "2026": "g",
    }
    assert kept(whole) == whole
    assert kept({"all": "a b c"}, census={}) == {"all": "a b c"}
    assert kept({"2023-05": "(a b)", "all": "2026-06-15~a b c"}) == {
        "2023-05": "(a b)",
        "all": "2026-06-15~a b c",
    }


def test_digests_of_what_hardly_ever_changes_become_short() -> None:
    texts = {"2026-04": "w@ a", "2025": "b", "2027-02": "c", "2026/": "d", "all": "e f g"}
    assert kept(texts) == {key: shortened(text) for key, text in texts.items()}
    assert kept({"2026-04": "a"}, whole=True) == {"2026-04": "a"}
    assert kept({"all": "#0123456789abcdef", "2026-01": EMPTY}) == {
        "all": "#012345",
        "2026-01": EMPTY,
    }
    assert kept(kept(texts)) == kept(texts)


def test_months_of_old_years_are_told_by_their_year() -> None:
    months = {"2023-01": "a", "2023-02": "b"}
    assert kept({**months, "2023/": "c"}) == {
        "2023-01": FOLDED,
        "2023-02": FOLDED,
        "2023/": short("c"),
    }
    for unfolded in (
        kept(months),
        kept({**months, "2023/": "c"}, probes=False),
        kept({"2024-01": "a", "2024/": "c"}),
    ):
        assert FOLDED not in unfolded.values()


def test_what_is_read_at_its_turn_alone_needs_no_digest() -> None:
    digests = {"2023-01": "a", "2026-06": "b", "all": "c"}
    assert kept(digests, turns=True) == {"2023-01": FOLDED, "2026-06": "b", "all": FOLDED}


def test_a_short_digest_agrees_with_its_own_alone() -> None:
    assert agrees("a", "a")
    assert agrees(short("a"), "a")
    assert agrees("#012345", "#0123456789abcdef")
    assert not agrees(short("a"), "b")
    assert not agrees("a", short("a"))
    assert not agrees("#012345", "#0123466789abcdef")
    assert not agrees(None, None)


def test_a_company_that_is_the_same_is_packed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[Any] = []

    def noted(streams: dict[str, Any]) -> str:
        packed.append(streams)
        return pack(streams)

    monkeypatch.setattr(packing, "pack", noted)
    state = stored({"digests": {"all": "a"}}, 1)
    partitions = state["bookmarks"]["orders"]["partitions"]
    partitions += stored({"digests": {"all": "b"}}, 2)["bookmarks"]["orders"]["partitions"]
    packs = Packing()
    packs.packed(state)
    packed.clear()
    partitions[1]["digests"]["all"] = "c"
    second = packs.packed(state)
    assert [one["orders"]["digests"] for one in packed if "orders" in one] == [{"all": "c"}]
    assert second == Packing().packed(state)


def test_a_company_that_is_put_away_is_written_as_it_was() -> None:
    state = stored({"digests": {"all": "a"}}, 1)
    partitions = state["bookmarks"]["orders"]["partitions"]
    partitions += stored({"digests": {"all": "b"}}, 2)["bookmarks"]["orders"]["partitions"]
    foreign = [{"context": {"company_id": 1}, "version": VERSION + 1}]
    state["bookmarks"]["of a later version"] = {"partitions": foreign}
    packs = Packing()
    whole = packs.packed(state)
    packs.put_away(state, 1)
    packs.put_away(state, 3)
    assert [
        part["context"]["company_id"] for part in state["bookmarks"]["orders"]["partitions"]
    ] == [2]
    assert packs.packed(state) == whole
    packs.put_away(state, 2)
    assert state["bookmarks"]["orders"]["partitions"] == []
    assert packs.packed(state) == whole
    assert state["bookmarks"]["of a later version"] == {"partitions": foreign}


@pytest.mark.parametrize("steps", range(12))
def test_a_signal_while_a_company_is_put_away_loses_nothing_of_it(steps: int) -> None:
    class Interrupted(dict[str, Any]):
        """A bookmark at whose so manieth use a signal comes."""

        left = steps

        def __setitem__(self, name: str, value: object) -> None:
            self.count()
            super().__setitem__(name, value)

        def get(self, *name: Any) -> Any:
            self.count()
            return super().get(*name)

        def count(self) -> None:
            Interrupted.left -= 1
            if Interrupted.left == 0:
                raise KeyboardInterrupt

    names = ("orders", "sync_windows", "customers")
    bookmarks = {n: stored({"digests": {"all": n}}, 1, n)["bookmarks"][n] for n in names}
    packs = Packing()
    whole = packs.packed({"bookmarks": bookmarks})
    interrupted = {"bookmarks": {name: Interrupted(bookmarks[name]) for name in names}}
    with suppress(KeyboardInterrupt):
        packs.put_away(interrupted, 1)
    Interrupted.left = 0
    assert packs.packed(interrupted) == whole


def test_what_the_tap_does_not_know_stays_as_it_is() -> None:
    foreign = {
        "of something else": {"partitions": [{"context": {"id": 5}, "version": 3, "at": 1}]},
        "of another tap": {"partitions": [{"context": {"company_id": 1}, "at": 1}]},
        "of a later version": {"partitions": [{"context": {"company_id": 1}, "version": 4}]},
        "without partitions": {"at": 1},
    }
    state = {"bookmarks": {**stored({"digests": {}})["bookmarks"], **foreign}}
    state |= {"currently_syncing": "orders"}
    once = written(state)
    for found in (once, read_state(once)):
        assert {name: found["bookmarks"][name] for name in foreign} == foreign
        assert found["currently_syncing"] == "orders"
    assert Packing().packed({"bookmarks": foreign}) == {"bookmarks": foreign}
    assert Packing().packed({}) == {}


def of_one(text: object, **more: Any) -> dict[str, Any]:
    windows = written(stored({"digests": {"all": "a"}}))["bookmarks"]["sync_windows"]
    return {"bookmarks": {"sync_windows": {**windows, "companies": {"1": text}, **more}}}


TEXT = pack({"orders": {"digests": {"all": "abcdefghijklmnopqrstuv=="}}})


@pytest.mark.parametrize(
    "state",
    [
        *(of_one(TEXT[:n] + chr(ord(TEXT[n]) ^ 1) + TEXT[n + 1 :]) for n in range(len(TEXT))),
        of_one(TEXT[:-5]),
        of_one(TEXT + "00000"),
        of_one(""),
        of_one("é"),
        of_one(None),
        of_one({"digests": {}}),
        of_one(TEXT, companies={"one": TEXT}),
        of_one(TEXT, companies=[TEXT]),
        of_one(TEXT, all=TEXT[1:]),
        of_one(TEXT, all=None),
    ],
)
def test_a_damaged_state_is_refused(state: dict[str, Any]) -> None:
    with pytest.raises(StateError, match=r"The state of .* is damaged. Restore it from a copy"):
        read_state(state)


def test_a_state_of_a_later_version_is_refused() -> None:
    with pytest.raises(StateError, match=r"version 4.*reads up to 3. Update the tap"):
        read_state(of_one(TEXT, version=4))


def test_a_state_can_be_looked_at_edited_and_given_back() -> None:
    state = stored({"digests": {"all": "a"}, "refreshed": "2026-06-01"})
    text = json.dumps({"singer_state": written(state)})
    shown = CliRunner().invoke(main, input=text)
    assert shown.exit_code == 0
    edited = json.loads(shown.output)
    assert read_state(edited)["bookmarks"]["orders"] == state["bookmarks"]["orders"]
    del edited["bookmarks"]["orders"]
    assert "orders" not in read_state(edited)["bookmarks"]
    assert CliRunner().invoke(main, input='{"no": "state"}').exit_code == 1


def test_a_version_of_the_tap_from_before_refuses_it() -> None:
    """It takes anything but a list for damage, and so does not read everything anew."""
    for bookmark in written(stored({"digests": {"all": "a"}}))["bookmarks"].values():
        assert not isinstance(bookmark.get("partitions", []), list)


def digests(state: dict[str, Any]) -> dict[int, str]:
    partitions = state["bookmarks"]["orders"]["partitions"]
    return {part["context"]["company_id"]: part["digests"]["all"] for part in partitions}


def test_meltano_merges_a_run_that_broke_off_into_a_state_from_before() -> None:
    old = stored({"digests": {"all": "old"}})
    old["bookmarks"]["orders"]["partitions"] += stored({"digests": {"all": "other"}}, 2)[
        "bookmarks"
    ]["orders"]["partitions"]
    old["bookmarks"]["sync_windows"] = {"schemas": {"orders": "01234567"}, "partitions": []}
    new = written(stored({"digests": {"all": "new"}}))
    assert digests(read_state(merge(new, old))) == {1: "new", 2: "other"}


def test_meltano_merges_states_company_by_company() -> None:
    first = written(stored({"digests": {"all": "a"}}, 1))
    second = written(stored({"digests": {"all": "b"}}, 2))
    assert digests(read_state(merge(second, first))) == {1: "a", 2: "b"}


def test_a_state_of_version_2_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was written by the version before, reading this very company."""
    monkeypatch.setattr("tap_tripletex.connection.Connection.today", DAY)
    sandbox = Sandbox(today=DAY, vouchers_per_day=0.1, rate_limit=None)
    state = json.loads(Path(__file__).with_name("state_of_version_2.json").read_text("utf-8"))
    streams = tuple(name for name in state["bookmarks"] if name != "sync_windows")
    warehouse = Warehouse(sandbox, streams, page_size=200)
    warehouse.state = state
    for _ in range(3):
        sandbox.requests.clear()
        warehouse.run()
        assert not warehouse.failed
        assert warehouse.emitted == {}
        assert len(sandbox.requests) == UNCHANGED


UNCHANGED = 13
"""Requests that the version before took for a run in which nothing had changed."""
