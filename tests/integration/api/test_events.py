"""The read API: the shapes that other people's scripts rely on."""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client

from logviewer.accounts.tokens import create_read_token
from logviewer.api.whole_result import MOST_AT_ONCE
from logviewer.store.event import Event

API_DOC = Path(__file__).parents[3] / "docs" / "api.md"
NOW = datetime.now(UTC).replace(microsecond=123456)


@pytest.fixture
def get(viewer):
    secret = create_read_token(viewer, "test").secret

    def get(accept="application/json", **parameters):
        headers = {"authorization": f"Bearer {secret}", "accept": accept}
        return Client().get("/api/v1/events", parameters, headers=headers)

    return get


@pytest.fixture
def events(store_events):
    def event(name, hours_ago, **fields):
        defaults = {
            "level": 20, "service": "learning-api", "logger": "LearningAPI.cohort", "request_id": "r-1",
            "cohort_id": "12", "data": '{"student_id": 88, "big": 12345678901234567890123}',
        }  # fmt: skip
        return Event(time=NOW - timedelta(hours=hours_ago), event=name, **{**defaults, **fields})

    return store_events(
        [
            event("started", 30),
            event("refused", 20, level=30, meta='{"flags": ["clock"]}'),
            event("elsewhere", 10, service="auth-api", request_id=None, cohort_id=None, data="{}"),
        ]
    )


def names(response):
    assert response.status_code == 200, response.content
    return [event["event"] for event in response.json()["events"]]


def test_an_event_has_exactly_the_documented_shape(get, events):
    answer = get(q="event:refused").json()

    time = (NOW - timedelta(hours=20)).strftime("%Y-%m-%dT%H:%M:%S.123456Z")
    assert answer == {
        "events": [
            {
                "id": str(events[1]), "time": time, "level": "warning", "service": "learning-api", "event": "refused",
                "logger": "LearningAPI.cohort", "request_id": "r-1", "cohort_id": "12",
                "data": {"student_id": 88, "big": 12345678901234567890123}, "meta": {"flags": ["clock"]},
            }
        ],
        "older": None,
        "newer": None,
        "timed_out": False,
    }  # fmt: skip


def test_newest_first_and_everything_without_filters(get, events):
    assert names(get()) == names(get(sort="newest")) == ["elsewhere", "refused", "started"]


def test_oldest_first_where_sort_says_so(get, events):
    first = get(sort="oldest", limit=2)

    assert names(first) == ["started", "refused"]
    assert first.json()["older"] is None
    last = get(sort="oldest", limit=2, cursor=first.json()["newer"])
    assert names(last) == ["elsewhere"]
    assert (last.json()["older"], last.json()["newer"]) == (None, None)
    lines = b"".join(get("application/x-ndjson", sort="oldest").streaming_content).splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["started", "refused", "elsewhere"]


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_an_order_that_there_is_not_is_refused(get, events, accept):
    answer = get(accept, sort="time")

    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": "'time' is no order of the list", "column": None, "hint": "Try sort=oldest or sort=newest."
    }  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"request_id": "r-1"}, ["refused", "started"]),
        ({"cohort_id": "12"}, ["refused", "started"]),
        ({"level": "warning"}, ["refused"]),
        ({"level": "debug"}, ["elsewhere", "refused", "started"]),
        ({"service": "auth-api"}, ["elsewhere"]),
        ({"since": "-15h"}, ["elsewhere"]),
        ({"until": "-15h"}, ["refused", "started"]),
        ({"since": "-25h", "until": "-15h"}, ["refused"]),
        ({"q": "student_id:88 -refused"}, ["started"]),
        ({"q": "student_id:88", "level": "warning", "service": "learning-api"}, ["refused"]),
    ],
)
def test_filters(get, events, parameters, found):
    assert names(get(**parameters)) == found


def test_since_is_inclusive_and_until_is_not(get, events):
    moment = (NOW - timedelta(hours=20)).isoformat().replace("+00:00", "Z")

    assert names(get(since=moment)) == ["elsewhere", "refused"]
    assert names(get(until=moment)) == ["started"]


def test_pages_follow_each_other_without_gap_or_overlap(get, store_events):
    same_time = [Event(NOW, 20, "s", f"e{n}", "", None, None, "{}") for n in range(25)]
    store_events(same_time)

    seen, cursor = [], ""
    while cursor is not None:
        answer = get(limit=4, cursor=cursor).json()
        seen += [event["event"] for event in answer["events"]]
        cursor = answer["older"]

    assert seen == [f"e{n}" for n in reversed(range(25))]


def test_ndjson_is_the_whole_result(get, store_events):
    store_events([Event(NOW, 20, "s", f"e{n}", "", None, None, "{}") for n in range(2500)])

    response = get(accept="application/x-ndjson", limit=10)
    lines = b"".join(response.streaming_content).decode().splitlines()

    assert response["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line)["event"] for line in lines] == [f"e{n}" for n in reversed(range(2500))]


def test_few_whole_results_are_under_way_at_once(get, store_events):
    store_events([Event(NOW, 20, "s", "e", "", None, None, "{}")])

    under_way = [get(accept="application/x-ndjson") for _ in range(MOST_AT_ONCE)]
    refused = get(accept="application/x-ndjson")
    for answer in under_way:
        answer.close()

    assert (refused.status_code, refused["Retry-After"]) == (429, "5")
    assert get(accept="application/x-ndjson").status_code == 200


def test_a_whole_result_holds_no_connection_that_others_wait_for(get, store_events):
    store_events([Event(NOW, 20, "s", f"e{n}", "", None, None, "{}") for n in range(1500)])

    pieces = get(accept="application/x-ndjson").streaming_content
    held = [(connections["default"].connection, connections["search"].connection) for _ in pieces]

    assert len(held) > 1
    assert held == [(None, None)] * len(held)


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize(
    ("parameters", "column"),
    [
        ({"q": "level>="}, True),
        ({"q": 'a "unended'}, True),
        ({"since": "yesterday-ish"}, False),
        ({"until": "2026-13-01T00:00:00Z"}, False),
        ({"level": "shout"}, False),
        ({"request": "r-1"}, False),
    ],
)
def test_what_cannot_be_read_is_400_with_a_hint(get, accept, parameters, column):
    response = get(accept=accept, **parameters)

    assert response.status_code == 400
    error = response.json()["error"]
    assert set(error) == {"message", "column", "hint"}
    assert error["message"]
    assert error["hint"]
    assert isinstance(error["column"], int) == column


def test_a_parameter_that_stands_twice_is_400_rather_than_half_heard(get):
    response = get(service=["auth-api", "learning-api"])

    assert response.status_code == 400
    assert response.json()["error"]["message"] == "service stands twice."


@pytest.fixture
def script(viewer, monkeypatch):
    """What docs/api.md shows to scripts, asking this process."""
    monkeypatch.setenv("LOGVIEWER_URL", "http://testserver")
    monkeypatch.setenv("LOGVIEWER_TOKEN", create_read_token(viewer, "script").secret)
    section = API_DOC.read_text().partition("### From a script")[2]
    names: dict = {}
    exec(re.search(r"```python\n(.*?)```", section, re.DOTALL)[1], names)

    def urlopen(request):
        return io.BytesIO(Client().get(request.full_url, headers=dict(request.header_items())).content)

    names["urlopen"] = urlopen
    return names


def test_the_documented_script_finds_every_event_over_pages(script, store_events):
    stored = store_events([Event(NOW, 20, "a", f"e{n}", "", None, None, "{}") for n in range(1001)])

    for order in ("newest", "oldest"):
        assert sorted(int(event["id"]) for event in script["events"](sort=order)) == sorted(stored)


def test_the_documented_script_follows_events_that_arrive_late_too(script, store_events):
    def arrives(name, seconds_ago):
        store_events([Event(datetime.now(UTC) - timedelta(seconds=seconds_ago), 20, "a", name, "", None, None, "{}")])

    arrives("first", 10)
    followed = script["follow"](late_s=3600, every_s=0)
    found = [next(followed)["event"]]
    arrives("second", 5)
    found.append(next(followed)["event"])
    arrives("late", 8)
    found.append(next(followed)["event"])

    assert found == ["first", "second", "late"]


@pytest.mark.parametrize(
    "parameters", [{"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"limit": "9" * 5000}, {"cursor": "nonsense"}]
)
def test_a_page_that_cannot_be_is_400(get, parameters):
    assert get(**parameters).status_code == 400


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer lvr_aaaaaaaa_" + "a" * 38])
def test_without_a_good_token_it_is_401(database, authorization):
    response = Client().get("/api/v1/events", headers={"authorization": authorization})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert "read token" in response.json()["error"]["message"]


def test_an_ingest_key_reads_nothing(ingest_secret):
    assert Client().get("/api/v1/events", headers={"authorization": f"Bearer {ingest_secret}"}).status_code == 401


def test_a_session_does_not_open_the_api(client_of, viewer):
    assert client_of(viewer).get("/api/v1/events").status_code == 401


def test_a_disabled_users_token_stops(get, viewer):
    assert get().status_code == 200
    viewer.is_active = False
    viewer.save()

    assert get().status_code == 401


def test_other_methods_are_405(viewer):
    secret = create_read_token(viewer, "test").secret
    response = Client().post("/api/v1/events", headers={"authorization": f"Bearer {secret}"})

    assert response.status_code == 405
    assert response["Allow"] == "GET"


def test_the_answer_is_not_cached(get, events):
    assert "no-store" in get()["Cache-Control"]


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/event", "/api/v1/events/1"])
def test_an_unknown_address_is_404_as_json(path):
    response = Client().get(path)

    assert response.status_code == 404
    assert "/api/v1/events" in response.json()["error"]["hint"]
