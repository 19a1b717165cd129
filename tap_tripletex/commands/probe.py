"""Asks a company's Tripletex the questions that its documentation leaves open.

    tap-tripletex-probe --config=ENV --output probe.json

It reads ids and counts only, prints what was assumed, what the API did and what the tap does about
it, and writes the same to a file without ids, names, amounts or company numbers.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from tap_tripletex.api.redaction import printable, redact
from tap_tripletex.commands.questions import Finding, Probe, findings
from tap_tripletex.tap import TapTripletex, in_one_sentence

HOSTS = {"tripletex.no": "production", "api-test.tripletex.tech": "test"}

WIDTHS = (26, 30, 34, 46)


@click.command()
@click.option("--config", required=True, help="Configuration file of the tap, or ENV.")
@click.option(
    "--output", default="probe.json", show_default=True, help="File to attach to a report."
)
def main(config: str, output: str) -> None:
    """Ask your Tripletex what its documentation leaves open; reads ids and counts only."""
    settings = {} if config == "ENV" else json.loads(Path(config).read_text(encoding="utf-8"))
    with in_one_sentence():
        tap = TapTripletex(config=settings, parse_env_config=config == "ENV")
    sys.exit(0 if tap.finish(lambda: _report(tap, Path(output))) else 1)


def _report(tap: TapTripletex, output: Path) -> None:
    probe = Probe(tap.connection)
    found = list(findings(probe))
    for row in (
        ("question", "asked of", "assumed / found", "what the tap does"),
        *map(_cells, found),
    ):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, WIDTHS, strict=True))
        click.echo(printable(redact(line)))
    requests = tap.connection.transport.traffic.requests
    host = urlsplit(tap.settings.api_url).hostname or ""
    body: dict[str, Any] = {
        "tap": metadata.version("tap-tripletex"),
        "api": HOSTS.get(host, "another"),
        "requests": requests,
        "findings": [asdict(finding) for finding in found],
    }
    output.write_text(json.dumps(body, indent=1), encoding="utf-8")
    click.echo(f"\n{requests} requests. {output} has the same without any business data.")


def _cells(finding: Finding) -> tuple[str, str, str, str]:
    answer = f"{finding.assumed} / {finding.found}"
    return finding.question, finding.subject, answer, finding.consequence


if __name__ == "__main__":
    main()
