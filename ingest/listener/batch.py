"""A batch of lines of one sender: collected by the socket's side, then read and stored as one body would be."""

import hashlib
import logging
import uuid
from collections.abc import Sequence

import msgspec
from django.conf import settings

from ingest import pipeline
from ingest.listener.lines import Line, LongLine
from ingest.listener.senders import Sender
from ingest.protocols import logstash
from ingest.unacknowledged import source_key
from ingest.validation import Policy

log = logging.getLogger(__name__)

BYTES_OF_LINE = 100  # what one takes in memory beside its text


class Batch(msgspec.Struct):
    """Lines that will be stored in one transaction. Its id is the idempotency key, so it can be tried again.

    `way` is "tcp", "tls" or "udp"; `half` are the places of lines whose connection ended within them.
    """

    sender: Sender
    way: str
    id: uuid.UUID
    lines: list[Line]
    half: list[int]
    addresses: dict[str, int]  # how many lines each sent
    size: int = 0  # in memory

    @classmethod
    def empty(cls, sender: Sender, way: str) -> "Batch":
        return cls(sender, way, uuid.uuid4(), [], [], {})

    def add(self, lines: Sequence[Line], address: str, *, half: bool = False) -> None:
        """More lines from `address`; with `half`, one that has no end."""
        if half:
            self.half.append(len(self.lines))
        self.lines += lines
        self.addresses[address] = self.addresses.get(address, 0) + len(lines)
        self.size += sum(map(_length, lines)) + BYTES_OF_LINE * len(lines)


class ReadBatch:
    """A batch whose events are ready to be stored."""

    def __init__(self, batch: Batch) -> None:
        self._id = batch.id
        half = frozenset(batch.half)
        texts = [_text(line, is_half=place in half) for place, line in enumerate(batch.lines)]
        self._source = _source(batch.sender, batch.way)
        self._read = pipeline.read_events(pipeline.in_portions(texts), self._source)
        # Lines have no order across connections and are never sent again: the id alone says which batch it is.
        self._content_hash = hashlib.sha256(batch.id.bytes).digest()

    def store(self) -> int:
        """Stores the events, once however often it is called, and returns how many. Raises what pipeline.store does."""
        answer = pipeline.store(self._read, self._source, content_hash=self._content_hash, idempotency_key=self._id)
        for rejected in answer["rejected"]:
            log.error("Line %d of batch %s was not stored: %s", rejected["index"], self._id, rejected["reason"])
        return int(answer["accepted"])


def _length(line: Line) -> int:
    return len(line.beginning) if isinstance(line, LongLine) else len(line)


def _text(line: Line, *, is_half: bool) -> bytes:
    if isinstance(line, LongLine):
        return logstash.from_beginning(line.beginning, line.size)
    return logstash.from_line(line, is_half=is_half)


def _source(sender: Sender, way: str) -> pipeline.Source:
    """The ledger gets where the lines come from in place of a key, and each event the way, which has no answer."""
    policy = Policy(
        service=sender.service,
        properties={"via": f"logstash-{way}"},
        retention=settings.LOGVIEWER.retention,
    )
    return pipeline.Source(key=source_key(sender.origin), policy=policy)
