"""Fields that nobody sends, and what may have been meant."""

import pytest

from logviewer.query import unknown_fields as module
from logviewer.query.errors import SearchUnavailable
from logviewer.query.language import parse
from logviewer.query.reader import Reader
from logviewer.query.unknown_fields import unknown_fields
from logviewer.store.catalogue import catch_up
from tests.integration.query.conftest import event

ANYONE = Reader(may_search=True)


@pytest.fixture
def stored(store):
    store(event(status_code=200), event(status_code=200, error={"code": 5}))
    catch_up(60)


def unknown(q, reader=ANYONE):
    return [
        (field.name, [(near.name, near.events) for near in field.near]) for field in unknown_fields(reader, parse(q))
    ]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("statuscode:200", [("statuscode", [("status_code", 2)])]),
        ("cohort_ID:12", [("cohort_ID", [("cohort_id", None)])]),
        ("-(a OR err.code:5)", [("err.code", [("error.code", 1)])]),
        ("has:code", [("code", [("error.code", 1)])]),
        ("zzzzzz:1 qqqqqq>1", [("zzzzzz", []), ("qqqqqq", [])]),
        ("status_code:200 error.code:5 has:error cohort_id:1 level:error time>=-1h word", []),
    ],
)
def test_unknown(q, found, stored):
    assert unknown(q) == found


def test_an_empty_catalogue_calls_nothing_unknown(database):
    assert unknown("statuscode:1") == []


def test_a_slow_catalogue_neither(stored, monkeypatch):
    def slow(*_, **__):
        raise SearchUnavailable("slow")

    monkeypatch.setattr(module, "fetch_catalogue", slow)

    assert unknown("statuscode:1") == []


def test_who_may_not_search_learns_no_names(stored):
    assert unknown("statuscode:1", Reader(may_search=False)) == []
