"""Where a log call leaves its line: in the open segment if that is safe and quick, else in memory for the keeper.

DIRECT: the calling thread appends. HANDED: the keeper appends and the calling thread waits for it, but not for long; so
on a file system that may hang, and until the folder has proved itself. MEMORY: nobody waits; the folder is full, gone,
or slow, and is tried again later. Why not one of them for all: docs/decisions/0011.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from _thread import allocate_lock
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum, auto

from logviewer_client.diagnostics import tell
from logviewer_client.filesystem import may_hang
from logviewer_client.memory import MemoryQueue, Waiting
from logviewer_client.segment import OpenSegment
from logviewer_client.spool import Spool

LONGEST_WAIT_S = 0.03
SLOW_WRITE_S = 0.05
SLOW_PAUSE_S = 30.0
SLOW_DISTRUST_S = 600.0  # for so long after a slow write, writes are handed over
FIRST_ERROR_PAUSE_S, LONGEST_ERROR_PAUSE_S = 0.5, 30.0
IDLE_SEGMENT_S = 10.0
LINES_AT_ONCE = 500  # in one write of the keeper
LEFTOVERS = 16  # what a call was interrupted by, it writes itself


class Way(Enum):
    """How a line gets from a log call into the segment."""

    DIRECT = auto()
    HANDED = auto()
    MEMORY = auto()


class Journal:
    """Appends lines to segments of `spool`, or to `queue` while that is not possible."""

    def __init__(self, spool: Spool, queue: MemoryQueue, *, wake: Callable[[], None]) -> None:
        self.spool, self.queue, self._wake = spool, queue, wake
        self.way = Way.HANDED
        self.retired: deque[OpenSegment] = deque()  # full ones, which nobody appends to any more
        self.problem: str | None = None
        self.sealed: dict[uuid.UUID, int] = {}  # events in our segments that are given up and not settled yet
        self._closing = threading.Lock()
        self._lock = threading.RLock()
        self._current: OpenSegment | None = None
        self._is_writing = False  # read and changed under the lock: true only for its owner's interrupted self
        self._is_stuck = False  # somebody waited for a write in vain; until that write ends nobody waits
        self._is_open = False
        self._retry_at = self._distrusted_until = float("-inf")
        self._errors = 0

    # For log calls

    def append(self, line: bytes) -> int:
        """Keeps `line`: when this returns it is in the segment, or in memory if the folder is not fit. Never raises.

        Returns how many lines memory had to give up for it.
        """
        if self.way is Way.DIRECT and not self._is_stuck and self._append_now(line):
            return 0
        if self.way is Way.HANDED and not self._is_stuck and not self._is_writing_here():
            return self._hand_over(line)
        dropped = self.queue.put(Waiting(line))
        if self.way is not Way.MEMORY:
            self._wake()
        return dropped

    def _append_now(self, line: bytes) -> bool:
        began = time.monotonic()
        if not self._lock.acquire(timeout=LONGEST_WAIT_S):
            self._is_stuck = True
            return False
        try:
            if self._is_writing:
                return False  # a signal handler or a destructor interrupts the very call that is writing
            self._is_writing = True
            try:
                self._write([line])
            finally:
                self._is_writing = self._is_stuck = False
        except OSError as problem:
            self._suspend(problem)
            return False
        finally:
            self._lock.release()
        if time.monotonic() - began > SLOW_WRITE_S:
            self._was_slow(time.monotonic() - began)
        if self.queue:
            self._settle(LEFTOVERS)
            self._wake()
        return True

    def _is_writing_here(self) -> bool:
        """Whether this thread is interrupted while it writes: what it waits for would never happen."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            return self._is_writing
        finally:
            self._lock.release()

    def _hand_over(self, line: bytes) -> int:
        written = allocate_lock()
        written.acquire()
        dropped = self.queue.put(Waiting(line, written))
        self._wake()
        if not written.acquire(timeout=LONGEST_WAIT_S):
            self._is_stuck = True
        return dropped

    # For the keeper, and whoever reports losses

    def settle_queue(self) -> None:
        """Moves what waits in memory into the segment, if the folder is fit."""
        if self.way is Way.MEMORY:
            if time.monotonic() < self._retry_at:
                return
            self.way = Way.HANDED
        while self.queue and self.way is not Way.MEMORY:
            self._settle(LINES_AT_ONCE)

    def _settle(self, max_lines: int) -> None:
        items = self.queue.take(max_lines, self.spool.segment_bytes)
        if not self.write([item.line for item in items]):
            self.queue.put_back(items)
            return
        self.queue.done(items)

    def write(self, lines: Sequence[bytes]) -> bool:
        """Appends all of `lines` or none. For threads of ours: it may take as long as the disk does."""
        began = time.monotonic()
        try:
            with self._lock:
                self._is_writing = True
                try:
                    self._open()
                    self._write(lines)
                finally:
                    self._is_writing = self._is_stuck = False
        except OSError as problem:
            self._suspend(problem)
            return False
        if time.monotonic() - began > SLOW_WRITE_S:
            self._was_slow(time.monotonic() - began)
        else:
            self._worked()
        return True

    def sync(self) -> None:
        """Brings what was appended to the disk, and gives up the segments that are full."""
        current = self._current
        self.close_retired()
        try:
            if current is not None:
                current.sync()
                self._look_after(current)
        except OSError as problem:
            self._suspend(problem)

    def seal(self, min_age_s: float = 0.0) -> None:
        """Gives the open segment up for sending if its first record is that old."""
        current = self._current
        if current is not None and current.count and time.monotonic() - current.first_at >= min_age_s:
            with self._lock:
                if self._current is current:
                    self._retire(current)
        self.close_retired()

    def close_retired(self) -> None:
        with self._closing:
            while self.retired:
                segment = self.retired[0]
                if segment.count:
                    self.sealed[segment.name.id] = segment.count
                self.retired.popleft()
                try:
                    segment.seal()
                except OSError as problem:
                    self._suspend(problem)

    def close(self) -> None:
        """At the end of the process; whatever is logged later makes a new segment."""
        with self._lock:
            if self._current is not None:
                self._retire(self._current)
        self.close_retired()

    @property
    def open_count(self) -> int:
        """Events in segments that are not given up yet."""
        current = self._current
        return (current.count if current is not None else 0) + sum(segment.count for segment in list(self.retired))

    def age_s(self) -> float | None:
        """How old the first record of the open segment is."""
        current = self._current
        return time.monotonic() - current.first_at if current is not None and current.count else None

    def _write(self, lines: Sequence[bytes]) -> None:
        current = self._current
        if current is None:
            current = self._current = self.spool.create()
        try:
            current.append(lines)
        except OSError:
            self._retire(current)
            raise
        if current.count == len(lines):
            self._wake()
        if current.is_full(self.spool.segment_bytes):
            self._retire(current)

    def _retire(self, current: OpenSegment) -> None:
        self.retired.append(current)
        self._current = None
        self._wake()

    def _look_after(self, current: OpenSegment) -> None:
        """An empty segment does not stay open for ever; what was in a file that somebody deleted is written anew."""
        is_deleted = current.is_deleted()
        with self._lock:
            is_idle = not current.count and time.monotonic() - current.opened_at > IDLE_SEGMENT_S
            if self._current is not current or not (is_idle or is_deleted):
                return
            self._retire(current)
            if is_deleted:
                self.retired.remove(current)
                self._is_open = False
        if is_deleted:
            for line in current.rescue():
                self.queue.put(Waiting(line))

    # Whether the folder is fit

    def _open(self) -> None:
        if not self._is_open:
            self.spool.open()
            self._is_open = True

    def _worked(self) -> None:
        self._errors, self.problem = 0, None
        is_trusted = time.monotonic() > self._distrusted_until and not may_hang(self.spool.folder)
        self.way = Way.DIRECT if is_trusted else Way.HANDED

    def _was_slow(self, took_s: float) -> None:
        if _is_busy(took_s):
            return
        self._retry_at = time.monotonic() + SLOW_PAUSE_S
        self._distrusted_until = time.monotonic() + SLOW_DISTRUST_S
        self._pause(f"a write to the spool took {took_s:.2f} s")

    def _suspend(self, problem: OSError) -> None:
        self._is_open = False
        pause_s = min(LONGEST_ERROR_PAUSE_S, FIRST_ERROR_PAUSE_S * 2 ** min(self._errors, 16))
        self._errors += 1
        self._retry_at = time.monotonic() + pause_s
        self._pause(f"the spool {self.spool.folder} cannot be used: {problem}")

    def _pause(self, problem: str) -> None:
        self.way = Way.MEMORY
        if self.problem is None:
            tell(f"{problem}; events wait in memory")
        self.problem = problem


def _is_busy(took_s: float) -> bool:
    """Whether the wait was for the interpreter, not for the disk: then doing nothing takes long too."""
    began = time.monotonic()
    time.sleep(0)
    os.getppid()
    return time.monotonic() - began > took_s / 4
