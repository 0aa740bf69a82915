"""Remembers what structlog shipped last, so that the handler does not ship the record of the same event again.

With the standard library's logger factory every event of structlog becomes a record, in whatever form its renderer
gives it. Both happen in one call and one thread: processor first, then handlers.
"""

import json
import logging
import threading
import weakref
from dataclasses import dataclass

from logviewer_client.line import LEVEL_OF_METHOD


@dataclass(slots=True)
class _Shipped:
    logger: str
    level: str
    event: str
    record: "weakref.ref[logging.LogRecord] | None" = None  # once it came by: several handlers may see it


class _Last(threading.local):
    shipped: _Shipped | None = None


_last = _Last()


def remember(logger_name: str | None, method_name: str, event: object) -> None:
    """This thread shipped `event`, which a logger of that name may be about to make a record of."""
    if logger_name is None or not isinstance(event, str):
        _last.shipped = None
    else:
        _last.shipped = _Shipped(logger_name, LEVEL_OF_METHOD.get(method_name, method_name), event)


def is_shipped(record: logging.LogRecord) -> bool:
    """Whether `record` is of the event that structlog just shipped in this thread."""
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
