"""The copy of an open segment on the disk, for the day the machine goes down with what is in its memory."""

from __future__ import annotations

import contextlib
import os

from logviewer_client import holds
from logviewer_client.segment import OpenSegment
from logviewer_client.spool import Spool

_fdatasync = getattr(os, "fdatasync", os.fsync)


class LastingCopy:
    """For one thread, which waits for the disk. Every method raises OSError where the disk does not take it."""

    def __init__(self, source: OpenSegment, spool: Spool) -> None:
        """`source` may be in `spool` itself: then it only has to be waited for."""
        self.source, self._spool = source, spool
        self._is_itself = source.spool is spool
        self._fd = -1
        self._copied = self._synced = 0

    def follow(self) -> None:
        """Copies what was appended since the last time."""
        if self._is_itself or self.source.size == self._copied:
            return
        self._open()
        for_disk = self.source.read(self._copied)
        while for_disk:
            written = os.pwrite(self._fd, for_disk, self._copied)
            self._copied += written
            for_disk = for_disk[written:]

    @property
    def is_deleted(self) -> bool:
        """Whether somebody deleted what has no copy."""
        return self._is_itself and os.fstat(self.source.fd).st_nlink == 0

    @property
    def is_behind(self) -> bool:
        """Whether something is not copied yet."""
        return (self._synced if self._is_itself else self._copied) < self.source.size

    @property
    def is_synced(self) -> bool:
        """Whether there is nothing to do."""
        return self._synced == self.source.size

    def sync(self) -> None:
        """Waits until what was copied is on the disk."""
        size, fd = (self.source.size, self.source.fd) if self._is_itself else (self._copied, self._fd)
        if size != self._synced:
            _fdatasync(fd)
            self._synced = size

    def finish(self) -> None:
        """Makes the copy the segment that is sent. Nobody appends to the source any more."""
        if self.source.count:
            self.follow()
            self.sync()
        if self._is_itself or not self.source.count:
            self.source.give_up()
        else:
            self.source.discard()  # before the copy is let go: who finds both takes the source, which has all
        self._let_go()

    def abandon(self) -> None:
        """Leaves the source to the senders as it is."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.unlink(self._spool.path_of(self.source.name))
        self.source.give_up()
        self._let_go()

    def _open(self) -> None:
        """Opens the copy; again and from the beginning if somebody deleted it."""
        if self._fd >= 0 and os.fstat(self._fd).st_nlink:
            return
        self._let_go()
        self._copied = self._synced = 0
        self._spool.open()
        self._fd = self._spool.hold_new(self.source.name)

    def _let_go(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            holds.let_go(fd)
