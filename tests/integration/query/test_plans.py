"""Which index answers what. Sequential scans are switched off: the question is whether the index can, not its price."""

import re
from datetime import timedelta

import pytest
from django.db import connections, transaction

from logviewer.query import histogram, series
from logviewer.query.histogram import read_histogram
from logviewer.query.histogram_by import read_histogram_by_level
from logviewer.store import partitions
from logviewer.store.event import Level
from logviewer.store.maintenance import seal_ended
from tests.integration.query.conftest import NOW, event


def plan_of(predicate):
    with transaction.atomic("search"), connections["search"].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT id FROM log_event WHERE {predicate.sql}", predicate.params)
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"request_id": "r"}, "request_id"),
        ({"q": "request_id:r level:error"}, "request_id"),
        ({"cohort_id": "12"}, "cohort_id_time"),
        ({"level": "warning"}, "time"),
        ({"level": "error"}, "time"),
        ({"q": "user_id:7"}, "data"),
        ({"q": "user_id:abc"}, "data"),
        ({"q": "ok:true"}, "data"),
        ({"q": "error:null"}, "data"),
        ({"q": "error.code:23505"}, "data"),
        ({"q": "a.b.c.d:x level:info"}, "data"),
        ({"q": "user_id:7 timeout -path:/health*"}, "data"),
        ({"q": "(user_id:7 OR student_id:7)"}, "data"),
    ],
)
def test_an_index_answers(store, search, asked, index):
    store(event())
    plan = plan_of(search(**asked).predicate)
    assert "Index Scan" in plan
    assert f"_{index}_idx" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"cohort_id": "12"}, "cohort_id_time_idx"),
        ({"cohort_id": "12", "since": "-1h"}, "cohort_id_time_idx"),
        ({"cohort_id": "12", "q": "level:error"}, "(cohort_id_time_idx1|cohort_levels)"),  # the latter of sealed slices
        ({"q": "cohort_id:12 level>=warning time<now"}, "cohort_id_time_idx1"),
    ],
)
def test_an_index_has_a_cohorts_rows_in_order(store, search, asked, index):
    store(event())
    asked = search(**asked)
    assert asked.one_cohort
    with transaction.atomic("search"), connections["search"].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(
            f"EXPLAIN SELECT id FROM log_event WHERE {asked.predicate.sql} ORDER BY time DESC LIMIT 1",
            asked.predicate.params,
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert re.search(f"_{index} ", plan)
    assert "Sort" not in plan


@pytest.mark.parametrize(
    "asked",
    [
        {"cohort_id": "12", "q": "level:info"},
        {"cohort_id": "12", "q": "level<=error"},
        {"cohort_id": "12", "q": "word"},
        {"cohort_id": "12", "service": "api"},
        {"q": "cohort_id:12 cohort_id:13"},
        {"q": "(cohort_id:12 OR cohort_id:13)"},
        {"q": "-cohort_id:12"},
        {"q": "level:error"},
    ],
)
def test_where_rows_must_be_looked_at_they_are_read_in_windows(search, asked):
    assert not search(**asked).one_cohort


@pytest.fixture
def sealed_cohort(store):
    """A sealed slice in which one cohort has 40 errors among 200 warnings."""
    store(*[event(n, cohort_id="12", level=Level.WARNING if n % 5 else Level.ERROR) for n in range(200)])
    partition = next(one for one in partitions.existing() if one.start <= NOW < one.end)
    with connections["default"].cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {partition.name}_words")  # an earlier test may have sealed it
    seal_ended(partition.end + timedelta(hours=1))
    return partition


@pytest.mark.parametrize(("read", "asks"), [(read_histogram_by_level, series), (read_histogram, histogram)])
def test_when_a_cohort_had_errors_is_read_from_an_index_alone(sealed_cohort, search, monkeypatch, read, asks):
    fetch, asked = asks.fetch, []
    monkeypatch.setattr(asks, "fetch", lambda *question, **how: asked.append(question) or fetch(*question, **how))

    found = read(search(cohort_id="12", level="error", since="2026-11-23T00:00:00Z", until="2026-11-24T00:00:00Z"))

    assert found.total == 40
    assert asked
    for question in asked:
        plan = explained(*question)
        assert f"Index Only Scan using {sealed_cohort.name}_cohort_levels" in plan
        assert plan.count(f"on {sealed_cohort.name}") == 1


def explained(sql, params):
    with transaction.atomic("search"), connections["search"].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(line for (line,) in cursor.fetchall())
