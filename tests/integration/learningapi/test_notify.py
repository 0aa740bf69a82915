"""A message to the cohort's Slack channel, with a Slack that takes it and with one that does not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.integration.learningapi.harness import Logviewer, Service, Slack, running
from tests.ports import free_port

MESSAGE = "Stand-up starts in ten minutes."


@pytest.fixture(scope="module", autouse=True)
def _instructor_has_a_cohort(service: Service) -> None:
    assert service.ask("POST", "/cohorts/1/assign?userType=instructor").status == 201


@pytest.fixture(autouse=True)
def _slack_is_well(slack: Slack) -> Iterator[None]:
    yield
    slack.failures.clear()


def test_a_message_reaches_the_channel_of_the_callers_cohort(service: Service, slack: Slack) -> None:
    answer = service.ask("POST", "/notify", {"message": MESSAGE})

    assert (answer.status, answer.body) == (200, {"message": "Message sent"})
    assert slack.messages[-1] == {"channel": "day-cohort-71", "text": MESSAGE}


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b'{"ok": false, "error": "channel_not_found"}', "channel_not_found"),
        (200, b'{"ok": false, "error": "Stand-up <b>"}', "unknown"),
        (200, b'{"ok": "yes"}', "unknown"),
        (200, b"[]", "no_object"),
        (200, b"<html>", "JSONDecodeError"),
        (302, b"", "http_302"),
        (429, b'{"ok": false, "error": "ratelimited"}', "http_429"),
        (503, b"upstream connect error", "http_503"),
    ],
)
def test_what_slack_does_not_take_is_502_and_logged_without_the_message(
    service: Service, slack: Slack, logviewer: Logviewer, status: int, body: bytes, reason: str
) -> None:
    slack.failures.append((status, body))

    answer = service.ask("POST", "/notify", {"message": MESSAGE})
    events = logviewer.of_request(answer.request_id)

    assert answer.status == 502
    assert answer.body["detail"] == "Slack did not take the message. Try again later."
    [failure] = [event for event in events if event["event"] == "slack_api_request_failed"]
    assert (failure["level"], failure["reason"], failure["cohort_id"]) == ("error", reason, "1")
    assert not [word for word in (MESSAGE, slack.token, "Stand-up", "upstream") if word in str(events)]


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"LEARNINGAPI_SLACK_TOKEN": ""}, 503), ({"LEARNINGAPI_SLACK_URL": "http://127.0.0.1:1/api"}, 502)],
)
def test_a_service_without_slack_says_so(service: Service, tmp_path: Path, changed: Any, status: int) -> None:
    port = str(free_port())
    with running({**service.environment, **changed, "LEARNINGAPI_PORT": port}, "serve", tmp_path / "log"):
        answer = replace(service, url=f"http://127.0.0.1:{port}").ask("POST", "/notify", {"message": MESSAGE})

    assert answer.status == status
    assert answer.body["request_id"] == answer.request_id


def test_a_cohort_without_a_channel_has_nowhere_to_write_to(service: Service, ask_database: Any) -> None:
    ask_database("UPDATE \"LearningAPI_cohort\" SET slack_channel = '' WHERE id = 1")
    try:
        answer = service.ask("POST", "/notify", {"message": MESSAGE})
    finally:
        ask_database("UPDATE \"LearningAPI_cohort\" SET slack_channel = 'day-cohort-71' WHERE id = 1")

    assert (answer.status, answer.body["message"]) == (400, "Your cohort has no Slack channel.")
