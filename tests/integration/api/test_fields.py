"""The read API's fields: the shape that scripts rely on."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from logviewer.accounts.tokens import create_read_token
from logviewer.store import catalogue
from logviewer.store.event import Event

NOW = datetime.now(UTC).replace(microsecond=123456)


@pytest.fixture
def get(viewer):
    secret = create_read_token(viewer, "test").secret
    return lambda **parameters: Client().get(
        "/api/v1/fields", parameters, headers={"authorization": f"Bearer {secret}"}
    )


@pytest.fixture
def store(store_events):
    """Stores an event of each of the services, with these keys, and lets the catalogue take them in."""

    def store(*services, days_ago=0, **data):
        time = NOW - timedelta(days=days_ago)
        store_events([Event(time, 20, service, "e", "", None, None, json.dumps(data)) for service in services])
        catalogue.catch_up(60)

    return store


def paths(response):
    assert response.status_code == 200, response.content
    return [field["path"] for field in response.json()["fields"]]


def test_a_field_has_exactly_the_documented_shape(get, store):
    store("a", "b", status=404)

    time = NOW.strftime("%Y-%m-%dT%H:%M:%S.123456Z")
    assert get().json() == {
        "fields": [
            {
                "path": "status", "events": 2, "exact": True, "types": {"number": 2}, "min": 404.0, "max": 404.0,
                "first_seen": time, "last_seen": time, "samples": ["404"],
            }
        ],
        "near": [],
    }  # fmt: skip


def test_the_most_frequent_come_first_by_service_day_and_prefix(get, store):
    store("a", error={"code": 1}, rare=1)
    store("a", "b", error={"kind": "x"}, days_ago=2)

    assert paths(get()) == ["error", "error.kind", "error.code", "rare"]
    assert paths(get(service="b")) == ["error", "error.kind"]
    assert paths(get(service=["a", "b"], prefix="error.", limit=1)) == ["error.kind"]
    assert paths(get(since="-1d")) == ["error", "error.code", "rare"]
    assert paths(get(until=NOW.date().isoformat())) == ["error", "error.kind"]


def test_a_prefix_that_no_field_has_gets_names_like_it(get, store):
    store("a", status_code=200)

    assert get(prefix="statusCod").json() == {"fields": [], "near": ["status_code"]}


@pytest.mark.parametrize(
    "parameters",
    [{"since": "yesterday-ish"}, {"until": "x"}, {"limit": "0"}, {"limit": "1001"}, {"services": "a"}],
)
def test_what_cannot_be_read_is_400_with_a_hint(get, parameters):
    response = get(**parameters)

    assert response.status_code == 400
    error = response.json()["error"]
    assert error["message"]
    assert error["hint"]


@pytest.mark.parametrize(
    "parameters",
    [{"prefix": "\0"}, {"service": "a\0b"}, {"prefix": "%_'\""}, {"until": "0001-01-01"}, {"since": "9999-12-31"}],
)
def test_no_text_is_too_odd(get, parameters):
    assert get(**parameters).json() == {"fields": [], "near": []}


def test_it_needs_a_read_token(database):
    assert Client().get("/api/v1/fields").status_code == 401
