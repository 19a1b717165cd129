"""The ledger read by dlt's own source for REST APIs, up to its extracted files.

dlt reads the pages of one list one after another. To let it have several requests under way, the
list can be cut by date into parts, each a resource of the same table.

python dlt_pipeline.py API_URL SESSION_TOKEN FOLDER PARTS
"""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import dlt
from dlt.sources.rest_api import rest_api_source

FIRST, AFTER = "1900-01-01", "2100-01-01"
YEAR = 2024
"""The first year of the sandbox's books."""


def resource(number: int, first: str, after: str) -> dict[str, Any]:
    """Return the list between two days."""
    endpoint = {
        "path": "ledger/posting",
        "data_selector": "values",
        "params": {"dateFrom": first, "dateTo": after},
    }
    return {
        "name": f"postings_{number}",
        "table_name": "postings",
        "primary_key": "id",
        "endpoint": endpoint,
    }


def main(api_url: str, session: str, folder: str, parts: int) -> None:
    """Extract everything and print how many rows there were."""
    first, today = date(YEAR, 1, 1), date.today()  # noqa: DTZ011
    days = [first + (today - first) * n / parts for n in range(1, parts)]
    edges = [FIRST, *(day.isoformat() for day in days), AFTER]
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{api_url}/",
                "auth": {"type": "http_basic", "username": "0", "password": session},
                "paginator": {
                    "type": "offset",
                    "limit": 1000,
                    "offset_param": "from",
                    "limit_param": "count",
                    "total_path": None,
                },
            },
            "resources": [resource(n, *edges[n : n + 2]) for n in range(parts)],
        }
    )
    if parts > 1:
        source = source.parallelize()
    pipeline = dlt.pipeline("postings", pipelines_dir=folder)
    steps = [step for steps in pipeline.extract(source).metrics.values() for step in steps]
    tables = [step["table_metrics"] for step in steps]
    print(sum(table["postings"].items_count for table in tables if "postings" in table))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
