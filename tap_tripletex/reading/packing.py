"""The state as it is written: all streams of a company in one text, a tenth as long.

In there is JSON, the state of each stream by its name. Digests and the like, which no packer makes
any shorter, are taken out of it and follow as bytes; all of it is packed by zlib.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64encode, b85decode, b85encode
from binascii import a2b_base64
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, cast

import msgspec

from tap_tripletex.api.errors import StateError
from tap_tripletex.proof.sync_windows import LATEST as SYNCED_AT
from tap_tripletex.proof.sync_windows import SyncWindows
from tap_tripletex.reading.runs import in_runs, out_of_runs
from tap_tripletex.reading.short_state import shorter
from tap_tripletex.reading.state import VERSION

Json = dict[str, Any]

PLACE = SyncWindows.name
"""The bookmark that has the companies in it."""

ELSEWHERE = "in companies"
"""In place of partitions: a version of the tap before 3 refuses it, and does not start anew."""

RANDOM = re.compile(
    r"(?<![0-9A-Za-z+/])"
    r"(?:[0-9A-Za-z+/]{22}==|[0-9a-f]{6}(?:[0-9a-f]{2}(?:[0-9a-f]{8})?)?)"
    r"(?![0-9A-Za-z+/=])"
)
"""What looks like bytes, in base64 (16 of them) or in hexadecimal digits (3, 4 or 8)."""

BYTES = re.compile("[\x03\x04\x08\x10]")
"""Stands for so many bytes. Control characters are never written as such in JSON."""

END = b"\x00"
"""Stands between JSON and bytes."""

BASE64_BYTES = 16

CHECKSUM_BYTES = 4

DAMAGES = (ValueError, zlib.error, msgspec.DecodeError)

DAMAGED = "Restore it from a copy, or start over with a full refresh."


class Packing:
    """Packs the state of a run, again and again; a company that is the same is packed once."""

    def __init__(self) -> None:
        """Begin without any."""
        self._known: dict[int, tuple[bytes, str]] = {}
        self._put_away: dict[int, str] = {}

    def packed(self, state: Json) -> Json:
        """Return a state with companies in place of partitions; it is not changed itself."""
        companies: dict[int, Json] = {}
        bookmarks: Json = {}
        for name, bookmark in state.get("bookmarks", {}).items():
            if not _is_ours(name, bookmark):
                bookmarks[name] = bookmark
                continue
            for partition in bookmark.get("partitions", ()):
                companies.setdefault(cast("int", _company(partition)), {})[name] = partition
            if rest := {key: value for key, value in bookmark.items() if key != "partitions"}:
                bookmarks[name] = rest
        texts = {id_: self._company(id_, streams) for id_, streams in companies.items()}
        if texts := {**texts, **self._put_away}:
            bookmarks[PLACE] = {
                "version": VERSION,
                "partitions": ELSEWHERE,
                "all": pack({PLACE: bookmarks.get(PLACE, {})}),
                "companies": {f"{id_}": text for id_, text in texts.items()},
            }
            return {**state, "bookmarks": bookmarks}
        return state

    def put_away(self, state: Any, company_id: int) -> None:  # noqa: ANN401 - a private type
        """Take a company that was read out of a state; what is packed has it all the same.

        Unpacked it takes twenty times the memory, and the state of hundreds is held to the end.
        """
        ours = {n: found for n, found in state.get("bookmarks", {}).items() if _is_ours(n, found)}
        streams = {
            name: partition
            for name, bookmark in ours.items()
            for partition in bookmark.get("partitions", ())
            if _company(partition) == company_id
        }
        if not streams:
            return
        # Before anything is taken out: a signal may come at any time, and the state be written.
        self._put_away[company_id] = self._company(company_id, streams)
        for name in streams:
            partitions = ours[name]["partitions"]
            ours[name]["partitions"] = [p for p in partitions if _company(p) != company_id]
        del self._known[company_id]

    def _company(self, id_: int, streams: Json) -> str:
        checksum = blake2b(msgspec.json.encode(streams), digest_size=16).digest()
        known, text = self._known.get(id_, (b"", ""))
        if known != checksum:
            timed = SYNCED_AT in streams.get(PLACE, {})
            text = pack({name: _written(part, timed=timed) for name, part in streams.items()})
            self._known[id_] = checksum, text
        return text


def unpacked(state: Json) -> Json:
    """Return a state with partitions in place of companies; one that has none, as it is.

    What stands in a company is later than a partition of the same stream and company: so it is
    where Meltano has merged a run of this version that broke off into a state of an earlier one.

    Raises:
        StateError: when it was written by a later version, or is damaged.
    """
    found = state.get("bookmarks")
    windows = found.get(PLACE) if isinstance(found, Mapping) else None
    if not isinstance(windows, Mapping) or not isinstance(found, Mapping):
        return state
    version = windows.get("version", VERSION)
    if not isinstance(version, int) or version > VERSION:
        message = (
            f"The state has version {version!r}, this tap-tripletex reads up to {VERSION}. Update "
            "the tap, or start over with a full refresh."
        )
        raise StateError(message)
    companies = windows.get("companies", {})
    if not isinstance(companies, Mapping):
        message = f"The state of the companies is damaged. {DAMAGED}"
        raise StateError(message)
    if not companies:
        return state
    try:
        bookmarks = {**found, **unpack(windows.get("all"))}
    except DAMAGES:
        message = f"The state of the companies is damaged. {DAMAGED}"
        raise StateError(message) from None
    partitions: dict[str, dict[int, Json]] = {}
    for company, text in companies.items():
        try:
            id_, streams = int(company), unpack(text)
        except DAMAGES:
            message = f"The state of company {company} is damaged. {DAMAGED}"
            raise StateError(message) from None
        for name, partition in streams.items():
            partitions.setdefault(name, {})[id_] = _read(name, id_, partition)
    for name, of_companies in partitions.items():
        bookmark = bookmarks.get(name, {})
        others = [p for p in bookmark.get("partitions", ()) if _company(p) not in of_companies]
        bookmarks[name] = {**bookmark, "partitions": [*others, *of_companies.values()]}
    return {**state, "bookmarks": bookmarks}


def _company(partition: Json) -> int | None:
    """Return the company that a partition is of, None where it is of something else."""
    context = partition.get("context") or {}
    id_ = context.get("company_id")
    return id_ if isinstance(id_, int) and len(context) == 1 else None


def _is_ours(name: str, bookmark: Json) -> bool:
    """Return whether a version of the tap up to this one has written the partitions of a stream."""
    partitions = bookmark.get("partitions", ())
    versions = [VERSION if name == PLACE else part.get("version") for part in partitions]
    are_known = all(isinstance(version, int) and version <= VERSION for version in versions)
    return are_known and None not in map(_company, partitions)


def _written(partition: Json, *, timed: bool) -> Json:
    """Return of a partition what cannot be told from elsewhere.

    Args:
        partition: of a stream.
        timed: the company's latest time is known; that of each of its streams is read by nobody.
    """
    kept = shorter(partition)
    untold = {"context", "version"}
    if timed and "refreshed" in kept and kept.get("replication_key") == SYNCED_AT:
        untold |= {"replication_key", "replication_key_value"}
    if isinstance(digests := kept.get("digests"), dict):
        kept = {**kept, "digests": in_runs(digests)}
    return {key: value for key, value in kept.items() if key not in untold and value != {}}


def _read(name: str, id_: int, stored: Json) -> Json:
    """Return a partition out of what was written of it."""
    if isinstance(digests := stored.get("digests"), dict):
        stored = {**stored, "digests": out_of_runs(digests)}
    ours = {} if name == PLACE else {"version": VERSION}
    return {"context": {"company_id": id_}, **ours, **stored}


def pack(streams: Json) -> str:
    """Return the state of a company in one text."""
    taken = bytearray()

    def take(match: re.Match[str]) -> str:
        found = match[0]
        if found.endswith("="):
            content = a2b_base64(found)
            if b64encode(content).decode() != found:
                return found
        else:
            content = bytes.fromhex(found)
        taken.extend(content)
        return chr(len(content))

    text = RANDOM.sub(take, msgspec.json.encode(streams, order="sorted").decode())
    content = zlib.compress(text.encode() + END + taken)
    return b85encode(zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "big") + content).decode()


def unpack(text: object) -> dict[str, Json]:
    """Return what ``pack`` was given.

    Raises:
        ValueError: when it is something else; or one of the packers' own errors.
    """
    if not isinstance(text, str):
        message = "It is no text."
        raise ValueError(message)  # noqa: TRY004 - of what was read, not of the program
    whole = b85decode(text)
    content = whole[CHECKSUM_BYTES:]
    if zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "big") != whole[:CHECKSUM_BYTES]:
        message = "Its checksum is another."
        raise ValueError(message)
    json, _, taken = zlib.decompress(content).partition(END)
    place = 0

    def give(match: re.Match[str]) -> str:
        nonlocal place
        size = ord(match[0])
        part = taken[place : place + size]
        place += size
        return b64encode(part).decode() if size == BASE64_BYTES else part.hex()

    return msgspec.json.decode(BYTES.sub(give, json.decode()), type=dict[str, Json])
