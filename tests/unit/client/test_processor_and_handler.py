"""The two ways in: structlog's events, and records of the standard library."""

import logging

import pytest
import structlog

import logviewer_client
from logviewer_client import LogviewerHandler, flush, structlog_processors


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


def test_a_message_that_does_not_fit_its_arguments_is_loggings_own_affair(stdlib, shipped, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    stdlib.info("%d", "not a number")
    stdlib.info("next")

    assert only(shipped)["event"] == "next"


def test_the_public_names_are_complete():
    assert sorted(logviewer_client.__all__) == logviewer_client.__all__
    assert all(hasattr(logviewer_client, name) for name in logviewer_client.__all__)
    assert logviewer_client.RequestContextMiddleware.async_capable
    with pytest.raises(AttributeError):
        _ = logviewer_client.nothing_like_this
