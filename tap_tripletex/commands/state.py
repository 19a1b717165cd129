"""Shows what a state holds, stream by stream and company by company, in a form that can be edited.

    meltano state get dev:tap-tripletex-to-target-postgres | tap-tripletex-state > state.json

The tap takes such a state as well as its own: what is taken out of it is read again.
"""

from __future__ import annotations

import json
from typing import IO

import click

from tap_tripletex.states import parse_state, read_state
from tap_tripletex.tap import in_one_sentence


@click.command()
@click.argument("state", type=click.File("r", encoding="utf-8"), default="-")
def main(state: IO[str]) -> None:
    """Print a state as JSON, each stream of each company by itself; digests may be short."""
    with in_one_sentence():
        found = read_state(parse_state(state.read()))
    click.echo(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
