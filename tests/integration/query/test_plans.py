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
