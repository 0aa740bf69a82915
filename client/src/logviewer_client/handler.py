"""The handler for records of the standard library: Django's own lines, and those of libraries."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from datetime import datetime, timezone
from typing import Any

from logviewer_client import shipped
from logviewer_client.event import is_below_floor, line_of
from logviewer_client.plain import shown
from logviewer_client.shipping import ship
from logviewer_client.tracebacks import exception_text
from logviewer_client.unlocked import UnlockedHandler

# The middleware leaves the exception that its `request_failed` tells about on the request, under this name.
REPORTED_FAILURE = "logviewer_reported_failure"

# What every record has; whatever else stands on one was given as `extra`. The last two are structlog's.
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "_logger", "_name"}
_LEVEL_NAMES = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "critical"}


class LogviewerHandler(UnlockedHandler):
    """Ships records, with the request context that is bound, and their extras as fields.

    What structlog passes through logging is shipped too, unless ShipToLogviewer has shipped it already. Put it on the
    logger itself, not behind a queue: it does not wait, and behind a queue it cannot tell what is shipped.
    """

    def emit(self, record: logging.LogRecord) -> None:
        if shipped.is_shipped(record):
            return
        if not is_below_floor(record.levelno):
            ship(_line, record)
        shipped.remember_record(record)  # last, because values may log while they are looked at


def _line(service: str | None, record: logging.LogRecord) -> bytes:
    return line_of(service, event_of(record), record.levelname.lower(), record.name)


def event_of(record: logging.LogRecord) -> dict[str, Any]:
    """The record's message, level, time, extras and traceback under structlog's names."""
    if type(record.msg) is dict and hasattr(record, "_name"):  # by structlog, whose chain has no ShipToLogviewer
        return {**record.msg}
    event: dict[str, Any] = {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
    for name in ("timestamp", "level", "event"):
        if name in event:  # an extra of that name
            event[f"inner_{name}"] = event[name]
    event["timestamp"] = datetime.fromtimestamp(record.created, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    event["level"] = _LEVEL_NAMES.get(record.levelno, record.levelno)
    event["event"] = _message_of(record)
    exception = _exception_of(record)
    if exception is not None:
        event["exception"] = exception
    if record.stack_info is not None:
        event["stack"] = record.stack_info
    _describe_request(event)
    return event


def _message_of(record: logging.LogRecord) -> str:
    """The message with its arguments; as they are when they do not fit: a slip in a log call loses no event."""
    try:
        return record.getMessage().rstrip("\r\n")  # uvicorn's and others' end a line, and no search means that
    except Exception:  # noqa: BLE001 -- arguments may do anything when they are formatted
        return f"{shown(record.msg)} {shown(record.args)}"


def _exception_of(record: logging.LogRecord) -> str | None:
    reported = _attribute(getattr(record, "request", None), REPORTED_FAILURE)
    if reported is not None and record.exc_info and record.exc_info[1] is reported:
        return None  # Django logs what the middleware tells as well: its traceback goes there, once
    # exc_text last: another handler's formatter has made it, perhaps with the frames' variables.
    return exception_text(record.exc_info) or record.exc_text


def without_request(logger: Any, method_name: str, event_dict: Any) -> Any:
    """A structlog processor that does the same for what is printed."""
    _describe_request(event_dict)
    return event_dict


def _describe_request(event: MutableMapping[str, Any]) -> None:
    """Django attaches the whole request; its method and path say enough, and its query may hold secrets."""
    event.pop("server_time", None)
    event.pop("color_message", None)  # uvicorn's: its message once more, with the codes of a terminal
    request = event.get("request")
    if type(request) in (str, int, dict, list, type(None)):
        return
    del event["request"]
    for name in ("method", "path"):
        value = _attribute(request, name)
        if type(value) is str:
            event.setdefault(name, value)


def _attribute(value: Any, name: str) -> Any:
    """None if there is none, or the value fails on being asked."""
    try:
        return getattr(value, name, None)
    except Exception:  # noqa: BLE001 -- somebody else's object
        return None
