"""Reads a company's books into a database, or runs the tests: needs only Python and pip.

    python3 run.py                 fill a database, make a report of it, and print it in short
    python3 run.py install NAME    install what meltano.yml names, such as target-postgres
    python3 run.py test            run the tests

Reads the company built into the tap into sandbox.duckdb, unless a key of your own company is set:
TAP_TRIPLETEX_REFRESH_TOKEN alone, or TAP_TRIPLETEX_CONSUMER_TOKEN and TAP_TRIPLETEX_EMPLOYEE_TOKEN.
Then that is read into books.duckdb. The report is output/sandbox/report.html, or output/report.html
of your own company; REPORT_LANGUAGE=en makes it English. Whatever is installed is pinned with its
hashes, and no step that installs sees a key.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.resolve()
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
CONSTRAINTS = ROOT / "constraints.txt"
EXTRACTOR = "tap-tripletex"
LOADER = "target-duckdb"
MODELS = "dbt-duckdb"
REPORT = "report"
OWN = "made-by-run.py"
DATABASES = {"sandbox": ROOT / "sandbox.duckdb", "production": ROOT / "books.duckdb"}
REPORTS = {"sandbox": ROOT / "output" / "sandbox", "production": ROOT / "output"}
LOGS = ROOT / ".meltano" / "logs"
MOST_PROCESSES = 8  # of tests: each has databases, browsers and companies of its own
COMPANY_KEY = "TAP_TRIPLETEX_REFRESH_TOKEN"
TOKENS = ("TAP_TRIPLETEX_CONSUMER_TOKEN", "TAP_TRIPLETEX_EMPLOYEE_TOKEN")


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
            # A file's tests go to one process, the long end-to-end ones first; some only wait.
            processes = min((os.cpu_count() or 1) + 1, MOST_PROCESSES)
            chosen = options or (f"-n{processes}", "--dist=loadfile", "--no-loadscope-reorder")
            return call(BIN / "python", "-m", "pytest", *chosen, environment=without_secrets())
        case _:
            print(__doc__)
            return 2


def prepare() -> None:
    """Install the tap, Meltano, and what a run of it needs."""
    make_environment()
    install(EXTRACTOR, LOADER, MODELS)


def make_environment() -> None:
    """Make the virtual environment, once for each set of pinned packages."""
    ready = VENV / f"ready-{digest(CONSTRAINTS, ROOT / 'pyproject.toml')}"
    if ready.exists():
        return
    if VENV.is_symlink() or (VENV.exists() and not any(VENV.glob("ready-*")) and not is_own()):
        sys.exit(f"{VENV} was not made by this script. Move it away, or run from another clone.")
    print(
        "Installing, once: a few minutes, more on a slow line. It may be stopped, and goes on.\n"
        "Meltano and the tools …",
        flush=True,
    )
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
        kind, folder = kind_of(plugin)
        pins = CONSTRAINTS if plugin == EXTRACTOR else ROOT / "requirements" / f"{plugin}.txt"
        if not pins.exists():
            sys.exit(f"There is no {kind} {plugin}: {pins} is missing.")
        named = digest(pins, ROOT / "pyproject.toml", VENV / "pyvenv.cfg")
        ready = ROOT / ".meltano" / folder / plugin / "venv" / f"ready-{named}"
        if not ready.exists():
            print(f"{plugin} …", flush=True)
            # Meltano would hand the .env file's tokens to what it starts.
            meltano = (BIN / "meltano", f"--env-file={os.devnull}")
            must(*meltano, "install", "--clean", kind, plugin)
            ready.touch()


def kind_of(plugin: str) -> tuple[str, str]:
    """Return what Meltano calls such a plugin, and the folder of its installations."""
    if plugin == EXTRACTOR:
        return "extractor", "extractors"
    if plugin == REPORT or plugin.startswith("dbt-"):
        return "utility", "utilities"
    return "loader", "loaders"


def digest(*files: Path) -> str:
    """Return a short text that changes when any of the files does."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def must(*step: str | Path) -> None:
    """Run a step that installs, without the user's tokens; if it fails, say why, and end."""
    command = [*map(str, step)]
    done = subprocess.run(
        command,
        env=without_secrets(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nThis step failed: {' '.join(command)}")


def without_secrets() -> dict[str, str]:
    """Return the environment without the settings of the tap, of loaders and of dbt."""
    prefixes = ("TAP_", "TARGET_", "DBT_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def books() -> int:
    """Fill the database and make the report; the exit code is 1 if something does not tie out."""
    environment = chosen_environment()
    watched = (BIN / "python", ROOT / "scripts" / "watch_run.py", LOGS)
    meltano = (BIN / "meltano", "--log-format=json", f"--environment={environment}")
    database = Path(os.environ.get("TARGET_DUCKDB_FILEPATH") or DATABASES[environment])
    failed = call(*watched, *meltano, "run", "--no-install", EXTRACTOR, LOADER, f"{MODELS}:marts")
    if failed or not database.exists():
        return failed
    failed = call(*watched, *meltano, "run", "--no-install", f"{MODELS}:test-marts")
    places = {"REPORT_OUTPUT": str(REPORTS[environment])} | os.environ
    untied = call(BIN / "python", "-m", "report", "duckdb", database, environment=places)
    print(f"The books are in {database.name}, in the schema accounting.")
    return failed or untied


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
    with subprocess.Popen([*map(str, command)], env=environment) as process:
        while process.poll() is None:
            # Ctrl+C reaches the command as well, which ends in order.
            with suppress(KeyboardInterrupt):
                process.wait()
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
