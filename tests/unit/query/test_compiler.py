"""What the compiler refuses, and that nothing a person types becomes SQL."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.query.compiler import compile_node
from logviewer.query.language import QueryError, parse

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a level:loud", 3),
        ("level>loud", 1),
        ("level:w*", 1),
        ("x duration_ms>fast", 3),
        ("a->b", 1),
        ("a>1e9999", 1),
        ("time:2026-11-23", 1),
        ("time>tomorrow", 1),
        ("timestamp>=2026-99-99", 1),
        ("a.b.c.d.e.f.g.h.i:1", 1),
    ],
)
def test_says_where_a_field_is_asked_what_it_cannot_answer(text, column):
    with pytest.raises(QueryError) as caught:
        compile_node(parse(text), NOW)
    assert caught.value.column == column
    assert caught.value.hint


FORMS = ["{0}", '"{0}"', "k{0}:v", '"{0}":v', 'k:"{0}"', "k:{0}*", 'has:"{0}"', 'event:"{0}"', "a.{0}.b:1"]


@given(st.sampled_from(FORMS), st.text(min_size=1, max_size=8))
def test_what_a_person_types_is_bound_and_never_part_of_the_sql(form, typed):
    try:
        predicate = compile_node(parse(form.format(f"zq{typed}qz")), NOW)
    except QueryError:
        return
    assert "zq" not in predicate.sql
    assert predicate.sql.count("%s") == len(predicate.params)
    assert predicate.sql.replace("%s", "").count("%") == 0
