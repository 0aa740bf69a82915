"""A class in motion: what `load` asks of a real service is told in logviewer, with all that goes wrong in a school."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import school, stories
from benchmarks.school import School
from LearningAPI.demo.slack import Slack

HAPPENS = [
    "cohort_assignment_created", "student_assigned_to_project", "user_already_assigned_to_cohort", "user_not_found",
    "cohort_not_found", "instructor_already_assigned", "cohort_assignment_deleted", "cohort_migration_completed",
    "cohort_cannot_migrate", "cohort_has_members", "user_login_failed", "login_completed", "logout_completed",
    "slack_message_sent", "slack_api_request_failed", "failed_to_assign_student_to_project", "request_failed",
]  # fmt: skip


@contextmanager
def loading(one: School, *options: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "LearningAPI", "load", "--rate", "200", *options],
        cwd=school.ROOT, env=one.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_everything_that_happens_in_a_school_happens(serve, find, slack: Slack) -> None:
    with loading(serve(**stories.of_the_demo(slack))) as load:
        for event in HAPPENS:
            find(f"event:{event}")
        [crash, *_] = find("event:request_failed")
        load.terminate()
        told, _ = load.communicate(timeout=30)

    assert load.returncode == 0
    assert {"200", "201", "204", "400", "401", "404", "500", "502"} <= set(re.findall(r"(\d{3}):", told))
    assert crash["data"]["exception"].splitlines()[-1].startswith("ZeroDivisionError")


def test_the_same_seed_asks_the_same(serve, find) -> None:
    asked = []
    for number in range(2):
        with loading(serve(LOGVIEWER_SERVICE=f"school-{number}"), "--seed", "7"):
            started = find(f"service:school-{number} event:request_started", 60)
        asked.append([(event["data"]["method"], event["data"]["path"]) for event in started][:50])

    assert asked[0] == asked[1]
    assert len(set(asked[0])) > 10
