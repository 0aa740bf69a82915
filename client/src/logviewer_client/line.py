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
NOT_FOR_SHIPPING = frozenset({"_record", "_from_structlog", "_logger", "_name", "exc_info", "stack_info"})
MAY_BE_MISSING = ("logger", "request_id", "service", "boot", "seq")
NOTHING: Mapping[str, Any] = {}


def render(
    event_dict: Mapping[str, Any],
    *,
    method_name: str = "info",
    logger_name: str | None = None,
    service: str | None = None,
    context: Mapping[str, Any] = NOTHING,
    number: tuple[str | None, int | None] = (None, None),
    redaction: Redaction | None = None,
) -> bytes:
    """The event as UTF-8 JSON with structlog's names (timestamp, level, event, logger), without a newline.

    At most 256 KiB, never an exception; what looks like a secret is masked. `context` is what is bound, `number` the
    event's boot and seq. The request_id of the context is the request's: another one of the event's own is kept as
    `inner_request_id`, and so are fields of its own that are called boot or seq.
    """
    try:
        event = _completed(event_dict, method_name, logger_name, service, context, number)
        redaction = redaction or active()
        return ordinary_line(event, redaction) or bounded_line(event, redaction)
    except Exception as problem:  # noqa: BLE001 -- a log call must not fail, whatever a value does
        lost = {"event": "logviewer_event_not_rendered", "level": "error", "problem": type(problem).__name__}
        return bounded_line({"timestamp": now(), **lost})


def _completed(
    event_dict: Mapping[str, Any],
    method_name: str,
    logger_name: str | None,
    service: str | None,
    context: Mapping[str, Any],
    number: tuple[str | None, int | None],
) -> dict[str, Any]:
    """All fields in the order of the line. A cut takes the last ones, so those that say what and where stand first."""
    boot, seq = number
    event: dict[str, Any] = {
        "timestamp": None, "level": None, "event": "", "logger": logger_name, "request_id": None,
        "service": service, "boot": boot, "seq": seq, **context, **event_dict,
    }  # fmt: skip
    if _is_missing(event["timestamp"]):
        event["timestamp"] = now()
    if _is_missing(event["level"]):
        event["level"] = LEVEL_OF_METHOD.get(method_name, method_name)
    bound = context.get("request_id")
    if bound is not None and event["request_id"] is not bound:
        _insist(event, "request_id", bound)
    if boot is not None and (event["boot"] is not boot or event["seq"] is not seq):
        _insist(event, "boot", boot)
        _insist(event, "seq", seq)
    for name in MAY_BE_MISSING:
        if event[name] is None:
            del event[name]
    if not NOT_FOR_SHIPPING.isdisjoint(event) or "exception" in event:
        _describe_exception(event)
    return event


def _is_missing(value: Any) -> bool:
    return value is None or (type(value) is str and not value)


def _insist(event: dict[str, Any], name: str, value: Any) -> None:
    own = event[name]
    if own is not None and not (type(own) is type(value) and own == value):
        event.setdefault(f"inner_{name}", own)
    event[name] = value


def _describe_exception(event: dict[str, Any]) -> None:
    if "exception" in event:
        event["exception"] = without_locals(event["exception"])
    elif "exc_info" in event:
        text = exception_text(event["exc_info"])
        if text is not None:
            event["exception"] = text
    stack = event.get("stack_info")
    if isinstance(stack, str) and "stack" not in event:
        event["stack"] = stack
    for name in NOT_FOR_SHIPPING:
        event.pop(name, None)


def now() -> str:
    """RFC 3339 in UTC with microseconds."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
