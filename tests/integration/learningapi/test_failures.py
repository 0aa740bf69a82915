"""What the service says, and what it logs, when it is the service or its database that fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.integration.learningapi.harness import Logviewer, Service, eventually

Rows = Callable[..., list[tuple[Any, ...]]]
TABLE = '"LearningAPI_nssusercohort"'


def test_an_unexpected_failure_is_told_once_with_its_traceback_and_not_to_the_client(
    service: Service, logviewer: Logviewer, ask_database: Rows
) -> None:
    ask_database(f"ALTER TABLE {TABLE} RENAME TO away")
    try:
        answer = service.assign(66, 1)
    finally:
        ask_database(f"ALTER TABLE away RENAME TO {TABLE}")
    errors = [
        event
        for event in logviewer.of_request(answer.request_id)
        if event["level"] == "error" and event["logger"] != "django.request"
    ]

    assert answer.status == 500
    assert answer.body == {
        "message": "Something failed here. The log has the details under this request id.",
        "request_id": answer.request_id,
    }
    assert [event["event"] for event in errors] == [
        "unexpected_error_during_assignment",
        "cohort_assignment_failed",
        "request_failed",
    ]
    assert {event["event"] for event in errors if "exception" in event} == {"request_failed"}
    assert "UndefinedTable" in errors[2]["exception"]


def test_a_change_that_fails_half_way_leaves_nothing(service: Service, ask_database: Rows) -> None:
    wanted = {
        "name": "Half a cohort", "slackChannel": "", "startDate": "2026-01-05", "endDate": "2026-07-05",
        "clientSide": 1, "serverSide": 3,
    }  # fmt: skip
    ask_database('ALTER TABLE "LearningAPI_cohortinfo" RENAME TO away')
    try:
        answer = service.ask("POST", "/cohorts", wanted)
    finally:
        ask_database('ALTER TABLE away RENAME TO "LearningAPI_cohortinfo"')

    assert answer.status == 500
    assert ask_database('SELECT id FROM "LearningAPI_cohort" WHERE name = %s', "Half a cohort") == []


def test_a_place_in_the_cohort_outlives_a_project_that_the_database_refuses(
    service: Service, logviewer: Logviewer, ask_database: Rows
) -> None:
    ask_database('ALTER TABLE "LearningAPI_studentproject" RENAME TO away')
    try:
        answer = service.assign(68, 1)
    finally:
        ask_database('ALTER TABLE away RENAME TO "LearningAPI_studentproject"')
    [error] = [event for event in logviewer.of_request(answer.request_id) if event["level"] == "error"]

    assert answer.status == 201
    assert ask_database(f"SELECT cohort_id FROM {TABLE} WHERE nss_user_id = 68") == [(1,)]
    assert (error["event"], error["reason"]) == ("failed_to_assign_student_to_project", "database")
    assert "UndefinedTable" in error["exception"]


def test_a_row_that_stays_locked_is_503_and_changes_nothing(service: Service, ask_database: Rows) -> None:
    with psycopg.connect(service.environment["LEARNINGAPI_DATABASE_URL"]) as holder:
        holder.execute('SELECT 1 FROM "LearningAPI_nssuser" WHERE id = 69 FOR UPDATE')
        answer = service.assign(69, 1)

    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert answer.body["message"] == "The database does not answer in time. Try again shortly."
    assert ask_database(f"SELECT 1 FROM {TABLE} WHERE nss_user_id = 69") == []


def test_a_database_that_is_away_is_503_until_it_is_back(service: Service, postgres_url: str) -> None:
    with _without_database(service, postgres_url):
        away = [service.ask("GET", "/cohorts/1") for _ in range(2)]

    assert [answer.status for answer in away] == [503, 503]
    assert away[0].body["request_id"] == away[0].request_id
    eventually(lambda: service.ask("GET", "/cohorts/1").status == 200, "the database")


@contextmanager
def _without_database(service: Service, postgres_url: str) -> Iterator[None]:
    name = urlsplit(service.environment["LEARNINGAPI_DATABASE_URL"]).path.removeprefix("/")
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            server.execute(allow.format(sql.Identifier(name), sql.SQL("true")))
