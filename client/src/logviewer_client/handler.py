"""The handler for records of the standard library: Django's own lines, and those of libraries."""

import logging
from datetime import UTC, datetime
from typing import Any

from structlog.contextvars import get_contextvars

from logviewer_client import shipped
from logviewer_client.line import exception_text, render
from logviewer_client.shipping import ship

# The middleware leaves the exception that its `request_failed` tells about on the request, under this name.
REPORTED_FAILURE = "logviewer_reported_failure"

# What every record has; whatever else stands on one was given as `extra`. The last two are structlog's.
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "_logger", "_name"}
_LEVEL_NAMES = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "critical"}


class LogviewerHandler(logging.Handler):
    """Ships records, with the request context that is bound, and their extras as fields.

    What structlog passes through logging is shipped too, unless ShipToLogviewer has shipped it already. Put it on the
    logger itself, not behind a queue: it does not wait, and behind a queue it cannot tell what is shipped.
    """

    def createLock(self) -> None:  # noqa: N802 -- logging's name
        # Rendering calls methods of the values, which may want a lock whose owner waits to log: no lock is held then.
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        if not shipped.is_shipped(record):
            ship(_line, record)


def _line(service: str | None, record: logging.LogRecord) -> bytes:
    event = _event_of(record)
    if service:
        event.setdefault("service", service)
    return render(event, method_name=record.levelname.lower(), logger_name=record.name)


def _event_of(record: logging.LogRecord) -> dict[str, Any]:
    if isinstance(record.msg, dict) and hasattr(record, "_name"):  # by structlog, whose chain has no ShipToLogviewer
        return {**get_contextvars(), **record.msg}
    event: dict[str, Any] = {
        **get_contextvars(),
        **{name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD},
        "timestamp": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "level": _LEVEL_NAMES.get(record.levelno, record.levelno),
        "event": _message_of(record),
        "exception": _exception_of(record),
        "stack": record.stack_info,
    }
    _describe_request(event)
    return {name: value for name, value in event.items() if value is not None or name not in ("exception", "stack")}


def _message_of(record: logging.LogRecord) -> str:
    """The message with its arguments; as they are when they do not fit: a slip in a log call loses no event."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 -- arguments may do anything when they are formatted
        return f"{record.msg} {record.args!r}"


def _exception_of(record: logging.LogRecord) -> str | None:
    reported = getattr(getattr(record, "request", None), REPORTED_FAILURE, None)
    if reported is not None and record.exc_info and record.exc_info[1] is reported:
        return None  # Django logs what the middleware tells as well: its traceback goes there, once
    return record.exc_text or exception_text(record.exc_info)


def _describe_request(event: dict[str, Any]) -> None:
    """Django attaches the whole request; its method and path say enough, and its query may hold secrets."""
    request = event.get("request")
    if not isinstance(request, str | int | dict | list):
        event.pop("request", None)
    for name in ("method", "path"):
        value = getattr(request, name, None)
        if isinstance(value, str):
            event.setdefault(name, value)
    event.pop("server_time", None)
