"""What the documentation of Tripletex leaves open, as questions to one company."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tap_tripletex.api.auth import OWN_COMPANY, RefreshGrant
from tap_tripletex.api.client import ANY_DIGEST
from tap_tripletex.api.companies import client_companies
from tap_tripletex.api.errors import AuthenticationError, RefusedError, TripletexError
from tap_tripletex.reading.list_summary import moment
from tap_tripletex.rows.groups import included
from tap_tripletex.rows.shapes import columns_of, shape, to_utc, utc_text
from tap_tripletex.streams import BY_NAME

if TYPE_CHECKING:
    from tap_tripletex.api.pages import Page
    from tap_tripletex.connection import Connection
    from tap_tripletex.reading.guarding import Guarding
    from tap_tripletex.reading.slices import Parents
    from tap_tripletex.stream import TripletexStream

Json = dict[str, Any]

WHOLE = ("1900-01-01", "2100-01-01")

MANY = 1000

CHANGED_SINCE: dict[str, Json] = {
    "/customer": {},
    "/supplier": {},
    "/ledger/voucher/>nonPosted": {"includeNonApproved": "true"},
}
"""Paths that take the parameter, and what else they are to be asked with."""


@dataclass(frozen=True)
class Finding:
    """An answered question.

    Attributes:
        question: what was asked.
        subject: path or stream that it was asked of.
        assumed: what the tap takes for granted.
        found: what the API did.
        consequence: what the tap does about it.
    """

    question: str
    subject: str
    assumed: str
    found: str
    consequence: str


Question = Callable[["Probe"], Iterator[Finding]]


class Probe:
    """Asks one company."""

    def __init__(self, connection: Connection) -> None:
        """Ask the first of the companies that a run would read."""
        self.connection = connection
        self.company = connection.companies[0]

    def get(self, path: str, **params: str) -> Page:
        """Read a page of one row unless a count is given."""
        return self.changed(path, None, **params)

    def changed(self, path: str, digest: str | None, **params: str) -> Page:
        """Read a page unless its list still has a digest."""
        asked = {"from": "0", "count": "1", **params}
        return self.connection.client.get(self.company, path, asked, digest=digest)

    def outcome(self, path: str, **params: str) -> str:
        """Return how a request was answered: 200, or status and code."""
        try:
            page = self.get(path, **params)
        except RefusedError as error:
            return f"refused, code {error.code}"
        except TripletexError as error:
            return type(error).__name__
        return f"answered, {amount(len(page.values))}"


def amount(count: int) -> str:
    """Return a number of rows as a class that tells nothing about the company."""
    if count <= 1:
        return "no row" if count == 0 else "one row"
    return "many rows" if count >= MANY else "some rows"


def how_sessions_are_made(probe: Probe) -> Iterator[Finding]:
    """Tell whether a JSON body was understood."""
    made = probe.connection.session.made_by or "no session"
    consequence = "nothing" if made == "POST" else "sessions are made with the older PUT"
    yield Finding("how sessions are made", "token/session", "POST with JSON", made, consequence)


def rate_limit_headers(probe: Probe) -> Iterator[Finding]:
    """Tell the form of the headers."""
    auth = (probe.company.user, probe.connection.session.token())
    headers = probe.connection.transport.send(
        "GET", "/token/session/>whoAmI", auth=auth, read=lambda response: response.headers
    )
    limit = headers.get("X-Rate-Limit-Limit", "none")
    form = "doubled" if "," in limit else "single"
    reset = "with" if "X-Rate-Limit-Reset" in headers else "without"
    consequence = "waits for the end of a window" if limit != "none" else "sends as fast as it can"
    yield Finding(
        "rate limit", "headers", "100, single", f"{limit}, {form}, {reset} reset", consequence
    )


def whole_ranges(probe: Probe) -> Iterator[Finding]:
    """Tell which paths refuse large results."""
    window = dict(zip(("dateFrom", "dateTo"), WHOLE, strict=True))
    for path in ("/ledger/posting", "/ledger/voucher", "/ledger/postingByDate", "/balanceSheet"):
        fields = {} if path == "/ledger/postingByDate" else {"fields": "account(id)"}
        fields = {"fields": "id"} if path.endswith(("posting", "voucher")) else fields
        found = probe.outcome(path, **window, **fields)
        consequence = "cuts windows in halves" if "23000" in found else "nothing"
        yield Finding("all days in one request", path, "answered", found, consequence)


def company_keys(probe: Probe) -> Iterator[Finding]:
    """Tell whether sessions are made out of a company's own key.

    A key that does not exist is answered otherwise than a path that does not exist.
    """
    made = probe.connection.session.grant
    grant = RefreshGrant("tlxr_of-no-company")

    def answer(path: str) -> tuple[str, object]:
        body = grant.body(datetime.now(timezone.utc))
        try:
            probe.connection.transport.send("POST", path, body=body, read=bool)
        except (AuthenticationError, RefusedError) as error:
            return type(error).__name__, getattr(error, "code", None)
        return "answered", None

    if isinstance(made, RefreshGrant):
        found = "made this session"
    else:
        there = answer(grant.path) != answer("/token/session/:createFromNothing")
        found = "there" if there else "not there"
    consequence = "refresh_token cannot be used" if found == "not there" else "takes refresh_token"
    yield Finding("a company's own key", grant.path.rpartition("/")[2], "there", found, consequence)


def changed_since(probe: Probe) -> Iterator[Finding]:
    """Tell whether the parameter filters."""
    for path, params in CHANGED_SINCE.items():

        def count(since: str = "", path: str = path, params: Json = params) -> int:
            asked = {**params, **({"changedSince": since} if since else {})}
            return len(probe.get(path, count=f"{MANY}", fields="id", **asked).values)

        try:
            plain = count()
            past = count("1990-01-01T00:00:00Z")
            future = count("2099-01-01T00:00:00Z")
        except RefusedError as error:
            found = f"refused, code {error.code}"
        else:
            filters = future == 0 and past == plain
            found = "cannot be told" if plain == 0 else "filters" if filters else "is ignored"
        used = "long lists: changes alone, after its own test"
        consequence = used if found == "filters" else "reads changed lists whole"
        yield Finding("changedSince", path, "unreliable", found, consequence)


def second_of_changed_since(probe: Probe) -> Iterator[Finding]:
    """Tell whether what changed in the very second that is asked for is part of the answer."""
    for path, params in CHANGED_SINCE.items():
        try:
            found = _second(probe, path, params)
        except RefusedError as error:
            found = f"refused, code {error.code}"
        yield Finding("changedSince that second", path, "either", found, "asks for 6 hours more")


def _second(probe: Probe, path: str, params: Json) -> str:
    """Ask for the time of the first row, which comes first among all that changed since, too."""
    rows = probe.get(path, fields="id,changes", **params).values
    if not rows or not rows[0].get("changes"):
        return "cannot be told"
    changed = moment(to_utc(rows[0]["changes"][-1]["timestamp"]) or "")

    def shown(time: datetime) -> bool:
        since = {"changedSince": utc_text(time)}
        found = probe.get(path, fields="id", **params, **since).values
        return rows[0]["id"] in {row["id"] for row in found}

    if shown(changed + timedelta(seconds=1)):
        return "is ignored"
    return "part of the answer" if shown(changed) else "not part of the answer"


def change_logs(probe: Probe) -> Iterator[Finding]:
    """Tell whether objects say when they were changed."""
    window = dict(zip(("dateFrom", "dateTo"), WHOLE, strict=True))
    invoices = dict(zip(("invoiceDateFrom", "invoiceDateTo"), WHOLE, strict=True))
    asked = {
        "/ledger/posting": window,
        "/ledger/voucher": window,
        "/invoice": invoices,
        "/customer": {},
    }
    for path, params in asked.items():
        try:
            rows = probe.get(path, fields="id,changes", **params).values
        except RefusedError as error:
            found = f"refused, code {error.code}"
        else:
            filled = bool(rows and rows[0].get("changes"))
            found = "no row" if not rows else "filled" if filled else "empty"
        consequence = "nothing" if found == "filled" else "created_at and updated_at stay empty"
        yield Finding("changes", path, "filled", found, consequence)


class NoOthers:
    """Knows of no parents: what is asked by them is not asked here."""

    def ids(self, parents: Parents) -> Sequence[int]:  # noqa: ARG002
        """Return none."""
        return ()

    def has_rows(self, rows: Guarding, before: date) -> bool:  # noqa: ARG002
        """Return that it cannot be told."""
        return True

    def last_day(self, rows: Guarding, first: date, after: date) -> None:  # noqa: ARG002
        """Return that there is no row."""
        return


def checksums_and_order(probe: Probe) -> Iterator[Finding]:
    """Tell for each list whether it sorts and has a checksum that holds."""
    seen = set()
    for stream in BY_NAME.values():
        parts = stream.strategy.slices(probe.connection.calendar(probe.company), NoOthers())
        ask = next((part.asks[0] for part in parts if part.asks), None)
        if ask is None or "{" in stream.path or stream.path in seen or stream.key[:1] != ("id",):
            continue
        if not stream.strategy.pages:
            continue  # one object and no list
        seen.add(stream.path)
        params = {**stream.parameters, **ask.params}
        try:
            yield from _list(probe, stream, params)
        except TripletexError as error:
            code = getattr(error, "code", None) or type(error).__name__
            yield Finding(
                "list", stream.path, "readable", f"refused, code {code}", "skips the stream"
            )


def _list(probe: Probe, stream: type[TripletexStream], params: dict[str, str]) -> Iterator[Finding]:
    sorting = {"sorting": stream.sorting} if stream.sorting else {}
    page = probe.changed(stream.path, ANY_DIGEST, **params, **sorting, fields="id", count="100")
    ids = [row["id"] for row in page.values]
    found = "ascending" if ids == sorted(ids) else "not in order"
    consequence = "nothing" if ids == sorted(ids) else "relies on each key being taken once"
    yield Finding("sorting=id", stream.path, "ascending", found, consequence)
    if page.facts.digest is None:
        yield Finding("checksum", stream.path, "any", "none", "compares the rows")
        return
    again = probe.changed(stream.path, page.facts.digest, **params, fields="id")
    fields = shape(included(columns_of(stream.entity), ()))
    whole = probe.changed(stream.path, ANY_DIGEST, **params, fields=stream.strategy.fields(fields))
    holds = "holds" if again.unchanged else "does not hold"
    same = "the same" if whole.facts.digest == page.facts.digest else "another"
    consequence = "nothing" if again.unchanged else "reads the list in every run"
    found = f"{holds}; with all fields {same}"
    yield Finding("checksum", stream.path, "holds, whatever the fields", found, consequence)


def office_without_client(probe: Probe) -> Iterator[Finding]:
    """Tell how an accounting office's own company is answered."""
    if not client_companies(probe.connection.client, probe.connection.own):
        return
    try:
        probe.connection.client.get(probe.connection.own, "/department", {"count": "1"})
    except RefusedError as error:
        found = f"refused, code {error.code}"
    else:
        found = "answered"
    yield Finding("office's own company", OWN_COMPANY, "refused, code 9000", found, "nothing")


def payslips(probe: Probe) -> Iterator[Finding]:
    """Tell whether the list of payslips has rows."""
    found = probe.outcome("/salary/payslip", fields="id")
    yield Finding("payslips", "/salary/payslip", "answered", found, "nothing")


def long_requests(probe: Probe) -> Iterator[Finding]:
    """Tell how deep fields may be nested and how long an address may be."""
    invoices = dict(zip(("invoiceDateFrom", "invoiceDateTo"), WHOLE, strict=True))
    for depth, fields in (
        (2, "id,orderLines(id,product(id))"),
        (3, "id,orderLines(id,product(id,productUnit(id)))"),
    ):
        found = probe.outcome("/invoice", fields=fields, **invoices)
        yield Finding(f"fields nested {depth} deep", "/invoice", "answered", found, "nests 2 deep")
    for length in (2000, 4000, 6000, 8000):
        ids = ",".join(["1000000000"] * (length // 11))
        found = probe.outcome("/ledger/account", fields="id", id=ids)
        yield Finding(f"address of {length}", "/ledger/account", "answered", found, "up to 6000")


def hidden_rows(probe: Probe) -> Iterator[Finding]:
    """Tell whether a plain list leaves out what is inactive."""
    for path in ("/customer", "/supplier"):
        try:
            plain, active, inactive = (
                len(probe.get(path, count=f"{MANY}", fields="id", **params).values)
                for params in ({}, {"isInactive": "false"}, {"isInactive": "true"})
            )
        except RefusedError as error:
            found = f"refused, code {error.code}"
        else:
            found = "all" if plain == active + inactive else "a part"
        yield Finding("plain list", path, "a part", found, "asks for every value")


def last_day_of_a_balance(probe: Probe) -> Iterator[Finding]:
    """Tell whether the last day of a balance lies in it."""
    window = {"dateFrom": "2026-01-01", "dateTo": "2026-02-01"}
    asked = {"includeActiveAccountsWithoutMovements": "true", "fields": "endDate"}
    try:
        rows = probe.get("/balanceSheet", **window, **asked).values
    except RefusedError as error:
        found = f"refused, code {error.code}"
    else:
        ends = {"2026-01-31": "inclusive", "2026-02-01": "exclusive"}
        found = ends.get(rows[0].get("endDate") or "", "another day") if rows else "no row"
    yield Finding("endDate", "/balanceSheet", "inclusive", found, "takes it as it is sent")


QUESTIONS: tuple[Question, ...] = (
    how_sessions_are_made,
    company_keys,
    rate_limit_headers,
    whole_ranges,
    changed_since,
    second_of_changed_since,
    change_logs,
    office_without_client,
    payslips,
    long_requests,
    hidden_rows,
    last_day_of_a_balance,
    checksums_and_order,
)


def findings(probe: Probe) -> Iterator[Finding]:
    """Ask every question."""
    for question in QUESTIONS:
        yield from _answers(probe, question)


def _answers(probe: Probe, question: Question) -> Iterator[Finding]:
    """Ask a question; one that fails is told as such and stops no other."""
    try:
        yield from question(probe)
    except Exception as error:  # noqa: BLE001 - whatever came instead of an answer
        name = question.__name__.replace("_", " ")
        yield Finding(name, "", "", type(error).__name__, "not known")
