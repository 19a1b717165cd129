"""Count what the tap asks of the sandbox, and write it into docs/requests.md.

    python scripts/measure_requests.py

A first load of everything that is on by default, then a run in which nothing has changed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN, Sandbox, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent.parent / "docs" / "requests.md"
BEGIN, END = "<!-- requests -->\n", "<!-- /requests -->\n"
SHOWN = 12
"""Lists that are shown by themselves."""


def main() -> None:
    """Measure, and write the table."""
    sandbox = Sandbox(rate_limit=None)
    with serve(sandbox) as server, tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        settings = {
            "api_url": server.url,
            "consumer_token": CONSUMER_TOKEN,
            "employee_token": EMPLOYEE_TOKEN,
        }
        (place / "config.json").write_text(json.dumps(settings))
        first = measured(sandbox, place)
        again = measured(sandbox, place, f"--state={place / 'state.json'}")
    text = "\n".join(table(first, again)) + "\n"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{text}{END}{after}", encoding="utf-8")
    print(text, end="")


def measured(sandbox: Sandbox, folder: Path, *options: str) -> Counter[str]:
    """Run the tap once, keep its state, and return how often it asked for each list."""
    before = len(sandbox.requests)
    command = [sys.executable, "-m", "tap_tripletex", f"--config={folder / 'config.json'}"]
    done = subprocess.run(  # noqa: S603 - the tap itself
        [*command, *options], capture_output=True, text=True, check=True
    )
    states = [line for line in done.stdout.splitlines() if line.startswith('{"type":"STATE"')]
    (folder / "state.json").write_text(json.dumps(json.loads(states[-1])["value"]))
    return Counter(listed(entry["path"]) for entry in list(sandbox.requests)[before:])


def listed(path: str) -> str:
    """Return the list that a path belongs to: numbers in it are those of objects."""
    return re.sub(r"/\d[\d,]*", "/{id}", path)


def table(first: Counter[str], again: Counter[str]) -> Iterator[str]:
    """Yield the lines of the table, the lists that are asked for most first."""
    yield "| list | first load | nothing changed |"
    yield "| --- | --- | --- |"
    for path, count in first.most_common(SHOWN):
        yield f"| `{path}` | {count} | {again[path]} |"
    others = first.keys() - dict(first.most_common(SHOWN)).keys()
    rest = sum(first[path] for path in others)
    yield f"| {len(others)} others | {rest} | {sum(again[path] for path in others)} |"
    yield f"| **all** | **{first.total()}** | **{again.total()}** |"


if __name__ == "__main__":
    main()
