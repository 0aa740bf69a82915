"""Threads, locks and sleep as the interpreter has them, also where gevent puts greenlets in their place.

gevent does so before this package is imported or after it, as with gunicorn's workers. A thread of ours waits then on
what only greenlets of one thread may share, or is itself a greenlet, and holds up all others while it is at a disk.
"""

from __future__ import annotations

import sys
from _thread import RLock  # gevent leaves this one alone
from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Lock", "RLock", "SimpleQueue", "get_ident", "sleep", "start_new_thread"]


def _original(module: str, name: str) -> Any:
    monkey = sys.modules.get("gevent.monkey")
    return getattr(import_module(module), name) if monkey is None else monkey.get_original(module, name)


if TYPE_CHECKING:
    from _thread import get_ident, start_new_thread
    from queue import SimpleQueue
    from threading import Lock
    from time import sleep
else:
    Lock = _original("_thread", "allocate_lock")
    SimpleQueue = _original("queue", "SimpleQueue")
    get_ident = _original("_thread", "get_ident")
    sleep = _original("time", "sleep")
    start_new_thread = _original("_thread", "start_new_thread")
