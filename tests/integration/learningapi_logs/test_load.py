"""A class in motion: what `load` asks of a real service is told in logviewer, with all that goes wrong in a school."""

import re

import pytest

from benchmarks import stories
from LearningAPI.demo.slack import Slack

RATE = 200
HAPPENS = [
    "cohort_assignment_created", "student_assigned_to_project", "user_already_assigned_to_cohort", "user_not_found",
    "cohort_not_found", "instructor_already_assigned", "cohort_assignment_deleted", "cohort_migration_completed",
    "cohort_cannot_migrate", "cohort_has_members", "user_login_failed", "login_completed", "logout_completed",
    "slack_message_sent", "slack_api_request_failed", "failed_to_assign_student_to_project", "request_failed",
]  # fmt: skip


def test_everything_that_happens_in_a_school_happens(serve, find, slack: Slack) -> None:
    with serve(**stories.of_the_demo(slack)).loading(RATE) as load:
        for event in HAPPENS:
            find(f"event:{event}")
        [crash, *_] = find("event:request_failed")
        load.terminate()
        told, _ = load.communicate(timeout=30)

    assert load.returncode == 0
    assert {"200", "201", "204", "400", "401", "404", "500", "502"} <= set(re.findall(r"(\d{3}):", told))
    assert crash["data"]["exception"].splitlines()[-1].startswith("ZeroDivisionError")


@pytest.mark.long
def test_the_same_seed_asks_the_same(serve, find) -> None:
    asked = []
    for number in range(2):
        with serve(LOGVIEWER_SERVICE=f"school-{number}").loading(RATE, "--seed", "7"):
            started = find(f"service:school-{number} event:request_started", 60)
        asked.append([(event["data"]["method"], event["data"]["path"]) for event in started][:50])

    assert asked[0] == asked[1]
    assert len(set(asked[0])) > 10
