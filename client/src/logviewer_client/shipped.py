"""Remembers what was shipped last in this thread, so that no handler ships the same event or record again.

With the standard library's logger factory every event of structlog becomes a record, in whatever form its renderer
gives it. Both happen in one call and one thread: processor first, then handlers.
"""

from __future__ import annotations

import json
import logging
import threading
import weakref

from logviewer_client.line import LEVEL_OF_METHOD


class _Shipped:
    __slots__ = ("event", "level", "logger", "record")

    def __init__(self, logger: str, level: str, event: str, record: logging.LogRecord | None = None) -> None:
        self.logger, self.level, self.event = logger, level, event
        # Once it came by: several handlers may see it.
        self.record = None if record is None else weakref.ref(record)


class _Last(threading.local):
    shipped: _Shipped | None = None


_last = _Last()


def remember(logger_name: str | None, method_name: str, event: object) -> None:
    """This thread shipped `event`, which a logger of that name may be about to make a record of."""
    if logger_name is None or not isinstance(event, str):
        _last.shipped = None
    else:
        _last.shipped = _Shipped(logger_name, LEVEL_OF_METHOD.get(method_name, method_name), event)


def remember_record(record: logging.LogRecord) -> None:
    """A handler ships `record`, which others of our handlers may be about to see as well."""
    _last.shipped = _Shipped(record.name, record.levelname.lower(), "", record)


def is_shipped(record: logging.LogRecord) -> bool:
    """Whether `record` itself, or the event of structlog that it was made of, was just shipped in this thread."""
    shipped = _last.shipped
    if shipped is None:
        return False
    if shipped.record is not None:
        return shipped.record() is record
    if shipped.logger != record.name or shipped.level != record.levelname.lower() or not _holds(record, shipped.event):
        return False
    shipped.record = weakref.ref(record)
    return True


def _holds(record: logging.LogRecord, event: str) -> bool:
    """The event may never have become a record: one of somebody else's must not be taken for it."""
    if isinstance(record.msg, dict):
        return record.msg.get("event") == event
    if not isinstance(record.msg, str):
        return False
    forms = (event, repr(event), json.dumps(event)[1:-1], json.dumps(event, ensure_ascii=False)[1:-1])
    return any(form in record.msg for form in forms)
