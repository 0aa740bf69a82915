"""Logging in and out, and what of it is known to the log."""

from typing import Any

import pytest

from tests.integration.learningapi.harness import Answer, Logviewer, Service


def log_in(service: Service, who: dict[str, Any], **changed: Any) -> Answer:
    credentials = {"username": who["username"], "password": who["password"]} | changed
    return service.ask("POST", "/accounts/verify", credentials, token=None)


def test_a_login_gives_the_token_that_opens_the_service(service: Service, logviewer: Logviewer) -> None:
    ines = service.school["instructors"][0]

    answer = log_in(service, ines)
    events = logviewer.of_request(answer.request_id)

    assert answer.status == 200
    assert answer.body == {"valid": True, "token": ines["token"], "id": ines["user_id"], "is_staff": True}
    assert service.ask("GET", "/cohorts", token=answer.body["token"]).status == 200
    [completed] = [event for event in events if event["event"] == "login_completed"]
    assert completed["user_id"] == ines["user_id"]


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(service: Service, logviewer: Logviewer) -> None:
    ines = service.school["instructors"][0]

    answers = [
        log_in(service, ines, password="a slip of the finger"),
        log_in(service, ines, username="nobody at all"),
        log_in(service, {"username": "student65", "password": "students have none"}),
    ]

    assert [answer.status for answer in answers] == [401, 401, 401]
    assert {answer.body["detail"] for answer in answers} == {"The username or the password is wrong."}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Token"}
    for answer in answers:
        told = logviewer.of_request(answer.request_id)
        assert [event["event"] for event in told if event["level"] == "warning"] == ["login_failed"]
        assert not [word for word in ("slip", "nobody", "student65", ines["username"]) if word in str(told)]


def test_a_token_that_is_out_of_date_does_not_keep_anybody_from_logging_in(service: Service) -> None:
    ines = service.school["instructors"][0]
    credentials = {"username": ines["username"], "password": ines["password"]}

    assert service.ask("POST", "/accounts/verify", credentials, token="0" * 40).status == 200


def test_after_a_logout_the_token_opens_nothing_and_a_login_gives_another(service: Service) -> None:
    marek = service.school["instructors"][1]
    before = log_in(service, marek).body["token"]

    out = service.ask("POST", "/accounts/logout", token=before)
    after = log_in(service, marek).body["token"]

    assert (out.status, out.body) == (204, None)
    assert service.ask("POST", "/accounts/logout", token=before).status == 401
    assert after != before
    assert service.ask("GET", "/cohorts", token=after).status == 200


def test_who_is_not_active_does_not_get_in(service: Service, ask_database: Any) -> None:
    salma = service.school["instructors"][2]
    ask_database("UPDATE auth_user SET is_active = false WHERE id = %s", salma["user_id"])

    assert log_in(service, salma).status == 401
    assert service.ask("GET", "/cohorts", token=salma["token"]).status == 401


@pytest.mark.parametrize("known", ["staff", "student"])
def test_whoever_has_a_token_may_look(service: Service, known: str) -> None:
    assert service.ask("GET", "/cohorts", token=known).status == 200
    assert service.ask("GET", "/cohorts/1", token=known).status == 200
