"""What cannot be read, where, and a query that may have been meant."""

import pytest
from django.http import QueryDict
from django.utils import timezone

from logviewer.query.compiler import compile_node
from logviewer.query.language import QueryError, parse
from logviewer.viewer.problems import problem_of


def problem(text):
    parameters = QueryDict(mutable=True)
    parameters["q"] = text
    with pytest.raises(QueryError) as caught:
        compile_node(parse(text), timezone.now())
    return problem_of(parameters, caught.value)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("level:eror", "level:error"),
        ("a level>=warnin b", "a level>=warning b"),
        ("-level:Eror", "-level:error"),
        ("level:loud", ""),
        ("status_code!=500", "-status_code:500"),
        ("-status_code!=500", "status_code:500"),
        ("cohort_id: 12", "cohort_id:12"),
        ("cohort_id:", ""),
        ("duration_ms:>500", "duration_ms>500"),
        ("service:(api OR monarch) a", "(service:api OR service:monarch) a"),
        ("service:(api monarch)", "service:api OR service:monarch"),
        ('service:("a b")', ""),
        ("timeout (slack", "timeout slack"),
        ("((a b", "a b"),
        ("a) b", "a b"),
        ("a () b", "a b"),
        ('"could not', '"could not"'),
        ("a OR", "a"),
        ("OR a", "a"),
        ("a AND OR b", "a b"),
        ("a - b", 'a "-" b'),
        ("()", ""),
        ('""', ""),
        ("duration_ms>fast", ""),
        ("time:now", ""),
    ],
)
def test_a_query_that_may_have_been_meant(text, meant):
    found = problem(text)

    assert found.meant == meant
    assert ("?q=" in found.meant_address) == bool(meant)


def test_the_caret_points_at_the_column():
    found = problem("timeout (slack")

    assert (found.column, found.line, found.caret) == (9, "timeout (slack", "        ^")
    assert found.message == "this parenthesis is never closed"
    assert found.hint == "Add a )."


@pytest.mark.parametrize(
    ("line", "caret"),
    [
        ("level:eror", "      ^^^^"),
        ("a level>=warnin b", "         ^^^^^^"),
    ],
)
def test_the_caret_points_at_what_would_be_mended(line, caret):
    found = problem(line)

    assert (found.column, found.line, found.caret) == (caret.index("^") + 1, line, caret)


def test_a_fault_in_another_parameter_mends_no_query():
    with pytest.raises(QueryError) as caught:
        compile_node(parse("level:eror"), timezone.now())
    caught.value.parameter, caught.value.column = "level", None

    found = problem_of(QueryDict("level=eror"), caught.value)

    assert (found.parameter, found.column, found.meant, found.meant_address) == ("level", None, "", "")
