"""Reads companies into the warehouse beside others: every engine here starts this.

    read.py tables             make the tables, alone, before companies are loaded side by side
    read.py TOKEN              read all companies of a token in one run
    read.py TOKEN COMPANY      read one of them

TOKEN is the name of the environment variable that holds an employee token or a company key, or its
place in companies.json, counted from 0. That file says which companies each opens, and holds no
secret; TRIPLETEX_COMPANIES names another. The rest is set as ever: TAP_TRIPLETEX_CONSUMER_TOKEN and
the loader's settings.

Two runs of Meltano in one folder write over each other's catalog and state files. So each token, or
company, has a folder of its own below .meltano/apart, with links to what is installed, and a state
of its own. Where that folder does not last, MELTANO_DATABASE_URI or MELTANO_STATE_BACKEND_URI says
where the state does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1].resolve()
INSTALLED = ROOT / ".meltano"
MELTANO = str(ROOT / ".venv" / "bin" / "meltano")
EXTRACTOR = "tap-tripletex"
LOADER = os.environ.get("TRIPLETEX_LOADER", "target-postgres")
COMPANIES = Path(os.environ.get("TRIPLETEX_COMPANIES", Path(__file__).with_name("companies.json")))
COMPANY_KEY = "tlxr_"


def main(arguments: list[str]) -> int:
    """Run the command named on the command line and return its exit code."""
    opened: dict[str, list[int]] = json.loads(COMPANIES.read_text(encoding="utf-8"))
    match arguments:
        case ["tables"]:
            return make_tables(environment_without(opened) | apart("tables"))
        case [given, *one] if len(one) <= 1:
            token, companies = chosen(opened, given, *one)
            own = apart(*one or [token]) | key_of(token)
            return read(environment_without(opened) | own, companies)
        case _:
            print(__doc__)
            return 2


def read(environment: dict[str, str], companies: list[str]) -> NoReturn:
    """Become Meltano, so that a signal reaches it."""
    os.chdir(ROOT)
    command = [MELTANO, "run", "--no-install", EXTRACTOR, LOADER]
    ids = {"TAP_TRIPLETEX_COMPANY_IDS": ",".join(companies)}
    os.execve(MELTANO, command, environment | ids)  # noqa: S606 - no shell is wanted


def chosen(opened: dict[str, list[int]], given: str, *one: str) -> tuple[str, list[str]]:
    """Return a token's name, and which of its companies are read."""
    places = dict(enumerate(opened))
    token = places.get(int(given)) if given.isdigit() else given
    companies = [str(company) for company in opened.get(token or "", ())]
    if token is None or not companies or not {*one} <= {*companies}:
        sys.exit(f"{COMPANIES} has no {' '.join((given, *one))}.")
    return token, [*one] or companies


def environment_without(secrets: dict[str, list[int]]) -> dict[str, str]:
    """Return the environment without the tokens that companies.json names."""
    kept = {name: value for name, value in os.environ.items() if name not in secrets}
    return {"MELTANO_ENVIRONMENT": "production"} | kept


def apart(name: str) -> dict[str, str]:
    """Return what keeps a run of Meltano apart from others: its folder and its state."""
    folder = INSTALLED / "apart" / name
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("extractors", "loaders"):
        if not (folder / kind).is_symlink():
            (folder / kind).symlink_to(INSTALLED / kind)
    return {"MELTANO_SYS_DIR_ROOT": str(folder), "MELTANO_RUN_STATE_ID_SUFFIX": name}


def key_of(token: str) -> dict[str, str]:
    """Return the setting that a token belongs in."""
    key = os.environ[token].strip()
    kind = "REFRESH" if key.startswith(COMPANY_KEY) else "EMPLOYEE"
    return {f"TAP_TRIPLETEX_{kind}_TOKEN": key}


def make_tables(environment: dict[str, str]) -> int:
    """Send the loader every schema and no row; nothing is asked of Tripletex."""
    meltano = [MELTANO, "invoke"]
    schemas = Path(environment["MELTANO_SYS_DIR_ROOT"]) / "schemas.jsonl"
    with schemas.open("wb") as file:
        told = [*meltano, EXTRACTOR, "--test=schema"]
        subprocess.run(told, cwd=ROOT, env=environment, stdout=file, check=True)
    with schemas.open("rb") as file:
        made = [*meltano, LOADER]
        return subprocess.run(made, cwd=ROOT, env=environment, stdin=file, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
