"""repr() of a dict is read back: exactly where it holds literals only, and as far as can be where it does not."""

import ast
import datetime
import json
import math
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import python_repr
from ingest.python_repr import MAX_CHARACTERS, MAX_STEPS, read_dict

keys = st.text(max_size=8) | st.integers() | st.none() | st.booleans()
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=8)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=15,
)


class Cohort:
    """As Django's models, its repr is no literal."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"<Cohort: {self.name}>"


def as_json(value):
    """What a value of Python becomes."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else repr(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return repr(value) if isinstance(value, bytes) else value


def read(text):
    """The fields as a reader of JSON sees them, and whether they are exact."""
    found = read_dict(text)
    assert found is not None
    return json.loads(msgspec.json.encode(found.fields)), found.exact


@given(st.dictionaries(keys, values, max_size=6))
def test_every_dict_of_literals_is_read_back_exactly(event):
    fields, exact = read(repr(event))

    assert exact
    assert fields == as_json(event)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers() | st.none(), max_size=6))
def test_the_quick_way_and_the_parser_agree(event):
    quick, parsed = read_dict(repr(event)), python_repr._Reader(repr(event)).literal()

    assert quick is not None
    assert parsed is not None
    assert json.loads(msgspec.json.encode(quick.fields)) == json.loads(msgspec.json.encode(parsed.fields))


@given(st.text(alphabet="{}[]()<>,:'\"\\ abNone1.e-\n", max_size=80))
def test_whatever_is_read_as_exact_is_what_python_reads(text):
    found = read_dict("{" + text + "}")
    if found is None or not found.exact:
        return
    try:
        assert as_json(ast.literal_eval("{" + text + "}")) == json.loads(msgspec.json.encode(found.fields))
    except (ValueError, SyntaxError):
        json.loads("{" + text + "}")  # then it is JSON


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ({"cohort": Cohort("Day 70"), "n": 1}, {"cohort": "<Cohort: Day 70>", "n": 1}),
        ({"cohort": Cohort("O'Neil's"), "n": 1}, {"cohort": "<Cohort: O'Neil's>", "n": 1}),
        ({"cohort": Cohort("O'Neil"), "n": 1, "m": "x"}, {"cohort": "<Cohort: O'Neil>", "n": 1, "m": "x"}),
        ({"all": [Cohort("a"), Cohort("b")], "n": None}, {"all": "[<Cohort: a>, <Cohort: b>]", "n": None}),
        (
            {"at": datetime.datetime(2026, 1, 2, 3, 4), "cost": Decimal("1.50"), "n": [1, (2,)]},
            {"at": "datetime.datetime(2026, 1, 2, 3, 4)", "cost": "Decimal('1.50')", "n": [1, [2]]},
        ),
        (
            {"error": ValueError("Key (name)=(it's) exists"), "event": "failed"},
            {"error": 'ValueError("Key (name)=(it\'s) exists")', "event": "failed"},
        ),
        ({"f": len, "g": set(), "h": {1}}, {"f": "<built-in function len>", "g": "set()", "h": [1]}),
        ({"z": 1 + 2j, "event": "x"}, {"z": "(1+2j)", "event": "x"}),
    ],
)
def test_a_value_that_is_no_literal_is_kept_as_text_and_the_others_are_read(event, fields):
    assert read(repr(event)) == (fields, False)


def test_a_dict_that_holds_itself_is_read():
    event = {"event": "x"}
    event["self"] = event

    assert read(repr(event))[0] == {"event": "x", "self": ["..."]}


@pytest.mark.parametrize(
    "text", ["", "{", "plain", "[1]", "{'a'}x", "{1, 2}", "{'a' 1}", "{}{", "('a': 1)", "{'a': 1", "'a'}", "{:}", "{,}"]
)
def test_what_is_no_dict_is_none(text):
    assert read_dict(text) is None


def test_json_is_read_too_and_its_numbers_stay_as_they_were_written():
    found = read_dict('{"a": 1.10, "b": 123456789012345678901234567890, "c": {"d": [true, null]}}')

    assert found is not None
    assert msgspec.json.encode(found.fields) == b'{"a":1.10,"b":123456789012345678901234567890,"c":{"d":[true,null]}}'


@pytest.mark.parametrize("text", ["{'a': __import__('os').abort()}", "{'a': (lambda: 1/0)()}", "{'a': 9**9**9}"])
def test_nothing_is_ever_evaluated(text):
    found = read_dict(text)

    assert found is not None
    assert found.fields == {"a": text[6:-1]}


BOMBS = {
    "deep lists": "{'a': " + "[" * 100_000 + "]" * 100_000 + "}",
    "deep dicts": "{'a':" * 40_000 + "1" + "}" * 40_000,
    "deep tuples": "{'a': " + "(" * 100_000 + "}",
    "values without an end": "{" + "'a': <(, " * 20_000 + "}",
    "lists without an end": "{" + "'a': [1, 1, " * 20_000 + "}",
    "backslashes": "{'a': '" + "\\" * 200_001 + "}",
    "quotes": "{" + "'" * 200_001 + "}",
    "signs": "{'a': " + "-" * 200_000 + "1}",
    "commas": "{'a': <" + ", 'b" * 50_000 + "}",
    "keys": "{'a': x" + ", 'b': x" * 30_000 + "}",
    "digits": "{'a': " + "9" * 200_000 + "}",
    "too large": "{'a': '" + "b" * MAX_CHARACTERS + "'}",
    "many": "{" + "1:1," * 60_000 + "}",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_ends_after_a_bounded_number_of_steps(text, monkeypatch):
    steps = 0
    step = python_repr._Reader._step

    def counted(reader):
        nonlocal steps
        steps += 1
        step(reader)

    monkeypatch.setattr(python_repr._Reader, "_step", counted)
    read_dict(text)

    assert steps <= MAX_STEPS + 1
