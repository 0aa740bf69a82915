"""What the addresses of cohorts answer, and what they leave in the database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.learningapi.harness import Service

CLIENT_COURSE, SERVER_COURSE, SERVER_COURSE_WITHOUT_PROJECT = 1, 3, 2
Rows = Callable[..., list[tuple[Any, ...]]]


def a_cohort(**changed: Any) -> dict[str, Any]:
    return {
        "name": f"Cohort {uuid4().hex}", "slackChannel": "new-cohort", "startDate": "2026-01-05",
        "endDate": "2026-07-05", "clientSide": CLIENT_COURSE, "serverSide": SERVER_COURSE,
    } | changed  # fmt: skip


@pytest.fixture
def made(service: Service) -> int:
    return int(service.ask("POST", "/cohorts", a_cohort()).body["id"])


def test_a_new_cohort_is_on_the_client_side_and_not_active(service: Service) -> None:
    wanted = a_cohort(orgURL="https://github.example/day-99")

    answer = service.ask("POST", "/cohorts", wanted)
    shown = service.ask("GET", f"/cohorts/{answer.body['id']}")

    assert answer.status == 201
    assert shown.body == answer.body
    assert (answer.body["name"], answer.body["slack_channel"]) == (wanted["name"], "new-cohort")
    assert (answer.body["start_date"], answer.body["break_start_date"]) == ("2026-01-05", "2026-07-05")
    assert (answer.body["active"], answer.body["students"], answer.body["coaches"]) == (False, 0, [])
    assert answer.body["student_organization_url"] == "https://github.example/day-99"
    courses = {course["index"]: (course["course"]["id"], course["active"]) for course in answer.body["courses"]}
    assert courses == {0: (CLIENT_COURSE, True), 1: (SERVER_COURSE, False)}


@pytest.mark.parametrize("left_out", ["clientSide", "serverSide"])
def test_a_cohort_needs_both_courses(service: Service, left_out: str) -> None:
    wanted = a_cohort()
    del wanted[left_out]

    answer = service.ask("POST", "/cohorts", wanted)

    assert (answer.status, answer.body["reason"]) == (400, "Please choose both courses for this cohort.")


def test_of_two_cohorts_that_are_given_a_name_at_once_one_is_refused(service: Service, ask_database: Rows) -> None:
    with ThreadPoolExecutor(2) as two:
        for _ in range(5):
            wanted = a_cohort()
            both = list(two.map(lambda wanted: service.ask("POST", "/cohorts", wanted), [wanted, wanted]))

            assert sorted(answer.status for answer in both) == [201, 400]
            [refused] = [answer for answer in both if answer.status == 400]
            assert list(refused.body["errors"]) == ["name"]
            query = 'SELECT count(*) FROM "LearningAPI_cohort" WHERE name = %s'
            assert ask_database(query, wanted["name"]) == [(1,)]


def test_a_change_changes_what_it_names_and_nothing_else(service: Service, made: int) -> None:
    before = service.ask("GET", f"/cohorts/{made}").body
    change = {"name": f"{made} renamed", "slack_channel": "", "start_date": "2026-02-02", "end_date": "2026-08-02"}

    answer = service.ask("PUT", f"/cohorts/{made}", change)

    assert (answer.status, answer.body) == (204, None)
    assert service.ask("GET", f"/cohorts/{made}").body == before | change


def test_a_cohort_may_keep_its_name(service: Service, made: int) -> None:
    name = service.ask("GET", f"/cohorts/{made}").body["name"]
    change = {"name": name, "slack_channel": "x", "start_date": "2026-01-05", "end_date": "2026-07-05"}

    assert service.ask("PUT", f"/cohorts/{made}", change).status == 204


@pytest.mark.parametrize(
    ("body", "active"), [(None, True), ({}, True), ({"active": False}, False), ({"active": "false"}, False)]
)
def test_a_cohort_is_made_active_or_not(service: Service, made: int, body: Any, active: bool) -> None:
    service.ask("PUT", f"/cohorts/{made}/active", {"active": not active})

    assert service.ask("PUT", f"/cohorts/{made}/active", body).status == 204
    assert service.ask("GET", f"/cohorts/{made}").body["active"] is active


def test_the_list_holds_what_is_asked_for_the_newest_first(service: Service) -> None:
    mark = uuid4().hex[:12]
    ids = [
        service.ask("POST", "/cohorts", a_cohort(name=f"{mark} {day}", startDate=f"2026-01-0{day}")).body["id"]
        for day in (1, 3, 2)
    ]
    service.ask("PUT", f"/cohorts/{ids[0]}/active")

    def listed(more: str = "") -> list[int]:
        return [cohort["id"] for cohort in service.ask("GET", f"/cohorts?q={mark.upper()}{more}", token="student").body]

    assert listed() == [ids[1], ids[2], ids[0]]
    assert listed("&limit=1") == [ids[1]]
    assert listed("&active=true") == [ids[0]]
    assert listed("&active=false") == [ids[1], ids[2]]


def test_a_cohort_counts_its_students_and_names_its_coaches(service: Service, made: int) -> None:
    for student in (66, 67):
        service.assign(student, made)
    coach = service.school["instructors"][2]
    service.ask("POST", f"/cohorts/{made}/assign?userType=instructor", token=coach["token"])

    seen_by_coach = service.ask("GET", f"/cohorts/{made}", token=coach["token"]).body
    seen_by_others = service.ask("GET", f"/cohorts/{made}", token="student").body

    assert (seen_by_coach["students"], [each["id"] for each in seen_by_coach["coaches"]]) == (2, [coach["id"]])
    assert (seen_by_coach["is_instructor"], seen_by_others["is_instructor"]) == (True, False)


def test_moving_to_the_server_side_gives_the_first_project_to_active_students(
    service: Service, made: int, ask_database: Rows
) -> None:
    for student in (70, 71, 72):
        service.assign(student, made)
    coach = service.school["instructors"][1]
    service.ask("POST", f"/cohorts/{made}/assign?userType=instructor", token=coach["token"])
    ask_database("UPDATE auth_user SET is_active = false WHERE username = %s", "student72")

    answer = service.ask("PUT", f"/cohorts/{made}/migrate")
    courses = {course["index"]: course["active"] for course in service.ask("GET", f"/cohorts/{made}").body["courses"]}
    given = ask_database(
        'SELECT work.student_id FROM "LearningAPI_studentproject" work'
        ' JOIN "LearningAPI_project" project ON project.id = work.project_id'
        ' JOIN "LearningAPI_book" book ON book.id = project.book_id'
        " WHERE book.course_id = %s AND book.index = 0 AND project.index = 0 ORDER BY 1",
        SERVER_COURSE,
    )

    assert (answer.status, answer.body) == (204, None)
    assert courses == {0: False, 1: True}
    assert given == [(70,), (71,)]


def test_a_cohort_moves_once(service: Service, made: int) -> None:
    answers = [service.ask("PUT", f"/cohorts/{made}/migrate") for _ in range(2)]

    assert [answer.status for answer in answers] == [204, 404]
    assert answers[1].body["reason"] == "Cohort has no active client side course."


def test_a_cohort_without_a_first_project_on_the_server_side_stays_where_it_is(service: Service) -> None:
    made = service.ask("POST", "/cohorts", a_cohort(serverSide=SERVER_COURSE_WITHOUT_PROJECT)).body

    answer = service.ask("PUT", f"/cohorts/{made['id']}/migrate")

    assert (answer.status, answer.body["reason"]) == (404, "The server side course has no first project.")
    assert service.ask("GET", f"/cohorts/{made['id']}").body == made


def test_a_cohort_is_deleted_once_nobody_is_in_it(service: Service, made: int) -> None:
    service.assign(73, made)
    refused = service.ask("DELETE", f"/cohorts/{made}")
    service.remove(73, made)
    deleted = service.ask("DELETE", f"/cohorts/{made}")
    gone = service.ask("DELETE", f"/cohorts/{made}")

    assert (refused.status, refused.body["message"]) == (400, "Cohort still has members. Remove them first.")
    assert (deleted.status, deleted.body) == (204, None)
    assert (gone.status, gone.body["message"]) == (404, "Cohort matching query does not exist.")
