"""Links edit the search in the address."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from logviewer.viewer.addresses import (
    address_of,
    around_address,
    event_address,
    event_key,
    older_address,
    places_in,
    query_of,
    request_address,
    same_event_address,
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


def test_an_order_is_kept_if_it_is_not_the_usual_one():
    assert search_address(QueryDict("q=a&sort=oldest&after=x")) == "/?q=a&sort=oldest"
    assert older_address(QueryDict("sort=oldest"), "abc") == "/?sort=oldest&before=abc"
    assert search_address(QueryDict("sort=newest")) == search_address(QueryDict("sort=sideways")) == "/"
    assert query_of(QueryDict("sort=oldest&q=%20")) == "sort=oldest"
    assert query_of(QueryDict("sort=newest&wrap=1")) == "wrap=1"


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


def test_links_keep_how_the_search_is_shown_and_a_search_has_one_address():
    parameters = QueryDict("wrap=1&columns=event,a.b&by=service&level=info&q=a&before=xyz")

    assert search_address(parameters) == "/?q=a&level=info&columns=event,a.b&wrap=1&by=service"
    assert address_of("field", parameters, field="x y") == (
        "/fields/values?q=a&level=info&columns=event,a.b&wrap=1&by=service&field=x%20y"
    )


def test_around_an_event_is_what_was_kept_on_both_sides_of_it():
    assert around_address({"service": "api", "cohort_id": "12"}, MOMENT, timedelta(seconds=30), event_id=7) == (
        "/?cohort_id=12&service=api&since=2026-11-22T01:01:33.000045Z&until=2026-11-22T01:02:33.000046Z"
        "&mark=1795309323000045.7#marked"
    )


@pytest.mark.parametrize("moment", [datetime.min, datetime.max])
def test_around_an_end_of_the_calendar_is_all_of_time(moment):
    assert around_address({}, moment.replace(tzinfo=UTC), timedelta(hours=1), event_id=7).startswith("/?mark=")


def test_the_same_event_is_asked_for_in_the_range_in_view_alone():
    parameters = QueryDict("q=a&cohort_id=12&level=error&since=-1h")

    assert same_event_address(parameters, "cohort created") == "/?q=event:%22cohort%20created%22&since=-1h"


def test_the_name_of_a_selected_event_is_its_time_and_id():
    key = event_key(MOMENT, 7)

    assert key == "1795309323000045.7"
    assert places_in([key]) == [(MOMENT, 7)]


@pytest.mark.parametrize(
    "key", ["", "1", "1.", ".7", "1.7.7", "x.7", "1.\u0667", "9" * 18 + ".7", f"1.{2**63}", "1.-7"]
)
def test_what_names_no_event_is_left_out(key):
    assert places_in([key, "0.1"]) == [(datetime(1970, 1, 1, tzinfo=UTC), 1)]


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
