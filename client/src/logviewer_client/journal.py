"""Where a log call leaves its line: in the open segment, or in memory where there can be none.

The open segment is in a folder in memory that outlives the process (/dev/shm), because a disk may hang and nobody can
help a thread that hangs in a write. The keeper brings it to the disk. Only where there is no such folder does the
calling thread write to the disk itself. Why: docs/decisions/0011-client-spool.md.
"""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence

from logviewer_client.memory import MemoryQueue
from logviewer_client.native import RLock, sleep
from logviewer_client.segment import OpenSegment
from logviewer_client.spool import Spool

LONGEST_WAIT_S = 0.03
SLOW_WRITE_S = 0.05
SLOW_PAUSE_S = 30.0
AVOID_DISK_S = 2.0  # where there is memory for that long
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
MAX_UNSAVED_BYTES = 16 * 1024 * 1024
MAX_BEHIND_BYTES = (
    4 * 1024 * 1024
)  # in memory while the disk works: from here on log calls write to the disk themselves
LINES_AT_ONCE = 500
LEFTOVERS = 16  # what a call was interrupted by, it writes itself


class Journal:
    """Appends lines to segments in the first of `spools` that can be used, else to `queue`.

    `lose` is told a reason and how many events had to go.
    """

    def __init__(
        self,
        spools: Sequence[Spool],
        queue: MemoryQueue,
        *,
        wake_keeper: Callable[[], None],
        wake_sender: Callable[[], None],
        lose: Callable[[str, int], None],
        is_disk_hung: Callable[[], bool],
    ) -> None:
        self._spools, self._queue, self._lose, self._is_disk_hung = spools, queue, lose, is_disk_hung
        self._wake_keeper, self._wake_sender = wake_keeper, wake_sender
        self.wants_to_know = True  # the keeper sleeps until something is appended
        self.retired: deque[OpenSegment] = deque()  # nobody appends to them any more; the keeper takes them
        self.sealed: dict[uuid.UUID, int] = {}  # events in segments of ours that anybody may send, until that is done
        self.problem: str | None = None
        self._lock = RLock()
        self._current: OpenSegment | None = None
        self._is_writing = False  # read and changed under the lock: true only for its owner's interrupted self
        self._is_stuck = False  # somebody waited for a write in vain; until that write ends nobody waits
        self._may_hang = False  # the open segment is on a disk
        self._retry_at = self._disk_avoided_until = float("-inf")
        self._failures = 0

    # For log calls

    def append(self, line: bytes) -> None:
        """Keeps `line`: when this returns it is in the segment and outlives the process, or in memory. Never raises."""
        try:
            if self._is_stuck or time.monotonic() < self._retry_at or not self.write((line,), LONGEST_WAIT_S):
                self.put_aside(line)
            elif self._queue and self.problem is None:
                self.settle_queue(LEFTOVERS)
        except BaseException:  # of a signal handler, which may come between two steps of whatever is above
            self._let_go()
            raise

    def _let_go(self) -> None:
        while self._lock._is_owned():  # type: ignore[attr-defined]  # noqa: SLF001 -- as threading.Condition does
            self._is_writing = False
            self._lock.release()

    def write(self, lines: Sequence[bytes], timeout_s: float = -1) -> bool:
        """Appends all of `lines` or none, and says which."""
        began = time.monotonic()
        if not self._lock.acquire(timeout=timeout_s):
            self._is_stuck = True
            return False
        try:
            if self._is_writing:
                return False  # a signal handler or a destructor interrupts the very call that is writing
            self._is_writing = True
            try:
                self._write(lines)
            finally:
                self._is_writing = self._is_stuck = False
        except OSError as problem:
            self._pause(str(problem), min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(self._failures, 16)))
            return False
        finally:
            self._lock.release()
        took_s = time.monotonic() - began
        if took_s > SLOW_WRITE_S and self._may_hang and not _is_busy(took_s):
            self._avoid_disk(took_s)
        elif self.problem is not None:
            self._failures, self.problem = 0, None
        return True

    def put_aside(self, line: bytes) -> None:
        """Lets `line` wait in memory."""
        dropped = self._queue.put(line)
        if dropped:
            self._lose("queue_full", dropped)
        self._wake_keeper()

    # For threads of ours

    def settle_queue(self, max_lines: int = LINES_AT_ONCE) -> None:
        """Moves what waits in memory into the segment, at most `max_lines`."""
        if time.monotonic() < self._retry_at:
            return
        lines = self._queue.take(max_lines, self._spools[0].segment_bytes)
        if lines and not self.write(lines):
            self._queue.put_back(lines)
        else:
            self._queue.done(lines)

    def retry_now(self) -> None:
        """Lets the next line try the folders again."""
        self._retry_at = float("-inf")

    def seal(self, min_age_s: float = 0.0) -> None:
        """Retires the open segment if its first record is that old."""
        current = self._current
        if current is not None and current.count and current.age_s() >= min_age_s:
            self.retire(current)

    def retire(self, segment: OpenSegment) -> None:
        """Takes the open segment away from the log calls."""
        with self._lock:
            if self._current is segment:
                self._retire(segment)

    @property
    def queued(self) -> int:
        """Lines that wait in memory."""
        return len(self._queue)

    @property
    def current(self) -> OpenSegment | None:
        return self._current

    @property
    def is_writable(self) -> bool:
        """Whether lines go into segments."""
        return not self._is_stuck and time.monotonic() >= self._retry_at

    @property
    def open_count(self) -> int:
        """Events in segments that nobody may send yet."""
        current = self._current
        return (current.count if current is not None else 0) + sum(segment.count for segment in list(self.retired))

    # Under the lock

    def _write(self, lines: Sequence[bytes]) -> None:
        current = self._current
        if current is None:
            current = self._current = self._create()
        try:
            current.append(lines)
        except OSError as problem:
            self._retire(current)
            current = self._current = self._create(after=current.spool, problem=problem)
            current.append(lines)
        if self.wants_to_know:
            self.wants_to_know = False
            self._wake_keeper()
        if current.count == len(lines):
            self._wake_sender()
        if current.is_full(current.spool.segment_bytes):
            self._retire(current)

    def _create(self, after: Spool | None = None, problem: OSError | None = None) -> OpenSegment:
        """A new segment in the first folder that takes one, or only in those `after` the one that did not work."""
        spools = self._spools[self._spools.index(after) + 1 :] if after else self._spools
        if not after and self._unsaved_bytes() > MAX_BEHIND_BYTES and self._is_disk_fit():
            # The keeper does not keep up with a thread that logs without a pause: Python hardly lets it run.
            spools = spools[::-1]
        for spool in spools:
            try:
                segment = spool.create()
            except OSError as one:
                problem = one
            else:
                self._may_hang = spool is self._spools[-1]
                return segment
        raise problem or OSError("there is no folder")

    def _retire(self, segment: OpenSegment) -> None:
        self.retired.append(segment)
        self._current = None
        self._bound()
        self._wake_keeper()

    def _bound(self) -> None:
        """While the disk hangs nobody takes what is retired. The keeper holds the first; the one after it goes."""
        while self._unsaved_bytes() > MAX_UNSAVED_BYTES and not self._is_disk_fit():
            _, oldest, *_ = self._unsaved()
            self.retired.remove(oldest)
            self._lose("spool_full", oldest.count)
            oldest.discard()

    def _is_disk_fit(self) -> bool:
        """Whether calls may write to the disk although there is a folder in memory."""
        return not self._is_disk_hung() and time.monotonic() >= self._disk_avoided_until

    def _avoid_disk(self, took_s: float) -> None:
        """The disk is too slow for log calls."""
        if len(self._spools) == 1:
            self._pause(f"a write took {took_s:.2f} s", SLOW_PAUSE_S)
        else:
            self._disk_avoided_until = time.monotonic() + AVOID_DISK_S
            self.seal()

    def _unsaved(self) -> list[OpenSegment]:
        """The retired segments that are in memory only."""
        return [segment for segment in list(self.retired) if segment.spool is not self._spools[-1]]

    def _unsaved_bytes(self) -> int:
        return sum(segment.size for segment in self._unsaved())

    def _pause(self, problem: str, pause_s: float) -> None:
        self._failures += 1
        self.problem = problem
        self._retry_at = time.monotonic() + pause_s


def _is_busy(took_s: float) -> bool:
    """Whether the wait was for the interpreter, not for the disk: then doing nothing takes long too."""
    began = time.monotonic()
    sleep(0)
    return time.monotonic() - began > took_s / 4
