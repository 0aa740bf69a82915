"""Batches that could not be stored when the door closed, in files until it opens again. Their ids keep them single."""

import logging
import os
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from ingest.listener.batch import Batch

log = logging.getLogger(__name__)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Batch).decode


class Backlog:
    """The folder of the files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, batches: Sequence[Batch]) -> None:
        """Writes them to disk. Raises OSError."""
        if batches:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for batch in batches:
            draft = self._path(batch.id).with_suffix(".new")
            with open(draft, "xb", opener=_for_us_alone) as file:
                file.write(_encode(batch))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self._path(batch.id))

    def batches(self) -> Iterator[Batch]:
        """Those that are kept. A file that cannot be read stays, and is named in the log."""
        for path in sorted(self.folder.glob("*.batch")):
            try:
                yield _decode(path.read_bytes())
            except (OSError, msgspec.MsgspecError) as problem:
                log.error("%s cannot be read: %s", path, problem)

    def forget(self, batch: Batch) -> None:
        """Once it is stored. A file that cannot be removed is stored again at the next start, which adds nothing."""
        try:
            self._path(batch.id).unlink(missing_ok=True)
        except OSError as problem:
            log.warning("%s cannot be removed: %s", self._path(batch.id), problem)

    def _path(self, batch: uuid.UUID) -> Path:
        return self.folder / f"{batch}.batch"


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
