"""One running service for each module of tests, with the sample school in a database of its own."""

import json
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.conftest import empty_store
from tests.integration.learningapi.harness import (
    Logviewer,
    Service,
    Slack,
    environment_for,
    run,
    running,
    running_slack,
)


@pytest.fixture(autouse=True)
def _database() -> None:
    """Nothing to do for each test: the module's logviewer is emptied once."""


@pytest.fixture(scope="module")
def logviewer(_live_server: str, django_db_blocker: object) -> Iterator[Logviewer]:
    """The product, really running on the tests' database."""
    from ingest.keys import create_ingest_key
    from logviewer.accounts.models import User
    from logviewer.accounts.tokens import create_read_token

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        reader = User.objects.create_user(f"{uuid4().hex}@school.test", "a password that nobody uses", role="viewer")
        key = create_ingest_key(service="learning-api", label="test").secret
        yield Logviewer(_live_server, key, create_read_token(reader).secret)
        empty_store()


@pytest.fixture(scope="module")
def slack() -> Iterator[Slack]:
    with running_slack() as slack:
        yield slack


@pytest.fixture(scope="module")
def environment_of(
    postgres_url: str, logviewer: Logviewer, slack: Slack, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict[str, str]]:
    """The environment of a service on the database of that name."""

    def make(database: str) -> dict[str, str]:
        url = urlunsplit(urlsplit(postgres_url)._replace(path=f"/{database}"))
        return environment_for(logviewer, slack, url, tmp_path_factory.mktemp("learningapi"))

    return make


@pytest.fixture(scope="module")
def service(
    postgres_url: str, environment_of: Callable[[str], dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    database = f"learningapi_{uuid4().hex}"
    environment = environment_of(database)
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    run(environment, "migrate", "--verbosity", "0")
    school = json.loads(run(environment, "load_school"))
    log = tmp_path_factory.mktemp("serve") / "log"
    with running(environment, "serve", log) as process:
        yield Service(f"http://127.0.0.1:{environment['LEARNINGAPI_PORT']}", school, environment)
    assert process.returncode == 0, log.read_text()


@pytest.fixture
def ask_database(service: Service) -> Callable[..., list[tuple[object, ...]]]:
    """What the service's own database answers."""

    def ask(query: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(service.environment["LEARNINGAPI_DATABASE_URL"]) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    return ask
