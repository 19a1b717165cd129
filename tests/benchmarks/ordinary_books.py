"""Four lists read by an ordinary tap: what the SDK's template gives, and nothing besides.

python -m tests.benchmarks.ordinary_books --config config.json [--state state.json]

``incremental`` in the configuration: dated lists from the newest date on, as most taps have it;
without it everything in every run.
"""

from __future__ import annotations

import decimal
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BasicAuthenticator
from singer_sdk.helpers.jsonpath import extract_jsonpath
from singer_sdk.pagination import OffsetPaginator

if TYPE_CHECKING:
    from collections.abc import Iterable

    import requests
    from singer_sdk.helpers.types import Context

PAGE_SIZE = 1000
BEGINNING, END = "1900-01-01", "2100-01-01"


class Books(RESTStream[int]):
    """A list of Tripletex."""

    primary_keys = ("id",)
    records_jsonpath = "$.values[*]"
    dated: ClassVar[bool] = False

    def __init__(self, tap: Tap) -> None:
        super().__init__(tap)
        if self.dated and self.config["incremental"]:
            self.replication_key = "date"

    @property
    def url_base(self) -> str:
        return str(self.config["api_url"])

    @cached_property
    def authenticator(self) -> BasicAuthenticator:
        return BasicAuthenticator(username="0", password=self.config["session"])

    def get_new_paginator(self) -> OffsetPaginator:
        return OffsetPaginator(start_value=0, page_size=PAGE_SIZE)

    def get_url_params(
        self, context: Context | None, next_page_token: int | None
    ) -> dict[str, Any]:
        params = {"from": next_page_token or 0, "count": PAGE_SIZE, "sorting": "id"}
        if not self.dated:
            return params
        if not self.replication_key:
            return {**params, "dateFrom": BEGINNING, "dateTo": END}
        first = self.get_starting_replication_key_value(context) or BEGINNING
        tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011
        return {**params, "dateFrom": first, "dateTo": tomorrow.isoformat()}

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        content = response.json(parse_float=decimal.Decimal)
        yield from extract_jsonpath(self.records_jsonpath, input=content)


class Postings(Books):
    """The general ledger."""

    name = "postings"
    path = "/ledger/posting"
    dated = True
    schema = th.PropertiesList(
        th.Property("id", th.IntegerType, required=True),
        th.Property("date", th.DateType),
        th.Property("description", th.StringType),
        th.Property("amount", th.NumberType),
    ).to_dict()


class Vouchers(Books):
    """The vouchers."""

    name = "vouchers"
    path = "/ledger/voucher"
    dated = True
    schema = th.PropertiesList(
        th.Property("id", th.IntegerType, required=True),
        th.Property("date", th.DateType),
        th.Property("description", th.StringType),
    ).to_dict()


class Customers(Books):
    """The customers."""

    name = "customers"
    path = "/customer"
    schema = th.PropertiesList(
        th.Property("id", th.IntegerType, required=True),
        th.Property("name", th.StringType),
    ).to_dict()


class Departments(Books):
    """The departments."""

    name = "departments"
    path = "/department"
    schema = th.PropertiesList(
        th.Property("id", th.IntegerType, required=True),
        th.Property("name", th.StringType),
    ).to_dict()


class OrdinaryBooks(Tap):
    """A tap of four streams."""

    name = "tap-ordinary-books"
    config_jsonschema = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True),
        th.Property("session", th.StringType, required=True, secret=True),
        th.Property("incremental", th.BooleanType, default=True),
    ).to_dict()

    def discover_streams(self) -> list[Books]:
        return [Postings(self), Vouchers(self), Customers(self), Departments(self)]


if __name__ == "__main__":
    OrdinaryBooks.cli()
