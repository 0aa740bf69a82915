"""What tests share: a migrated store, people with passwords, and a really running server."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.test.utils import setup_databases, teardown_databases

from logviewer.store import services
from logviewer.store.event import Event
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
WATCHDOG_S = 90.0  # against hangs: what is waited for takes seconds, and many times as long on a busy machine
PASSWORD = "correct horse battery staple"
COUNTS = ("event_count_new", "event_count_minute", "event_count_hour")
STORE_TABLES = (
    "log_event", "log_service", "log_field", "ingest_batch", "cursor_position", "event_rollup_slice", "store_state",
    *COUNTS,
)  # fmt: skip
PEOPLE_TABLES = ("accounts_user", "accounts_firstadminlink", "django_session", "ingest_ingestkey", "logviewer_cache")


# No deadline: on a busy machine any example may take long. --long looks at new examples each time.
hypothesis.settings.register_profile(
    "ours",
    deadline=None,
    derandomize=not os.environ.get("TESTS_LONG"),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("ours")


@pytest.hookimpl(trylast=True)  # after pytest-randomly
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # In any order, but folder by folder: what the tests of a folder share would be started anew for each of its files.
    items.sort(key=lambda item: item.path.parent)
    if not os.environ.get("TESTS_LONG"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="long: scripts/test --long runs it"))


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The throw-away server's maintenance database, for tests that make databases of their own."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: object) -> Iterator[None]:
    """The test database, migrated, with the logins of ingest and searches. Takes the place of pytest-django's, which
    makes only the databases that marked tests name."""
    from logviewer.store.logins import ensure_logins

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        made = setup_databases(verbosity=0, interactive=False)
        assert ensure_logins(), "the tests' Postgres user must be allowed to create roles"
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        with connections["default"].cursor() as cursor:
            # A browser or server that a test left behind must not keep the database from being dropped.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = ANY(%s) AND pid <> pg_backend_pid()",
                [[settings.DATABASES[alias]["USER"] for alias in settings.DATABASES]],
            )
        for connection in connections.all():
            connection.close_pool()
        teardown_databases(made, verbosity=0)


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """The migrated database, with real commits; emptied after the test."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
        empty_store()


def empty_store() -> None:
    services.forget()
    for connection in connections.all():
        connection.close()
    with connections["default"].cursor() as cursor:
        cursor.execute("SET lock_timeout = '20s'")
        cursor.execute(f"TRUNCATE {', '.join((*STORE_TABLES, *PEOPLE_TABLES))} CASCADE")
    for connection in connections.all():
        connection.close()


@pytest.fixture
def store_events(database: None) -> Callable[[Sequence[Event]], list[int]]:
    """Stores events with the real writer, as one batch, and returns their ids."""
    from logviewer.store import ledger, writer

    def store(events: Sequence[Event]) -> list[int]:
        batch = writer.Batch("test", "", None, b"", lambda refused: {"accepted": len(events) - len(refused)})
        written = writer.write(events, batch)
        assert written.answer == {"accepted": len(events)}
        with connections["ingest"].cursor() as cursor:
            cursor.execute("SELECT max(batch) FROM ingest_batch")
            first = cursor.fetchone()[0] << ledger.PLACES_BITS
        return list(range(first, first + len(events)))

    return store


@pytest.fixture
def make_user(database: None) -> Callable[..., object]:
    from logviewer.accounts.models import User

    def make(email: str, role: str = "viewer", **fields: object) -> User:
        return User.objects.create_user(email, PASSWORD, role=role, **fields)

    return make


@pytest.fixture
def viewer(make_user):
    """May search."""
    return make_user("vera@school.test", "viewer")


@pytest.fixture
def operator(make_user):
    """May also manage ingest keys."""
    return make_user("oscar@school.test", "operator")


@pytest.fixture
def admin(make_user):
    """May also manage accounts."""
    return make_user("ada@school.test", "admin")


@pytest.fixture
def client_of() -> Callable[[object], Client]:
    """A browser-like client that is logged in as the given person."""

    def logged_in(user: object) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return logged_in


@pytest.fixture
def ingest_secret(database: None) -> str:
    """The secret of a key that keeps each event's own service."""
    from ingest.keys import create_ingest_key

    return create_ingest_key(service="*", label="test").secret


def database_environment() -> dict[str, str]:
    """The environment of a process of ours on the tests' database."""
    name = settings.DATABASES["default"]["NAME"]
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}")
    address = url.netloc.rpartition("@")[2]

    def url_of(alias: str) -> str:
        login = settings.DATABASES[alias]
        return urlunsplit(url._replace(netloc=f"{login['USER']}:{login['PASSWORD']}@{address}"))

    return {
        **os.environ,
        "DATABASE_URL": urlunsplit(url),
        "LOGVIEWER_INGEST_DATABASE_URL": url_of("ingest"),
        "LOGVIEWER_SEARCH_DATABASE_URL": url_of("search"),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def running_server(environment: dict[str, str]) -> Iterator[str]:
    """Serves with the product's own web server on a free port and yields the URL."""
    port = free_port()
    command = [sys.executable, "-m", "logviewer.supervisor.web"]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(command, cwd=ROOT, env={**environment, "LOGVIEWER_PORT": str(port)})
    try:
        _wait_until_healthy(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(WATCHDOG_S)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + WATCHDOG_S
    while time.monotonic() < give_up:
        assert process.poll() is None, "the server ended at once"
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError("the server did not answer in time")


@pytest.fixture(scope="session")
def _live_server(django_db_setup: None) -> Iterator[str]:
    with running_server(database_environment()) as url:
        yield url


@pytest.fixture
def live_logviewer(_live_server: str, database: None) -> str:
    """The URL of the product, really running on the tests' database."""
    return _live_server
