"""Reads a company's books into a database, or runs the tests: needs only Python and pip.

    python3 run.py                 fill a database and print the trial balance
    python3 run.py install NAME    install a loader of meltano.yml, such as target-postgres
    python3 run.py test            run the tests

Reads the company built into the tap into sandbox.duckdb, unless a key of your own company is set:
TAP_TRIPLETEX_REFRESH_TOKEN alone, or TAP_TRIPLETEX_CONSUMER_TOKEN and TAP_TRIPLETEX_EMPLOYEE_TOKEN.
Then that is read into books.duckdb. Whatever is installed is pinned with its hashes, and no step
that installs sees a key.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parent.resolve()
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
CONSTRAINTS = ROOT / "constraints.txt"
EXTRACTOR = "tap-tripletex"
LOADER = "target-duckdb"
OWN = "made-by-run.py"
DATABASES = {"sandbox": ROOT / "sandbox.duckdb", "production": ROOT / "books.duckdb"}
COMPANY_KEY = "TAP_TRIPLETEX_REFRESH_TOKEN"
TOKENS = ("TAP_TRIPLETEX_CONSUMER_TOKEN", "TAP_TRIPLETEX_EMPLOYEE_TOKEN")

PRINT = """
import sys
from decimal import Decimal
import duckdb

database, query = sys.argv[1:]
with duckdb.connect(database, read_only=True) as connection:
    rows = connection.execute(query).fetchall()
total = [sum((row[n] for row in rows), Decimal(0)) for n in (2, 3, 4)]
line = "{:>8}  {:<40.40}  {:>16}  {:>16}  {:>12}".format
money = "{:,.2f}".format
print(line("account", "name", "postings", "Tripletex says", "difference"))
for number, name, *amounts in rows:
    print(line(number, name, *map(money, amounts)))
print(line("", "sum", *map(money, total)))
sys.exit(any(row[4] for row in rows) or any(total))
"""


def main(arguments: list[str]) -> int:
    """Run the command named on the command line and return its exit code."""
    os.chdir(ROOT)
    match arguments:
        case [] | ["books"]:
            prepare()
            return books()
        case ["install", *loaders] if loaders:
            prepare()
            install(*loaders)
            return 0
        case ["test", *options]:
            make_environment()
            return call(BIN / "python", "-m", "pytest", *options, environment=without_secrets())
        case _:
            print(__doc__)
            return 2


def prepare() -> None:
    """Install the tap, Meltano, and what a run of it needs."""
    make_environment()
    install(EXTRACTOR, LOADER)


def make_environment() -> None:
    """Make the virtual environment, once for each set of pinned packages."""
    ready = VENV / f"ready-{digest(CONSTRAINTS, ROOT / 'pyproject.toml')}"
    if ready.exists():
        return
    if VENV.is_symlink() or (VENV.exists() and not any(VENV.glob("ready-*")) and not is_own()):
        sys.exit(f"{VENV} was not made by this script. Move it away, or run from another clone.")
    print("Installing (a minute or two, once) …", flush=True)
    if VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    (VENV / OWN).touch()
    venv.create(VENV, with_pip=True)
    pip = (BIN / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install")
    must(*pip, "--require-hashes", "--only-binary=:all:", "--requirement", CONSTRAINTS)
    must(*pip, "--no-deps", "--no-build-isolation", "--editable", ".")
    ready.touch()


def is_own() -> bool:
    """Return whether the virtual environment was begun by this script."""
    return (VENV / OWN).exists()


def install(*plugins: str) -> None:
    """Install plugins of meltano.yml, once for each set of pinned packages."""
    for plugin in plugins:
        kind = "extractor" if plugin == EXTRACTOR else "loader"
        pins = CONSTRAINTS if plugin == EXTRACTOR else ROOT / "requirements" / f"{plugin}.txt"
        if not pins.exists():
            sys.exit(f"There is no {kind} {plugin}: {pins} is missing.")
        named = digest(pins, ROOT / "pyproject.toml", VENV / "pyvenv.cfg")
        ready = ROOT / ".meltano" / f"{kind}s" / plugin / "venv" / f"ready-{named}"
        if not ready.exists():
            # Meltano would hand the .env file's tokens to what it starts.
            meltano = (BIN / "meltano", f"--env-file={os.devnull}")
            must(*meltano, "install", "--clean", kind, plugin)
            ready.touch()


def digest(*files: Path) -> str:
    """Return a short text that changes when any of the files does."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def must(*step: str | Path) -> None:
    """Run a step that installs, without the user's tokens; end when it fails."""
    if call(*step, environment=without_secrets()):
        sys.exit(f"This step failed: {' '.join(map(str, step))}")


def without_secrets() -> dict[str, str]:
    """Return the environment without the settings of the tap and of loaders."""
    prefixes = ("TAP_", "TARGET_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def books() -> int:
    """Fill the database and print the trial balance; the exit code is 1 if it does not tie out."""
    environment = chosen_environment()
    meltano = (BIN / "meltano", f"--environment={environment}")
    database = Path(os.environ.get("TARGET_DUCKDB_FILEPATH") or DATABASES[environment])
    failed = call(*meltano, "run", "--no-install", EXTRACTOR, LOADER)
    if failed or not database.exists():
        return failed
    query = (ROOT / "sql" / "trial_balance.sql").read_text(encoding="utf-8")
    untied = call(BIN / "python", "-c", PRINT, database, query)
    print(f"\nThe books are in {database.name}; the query is sql/trial_balance.sql.")
    return untied


def chosen_environment() -> str:
    """Return the environment of meltano.yml that the keys are for: any key is a real company's."""
    settings = env_file() | os.environ
    keys = {name: settings.get(name, "").strip() for name in (COMPANY_KEY, *TOKENS)}
    found = {name: key for name, key in keys.items() if key}
    # The tap takes a company key from any of the settings, and tells which one it is in.
    alone = COMPANY_KEY in found or any(key.startswith("tlxr_") for key in found.values())
    if len(found) == 1 and not alone:
        message = f"{' and '.join(TOKENS)} belong together, or {COMPANY_KEY} alone is set."
        sys.exit(f"{next(iter(found))} is set, but not the other: {message}")
    return "production" if found else "sandbox"


def env_file() -> dict[str, str]:
    """Return what the file .env sets: Meltano reads it too, below the environment."""
    file = ROOT / ".env"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    pairs = (line.strip().removeprefix("export ").partition("=") for line in lines)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs if name[:1] != "#"}


def call(*command: str | Path, environment: dict[str, str] | None = None) -> int:
    """Run a command to its end and return its exit code."""
    return subprocess.run([*map(str, command)], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
