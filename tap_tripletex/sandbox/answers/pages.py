"""Answers to authenticated reads: rows, page, digest, JSON."""

from __future__ import annotations

import base64
from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from tap_tripletex.sandbox.answers import errors
from tap_tripletex.sandbox.answers.endpoints import (
    NOT_SPECIFIED,
    endpoint_of,
    envelope_extras,
    visible,
)
from tap_tripletex.sandbox.answers.fields import parse_cached, resolve
from tap_tripletex.sandbox.answers.projection import Renderer
from tap_tripletex.sandbox.answers.query import check, filters_of, predicate, sort_rows

if TYPE_CHECKING:
    from tap_tripletex.sandbox.answers.owner import Owner
    from tap_tripletex.sandbox.answers.query import Filter
    from tap_tripletex.sandbox.answers.routing import Route
    from tap_tripletex.sandbox.answers.wire import Request
    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.tables.model import ApiPath, Entity, Model
    from tap_tripletex.sandbox.tables.rows import Row
    from tap_tripletex.sandbox.tables.table import Table

MAX_COUNT = 10_000
RESULT_CACHE_SIZE = 24
CHANGED_SINCE = "changedSince"


class Settings(Protocol):
    """What of the sandbox shapes answers."""

    model: Model
    row_caps: dict[str, int]
    changed_since_works: bool
    cache_bytes: int
    changed_since_inclusive: bool


class Answer(NamedTuple):
    """A successful answer.

    Attributes:
        status: 200 or 304.
        body: JSON; empty for 304.
        rows: How many rows it carries.
        key: What it is cached under, None if it is not.
    """

    status: int
    body: bytes
    rows: int
    key: Any = None


UNCHANGED = Answer(304, b"", 0)


class _Result(NamedTuple):
    """All rows of a query, before paging."""

    rows: list[Row]
    digest: str


class Answers:
    """Renders pages, and remembers the recent ones while their company stays as it is."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing remembered."""
        self.model = settings.model
        self._settings = settings
        self._encode = msgspec.json.Encoder().encode
        self._pages: OrderedDict[Any, tuple[Answer, str | None]] = OrderedDict()
        self._page_bytes = 0
        self._results: OrderedDict[Any, _Result] = OrderedDict()
        self._renderers: dict[Any, Renderer] = {}
        self._filters: dict[str, dict[str, Filter]] = {}

    def many(
        self,
        route: Route,
        request: Request,
        company: Company,
        owner: Owner,
    ) -> Answer:
        """Answer a list.

        The ids in the path count as parameters, named as the placeholders are: `{id}`.

        Raises:
            ApiError: The request is wrong, or its result too large.
        """
        path = route.path
        spec = self.model.paths[path]
        known = request.headers.get("if-none-match", "").strip()
        query = tuple(sorted((k, v) for k, v in request.params.items()))
        key = (
            company.id,
            company.version,
            owner,
            request.path,
            query,
            bool(known),
            self._switches(),
        )
        if key in self._pages:
            self._pages.move_to_end(key)
            cached, checksum = self._pages[key]
            return UNCHANGED if checksum in _accepted(known) else cached
        params = {**check(path, spec, request.params), **route.ids}
        page_from, page_count = _paging(spec, request.params)
        endpoint = endpoint_of(path, params)
        entity = self.model.entity(spec.entity) if spec.entity else None
        if entity is None:
            return Answer(200, self._encode(_envelope(0, 0, [], None)), 0)
        renderer = self._renderer(company, entity, request.params.get("fields", ""))
        result = self._result(path, params, request.params.get("sorting", ""), company, owner)
        cap = self._settings.row_caps.get(path)
        if cap is not None and len(result.rows) > cap:
            raise errors.too_large(cap)
        digest = endpoint.digest
        checksum = result.digest if known and digest == NOT_SPECIFIED else None
        if checksum in _accepted(known):
            return UNCHANGED
        rows = result.rows
        if endpoint.paged:
            rows = rows[page_from : page_from + page_count]
            size = min(len(result.rows), page_from + len(rows) + 1)
        else:
            page_from = size = 0
        content = _envelope(page_from, size, renderer(rows), checksum or digest)
        content.update(envelope_extras(path, company, result.rows))
        answer = Answer(200, self._encode(content), len(rows), key)
        self._remember(key, answer, checksum)
        return answer

    def one(
        self,
        row: Row | None,
        entity: Entity,
        request: Request,
        company: Company,
    ) -> Answer:
        """Answer with one object, or with a null.

        Raises:
            ApiError: `fields` names something that the entity lacks.
        """
        renderer = self._renderer(company, entity, request.params.get("fields", ""))
        if row is None:
            return Answer(200, self._encode({"value": None}), 0)
        return Answer(200, self._encode({"value": renderer([row])[0]}), 1)

    def plain(self, content: dict[str, Any]) -> Answer:
        """Answer with something ready-made."""
        return Answer(200, self._encode(content), 1)

    def _switches(self) -> tuple[Any, ...]:
        settings = self._settings
        since = settings.changed_since_works, settings.changed_since_inclusive
        return (*since, tuple(sorted(settings.row_caps.items())))

    def _renderer(self, company: Company, entity: Entity, expression: str) -> Renderer:
        key = (company.id, entity.name, expression)
        found = self._renderers.get(key)
        if found is None:
            selection = None
            if expression.strip():
                selection = resolve(parse_cached(expression), entity, self.model)
            found = self._renderers[key] = Renderer(company, entity, selection)
        return found

    def _result(
        self,
        path: str,
        params: dict[str, Any],
        sorting: str,
        company: Company,
        owner: Owner,
    ) -> _Result:
        frozen = tuple(sorted((k, str(v)) for k, v in params.items()))
        key = (company.id, company.version, owner, path, frozen, sorting, self._switches())
        found = self._results.get(key)
        if found is None:
            found = self._results[key] = self._find(path, params, sorting, company, owner)
            if len(self._results) > RESULT_CACHE_SIZE:
                self._results.popitem(last=False)
        return found

    def _find(
        self,
        path: str,
        params: dict[str, Any],
        sorting: str,
        company: Company,
        owner: Owner,
    ) -> _Result:
        endpoint = endpoint_of(path, params)
        spec = self.model.paths[path]
        entity = self.model.entity(spec.entity or "")
        table = company.table(entity.name)
        if not self._settings.changed_since_works:
            params = {k: v for k, v in params.items() if k != CHANGED_SINCE}
        elif CHANGED_SINCE in params and not self._settings.changed_since_inclusive:
            params = {**params, CHANGED_SINCE: params[CHANGED_SINCE] + 1}
        rules = self._rules(path, entity)
        checksum: tuple[int, int] | None = None
        if endpoint.source:
            rows = endpoint.source(company, params, owner)
            active = {} if endpoint.filtered else {k: v for k, v in params.items() if k in rules}
        else:
            start, end, active = _window(table.spec.window, rules, params)
            rows = table.between(start, end) if table.spec.window else _by_id(table)
            if table.spec.window and not active and owner.all_vouchers:
                checksum = table.digest_between(start, end)
        for name, value in active.items():
            rows = list(filter(predicate(company, entity, rules[name], value), rows))
        rows = visible(rows, entity.name, owner)
        if checksum is None:
            checksum = table.digest(rows)
        identity = repr((path, company.id, sorted(params.items()), checksum))
        digest = base64.b64encode(blake2b(identity.encode(), digest_size=16).digest()).decode()
        if sorting or not endpoint.keeps_order:
            rows = sort_rows(company, entity, rows, sorting)
        return _Result(rows, digest)

    def _rules(self, path: str, entity: Entity) -> dict[str, Filter]:
        found = self._filters.get(path)
        if found is None:
            spec = self.model.paths[path]
            found = self._filters[path] = filters_of(path, spec, entity)
        return found

    def _remember(self, key: Any, answer: Answer, checksum: str | None) -> None:  # noqa: ANN401
        self._pages[key] = answer, checksum
        self._page_bytes += len(answer.body)
        while self._page_bytes > self._settings.cache_bytes and len(self._pages) > 1:
            _, (dropped, _) = self._pages.popitem(last=False)
            self._page_bytes -= len(dropped.body)


def _envelope(
    page_from: int,
    size: int,
    values: list[Any],
    digest: str | None,
) -> dict[str, Any]:
    """Return a list's envelope.

    `fullResultSize` looks one row ahead and is no total (recorded on every paged list);
    past the end it is the total; lists that are not paged say 0.
    """
    return {
        "fullResultSize": size,
        "from": page_from,
        "count": len(values),
        "versionDigest": digest,
        "values": values,
    }


def _paging(spec: ApiPath, given: dict[str, str]) -> tuple[int, int]:
    """Return `from` and `count`.

    Raises:
        ApiError: One of them is no whole number from 0 (recorded), or `count` is above 10,000.
    """
    numbers = []
    for name, fallback in (("from", 0), ("count", 1000)):
        parameter = spec.parameters.get(name)
        default = parameter.default if parameter and parameter.default is not None else fallback
        text = given.get(name, str(default))
        if not text.isdigit():
            message = f'"{name.capitalize()}" må være et heltall som er 0 eller høyere.'
            raise errors.invalid_argument(name, message)
        numbers.append(int(text))
    if numbers[1] > MAX_COUNT:
        message = f"Kan ikke være over {MAX_COUNT}."
        raise errors.invalid_argument(name, message)
    return numbers[0], numbers[1]


def _window(
    column: str | None,
    rules: dict[str, Filter],
    params: dict[str, Any],
) -> tuple[str | None, str | None, dict[str, Any]]:
    """Split parameters into the table's own window and the rest."""
    start: str | None = None
    end: str | None = None
    rest: dict[str, Any] = {}
    for name, value in params.items():
        rule = rules.get(name)
        if rule is None:
            continue
        if column and rule.prop == column and rule.kind == "from":
            start = value
        elif column and rule.prop == column and rule.kind == "to":
            end = value
        else:
            rest[name] = value
    return start, end, rest


def _by_id(table: Table) -> list[Row]:
    if "id" not in table.entity.properties:
        return list(table)
    return [table.rows[key] for key in sorted(table.rows)]


def _accepted(known: str) -> set[str | None]:
    """Return the checksums that a header names: with or without quotes, weak or not."""
    return {known, known.removeprefix("W/").strip('"')} if known else set()
