"""Stores small batches that arrive at the same time in one transaction: a commit costs more than their rows.

The first to come leads: it takes along who waits by then, and hands the lead on. Nobody waits for company, so a batch
that comes alone is stored at once. docs/decisions/0006-group-commit.md has the reasons.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from logviewer.store import writer
from logviewer.store.event import Event
from logviewer.store.writer import Batch, Submission, Written

MAX_SMALL_ROWS = 100  # a batch of more goes alone
MAX_SMALL_CHARACTERS = 64 * 1024
MAX_GROUP_ROWS = 2000
MAX_GROUP_CHARACTERS = 1024 * 1024
PATIENCE_S = 0.25  # then another group sets out, so that one that waits for a lock does not hold up all others


@dataclass(eq=False, slots=True)
class _Waiting:
    """A batch on its way, in the thread of its sender: it wakes up when it is stored, or is to lead or to go alone."""

    submission: Submission
    characters: int
    awake: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    alone: bool = False
    result: Written | BaseException | None = None


class GroupCommit:
    """The groups of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._leaders = 0

    def write(self, events: Sequence[Event], batch: Batch) -> Written:
        """As writer.write: the same promises and the same errors, for this batch alone."""
        if len(events) > MAX_SMALL_ROWS:
            return writer.write(events, batch)
        characters = sum(len(event.data) + len(event.event) for event in events)
        if characters > MAX_SMALL_CHARACTERS:
            return writer.write(events, batch)
        mine = _Waiting(Submission(events, batch), characters)
        self._wait_for_a_turn(mine)
        if mine.leads:
            self._lead(mine)
        if mine.alone:
            return writer.write(events, batch)
        if isinstance(mine.result, Written):
            return mine.result
        raise mine.result or writer.StoreUnavailable("the group of this batch was not stored")

    def _wait_for_a_turn(self, mine: _Waiting) -> None:
        """Returns once another has stored `mine`, or it is to lead, or to go alone."""
        with self._lock:
            if not self._leaders:
                self._leaders, mine.leads = 1, True
                return
            self._queue.append(mine)
        while not mine.awake.wait(PATIENCE_S):
            with self._lock:
                if mine in self._queue and self._leaders < writer.MAX_COPIES:
                    self._queue.remove(mine)
                    self._leaders, mine.leads = self._leaders + 1, True
                    return

    def _lead(self, mine: _Waiting) -> None:
        """Stores a group with `mine` in it, wakes its members, and hands the lead to the next in the queue."""
        with self._lock:
            group = self._group(mine)
        try:
            if len(group) == 1:
                mine.result = writer.write(mine.submission.events, mine.submission.batch)
            else:
                _store(group)
        finally:
            for member in group:
                member.awake.set()
            self._hand_on()

    def _group(self, mine: _Waiting) -> list[_Waiting]:
        """`mine` and those from the front of the queue that fit; never two of the same idempotency key."""
        group, rows, characters = [mine], len(mine.submission.events), mine.characters
        names = {mine.submission.batch.name}
        while self._queue:
            first = self._queue[0]
            rows += len(first.submission.events)
            characters += first.characters
            name = first.submission.batch.name
            if rows > MAX_GROUP_ROWS or characters > MAX_GROUP_CHARACTERS or (name[2] is not None and name in names):
                break
            names.add(name)
            group.append(self._queue.popleft())
        return group

    def _hand_on(self) -> None:
        with self._lock:
            if not self._queue:
                self._leaders -= 1
                return
            heir = self._queue.popleft()
            heir.leads = True
            heir.awake.set()


def _store(group: Sequence[_Waiting]) -> None:
    """One transaction for all. If an event or a lock is to blame, everybody goes alone, in the own thread."""
    try:
        results = writer.write_together([one.submission for one in group])
    except writer.StoreUnavailable as problem:
        for one in group:
            one.result = type(problem)(str(problem), problem.retry_after_s)
    except Exception:  # noqa: BLE001 -- alone, each meets what is its own fault, and only that
        for one in group:
            one.alone = True
    else:
        for one, result in zip(group, results, strict=True):
            one.result = result
