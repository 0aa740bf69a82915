"""The memory for large bodies: one of them in this process at a time, and afterwards it goes back to the system."""

import contextlib
import ctypes
import threading
from collections.abc import Iterator

from django.db import connections

from logviewer.store.writer import ALIAS, StoreUnavailable

LARGE_BODY_WAIT_S = 20.0

_one_large_body = threading.Lock()


@contextlib.contextmanager
def for_a_large_body() -> Iterator[None]:
    """Raises StoreUnavailable if others take too long."""
    if not _one_large_body.acquire(timeout=LARGE_BODY_WAIT_S):
        raise StoreUnavailable("other large batches are being stored")
    try:
        _give_back_freed()  # by smaller bodies, before a large one comes on top
        yield
    finally:
        _close_connection()
        _give_back_freed()
        _one_large_body.release()


def _close_connection() -> None:
    """The pool will open another: the buffers of libpq stay as large as the largest statement, 8 MiB and more."""
    database = connections[ALIAS]
    if database.connection is not None and not database.in_atomic_block:
        database.connection.close()
        database.close()


def _give_back_freed() -> None:
    """glibc keeps what was freed between pieces that are still in use. Other C libraries have no such function."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
