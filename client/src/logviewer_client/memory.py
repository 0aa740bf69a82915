"""Lines that wait in memory: they cannot be in the spool now, or there is none. Bounded; the oldest go."""

from __future__ import annotations

import threading
import time
from _thread import LockType
from collections import deque
from dataclasses import dataclass

MAX_EVENTS = 10_000
MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Waiting:
    """A line, and the lock that a log call waits on until the line is written."""

    line: bytes
    written: LockType | None = None

    def done(self) -> None:
        """Lets the log call go on."""
        if self.written is not None:
            self.written.release()


class MemoryQueue:
    """First in, first out. Takes no lock: every step is one operation of a deque."""

    def __init__(self, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES) -> None:
        self._max_events, self._max_bytes = max_events, max_bytes
        self._items: deque[Waiting] = deque()
        self._bytes = 0  # may drift a little under several threads, and is right again whenever the queue is empty
        self.waiting_since = 0.0  # monotonic
        self._in_hand = 0  # taken, and neither done nor put back
        self._hand = threading.RLock()

    def __len__(self) -> int:
        return len(self._items)

    @property
    def total(self) -> int:
        """What waits, and what was taken and is not done yet."""
        return len(self._items) + self._in_hand

    @property
    def bytes(self) -> int:
        return self._bytes if self._items else 0

    def put(self, item: Waiting) -> int:
        """Takes `item`; returns how many old ones had to go."""
        if not self._items:
            self._bytes, self.waiting_since = 0, time.monotonic()
        self._items.append(item)
        self._bytes += len(item.line)
        dropped = 0
        while len(self._items) > self._max_events or (self._bytes > self._max_bytes and len(self._items) > 1):
            dropped += self._take_one() is not None
        return dropped

    def put_back(self, items: list[Waiting]) -> None:
        """Puts what was taken to the front again; nobody waits for it any more."""
        for item in reversed(items):
            item.done()
            self._items.appendleft(Waiting(item.line))
            self._bytes += len(item.line)
        self._put_down(len(items))

    def done(self, items: list[Waiting]) -> None:
        """What was taken is safe elsewhere."""
        self._put_down(len(items))
        for item in items:
            item.done()

    def take(self, max_events: int, max_bytes: int) -> list[Waiting]:
        """The oldest lines, at least one if there are any. `done` or `put_back` must follow."""
        taken: list[Waiting] = []
        size = 0
        while len(taken) < max_events and size < max_bytes:
            self._put_down(-1)
            item = self._take_one()
            if item is None:
                self._put_down(1)
                break
            taken.append(item)
            size += len(item.line)
        self.waiting_since = time.monotonic()
        return taken

    def _put_down(self, count: int) -> None:
        with self._hand:
            self._in_hand -= count

    def _take_one(self) -> Waiting | None:
        try:
            item = self._items.popleft()
        except IndexError:
            return None
        self._bytes -= len(item.line)
        return item
