"""An event dict as one line of JSON. Whatever a service logs, this neither raises nor grows beyond its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from logviewer_client.ordinary import ordinary_line
from logviewer_client.plain import bounded_line
from logviewer_client.redaction import Redaction, active
from logviewer_client.tracebacks import exception_text, without_locals

# structlog's method names that are no level names.
LEVEL_OF_METHOD = {"exception": "error", "warn": "warning", "msg": "info", "log": "info", "fatal": "critical"}
NOT_FOR_SHIPPING = ("_record", "_from_structlog", "_logger", "_name", "exc_info", "stack_info")
# A cut takes the last fields, so those that say what and where stand first.
FIRST = ("timestamp", "level", "event", "logger", "request_id", "service", "boot", "seq")


def render(
    event_dict: Mapping[str, Any],
    *,
    method_name: str = "info",
    logger_name: str | None = None,
    redaction: Redaction | None = None,
) -> bytes:
    """The event as UTF-8 JSON with structlog's names (timestamp, level, event, logger), without a newline.

    At most 256 KiB. What looks like a secret is masked. Never raises.
    """
    try:
        event = {**event_dict}
    except Exception as problem:  # noqa: BLE001 -- a mapping may do anything when it is asked
        return _not_rendered(problem)
    return render_own(event, method_name=method_name, logger_name=logger_name, redaction=redaction)


def render_own(
    event: dict[str, Any],
    *,
    method_name: str = "info",
    logger_name: str | None = None,
    redaction: Redaction | None = None,
) -> bytes:
    """The same, and `event` may be changed on the way."""
    try:
        event = _arranged(event, method_name, logger_name)
        redaction = redaction or active()
        return ordinary_line(event, redaction) or bounded_line(event, redaction)
    except Exception as problem:  # noqa: BLE001 -- a log call must not fail, whatever a value does
        return _not_rendered(problem)


def _not_rendered(problem: Exception) -> bytes:
    lost = {"event": "logviewer_event_not_rendered", "level": "error", "problem": type(problem).__name__}
    return bounded_line({"timestamp": now(), **lost})


def now() -> str:
    """RFC 3339 in UTC with microseconds."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _arranged(event: dict[str, Any], method_name: str, logger_name: str | None) -> dict[str, Any]:
    """The fields of `event`, completed and in the order of the line."""
    if not event.get("timestamp"):
        event["timestamp"] = now()
    if not event.get("level"):
        event["level"] = LEVEL_OF_METHOD.get(method_name, method_name)
    if "event" not in event:
        event["event"] = ""
    if logger_name is not None and "logger" not in event:
        event["logger"] = logger_name
    _describe_exception(event)
    for name in NOT_FOR_SHIPPING:
        event.pop(name, None)
    return {**{name: event[name] for name in FIRST if name in event}, **event}


def _describe_exception(event: dict[str, Any]) -> None:
    if "exception" in event:
        event["exception"] = without_locals(event["exception"])
    elif event.get("exc_info"):
        text = exception_text(event["exc_info"])
        if text is not None:
            event["exception"] = text
    stack = event.get("stack_info")
    if isinstance(stack, str) and "stack" not in event:
        event["stack"] = stack
