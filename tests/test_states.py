"""The state that a run is given, however it is wrapped."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tap_tripletex.api.errors import StateError
from tap_tripletex.states import parse_state, read_state

CUSTOMERS = {"partitions": [{"context": {"company_id": 1}, "digests": {"": "a"}}]}
ORDERS = {"partitions": [{"context": {"company_id": 1}, "digests": {"": "b"}}]}
STATE = {"bookmarks": {"customers": CUSTOMERS}}


@pytest.mark.parametrize(
    "given",
    [
        STATE,
        {"singer_state": STATE},
        {"completed": {"singer_state": STATE}},
        {"completed": {"singer_state": STATE}, "partial": {}},
        {"completed": {}, "partial": {"singer_state": STATE}},
        {"completed": {"singer_state": STATE}, "partial": {"singer_state": {"bookmarks": {}}}},
        {"type": "STATE", "value": STATE},
        {"type": "STATE", "value": {"singer_state": STATE}},
    ],
)
def test_a_state_is_taken_out_of_what_it_is_wrapped_in(given: Any) -> None:
    assert read_state(given)["bookmarks"] == STATE["bookmarks"]
    assert read_state(parse_state(json.dumps(given)))["bookmarks"] == STATE["bookmarks"]


def test_what_a_run_that_broke_off_has_read_comes_on_top() -> None:
    newer = {"partitions": [{"context": {"company_id": 1}, "digests": {"": "c"}}]}
    given = {
        "completed": {"singer_state": {"bookmarks": {"customers": CUSTOMERS, "orders": ORDERS}}},
        "partial": {"singer_state": {"bookmarks": {"customers": newer}}},
    }
    assert read_state(given)["bookmarks"] == {"customers": newer, "orders": ORDERS}


def test_of_the_output_of_a_loader_the_last_line_counts() -> None:
    lines = [{"bookmarks": {}}, STATE]
    text = "\n".join(map(json.dumps, lines)) + "\n\n"
    assert read_state(parse_state(text)) == STATE


@pytest.mark.parametrize(
    "text", ["", " \n", "null", "{}", '{"singer_state": {}}', '{"completed": {}}']
)
def test_an_empty_state_is_said(text: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert read_state(parse_state(text)) == {}
    assert "The state is empty: everything is read." in caplog.text


@pytest.mark.parametrize(
    "given",
    [
        [],
        [STATE],
        "state",
        7,
        {"customers": CUSTOMERS},
        {"value": STATE},
        {"bookmarks": []},
        {"bookmarks": "x"},
        {"bookmarks": {"customers": []}},
        {"bookmarks": {"customers": {"partitions": {}}}},
        {"bookmarks": {"customers": {"partitions": [7]}}},
        {"bookmarks": {"customers": {"partitions": [{}]}}},
        {"singer_state": [STATE]},
    ],
)
def test_what_is_no_state_is_never_taken_for_an_empty_one(given: Any) -> None:
    with pytest.raises(StateError, match="Restore it from a copy, or run without a state"):
        read_state(parse_state(json.dumps(given)))


def test_what_is_no_json_is_said() -> None:
    with pytest.raises(StateError, match="The state is no JSON"):
        parse_state('{"bookmarks"')
