"""The ledger read by an ordinary tap: what the SDK's template gives, and nothing besides.

python -m tests.benchmarks.ordinary_tap --config config.json
"""

from __future__ import annotations

import decimal
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import requests
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BasicAuthenticator
from singer_sdk.helpers.jsonpath import extract_jsonpath
from singer_sdk.pagination import OffsetPaginator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk.helpers.types import Context

PAGE_SIZE = 1000

REFERENCE = th.ObjectType(
    th.Property("id", th.IntegerType),
    th.Property("url", th.StringType),
)

PROPERTIES = th.PropertiesList(
    th.Property("id", th.IntegerType, required=True),
    th.Property("version", th.IntegerType),
    th.Property("url", th.StringType),
    th.Property("voucher", REFERENCE),
    th.Property("date", th.DateType),
    th.Property("description", th.StringType),
    th.Property("account", REFERENCE),
    th.Property("amortizationAccount", REFERENCE),
    th.Property("amortizationStartDate", th.DateType),
    th.Property("amortizationEndDate", th.DateType),
    th.Property("customer", REFERENCE),
    th.Property("supplier", REFERENCE),
    th.Property("employee", REFERENCE),
    th.Property("project", REFERENCE),
    th.Property("product", REFERENCE),
    th.Property("department", REFERENCE),
    th.Property("vatType", REFERENCE),
    th.Property("amount", th.NumberType),
    th.Property("amountCurrency", th.NumberType),
    th.Property("amountGross", th.NumberType),
    th.Property("amountGrossCurrency", th.NumberType),
    th.Property("currency", REFERENCE),
    th.Property("closeGroup", REFERENCE),
    th.Property("invoiceNumber", th.StringType),
    th.Property("termOfPayment", th.StringType),
    th.Property("row", th.IntegerType),
    th.Property("type", th.StringType),
    th.Property("externalRef", th.StringType),
    th.Property("systemGenerated", th.BooleanType),
    th.Property("taxTransactionType", th.StringType),
    th.Property("taxTransactionTypeId", th.IntegerType),
    th.Property("matched", th.BooleanType),
    th.Property("quantityAmount1", th.NumberType),
    th.Property("quantityType1", REFERENCE),
    th.Property("quantityAmount2", th.NumberType),
    th.Property("quantityType2", REFERENCE),
    th.Property("isVatReadonly", th.BooleanType),
    th.Property("isAmountVatClosed", th.BooleanType),
    th.Property("postingRuleId", th.IntegerType),
    th.Property("freeAccountingDimension1", REFERENCE),
    th.Property("freeAccountingDimension2", REFERENCE),
    th.Property("freeAccountingDimension3", REFERENCE),
    th.Property("asset", REFERENCE),
)


class Postings(RESTStream[int]):
    """The general ledger, all days in one list."""

    name = "postings"
    path = "/ledger/posting"
    primary_keys = ("id",)
    records_jsonpath = "$.values[*]"
    schema = PROPERTIES.to_dict()

    @property
    def url_base(self) -> str:
        return str(self.config["api_url"])

    @cached_property
    def authenticator(self) -> BasicAuthenticator:
        answer = requests.put(
            f"{self.url_base}/token/session/:create",
            params={
                "consumerToken": self.config["consumer_token"],
                "employeeToken": self.config["employee_token"],
                "expirationDate": (date.today() + timedelta(days=2)).isoformat(),  # noqa: DTZ011
            },
            timeout=60,
        )
        answer.raise_for_status()
        return BasicAuthenticator(username="0", password=answer.json()["value"]["token"])

    def get_new_paginator(self) -> OffsetPaginator:
        return OffsetPaginator(start_value=0, page_size=PAGE_SIZE)

    def get_url_params(
        self,
        context: Context | None,  # noqa: ARG002
        next_page_token: int | None,
    ) -> dict[str, Any]:
        return {
            "dateFrom": "1900-01-01",
            "dateTo": "2100-01-01",
            "from": next_page_token or 0,
            "count": PAGE_SIZE,
        }

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        yield from extract_jsonpath(
            self.records_jsonpath,
            input=response.json(parse_float=decimal.Decimal),
        )


class OrdinaryTap(Tap):
    """A tap of one stream."""

    name = "tap-ordinary"
    config_jsonschema = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True),
        th.Property("consumer_token", th.StringType, required=True, secret=True),
        th.Property("employee_token", th.StringType, required=True, secret=True),
    ).to_dict()

    def discover_streams(self) -> list[Postings]:
        return [Postings(self)]


if __name__ == "__main__":
    OrdinaryTap.cli()
