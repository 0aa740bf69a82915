"""Lines that wait in memory: they cannot be in the spool now, or there is none. Bounded; the oldest go."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from logviewer_client.native import RLock

MAX_EVENTS = 10_000
MAX_BYTES = 16 * 1024 * 1024


class MemoryQueue:
    """First in, first out. Log calls take no lock: every step of theirs is one operation of a deque."""

    def __init__(self, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES) -> None:
        self._max_events, self._max_bytes = max_events, max_bytes
        self._lines: deque[bytes] = deque()
        self._bytes = 0  # may drift a little under several threads, and is right again whenever the queue is empty
        self.waiting_since = 0.0  # monotonic
        self._in_hand = 0  # taken, and neither done nor put back
        self._hand = RLock()

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def size_bytes(self) -> int:
        return self._bytes if self._lines else 0

    @property
    def total(self) -> int:
        """What waits, and what was taken and is not done yet."""
        return len(self._lines) + self._in_hand

    def put(self, line: bytes) -> int:
        """Takes `line`; returns how many old ones had to go."""
        if not self._lines:
            self._bytes, self.waiting_since = 0, time.monotonic()
        self._lines.append(line)
        self._bytes += len(line)
        dropped = 0
        while len(self._lines) > self._max_events or (self._bytes > self._max_bytes and len(self._lines) > 1):
            dropped += self._take_one() is not None
        return dropped

    def take(self, max_events: int, max_bytes: int) -> list[bytes]:
        """The oldest lines, at least one if there are any. `done` or `put_back` must follow."""
        taken: list[bytes] = []
        size = 0
        while len(taken) < max_events and size < max_bytes:
            self._put_down(-1)
            line = self._take_one()
            if line is None:
                self._put_down(1)
                break
            taken.append(line)
            size += len(line)
        self.waiting_since = time.monotonic()
        return taken

    def put_back(self, lines: Sequence[bytes]) -> None:
        """Puts what was taken to the front again."""
        self._lines.extendleft(reversed(lines))
        self._bytes += sum(map(len, lines))
        self._put_down(len(lines))

    def done(self, lines: Sequence[bytes]) -> None:
        """What was taken is safe elsewhere."""
        self._put_down(len(lines))

    def _put_down(self, count: int) -> None:
        with self._hand:
            self._in_hand -= count

    def _take_one(self) -> bytes | None:
        try:
            line = self._lines.popleft()
        except IndexError:
            return None
        self._bytes -= len(line)
        return line
