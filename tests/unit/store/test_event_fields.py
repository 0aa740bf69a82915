"""Which paths an event's own keys make, and that a monstrous event makes no more than some."""

import json

import pytest

from logviewer.query.language import values
from logviewer.store import event_fields
from logviewer.store.event_fields import MOST_ITEMS, MOST_VALUES, Number, fields_in


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({}, {}),
        ({"a": "x", "b": None, "c": True}, {"a": ["x"], "b": [None], "c": [True]}),
        ({"a": {"b": "x"}}, {"a": [{"b": "x"}], "a.b": ["x"]}),
        ({"a.b": "x"}, {"a.b": ["x"]}),
        ({"a": {"b": "x"}, "a.b": "y"}, {"a": [{"b": "x"}], "a.b": ["y", "x"]}),
        ({"a": [{"b": "x"}, {"b": "y"}]}, {"a": [{"b": "x"}, {"b": "y"}], "a.b": ["x", "y"]}),
        ({"a": [[["x"]]]}, {"a": ["x"]}),
        ({"a": [[[["x"]]]]}, {"a": [["x"]]}),
        ({"a": []}, {"a": [[]]}),
        ({"": {"": "x"}}, {"": [{"": "x"}], ".": ["x"]}),
        ({'a"\\': "x", "é" * 256: "y"}, {'a"\\': ["x"], "é" * 256: ["y"]}),
    ],
)
def test_paths_and_their_values(data, fields):
    assert fields_in(json.dumps(data)) == fields


def test_numbers_stay_as_they_are_written():
    found = fields_in('{"a": 12345678901234567890123, "b": 1.50, "c": ' + "9" * 5000 + "}")

    assert found == {"a": ["12345678901234567890123"], "b": ["1.50"], "c": ["9" * 5000]}
    assert all(type(value) is Number for [value] in found.values())


@pytest.mark.parametrize("names", [8, 9])
def test_a_path_has_as_many_names_as_a_query_can_ask_for(names):
    nested = "x"
    for _ in range(names):
        nested = {"a": nested}

    assert ".".join("a" * 8) in fields_in(json.dumps(nested))
    assert max(path.count(".") for path in fields_in(json.dumps(nested))) == 7
    assert (".".join("a" * names) in fields_in(json.dumps({".".join("a" * names): 1}))) == (names == 8)


def test_the_reading_is_the_query_languages():
    assert (values.MOST_NAMES_IN_PATH, values.ARRAY_LEVELS) == (event_fields.MOST_NAMES, event_fields.ARRAY_LEVELS)


def test_a_monstrous_event_is_looked_at_up_to_a_bound_and_its_root_first():
    wide = {f"k{number}": {f"{inner}": 1 for inner in range(400)} for number in range(400)}
    found = fields_in(json.dumps(wide))

    assert len(found) == MOST_VALUES
    assert {f"k{number}" for number in range(400)} <= found.keys()


@pytest.mark.parametrize("array", [list(range(10_000)), [list(range(100))] * 100, [[[1] * 50] * 50] * 50])
def test_of_an_array_only_the_first_items_are_looked_at(array):
    assert len(fields_in(json.dumps({"a": array}))["a"]) == MOST_ITEMS
