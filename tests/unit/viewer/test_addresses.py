"""Links edit the search in the address."""

from datetime import UTC, datetime

import pytest
from django.http import QueryDict

from logviewer.viewer.addresses import (
    around_address,
    event_address,
    older_address,
    request_address,
    search_address,
    with_term,
    with_value,
    without_value,
)

MOMENT = datetime(2026, 11, 22, 1, 2, 3, 45, tzinfo=UTC)


def test_a_search_keeps_its_parameters_and_drops_the_place_in_the_list():
    parameters = QueryDict("q=a&cohort_id=12&before=xyz&unknown=1")

    assert search_address(parameters) == "/?q=a&cohort_id=12"
    assert search_address(parameters, q="", level="error") == "/?cohort_id=12&level=error"
    assert older_address(parameters, "abc") == "/?q=a&cohort_id=12&before=abc"
    assert older_address(QueryDict(), "abc") == "/?before=abc"


def test_a_value_is_added_to_the_query():
    assert with_value(QueryDict("q=timeout"), "error.code", "23505") == "/?q=timeout%20error.code:23505"


def test_a_value_with_a_box_of_its_own_goes_there():
    assert with_value(QueryDict("q=timeout"), "cohort_id", "12") == "/?q=timeout&cohort_id=12"


def test_a_value_that_the_box_would_change_goes_into_the_query():
    assert with_value(QueryDict(), "request_id", " a") == "/?q=request_id:%22%20a%22"


def test_excluding_the_value_of_a_box_empties_the_box():
    assert without_value(QueryDict("cohort_id=12"), "cohort_id", "12") == "/?q=-cohort_id:12"


@pytest.mark.parametrize(
    ("query", "term", "after"),
    [
        ("", "a:1", "a:1"),
        ("x", "a:1", "x a:1"),
        ("x a:1", "a:1", "x a:1"),
        ("x -a:1 y", "a:1", "x y a:1"),
        ("x a:1", "-a:1", "x -a:1"),
        ("x OR y", "a:1", "(x OR y) a:1"),
        ('"one  two"', "a:1", '"one  two" a:1'),
        ("cannot (be read", "a:1", "cannot (be read a:1"),
        ("x OR a:1", "a:1", "(x OR a:1) a:1"),
        ("x OR -a:1", "a:1", "(x OR -a:1) a:1"),
        ("x NOT a:1", "a:1", "x a:1"),
        ("NOT a:1", "-a:1", "NOT a:1"),
        ('"x a:1 y"', "a:1", '"x a:1 y" a:1'),
        ('"x -a:1 y"', "a:1", '"x -a:1 y" a:1'),
        ('b:1 -a:"c d"', 'a:"c d"', 'b:1 a:"c d"'),
        ("*", "a:1", "a:1"),
    ],
)
def test_a_term_is_added_once_and_replaces_its_opposite(query, term, after):
    assert with_term(query, term) == after


def test_around_an_event_are_its_service_and_a_minute():
    assert around_address("api", MOMENT) == (
        "/?service=api&since=2026-11-22T01:01:33.000045Z&until=2026-11-22T01:02:33.000046Z"
    )


def test_an_event_has_an_address_of_its_own():
    assert event_address(MOMENT, 7) == "/events/2026-11-22T01:02:03.000045Z/7"


@pytest.mark.parametrize(
    ("request_id", "address"),
    [
        ("7c1e", "/requests/7c1e"),
        ("a/b?c#d", "/requests/a/b%3Fc%23d"),
        ("../manage/accounts", "/?request_id=../manage/accounts"),
        ("/", "/?request_id=/"),
        ("a\nb", "/?request_id=a%0Ab"),
        ("\na", "/?q=request_id:%22%0Aa%22"),
    ],
)
def test_a_request_s_page_is_never_another_page(request_id, address):
    assert request_address(request_id) == address
