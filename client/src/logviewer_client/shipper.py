"""The queue and the thread that empties it: log calls put lines in, batches go out, losses are counted.

`put` takes no lock that another thread holds for long, so it may be called from signal handlers, destructors and after
a fork. The queue is bounded in events and bytes; when it is full the oldest go.
"""

import atexit
import os
import queue
import random
import sys
import threading
import time
import weakref
from _thread import start_new_thread
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from logviewer_client.batch import Batch
from logviewer_client.diagnostics import tell
from logviewer_client.line import render
from logviewer_client.transport import Transport, Unreachable
from logviewer_client.verdict import Action, Verdict, verdict

MAX_QUEUED_EVENTS = 10_000
MAX_QUEUED_BYTES = 16 * 1024 * 1024
BATCH_EVENTS = 1000
BATCH_BYTES = 1024 * 1024
BATCH_AGE_S = 1.0
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
EXIT_FLUSH_S = 2.0
COMPLAIN_EVERY_S = 60.0
LOST = "logviewer_events_lost"

Item = bytes | None  # None wakes the thread: something besides the queue has changed


@dataclass(frozen=True)
class ShippingStats:
    """Where the events of this process are. `lost` counts by reason; `last_error` is the last failed try."""

    queued: int
    sent: int
    lost: Mapping[str, int]
    last_error: str | None


class Shipper:
    """Sends what `put` takes. One thread a process, started by the first event, so a fork starts its own."""

    def __init__(
        self,
        transport: Transport,
        *,
        max_events: int = MAX_QUEUED_EVENTS,
        max_bytes: int = MAX_QUEUED_BYTES,
        batch_age_s: float = BATCH_AGE_S,
        first_wait_s: float = FIRST_WAIT_S,
        service: str | None = None,
    ) -> None:
        self._transport = transport
        self._service = {"service": service} if service else {}
        self._max_events, self._max_bytes = max_events, max_bytes
        self._batch_age_s, self._first_wait_s = batch_age_s, first_wait_s
        self._compressed = True
        self._said_at = float("-inf")
        self._reset()
        atexit.register(self.close)
        itself = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _reset_in_child(itself))

    def _reset(self) -> None:
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._outbox: deque[Batch] = deque()  # sealed; only the thread touches it
        self._open: list[bytes] = []  # taken from the queue, not sealed yet
        self._counting = threading.RLock()
        self._starting = threading.Lock()
        self._started = self._ended = False
        self._stopping = self._flushing = False
        self._flushes = 0
        self._waiting_bytes = self._accepted = self._sent = 0
        self._lost: Counter[str] = Counter()
        self._unreported: Counter[str] = Counter()
        self._last_error: str | None = None

    # For log calls

    def put(self, line: bytes) -> None:
        """Queues a line. Never raises, never waits for the network."""
        if self._stopping or getattr(_inside, "sending", False):
            self._lose("after_exit" if self._stopping else "own_log", 1)
            return
        with self._counting:
            self._waiting_bytes += len(line)
            self._accepted += 1
        self._queue.put(line)
        while self._queue.qsize() > self._max_events or self._waiting_bytes > self._max_bytes:
            if not self._drop_oldest():
                break
        if not self._started:
            self._start()

    def lose(self, reason: str) -> None:
        """Counts an event that could not be queued."""
        with self._counting:
            self._accepted += 1
        self._lose(reason, 1)

    def stats(self) -> ShippingStats:
        with self._counting:
            done = self._sent + sum(self._lost.values()) - self._lost["after_exit"] - self._lost["own_log"]
            return ShippingStats(max(0, self._accepted - done), self._sent, dict(self._lost), self._last_error)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Sends what is queued without waiting for a full batch. Returns whether everything went within the time."""
        self._flushing = True
        self._flushes += 1
        self._queue.put(None)
        give_up = time.monotonic() + timeout_s
        while self.stats().queued and time.monotonic() < give_up:
            time.sleep(0.005)
        self._flushing = False
        return self.stats().queued == 0

    def close(self, timeout_s: float = EXIT_FLUSH_S) -> None:
        """Tries everything once more within the time, then says on stderr what could not be delivered."""
        if self._stopping:
            return
        atexit.unregister(self.close)
        self._stopping = True
        self._queue.put(None)
        give_up = time.monotonic() + timeout_s
        while self._started and not self._ended and time.monotonic() < give_up:
            time.sleep(0.005)
        left = self.stats().queued
        if left:
            self._lose("not_delivered_at_exit", left)
            self._complain(f"{left} events were not delivered before the exit ({self._last_error or 'too slow'})", 0)

    # The thread

    def _start(self) -> None:
        if not self._starting.acquire(blocking=False):
            return  # another thread is at it, or we are inside it
        try:
            if not self._started:
                # Not threading.Thread: what a log call interrupts may hold the lock that starting one takes.
                start_new_thread(self._run, ())
                self._started = True
                self._end_with_multiprocessing()
        except RuntimeError as problem:  # the interpreter is shutting down, or no thread is to be had
            self._last_error = str(problem)
        finally:
            self._starting.release()

    def _end_with_multiprocessing(self) -> None:
        """The forked children of multiprocessing end without calling the functions of atexit."""
        util, process = sys.modules.get("multiprocessing.util"), sys.modules.get("multiprocessing.process")
        if util is not None and process is not None and process.parent_process() is not None:
            util.Finalize(None, self.close, exitpriority=0)

    def _run(self) -> None:
        _inside.sending = True
        failures = 0
        while not self._ended:
            flushes = self._flushes
            try:
                result = self._step()
            except Exception as problem:  # noqa: BLE001 -- without its thread a process would ship nothing any more
                result = Verdict(Action.RETRY, f"{type(problem).__name__}: {problem}")
                self._last_error = result.reason
            if result is None or result.action not in {Action.RETRY, Action.PROBE}:
                failures = 0
                continue
            failures += 1
            if self._stopping:
                break
            self._wait(self._pause_s(result, failures), flushes)
        self._ended = True
        self._transport.close()

    def _step(self) -> Verdict | None:
        """Seals a batch if none is waiting, and sends one. None: there was nothing to send."""
        if not self._outbox:
            self._fill_outbox()
        if self._outbox:
            return self._send(self._outbox[0])
        self._ended = self._stopping
        return None

    def _fill_outbox(self) -> None:
        """Seals a batch: full, old enough, or asked for."""
        self._report_losses()
        size = 0
        sealed_at = time.monotonic() + self._batch_age_s if self._open else None
        while len(self._open) < BATCH_EVENTS and size < BATCH_BYTES:
            line = self._next(sealed_at)
            if line is None:
                if self._stopping or self._flushing or (sealed_at and time.monotonic() >= sealed_at):
                    break
                continue
            self._open.append(line)
            size += len(line)
            sealed_at = sealed_at or time.monotonic() + self._batch_age_s
        if self._open:
            self._outbox.append(Batch.seal(self._open))
            self._open = []

    def _next(self, sealed_at: float | None) -> Item:
        """The next line; None after a wake-up or when the time of the open batch is over."""
        wait = None if sealed_at is None else max(0.0, sealed_at - time.monotonic())
        if self._stopping or self._flushing:
            wait = 0.0
        try:
            line = self._queue.get(timeout=wait)
        except queue.Empty:
            return None
        if line is not None:
            with self._counting:
                self._waiting_bytes = max(0, self._waiting_bytes - len(line)) if self._queue.qsize() else 0
        return line

    def _send(self, batch: Batch) -> Verdict:
        try:
            result = verdict(self._transport.send(batch, compressed=self._compressed), len(batch.lines))
        except Unreachable as problem:
            result = Verdict(Action.RETRY, str(problem))
        except Exception as problem:  # noqa: BLE001 -- the thread must outlive whatever a transport does
            result = Verdict(Action.RETRY, f"{type(problem).__name__}: {problem}")
        if result.action is Action.RECODE:
            result = Verdict(Action.RECODE, result.reason) if self._compressed else Verdict(Action.PROBE, result.reason)
            self._compressed = False
        self._settle(batch, result)
        return result

    def _settle(self, batch: Batch, result: Verdict) -> None:
        """Takes the batch off the outbox where its story ends or splits, and keeps the books."""
        if result.action is Action.FORGET:
            self._outbox.popleft()
            with self._counting:
                self._sent += len(batch.lines) - len(result.rejected)
            self._last_error = None
            if result.rejected:
                self._lose_of(batch, "rejected", result.rejected)
            return
        self._last_error = result.reason
        if result.action is Action.SPLIT and len(batch.lines) > 1:
            self._outbox.popleft()
            self._outbox.extendleft(reversed(batch.halves()))
        elif result.action in {Action.SPLIT, Action.GIVE_UP}:
            self._outbox.popleft()
            self._lose_of(batch, "refused", range(len(batch.lines)))
        elif result.action is not Action.RECODE:
            self._complain(f"events wait in memory: {result.reason}", COMPLAIN_EVERY_S)

    def _pause_s(self, result: Verdict, failures: int) -> float:
        if result.wait_s is not None:
            return result.wait_s
        # Full jitter: a thousand senders do not come back at the same moment.
        longest = min(LONGEST_WAIT_S, self._first_wait_s * 2 ** min(failures, 16))
        return random.uniform(self._first_wait_s, longest)  # noqa: S311 -- not a secret

    def _wait(self, seconds: float, flushes: int) -> None:
        """Sleeps, unless the process is about to end or there was another flush: then it is worth a try."""
        until = time.monotonic() + seconds
        while not self._stopping and self._flushes == flushes and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))

    # Losses

    def _drop_oldest(self) -> bool:
        try:
            line = self._queue.get_nowait()
        except queue.Empty:
            self._waiting_bytes = 0
            return False
        if line is not None:
            with self._counting:
                self._waiting_bytes = max(0, self._waiting_bytes - len(line))
            self._lose("queue_full", 1)
        return True

    def _lose(self, reason: str, count: int, *, report: bool = True) -> None:
        with self._counting:
            self._lost[reason] += count
            if report:
                self._unreported[reason] += count

    def _lose_of(self, batch: Batch, reason: str, places: Iterable[int]) -> None:
        """Counts lines of `batch`. Lost reports are not reported in turn, or one bad answer would go on for ever."""
        lost = [batch.lines[place] for place in places if 0 <= place < len(batch.lines)]
        reports = sum(map(_is_report, lost))
        if reports:
            self._lose(reason, reports, report=False)
        if len(lost) > reports:
            self._lose(reason, len(lost) - reports)

    def _report_losses(self) -> None:
        """What was lost is told in the log itself, in the next batch."""
        if not self._unreported:
            return
        with self._counting:
            reasons, self._unreported = self._unreported, Counter()
            self._accepted += len(reasons)
        self._open += [
            render({"event": LOST, "count": count, "reason": reason, **self._service}, method_name="error")
            for reason, count in reasons.items()
        ]

    def _complain(self, sentence: str, every_s: float) -> None:
        """One line on stderr, rarely. Not through logging: that would come back to us."""
        if time.monotonic() - self._said_at < every_s:
            return
        self._said_at = time.monotonic()
        tell(sentence)


_inside = threading.local()


def _is_report(line: bytes) -> bool:
    return f'"event":"{LOST}"'.encode() in line


def _reset_in_child(reference: "weakref.ref[Shipper]") -> None:
    """What was queued before a fork belongs to the parent, which sends it; locks of its threads mean nothing here."""
    shipper = reference()
    if shipper is not None:
        _inside.sending = False
        shipper._reset()  # noqa: SLF001 -- module function, because a bound method would keep the shipper alive
        shipper._transport.abandon()  # noqa: SLF001
