"""One running service for each module of tests, with the sample school in a database of its own."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import empty_store
from tests.integration.learningapi.harness import (
    Logviewer,
    Service,
    Slack,
    environment_for,
    running,
    running_slack,
)
from tests.sample_school import SampleSchool


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
def service(
    sample_school: SampleSchool, logviewer: Logviewer, slack: Slack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("learningapi")
    environment = environment_for(logviewer, slack, sample_school.copied_to(folder), folder)
    log = folder / "log"
    with running(environment, "serve", log) as process:
        yield Service(f"http://127.0.0.1:{environment['LEARNINGAPI_PORT']}", dict(sample_school.people), environment)
    assert process.returncode == 0, log.read_text()


@pytest.fixture
def ask_database(service: Service) -> Callable[..., list[tuple[object, ...]]]:
    """What the service's own database answers."""

    def ask(query: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(service.environment["LEARNINGAPI_DATABASE_URL"]) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    return ask
