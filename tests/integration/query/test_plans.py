"""Which index answers what. Sequential scans are switched off: the question is whether the index can, not its price."""

import pytest
from django.db import connections, transaction

from tests.integration.query.conftest import event


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
        ({"cohort_id": "12", "q": "level:error"}, "cohort_id_time_idx1"),
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
    assert index + " " in plan
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
