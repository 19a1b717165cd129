"""The sandbox: an embedded Tripletex that answers the read API from memory."""

from __future__ import annotations

import threading
import time
import uuid
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_tripletex.sandbox.answers import errors
from tap_tripletex.sandbox.answers.computed import computed_rows
from tap_tripletex.sandbox.answers.endpoints import ROW_CAPS, endpoint_of
from tap_tripletex.sandbox.answers.owner import Owner
from tap_tripletex.sandbox.answers.pages import Answers
from tap_tripletex.sandbox.answers.query import check
from tap_tripletex.sandbox.answers.routing import Route, Routes
from tap_tripletex.sandbox.answers.wire import Request, Response
from tap_tripletex.sandbox.server import control, session_api
from tap_tripletex.sandbox.server.compression import Compressor
from tap_tripletex.sandbox.server.faults import ON_THE_WAY_OUT, Fault, failure, spoil
from tap_tripletex.sandbox.server.rate_limit import RateLimit
from tap_tripletex.sandbox.server.sessions import (
    ACCOUNTANT_TOKEN,
    EMPLOYEE_TOKEN,
    REFRESH_TOKEN,
    Sessions,
)
from tap_tripletex.sandbox.tables.days import oslo_date
from tap_tripletex.sandbox.tables.model import HOST, load_model
from tap_tripletex.sandbox.world import build_company
from tap_tripletex.sandbox.world.identity import ACCOUNTANT_OFFICE

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from tap_tripletex.sandbox.answers.pages import Answer
    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.world.living_company import LivingCompany

JSON = "application/json;charset=UTF-8"
LOG_LENGTH = 100_000
USUAL_RATE_LIMIT = 100
MEGABYTE = 1024 * 1024
LOGIN_ACCESS = "/company/>withLoginAccess"
ACCOUNTANT_REFUSAL = (
    "Company owned users(employeeToken) can only access /company/>withLoginAccess "
    "and /token/session/>whoAmI"
)


class _Ban(NamedTuple):
    """A path that a company, or everyone, may not read."""

    prefix: str
    company: int | None


class Sandbox:
    """A deterministic Tripletex with one or more small Norwegian companies.

    Attributes:
        companies: The companies, in order; `company()` is the first.
        faults: What shall go wrong; append `Fault`s.
        requests: The log of requests, oldest first: method, path, params, company, status,
            rows, if_none_match, time. It never holds a token.
        row_caps: Paths that refuse larger results with 422/23000, and their limits.
        changed_since_works: Set it to False, and `changedSince` filters nothing.
        changed_since_inclusive: Set it to False, and what changed in that very second is left out.
        date_ahead: Seconds by which the header `Date` is ahead of the clock.
        rate_limit: Requests per ten seconds and token, second limits of paths, and the headers.
        latency_ms: Time that every answer takes.
        latency_per_1000_rows_ms: Time that rows take on top.
        cache_bytes: How much rendered pages may take, and how much compressed ones.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - settings with defaults
        self,
        seed: int = 1,
        today: date | None = None,
        companies: int = 1,
        vouchers_per_day: float = 0.5,
        rate_limit: int | None = USUAL_RATE_LIMIT,
        clock: Callable[[], float] = time.time,
        latency_ms: float = 0,
        latency_per_1000_rows_ms: float = 0,
        cache_mb: int = 128,
        fiscal_year_starts: Sequence[int] = (),
    ) -> None:
        """Generate the world.

        Args:
            seed: Another seed is another world.
            today: The morning at which the books are looked at; the day before it is the
                last one simulated. Default: today in Norway.
            companies: How many companies there are; their sizes differ.
            vouchers_per_day: New documents on a working day, on average, in the first
                company. 370 make about a million postings from 2024 to the end of 2026.
            rate_limit: Requests per ten seconds and token; None for no limit.
            clock: The time in seconds since 1970; sessions, rate limit and the time of
                changes follow it.
            latency_ms: Time that every answer takes, in milliseconds.
            latency_per_1000_rows_ms: Time that 1,000 rows take on top.
            cache_mb: Megabytes of rendered pages to keep, and as much of compressed ones: what
                is asked for again costs next to nothing.
            fiscal_year_starts: The months that the companies' fiscal years begin with, in the order
                of the companies; January for those that are not named.
        """
        self.model = load_model()
        self.seed = seed
        self.clock = clock
        self.today = today or oslo_date(clock())
        self.vouchers_per_day = vouchers_per_day
        self.rate_limit = RateLimit(rate_limit, clock)
        self.latency_ms = latency_ms
        self.latency_per_1000_rows_ms = latency_per_1000_rows_ms
        self.cache_bytes = cache_mb * MEGABYTE
        self.faults: list[Fault] = []
        self.requests: list[dict[str, Any]] = []
        self.log_queue: deque[dict[str, Any]] | None = None
        self.row_caps = dict(ROW_CAPS)
        self.changed_since_works = True
        self.changed_since_inclusive = True
        self.date_ahead = 0.0
        self.lock = threading.RLock()
        self._routes = Routes(self.model)
        self._bans: set[_Ban] = set()
        self._count = companies
        self.fiscal_year_starts = tuple(fiscal_year_starts)
        self.reset()

    def reset(self) -> None:
        """Generate the world again and forget faults, bans, sessions and the log."""
        with self.lock:
            self.faults.clear()
            self.requests.clear()
            self._bans.clear()
            self._answers = Answers(self)
            self._compress = Compressor(self.cache_bytes)
            self.companies: list[LivingCompany] = [
                build_company(self, index) for index in range(self._count)
            ]
            for company in self.companies:
                company.computed = computed_rows(company)
            first = self.companies[0]
            clients = tuple(company.id for company in self.companies)
            owner = Owner(2, first.id, first.api_user)
            office = Owner(3, ACCOUNTANT_OFFICE, first.api_user + 9, clients)
            self.sessions = Sessions(
                self.clock,
                {EMPLOYEE_TOKEN: owner, ACCOUNTANT_TOKEN: office},
                {REFRESH_TOKEN: owner},
            )

    def company(self) -> LivingCompany:
        """Return the first company: the one that `EMPLOYEE_TOKEN` opens."""
        return self.companies[0]

    def add_employee_token(
        self, company: int = 0, *, all_vouchers: bool = True, lacks: Iterable[str] = ()
    ) -> str:
        """Return a new employee token of a company, by index.

        Without `all_vouchers` half of the vouchers and their postings are silently left out,
        and `/ledger/postingByDate` refuses (official document: rows are filtered by rights).
        Without one of the entitlements in `OPENS_ALL` so is half of a list. `lacks` names them.
        """
        number = 100 + len(self.sessions.owners)
        found = self.companies[company]
        name = f"{EMPLOYEE_TOKEN}.{number}"
        rights = (all_vouchers, frozenset(lacks))
        owner = Owner(number, found.id, found.api_user, None, *rights)
        self.sessions.owners[name] = owner
        return name

    def add_accountant_token(self, companies: Iterable[int]) -> str:
        """Return a new employee token of an office whose clients are these companies, by index."""
        number = 100 + len(self.sessions.owners)
        clients = tuple(self.companies[index].id for index in companies)
        name = f"{ACCOUNTANT_TOKEN}.{number}"
        office = Owner(number, ACCOUNTANT_OFFICE, self.company().api_user + 9, clients)
        self.sessions.owners[name] = office
        return name

    def forbid(self, path_prefix: str, company: int | None = None) -> None:
        """Answer 403/9000 on paths with this prefix, in one company (its id) or in all."""
        self._bans.add(_Ban(path_prefix, company))
        self._tell_bans()

    def allow(self, path_prefix: str, company: int | None = None) -> None:
        """Take back a `forbid` with the same arguments."""
        self._bans.discard(_Ban(path_prefix, company))
        self._tell_bans()

    def _tell_bans(self) -> None:
        """Let companies know what is refused, so that their list of modules agrees."""
        for company in self.companies:
            prefixes = (ban.prefix for ban in self._bans if ban.company in {None, company.id})
            company.forbidden = frozenset(prefixes)
            company.version += 1

    def advance(self, today: date) -> None:
        """Live on until the morning of a later day, in all companies."""
        with self.lock:
            self.today = today
            for company in self.companies:
                if company.simulation:
                    company.simulation.run_until(today)
                    company.version += 1

    def handle(
        self,
        method: str,
        path_and_query: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """Answer one request. Never raises for anything that a client can send.

        The caller waits `delay` seconds and cuts the body at `cut_at`, where they are set.
        """
        request = Request.parse(method, path_and_query, dict(headers or {}), body)
        if request.path.startswith(control.PREFIX):
            with self.lock:
                return control.answer(request, self)
        request_id = str(uuid.uuid4())
        entry: dict[str, Any] = {
            "method": request.method,
            "path": session_api.safe_path(request.path),
            "params": {k: v for k, v in request.params.items() if "token" not in k.lower()},
            "company": None,
            "status": 0,
            "rows": 0,
            "if_none_match": "if-none-match" in request.headers,
            "time": self.clock(),
        }
        with self.lock:
            response, key = self._answer(request, request_id, entry)
            entry["status"] = response.status
            self._log(entry)
        response.headers.setdefault("Content-Type", JSON)
        response.headers["Date"] = formatdate(self.clock() + self.date_ahead, usegmt=True)
        response.headers["x-tlx-request-id"] = request_id
        response.headers["Cache-Control"] = "no-store"
        response.headers["Set-Cookie"] = "JSESSIONID=sandbox; Path=/; HttpOnly"
        self._compress(request, response, key)
        rows_ms = entry["rows"] / 1000 * self.latency_per_1000_rows_ms
        response.delay += (self.latency_ms + rows_ms) / 1000
        return response

    def _log(self, entry: dict[str, Any]) -> None:
        self.requests.append(entry)
        if len(self.requests) > LOG_LENGTH:
            del self.requests[: LOG_LENGTH // 2]
        if self.log_queue is not None:
            self.log_queue.append(entry)

    def _answer(
        self,
        request: Request,
        request_id: str,
        entry: dict[str, Any],
    ) -> tuple[Response, Any]:
        """Return an answer, and what its body is cached under."""
        firing = self._firing(request)
        delay = sum(fault.delay_ms for fault in firing if fault.kind == "slow") / 1000
        headers: dict[str, str] = {}
        if any(fault.kind == "expire_session" for fault in firing):
            self.sessions.expire_all()
        for fault in firing:
            if fault.kind not in ON_THE_WAY_OUT | {"slow", "expire_session"}:
                spec = self.model.paths.get(request.path)
                entity = (spec and spec.entity) or "Object"
                limit = self.rate_limit.limit or USUAL_RATE_LIMIT
                return failure(fault, entity, request_id, limit), None
        try:
            if session_api.handles(request.path):
                response = session_api.answer(request, self.sessions)
                response.delay = delay
                return response, None
            answer = self._authenticated(request, entry, headers)
        except errors.ApiError as error:
            content = msgspec.json.encode(error.body(request_id))
            return Response(error.status, headers, content, delay=delay), None
        entry["rows"] = answer.rows
        response = Response(answer.status, headers, answer.body, delay=delay)
        spoilers = [fault for fault in firing if fault.kind in ON_THE_WAY_OUT]
        for fault in spoilers:
            spoil(response, fault)
        return response, None if spoilers else answer.key

    def _authenticated(
        self,
        request: Request,
        entry: dict[str, Any],
        headers: dict[str, str],
    ) -> Answer:
        owner, user = self.sessions.owner_of(request.headers.get("authorization", ""))
        within = self.rate_limit.take(owner.token_id, request.path)
        headers.update(self.rate_limit.headers(owner.token_id, request.path))
        if not within:
            raise errors.too_many_requests()
        if request.method != "GET" or ">" in request.raw_path:
            # Seen in client notes: only the encoded %3E is understood.
            raise errors.method_not_allowed()
        company = self._company(owner, user)
        entry["company"] = company.id if company else 0
        if request.path == session_api.WHO_AM_I:
            return self._who_am_i(owner, company)
        if request.path == LOGIN_ACCESS:
            return self._clients(request, owner)
        if company is None:
            raise errors.forbidden(ACCOUNTANT_REFUSAL)
        for ban in self._bans:
            if request.path.startswith(ban.prefix) and ban.company in {None, company.id}:
                raise errors.forbidden()
        return self._read(request, company, owner)

    def _read(self, request: Request, company: Company, owner: Owner) -> Answer:
        route = self._routes.find(request.path)
        spec = self.model.paths[route.path]
        if spec.list:
            return self._answers.many(route, request, company, owner)
        if spec.entity is None:
            raise errors.not_found()
        entity = self.model.entity(spec.entity)
        params = {**check(route.path, spec, request.params), **route.ids}
        single = endpoint_of(route.path, params).single
        if single is not None:
            return self._answers.one(single(company, params, owner), entity, request, company)
        table = company.table(entity.name)
        if not route.ids:
            # Recorded on /ledger/voucher/openingBalance: 200 with a null where there is none.
            row = next(iter(table), None)
            return self._answers.one(row, entity, request, company)
        identity = next(reversed(route.ids.values()))
        row = table.rows.get(identity)
        if row is None and entity.name == "Voucher":
            row = company.inbox.rows.get(identity)
        if row is None:
            raise errors.not_found()
        return self._answers.one(row, entity, request, company)

    def _company(self, owner: Owner, user: str) -> Company | None:
        """Return the company that the user name selects; None for an accountant's office."""
        own = user in {"", "0", str(owner.company)}
        wanted = str(owner.company) if own else user
        allowed = {owner.company, *(owner.clients or ())}
        for company in self.companies:
            if str(company.id) == wanted and company.id in allowed:
                return company
        if own and owner.clients is not None:
            return None
        raise errors.unauthorized()

    def _who_am_i(self, owner: Owner, company: Company | None) -> Answer:
        identity = company.id if company else owner.company
        value = {
            "employeeId": owner.employee,
            "actualEmployeeId": owner.employee,
            "employee": {"id": owner.employee, "url": f"{HOST}/employee/{owner.employee}"},
            "companyId": identity,
            "company": {"id": identity, "url": f"{HOST}/company/{identity}"},
            "language": "no",
            "loggedInWithConnect": False,
            "employeeIsProxy": False,
        }
        return self._answers.plain({"value": value})

    def _clients(self, request: Request, owner: Owner) -> Answer:
        """Return the accountant's clients; for other users the list is empty (recorded)."""
        home = self.companies[0]
        table = home.table("Client")
        table.rows = {
            company.id: company.client_row()
            for company in self.companies
            if company.id in (owner.clients or ())
        }
        return self._answers.many(Route(LOGIN_ACCESS, {}), request, home, owner)

    def _firing(self, request: Request) -> list[Fault]:
        company = None
        if any(fault.company is not None for fault in self.faults):
            company = self._company_asked(request)
        return [fault for fault in self.faults if fault.fires(request, company)]

    def _company_asked(self, request: Request) -> int | None:
        try:
            found = self._company(
                *self.sessions.owner_of(request.headers.get("authorization", "")),
            )
        except errors.ApiError:
            return None
        return found.id if found else None
