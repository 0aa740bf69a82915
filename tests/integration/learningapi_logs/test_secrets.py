"""Nothing secret and nobody's name is in the event store, however it came into the service: all of it is searched."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from psycopg import sql

from benchmarks.school import Client, School
from tests.integration.learningapi_logs import planted

# Of logviewer's own people and sessions, which no event is in.
NO_EVENTS = ("accounts_", "auth_", "django_", "account_", "procrastinate_")
IN_THE_OPEN = "planted-in-the-open"


@pytest.fixture
def school(serve: Any) -> School:
    return serve(module="tests.integration.learningapi_logs.trapped")


def test_planted_secrets_are_found_nowhere(school: School, find: Any, end: Any) -> None:
    with school.client() as client:
        plant_in_requests(client, school)
        plant_in_traps(client)
        client.ask("POST", "/trap/log", {"texts": [IN_THE_OPEN], "fields": {"kind": IN_THE_OPEN}})
        last = client.ask("GET", "/cohorts")
    end(school)
    find(f"request_id:{last.request_id} event:request_finished")

    stored = list(everything_stored())

    assert any(IN_THE_OPEN in text for _, text in stored), "the search finds nothing at all"
    assert len([text for table, text in stored if table.startswith("log_event")]) > 500
    found = sorted(
        {(name, table) for table, text in stored for name, value in planted.PLANTED.items() if value in text}
    )
    assert found == []
    printed = school.log.read_text()
    assert IN_THE_OPEN in printed
    assert [name for name, value in planted.PLANTED.items() if value in printed] == []


def plant_in_requests(client: Client, school: School) -> None:
    """In the body, the query and the headers of every endpoint, under a good token, a bad one and none."""
    body = {**planted.SECRETS, "username": planted.SECRETS["email"], "nested": [planted.SECRETS]}
    for method, path in (
        ("POST", "/accounts/verify"), ("POST", "/accounts/logout"), ("POST", "/notify"),
        ("GET", "/cohorts"), ("POST", "/cohorts"), ("GET", "/cohorts/1"), ("PUT", "/cohorts/1"),
        ("PATCH", "/cohorts/1"), ("PUT", "/cohorts/1/active"), ("POST", "/cohorts/1/assign"),
        ("DELETE", "/cohorts/1/assign"), ("POST", "/nowhere"), ("GET", "/admin/login/"),
    ):  # fmt: skip
        for token in ("", planted.HEX, planted.SECRETS["jwt_token"], school.student_token):
            client.ask(method, f"{path}?{planted.query()}", body, token=token, headers=planted.headers())
    for value in planted.SECRETS.values():
        client.ask("POST", "/cohorts/1/assign", {"person_id": value})
        client.ask("POST", "/cohorts", {"name": value, "orgURL": value, "startDate": value, "clientSide": value})
        client.ask("POST", "/accounts/verify", {"username": value, "password": value}, token="")
        client.ask("POST", "/cohorts/1/assign", value.encode())
    for path in planted.paths():
        client.ask("GET", path)


def plant_in_traps(client: Client) -> None:
    """In the text of exceptions, in the variables of their frames, in what Postgres says, in careless log calls."""
    for text in planted.texts():
        assert client.ask("POST", "/trap/text", {"text": text}).status == 500
    assert client.ask("POST", "/trap/locals", {"fields": planted.SECRETS}).status == 500
    assert client.ask("POST", "/trap/violate", {"how": "duplicate", "row": planted.row()}).status == 500
    for column in ("password", "date_joined"):
        asked = {"how": "not null", "row": {**planted.row(), "username": "somebody"}, "without": column}
        assert client.ask("POST", "/trap/violate", asked).status == 500
    fields = {**planted.SECRETS, "oauth_code": planted.CODE, "oauth_state": planted.STATE}
    assert client.ask("POST", "/trap/log", {"texts": list(planted.texts()), "fields": fields}).status == 200


def everything_stored() -> Iterator[tuple[str, str]]:
    """Every row of every table of the store, as (table, text)."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        tables = [name for (name,) in cursor.fetchall() if not name.startswith(NO_EVENTS)]
        for table in tables:
            cursor.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table)))
            yield from ((table, text) for (text,) in cursor.fetchall())
