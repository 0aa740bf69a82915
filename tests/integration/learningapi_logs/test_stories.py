"""What holds for the events of every call, as they arrived in logviewer."""

import re

import pytest

from benchmarks import product, stories
from benchmarks.stories import Story
from LearningAPI.demo.slack import Slack


@pytest.mark.long  # learningapi/test_stories.py holds most of it
def test_every_call_tells_its_story_under_one_request_id(serve, reader: product.Client, slack: Slack) -> None:
    school = serve(**stories.of_the_demo(slack))

    told = stories.tell(school, lambda request_id: stories.events_of(reader, request_id))

    assert {200, 201, 204, 400, 401, 403, 404, 500, 502} == {story.answer.status for story in told}
    assert len({story.answer.request_id for story in told}) == len(told)
    for story in told:
        holds_its_rules(story)


def holds_its_rules(story: Story) -> None:
    where, last = f"{story.call}: {story.told}", story.events[-1]
    assert story.request_ids == {story.answer.request_id}, where
    assert last["data"]["status_code"] == story.answer.status, where
    assert type(last["data"]["duration_ms"]) is float, where
    assert type(last["data"]["db_queries"]) is int, where
    warnings = [event for event in story.events if event["level"] == "warning"]
    assert len(warnings) == (1 if 400 <= story.answer.status < 500 else 0), where
    if story.call.path.startswith("/cohorts/"):
        cohort = re.split(r"[/?]", story.call.path)[2]
        assert {event["cohort_id"] for event in story.events[1:]} == {cohort}, where
    for event in story.events:
        actor = event["data"].get("user_id")
        assert actor is None or actor == last["data"].get("user_id"), where


def test_a_crash_has_one_traceback(serve, reader: product.Client) -> None:
    with serve(LEARNINGAPI_DEMO="1").client() as client:
        answer = client.ask("GET", "/cohorts/1/progress")
    events = stories.wait_for(lambda request_id: stories.events_of(reader, request_id), answer.request_id)

    assert (answer.status, answer.body["request_id"]) == (500, answer.request_id)
    assert "ZeroDivisionError" not in str(answer.body)
    [told] = [event for event in events if "exception" in event["data"]]
    assert told["event"] == "request_failed"
    assert told["data"]["exception"].splitlines()[-1].startswith("ZeroDivisionError")
