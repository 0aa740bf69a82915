"""What every event is given on its way, and which events nobody wants."""

import logging
import os
import sys

import pytest
import structlog

import logviewer_client
from logviewer_client import LogviewerHandler, ShipToLogviewer, event, flush
from logviewer_client.line import render
from logviewer_client.tracebacks import MAX_EXCEPTIONS, MAX_FRAMES, exception_text


@pytest.fixture
def log(shipped):
    structlog.configure(
        processors=[ShipToLogviewer(), lambda logger, name, event: ""], logger_factory=structlog.ReturnLoggerFactory()
    )
    return structlog.get_logger()


@pytest.fixture
def stdlib(shipped):
    logger, handler = logging.getLogger("tests.event"), LogviewerHandler()
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(1)
    yield logger
    logger.removeHandler(handler)
    logger.propagate = True


def events(shipped):
    assert flush()
    return shipped.events


def test_events_are_numbered_in_one_row_whichever_way_they_come(log, stdlib, shipped):
    for number in range(3):
        log.info("by structlog", number=number)
        stdlib.info("by logging")

    numbers = [event["seq"] for event in events(shipped)]
    assert numbers == list(range(numbers[0], numbers[0] + 6))
    assert len({event["boot"] for event in events(shipped)}) == 1


def test_a_forked_process_counts_anew_under_a_name_of_its_own(log, shipped):
    def number():
        boot, seq = logviewer_client.shipping.next_seq()
        return f"{boot} {seq}"

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, number().encode())
        os._exit(0)
    os.waitpid(child, 0)
    boot, seq = os.read(reader, 100).decode().split()

    assert seq == "1"
    assert boot != number().split()[0]


def test_an_events_own_fields_of_these_names_are_kept_beside(log, shipped):
    structlog.contextvars.bind_contextvars(request_id="of the request")
    log.info("e", request_id="own", boot="own", seq=7)

    [event] = events(shipped)
    assert (event["request_id"], event["inner_request_id"]) == ("of the request", "own")
    assert (event["inner_boot"], event["inner_seq"]) == ("own", 7)
    assert event["boot"] != "own"


def test_a_request_id_without_a_context_is_the_events_own(log, shipped):
    log.info("e", request_id="own")

    [event] = events(shipped)
    assert event["request_id"] == "own"
    assert "inner_request_id" not in event


@pytest.mark.parametrize("name", ["request_id", "service", "logger"])
def test_what_is_unknown_is_left_out(name):
    assert f'"{name}"'.encode() not in render({"event": "e"})


def test_events_below_the_floor_are_counted_and_not_rendered(log, stdlib, shipped, monkeypatch):
    counted = []
    monkeypatch.setattr(event, "min_level", lambda: 30)
    monkeypatch.setattr(event, "count_below_level", lambda: counted.append(1))

    class Untouched:
        def __repr__(self):
            pytest.fail("it was rendered")

    log.debug("too little", value=Untouched())
    log.info("too little", value=Untouched())
    stdlib.info("too little", extra={"value": Untouched()})
    log.warning("enough")
    log.warn("enough")
    log.exception("enough")  # noqa: LOG004 -- the name of the method counts here
    stdlib.warning("enough")
    log.info("enough", level="a word that nobody knows")

    assert [event["event"] for event in events(shipped)] == ["enough"] * 5
    assert len(counted) == 3


def test_what_structlog_passes_on_below_the_floor_is_counted_once(stdlib, shipped, monkeypatch):
    counted = []
    monkeypatch.setattr(event, "min_level", lambda: 30)
    monkeypatch.setattr(event, "count_below_level", lambda: counted.append(1))
    structlog.configure(
        processors=[ShipToLogviewer(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    structlog.get_logger("tests.event").info("too little")

    assert events(shipped) == []
    assert len(counted) == 1


def chain(length):
    problem = None
    for number in range(length):
        try:
            raise ValueError(number) from problem
        except ValueError as raised:
            problem = raised
    return problem


def test_a_traceback_tells_causes():
    text = exception_text(chain(3))

    assert text.count("The above exception was the direct cause") == 2
    assert text.endswith("ValueError: 2")


def test_a_very_long_chain_is_told_by_its_last_exception():
    text = exception_text(chain(5000))

    assert "ValueError: 4999" in text
    assert f"more than {MAX_EXCEPTIONS} exceptions" in text
    assert len(text) < 2000


def test_a_deep_stack_is_told_by_its_innermost_frames():
    def left(depth):
        return right(depth - 1)

    def right(depth):
        if depth <= 0:
            raise ValueError("at the bottom")
        return left(depth - 1)

    with pytest.raises(ValueError, match="bottom") as caught:
        left(600)
    text = exception_text(caught.value)

    assert text.endswith("ValueError: at the bottom")
    assert text.count("  File ") <= MAX_FRAMES


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are of Python 3.11")
def test_an_exception_group_is_told_with_its_members(stdlib, shipped):
    try:
        raise ExceptionGroup("several", [ValueError("one"), ExceptionGroup("inner", [KeyError("two")])])
    except ExceptionGroup:
        stdlib.exception("failed")

    [event] = events(shipped)
    for part in ("several (2 sub-exceptions)", "ValueError: one", "KeyError: 'two'"):
        assert part in event["exception"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are of Python 3.11")
def test_a_group_of_very_many_ends_as_well():
    group = ExceptionGroup("many", [ValueError(number) for number in range(100_000)])

    assert "many (100000 sub-exceptions)" in exception_text(group)
    assert len(exception_text(group)) < 2000


def test_an_exception_whose_text_fails_still_has_its_traceback():
    class Wrong(Exception):
        def __str__(self):
            raise RuntimeError("no")

    def fail():
        raise Wrong

    with pytest.raises(Wrong) as caught:
        fail()
    text = exception_text(caught.value)
    assert "in fail" in text
    assert "Wrong" in text
    assert b"Wrong" in render({"event": "e", "exc_info": caught.value})


def test_a_traceback_that_another_formatter_made_is_not_preferred(stdlib, shipped):
    try:
        raise ValueError("wrong")
    except ValueError:
        record = stdlib.makeRecord("tests.event", logging.ERROR, "f", 1, "failed", (), sys.exc_info())
        record.exc_text = "a traceback with variables: pin = 4711"
        stdlib.handle(record)

    [event] = events(shipped)
    assert "4711" not in event["exception"]
    assert event["exception"].endswith("ValueError: wrong")
