"""Each call's events, in order, under one request id: as the guide's table says, and as they arrived in logviewer."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import product, stories
from benchmarks.stories import Story
from LearningAPI.demo.slack import Slack

GUIDE = Path(__file__).parents[3] / "docs" / "learningapi.md"
ROW = re.compile(
    r"^\| (?P<call>(?:GET|POST|PUT|DELETE) .+?) +\| (?P<status>\d{3}) +\| (?P<ids>\d+) +\| (?P<events>.+?) +\|$", re.M
)


@pytest.fixture
def slack() -> Iterator[Slack]:
    one, stop = Slack(), threading.Event()
    thread = threading.Thread(target=one.serve_until, args=(stop,))
    thread.start()
    yield one
    stop.set()
    thread.join()


def test_every_call_tells_the_story_that_the_guide_tells(serve, reader: product.Client, slack: Slack) -> None:
    school = serve(**stories.of_the_demo(slack))

    told = stories.tell(school, lambda request_id: stories.events_of(reader, request_id))

    guide = [(row["call"], int(row["status"]), row["events"]) for row in ROW.finditer(GUIDE.read_text())]
    assert [(row["call"], row["status"], row["events in order"]) for row in map(Story.row, told)] == guide
    for story in told:
        holds_its_rules(story)
    assert len({story.answer.request_id for story in told}) == len(told)


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
