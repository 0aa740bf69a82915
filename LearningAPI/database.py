"""The service's own database: how Django reaches it, and how it comes to be on a server that lacks it."""

import time
from typing import Any

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict

MAINTENANCE_DATABASES = ("postgres", "template1")
CONNECT_TIMEOUT_S = 5
LOCK_TIMEOUT_S = 5
RETRY_EVERY_S = 0.5


class NoDatabase(Exception):
    """The database is neither there nor to be had. The message says what to do."""


def connection_settings(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for `url`, which libpq parses: sockets, passfile and sslmode work as everywhere."""
    given = {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": given.pop("dbname", ""),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        "HOST": given.pop("host", ""),
        "PORT": given.pop("port", ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": CONNECT_TIMEOUT_S,
            **given,
            "application_name": "learningapi",
            # A request that waits for a row that long is better told to come again.
            "options": f"{given.get('options', '')} -c lock_timeout={LOCK_TIMEOUT_S}s".strip(),
            # Idle connections are given back: each costs the server megabytes, and this service is mostly idle.
            "pool": {"min_size": 0, "max_size": 6, "timeout": 5, "max_idle": 60, "num_workers": 1},
        },
    }


def create_if_missing(url: str, *, patience_s: float) -> None:
    """Returns once the database of `url` answers, having created it if it was not there.

    Waits up to `patience_s` for the server. Raises NoDatabase with a sentence.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            _create_unless_it_answers(url)
        except psycopg.OperationalError as problem:
            if time.monotonic() > deadline:
                raise NoDatabase(f"{describe(url)} does not answer: {_first_line(problem)}") from problem
            time.sleep(RETRY_EVERY_S)
        else:
            return


def describe(url: str) -> str:
    """Names the database in words for people: where it is, never the password."""
    parts = conninfo_to_dict(url)
    return f"database {parts.get('dbname')!r} at {parts.get('host', 'the local socket')}:{parts.get('port', 5432)}"


def _create_unless_it_answers(url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S).close()
    except psycopg.OperationalError as refused:
        # libpq tells "no such database" from "no server" in words only, so the server is asked.
        with _maintenance_connection(url) as server:
            name = str(conninfo_to_dict(url).get("dbname"))
            if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                raise refused from None
            _create(server, name)


def _maintenance_connection(url: str) -> psycopg.Connection:
    problem: psycopg.OperationalError | None = None
    for name in MAINTENANCE_DATABASES:
        try:
            return psycopg.connect(url, dbname=name, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S)
        except psycopg.OperationalError as refused:
            problem = problem or refused
    raise problem or psycopg.OperationalError("no maintenance database")


def _create(server: psycopg.Connection, name: str) -> None:
    try:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except errors.DuplicateDatabase:
        return
    except errors.InsufficientPrivilege as problem:
        raise NoDatabase(
            f"database {name!r} is not there and {server.info.user!r} may not create it: "
            f'run  CREATE DATABASE "{name}" OWNER "{server.info.user}"  as an administrator of the server'
        ) from problem


def _first_line(problem: Exception) -> str:
    return str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
