"""An event dict as one line of JSON. Whatever a service logs, this neither raises nor grows beyond its bounds."""

import dataclasses
import json
import sys
import time
import traceback
from collections.abc import Mapping, Set
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any

MAX_FIELD_CHARACTERS = 64 * 1024
MAX_EVENT_BYTES = 256 * 1024  # the door's limit: logviewer keeps only a stub of what is larger
MAX_DEPTH = 32
MAX_KEYS = 500
SURELY_SMALL = 32 * 1024  # a line this short has no value beyond the bounds

# structlog's method names that are no level names.
LEVEL_OF_METHOD = {"exception": "error", "warn": "warning", "msg": "info", "log": "info", "fatal": "critical"}
NOT_FOR_SHIPPING = ("_record", "_from_structlog", "exc_info", "stack_info")


def render(event_dict: Mapping[str, Any], *, method_name: str = "info", logger_name: str | None = None) -> bytes:
    """The event as UTF-8 JSON with structlog's names (timestamp, level, event, logger), without a newline."""
    try:
        return _render(event_dict, method_name, logger_name)
    except Exception as problem:  # noqa: BLE001 -- a log call must not fail, whatever a repr or a mapping does
        lost = {"event": "logviewer_event_not_rendered", "level": "error", "problem": type(problem).__name__}
        return _dumps({"timestamp": now(), **lost})


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
    text = "".join(traceback.format_exception(kind, problem, trace)).rstrip("\n")
    if len(text) <= MAX_FIELD_CHARACTERS:
        return text
    half = MAX_FIELD_CHARACTERS // 2  # the cause stands at the end, the caller at the beginning
    return f"{text[:half]}\n…\n{text[-half:]}"


def _render(event_dict: Mapping[str, Any], method_name: str, logger_name: str | None) -> bytes:
    event = {key: value for key, value in event_dict.items() if key not in NOT_FOR_SHIPPING}
    event.setdefault("timestamp", now())
    event.setdefault("level", LEVEL_OF_METHOD.get(method_name, method_name))
    if logger_name is not None:
        event.setdefault("logger", logger_name)
    if "exception" not in event:
        text = exception_text(event_dict.get("exc_info"))
        if text is not None:
            event["exception"] = text
    stack = event_dict.get("stack_info")
    if isinstance(stack, str):
        event.setdefault("stack", stack)
    try:
        line = _dumps(event)
    except (TypeError, ValueError, RecursionError):  # keys that are no text, cycles, too deep
        return _shrunk(event)
    return line if len(line) <= SURELY_SMALL else _shrunk(event)


def _shrunk(event: Mapping[str, Any]) -> bytes:
    line = _dumps(_bounded(event, depth=1))
    if len(line) <= MAX_EVENT_BYTES:
        return line
    kept = {key: event[key] for key in ("timestamp", "level", "event", "logger", "request_id") if key in event}
    kept["truncated_text"] = line[: MAX_EVENT_BYTES // 2].decode(errors="replace")
    kept["size_bytes"] = len(line)
    short = {key: value[:MAX_FIELD_CHARACTERS] if isinstance(value, str) else value for key, value in kept.items()}
    return _dumps(_bounded(short, depth=1))


def _bounded(value: Any, *, depth: int) -> Any:
    """A copy of `value` within the bounds, of what JSON knows."""
    if isinstance(value, str):
        return value if len(value) <= MAX_FIELD_CHARACTERS else value[:MAX_FIELD_CHARACTERS] + "…"
    if value is None or isinstance(value, bool | int | float):
        return value
    if not isinstance(value, Mapping | list | tuple | Set):
        return _bounded(_plain(value), depth=depth)
    if depth > MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        pairs = list(value.items())
        inner = {_key(key): _bounded(one, depth=depth + 1) for key, one in pairs[:MAX_KEYS]}
        if len(pairs) > MAX_KEYS:
            inner["…"] = f"{len(pairs) - MAX_KEYS} more"
        return inner
    return [_bounded(one, depth=depth + 1) for one in list(value)[: MAX_KEYS * 10]]


def _key(key: object) -> str:
    return key if isinstance(key, str) else _described(key)


def _dumps(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, default=_plain, separators=(",", ":")).encode()


def _plain(value: object) -> object:
    """What stands for a value that JSON does not know."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return bytes(value[:MAX_FIELD_CHARACTERS]).decode(errors="replace")
    if isinstance(value, Set):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return _described(value)


def _described(value: object) -> str:
    """str() for what has a plain text form (UUID, Decimal, Path), repr() for the rest. Never raises."""
    try:
        text = repr(value) if type(value).__str__ is object.__str__ else str(value)
        return text[:MAX_FIELD_CHARACTERS]
    except Exception:  # noqa: BLE001 -- somebody else's repr
        return f"<{type(value).__name__} without a repr>"
