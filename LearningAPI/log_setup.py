"""How log lines are made: structlog's events and the standard library's alike end as JSON and in logviewer.

structlog's events are shipped by the processor in their own chain, everybody else's records by the handler.
"""

import os
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from logviewer_client import ShipToLogviewer

CONSOLE_LEVEL = os.environ.get("LEARNINGAPI_CONSOLE_LEVEL", "debug").upper()


def without_request_object(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Django hands its request to log records; its text form holds the query string, which may hold secrets."""
    event.pop("request", None)
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
# For the console, records of everybody else get what structlog's chain gives its own, and the fields of `extra`.
FOREIGN: list[Processor] = [
    *SHARED,
    structlog.stdlib.ExtraAdder(),
    without_request_object,
    structlog.processors.format_exc_info,
]

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": FOREIGN,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "json",
            "level": CONSOLE_LEVEL,
        },
        "logviewer": {"class": "logviewer_client.LogviewerHandler"},
    },
    "root": {"handlers": ["console", "logviewer"], "level": "INFO"},
    "loggers": {
        "LearningAPI": {"level": "DEBUG"},
        # Django gives these handlers of its own, which would print each line twice.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "_granian": {"handlers": [], "level": "INFO", "propagate": True},
    },
}


def configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.processors.format_exc_info,
            ShipToLogviewer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=True,
    )
