"""Who is in which cohort, also when several change it at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.learningapi.harness import (
    COHORT_WITHOUT_PROJECT,
    STUDENT_WITHOUT_PROJECT,
    Answer,
    Logviewer,
    Service,
)

Rows = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def cohort(service: Service) -> int:
    wanted = {
        "name": f"Cohort {uuid4().hex}", "slackChannel": "", "startDate": "2026-01-05", "endDate": "2026-07-05",
        "clientSide": 1, "serverSide": 3,
    }  # fmt: skip
    return int(service.ask("POST", "/cohorts", wanted).body["id"])


@pytest.fixture
def instructor_ask(service: Service) -> Callable[[str, int], Answer]:
    token = service.school["instructors"][1]["token"]
    return lambda method, cohort: service.ask(method, f"/cohorts/{cohort}/assign?userType=instructor", token=token)


def test_a_student_is_assigned_once_and_removed_once(service: Service, cohort: int) -> None:
    answers = [call(66, cohort) for call in (service.assign, service.assign, service.remove, service.remove)]

    assert [(answer.status, (answer.body or {}).get("message")) for answer in answers] == [
        (201, "User assigned to cohort"),
        (400, "Person is already assigned to cohort"),
        (204, None),
        (400, "Student is not assigned to that cohort."),
    ]


def test_an_unknown_person_and_an_unknown_cohort_are_told_apart(service: Service, cohort: int) -> None:
    assert service.assign(4040, cohort).body["message"] == "NssUser matching query does not exist."
    assert service.assign(66, 4040).body["message"] == "Cohort matching query does not exist."
    assert service.remove(4040, cohort).body["message"] == "NssUser matching query does not exist."
    answer = service.ask("DELETE", f"/cohorts/{cohort}/assign", {})
    assert (answer.status, answer.body["message"]) == (400, "Please provide a student ID to remove.")


def test_a_student_gets_the_first_project_and_keeps_it(service: Service, cohort: int, ask_database: Rows) -> None:
    def projects() -> list[tuple[Any, ...]]:
        return ask_database(
            'SELECT project.name FROM "LearningAPI_studentproject" work'
            ' JOIN "LearningAPI_project" project ON project.id = work.project_id WHERE work.student_id = %s',
            67,
        )

    service.assign(67, cohort)
    given = projects()
    service.remove(67, cohort)
    again = service.assign(67, cohort)

    assert given == [("Fish Tank",)]
    assert again.status == 201
    assert projects() == given


def test_a_project_that_cannot_be_given_is_an_error_with_its_traceback(service: Service, logviewer: Logviewer) -> None:
    answer = service.assign(STUDENT_WITHOUT_PROJECT, COHORT_WITHOUT_PROJECT)
    [failure] = [event for event in logviewer.of_request(answer.request_id) if event["level"] == "error"]

    assert answer.status == 201
    assert failure["event"] == "failed_to_assign_student_to_project"
    assert (failure["student_id"], failure["reason"]) == (STUDENT_WITHOUT_PROJECT, "no_first_project")
    assert failure["exception"].startswith("Traceback")
    assert "has no first project" in failure["exception"]


def test_who_acts_and_whom_it_happens_to_have_names_of_their_own(
    service: Service, cohort: int, logviewer: Logviewer, instructor_ask: Callable[[str, int], Answer]
) -> None:
    told = logviewer.of_request(service.assign(68, cohort).request_id)
    told_of_instructor = logviewer.of_request(instructor_ask("DELETE", cohort).request_id)
    first, second = service.school["instructors"][:2]

    [created] = [event for event in told if event["event"] == "cohort_assignment_created"]
    assert (created["user_id"], created["student_id"], created["cohort_id"]) == (first["user_id"], 68, str(cohort))
    last = told_of_instructor[-1]
    assert (last["user_id"], last["instructor_id"]) == (second["user_id"], second["id"])


def test_an_instructor_is_in_one_cohort_at_a_time(
    service: Service, cohort: int, instructor_ask: Callable[[str, int], Answer]
) -> None:
    name = service.ask("GET", f"/cohorts/{cohort}").body["name"]

    answers = [
        instructor_ask(*call)
        for call in [("POST", cohort), ("POST", cohort), ("POST", 2), ("DELETE", 2), ("DELETE", cohort)]
    ]

    assert [answer.status for answer in answers] == [201, 400, 400, 400, 204]
    elsewhere = f"Instructor cannot be in more than 1 cohort at a time. Currently assigned to cohort {name}"
    assert answers[1].body["message"] == answers[2].body["message"] == elsewhere


def test_an_instructor_who_is_no_person_of_the_school_is_unknown(
    service: Service, cohort: int, ask_database: Rows
) -> None:
    token = uuid4().hex + "0" * 8
    ask_database(
        "WITH made AS (INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff,"
        " is_active, date_joined) VALUES ('!', false, %s, '', '', '', true, true, now()) RETURNING id)"
        " INSERT INTO authtoken_token (key, created, user_id) SELECT %s, now(), id FROM made",
        token,
        token,
    )

    answer = service.ask("POST", f"/cohorts/{cohort}/assign?userType=instructor", token=token)

    assert (answer.status, answer.body["message"]) == (404, "NssUser matching query does not exist.")


def test_of_two_who_assign_the_same_student_at_once_one_is_told_so(
    service: Service, cohort: int, logviewer: Logviewer, ask_database: Rows
) -> None:
    with ThreadPoolExecutor(2) as two:
        for _ in range(10):
            service.remove(73, cohort)
            both = list(two.map(lambda _: service.assign(73, cohort), range(2)))

            assert sorted(answer.status for answer in both) == [201, 400]
            [refused] = [answer for answer in both if answer.status == 400]
            assert refused.body["message"] == "Person is already assigned to cohort"
            query = 'SELECT count(*) FROM "LearningAPI_nssusercohort" WHERE nss_user_id = 73 AND cohort_id = %s'
            assert ask_database(query, cohort) == [(1,)]

    assert "user_already_assigned_to_cohort" in [event["event"] for event in logviewer.of_request(refused.request_id)]


def test_an_instructor_who_joins_two_cohorts_at_once_gets_into_one(
    cohort: int, instructor_ask: Callable[[str, int], Answer], ask_database: Rows
) -> None:
    with ThreadPoolExecutor(2) as two:
        for _ in range(10):
            both = list(two.map(lambda cohort: instructor_ask("POST", cohort), [cohort, 2]))

            assert sorted(answer.status for answer in both) == [201, 400]
            ask_database('DELETE FROM "LearningAPI_nssusercohort" WHERE nss_user_id = 2')


def test_who_is_assigned_while_the_cohort_moves_works_on_what_the_cohort_works_on(
    service: Service, cohort: int, ask_database: Rows
) -> None:
    students = range(74, 80)

    def do(step: int) -> int:
        if step == 0:
            return service.ask("PUT", f"/cohorts/{cohort}/migrate").status
        return service.assign(step, cohort).status

    with ThreadPoolExecutor(4) as four:
        statuses = list(four.map(do, [*students[:3], 0, *students[3:]]))
    on_server_side = ask_database(
        'SELECT count(DISTINCT work.student_id) FROM "LearningAPI_studentproject" work'
        ' JOIN "LearningAPI_project" project ON project.id = work.project_id'
        ' JOIN "LearningAPI_book" book ON book.id = project.book_id WHERE book.course_id = 3'
        " AND work.student_id BETWEEN 74 AND 79"
    )

    assert sorted(statuses) == [201] * len(students) + [204]
    assert on_server_side == [(len(students),)]


def test_a_cohort_is_not_deleted_under_who_is_being_assigned(service: Service, cohort: int, ask_database: Rows) -> None:
    with ThreadPoolExecutor(2) as two:
        assigned = two.submit(service.assign, 80, cohort)
        deleted = two.submit(service.ask, "DELETE", f"/cohorts/{cohort}")

    assert (assigned.result().status, deleted.result().status) in {(201, 400), (404, 204)}
