"""Everything that ships the events of one process, put together: journal, keeper, sender, and how they end.

`put` may be called from signal handlers, destructors and after a fork. Nothing in it waits for the network, nor for a
disk where there is a folder in memory.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from logviewer_client import segment
from logviewer_client.diagnostics import tell
from logviewer_client.journal import Journal
from logviewer_client.keeper import Keeper
from logviewer_client.losses import Losses
from logviewer_client.memory import MAX_BYTES, MAX_EVENTS, MemoryQueue
from logviewer_client.native import Lock, get_ident, start_new_thread
from logviewer_client.outbox import MemoryOutbox, SpoolOutbox
from logviewer_client.parcels import MemorySource, SpoolSource
from logviewer_client.sender import FIRST_WAIT_S, Sender
from logviewer_client.spool import Folders
from logviewer_client.transport import Transport
from logviewer_client.verdict import Action
from logviewer_client.waker import Waker

EXIT_FLUSH_S = 2.0
AFTER_A_SURPRISE_S = 1.0
HURRIED_WAIT_S = 0.02
LONGEST_GOODBYE_S = 0.1


@dataclass(frozen=True)
class ShippingStats:
    """Where the events of this process are.

    `queued` are not acknowledged by logviewer yet: `spooled` of them outlive the process, `in_memory` do not. `sent`
    are acknowledged (those of processes that died count here too), `lost` counts by reason, `below_level` those that
    nobody wants. `last_error` is why the last try to send failed, `spool_error` why the spool cannot be used.
    """

    queued: int
    sent: int
    lost: Mapping[str, int] = field(default_factory=dict)
    last_error: str | None = None
    below_level: int = 0
    spooled: int = 0
    in_memory: int = 0
    spool_error: str | None = None


class Loop(Enum):
    """The threads: one looks after the folders, one sends."""

    KEEP = auto()
    SEND = auto()


class Shipper:
    """Ships what `put` takes. Its threads are started by the first event of a process, so a fork starts its own."""

    def __init__(
        self,
        transport: Transport,
        *,
        find_folders: Callable[[], Folders] | None = None,
        service: str | None = None,
        max_events: int = MAX_EVENTS,
        max_bytes: int = MAX_BYTES,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        """Without `find_folders` everything waits in memory, at most `max_events` or `max_bytes`."""
        self._transport, self._find_folders, self._service = transport, find_folders, service
        self._max_events, self._max_bytes, self._first_wait_s = max_events, max_bytes, first_wait_s
        self._begin()
        atexit.register(self.close)
        itself = weakref.ref(self)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=lambda: _begin_in_child(itself))

    def _begin(self) -> None:
        """Everything that belongs to one process. What a parent has written or queued, the parent sends."""
        self._pid = os.getpid()
        self._wakers: dict[Loop, Waker] = {}
        self._starting = Lock()
        self._threads: set[int] = set()  # idents of ours
        self._running: list[Loop] = []
        self._is_started = self._is_closed = self._is_stopping = False
        self._flushes = 0
        self._losses = Losses(self._service)
        self._queue = MemoryQueue(self._max_events, self._max_bytes)
        self._memory = MemorySource(self._queue, self._losses)
        self._journal: Journal | None = None
        self._outbox: MemoryOutbox | SpoolOutbox = MemoryOutbox(self._memory)
        if self._find_folders is not None:
            self._begin_spool(self._find_folders())
        self._sender = Sender(self._transport, self._outbox, first_wait_s=self._first_wait_s)

    def _begin_spool(self, folders: Folders) -> None:
        self._journal = journal = Journal(
            folders.for_log_calls,
            self._queue,
            wake_keeper=lambda: self._wake(Loop.KEEP),
            wake_sender=lambda: self._wake(Loop.SEND),
            lose=self._losses.add,
            is_disk_hung=lambda: self._keeper.is_hung,
        )
        spooled = SpoolSource(folders.all, self._losses, own=journal.sealed, report=self._report_losses)

        def look_again() -> None:
            spooled.look_again()
            self._wake(Loop.SEND)

        self._keeper = Keeper(journal, folders, self._losses, report=self._report_losses, look_again=look_again)
        self._outbox = SpoolOutbox(self._memory, spooled, journal, self._keeper, folders.memory)

    # For log calls

    def put(self, line: bytes) -> None:
        """Keeps a line for shipping. Never raises."""
        if self._pid != os.getpid():  # forked by something that does not call Python's hooks
            _begin_in_child(weakref.ref(self))
        if get_ident() in self._threads:
            self.lose("own_log")  # would go round for ever
            return
        if self._is_closed and self._journal is None:
            self.lose("after_exit")
            return
        if not self._is_started:
            self._start()
        if self._journal is None:
            self._queue_up(line)
            return
        self._journal.append(line)
        if self._is_closed:
            self._journal.settle_queue()  # nobody else does

    def lose(self, reason: str) -> None:
        """Counts an event that is not shipped."""
        self._losses.add(reason, 1)

    def floor(self) -> int:
        """The level below which logviewer wants none of our events; 0: it wants all."""
        return self._sender.floor()

    def skip(self) -> None:
        """Counts an event below the floor, which was not put."""
        self._sender.below_level += 1

    def _queue_up(self, line: bytes) -> None:
        was_empty = not self._queue
        dropped = self._queue.put(line)
        if dropped:
            self._losses.add("queue_full", dropped)
        if was_empty or len(self._queue) % segment.MAX_EVENTS == 0:
            self._wake()

    def _wake(self, *loops: Loop) -> None:
        for loop, waker in self._wakers.items():
            if not loops or loop in loops:
                waker.wake()

    # For everybody

    def stats(self) -> ShippingStats:
        journal, sender = self._journal, self._sender
        in_memory = self._queue.total + self._memory.in_flight
        spooled = 0 if journal is None else journal.open_count + sum(list(journal.sealed.values()))
        return ShippingStats(
            queued=in_memory + spooled,
            sent=sender.sent,
            lost=self._losses.totals(),
            last_error=sender.last_error,
            below_level=sender.below_level,
            spooled=spooled,
            in_memory=in_memory,
            spool_error=None if journal is None else self._keeper.problem or journal.problem,
        )

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Sends what is queued without waiting for a full batch. Returns whether everything went within the time."""
        self._flushes += 1
        self._wake()
        give_up = time.monotonic() + timeout_s
        while self.stats().queued and time.monotonic() < give_up:
            time.sleep(0.005)
        self._flushes -= 1
        return self.stats().queued == 0

    def close(self, timeout_s: float = EXIT_FLUSH_S) -> None:
        """Tries everything once more within the time. The rest stays in the spool, or is lost and said on stderr."""
        if self._is_closed:
            return
        atexit.unregister(self.close)
        self._is_stopping = True
        if self._journal is not None:
            self._journal.retry_now()
        self._wake()
        give_up = time.monotonic() + timeout_s
        self._wait_for_end_of(Loop.SEND, give_up)
        self._is_closed = True
        self._wake()
        self._wait_for_end_of(Loop.KEEP, max(give_up, time.monotonic() + LONGEST_GOODBYE_S))
        left = self.stats().in_memory
        if left:
            self._losses.add("not_delivered_at_exit", left)
            tell(f"{left} events were not delivered before the exit ({self._sender.last_error or 'too slow'})")

    def _wait_for_end_of(self, loop: Loop, give_up: float) -> None:
        while loop in self._running and time.monotonic() < give_up:
            time.sleep(0.005)

    # The threads

    def _start(self) -> None:
        if not self._starting.acquire(blocking=False):
            return  # another thread is at it, or we are inside it
        try:
            if not self._is_started:
                self._is_started = True
                self._start_threads([Loop.SEND] if self._journal is None else [Loop.KEEP, Loop.SEND])
                self._end_with_multiprocessing()
        except RuntimeError as problem:  # the interpreter is shutting down, or no thread is to be had
            self._sender.last_error = str(problem)
        finally:
            self._starting.release()

    def _start_threads(self, loops: Sequence[Loop]) -> None:
        self._wakers = {loop: Waker() for loop in loops}
        for loop, waker in self._wakers.items():
            self._running.append(loop)
            try:
                # Not threading.Thread: what a log call interrupts may hold the lock that starting one takes.
                start_new_thread(self._run, (loop, waker))
            except RuntimeError:
                self._running.remove(loop)
                raise

    def _end_with_multiprocessing(self) -> None:
        """The forked children of multiprocessing end without calling the functions of atexit."""
        util, process = sys.modules.get("multiprocessing.util"), sys.modules.get("multiprocessing.process")
        if util is not None and process is not None and process.parent_process() is not None:
            util.Finalize(None, self.close, exitpriority=0)

    def _run(self, loop: Loop, waker: Waker) -> None:
        """Goes on with a loop until it says that it is through. Without its threads a process would ship nothing."""
        self._threads.add(get_ident())
        step = self._keep if loop is Loop.KEEP else self._send
        while True:
            try:
                if step(waker):
                    break
            except Exception as problem:  # noqa: BLE001 -- whatever it is, it must not end the thread
                self._sender.last_error = f"{type(problem).__name__}: {problem}"
                waker.wait(AFTER_A_SURPRISE_S)
        self._threads.discard(get_ident())
        self._running.remove(loop)
        self._wake()

    def _keep(self, waker: Waker) -> bool:
        if self._is_closed:
            self._keeper.close()
            return True
        waker.wait(self._keeper.step())
        return False

    def _send(self, waker: Waker) -> bool:
        flushes = self._flushes
        hurry = self._is_stopping or flushes > 0
        result = self._sender.step(hurry=hurry)
        if result is None:
            if self._is_stopping and self._is_all_sent():
                self._transport.close()
                return True
            waker.wait(HURRIED_WAIT_S if hurry else self._outbox.wait_s())
            return False
        if self._is_stopping and result.action in {Action.RETRY, Action.PROBE}:
            return True
        self._pause(waker, self._sender.pause_s(result), flushes)
        return False

    def _is_all_sent(self) -> bool:
        """Whether nothing of this process's own can be sent any more."""
        return not self.stats().queued or (self._journal is not None and self._keeper.is_hung)

    def _pause(self, waker: Waker, seconds: float, flushes: int) -> None:
        """Sleeps, unless the process is about to end or there was another flush: then it is worth a try."""
        until = time.monotonic() + seconds
        while not self._is_stopping and self._flushes <= flushes and (left := until - time.monotonic()) > 0:
            waker.wait(left)

    def _report_losses(self) -> None:
        """What was lost is told in the log itself. While no segment can be written, it goes with what is in memory."""
        if self._journal is None or not self._journal.is_writable:
            return
        lines = self._losses.take_reports()
        if lines and not self._journal.write(lines):
            self._losses.add_lines("", lines)


def _begin_in_child(reference: weakref.ref[Shipper]) -> None:
    """Locks and threads of the parent mean nothing here; open connections and files are the parent's."""
    shipper = reference()
    if shipper is not None:
        shipper._begin()  # noqa: SLF001 -- module function, because a bound method would keep the shipper alive
        shipper._transport.abandon()  # noqa: SLF001
