"""What `backup` writes while the product runs, `restore` brings back: all rows, and what searches need besides."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from logviewer.store import maintenance, partitions
from logviewer.store.event import Event
from tests.conftest import PEOPLE_TABLES, ROOT, STORE_TABLES, database_environment

KEPT = {*STORE_TABLES, *PEOPLE_TABLES, "django_migrations"} - {"store_state"}  # a start says there when it was


def manage(url: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env={**database_environment(), "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    """The URL of one, which goes with the logins that were made for it."""
    name = f"restored_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlunsplit(urlsplit(postgres_url)._replace(path=f"/{name}"))
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        for work in ("ingest", "search"):
            server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(f"{name}_{work}")))


def rows_of(url: str) -> dict[str, list[tuple[object, ...]]]:
    with psycopg.connect(url) as database:
        return {
            table: sorted(database.execute(sql.SQL("SELECT {0}::text FROM {0}").format(sql.Identifier(table))))
            for table in KEPT
        }


def sealed_of(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as database:
        return database.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE 'log_event_%' AND relkind = 'i' ORDER BY 1"
        ).fetchall()


def test_a_backup_is_restored_whole_and_only_into_an_empty_database(store_events, admin, empty_database, tmp_path):
    now = datetime.now(UTC)
    for days in (2, 0):
        store_events([Event(now - timedelta(days=days), 30, "api", "e", "", "r1", "12", '{"status": 500}')])
    maintenance.seal_ended()
    assert any(one.sealed for one in partitions.existing())
    ours, file = database_environment()["DATABASE_URL"], tmp_path / "of a night.dump"

    written = manage(ours, "backup", file)
    assert written.returncode == 0, written.stderr
    cut = tmp_path / "cut.dump"
    cut.write_bytes(file.read_bytes()[:-200])
    assert (
        manage(empty_database, "restore", cut).returncode == 1
    )  # and the database is still empty, as the next one needs
    restored = manage(empty_database, "restore", file)
    assert restored.returncode == 0, restored.stderr

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert rows_of(empty_database) == rows_of(ours)
    assert set(sealed_of(ours)) <= set(sealed_of(empty_database))
    again = manage(empty_database, "restore", file)
    assert again.returncode == 1
    assert "nothing was restored" in again.stderr


def test_a_failed_backup_leaves_the_one_before_and_no_half(empty_database, tmp_path):
    file = tmp_path / "backup"
    file.write_text("of yesterday")

    failed = manage(empty_database.replace("restored_", "absent_"), "backup", file)

    assert failed.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]
    assert file.read_text() == "of yesterday"
