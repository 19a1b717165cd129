"""Write the pages about streams and columns from the code.

    python scripts/generate_docs.py [--check]

writes ``docs/streams.md`` and a page for each area; with ``--check`` it writes nothing and the
exit code is 1 when a page is not current.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagrams import diagram
from sync_notes import sync_note

from tap_tripletex.rows.groups import GROUPS
from tap_tripletex.rows.shapes import columns_of
from tap_tripletex.streams import AREAS, STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from tap_tripletex.stream import TripletexStream

DOCS = Path(__file__).parent.parent / "docs"

STRATEGIES = {
    "AsOf": "month ends and today, each row once",
    "Batch": "batch: many parents in a request",
    "ChangedSince": "list, of a long one what has changed",
    "Child": "child: one request for each parent",
    "Ever": "all days at once",
    "ForEach": "child: one request for each parent",
    "Keyless": "list",
    "List": "list",
    "Named": "one request a month or week",
    "Nested": "lines inside the objects of its path",
    "Period": "a total for each month",
    "Single": "one object",
    "Snapshot": "month ends and today",
    "Window": "calendar months",
    "Years": "calendar years",
}

TIMES = {"created_at", "updated_at"}


def main() -> int:
    """Write or compare the pages and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    stale = [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        print(f"{'not current' if check else 'written'}: {path.relative_to(DOCS.parent)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
    return 1 if check and stale else 0


def pages() -> dict[Path, str]:
    """Return the text of every page."""
    found = {DOCS / "streams.md": "\n".join(index()) + "\n"}
    for area in AREAS:
        found[DOCS / "areas" / f"{area_name(area)}.md"] = "\n".join(area_page(area)) + "\n"
    return found


def index() -> Iterator[str]:
    """Yield the lines of the table of all streams."""
    usual = sum(stream.include is None for stream in STREAMS)
    yield "# Streams"
    yield ""
    yield f"{len(STREAMS)} streams, {usual} of them without further ado. Where *include* names a"
    yield "group, the stream is there only if the setting of that name"
    yield "[has it too](../README.md#private-and-costly). Every key begins with `company_id`."
    yield "*Needs* names the module of the company, or the entitlement (`AUTH_…`) of the token's"
    yield "user, without which Tripletex refuses the list, where that is known."
    for area in AREAS:
        yield from ("", f"## [{area_name(area).capitalize()}](areas/{area_name(area)}.md)", "")
        yield "| stream | what it is | key | read by | replication key | path | needs | include |"
        yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
        for stream in streams_of(area):
            yield row(
                f"[`{stream.name}`](areas/{area_name(area)}.md#{stream.name})",
                summary(stream),
                ", ".join(f"`{name}`" for name in stream.key),
                STRATEGIES[type(stream.strategy).__name__],
                f"`{stream.strategy.replication_key}`",
                f"`{stream.path}`",
                f"`{stream.needs}`" if stream.needs else "",
                f"`{stream.include}`" if stream.include else "",
            )


def area_page(area: ModuleType) -> Iterator[str]:
    """Yield the lines of an area's page."""
    yield f"# {area_name(area).capitalize()}"
    yield ""
    yield str(area.__doc__).splitlines()[0]
    yield ""
    yield "Every row also has `company_id` (integer) and `synced_at` (when it was read, UTC)."
    yield "*Source* is the place in the API's object; *include* is the group that the setting of"
    yield "that name must have for the column to be there."
    yield ""
    yield "What refers to what. Beside a reference to a table of another area stands its name:"
    yield ""
    yield from diagram(streams_of(area))
    for stream in streams_of(area):
        group = f" Only with `include: {stream.include}`." if stream.include else ""
        yield from ("", f"## {stream.name}", "", f"{summary(stream)}{group}", "")
        yield from (sync_note(stream), "")
        yield "| column | type | source | include |"
        yield "| --- | --- | --- | --- |"
        for name, column in columns_of(stream.entity).items():
            group = None if name in stream.strategy.columns else column.get("include")
            cells = (f"`{name}`", kind(column), f"`{column['source']}`")
            yield row(*cells, f"`{group}`" if group else "")
        for name, column in stream.strategy.columns.items():
            if name not in columns_of(stream.entity):
                yield row(f"`{name}`", kind(column), "what was asked", "")


def private_and_costly() -> Iterator[str]:
    """Yield the lines of the table of what the setting ``include`` may name, for the README."""
    yield "| `include` | what it is | whole tables | columns |"
    yield "| --- | --- | --- | --- |"
    for group, words in GROUPS.items():
        whole = sorted(f"`{stream.name}`" for stream in STREAMS if stream.include == group)
        usual = [stream for stream in STREAMS if stream.include is None]
        columns = [
            f"`{stream.name}`: {', '.join(found)}"
            for stream in sorted(usual, key=lambda stream: stream.name)
            if (found := [f"`{name}`" for name in columns_of_group(stream, group)])
        ]
        yield row(f"`{group}`", words, ", ".join(whole), "; ".join(columns))


def columns_of_group(stream: type[TripletexStream], group: str) -> list[str]:
    """Return the columns of a stream that are in a group, without the usual times."""
    columns = columns_of(stream.entity).items()
    return [name for name, c in columns if c.get("include") == group and name not in TIMES]


def kind(column: dict[str, Any]) -> str:
    """Return a column's type in words."""
    if column["type"] == "array":
        return f"array of {kind({'source': '', **column['items']})}"
    if column.get("json"):
        return "JSON as text"
    return str(column.get("format", column["type"]))


def row(*cells: str) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(cells)} |"


def streams_of(area: ModuleType) -> list[type[TripletexStream]]:
    """Return the streams declared in an area."""
    return [stream for stream in STREAMS if stream.__module__ == area.__name__]


def area_name(area: ModuleType) -> str:
    """Return the name of an area."""
    return area.__name__.rsplit(".", 1)[-1]


def summary(stream: type[TripletexStream]) -> str:
    """Return what a stream is, in a sentence."""
    return str(stream.__doc__).splitlines()[0].replace("``", "`")


if __name__ == "__main__":
    sys.exit(main())
