"""What the sender takes, and what becomes of it: batches from the spool, and batches from memory."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import Protocol

from logviewer_client.batch import Batch
from logviewer_client.journal import Journal, Way
from logviewer_client.losses import Losses
from logviewer_client.memory import MemoryQueue
from logviewer_client.segment import MAX_BYTES, MAX_EVENTS, SegmentName, new_id
from logviewer_client.spool import Claim, Spool

BATCH_AGE_S = 1.0
LOOK_FOR_ORPHANS_EVERY_S = 5.0


class Parcel(Protocol):
    """A batch on its way. One of the methods ends its story here."""

    batch: Batch
    where: str  # it waits, for people

    def stored(self, rejected: Collection[int]) -> None:
        """logviewer has it, but for the events at these places."""

    def split(self) -> None:
        """Something in it is refused."""

    def refused(self, reason: str) -> None:
        """It can never be stored."""

    def keep(self) -> None:
        """Not now."""


class SpooledParcel:
    """A sealed segment."""

    where = "in the spool"

    def __init__(self, batch: Batch, claim: Claim, source: SpoolSource) -> None:
        self.batch, self._claim, self._source = batch, claim, source

    def stored(self, rejected: Collection[int]) -> None:
        lines = _at(self.batch, rejected)
        if lines:
            self._source.spool.quarantine(self._claim.name, lines, "rejected")
            self._source.lost("rejected", lines)
        self._claim.remove()
        self._source.settled(self.batch.id)

    def split(self) -> None:
        self._claim.split()
        self._source.was_split(self.batch)

    def refused(self, reason: str) -> None:
        self._source.lost(reason, self.batch.lines)
        self._claim.bury()
        self._source.settled(self.batch.id)

    def keep(self) -> None:
        self._claim.release()


class SpoolSource:
    """Sealed segments, oldest first: this process's own, and those of processes that died.

    Without `journal` there is nothing of our own: so for the command that empties a spool.
    """

    def __init__(
        self, spool: Spool, losses: Losses, report: Callable[[], None], journal: Journal | None = None
    ) -> None:
        self.spool, self._losses, self._report, self._journal = spool, losses, report, journal
        self._own = journal.sealed if journal is not None else {}
        self._todo: deque[SegmentName] = deque()
        self._looked_at = float("-inf")

    def next(self, *, hurry: bool) -> SpooledParcel | None:
        """The next batch. In a hurry the open segment is sealed whatever its age, and strangers' are left alone."""
        if self._journal is not None and self._journal.way is Way.MEMORY:
            return None
        parcel = self._next_of_list()
        if parcel is None and self._journal is not None:
            self._journal.seal(0.0 if hurry else BATCH_AGE_S)
        if parcel is None and (self._own or time.monotonic() - self._looked_at > LOOK_FOR_ORPHANS_EVERY_S):
            self._look(own_only=hurry)
            parcel = self._next_of_list()
        return parcel

    def wait_s(self) -> float:
        """How long there will be nothing to send, as far as is known."""
        age_s = self._journal.age_s() if self._journal is not None else None
        return LOOK_FOR_ORPHANS_EVERY_S if age_s is None else max(0.0, BATCH_AGE_S - age_s)

    def settled(self, batch_id: uuid.UUID) -> None:
        self._own.pop(batch_id, None)

    def was_split(self, batch: Batch) -> None:
        first, second = batch.halves()
        if batch.id in self._own:
            self._own.update({first.id: len(first.lines), second.id: len(second.lines)})
            self.settled(batch.id)
        self._looked_at = float("-inf")

    def lost(self, reason: str, lines: Iterable[bytes]) -> None:
        """Counts and tells, before what is lost goes: told twice after a crash is better than not at all."""
        self._losses.add_refused(reason, lines)
        self._report()

    def _look(self, *, own_only: bool) -> None:
        self._looked_at = time.monotonic()
        names = self.spool.names()
        there = {name.id for name in names}
        for batch_id in list(self._own):
            if batch_id not in there:  # another process sent it
                self.settled(batch_id)
        self._todo = deque(name for name in names if not own_only or name.id in self._own)

    def _next_of_list(self) -> SpooledParcel | None:
        while self._todo:
            claim = self.spool.claim(self._todo.popleft())
            if claim is not None:
                parcel = self._open(claim)
                if parcel is not None:
                    return parcel
        return None

    def _open(self, claim: Claim) -> SpooledParcel | None:
        contents = claim.read()
        if contents.bad or contents.missing:
            self._losses.add("torn" if contents.is_torn else "corrupt", contents.missing)
            self._report()
            claim.mend(contents)
        if not contents.lines:
            claim.remove()
            self.settled(claim.name.id)
            return None
        return SpooledParcel(Batch(claim.name.id, contents.lines), claim, self)


class QueuedParcel:
    """Lines from memory."""

    where = "in memory"

    def __init__(self, batch: Batch, source: MemorySource) -> None:
        self.batch, self._source = batch, source

    def stored(self, rejected: Collection[int]) -> None:
        self._source.lost("rejected", _at(self.batch, rejected))
        self._source.sealed.popleft()

    def split(self) -> None:
        self._source.replace_first(self.batch.halves())

    def refused(self, reason: str) -> None:
        self._source.lost(reason, self.batch.lines)
        self._source.sealed.popleft()

    def keep(self) -> None:
        """It stays where it is: at the head."""


class MemorySource:
    """Batches of what waits in memory, while there is no spool or it is not fit."""

    def __init__(self, queue: MemoryQueue, losses: Losses, journal: Journal | None = None) -> None:
        self._queue, self._losses, self._journal = queue, losses, journal
        self.sealed: deque[Batch] = deque()

    def next(self, *, hurry: bool) -> QueuedParcel | None:
        if not self.sealed and self._is_ours() and (hurry or self._is_due()):
            self._seal()
        return QueuedParcel(self.sealed[0], self) if self.sealed else None

    def _seal(self) -> None:
        items = self._queue.take(MAX_EVENTS, MAX_BYTES)
        lines = [*self._losses.take_reports(), *(item.line for item in items)]
        if lines:
            self.sealed.append(Batch(new_id(), tuple(lines)))
        self._queue.done(items)

    def wait_s(self) -> float:
        if not self._is_ours() or not self._queue:
            return LOOK_FOR_ORPHANS_EVERY_S
        return max(0.0, self._queue.waiting_since + BATCH_AGE_S - time.monotonic())

    def lost(self, reason: str, lines: Iterable[bytes]) -> None:
        self._losses.add_refused(reason, lines)

    def replace_first(self, batches: Iterable[Batch]) -> None:
        _, *others = self.sealed
        self.sealed = deque([*batches, *others])

    @property
    def in_flight(self) -> int:
        return sum(len(batch.lines) for batch in self.sealed)

    def _is_ours(self) -> bool:
        return self._journal is None or self._journal.way is Way.MEMORY

    def _is_due(self) -> bool:
        if not self._queue:
            return self._losses.is_anything_unreported
        return len(self._queue) >= MAX_EVENTS or self._queue.bytes >= MAX_BYTES or self.wait_s() <= 0


def _at(batch: Batch, places: Iterable[int]) -> list[bytes]:
    return [batch.lines[place] for place in places if 0 <= place < len(batch.lines)]
