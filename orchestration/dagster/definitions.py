"""Reads every company each night with Dagster: a partition and a run for each.

A code location, or for trying `dagster dev -f definitions.py`. In DAGSTER_HOME lies dagster.yaml,
which lets one run a token go at a time: the rate limit is the token's. The project lies in
TRIPLETEX_PROJECT on every worker, installed.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

TOKEN = "tripletex/token"  # noqa: S105 - the name of a tag, which dagster.yaml counts


class TripletexCompanies(dg.Component, dg.Model, dg.Resolvable):
    """All companies of companies.json: the tables first, then a run for each company."""

    project: str = "/srv/tripletex"
    companies: str = "orchestration/companies.json"
    cron_schedule: str = "30 2 * * *"

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Return the assets, the nightly schedule, and the sensor that starts the companies."""
        del context
        file = Path(self.project) / self.companies
        opened: dict[str, list[int]] = json.loads(file.read_text(encoding="utf-8"))
        token_of = {str(company): token for token in opened for company in opened[token]}
        script = str(Path(self.project) / "orchestration" / "read.py")
        # Ends with the run that started it, also when that is killed (a run is one process).
        command = ("setpriv", "--pdeathsig", "TERM", "python3", script)
        # Meltano takes a run that was killed for running until it has been silent for five minutes.
        retries = dg.RetryPolicy(max_retries=3, delay=360)

        def read(context: dg.AssetExecutionContext, *arguments: str) -> Any:  # noqa: ANN401
            pipes = dg.PipesSubprocessClient()
            done = pipes.run(context=context, command=[*command, *arguments])
            return done.get_materialize_result(implicit_materialization=True)

        @dg.asset
        def tripletex_tables(context: dg.AssetExecutionContext) -> Any:  # noqa: ANN401
            return read(context, "tables")

        @dg.asset(
            deps=[tripletex_tables],
            partitions_def=dg.StaticPartitionsDefinition([*token_of]),
            retry_policy=retries,
        )
        def tripletex_books(context: dg.AssetExecutionContext) -> Any:  # noqa: ANN401
            company = context.partition_key
            return read(context, token_of[company], company)

        one = dg.in_process_executor
        tables = dg.define_asset_job("tripletex_make_tables", [tripletex_tables], executor_def=one)
        books = dg.define_asset_job("tripletex_read_companies", [tripletex_books], executor_def=one)

        @dg.run_status_sensor(
            run_status=dg.DagsterRunStatus.SUCCESS,
            monitored_jobs=[tables],
            request_job=books,
            default_status=dg.DefaultSensorStatus.RUNNING,
        )
        def tripletex_tables_are_made(
            context: dg.RunStatusSensorContext,
        ) -> Iterator[dg.RunRequest]:
            for company, token in token_of.items():
                yield dg.RunRequest(
                    run_key=f"{context.dagster_run.run_id}/{company}",
                    partition_key=company,
                    tags={TOKEN: token},
                )

        nightly = dg.ScheduleDefinition(
            job=tables,
            cron_schedule=self.cron_schedule,
            execution_timezone="Europe/Oslo",
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
        return dg.Definitions(
            assets=[tripletex_tables, tripletex_books],
            jobs=[tables, books],
            schedules=[nightly],
            sensors=[tripletex_tables_are_made],
        )


defs = dg.build_defs_for_component(
    TripletexCompanies(
        project=os.environ.get("TRIPLETEX_PROJECT", "/srv/tripletex"),
        companies=os.environ.get("TRIPLETEX_COMPANIES", "orchestration/companies.json"),
    )
)
