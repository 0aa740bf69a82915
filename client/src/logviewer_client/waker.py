"""Wakes a thread. Safe in signal handlers and destructors, which a threading.Event is not."""

from __future__ import annotations

import queue

from logviewer_client.native import SimpleQueue


class Waker:
    """Any number of calls wake the thread once."""

    def __init__(self) -> None:
        self._tokens: SimpleQueue[None] = SimpleQueue()

    def wake(self) -> None:
        if self._tokens.empty():
            self._tokens.put(None)

    def wait(self, timeout_s: float) -> bool:
        """Returns whether it was woken."""
        try:
            self._tokens.get(timeout=timeout_s)
        except queue.Empty:
            return False
        return True
