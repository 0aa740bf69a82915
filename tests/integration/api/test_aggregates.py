"""What the events of a search add up to: the shapes that other people's scripts rely on."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from logviewer.accounts.tokens import create_read_token
from logviewer.query import count, histogram, sampling
from logviewer.store.event import Event

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ADDRESSES = ("histogram", "count", "values", "percentiles")
ASKED = {"histogram": {}, "count": {}, "values": {"field": "n"}, "percentiles": {"field": "n"}}


@pytest.fixture
def get(viewer):
    secret = create_read_token(viewer, "test").secret
    return lambda path, **asked: Client().get(f"/api/v1/{path}", asked, headers={"authorization": f"Bearer {secret}"})


@pytest.fixture
def _events(store_events):
    def event(minutes_ago, level=20, data="{}", **fields):
        columns = {"service": "api", "event": "e", "logger": "", "request_id": None, "cohort_id": None, **fields}
        return Event(time=NOW - timedelta(minutes=minutes_ago), level=level, data=data, **columns)

    store_events(
        [
            event(1, data='{"path": "/a", "n": 1}'),
            event(2, data='{"path": "/a", "n": 2}'),
            event(3, 40, data='{"path": "/b", "n": 3.5, "tags": ["x", "y"]}'),
            event(4, data='{"path": "/a", "n": "none"}'),
            event(90, data='{"tags": "x"}', service="auth"),
        ]
    )


@pytest.mark.usefixtures("_events")
def test_a_histogram_has_exactly_the_documented_shape(get):
    asked = {"since": "2026-11-23T11:55:30Z", "until": "2026-11-23T12:00:00Z", "q": "has:path"}
    answer = get("histogram", buckets=2, **asked).json()

    assert answer == {
        "buckets": [
            {
                "start": "2026-11-23T11:55:30.000000Z",
                "end": "2026-11-23T12:00:00.000000Z",
                "counts": {"info": 3, "error": 1},
            },
        ],
        "width_s": 300.0,
        "since": "2026-11-23T11:55:30.000000Z",
        "until": "2026-11-23T12:00:00.000000Z",
        "total": 4,
        "complete": True,
        "reached": None,
    }


@pytest.mark.usefixtures("_events")
@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ({}, 5),
        ({"q": "path:/a"}, 3),
        ({"q": "path:/a n>1"}, 1),
        ({"level": "error"}, 1),
        ({"service": "auth"}, 1),
        ({"since": "2026-11-23T11:57:00Z"}, 3),
        ({"until": "2026-11-23T11:57:00Z"}, 2),
        ({"since": "2030-01-01", "until": "2031-01-01"}, 0),
        ({"since": "2030-01-01"}, 0),
    ],
)
def test_counts_what_the_list_shows(get, asked, number):
    assert get("count", **asked).json() == {"count": number, "complete": True, "reached": None}
    assert len(get("events", **asked).json()["events"]) == number


def test_an_empty_store_adds_up_to_nothing(get):
    assert get("count", q="-has:nothing").json() == {"count": 0, "complete": True, "reached": None}
    assert get("histogram").json()["total"] == 0
    assert get("values", field="n").json() == {
        "field": "n", "values": [], "events": 0, "with_field": 0, "distinct": 0, "sampled": None, "complete": True,
    }  # fmt: skip
    assert get("percentiles", field="n").json()["groups"] == []


@pytest.mark.usefixtures("_events")
def test_top_values_have_exactly_the_documented_shape(get):
    assert get("values", field="path", limit=1).json() == {
        "field": "path",
        "values": [{"value": "/a", "count": 3, "share": 0.75}],
        "events": 5,
        "with_field": 4,
        "distinct": 2,
        "sampled": None,
        "complete": True,
    }


@pytest.mark.usefixtures("_events")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"field": "tags"}, {"x": 2, "y": 1}),
        ({"field": "level"}, {"info": 4, "error": 1}),
        ({"field": "service"}, {"api": 4, "auth": 1}),
        ({"field": "logger"}, {}),
        ({"field": "n", "q": "path:/a"}, {"1": 1, "2": 1, "none": 1}),
        ({"field": "path", "since": "2026-11-23T11:58:00Z"}, {"/a": 2}),
    ],
)
def test_top_values_of_any_field(get, asked, found):
    assert {one["value"]: one["count"] for one in get("values", **asked).json()["values"]} == found


@pytest.mark.usefixtures("_events")
def test_percentiles_have_exactly_the_documented_shape(get):
    assert get("percentiles", field="n", by="path", p="50,99.9").json() == {
        "groups": [
            {"value": "/a", "count": 2, "min": 1, "max": 2, "p50": 1, "p99.9": 2},
            {"value": "/b", "count": 1, "min": 3.5, "max": 3.5, "p50": 3.5, "p99.9": 3.5},
        ],
        "with_field": 4,
        "left_out": 1,
        "distinct": 2,
        "sampled": None,
        "complete": True,
    }
    [group] = get("percentiles", field="n").json()["groups"]
    assert (group["value"], group["count"], group["p50"], group["p95"]) == (None, 3, 2, 3.5)


def test_a_number_that_no_float_holds_is_still_json(get, store_events):
    store_events([Event(NOW, 20, "s", "e", "", None, None, '{"n": 1.5e-400, "m": 12345678901234567890}')])
    store_events([Event(NOW, 20, "s", "e", "", None, None, '{"big": "9e999"}')])
    assert get("percentiles", field="m").json()["groups"][0]["max"] == 12345678901234567890
    assert get("percentiles", field="n").status_code == 200
    assert get("percentiles", field="big").json()["groups"][0]["max"] == "9" + "0" * 999


HOSTILE = ["'", '"', "%", "%s", "%(a)s", "\\", "a\0b", "a'||'b", "$.x", "{", "[", ".", "..", "é", "x" * 4096]


@pytest.mark.usefixtures("_events")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_field_is_a_field_like_others(get, name):
    assert get("values", field=name).json()["values"] == []
    assert get("percentiles", field=name, by=name).json()["groups"] == []
    assert {one["value"] for one in get("percentiles", field="n", by=name).json()["groups"]} == {None}


def test_a_hostile_field_that_is_there_is_found(get, store_events):
    store_events([Event(NOW, 20, "s", "e", "", None, None, '{"q\\"\\\\%s\'": 7}')])
    answer = get("values", field="q\"\\%s'").json()
    assert (answer["with_field"], answer["values"][0]["value"]) == (1, "7")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("values", {}),
        ("values", {"field": "time"}),
        ("values", {"field": "x" * 4097}),
        ("values", {"field": "a.b.c.d.e.f.g.h.i"}),
        ("values", {"field": "n", "limit": "0"}),
        ("values", {"field": "n", "limit": "1001"}),
        ("percentiles", {}),
        ("percentiles", {"field": "n", "by": "timestamp"}),
        ("percentiles", {"field": "n", "p": "101"}),
        ("percentiles", {"field": "n", "p": "50,,95"}),
        ("percentiles", {"field": "n", "p": "nan"}),
        ("percentiles", {"field": "n", "p": ",".join(["50"] * 11)}),
        ("percentiles", {"field": "n", "limit": "x"}),
        ("histogram", {"buckets": "0"}),
        ("histogram", {"buckets": "9" * 5000}),
        *[(path, {**ASKED[path], "cursor": "x"}) for path in ADDRESSES],
        *[(path, {**ASKED[path], "q": "("}) for path in ADDRESSES],
        *[(path, {**ASKED[path], "level": "loud"}) for path in ADDRESSES],
    ],
)
def test_what_cannot_be_read_is_400_with_a_hint(get, path, asked):
    response = get(path, **asked)

    assert response.status_code == 400
    error = response.json()["error"]
    assert set(error) == {"message", "column", "hint"}
    assert error["message"]
    assert error["hint"]
    assert isinstance(error["column"], int) == ("q" in asked)


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_has_no_token_and_who_does_not_read(viewer, path):
    secret = create_read_token(viewer, "test").secret
    assert Client().get(f"/api/v1/{path}", ASKED[path]).status_code == 401
    response = Client().post(f"/api/v1/{path}", headers={"authorization": f"Bearer {secret}"})
    assert (response.status_code, response["Allow"]) == (405, "GET")


@pytest.mark.usefixtures("_events")
def test_counting_that_ran_out_of_time_says_how_far_it_got(get, monkeypatch):
    monkeypatch.setattr(count, "BUDGET_S", 0.0)
    assert get("count", q="-has:nothing").json() == {
        "count": 0,
        "complete": False,
        "reached": "2026-11-23T11:59:00.000001Z",
    }


@pytest.mark.usefixtures("_events")
def test_a_histogram_that_ran_out_of_time_says_how_far_it_got(get, monkeypatch):
    monkeypatch.setattr(histogram, "BUDGET_S", 0.0)
    answer = get("histogram", q="-has:nothing").json()
    assert answer["complete"] is False
    assert answer["reached"] == answer["until"]


@pytest.mark.usefixtures("_events")
def test_without_time_for_even_a_sample_there_is_no_answer_that_passes_for_one(get, monkeypatch):
    monkeypatch.setattr(sampling, "PILOT_SHARES", ())
    for path in ("values", "percentiles"):
        answer = get(path, field="n").json()
        assert (answer["sampled"], answer["complete"], answer["distinct"]) == (0.0, False, None)
