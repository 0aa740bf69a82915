"""What each call of the Learning Platform API logs, as it arrived in logviewer: scripts/bench stories [--json FILE]

Runs the product and the service on empty databases, makes every call that is worth a line, and asks the read API for
the events of each by its request id. Prints the call, its status, how many request ids its events have, and the events
in the order in which they were logged. Levels other than info are marked.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import product, report, school
from benchmarks.school import Answer, Client, School
from LearningAPI.demo.slack import FAILS_EVERY, TOKEN, Slack

ARRIVES_WITHIN_S = 30
LAST_EVENTS = {"request_finished", "request_failed"}
MARKS = {"debug": "d ", "warning": "**warning** ", "error": "**error** "}

Events = list[dict[str, Any]]
FindEvents = Callable[[str], Events]  # of a request id, oldest first


@dataclass(frozen=True, slots=True)
class Call:
    what: str
    method: str
    path: str
    body: Any = None
    token: str | None = None
    times_at_once: int = 1


@dataclass(frozen=True, slots=True)
class Story:
    """What one call was answered and what it logged."""

    call: Call
    answer: Answer
    events: Events

    @property
    def request_ids(self) -> set[str]:
        return {event["request_id"] for event in self.events}

    @property
    def told(self) -> list[str]:
        return [f"{MARKS.get(event['level'], '')}{event['event']}" for event in self.events]

    def row(self) -> dict[str, Any]:
        return {
            "call": f"{self.call.method} {self.call.path}: {self.call.what}",
            "status": self.answer.status,
            "request ids": len(self.request_ids),
            "events in order": ", ".join(self.told),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    report.add_json_option(parser)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="logviewer-stories-") as name,
        product.running(Path(name, "data")) as running,
    ):
        slack, stop = Slack(), threading.Event()
        threading.Thread(target=slack.serve_until, args=(stop,), daemon=True).start()
        database = school.create_database(running.database_url, "school")
        variables = {
            "LOGVIEWER_URL": f"http://127.0.0.1:{running.port}",
            "LOGVIEWER_KEY": running.key(),
            **of_the_demo(slack),
        }
        reader = product.Client(running.port, running.token())
        with school.serving(database, Path(name), product.free_port(), **variables) as serving:
            stories = tell(serving, lambda request_id: events_of(reader, request_id))
        stop.set()
        with running.database() as connection:
            facts = report.facts(connection)
    rows = [story.row() for story in stories]
    report.show("What each call logs", rows)
    report.write(options.json, "stories", facts, stories=rows)


def of_the_demo(slack: Slack) -> dict[str, str]:
    """The service's environment with the address that has a mistake, and a Slack of this machine."""
    return {"LEARNINGAPI_DEMO": "1", "LEARNINGAPI_SLACK_URL": slack.url, "LEARNINGAPI_SLACK_TOKEN": TOKEN}


def tell(serving: School, find_events: FindEvents) -> list[Story]:
    """Makes the calls one after the other; those that race are one story each."""
    told: list[Story] = []
    with serving.client() as client:
        for call in calls(serving):
            for answer in _made(call, client, serving):
                told.append(Story(call, answer, wait_for(find_events, answer.request_id)))
    return told


def _made(call: Call, client: Client, serving: School) -> Sequence[Answer]:
    if call.times_at_once == 1:
        return [client.ask(call.method, call.path, call.body, token=call.token)]

    def ask_alone(_: int) -> Answer:
        with serving.client() as one:
            return one.ask(call.method, call.path, call.body, token=call.token)

    with ThreadPoolExecutor(call.times_at_once) as together:
        answers = list(together.map(ask_alone, range(call.times_at_once)))
    return sorted(answers, key=lambda answer: answer.status)


def wait_for(find_events: FindEvents, request_id: str) -> Events:
    """The events of a request once its last one is there."""
    give_up = time.monotonic() + ARRIVES_WITHIN_S
    while time.monotonic() < give_up:
        events = find_events(request_id)
        if any(event["event"] in LAST_EVENTS for event in events):
            return events
        time.sleep(0.05)
    raise SystemExit(f"the events of request {request_id} did not arrive within {ARRIVES_WITHIN_S} s")


def events_of(reader: product.Client, request_id: str) -> Events:
    """From the read API, in the order in which the service logged them."""
    status, body = reader.get(f"/api/v1/events?request_id={request_id}&limit=1000")
    if status != 200:
        raise SystemExit(f"the read API answered {status}: {body.decode(errors='replace')[:300]}")
    return sorted(json.loads(body)["events"], key=lambda event: event["data"]["seq"])


def calls(serving: School) -> Iterator[Call]:
    """Every call that is worth a line. They build on each other, from a school as load_school makes it."""
    instructor = serving.people["instructors"][0]
    credentials = {"username": instructor["username"], "password": instructor["password"]}
    yield Call("login", "POST", "/accounts/verify", credentials, "")
    yield Call("wrong password", "POST", "/accounts/verify", {**credentials, "password": "wrong"}, "")
    yield from _looking()
    yield from _assigning(serving)
    yield from _instructing()
    yield from _changing()
    yield Call("logout", "POST", "/accounts/logout", token=serving.people["instructors"][1]["token"])


def _looking() -> Iterator[Call]:
    yield Call("all", "GET", "/cohorts")
    yield Call("no number", "GET", "/cohorts?limit=x")
    yield Call("one", "GET", "/cohorts/1")
    yield Call("unknown cohort", "GET", "/cohorts/999")


def _assigning(serving: School) -> Iterator[Call]:
    assign = "/cohorts/1/assign"
    yield Call("a student", "POST", assign, {"person_id": 66})
    yield Call("again", "POST", assign, {"person_id": 66})
    yield Call("two at once", "POST", assign, {"person_id": 67}, times_at_once=2)
    yield Call("no project there", "POST", "/cohorts/3/assign", {"person_id": 88})
    yield Call("unknown person", "POST", assign, {"person_id": 999})
    yield Call("unknown cohort", "POST", "/cohorts/999/assign", {"person_id": 66})
    yield Call("no number", "POST", assign, {"person_id": "x"})
    yield Call("no JSON", "POST", assign, b'{"person_id": 6')
    yield Call("a student's token", "POST", assign, {"person_id": 68}, serving.student_token)
    yield Call("no token", "POST", assign, {"person_id": 68}, "")
    yield Call("a student", "DELETE", assign, {"student_id": 66})
    yield Call("again", "DELETE", assign, {"student_id": 66})
    yield Call("nobody", "DELETE", assign, {})
    yield Call("once more", "POST", assign, {"person_id": 66})


def _instructing() -> Iterator[Call]:
    yield Call("no cohort yet", "POST", "/notify", {"message": "Hello"})
    yield Call("an instructor", "POST", "/cohorts/2/assign?userType=instructor")
    yield Call("again", "POST", "/cohorts/1/assign?userType=instructor")
    for number in range(1, FAILS_EVERY + 1):
        what = "Slack refuses" if number == FAILS_EVERY else "to the cohort's channel"
        yield Call(what, "POST", "/notify", {"message": "Hello"})
    yield Call("an instructor", "DELETE", "/cohorts/2/assign?userType=instructor")


def _changing() -> Iterator[Call]:
    cohort = {"slackChannel": "new", "startDate": "2026-01-05", "endDate": "2026-07-05", "clientSide": 1}
    changed = {"name": "Renamed", "slack_channel": "new", "start_date": "2026-01-05", "end_date": "2026-08-05"}
    yield Call("new", "POST", "/cohorts", {**cohort, "name": "New", "serverSide": 3})
    yield Call("name taken", "POST", "/cohorts", {**cohort, "name": "New", "serverSide": 3})
    yield Call("unknown course", "POST", "/cohorts", {**cohort, "name": "Newer", "serverSide": 999})
    yield Call("nobody in it: a mistake of ours", "GET", "/cohorts/4/progress")
    yield Call("change", "PUT", "/cohorts/4", changed)
    yield Call("activate", "PUT", "/cohorts/4/active", {"active": True})
    yield Call("to the server side", "PUT", "/cohorts/1/migrate")
    yield Call("again", "PUT", "/cohorts/1/migrate")
    yield Call("has members", "DELETE", "/cohorts/1")
    yield Call("nobody in it", "DELETE", "/cohorts/4")


if __name__ == "__main__":
    main()
