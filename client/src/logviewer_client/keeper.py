"""The thread that looks after the folders: brings segments to the disk, adopts those of the dead, keeps the bounds."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from logviewer_client.diagnostics import tell
from logviewer_client.journal import Journal
from logviewer_client.lasting import LastingCopy
from logviewer_client.losses import Losses
from logviewer_client.segment import OpenSegment, read_records
from logviewer_client.spool import Folders, Spool

COPY_EVERY_S = 0.01  # as long as something comes; this is what dies with a container
QUIET_ROUNDS = 10  # then it sleeps until it is woken
SYNC_EVERY_S = 0.5
MAKE_ROOM_EVERY_S = 1.0
LOOK_EVERY_S = 5.0
IDLE_SEGMENT_S = 10.0
LONGEST_OPEN_S = 600.0  # what is in a segment must not be much younger than its name says
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
COMPLAIN_EVERY_S = 60.0
HUNG_S = 1.0


class Keeper:
    """For one thread."""

    def __init__(
        self,
        journal: Journal,
        folders: Folders,
        losses: Losses,
        *,
        report: Callable[[], None],
        look_again: Callable[[], None],
    ) -> None:
        self._journal, self._losses = journal, losses
        self._memory, self._disk = folders.memory, folders.disk
        self._report, self._look_again = report, look_again
        self._copies: dict[uuid.UUID, LastingCopy] = {}
        self._due: dict[str, float] = {}
        self._at_disk_since = float("inf")
        self._retry_at = self._said_at = float("-inf")
        self._failures = self._quiet_rounds = 0
        self._has_copied = False
        self.problem: str | None = None

    @property
    def is_hung(self) -> bool:
        """Whether the disk has not answered for long. Whoever touches the spool then hangs too."""
        return time.monotonic() - self._at_disk_since > HUNG_S

    @property
    def is_disk_fit(self) -> bool:
        """Whether segments get to the disk."""
        return self.problem is None

    def step(self) -> float:
        """One round; returns after how many seconds the next one is due if nobody wakes the thread before."""
        journal = self._journal
        journal.settle_queue()
        if time.monotonic() >= self._retry_at:
            self._at_disk(self._work)
        if self.problem is not None:
            self._leave_in_memory()
        self._report()
        return self._next_s()

    def _next_s(self) -> float:
        if self.problem is not None or not self._journal.is_writable:
            return SYNC_EVERY_S
        self._quiet_rounds = 0 if self._has_copied else self._quiet_rounds + 1
        if self._quiet_rounds < QUIET_ROUNDS:
            return COPY_EVERY_S
        self._journal.wants_to_know = True
        if self._is_behind():  # appended before that was said
            return 0.0
        return LOOK_EVERY_S if all(copy.is_synced for copy in self._copies.values()) else SYNC_EVERY_S

    def _is_behind(self) -> bool:
        current = self._journal.current
        return bool(self._journal.retired) or (current is not None and self._copy_of(current).is_behind)

    def close(self) -> None:
        """The last round: nothing stays in memory that can get to the disk."""
        self._journal.retry_now()
        self._retry_at = float("-inf")
        self._due.clear()
        before = -1
        while self._journal.queued != before:  # as long as it helps
            before = self._journal.queued
            self._journal.seal()
            self.step()
        if self._memory is not None:
            self._memory.remove_if_empty()

    def _at_disk(self, work: Callable[[], None]) -> None:
        self._at_disk_since = time.monotonic()
        try:
            work()
            self._failures, self.problem = 0, None
        except OSError as problem:
            self._note_failure(problem)
        finally:
            self._at_disk_since = float("inf")

    def _work(self) -> None:
        self._finish_retired()
        self._follow_current()
        if self._is_due("adopt", LOOK_EVERY_S) or self.problem is not None:
            self._adopt()
        if self._is_due("room", MAKE_ROOM_EVERY_S):
            self._make_room(self._disk)

    def _is_due(self, what: str, every_s: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every_s
        return True

    # Segments of ours

    def _finish_retired(self) -> None:
        journal = self._journal
        while journal.retired:
            self._at_disk_since = time.monotonic()  # one after the other gets there: that is slow, but not hung
            segment = journal.retired[0]
            if self._copy_of(segment).is_deleted:
                self._rescue(segment)
            else:
                self._copy_of(segment).finish()
                self._was_given_up(segment)

    def _rescue(self, segment: OpenSegment) -> None:
        """Writes anew what was in a retired file that somebody deleted."""
        self._disk.is_open = False
        for line in read_records(segment.read(0)).lines:
            self._journal.put_aside(line)
        segment.discard()
        segment.count = 0
        self._was_given_up(segment)

    def _follow_current(self) -> None:
        current = self._journal.current
        self._has_copied = False
        if current is None:
            return
        if current.count:
            copy = self._copy_of(current)
            self._has_copied = copy.is_behind
            copy.follow()
            if self._is_due("sync", SYNC_EVERY_S):
                copy.sync()
        is_idle = not current.count and time.monotonic() - current.opened_at > IDLE_SEGMENT_S
        is_old = current.count > 0 and current.age_s() > LONGEST_OPEN_S
        if is_idle or is_old or self._copy_of(current).is_deleted:
            self._journal.retire(current)

    def _copy_of(self, segment: OpenSegment) -> LastingCopy:
        return self._copies.setdefault(segment.name.id, LastingCopy(segment, self._disk))

    def _was_given_up(self, segment: OpenSegment) -> None:
        del self._copies[segment.name.id]
        if segment.count:
            self._journal.sealed[segment.name.id] = segment.count
        self._journal.retired.popleft()
        self._look_again()

    def _leave_in_memory(self) -> None:
        """The disk takes nothing: what is retired is sent from where it is."""
        journal = self._journal
        while journal.retired:
            segment = journal.retired[0]
            self._copy_of(segment).abandon()
            self._was_given_up(segment)
        if self._memory is not None:
            self._make_room(self._memory)

    # Segments of others

    def _adopt(self) -> None:
        """Brings to the disk what processes that died left in memory, and what was left there while it was unfit."""
        if self._memory is not None and self._disk.adopt(self._memory):
            self._look_again()

    def _make_room(self, spool: Spool) -> None:
        for claim, reason in spool.expendable():
            try:
                contents = claim.read()
                self._losses.add_lines(reason, contents.lines)
                self._losses.add(reason, contents.missing)
                self._report()  # before they go: told twice after a crash is better than not at all
                claim.remove()
                self._journal.sealed.pop(claim.name.id, None)
            finally:
                claim.release()

    def _note_failure(self, problem: OSError) -> None:
        self.problem = str(problem)
        self._retry_at = time.monotonic() + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(self._failures, 16))
        self._failures += 1
        self._disk.is_open = False
        if time.monotonic() - self._said_at > COMPLAIN_EVERY_S:
            self._said_at = time.monotonic()
            tell(f"the spool {self._disk.folder} cannot be used, events wait in memory: {problem}")
