"""Answers those who follow the same search once: they share what was read of the store and made of its events.

What is shared is a process's own. A ledger that was read LEDGER_IS_NEWS_S ago is read again, so an event is seen that
much later than it could be, at most; nothing is left out or repeated, for whoever asks brings a cursor of their own.
"""

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from logviewer.query.errors import SearchUnavailable
from logviewer.query.events import StoredEvent
from logviewer.query.search import Search
from logviewer.query.tail import MOST_BATCHES, TailCursor, new_batches, newest_cursor, read_arrived
from logviewer.store.ledger import StoredBatch

LEDGER_IS_NEWS_S = 0.25
MOST_ROWS = 500  # of one answer
KEPT_BATCHES = 10_000
KEPT_BYTES = 1_000_000  # made of one search's events
MOST_SEARCHES = 64
FORGOTTEN_AFTER_S = 20.0  # in which nobody asked
LONGEST_WAIT_S = 2.0  # for another's read of the same search

Make = Callable[[Sequence[StoredEvent]], Sequence[bytes]]  # what an answer carries of each event


@dataclass(frozen=True, slots=True)
class News:
    """What was made of the events behind a cursor, the cursor behind all that was looked at, and whether more waits."""

    rows: Sequence[bytes]
    cursor: TailCursor
    more: bool


class Following:
    """Whoever follows something in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ledger = _Ledger()
        self._searches: dict[Hashable, _Followed] = {}

    def news(self, key: Hashable, search: Search, cursor: TailCursor, make: Make) -> News:
        """At most MOST_ROWS of the events that `search` finds behind `cursor`.

        `key` says what is the same for everybody who brings it: what the search finds, and what `make` makes of that.
        Raises SearchUnavailable.
        """
        followed = self._followed(key)
        with held(followed.lock):
            followed.go_on(search, self._ledger, make)
            if not followed.has(cursor):
                return _read_alone(search, cursor, make)
            return followed.behind(cursor)

    def forget(self) -> None:
        """The process begins afresh."""
        with self._lock:
            self._ledger = _Ledger()
            self._searches = {}

    def _followed(self, key: Hashable) -> "_Followed":
        with self._lock:
            now = monotonic()
            for old in [one for one, has in self._searches.items() if now - has.asked > FORGOTTEN_AFTER_S]:
                del self._searches[old]
            if key not in self._searches and len(self._searches) >= MOST_SEARCHES:
                del self._searches[min(self._searches, key=lambda one: self._searches[one].asked)]
            followed = self._searches.setdefault(key, _Followed())
            followed.asked = now
            return followed


def _read_alone(search: Search, cursor: TailCursor, make: Make) -> News:
    """For one who is further behind than what is kept."""
    batches = new_batches(cursor)
    arrived = read_arrived(search, cursor, batches, limit=MOST_ROWS)
    rows = make([event for _, event in arrived.events])
    return News(rows, arrived.end, arrived.more or len(batches) == MOST_BATCHES)


@dataclass(eq=False, slots=True)
class _Followed:
    """A search: what was made of its events from behind `begin` up to `end`. It begins with what is new, whoever asks
    first: one who was away for long must not hold up the others."""

    asked: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    begin: TailCursor | None = None
    end: TailCursor = field(default_factory=TailCursor)
    more: bool = False  # behind `end`
    cursors: list[TailCursor] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)

    def go_on(self, search: Search, ledger: "_Ledger", make: Make) -> None:
        if self.begin is None:
            self.begin = self.end = newest_cursor()
        batches = ledger.behind(self.end)
        arrived = read_arrived(search, self.end, batches, limit=MOST_ROWS)
        self.rows += make([event for _, event in arrived.events])
        self.cursors += [cursor for cursor, _ in arrived.events]
        self.end = arrived.end
        self.more = arrived.more or len(batches) == MOST_BATCHES
        self._shorten()

    def has(self, cursor: TailCursor) -> bool:
        return self.begin is not None and cursor >= self.begin

    def behind(self, cursor: TailCursor) -> News:
        first = bisect_right(self.cursors, cursor)
        if len(self.rows) - first > MOST_ROWS:
            last = first + MOST_ROWS
            return News(self.rows[first:last], self.cursors[last - 1], more=True)
        # Another process may have brought its reader further than this one has come.
        return News(self.rows[first:], max(cursor, self.end), self.more)

    def _shorten(self) -> None:
        size, gone = sum(map(len, self.rows)), 0
        while size > KEPT_BYTES:
            size -= len(self.rows[gone])
            gone += 1
        if gone:
            self.begin = self.cursors[gone - 1]
            del self.rows[:gone], self.cursors[:gone]


class _Ledger:
    """The newest batches, which all searches are looked for in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin = TailCursor()  # the batches behind it are here
        self._batches: deque[StoredBatch] = deque()
        self._read = 0.0

    def behind(self, cursor: TailCursor) -> Sequence[StoredBatch]:
        """At most MOST_BATCHES; as of LEDGER_IS_NEWS_S ago at the latest. Raises SearchUnavailable."""
        with held(self._lock):
            if monotonic() - self._read > FORGOTTEN_AFTER_S:
                self._begin, self._batches = cursor, deque()
            if monotonic() - self._read > LEDGER_IS_NEWS_S:
                self._go_on()
            if cursor.position >= self._begin.position:
                return [batch for batch in self._batches if batch.position > cursor.position][:MOST_BATCHES]
        return new_batches(cursor)

    def _go_on(self) -> None:
        last = self._batches[-1].position if self._batches else self._begin.position
        self._batches += new_batches(TailCursor(last.xid, last.batch), limit=KEPT_BATCHES)
        self._read = monotonic()
        while len(self._batches) > KEPT_BATCHES:
            gone = self._batches.popleft().position
            self._begin = TailCursor(gone.xid, gone.batch)


@contextmanager
def held(lock: threading.Lock) -> Iterator[None]:
    """Holds `lock`. Raises SearchUnavailable if others take too long: threads that wait here answer nobody else."""
    if not lock.acquire(timeout=LONGEST_WAIT_S):
        raise SearchUnavailable("The newest events take too long to read.")
    try:
        yield
    finally:
        lock.release()
