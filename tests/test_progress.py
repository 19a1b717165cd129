"""What a run tells of itself while it goes on, for whoever draws it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from singer_sdk.metrics import Metric, Point

from tap_tripletex.sandbox import Sandbox
from tests.warehouse import Warehouse

if TYPE_CHECKING:
    import pytest

STREAMS = ("accounts", "postings", "customers", "balance_sheet")


def test_requests_are_told_once_as_a_metric_of_their_stream(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "singer_sdk.metrics")
    sandbox = Sandbox(rate_limit=None)
    warehouse = Warehouse(sandbox, STREAMS)
    for _ in range(2):
        caplog.clear()
        sandbox.requests.clear()
        warehouse.run()
        told: Counter[str] = Counter()
        for record in caplog.records:
            points = record.args if isinstance(record.args, tuple) else ()
            for point in points:
                if isinstance(point, Point) and point.metric is Metric.HTTP_REQUEST_COUNT:
                    told[point.tags["stream"]] += point.value
        asked = Counter(request["path"] for request in sandbox.requests)
        assert told["accounts"] == asked["/ledger/account"] > 0
        assert told["customers"] == asked["/customer"] > 0
        both = asked["/balanceSheet"] + asked["/ledger/posting"]  # control totals ask the other
        assert told["postings"] + told["balance_sheet"] == both > 0
