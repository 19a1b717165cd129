"""Four lists read by dlt's own source for REST APIs into its own tables, as its tutorial has it.

python dlt_books.py API_URL SESSION_TOKEN FOLDER MODE

MODE is ``incremental``: dated lists from the newest date on, merged by id, the others replaced; or
``replace``: everything in every run. Prints the rows that the tables then have, as JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.rest_api import rest_api_source

BEGINNING, END = "1900-01-01", "2100-01-01"
PATHS = {
    "postings": "ledger/posting",
    "vouchers": "ledger/voucher",
    "customers": "customer",
    "departments": "department",
}
DATED = {"postings", "vouchers"}


def resource(name: str, mode: str) -> dict[str, Any]:
    """Return the definition of a list."""
    params: dict[str, Any] = {"sorting": "id"}
    endpoint: dict[str, Any] = {"path": PATHS[name], "data_selector": "values", "params": params}
    written = "replace"
    if name in DATED and mode == "replace":
        params |= {"dateFrom": BEGINNING, "dateTo": END}
    elif name in DATED:
        tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011
        params |= {"dateFrom": "{incremental.start_value}", "dateTo": tomorrow.isoformat()}
        endpoint["incremental"] = {"cursor_path": "date", "initial_value": BEGINNING}
        written = "merge"
    return {
        "name": name,
        "primary_key": "id",
        "write_disposition": written,
        "max_table_nesting": 0,
        "endpoint": endpoint,
    }


def main(api_url: str, session: str, folder: str, mode: str) -> None:
    """Run once and print all rows."""
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
            "resources": [resource(name, mode) for name in PATHS],
        }
    )
    database = dlt.destinations.duckdb(str(Path(folder) / "books.duckdb"))
    pipeline = dlt.pipeline(
        "books", destination=database, dataset_name="tripletex", pipelines_dir=folder
    )
    pipeline.run(source)
    found = {}
    with pipeline.sql_client() as client:
        for name in PATHS:
            amount = ", amount" if name == "postings" else ""
            dated = ", CAST(date AS VARCHAR), description" if name in DATED else ", name"
            rows = client.execute_sql(f"SELECT id{dated}{amount} FROM {name}")
            found[name] = [[str(value) for value in row] for row in rows]
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:5])
