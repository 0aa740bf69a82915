"""Logs some records through a handler and ends: python sender.py '{"class": "logstash.TCPLogstashHandler"}' CASE...

Each case is what one service does with the standard library or structlog 23.1.
"""

import datetime
import importlib
import json
import logging
import sys

import structlog


def structlogs(logger):
    """An event dict for a handler without structlog's formatter."""
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    log = structlog.get_logger(logger.name).bind(request_id="r-1", cohort_id="12", path="/cohorts/12/assign")
    log.warning(
        "cohort_assignment_started", person_id=88, note=None, tags=["it's", 'a "test"'], text="ÄÖ 日本 👩‍👩‍👧 \x1b\n"
    )


def structlogs_exception(logger):
    structlogs_log = structlog.wrap_logger(
        logger,
        processors=[
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    try:
        raise LookupError("there is no person 88: it's unknown")
    except LookupError:
        structlogs_log.exception("cohort_assignment_failed", request_id="r-1", cohort_id=12)


def structlogs_object(logger):
    """A value that is no literal."""
    log = structlog.wrap_logger(
        logger,
        processors=[structlog.stdlib.add_log_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    log.info("cohort_found", request_id="r-1", cohort_id=12, starts=datetime.date(2026, 11, 2))


def rendered(logger):
    """structlog's own JSON as the message."""
    log = structlog.wrap_logger(
        logger,
        processors=[structlog.stdlib.add_log_level, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    log.error("cohort_not_found", request_id="r-1", cohort_id=12)


def extras(logger):
    """A record of the standard library."""
    logger.warning("Bad Request: %s", "/cohorts", extra={"request_id": "r-1", "cohort_id": 12, "status_code": 400})


def exception(logger):
    try:
        raise LookupError("it's unknown")
    except LookupError:
        logger.exception("Internal Server Error: %s", "/cohorts", extra={"request_id": "r-1", "cohort_id": 12})


CASES = {
    case.__name__: case for case in (structlogs, structlogs_exception, structlogs_object, rendered, extras, exception)
}


def main(handler, cases):
    """`handler` names a class and what it is made with."""
    module, _, name = handler.pop("class").rpartition(".")
    logger = logging.getLogger("LearningAPI.cohort")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(getattr(importlib.import_module(module), name)(**handler))
    for case in cases:
        CASES[case](logger)
    logging.shutdown()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
