"""The two ways in: structlog's events, and records of the standard library."""

import logging
import os
import threading
import time

import pytest
import structlog

import logviewer_client
from logviewer_client import LogviewerHandler, flush, structlog_processors
from logviewer_client.json_lines import JsonFileHandler, StdoutHandler


@pytest.fixture
def log(shipped):
    structlog.configure(
        processors=[*structlog_processors(), structlog.processors.JSONRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    return structlog.get_logger()


@pytest.fixture
def stdlib(shipped):
    logger = logging.getLogger("tests.client")
    handler = LogviewerHandler()
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.removeHandler(handler)
    logger.propagate = True


def only(shipped):
    assert flush()
    (event,) = shipped.events
    return event


def test_an_event_is_shipped_and_goes_on_untouched(log, shipped):
    structlog.contextvars.bind_contextvars(request_id="r-1")
    returned = log.warning("seat_taken", cohort_id=12)

    event = only(shipped)
    assert event["event"] == "seat_taken"
    assert (event["level"], event["cohort_id"], event["request_id"]) == ("warning", 12, "r-1")
    assert event["service"] == "tests"
    assert "service" not in returned


def test_an_events_own_service_wins(log, shipped):
    log.info("e", service="other")

    assert only(shipped)["service"] == "other"


def test_an_exception_reaches_both_outputs(log, shipped):
    try:
        raise ValueError("wrong")
    except ValueError:
        returned = log.exception("failed")

    event = only(shipped)
    assert event["level"] == "error"
    assert event["exception"].endswith("ValueError: wrong")
    assert "ValueError: wrong" in returned


def test_without_add_log_level_the_method_tells_the_level(shipped):
    structlog.configure(
        processors=[logviewer_client.ShipToLogviewer(), structlog.processors.JSONRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    structlog.get_logger().exception("failed")

    assert only(shipped)["level"] == "error"


def test_a_plain_record_has_its_message_extras_and_context(stdlib, shipped):
    structlog.contextvars.bind_contextvars(request_id="r-2")
    stdlib.error("Not Found: %s", "/cohorts/1", extra={"status_code": 404})

    event = only(shipped)
    assert event["event"] == "Not Found: /cohorts/1"
    assert (event["level"], event["logger"]) == ("error", "tests.client")
    assert (event["status_code"], event["request_id"], event["service"]) == (404, "r-2", "tests")


def test_a_line_of_uvicorns_is_its_message_alone(stdlib, shipped):
    stdlib.error("Exception in %s application\n", "ASGI", extra={"color_message": "\x1b[36mException"})

    event = only(shipped)
    assert event["event"] == "Exception in ASGI application"
    assert "color_message" not in event


def test_a_plain_record_has_its_traceback(stdlib, shipped):
    try:
        raise KeyError("k")
    except KeyError:
        stdlib.exception("failed")

    assert only(shipped)["exception"].endswith("KeyError: 'k'")


def test_a_record_that_came_from_structlog_is_not_shipped_twice(stdlib, shipped):
    structlog.configure(
        processors=[*structlog_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    structlog.get_logger("tests.client").info("once")

    assert only(shipped)["event"] == "once"


RENDERERS = [
    structlog.processors.JSONRenderer(),
    structlog.processors.KeyValueRenderer(),
    structlog.stdlib.render_to_log_kwargs,
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]


@pytest.mark.parametrize("renderer", RENDERERS, ids=["json", "key-value", "kwargs", "wrapped"])
def test_whatever_structlog_makes_of_it_an_event_is_shipped_once(stdlib, shipped, renderer):
    structlog.configure(
        processors=[*structlog_processors(), renderer],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    structlog.get_logger("tests.client").info('it\'s "once", é')

    assert only(shipped)["event"] == 'it\'s "once", é'


def test_a_plain_record_after_an_event_that_became_no_record_is_shipped(stdlib, shipped):
    structlog.configure(
        processors=[*structlog_processors(), structlog.processors.JSONRenderer()],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    stdlib.disabled = True
    structlog.get_logger("tests.client").info("shipped, then dropped by logging")
    stdlib.disabled = False
    stdlib.info("somebody else's")

    assert flush()
    assert [event["event"] for event in shipped.events] == ["shipped, then dropped by logging", "somebody else's"]


def test_the_handler_alone_ships_what_structlog_passes_through_logging(stdlib, shipped):
    structlog.configure(
        processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    structlog.get_logger("tests.client").warning("e", cohort_id=12)

    event = only(shipped)
    assert (event["event"], event["level"], event["logger"], event["cohort_id"]) == ("e", "warning", "tests.client", 12)


def test_bound_context_is_shipped_also_where_the_chain_leaves_it_out(shipped):
    structlog.configure(
        processors=[logviewer_client.ShipToLogviewer(), structlog.processors.JSONRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    structlog.contextvars.bind_contextvars(request_id="r-3")
    structlog.get_logger().info("e")

    assert only(shipped)["request_id"] == "r-3"


def test_a_message_that_does_not_fit_its_arguments_is_shipped_as_it_is(shipped):
    # Straight to the handler: pytest's own, which is on every logger, raises here.
    record = logging.LogRecord("app", logging.INFO, "app.py", 1, "%d seats", ("not a number",), None)
    LogviewerHandler().handle(record)

    assert only(shipped)["event"] == "%d seats ['not a number']"


def test_a_value_that_logs_itself_ends_and_is_counted(shipped):
    # A renderer would look at the value as well, and fail on its own.
    structlog.configure(
        processors=[logviewer_client.ShipToLogviewer(), lambda logger, name, event: ""],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    log = structlog.get_logger()

    class Talkative:
        def __repr__(self):
            log.info("looked at", value=self)
            return "talkative"

    log.info("e", value=Talkative())

    assert flush()
    assert "e" in [event["event"] for event in shipped.events]
    assert logviewer_client.shipping_stats().lost["nested"] >= 1


def test_the_handler_holds_no_lock_while_values_are_looked_at(stdlib, shipped):
    lock = threading.Lock()

    class Guarded:
        def __repr__(self):
            with lock:
                return "guarded"

    with lock:
        other = threading.Thread(target=stdlib.info, args=("e",), kwargs={"extra": {"value": Guarded()}})
        other.start()
        time.sleep(0.05)  # the other is inside repr now, and waits for this lock
        stdlib.info("from the owner of the lock")
    other.join(60)

    assert not other.is_alive()
    assert flush()
    assert {event["event"] for event in shipped.events} == {"e", "from the owner of the lock"}


@pytest.mark.parametrize("make", [LogviewerHandler, StdoutHandler, lambda: JsonFileHandler(os.devnull)])
def test_handlers_have_a_lock_as_others_do(make):
    """logging takes it directly, since Python 3.13 also where a handler could do without."""
    assert make().lock is not None


def test_a_filter_may_put_another_record_in_the_place_of_one(shipped):
    class Renaming(LogviewerHandler):
        def filter(self, record):  # answers so since Python 3.12
            return logging.makeLogRecord({**vars(record), "msg": "renamed"})

    Renaming().handle(logging.makeLogRecord({"msg": "e"}))

    assert only(shipped)["event"] == "renamed"


def test_the_public_names_are_complete():
    assert sorted(logviewer_client.__all__) == logviewer_client.__all__
    assert all(hasattr(logviewer_client, name) for name in logviewer_client.__all__)
    assert logviewer_client.RequestContextMiddleware.async_capable
    ours = {
        name
        for name, what in vars(logviewer_client).items()
        if name[0] != "_" and getattr(what, "__module__", "").startswith("logviewer_client.")
    }
    assert ours | {"RequestContextMiddleware"} == set(logviewer_client.__all__)
    with pytest.raises(AttributeError):
        _ = logviewer_client.nothing_like_this
