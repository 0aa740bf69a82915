"""Each part of a search with the searches without it and for its opposite."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from hypothesis import given

from logviewer.query.language import parse
from logviewer.query.language.nodes import and_, conditions_of, not_
from logviewer.viewer.parts import parts_of
from tests.unit.query.random_texts import queries


def parts(query):
    return parts_of(QueryDict(query))


def asked(address):
    return {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}


def test_a_query_is_a_part_for_each_condition():
    [word, path, group] = parts("q=timeout -path:/health* (a:1 OR b:2)&since=-1h")[:3]

    assert (word.value, word.excludes) == ("timeout", "")
    assert asked(word.without) == {"q": "-path:/health* (a:1 OR b:2)", "since": "-1h"}
    assert asked(word.opposite) == {"q": "-timeout -path:/health* (a:1 OR b:2)", "since": "-1h"}
    assert (path.value, path.excludes) == ("-path:/health*", "path:/health*")
    assert asked(path.opposite)["q"] == "timeout path:/health* (a:1 OR b:2)"
    assert group.value == "a:1 OR b:2"
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
def test_a_field_of_the_form_is_a_part_whose_opposite_is_in_the_query(query, label, text, opposite):
    [part] = parts(query)

    assert (part.words, part.value) == (label, text)
    assert asked(part.without) == {}
    assert asked(part.opposite) == opposite


def test_the_opposite_of_a_field_joins_the_query():
    assert asked(parts("q=a OR b&level=error")[1].opposite) == {"q": "(a OR b) level<error"}


def test_the_time_can_only_be_dropped():
    [part] = parts("since=-24h")

    assert (part.value, part.is_time, part.opposite) == ("Last 24 hours", True, "")
    assert asked(part.without) == {}


def test_a_query_that_cannot_be_read_is_one_part():
    [part, level] = parts("q=a (b&level=error")

    assert (part.value, part.opposite, level.words) == ("a (b", "", "Level")
    assert asked(part.without) == {"level": "error"}


def test_no_search_has_no_parts():
    assert parts("") == parts("q=*") == parts("q=+&level=") == []


@given(queries)
def test_links_mean_what_they_say_for_any_query(text):
    conditions = list(conditions_of(parse(text)))
    query = QueryDict(mutable=True)
    query["q"] = text

    for place, part in enumerate(parts_of(query)):
        others = [*conditions[:place], *conditions[place + 1 :]]
        assert conditions_of(parse(asked(part.without).get("q", ""))) == conditions_of(and_(others)) if others else True
        opposite = [*conditions[:place], not_(conditions[place]), *conditions[place + 1 :]]
        assert conditions_of(parse(asked(part.opposite)["q"])) == conditions_of(and_(opposite))
