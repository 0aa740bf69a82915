"""An event dict as one line of JSON. Whatever a service logs, this neither raises nor grows beyond its bounds."""

import sys
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from logviewer_client.plain import bounded_line

# structlog's method names that are no level names.
LEVEL_OF_METHOD = {"exception": "error", "warn": "warning", "msg": "info", "log": "info", "fatal": "critical"}
NOT_FOR_SHIPPING = ("_record", "_from_structlog", "_logger", "_name", "exc_info", "stack_info")


def render(event_dict: Mapping[str, Any], *, method_name: str = "info", logger_name: str | None = None) -> bytes:
    """The event as UTF-8 JSON with structlog's names (timestamp, level, event, logger), without a newline."""
    try:
        return _render(event_dict, method_name, logger_name)
    except Exception as problem:  # noqa: BLE001 -- a log call must not fail, whatever a repr or a mapping does
        lost = {"event": "logviewer_event_not_rendered", "level": "error", "problem": type(problem).__name__}
        return bounded_line({"timestamp": now(), **lost})


def now() -> str:
    """RFC 3339 in UTC with microseconds."""
    return datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def exception_text(exc_info: object) -> str | None:
    """The traceback of an exc_info as logging and structlog pass it (True, an exception, a triple); no locals."""
    if isinstance(exc_info, BaseException):
        return _traceback(type(exc_info), exc_info, exc_info.__traceback__)
    if isinstance(exc_info, tuple) and len(exc_info) == 3 and isinstance(exc_info[1], BaseException):
        return _traceback(*exc_info)
    kind, problem, trace = sys.exc_info()
    return _traceback(kind, problem, trace) if exc_info and problem is not None else None


def _traceback(kind: type[BaseException] | None, problem: BaseException, trace: TracebackType | None) -> str:
    return "".join(traceback.format_exception(kind, problem, trace)).rstrip("\n")


def _render(event_dict: Mapping[str, Any], method_name: str, logger_name: str | None) -> bytes:
    given = {**event_dict}
    first = {
        "timestamp": given.pop("timestamp", None) or now(),
        "level": given.pop("level", None) or LEVEL_OF_METHOD.get(method_name, method_name),
        "event": given.pop("event", ""),
    }
    if logger_name is not None:
        given.setdefault("logger", logger_name)
    if "exception" not in given:
        text = exception_text(given.get("exc_info"))
        if text is not None:
            given["exception"] = text
    stack = given.get("stack_info")
    if isinstance(stack, str):
        given.setdefault("stack", stack)
    # A cut takes the last fields, so those that say what and where stand first.
    first.update((key, given.pop(key)) for key in ("logger", "request_id") if key in given)
    return bounded_line({**first, **{key: value for key, value in given.items() if key not in NOT_FOR_SHIPPING}})
