"""Remembers what was shipped last in this thread, so that no handler ships the same event or record again.

With the standard library's logger factory every event of structlog becomes a record, in whatever form its renderer
gives it. Both happen in one call and one thread: processor first, then handlers.
"""

from __future__ import annotations

import json
import logging
import threading
import weakref
from collections import deque

from logviewer_client.line import LEVEL_OF_METHOD

# A value may log while another handler looks at it, so the last event is not always the one that a record is of.
MAX_REMEMBERED = 16


class _Shipped:
    __slots__ = ("event", "logger", "method", "record")

    def __init__(self, logger: str, method: str, event: str) -> None:
        self.logger, self.method, self.event = logger, method, event
        self.record: weakref.ref[logging.LogRecord] | None = None  # once it came by: several handlers may see it


class _Last(threading.local):
    def __init__(self) -> None:
        self.shipped: deque[_Shipped] = deque(maxlen=MAX_REMEMBERED)


_last = _Last()


def remember(logger_name: str | None, method_name: str, event: object) -> None:
    """This thread shipped `event`, which a logger of that name may be about to make a record of."""
    if logger_name is not None and type(event) is str:
        _last.shipped.append(_Shipped(logger_name, method_name, event))


def remember_record(record: logging.LogRecord) -> None:
    """A handler shipped `record`, which others of our handlers may be about to see as well."""
    shipped = _Shipped(record.name, "", "")
    shipped.record = weakref.ref(record)
    _last.shipped.append(shipped)


def is_shipped(record: logging.LogRecord) -> bool:
    """Whether `record` itself, or the event of structlog that it was made of, was just shipped in this thread."""
    for shipped in reversed(_last.shipped):
        if shipped.record is None:
            if _is_of(record, shipped):
                shipped.record = weakref.ref(record)
                return True
        elif shipped.record() is record:
            return True
    return False


def _is_of(record: logging.LogRecord, shipped: _Shipped) -> bool:
    return (
        shipped.logger == record.name
        and LEVEL_OF_METHOD.get(shipped.method, shipped.method) == record.levelname.lower()
        and _holds(record, shipped.event)
    )


def _holds(record: logging.LogRecord, event: str) -> bool:
    """The event may never have become a record: one of somebody else's must not be taken for it."""
    message = record.msg
    if type(message) is dict:
        own = message.get("event")
        return type(own) is str and own == event
    if type(message) is not str:
        return False
    forms = (event, repr(event), json.dumps(event)[1:-1], json.dumps(event, ensure_ascii=False)[1:-1])
    return any(form in message for form in forms)
