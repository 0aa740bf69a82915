"""Every call of docs/cohort-service.md, made in the order of its table: its status, and its events as they arrived."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.learningapi.harness import (
    COHORT_WITHOUT_PROJECT,
    REPOSITORY,
    STUDENT_WITHOUT_PROJECT,
    Answer,
    Logviewer,
    Service,
    Slack,
)

PAGE = REPOSITORY / "docs" / "cohort-service.md"
ROW = re.compile(r"^\| (?P<call>[^|]+?) \| (?P<status>\d{3}) \| (?P<events>`[^|]+`) \|$", re.MULTILINE)
# What these tell depends on which rows are written and on how fast the machine is, or follows when all is over.
BESIDE = {"LearningAPI.audit", "LearningAPI.database", "django.request"}
NEW = {
    "name": "Day Cohort 99", "slackChannel": "day-cohort-99", "startDate": "2026-01-05", "endDate": "2026-07-05",
    "clientSide": 1, "serverSide": 3,
}  # fmt: skip
CHANGED = {"name": "Day Cohort 98", "slack_channel": "c98", "start_date": "2026-01-05", "end_date": "2026-07-06"}


class School:
    """Who asks, and the cohort that is made on the way."""

    def __init__(self, service: Service, slack: Slack) -> None:
        self.service, self.slack = service, slack
        self.ask, self.assign, self.remove = service.ask, service.assign, service.remove
        self.made = self.token = ""

    def log_in(self) -> Answer:
        known = self.service.school["instructors"][1]
        credentials = {"username": known["username"], "password": known["password"]}
        answer = self.ask("POST", "/accounts/verify", credentials, token=None)
        self.token = answer.body["token"]
        return answer

    def create(self) -> Answer:
        answer = self.ask("POST", "/cohorts", NEW)
        self.made = answer.body["id"]
        return answer

    def notify(self, *failures: tuple[int, bytes]) -> Answer:
        self.slack.failures.extend(failures)
        return self.ask("POST", "/notify", {"message": "Stand-up starts in ten minutes."})


CALLS: dict[str, Callable[[School], Answer]] = {
    "log in": School.log_in,
    "a wrong password": lambda school: school.ask("POST", "/accounts/verify", {"username": "a", "password": "b"}),
    "list cohorts": lambda school: school.ask("GET", "/cohorts?q=day&active=true&limit=2"),
    "look at a cohort": lambda school: school.ask("GET", "/cohorts/1", token="student"),
    "make a cohort": School.create,
    "change it": lambda school: school.ask("PUT", f"/cohorts/{school.made}", CHANGED),
    "make it active": lambda school: school.ask("PUT", f"/cohorts/{school.made}/active"),
    "assign a student": lambda school: school.assign(66, int(school.made)),
    "assign the student again": lambda school: school.assign(66, int(school.made)),
    "assign an unknown person": lambda school: school.assign(4040, 1),
    "assign to an unknown cohort": lambda school: school.assign(66, 4040),
    "assign without a person": lambda school: school.ask("POST", "/cohorts/1/assign", {}),
    "assign with a student's token": lambda school: school.ask("POST", "/cohorts/1/assign", {}, token="student"),
    "assign without a token": lambda school: school.ask("POST", "/cohorts/1/assign", {}, token=None),
    "assign a student where no project is": lambda school: school.assign(
        STUDENT_WITHOUT_PROJECT, COHORT_WITHOUT_PROJECT
    ),
    "join as an instructor": lambda school: school.ask("POST", "/cohorts/1/assign?userType=instructor"),
    "join another as well": lambda school: school.ask("POST", "/cohorts/2/assign?userType=instructor"),
    "write to the cohort": lambda school: school.notify(),
    "write while Slack fails": lambda school: school.notify((200, b'{"ok": false, "error": "is_archived"}')),
    "leave as an instructor": lambda school: school.ask("DELETE", "/cohorts/1/assign?userType=instructor"),
    "move to the server side": lambda school: school.ask("PUT", f"/cohorts/{school.made}/migrate"),
    "move once more": lambda school: school.ask("PUT", f"/cohorts/{school.made}/migrate"),
    "delete a cohort with members": lambda school: school.ask("DELETE", f"/cohorts/{school.made}"),
    "remove a student": lambda school: school.remove(66, int(school.made)),
    "remove the student again": lambda school: school.remove(66, int(school.made)),
    "delete a cohort": lambda school: school.ask("DELETE", f"/cohorts/{school.made}"),
    "log out": lambda school: school.ask("POST", "/accounts/logout", token=school.token),
}
STORIES = {
    row["call"]: (int(row["status"]), re.findall(r"`(\w+)`", row["events"])) for row in ROW.finditer(PAGE.read_text())
}


@pytest.fixture(scope="module")
def told(service: Service, slack: Slack, logviewer: Logviewer) -> dict[str, tuple[Answer, list[dict[str, Any]]]]:
    """Each call's answer and events."""
    school = School(service, slack)
    answers = {name: call(school) for name, call in CALLS.items()}
    return {name: (answer, logviewer.of_request(answer.request_id)) for name, answer in answers.items()}


def test_the_page_has_every_call_in_order() -> None:
    assert list(STORIES) == list(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_tells_its_story(name: str, told: dict[str, tuple[Answer, list[dict[str, Any]]]]) -> None:
    answer, events = told[name]

    assert (answer.status, [e["event"] for e in events if e["logger"] not in BESIDE]) == STORIES[name]


def test_every_request_has_an_id_of_its_own(told: dict[str, tuple[Answer, list[dict[str, Any]]]]) -> None:
    assert len({answer.request_id for answer, _ in told.values()}) == len(CALLS)


def test_every_event_of_a_cohorts_request_names_the_cohort_and_who_acts(
    service: Service, told: dict[str, tuple[Answer, list[dict[str, Any]]]]
) -> None:
    instructor = service.school["instructors"][0]["user_id"]
    _, events = told["assign the student again"]
    started, *others = events

    assert started["event"] == "request_started"
    assert {event["cohort_id"] for event in events} == {str(told["make a cohort"][0].body["id"])}
    assert {event["user_id"] for event in others} == {instructor}
    assert {event["student_id"] for event in others[2:]} == {66}


def test_a_project_that_cannot_be_given_is_an_error_with_its_traceback(
    told: dict[str, tuple[Answer, list[dict[str, Any]]]],
) -> None:
    _, events = told["assign a student where no project is"]
    [failure] = [event for event in events if event["level"] == "error"]

    assert failure["event"] == "failed_to_assign_student_to_project"
    assert (failure["student_id"], failure["reason"]) == (STUDENT_WITHOUT_PROJECT, "no_first_project")
    assert failure["exception"].startswith("Traceback")
    assert "has no first project" in failure["exception"]


def test_the_action_says_what_was_done_to_which_row_and_how_it_ended(
    told: dict[str, tuple[Answer, list[dict[str, Any]]]],
) -> None:
    made = told["make a cohort"][0].body["id"]
    _, events = told["assign a student"]
    [ended] = [event for event in events if event["event"] == "cohort_assignment_completed"]

    assert (ended["view"], ended["action"], ended["pk"]) == ("CohortViewSet", "assign", made)
    assert (ended["status_code"], ended["outcome"], type(ended["duration_ms"])) == (201, "succeeded", float)


def test_no_event_holds_a_name_an_address_a_token_or_a_message(
    service: Service,
    slack: Slack,
    logviewer: Logviewer,
    told: Any,
    ask_database: Callable[..., list[tuple[object, ...]]],
) -> None:
    people = ask_database("SELECT first_name, last_name, email, username FROM auth_user")
    tokens = ask_database("SELECT key FROM authtoken_token")
    passwords = [(person["password"],) for person in service.school["instructors"]]
    private = {str(word) for row in people + tokens + passwords for word in row} | {slack.token, "Stand-up"}

    everything = str(logviewer.events("service=learning-api"))

    assert len(everything) > 10_000
    assert sorted(word for word in private if word in everything) == []
