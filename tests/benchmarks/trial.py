"""The same company, read by this tap and by others, while its books change: who has the truth?

python -m tests.benchmarks.trial [--readme]

Postings, vouchers, customers and departments; a first load, then three rounds of changes with a run
after each. Prints the table that the README and docs/comparison.md show, and with ``--readme``
writes it there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN, Sandbox, serve
from tests.benchmarks.contenders import HERE, MissingError, installed, write
from tests.benchmarks.measuring import ROOT, SESSION
from tests.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_tripletex.sandbox.world.living_company import LivingCompany

Rows = dict[int, tuple[str, ...]]
"""What is compared of each row, by its id."""

LISTS = ("postings", "vouchers", "customers", "departments")
BEGIN, END = "<!-- trial -->\n", "<!-- /trial -->\n"


class Reader(Protocol):
    """A program that keeps a copy of the books."""

    name: str

    def run(self) -> None:
        """Read once."""

    def rows(self) -> dict[str, Rows]:
        """Return the rows that its tables say exist."""


@dataclass
class Outcome:
    """What a reader had after the last round, and what it took.

    Attributes:
        missing: rows of the company that it has not.
        stale: rows that it has otherwise.
        ghosts: rows that it has and the company has no more.
        first: requests of the first load.
        later: requests of the three runs after it.
        seconds: of those three runs.
    """

    name: str
    missing: int = 0
    stale: int = 0
    ghosts: int = 0
    first: int = 0
    later: int = 0
    seconds: float = 0.0


@dataclass
class Place:
    """Where a reader works: its sandbox and a folder of its own."""

    url: str
    sandbox: Sandbox
    folder: Path
    session: str = field(init=False)

    def __post_init__(self) -> None:
        """Begin a session, for programs that cannot log in themselves."""
        expires = self.sandbox.today + timedelta(days=2)
        tokens = (CONSUMER_TOKEN, EMPLOYEE_TOKEN)
        self.session = self.sandbox.sessions.create(*tokens, expires)[0]


class ThisTap:
    """This tap with its own settings, and the views that it brings."""

    name = "**this tap**"

    def __init__(self, place: Place) -> None:
        self._place = place
        self._warehouse = Warehouse(place.sandbox, LISTS)
        self._catalog = write(place.folder / "catalog.json", self._warehouse._catalog())
        self._config = write(
            place.folder / "config.json",
            {
                "api_url": place.url,
                "consumer_token": CONSUMER_TOKEN,
                "employee_token": EMPLOYEE_TOKEN,
            },
        )

    def run(self) -> None:
        command = [sys.executable, "-m", "tap_tripletex", "--config", self._config]
        command += ["--catalog", self._catalog]
        if self._warehouse.state:
            command += ["--state", write(self._place.folder / "state.json", self._warehouse.state)]
        self._warehouse.load(output(command))

    def rows(self) -> dict[str, Rows]:
        columns = {
            "postings": "CAST(date AS VARCHAR), description, CAST(amount * 100 AS BIGINT)",
            "vouchers": "CAST(date AS VARCHAR), description",
            "customers": "name",
            "departments": "name",
        }
        return {
            name: {
                row[0]: tuple(map(str, row[1:]))
                for row in self._warehouse.rows(f"SELECT id, {columns[name]} FROM {name}_current")
            }
            for name in LISTS
        }


class OrdinaryTap:
    """A tap as the SDK's template gives it, into a loader that upserts."""

    def __init__(self, place: Place, *, incremental: bool) -> None:
        how = "from the newest date on" if incremental else "everything each run"
        self.name = f"ordinary SDK tap, {how}"
        self._place = place
        self._state: dict[str, Any] = {}
        self._tables: dict[str, Rows] = {name: {} for name in LISTS}
        settings = {"api_url": place.url, "session": place.session, "incremental": incremental}
        self._config = write(place.folder / "config.json", settings)

    def run(self) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.ordinary_books"]
        command += ["--config", self._config]
        if self._state:
            command += ["--state", write(self._place.folder / "state.json", self._state)]
        for line in output(command).splitlines():
            message = json.loads(line, parse_float=Decimal)
            if message["type"] == "RECORD":
                row = message["record"]
                self._tables[message["stream"]][row["id"]] = compared(message["stream"], row)
            elif message["type"] == "STATE":
                self._state = message["value"]

    def rows(self) -> dict[str, Rows]:
        return self._tables


class Dlt:
    """A dlt script as its tutorial has it."""

    def __init__(self, place: Place, *, mode: str) -> None:
        how = {"incremental": "from the newest date on", "replace": "everything each run"}[mode]
        self.name = f"dlt rest_api, {how}"
        python = installed("dlt-duckdb") / "python"
        self._command = [python, HERE / "dlt_books.py", place.url, place.session]
        self._command += [place.folder, mode]
        self._found: dict[str, list[list[str]]] = {}

    def run(self) -> None:
        quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
        self._found = json.loads(output(self._command, **quiet).splitlines()[-1])

    def rows(self) -> dict[str, Rows]:
        found: dict[str, Rows] = {}
        for name, rows in self._found.items():
            found[name] = {int(row[0]): tuple(row[1:]) for row in rows}
        found["postings"] = {
            id_: (day, text, str(round(Decimal(amount) * 100)))
            for id_, (day, text, amount) in found["postings"].items()
        }
        return found


def compared(name: str, row: dict[str, Any]) -> tuple[str, ...]:
    """Return what is compared of a row of the API; amounts in øre."""
    if name == "postings":
        return row["date"], str(row["description"]), str(round(Decimal(row["amount"]) * 100))
    if name == "vouchers":
        return row["date"], str(row["description"])
    return (str(row["name"]),)


def truth(company: LivingCompany) -> dict[str, Rows]:
    """Return what the company has."""
    return {
        "postings": {
            row["id"]: (row["date"], str(row["description"]), str(row["amount"]))
            for row in company.rows("Posting")
        },
        "vouchers": {row["id"]: compared("vouchers", row) for row in company.rows("Voucher")},
        "customers": {row["id"]: (str(row["name"]),) for row in company.rows("Customer")},
        "departments": {row["id"]: (str(row["name"]),) for row in company.rows("Department")},
    }


class Bookkeeper:
    """Changes the books, three times, as in a week of an ordinary month."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._today = sandbox.today
        self._company: LivingCompany = sandbox.company()

    def rounds(self) -> Iterator[Callable[[], None]]:
        """Yield the three rounds of changes."""
        yield from (self.correct, self.delete, self.look_ahead)

    def correct(self) -> None:
        """Correct old texts, enter what was forgotten, rename customers."""
        for id_ in self._old("Posting", 400, 5):
            self._company.edit_posting(id_, description="Rettet tekst")
        for days in (200, 300, 400):
            self._post(-days, "Glemt husleie")
        for row in self._company.rows("Customer")[:3]:
            self._company.edit("Customer", row["id"], name=f"{row['name']} (nytt navn)")

    def delete(self) -> None:
        """Delete vouchers and a customer, and move vouchers to another month."""
        for id_ in self._old("Voucher", 60, 4):
            self._company.delete_voucher(id_)
        for id_ in self._old("Voucher", 120, 3):
            self._company.move_voucher(id_, self._day(-20))
        self._company.delete("Customer", self._company.rows("Customer")[-1]["id"])
        self._post(0, "Husleie")

    def look_ahead(self) -> None:
        """Enter what is due next month and what is two years old, change amounts, switch off."""
        self._post(40, "Forfaller neste måned")
        for id_ in self._old("Posting", 250, 2):
            amount = self._company.get("Posting", id_)["amount"]
            self._company.edit_posting(id_, amount=amount + 100)
        self._company.edit("Customer", self._company.rows("Customer")[5]["id"], isInactive=True)
        department = self._company.rows("Department")[0]
        self._company.edit("Department", department["id"], name="Ny avdeling")
        self._post(-700, "Etterslep")

    def _day(self, days: int) -> str:
        return (self._today + timedelta(days=days)).isoformat()

    def _post(self, days: int, text: str) -> None:
        self._company.post_voucher(self._day(days), [(6300, 50_000), (1920, -50_000)], text)

    def _old(self, entity: str, days: int, count: int) -> list[int]:
        """Return the ids of the last rows that are older than so many days."""
        rows = [row for row in self._company.rows(entity) if row["date"] < self._day(-days)]
        return [row["id"] for row in rows[-count:]]


MAKERS: tuple[Callable[[Place], Reader], ...] = (
    ThisTap,
    lambda place: OrdinaryTap(place, incremental=True),
    lambda place: OrdinaryTap(place, incremental=False),
    lambda place: Dlt(place, mode="incremental"),
    lambda place: Dlt(place, mode="replace"),
)


def tried(make: Callable[[Place], Reader]) -> Outcome:
    """Let one reader follow a company, and compare.

    Raises:
        MissingError: it cannot be installed.
    """
    sandbox = Sandbox(rate_limit=None)
    with serve(sandbox) as server, tempfile.TemporaryDirectory() as folder:
        reader = make(Place(server.url, sandbox, Path(folder)))
        outcome = Outcome(reader.name)
        reader.run()
        outcome.first = asked(sandbox)
        for change in Bookkeeper(sandbox).rounds():
            change()
            began = time.monotonic()
            reader.run()
            outcome.seconds += time.monotonic() - began
        outcome.later = asked(sandbox) - outcome.first
        found, expected = reader.rows(), truth(sandbox.company())
    for name in LISTS:
        outcome.missing += len(expected[name].keys() - found[name].keys())
        outcome.ghosts += len(found[name].keys() - expected[name].keys())
        both = expected[name].keys() & found[name].keys()
        outcome.stale += sum(expected[name][id_] != found[name][id_] for id_ in both)
    return outcome


def asked(sandbox: Sandbox) -> int:
    """Return how many requests there were so far, without those for sessions."""
    return sum(not SESSION.match(entry["path"]) for entry in sandbox.requests)


def output(command: list[Any], **environment: str) -> str:
    """Run a program to its end and return what it printed.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"{command[1:3]} ended with {done.returncode}:\n{done.stderr[-3000:]}"
        raise RuntimeError(message)
    return done.stdout


def table(outcomes: list[Outcome]) -> str:
    """Return the outcomes as a table."""
    head = (
        "",
        "rows missing",
        "rows stale",
        "rows that are gone",
        "requests, first load",
        "requests, three runs",
        "seconds, three runs",
    )
    lines = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    lines += [
        f"| {o.name} | {o.missing} | {o.stale} | {o.ghosts} | {o.first} | {o.later} "
        f"| {o.seconds:.0f} |"
        for o in outcomes
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Try everyone and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readme", action="store_true", help="write it into the pages")
    readme = parser.parse_args().readme
    outcomes = []
    for make in MAKERS:
        try:
            outcomes.append(tried(make))
        except MissingError as error:
            print(error, file=sys.stderr)
    text = table(outcomes)
    print(text, end="")
    if readme:
        for page in (ROOT / "README.md", ROOT / "docs" / "comparison.md"):
            before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
            after = rest.partition(END)[2]
            page.write_text(f"{before}{BEGIN}{text}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
