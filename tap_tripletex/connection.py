"""What a run holds open: the session, the pool, and the companies that it reads."""

from __future__ import annotations

import logging
from collections import deque
from contextlib import suppress
from datetime import date, datetime
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tap_tripletex.api.auth import OSLO, TokenSession
from tap_tripletex.api.client import Client
from tap_tripletex.api.clock import Clock
from tap_tripletex.api.companies import chosen_companies, own_company
from tap_tripletex.api.digests import Probes
from tap_tripletex.api.errors import (
    CompanyDownError,
    FinalError,
    RefusedError,
    SettingsError,
    UnavailableError,
)
from tap_tripletex.api.log_records import install
from tap_tripletex.api.once import Once
from tap_tripletex.api.paging import whole_list
from tap_tripletex.api.rate_limit import RateLimiter
from tap_tripletex.api.redaction import hide
from tap_tripletex.api.transport import Transport
from tap_tripletex.proof.access import Access
from tap_tripletex.proof.completeness import Completeness
from tap_tripletex.reading.company_facts import CompanyFacts
from tap_tripletex.reading.parents import ParentIds
from tap_tripletex.reading.pool import Pool
from tap_tripletex.reading.slices import BEGINNING, Calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from requests.adapters import BaseAdapter

    from tap_tripletex.api.auth import Company, Identity
    from tap_tripletex.api.errors import UnknownCompanyError
    from tap_tripletex.settings import Settings

logger = logging.getLogger(__name__)

SANDBOX_ADDRESS = "https://sandbox.invalid/v2"

FISCAL_YEARS = ("/ledger/annualAccount", "start")
"""The list that tells which days there are to read, and the field that does."""

BEGUN = "begun"
"""Name of the first day of the first fiscal year, where it is remembered."""

YEARS_WITHOUT_ACCOUNTS = 10
"""Read by month where the fiscal years cannot be asked for; what lies before comes as one slice."""


COMPANIES_AHEAD = 6
"""So many companies are asked before their turn what all their streams need to know."""


class Span(msgspec.Struct):
    """A fiscal year."""

    start: date | None = None


class Connection:
    """One login and all that follows from it; nothing is sent before it is needed."""

    def __init__(self, settings: Settings) -> None:
        """Prepare a connection."""
        install()
        for secret in settings.secrets:
            hide(secret)
        self._settings = settings
        self._lists: Once[list[Span]] = Once()
        self._calendars: Once[Calendar] = Once()
        self._identity: Once[Identity] = Once()
        self._completeness: Once[Completeness] = Once()
        self._prepared: set[Company] = set()
        self._asked: dict[Company, Future[None]] = {}
        self.facts = CompanyFacts(settings.reference_days, lambda: self.today)
        self.clock = Clock()
        self.limiter = RateLimiter(settings.rate_limit_reserve)
        self.transport = Transport(
            SANDBOX_ADDRESS if settings.uses_sandbox else settings.api_url,
            self.limiter,
            user_agent=settings.user_agent,
            connections=settings.max_concurrency,
            adapter=_sandbox(settings.api_url) if settings.uses_sandbox else None,
            clock=self.clock,
        )
        self.session = TokenSession(self.transport, settings.grant)
        self.client = Client(self.transport, self.session)
        self.probes = Probes(self.client)
        self.parent_ids = ParentIds(self.client, self.probes)
        self.access = Access(self.client)
        self.pool = Pool(settings.max_concurrency, thread_name_prefix="fetch")
        """Fetches ahead."""
        self.scouts = Pool(self.lookahead, thread_name_prefix="look")
        """Look for changes; they wait for the pool, which never waits."""
        self._heralds = Pool(COMPANIES_AHEAD, thread_name_prefix="herald")
        """Ask in companies whose turn is near; each may wait for long, and takes one connection."""
        self._began = datetime.now(OSLO).date()

    @property
    def lookahead(self) -> int:
        """Return how many streams are looked at ahead: enough to keep all connections busy."""
        return 2 * self._settings.max_concurrency

    @property
    def identity(self) -> Identity:
        """Return whom the tokens belong to.

        Raises:
            AuthenticationError: when the tokens are not accepted.
        """
        return self._identity(("own",), self.session.identity)

    @cached_property
    def own(self) -> Company:
        """Return the company that the token was made in."""
        return own_company(self.identity)

    @cached_property
    def companies(self) -> list[Company]:
        """Return the companies to read."""
        return self._chosen[0]

    @cached_property
    def chosen(self) -> frozenset[Company]:
        """Return the companies to read, without their order."""
        return frozenset(self.companies)

    @cached_property
    def unknown_companies(self) -> list[UnknownCompanyError]:
        """Return an error for each company of the settings that the tokens do not open."""
        return self._chosen[1]

    @cached_property
    def _chosen(self) -> tuple[list[Company], list[UnknownCompanyError]]:
        return chosen_companies(self._settings.companies, self.own, self.client)

    def company(self, company_id: int) -> Company:
        """Return one of the companies to read, or that of the token."""
        return next(c for c in (*self.companies, self.own) if c.id == company_id)

    def prepare(self, company: Company) -> None:
        """Ask all at once, in the background, what every stream of a company needs to know."""
        herald = self._asked.get(company)
        if company in self._prepared or (herald and herald.done()):
            return
        self._prepared.add(company)
        for question in self._first_questions(company):
            self.scouts.submit(question)

    def in_turn(self) -> Iterator[Company]:
        """Yield the companies to read, and that of the token.

        One that has not answered its first questions, asked well ahead, lets others go before it.
        """
        waiting = deque(dict.fromkeys((*self.companies, self.own)))
        while waiting:
            near = list(islice(waiting, COMPANIES_AHEAD))
            for company in near:
                if company not in self._asked:
                    self._asked[company] = self._heralds.submit(self._herald, company)
            chosen = next((c for c in near if self._asked[c].done()), near[0])
            waiting.remove(chosen)
            yield chosen

    def _herald(self, company: Company) -> None:
        for question in self._first_questions(company):
            question()

    def _first_questions(self, company: Company) -> tuple[Callable[[], object], ...]:
        """Return what asks for what every stream of a company needs to know."""
        return (
            partial(self.access.entitlements, company, self.identity),
            partial(self.access.modules, company),
            partial(self.completeness.of_vouchers, company),
            partial(self._first_fiscal_year, company),
        )

    def leave(self, company_id: int) -> None:
        """Let go of what is known of the lists of a company, which is not read any more."""
        self.probes.forget(company_id)
        self.parent_ids.forget(company_id)

    def basics(self, company: Company) -> tuple[str | None, Calendar]:
        """Return the rights in a company, None where they are secret, and its days.

        Raises:
            CompanyDownError: when there is no usable answer; then no stream can be read.
        """
        try:
            return self.completeness.rights(company), self.calendar(company)
        except FinalError:
            raise
        except UnavailableError as error:
            message = f"The company is left out, all its tables need what has failed: {error}"
            raise CompanyDownError(message) from None

    def calendar(self, company: Company) -> Calendar:
        """Return the days to read in a company: in parts from its first fiscal year on."""
        start = self._settings.start_date

        def make() -> Calendar:
            begun = self._first_fiscal_year(company)
            return Calendar(
                first=begun if start is None else max(start, min(begun, self.today)),
                today=self.today,
                future_days=self._settings.future_days,
                open_start=start is None or start < min(begun, self.today),
                opening=start or BEGINNING,
            )

        return self._calendars((company.id,), make)

    def _first_fiscal_year(self, company: Company) -> date:
        if known := self.facts.known(company.id, BEGUN):
            with suppress(ValueError):
                return date.fromisoformat(known)
        years = self._rows(company, *FISCAL_YEARS)
        starts = [year.start for year in years if year.start]
        if starts:
            self.facts.note(company.id, BEGUN, min(starts).isoformat())
        return min(starts, default=date(self.today.year - YEARS_WITHOUT_ACCOUNTS, 1, 1))

    def _rows(self, company: Company, path: str, fields: str) -> list[Span]:
        def ask() -> list[Span]:
            try:
                page = whole_list(self.client, company, path, {"fields": fields})
                self.probes.note(company, path, {}, page.facts.digest)
                spans, odd = page.of_type(Span)
            except RefusedError as error:
                logger.info("%s cannot be read: %s", path, error)
                return []
            if odd:
                logger.warning("%s: %s It is left out of the calendar.", path, odd[0])
            return spans

        return self._lists((company.id, path), ask)

    @property
    def today(self) -> date:
        """Return the day in Norway on which the run began, whatever day it ends on."""
        return self._began

    @property
    def completeness(self) -> Completeness:
        """Return what tells whether the token sees everything."""
        given_up = self._settings.rights_given_up
        return self._completeness(
            ("all",),
            lambda: Completeness(self.client, self.access, self.identity, self.today, given_up),
        )

    def close(self, *, at_once: bool = False) -> None:
        """Drop what is still under way and end the session, unless it must be at once.

        Nothing is begun any more: no work, and no request but the one that ends the session.
        """
        self.transport.end()
        self.pool.end()
        self.scouts.end()
        self._heralds.end()
        self.session.close(at_once=at_once)
        self.transport.close()


def _sandbox(url: str) -> BaseAdapter:
    """Return the company built into the tap; the URL's query may set seed, companies and size."""
    from tap_tripletex.sandbox import Sandbox, SandboxAdapter  # noqa: PLC0415 - not for real runs

    try:
        options = {name: int(value) for name, value in parse_qsl(urlsplit(url).query)}
        return SandboxAdapter(Sandbox(rate_limit=None, **options))  # type: ignore[arg-type]
    except (TypeError, ValueError) as fault:
        message = f"api_url {url!r} is not understood: {fault}."
        raise SettingsError(message) from None
