"""Whatever can be typed by the grammar is SQL that Postgres plans on the real table."""

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings

from logviewer.query.compiler import compile_node
from logviewer.query.language import parse, write
from logviewer.query.narrowing import narrowing, rest
from logviewer.query.summed import summed
from logviewer.store.predicate import Predicate, all_of
from tests.integration.query.conftest import NOW
from tests.unit.query.random_texts import queries


@pytest.fixture
def explain(database):
    def explain(predicate: Predicate) -> str:
        with connections["search"].cursor() as cursor:
            cursor.execute(f"EXPLAIN SELECT FROM log_event WHERE {predicate.sql} AND time < now()", predicate.params)
            return cursor.fetchall()[0][0]

    return explain


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=queries)
def test_a_query_is_read_written_again_and_planned(text, explain):
    node = parse(text)
    assert parse(write(node)) == node

    assert explain(compile_node(node, NOW))
    assert explain(all_of([*narrowing(node, NOW), compile_node(rest(node), NOW)]))
    summed(node, NOW)
