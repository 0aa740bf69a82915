"""The columns that an address chooses, and what a row shows in them."""

from datetime import UTC, datetime

import pytest
from django.http import QueryDict

from logviewer.query.events import StoredEvent
from logviewer.viewer.columns import MOST_COLUMNS, cell_text, columns_of, names_in, with_column, written


def event(data="{}", **columns):
    own = {"service": "api", "event": "e", "logger": "", "request_id": None, "cohort_id": None}
    return StoredEvent(1, datetime(2026, 11, 22, tzinfo=UTC), 20, **{**own, **columns}, data_json=data, meta_json=None)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("event", ["event"]),
        (" event , a.b,,event ", ["event", "a.b"]),
        ('"a,b",c', ["a,b", "c"]),
        ('"say ""no""",x', ['say "no"', "x"]),
        ("a\nb,c", ["a"]),
        ("\0", []),
        ('"never closed,', ["never closed,"]),
        (",".join(f"c{n}" for n in range(99)), [f"c{n}" for n in range(MOST_COLUMNS)]),
        ("x" * 300_000, []),
    ],
)
def test_names_stand_between_commas(text, names):
    assert names_in(text) == names


@pytest.mark.parametrize("names", [["a"], ["a,b", '"', "c d"], ["ä.ö", "x"]])
def test_names_are_written_as_they_are_read(names):
    assert names_in(written(names)) == names


def test_each_column_can_go_and_move():
    first, last = columns_of(QueryDict("q=x&columns=a,b"))

    assert (first.name, first.without, first.left, first.right) == ("a", "/?q=x&columns=b", "", "/?q=x&columns=b,a")
    assert (last.name, last.without, last.left, last.right) == ("b", "/?q=x&columns=a", "/?q=x&columns=b,a", "")
    (only,) = columns_of(QueryDict("columns=a"))
    assert only.without == "/"


def test_the_first_chosen_column_stands_beside_the_usual_ones():
    assert with_column(QueryDict(), "a.b") == "/?columns=service,event,a.b"
    assert with_column(QueryDict("columns=x"), "a,b") == "/?columns=x,%22a,b%22"


@pytest.mark.parametrize("name", ["event", "level", " spaced ", "x" * 201])
def test_what_is_shown_already_or_cannot_be_is_no_column_to_add(name):
    assert with_column(QueryDict(), name) == ""


def test_a_row_has_no_more_than_so_many_columns():
    parameters = QueryDict(f"columns={','.join('abcdefghijkl')}")

    assert with_column(parameters, "m") == ""


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        ('{"a": 1.50}', "a", "1.50"),
        ('{"a": {"b": "x"}}', "a.b", "x"),
        ('{"a.b": "x", "a": {"b": "y"}}', "a.b", "y, x"),
        ('{"a": [{"b": 1}, {"b": [2, 3]}]}', "a.b", "1, 2, 3"),
        ('{"a": {"b": {"c": true}}}', "a.b", '{"c": true}'),
        ('{"a": null}', "a", "null"),
        ('{"a": []}', "a", ""),
        ('{"a": 1}', "a.b", ""),
        ("{}", "a", ""),
        ("{}", "level", "info"),
        ("{}", "service", "api"),
        ("{}", "request_id", ""),
        ('{"service": "own"}', "service", "api"),
    ],
)
def test_a_cell_shows_what_a_query_would_find_under_the_name(data, name, text):
    assert cell_text(event(data), name) == text
