"""A segment: the file that log calls append to, which once sealed is the batch that is posted.

Its name says since when it is, the batch's id, and whose it was. A record is one line: checksum, number in the segment,
the event's JSON. The number tells how many records are missing where some cannot be read.
"""

from __future__ import annotations

import errno
import os
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from logviewer_client import holds

MAX_EVENTS = 1000
MAX_BYTES = 1024 * 1024
SEALED = "events"
SPLITTING = "split"  # refused as a whole: it is never sent again, only its halves are

_fdatasync = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True)
class SegmentName:
    """`created_ms` since 1970, the Idempotency-Key, the process that wrote it, and what state it is in."""

    created_ms: int
    id: uuid.UUID
    pid: int
    boot: str
    state: str = SEALED

    def __str__(self) -> str:
        return f"{self.created_ms:013d}.{self.id}.{self.pid}.{self.boot}.{self.state}"

    @classmethod
    def parse(cls, text: str) -> SegmentName | None:
        """None: not a segment's name."""
        parts = text.split(".")
        if len(parts) != 5 or parts[4] not in {SEALED, SPLITTING}:
            return None
        try:
            name = cls(int(parts[0]), uuid.UUID(parts[1]), int(parts[2]), parts[3], parts[4])
        except ValueError:
            return None
        return name if str(name) == text else None

    def halves(self) -> tuple[SegmentName, SegmentName]:
        """Names with ids that follow from this one's, so that a repeated split is the same batches."""
        first, second = uuid.uuid5(self.id, "first"), uuid.uuid5(self.id, "second")
        return (
            replace(self, id=first, state=SEALED),
            replace(self, id=second, state=SEALED, created_ms=self.created_ms + 1),  # after the first
        )


def new_id() -> uuid.UUID:
    """A random id; it is made once a batch, and every repetition of the batch has it."""
    return uuid.uuid4()


class OpenSegment:
    """The segment that is being written. Whoever appends holds the journal's lock."""

    def __init__(self, name: SegmentName, path: str, fd: int) -> None:
        self.name, self.path, self.fd = name, path, fd
        self.count = self.size = 0
        self.opened_at = time.monotonic()
        self.first_at = 0.0  # monotonic; when the first record came
        self._synced_size = 0
        self._closing = threading.Lock()  # the disk is waited for without the journal's lock

    def append(self, lines: Sequence[bytes]) -> None:
        """Writes all of `lines` or none. When it returns they outlive the process. Raises OSError."""
        records = b"".join([record(number, line) for number, line in enumerate(lines, self.count)])
        written = os.write(self.fd, records)
        if written != len(records):
            os.ftruncate(self.fd, self.size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if not self.count:
            self.first_at = time.monotonic()
        self.size += written
        self.count += len(lines)

    def is_full(self, max_bytes: int) -> bool:
        return self.count >= MAX_EVENTS or self.size >= max_bytes

    def sync(self) -> None:
        """Waits until what was appended so far is on the disk."""
        size = self.size
        if size == self._synced_size:
            return
        with self._closing:
            if self.fd >= 0:
                _fdatasync(self.fd)
        self._synced_size = size

    def seal(self) -> None:
        """Gives the segment up: from now on anybody may send it. An empty one vanishes."""
        try:
            self.sync()
            if not self.count:
                os.unlink(self.path)
        finally:
            self._let_go()

    def is_deleted(self) -> bool:
        """Whether somebody removed the file."""
        return os.fstat(self.fd).st_nlink == 0

    def rescue(self) -> tuple[bytes, ...]:
        """The events of a file that was removed while it was open. It is closed by this."""
        try:
            return read_records(os.pread(self.fd, self.size, 0)).lines
        finally:
            self._let_go()

    def _let_go(self) -> None:
        with self._closing:
            fd, self.fd = self.fd, -1
        holds.let_go(fd)


def record(number: int, line: bytes) -> bytes:
    return b"%08x %x %b\n" % (crc32(line, number), number, line)


@dataclass(frozen=True)
class Contents:
    """What could be read of a segment: the events, what is no record, and how many events that was."""

    lines: tuple[bytes, ...]
    bad: tuple[bytes, ...] = ()
    missing: int = 0
    is_torn: bool = False  # the last record has no end, and nothing else is wrong: its writer died writing it


def read_records(data: bytes) -> Contents:
    """Takes what is whole, also behind what is not."""
    *whole, tail = data.split(b"\n")
    lines: list[bytes] = []
    bad: list[bytes] = []
    missing = next_number = bad_at_end = 0
    for chunk in whole:
        number = _number_of(chunk)
        if number is None or number < next_number:
            bad.append(chunk)
            bad_at_end += 1
            continue
        lines.append(chunk.split(b" ", 2)[2])
        missing += number - next_number
        next_number, bad_at_end = number + 1, 0
    is_torn = bool(tail) and not bad and not missing
    if tail:
        bad.append(tail)
        bad_at_end += 1
    return Contents(tuple(lines), tuple(bad), missing + bad_at_end, is_torn)


def _number_of(chunk: bytes) -> int | None:
    """The number of the record `chunk`; None if it is none."""
    checksum, _, rest = chunk.partition(b" ")
    text, _, line = rest.partition(b" ")
    try:
        number = int(text, 16)
        return number if 0 <= number < 1 << 32 and crc32(line, number) == int(checksum, 16) else None
    except ValueError:
        return None
