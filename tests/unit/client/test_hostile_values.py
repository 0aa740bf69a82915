"""Whatever a value does when it is looked at, the event comes out, bounded, and the log call goes on."""

import json
import logging
import time
from typing import NamedTuple

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer_client import LogviewerHandler, ShipToLogviewer, flush, plain, slow_kinds
from logviewer_client.line import render
from logviewer_client.plain import MAX_EVENT_BYTES, MAX_FIELD_BYTES
from tests.unit.client import hostile

WATCHDOG_S = 60.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(plain, "MAX_LOOKING_S", slow_kinds.MAX_LOOKING_S)
    slow_kinds.forget()


def rendered(**fields):
    line = render({"event": "e", **fields})
    assert len(line) <= MAX_EVENT_BYTES
    return json.loads(line, parse_constant=pytest.fail)


@pytest.mark.parametrize("name", hostile.MAKERS)
def test_every_hostile_value_costs_at_most_itself(name):
    value = hostile.MAKERS[name]()
    begun = time.monotonic()
    event = rendered(before=1, value=value, after=2)

    assert (event["event"], event["before"], event["after"]) == ("e", 1, 2)
    assert "value" in event
    assert time.monotonic() - begun < WATCHDOG_S


@pytest.mark.parametrize(
    "place", ["event", "level", "timestamp", "logger", "request_id", "service", "boot", "exc_info", "exception"]
)
@pytest.mark.parametrize("name", hostile.MAKERS)
def test_a_log_call_with_a_hostile_value_anywhere_goes_on(shipped, name, place):
    structlog.configure(
        processors=[ShipToLogviewer(), lambda logger, method, event: ""],
        logger_factory=lambda *args: logging.getLogger("hostile"),
    )
    structlog.contextvars.bind_contextvars(request_id="r")
    value = hostile.MAKERS[name]()
    ShipToLogviewer()(logging.getLogger("hostile"), "info", {"event": "e", "kept": 7, place: value})

    assert flush()
    assert any(event.get("kept") == 7 for event in shipped.events)


def test_a_record_with_hostile_values_goes_on(shipped):
    handler = LogviewerHandler()
    for name, make in hostile.MAKERS.items():
        record = logging.LogRecord("hostile", logging.INFO, "f.py", 1, make(), (make(), make()), None)
        record.extra_value, record.request = make(), make()
        record.name_of_it = name
        handler.handle(record)

    assert flush()
    told = {event["name_of_it"] for event in shipped.events if "name_of_it" in event}
    assert told == set(hostile.MAKERS)


class Named(NamedTuple):
    """Stands for a hostile value until it is rendered: Hypothesis would look at it."""

    name: str


def alive(value):
    """`value` with what its names stand for."""
    if isinstance(value, Named):
        return hostile.MAKERS[value.name]()
    if isinstance(value, dict):
        return {key: alive(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([alive(inner) for inner in value])
    return value


def values():
    leaves = st.sampled_from(sorted(hostile.MAKERS)).map(Named)
    plain_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    return st.recursive(
        leaves | plain_leaves,
        lambda inner: (
            st.lists(inner, max_size=5)
            | st.dictionaries(st.text(max_size=5) | st.integers() | st.binary(), inner, max_size=5)
            | st.tuples(inner, inner)
        ),
        max_leaves=8,
    )


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=8), values(), max_size=6))
def test_any_mixture_becomes_one_bounded_line(event_dict):
    event = alive(event_dict)
    begun = time.monotonic()
    line = render(event)

    assert len(line) <= MAX_EVENT_BYTES
    assert b"\n" not in line
    assert isinstance(json.loads(line, parse_constant=pytest.fail), dict)
    assert b"hunter22" not in line
    assert time.monotonic() - begun < WATCHDOG_S


def test_a_slow_class_is_left_alone_and_others_go_on():
    asked = []

    class Slow:
        def __repr__(self):
            asked.append(self)
            time.sleep(0.03)
            return "slow"

    values = [rendered(value=Slow())["value"] for _ in range(5)]
    assert values == ["slow"] * slow_kinds.SLOW_TIMES + [f"<{Slow.__name__}, not looked at: too slow>"] * 2
    assert len(asked) == slow_kinds.SLOW_TIMES
    assert rendered(value=hostile.Equal())["value"].startswith("<tests.unit")


def test_after_a_slow_value_an_event_asks_no_further_ones():
    event = rendered(first=hostile.Sleeps(), second=hostile.Equal(), third=[{"n": 1}])

    assert event["first"] == "awake"
    assert "not looked at" in event["second"]
    assert event["third"] == [{"n": 1}]


def test_a_class_that_was_slow_once_is_asked_again(monkeypatch):
    quick, now_s = [False, False, True, False, False], [0.0]
    monkeypatch.setattr(plain, "monotonic", lambda: now_s[-1])

    class Moody:
        def __repr__(self):
            if not quick.pop(0):
                now_s.append(now_s[-1] + 0.03)
            return "asked"

    assert [rendered(value=Moody())["value"] for _ in range(5)] == ["asked"] * 5


def test_pythons_own_containers_are_never_too_slow():
    event = rendered(first=hostile.Sleeps(), second=[{"a": (1, {2}, {"b": frozenset([3])})}])

    assert event["second"] == [{"a": [1, [2], {"b": [3]}]}]


def test_what_a_huge_text_holds_is_masked_and_cut():
    value = rendered(value=hostile.Huge())["value"]

    assert value.startswith("password=[redacted] xxx")
    assert len(value) <= MAX_FIELD_BYTES
    assert "20000018 characters in all" in value


@pytest.mark.parametrize("control", [KeyboardInterrupt, SystemExit])
def test_who_ends_the_program_is_not_kept_from_it(control):
    class Ends:
        def __repr__(self):
            raise control

    with pytest.raises(control):
        render({"event": "e", "value": Ends()})
