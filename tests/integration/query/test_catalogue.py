"""Which fields are offered, to whom, and what is near a name that nobody sends."""

import pytest
from django.db import connections
from msgspec.structs import replace

from logviewer.query import catalogue
from logviewer.query.catalogue import known_fields, near_names
from logviewer.query.errors import SearchUnavailable
from logviewer.query.reader import Reader
from logviewer.store.catalogue import catch_up
from tests.integration.query.conftest import NOW, event

ANYONE = Reader(may_search=True)
NOBODY = Reader(may_search=False)


@pytest.fixture
def known(store):
    def known(**data):
        store(event(**data))
        catch_up(60)

    return known


def paths(**asked):
    return [field.path for field in known_fields(ANYONE, **asked)]


def test_an_empty_catalogue_knows_nothing(database):
    assert paths() == []
    assert near_names(ANYONE, "statuscode") == []


def test_someone_who_may_not_search_sees_no_fields(known):
    known(status_code=200)

    assert known_fields(NOBODY) == []
    assert near_names(NOBODY, "status-code") == []


def test_what_was_seen_on_several_days_and_services_is_one_field(store):
    store(event(0, a=1), event(3 * 24 * 60, a="x", service="auth"), event(1, a=None), event(2, b=1))
    catch_up(60)

    [field] = known_fields(ANYONE, prefix="a")
    assert (field.events, field.types) == (3, {"string": 1, "number": 1, "null": 1})
    assert (field.lowest, field.highest, field.last_seen) == (1, 1, NOW)
    assert field.exact
    assert [one.path for one in known_fields(ANYONE, services=["auth"], until=NOW)] == ["a"]
    assert known_fields(ANYONE, services=["auth"], since=NOW) == []


def test_a_name_that_means_a_column_is_not_offered(store):
    store(replace(event(), data='{"level": 3, "service": {"level": 1}}'))
    catch_up(60)

    assert paths() == ["service.level"]


def test_a_prefix_is_text_and_no_pattern(known):
    known(**{"a_b": 1, "axb": 1, "a%": 1, "a'\"": 1})

    assert paths(prefix="a_") == ["a_b"]
    assert paths(prefix="a%") == ["a%"]
    assert paths(prefix="a'\"") == ["a'\""]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("statusCode", "status_code"),
        ("status_cod", "status_code"),
        ("stauts_code", "status_code"),
        ("code", "error.code"),
        ("Duration-MS", "duration_ms"),
        ("sevice", "service"),
        ("requestId", "request_id"),
        ("cohort", "cohort_id"),
    ],
)
def test_a_name_suggests_what_was_meant(known, name, near):
    known(status_code=1, error={"code": 1}, duration_ms=1, path="/", cohorts=1)

    assert near_names(ANYONE, name)[0] == near


@pytest.mark.parametrize("name", ["status_code", "", "zebra", "x" * 5000, "\u2400", "%s"])
def test_a_name_that_is_known_or_like_nothing_suggests_nothing(known, name):
    known(status_code=1)

    assert near_names(ANYONE, name) == []


def test_a_catalogue_that_does_not_answer_in_time_is_said(monkeypatch, known):
    known(a=1)
    monkeypatch.setattr(catalogue, "WITHIN_S", 0.05)
    with connections["default"].cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK log_field")
        with pytest.raises(SearchUnavailable, match="slow"):
            known_fields(ANYONE)
        cursor.execute("ROLLBACK")
