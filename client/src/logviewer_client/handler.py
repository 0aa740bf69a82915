"""The handler for records of the standard library: Django's own lines, and those of libraries."""

import logging
from datetime import UTC, datetime
from typing import Any

from structlog.contextvars import get_contextvars

from logviewer_client.line import exception_text, render
from logviewer_client.shipping import is_shipping, service_name, ship

# What every record has; whatever else stands on one was given as `extra`.
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LogviewerHandler(logging.Handler):
    """Ships plain records, with the request context that is bound, and their extras as fields.

    Records that structlog passes through logging are left out: ShipToLogviewer has shipped them already.
    """

    def emit(self, record: logging.LogRecord) -> None:
        if not is_shipping() or isinstance(record.msg, dict):
            return
        try:
            line = render(_event_of(record))
        except Exception:  # noqa: BLE001 -- a message whose arguments do not fit it
            self.handleError(record)
            return
        ship(line)


def _event_of(record: logging.LogRecord) -> dict[str, Any]:
    event: dict[str, Any] = {
        "timestamp": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "level": record.levelname.lower(),
        "logger": record.name,
        **get_contextvars(),
        **{name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD},
        "event": record.getMessage(),
    }
    service = service_name()
    if service:
        event.setdefault("service", service)
    _describe_request(event)
    text = record.exc_text or exception_text(record.exc_info)
    if text:
        event["exception"] = text
    return event


def _describe_request(event: dict[str, Any]) -> None:
    """Django attaches the whole request; its method and path say enough, and its query may hold secrets."""
    request = event.pop("request", None)
    for name in ("method", "path"):
        value = getattr(request, name, None)
        if isinstance(value, str):
            event.setdefault(name, value)
    event.pop("server_time", None)
