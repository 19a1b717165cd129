"""Install a built wheel or sdist as a user does, and run what it brings.

    python scripts/check_install.py dist/tap_tripletex-0.1.0-py3-none-any.whl [--pre]

makes an empty environment of the Python that runs this, installs the file with what it needs, and
tries every command from a folder that holds nothing of the source. With ``--pre`` what it needs
may be pre-releases. The exit code is 1 when something does not work.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

KEPT = ("PATH", "HOME", "SYSTEMROOT", "TEMP", "SSL_CERT_FILE", "LANG", "LC_ALL")
"""Environment variables that an empty environment still needs; pip's own are kept as well."""

FEWEST_STREAMS = 100
"""Streams that a run of the sandbox at least fills."""


def main() -> int:
    """Install and try, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("distribution", type=Path, help="wheel or sdist")
    parser.add_argument("--pre", action="store_true", help="install pre-releases too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            place = Installation(Path(folder))
            place.install(options.distribution.resolve(), pre=options.pre)
            place.try_out(options.distribution.name)
        except InstallError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


class InstallError(Exception):
    """What did not work, with its output."""


class Installation:
    """A virtual environment and an empty working folder."""

    def __init__(self, folder: Path) -> None:
        """Make both."""
        self.folder = folder / "work"
        self.folder.mkdir()
        venv.create(folder / "venv", with_pip=True)
        self.bin = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")

    def install(self, distribution: Path, *, pre: bool) -> None:
        """Install a file and what it needs, and let pip look for contradictions."""
        pip = ("python", "-m", "pip", "--quiet", "--disable-pip-version-check")
        chosen = ("--no-compile", *(("--pre",) if pre else ()))  # what is run is compiled then
        self.call(*pip, "install", *chosen, str(distribution))
        self.call(*pip, "check")
        versions = self.call("python", "-c", VERSIONS).strip()
        print(f"installed {distribution.name}: {versions}", flush=True)

    def try_out(self, distribution: str) -> None:
        """Run every command of the package."""
        said = self.call("tap-tripletex", "--version").split(",")[0]
        version = said.removeprefix("tap-tripletex v")
        self.must(f"-{version}" in distribution, f"--version says {said}")
        about = json.loads(self.call("tap-tripletex", "--about", "--format=json"))
        self.must("structured-logging" in about["capabilities"], "--about lacks capabilities")
        catalog = json.loads(self.call("tap-tripletex", "--discover"))
        self.must(len(catalog["streams"]) > FEWEST_STREAMS, "--discover finds few streams")
        first = self.read()
        self.must(len(first["RECORD"]) > FEWEST_STREAMS, "the first run fills few streams")
        (self.folder / "state.json").write_text(json.dumps(first["STATE"][-1]["value"]))
        again = self.read("--state=state.json")
        windows = {"sync_windows"}
        self.must(set(again["RECORD"]) <= windows, f"a second run emits {set(again['RECORD'])}")
        views = self.call("tap-tripletex-views", "--dialect=postgres")
        self.must("postings_current" in views, "no view of current postings")
        self.call("tap-tripletex-probe", "--help")
        shown = json.loads(self.call("tap-tripletex-state", "state.json"))
        self.must("postings" in shown["bookmarks"], "a state does not show its streams")
        self.call("python", "-m", "tap_tripletex.sandbox", "--help")
        rows = sum(first["RECORD"].values())
        print(f"works on Python {sys.version.split()[0]}: {rows} rows", flush=True)

    def read(self, *options: str) -> dict[str, Any]:
        """Run the tap against the sandbox; return states, and the number of records by stream."""
        output = self.call("tap-tripletex", "--config=ENV", *options)
        found: dict[str, Any] = {"STATE": [], "RECORD": {}}
        for message in map(json.loads, output.splitlines()):
            if message["type"] == "RECORD":
                found["RECORD"][message["stream"]] = found["RECORD"].get(message["stream"], 0) + 1
            elif message["type"] == "STATE":
                found["STATE"].append(message)
        return found

    def call(self, command: str, *arguments: str) -> str:
        """Run a command of the environment to its end and return what it printed.

        Raises:
            InstallError: its exit code is not 0.
        """
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        done = subprocess.run(  # noqa: S603 - commands of the environment just made
            [str(self.bin / command), *arguments],
            cwd=self.folder,
            env={**kept, **pip, "TAP_TRIPLETEX_API_URL": "sandbox://"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            message = f"{command} {' '.join(arguments)} ended with {done.returncode}:\n"
            raise InstallError(message + done.stderr[-4000:])
        return done.stdout

    @staticmethod
    def must(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Raise a InstallError unless something holds."""
        if not holds:
            raise InstallError(otherwise)


VERSIONS = """
from importlib.metadata import version
print(", ".join(f"{name} {version(name)}" for name in ("singer-sdk", "requests", "msgspec")))
"""

if __name__ == "__main__":
    sys.exit(main())
