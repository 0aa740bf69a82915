"""A segment: the file that log calls append to, which once sealed is the batch that is posted.

Its name says since when it is, the batch's id, and whose it was. A record is one line: checksum, number in the segment,
the event's JSON. The number tells how many records are missing where some cannot be read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zlib import crc32

from logviewer_client import holds

if TYPE_CHECKING:
    from logviewer_client.spool import Spool

MAX_EVENTS = 1000
MAX_BYTES = 1024 * 1024
SEALED = "events"
SPLITTING = "split"  # refused as a whole: it is never sent again, only its halves are


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
    """A segment that is being written. Whoever appends holds the journal's lock."""

    def __init__(self, spool: Spool, name: SegmentName, fd: int) -> None:
        self.spool, self.name, self.fd = spool, name, fd
        self.count = self.size = 0
        self.opened_at = time.monotonic()
        self._first_at = 0.0

    def append(self, lines: Sequence[bytes]) -> None:
        """Writes all of `lines` or none. When it returns they outlive the process. Raises OSError."""
        records = b"".join([record(number, line) for number, line in enumerate(lines, self.count)])
        written = os.write(self.fd, records)
        if written != len(records):
            os.ftruncate(self.fd, os.fstat(self.fd).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if not self.count:
            self._first_at = time.monotonic()
        self.size += written
        self.count += len(lines)

    def is_full(self, max_bytes: int) -> bool:
        return self.count >= MAX_EVENTS or self.size >= max_bytes

    def age_s(self) -> float:
        """Since the first record."""
        return time.monotonic() - self._first_at

    def read(self, start: int) -> bytes:
        """What was written from byte `start` on, also after somebody deleted the file."""
        parts = []
        while part := os.pread(self.fd, 1 << 20, start):
            parts.append(part)
            start += len(part)
        return b"".join(parts)

    def give_up(self) -> None:
        """From now on anybody may send it. An empty one vanishes."""
        if not self.count:
            self.discard()
        else:
            self._let_go()

    def discard(self) -> None:
        """Deletes it."""
        with contextlib.suppress(OSError):
            os.unlink(self.spool.path_of(self.name))
        self._let_go()

    def _let_go(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
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
        if number is None:
            bad.append(chunk)
            bad_at_end += 1
            continue
        lines.append(chunk.split(b" ", 2)[2])
        missing += max(0, number - next_number)
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
