"""A school's API under gunicorn, pointed here by host and port alone: each event of an assignment, with every field."""

import http.client
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client

from logviewer.accounts.tokens import create_read_token
from tests.faults.product import until
from tests.ports import free_port

ASSIGNMENT = [
    ("assign_nssuser_to_cohort_started", "info"),
    ("cohort_found", "debug"),
    ("cohort_assignment_started", "info"),
    ("student_assignment_attempt", "info"),
    ("student_found", "debug"),
    ("creating_cohort_assignment", "info"),
    ("cohort_assignment_created", "info"),
    ("assigning_student_to_first_project", "info"),
    ("first_project_found", "debug"),
    ("student_assigned_to_project", "info"),
    ("cohort_assignment_completed", "info"),
    ("assign_nssuser_to_cohort_completed", "info"),
]


class School:
    """The API, running."""

    def __init__(self, port):
        self.port = port

    def assign(self, cohort_id, person_id, method="POST"):
        """The status, the id of what the decorator logged first, and that of all the rest."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, f"/cohorts/{cohort_id}/assign/{person_id}")
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        return answer.status, answer.getheader("X-Outer-Request-Id"), content.get("request_id")

    def is_ready(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@pytest.fixture
def school(door, library_environment, tmp_path):
    port = free_port()
    where = {"SCHOOL_LOGSTASH_HOST": "127.0.0.1", "SCHOOL_LOGSTASH_PORT": str(door.port)}
    with (tmp_path / "school.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--workers", "3", "--bind", f"127.0.0.1:{port}",
             "--worker-tmp-dir", str(tmp_path), "tests.integration.listener.school:application"],
            env={**library_environment, **where}, stdout=log, stderr=log,
        )  # fmt: skip
    school = School(port)
    try:
        until(lambda: school.is_ready() or process.poll() is not None, 60)
        assert process.poll() is None, (tmp_path / "school.log").read_text()
        yield school
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def find(viewer):
    """Events by the read API, oldest first."""
    secret = create_read_token(viewer, "test").secret

    def events(**parameters):
        headers = {"authorization": f"Bearer {secret}"}
        answer = Client().get("/api/v1/events", {**parameters, "limit": 1000}, headers=headers)
        assert answer.status_code == 200
        return answer.json()["events"][::-1]

    return events


def test_every_event_of_an_assignment_has_its_fields(school, stored, find):
    status, outer_id, inner_id = school.assign(12, 88)
    assert status == 201
    stored(12)

    events = find(request_id=outer_id) + find(request_id=inner_id)
    assert [(event["event"], event["level"]) for event in events] == ASSIGNMENT
    assert {event["service"] for event in events} == {"learning-api"}
    assert {event["logger"] for event in events} == {"LearningAPI.cohort"}
    assert {event["data"]["path"] for event in events} == {"/cohorts/12/assign/88"}
    assert {event["data"]["type"] for event in events} == {"learning_platform"}
    assert {event["time"][-4:-1] for event in events} != {"000"}, "the inner times have microseconds"
    assert [event["meta"] for event in events if event["meta"]] == [{"flags": ["redacted"], "redacted": 1}]
    fields = {event["event"]: event["data"] for event in events}
    assert fields["cohort_assignment_created"]["assignment"] == [12, 88]
    assert fields["first_project_found"]["project"] == {"id": 7, "name": 'The "first" one', "book": None}
    assert fields["student_found"]["student_name"] == "[redacted]"
    assert fields["creating_cohort_assignment"]["user_id"] == 88
    assert not [event for event in events if {"_logger", "_name", "message"} & set(event["data"])]


def test_events_are_found_by_cohort_whether_it_was_text_or_number_and_by_level(school, stored, find):
    _, _, request_id = school.assign(12, 88)
    school.assign(13, 89)
    stored(12 + 8)

    # All but the first, which is logged under another request id before a cohort is bound.
    assert len(find(cohort_id="12", request_id=request_id)) == 11
    assert [event["event"] for event in find(cohort_id="13", level="warning")] == ["user_already_assigned_to_cohort"]
    assert len(find(q="event:cohort_assignment_* cohort_id:12")) == 3


def test_a_failure_has_its_traceback(school, stored, find):
    school.assign(12, 99)
    stored(6)

    failed, django = [event for event in find(level="error") if event["service"] == "learning-api"]
    assert failed["event"] == "assign_nssuser_to_cohort_failed"
    assert failed["data"]["exception"].splitlines()[-1] == "LookupError: there is no person 99: it's unknown"
    assert failed["data"]["error"] == "there is no person 99: it's unknown"
    assert (django["event"], django["logger"]) == ("Internal Server Error: /cohorts/12/assign/99", "django.request")
    assert django["data"]["status_code"] == 500


def test_many_requests_on_three_workers_arrive_whole(school, stored, find):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda number: school.assign(number, 88), range(100, 160)))

    assert [status for status, _, _ in answers] == [201] * 60
    stored(60 * 12)
    for _, outer_id, inner_id in answers:
        names = [event["event"] for event in find(request_id=outer_id) + find(request_id=inner_id)]
        assert names == [name for name, _ in ASSIGNMENT]
    hosts = {event["data"]["host"] for event in find()}
    assert hosts == {os.uname().nodename}
