"""What a process sends next: what waits in memory if the folders are not fit, else the oldest sealed segment."""

from __future__ import annotations

from logviewer_client import parcels
from logviewer_client.journal import Journal
from logviewer_client.keeper import Keeper
from logviewer_client.parcels import MemorySource, Parcel, SpoolSource
from logviewer_client.spool import Spool


class MemoryOutbox:
    """Of a process without a spool."""

    def __init__(self, memory: MemorySource) -> None:
        self._memory = memory

    def next(self, *, hurry: bool) -> Parcel | None:
        return self._memory.next(hurry=hurry)

    def wait_s(self) -> float:
        """How long there will be nothing to send, as far as is known."""
        return self._memory.wait_s()


class SpoolOutbox:
    """Of a process with a spool; `quick` is the folder in memory, if there is one."""

    def __init__(
        self, memory: MemorySource, spooled: SpoolSource, journal: Journal, keeper: Keeper, quick: Spool | None
    ) -> None:
        self._memory, self._spooled, self._journal, self._keeper = memory, spooled, journal, keeper
        self._quick = [quick] if quick is not None else []

    def next(self, *, hurry: bool) -> Parcel | None:
        """In a hurry also of an open segment; and only what is this process's own."""
        if self._memory.sealed or not self._journal.is_writable:
            parcel = self._memory.next(hurry=hurry)
            if parcel is not None:
                return parcel
        if self._keeper.is_hung:
            return None
        # What is in memory is the keeper's to bring to the disk, as long as that works.
        leave = self._quick if self._keeper.is_disk_fit else []
        spooled = self._spooled.next(own_only=hurry, leave=leave)
        if spooled is None:
            self._journal.seal(0.0 if hurry else parcels.BATCH_AGE_S)
        return spooled

    def wait_s(self) -> float:
        """How long there will be nothing to send, as far as is known."""
        current = self._journal.current
        if not self._journal.is_writable or self._memory.sealed:
            return self._memory.wait_s()
        if current is None or not current.count:
            return parcels.LOOK_FOR_ORPHANS_EVERY_S
        return max(0.0, parcels.BATCH_AGE_S - current.age_s())
