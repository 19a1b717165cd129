"""Runs Meltano as a user would: its own process, the project's meltano.yml, real targets."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import fasteners
import pytest

import run
from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN, Sandbox, serve
from tests.postgres import postgres_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Postgres

ROOT = Path(__file__).parents[2]
MELTANO = Path(sys.executable).parent / "meltano"
PLUGINS = (
    "tap-tripletex",
    "target-duckdb",
    "target-jsonl",
    "target-postgres",
    "dbt-duckdb",
    "dbt-postgres",
    "report",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session", autouse=True)
def _plugins() -> None:
    """Install what the tests run, as it is pinned: once, however many processes test."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each process compiles all that it imports
    with fasteners.InterProcessLock(ROOT / ".meltano-tests.lock"):
        run.install(*PLUGINS)


def apart(folder: Path) -> dict[str, str]:
    """Return what keeps runs of Meltano apart from others: two at once share no working file."""
    own = folder / ".meltano"
    own.mkdir()
    for kind in ("extractors", "loaders", "utilities"):
        (own / kind).symlink_to(ROOT / ".meltano" / kind)
    return {
        "MELTANO_SYS_DIR_ROOT": str(own),
        "MELTANO_DATABASE_URI": f"sqlite:///{folder}/meltano.db",
        "DBT_TARGET_PATH": str(own / "target"),
        "DBT_LOG_PATH": str(own / "logs"),
    }


@dataclass
class Result:
    """What a run left behind besides the rows."""

    code: int
    output: str


@dataclass
class Project:
    """The repository's Meltano project with a state of its own and a sandbox over HTTP."""

    folder: Path
    sandbox: Sandbox
    environment: dict[str, str] = field(default_factory=dict)

    def meltano(self, *arguments: str, timeout: float = 300, **environment: str) -> Result:
        done = subprocess.run(
            [str(MELTANO), *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Result(done.returncode, done.stdout)

    def run(self, target: str, *flags: str, code: int = 0, **environment: str) -> Result:
        """Run the tap into a target and expect an exit code."""
        result = self.meltano(*flags, "run", "tap-tripletex", target, **environment)
        assert result.code == code, result.output[-6000:]
        return result

    def build(self, target: str, *models: str, **environment: str) -> None:
        """Run the tap into a target, and make the accounting models, which must tie out."""
        arguments = ("run", "--no-install", "tap-tripletex", target, *models)
        result = self.meltano(*arguments, timeout=900, **environment)
        assert result.code == 0, result.output[-6000:]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return list(self.sandbox.requests)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A sandbox without rate limit, and everything that a run writes in a folder of its own."""
    sandbox = Sandbox(rate_limit=None)
    with serve(sandbox) as server:
        yield Project(
            tmp_path,
            sandbox,
            {
                "TAP_TRIPLETEX_API_URL": server.url,
                "TAP_TRIPLETEX_CONSUMER_TOKEN": CONSUMER_TOKEN,
                "TAP_TRIPLETEX_EMPLOYEE_TOKEN": EMPLOYEE_TOKEN,
                **apart(tmp_path),
                "TARGET_DUCKDB_FILEPATH": str(tmp_path / "books.duckdb"),
                "TARGET_JSONL_DESTINATION_PATH": str(tmp_path / "output"),
            },
        )


class DuckDB:
    """The rows that target-duckdb has written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def count(self, table: str) -> int:
        return int(self.rows(f'SELECT count(*) FROM "{table}"')[0][0])


@pytest.fixture
def books(project: Project) -> DuckDB:
    return DuckDB(project.folder / "books.duckdb")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start a server for all tests."""
    with postgres_server() as server:
        yield server
