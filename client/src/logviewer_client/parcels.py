"""What the sender takes, and what becomes of it: batches from the spool, and batches from memory."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from typing import Protocol

from logviewer_client.batch import Batch
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
            self._source.lost("rejected", lines)
            with contextlib.suppress(OSError):  # for people; a full disk must not keep what is stored
                self._claim.quarantine(lines, "rejected")
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
        self._source.look_again()


class SpoolSource:
    """Sealed segments of `spools`, oldest first: this process's own, and those of processes that died.

    Segments move from the first of `spools` to the second, never back.
    `own` counts the events in our sealed segments, by batch. `report` puts what was lost into the log.
    """

    def __init__(
        self, spools: Sequence[Spool], losses: Losses, *, own: dict[uuid.UUID, int], report: Callable[[], None]
    ) -> None:
        self._spools, self._losses, self._own, self._report = spools, losses, own, report
        self._todo: deque[tuple[Spool, SegmentName]] = deque()
        self._folder: tuple[int, int] | None = None
        self._mended: set[uuid.UUID] = set()
        self.look_again()

    def look_again(self) -> None:
        """Lets `next` see what has come to the folders meanwhile."""
        self._looked_at = float("-inf")

    def next(self, *, own_only: bool, leave: Container[Spool] = ()) -> SpooledParcel | None:
        """The next batch, from all folders but those to leave alone; or only one of our own, which somebody awaits."""
        parcel = self._next_of_list(leave)
        is_awaited = own_only and bool(self._own)  # also what another process is sending: gone is sent
        if parcel is None and (is_awaited or time.monotonic() - self._looked_at > LOOK_FOR_ORPHANS_EVERY_S):
            self._looked_at = time.monotonic()
            self._todo = deque(one for one in self._look() if not own_only or one[1].id in self._own)
            parcel = self._next_of_list(leave)
        return parcel

    def settled(self, batch_id: uuid.UUID) -> None:
        self._own.pop(batch_id, None)

    def was_split(self, batch: Batch) -> None:
        first, second = batch.halves()
        if batch.id in self._own:
            self._own.update({first.id: len(first.lines), second.id: len(second.lines)})
            self.settled(batch.id)
        self.look_again()

    def lost(self, reason: str, lines: Iterable[bytes]) -> None:
        """Counts and tells, before what is lost goes: told twice after a crash is better than not at all."""
        self._losses.add_refused(reason, lines)
        self._report()

    def _look(self) -> list[tuple[Spool, SegmentName]]:
        own_before = list(self._own)
        was_removed = self._was_removed(self._spools[-1])
        found = [(spool, name) for spool in self._spools for name in spool.names()]
        there = {name.id for _, name in found}
        for batch_id in own_before:
            if batch_id not in there:
                if was_removed:
                    self._losses.add("deleted", self._own.get(batch_id, 0))
                self.settled(batch_id)  # else another process sent it
        return sorted(found, key=lambda one: (one[1].created_ms, one[1].id))

    def _was_removed(self, spool: Spool) -> bool:
        """Whether somebody removed the folder since the last look, with what was in it."""
        before, self._folder = self._folder, spool.identity()
        return before is not None and before != self._folder

    def _next_of_list(self, leave: Container[Spool]) -> SpooledParcel | None:
        while self._todo:
            spool, name = self._todo.popleft()
            claim = None if spool in leave else spool.claim(name)
            parcel = self._open(claim) if claim is not None else None
            if parcel is not None:
                return parcel
        return None

    def _open(self, claim: Claim) -> SpooledParcel | None:
        claim.remove_copy()
        contents = claim.read()
        if contents.missing and claim.name.id not in self._mended:
            self._mended.add(claim.name.id)
            self._losses.add("torn" if contents.is_torn else "corrupt", contents.missing)
            self._report()
        if contents.bad or contents.missing:
            with contextlib.suppress(OSError):  # the disk may be full: what is good is sent all the same
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

    def __init__(self, queue: MemoryQueue, losses: Losses) -> None:
        self._queue, self._losses = queue, losses
        self.sealed: deque[Batch] = deque()

    def next(self, *, hurry: bool) -> QueuedParcel | None:
        """The next batch; in a hurry also one that is neither full nor old enough."""
        if not self.sealed and (hurry or self._is_due()):
            self._seal()
        return QueuedParcel(self.sealed[0], self) if self.sealed else None

    def _seal(self) -> None:
        items = self._queue.take(MAX_EVENTS, MAX_BYTES)
        lines = [*self._losses.take_reports(), *items]
        if lines:
            self.sealed.append(Batch(new_id(), tuple(lines)))
        self._queue.done(items)

    def wait_s(self) -> float:
        """How long until something is old enough."""
        if not self._queue:
            return LOOK_FOR_ORPHANS_EVERY_S
        return max(0.0, self._queue.waiting_since + BATCH_AGE_S - time.monotonic())

    def lost(self, reason: str, lines: Iterable[bytes]) -> None:
        self._losses.add_refused(reason, lines)

    def replace_first(self, batches: Iterable[Batch]) -> None:
        _, *others = self.sealed
        self.sealed = deque([*batches, *others])

    @property
    def in_flight(self) -> int:
        return sum(len(batch.lines) for batch in list(self.sealed))

    def _is_due(self) -> bool:
        if not self._queue:
            return self._losses.is_anything_unreported
        return len(self._queue) >= MAX_EVENTS or self._queue.size_bytes >= MAX_BYTES or self.wait_s() <= 0


def _at(batch: Batch, places: Iterable[int]) -> list[bytes]:
    return [batch.lines[place] for place in places if 0 <= place < len(batch.lines)]
