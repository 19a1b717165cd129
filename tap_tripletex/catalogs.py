"""The catalog that a run is given: what it selects, and nothing else.

A catalog may be older or newer than the tap, edited by hand, or made for other settings. Schemas
and keys are therefore always the tap's own; what is not in the catalog is not read.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL

from tap_tripletex.api.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from singer_sdk import Stream

logger = logging.getLogger("tap-tripletex")

Json = dict[str, Any]
Breadcrumb = tuple[str, ...]


class Entry:
    """What a catalog says of one stream."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        """Read an entry.

        Raises:
            CatalogError: when it is not made as Singer says.
        """
        self.name = _name(entry)
        self.method = entry.get("replication_method")
        self._schema = _mapping(entry.get("schema"), self.name)
        self._metadata: dict[Breadcrumb, Mapping[str, Any]] = {}
        for item in entry.get("metadata") or ():
            described = _mapping(item, self.name)
            breadcrumb = tuple(described.get("breadcrumb") or ())
            self._metadata[breadcrumb] = _mapping(described.get("metadata"), self.name)
        root = self._metadata.get((), {})
        self.method = root.get("forced-replication-method") or self.method
        chosen = _first(_chosen(root), _flag(entry.get("selected")), _chosen(self._schema))
        self.selected = chosen if chosen is not None else not self._metadata
        """Whether the stream is read; one of which nothing at all is said is."""

    def apply(self, stream: Stream) -> None:
        """Select of a stream what the entry selects; keys and the like stay."""
        own: Json = stream.schema
        metadata = stream.metadata
        unknown = self._properties(self._schema) - self._properties(own)
        gone = sorted(".".join(path) for path in unknown if self._is_wanted(path))
        missing = self._missing(own, self._schema)
        for path in self._properties(own):
            breadcrumb = _breadcrumb(path)
            chosen = _first(
                _chosen(self._metadata.get(breadcrumb, {})), _chosen(_at(self._schema, path))
            )
            if path in missing:
                chosen = False
            if chosen is not None:
                metadata[breadcrumb].selected = chosen
        if self.method == REPLICATION_FULL_TABLE:
            stream.forced_replication_method = REPLICATION_FULL_TABLE
        elif self.method not in (None, REPLICATION_INCREMENTAL):
            logger.warning("%s cannot be read by %s; it is as usual.", self.name, self.method)
        stream.selected = self.selected  # last: it makes the SDK work out the selection anew
        automatic = {path for path in missing if stream.mask[_breadcrumb(path)]}
        if gone:
            logger.warning(
                "The catalog has columns of %s that are not there, or that the setting include "
                "leaves out: %s.",
                self.name,
                ", ".join(gone),
            )
        if left := sorted(".".join(path) for path in missing - automatic):
            logger.info(
                "%s has columns that the catalog does not have: %s. They are not read; discover "
                "anew to read them.",
                self.name,
                ", ".join(left),
            )

    def _is_wanted(self, path: Breadcrumb) -> bool:
        return _chosen(self._metadata.get(_breadcrumb(path), {})) is not False

    def _missing(self, own: Mapping[str, Any], given: Mapping[str, Any]) -> set[Breadcrumb]:
        """Return the columns that the catalog's schema lacks, where it has any of their object."""
        known = self._properties(given)
        parents = {path[:-1] for path in known}
        return {p for p in self._properties(own) if p not in known and p[:-1] in parents}

    @staticmethod
    def _properties(schema: Mapping[str, Any]) -> set[Breadcrumb]:
        return set(_paths(schema))


def parse_catalog(text: str) -> object:
    """Return the catalog in a file; none for an empty one.

    Raises:
        CatalogError: when it is no JSON.
    """
    try:
        return json.loads(text) if text.strip() else None
    except ValueError as fault:
        message = f"The catalog is no JSON ({fault}). Make one with --discover."
        raise CatalogError(message) from None


def read_catalog(given: object) -> dict[str, Entry] | None:
    """Return what a catalog says of each stream, by name; None when it says nothing.

    Args:
        given: the catalog as JSON has it.

    Raises:
        CatalogError: when it is not made as Singer says.
    """
    if given in (None, {}):
        if given is not None:
            logger.info("The catalog is empty: everything is read that is included.")
        return None
    streams = given.get("streams") if isinstance(given, Mapping) else None
    if not isinstance(streams, list):
        message = "The catalog has no list of streams. Make one with --discover."
        raise CatalogError(message)
    entries = [Entry(_mapping(entry, "a stream")) for entry in streams]
    return {entry.name: entry for entry in entries}


def say_what_is_not_there(
    wanted: Iterable[str], known: Iterable[str], groups: Mapping[str, str | None]
) -> None:
    """Name the streams that a catalog selects in vain.

    Args:
        wanted: names of streams.
        known: those of them that can be read.
        groups: of all streams that there are.
    """
    for name in sorted(set(wanted) - set(known)):
        if name in groups:
            logger.warning(
                "The catalog selects %s, which is not read: the setting include must name %s.",
                name,
                groups[name],
            )
        else:
            logger.warning("The catalog selects %s: there is no such stream.", name)


def selected_columns(
    columns: Mapping[str, Json],
    mask: Mapping[Breadcrumb, bool],
    always: Collection[str] = (),
    above: Breadcrumb = (),
) -> Json:
    """Return the columns that are selected, of objects only what is selected inside.

    Args:
        columns: packaged columns, by name.
        mask: the SDK's, which also prunes the schema.
        always: names of columns that cannot be left out.
        above: breadcrumb of the object that they are in.
    """
    found: Json = {}
    for name, column in columns.items():
        here = (*above, "properties", name)
        if name not in always and not mask[here]:
            continue
        inside = column.get("properties")
        pruned = {"properties": selected_columns(inside, mask, (), here)} if inside else {}
        found[name] = {**column, **pruned}
    return found


def _name(entry: Mapping[str, Any]) -> str:
    name = entry.get("tap_stream_id") or entry.get("stream")
    if not isinstance(name, str):
        message = "The catalog has a stream without tap_stream_id. Make one with --discover."
        raise CatalogError(message)
    return name


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    """Return an object of the catalog, an empty one for none."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        message = f"The catalog is not made as Singer says, at {name}. Make one with --discover."
        raise CatalogError(message)
    return value


def _paths(schema: Mapping[str, Any], above: Breadcrumb = ()) -> Iterator[Breadcrumb]:
    properties = schema.get("properties")
    for name, definition in properties.items() if isinstance(properties, Mapping) else ():
        yield (*above, name)
        if isinstance(definition, Mapping):
            yield from _paths(definition, (*above, name))


def _at(schema: Mapping[str, Any], path: Breadcrumb) -> Mapping[str, Any]:
    for name in path:
        properties = schema.get("properties")
        found = properties.get(name) if isinstance(properties, Mapping) else None
        schema = found if isinstance(found, Mapping) else {}
    return schema


def _breadcrumb(path: Breadcrumb) -> Breadcrumb:
    return tuple(part for name in path for part in ("properties", name))


def _chosen(metadata: Mapping[str, Any]) -> bool | None:
    """Return what metadata, or a schema of the older kind, says of selection."""
    if metadata.get("inclusion") == "unsupported":
        return False
    return _first(_flag(metadata.get("selected")), _flag(metadata.get("selected-by-default")))


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return value.strip().lower() not in {"false", "no", "off", "0", ""}
    return None if value is None else bool(value)


def _first(*values: bool | None) -> bool | None:
    return next((value for value in values if value is not None), None)
