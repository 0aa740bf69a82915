"""The thread that looks after the folder: what log calls handed over, the disk, the bounds, and the probing."""

from __future__ import annotations

import time
from collections.abc import Callable

from logviewer_client.journal import Journal, Way
from logviewer_client.losses import Losses

SYNC_EVERY_S = 0.5
IDLE_S = 5.0
MAKE_ROOM_EVERY_S = 1.0


class Keeper:
    """For one thread."""

    def __init__(self, journal: Journal, losses: Losses, report: Callable[[], None]) -> None:
        self._journal, self._losses, self._report = journal, losses, report
        self._synced_at = self._made_room_at = float("-inf")

    def step(self) -> float:
        """One round; returns after how many seconds the next one is due if nobody wakes the thread before."""
        journal = self._journal
        journal.settle_queue()
        journal.close_retired()
        if time.monotonic() - self._synced_at >= SYNC_EVERY_S:
            self._synced_at = time.monotonic()
            journal.sync()
        if time.monotonic() - self._made_room_at >= MAKE_ROOM_EVERY_S:
            self._made_room_at = time.monotonic()
            self._make_room()
        self._report()
        return SYNC_EVERY_S if journal.open_count or journal.way is Way.MEMORY or journal.queue else IDLE_S

    def _make_room(self) -> None:
        if self._journal.way is Way.MEMORY:
            return
        for claim, reason in self._journal.spool.expendable():
            self._losses.add_lines(reason, claim.read().lines)
            self._report()  # before they go: told twice after a crash is better than not at all
            claim.remove()
