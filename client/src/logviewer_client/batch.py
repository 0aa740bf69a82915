"""The batch: lines that are sent, acknowledged and repeated as one. Its bytes never change."""

from __future__ import annotations

import gzip
import uuid
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Batch:
    """`id` is the Idempotency-Key: logviewer stores a batch once, however often it arrives."""

    id: uuid.UUID
    lines: tuple[bytes, ...]

    @cached_property
    def plain(self) -> bytes:
        """NDJSON."""
        return b"\n".join(self.lines) + b"\n"

    @cached_property
    def gzipped(self) -> bytes:
        # No time stamp in the header: the same batch is the same bytes.
        return gzip.compress(self.plain, 6, mtime=0)

    def halves(self) -> tuple[Batch, Batch]:
        """Two batches with ids that follow from this one's, so that a repeated split is the same batches."""
        middle = len(self.lines) // 2
        return (
            Batch(uuid.uuid5(self.id, "first"), self.lines[:middle]),
            Batch(uuid.uuid5(self.id, "second"), self.lines[middle:]),
        )
