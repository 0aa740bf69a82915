"""A stock of events to search: each test says only what its events have of their own."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.store.event import Event, Level

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def event(minutes_ago: float = 0, name: str = "thing_happened", **fields: object) -> Event:
    """An event; keys that are no column of the store become its own."""
    columns = {"level": Level.INFO, "service": "api", "logger": "", "request_id": None, "cohort_id": None}
    own = {key: fields.pop(key) for key in list(fields) if key not in columns}
    return Event(time=NOW - timedelta(minutes=minutes_ago), event=name, data=json.dumps(own), **{**columns, **fields})  # type: ignore[arg-type]


@pytest.fixture
def store(store_events: Callable[[Sequence[Event]], list[int]]) -> Callable[..., list[int]]:
    """Stores events and returns their ids."""
    return lambda *events: store_events(events)


@pytest.fixture
def search() -> Callable[..., Search]:
    """A search by someone who may see everything, at NOW."""
    return lambda q="", **asked: Search.parse(reader=Reader(may_search=True), q=q, now=NOW, **asked)
