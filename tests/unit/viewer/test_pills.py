"""Each part of a search with the searches without it and for its opposite."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from hypothesis import given

from logviewer.query.language import parse
from logviewer.query.language.nodes import and_, conditions_of, not_
from logviewer.viewer.pills import pills_of
from tests.unit.query.random_texts import queries


def pills(query):
    return pills_of(QueryDict(query))


def asked(address):
    return {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}


def test_a_query_is_a_pill_for_each_condition():
    [word, path, group] = pills("q=timeout -path:/health* (a:1 OR b:2)&since=-1h")[:3]

    assert (word.text, word.is_excluded) == ("timeout", False)
    assert asked(word.without) == {"q": "-path:/health* (a:1 OR b:2)", "since": "-1h"}
    assert asked(word.opposite) == {"q": "-timeout -path:/health* (a:1 OR b:2)", "since": "-1h"}
    assert (path.text, path.is_excluded) == ("path:/health*", True)
    assert asked(path.opposite)["q"] == "timeout path:/health* (a:1 OR b:2)"
    assert group.text == "a:1 OR b:2"
    assert asked(group.opposite)["q"] == "timeout -path:/health* -(a:1 OR b:2)"


@pytest.mark.parametrize(
    ("query", "label", "text", "opposite"),
    [
        ("request_id=7c1e", "Request", "7c1e", {"q": "-request_id:7c1e"}),
        ("cohort_id=12", "Cohort", "12", {"q": "-cohort_id:12"}),
        ("service=api", "Service", "api", {"q": "-service:api"}),
        ("level=warning", "Level", "warning and above", {"q": "level<warning"}),
        ("level=critical", "Level", "critical", {"q": "level<critical"}),
    ],
)
def test_a_field_of_the_form_is_a_pill_whose_opposite_is_in_the_query(query, label, text, opposite):
    [pill] = pills(query)

    assert (pill.label, pill.text) == (label, text)
    assert asked(pill.without) == {}
    assert asked(pill.opposite) == opposite


def test_the_opposite_of_a_field_joins_the_query():
    assert asked(pills("q=a OR b&level=error")[1].opposite) == {"q": "(a OR b) level<error"}


def test_the_time_can_only_be_dropped():
    [pill] = pills("since=-24h")

    assert (pill.text, pill.is_time, pill.opposite) == ("Last 24 hours", True, "")
    assert asked(pill.without) == {}


def test_a_query_that_cannot_be_read_is_one_pill():
    [pill, level] = pills("q=a (b&level=error")

    assert (pill.text, pill.opposite, level.label) == ("a (b", "", "Level")
    assert asked(pill.without) == {"level": "error"}


def test_no_search_has_no_pills():
    assert pills("") == pills("q=*") == pills("q=+&level=") == []


@given(queries)
def test_links_mean_what_they_say_for_any_query(text):
    conditions = list(conditions_of(parse(text)))
    query = QueryDict(mutable=True)
    query["q"] = text

    for place, pill in enumerate(pills_of(query)):
        others = [*conditions[:place], *conditions[place + 1 :]]
        assert conditions_of(parse(asked(pill.without).get("q", ""))) == conditions_of(and_(others)) if others else True
        opposite = [*conditions[:place], not_(conditions[place]), *conditions[place + 1 :]]
        assert conditions_of(parse(asked(pill.opposite)["q"])) == conditions_of(and_(opposite))
