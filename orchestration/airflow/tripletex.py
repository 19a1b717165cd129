"""Reads every company each night: a pool for each token, a task for each company.

Lies in Airflow's folder of DAGs; the project lies in TRIPLETEX_PROJECT on every worker, installed.
A pool with one slot for each token must be there: the rate limit is the token's.

    jq -r 'keys[]' companies.json | xargs -I{} airflow pools set {} 1 "Tripletex: one run at a time"
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.sdk import dag, task

HOME = Path(os.environ.get("TRIPLETEX_PROJECT", "/srv/tripletex")) / "orchestration"
COMPANIES = Path(os.environ.get("TRIPLETEX_COMPANIES", HOME / "companies.json"))
PR_SET_PDEATHSIG = 1


def read(*arguments: str) -> None:
    """Start the reading; it ends when the task does, and the task when its worker is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    command = ("setpriv", "--pdeathsig", "TERM", "python3", str(HOME / "read.py"), *arguments)
    subprocess.run(command, check=True)


@dag(
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    # Meltano takes a run that was killed for running until it has been silent for five minutes.
    default_args={"retries": 3, "retry_delay": timedelta(minutes=6)},
)
def tripletex() -> None:
    """Make the tables, alone; then read the companies side by side."""

    @task
    def tables() -> None:
        read("tables")

    @task(map_index_template="{{ task.op_kwargs['company'] }}")
    def read_company(token: str, company: int) -> None:
        read(token, str(company))

    made = tables()
    for token, companies in json.loads(COMPANIES.read_text(encoding="utf-8")).items():
        reading = read_company.override(task_id=token.lower(), pool=token)
        made >> reading.partial(token=token).expand(company=companies)


tripletex()
