"""`import_events`: stores a file of JSON lines through the pipeline that senders' batches take."""

import gzip
import hashlib
import itertools
import time
import uuid
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from ingest import pipeline
from ingest.body import BYTE_ORDER_MARK, GZIP
from ingest.models import validate_service
from ingest.moment import moment_of
from ingest.validation import ANY_SERVICE, Policy
from logviewer.store import logins, writer
from logviewer.store.writer import StoreUnavailable

BATCH_EVENTS = 1000
ATTEMPTS = 5
PROGRESS_EVERY_S = 1.0
REJECTIONS_SHOWN = 5
NAMESPACE = uuid.UUID("6f0c8b5e-8a53-4b0e-9d0e-5a4c7b0f6f1d")  # of the batches' idempotency keys


class _Stamped(msgspec.Struct):
    timestamp: str | int | None = None


_stamped = msgspec.json.Decoder(_Stamped).decode


class Command(BaseCommand):
    help = "Stores the events of a file of JSON lines (also .gz). A second run of the same file adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--service", help="store all events under this service; default: their own")
        parser.add_argument(
            "--shift-to-now", action="store_true", help="move all times alike, so that the newest event is of now"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        logins.use_owner_if_refused(writer.ALIAS)
        try:
            shift = _shift(path, options["service"]) if options["shift_to_now"] else None
            source = pipeline.Source(key="", policy=_policy(options["service"], shift))
            total = self._import(path, source)
        except (OSError, EOFError, zlib.error) as problem:
            reason = getattr(problem, "strerror", None) or problem
            raise CommandError(f"{path} cannot be read: {reason}") from problem
        if total.misdated and shift is None:
            self.stderr.write(
                f"{total.misdated} events have no time within the last {source.policy.retention.days} days and were"
                " stored at the time of the import. --shift-to-now moves all times alike instead."
            )
        for line in total.rejections:
            self.stderr.write(f"{path.name}: {line}")
        self.stdout.write(f"{path.name}: {total}")
        if total.rejected and total.rejected == total.read:
            raise CommandError(f"Nothing of {path.name} was stored: it must hold one JSON object a line.")

    def _import(self, path: Path, source: pipeline.Source) -> "_Total":
        digest = _digest(path)
        total, shown = _Total(), time.monotonic()
        for number, texts in enumerate(_batches(path)):
            read = pipeline.read_events(pipeline.in_portions(texts), source)
            # The same file, cut in the same places: a second run repeats the batches of the first.
            total.add(_stored(read, source, _key(digest, number), texts), read)
            if time.monotonic() - shown > PROGRESS_EVERY_S:
                shown = time.monotonic()
                self.stderr.write(f"{total} so far")
        return total


class _Total:
    """What became of the file's events so far."""

    def __init__(self) -> None:
        self.read = self.stored = self.repeated = self.rejected = self.misdated = 0
        self.rejections: list[str] = []

    def __str__(self) -> str:
        return (
            f"{self.read} events read, {self.stored} stored, {self.repeated} were there already,"
            f" {self.rejected} rejected"
        )

    def add(self, answer: dict[str, Any], read: pipeline.Read) -> None:
        for one in answer["rejected"][: REJECTIONS_SHOWN - len(self.rejections)]:
            self.rejections.append(f"event {self.read + one['index'] + 1} was rejected: {one['reason']}")
        self.read += answer["accepted"] + len(answer["rejected"])
        self.rejected += len(answer["rejected"])
        if answer["duplicate"]:
            self.repeated += answer["accepted"]
        else:
            self.stored += answer["accepted"]
            self.misdated += read.misdated


def _policy(service: str | None, shift: timedelta | None) -> Policy:
    service = service or ANY_SERVICE
    try:
        validate_service(service)
    except ValidationError as problem:
        raise CommandError(" ".join(problem.messages)) from problem
    retention = settings.LOGVIEWER.retention
    return Policy(service=service, default_service="imported", retention=retention, shift=shift)


def _stored(read: pipeline.Read, source: pipeline.Source, key: uuid.UUID, texts: list[bytes]) -> dict[str, Any]:
    """The pipeline's answer; waits a little for a store that is away."""
    content_hash = _content_hash(texts)
    for attempt in itertools.count(1):
        try:
            return pipeline.store(read, source, content_hash=content_hash, idempotency_key=key)
        except StoreUnavailable as problem:
            if attempt == ATTEMPTS:
                raise CommandError(f"{problem}. Run the command again later: nothing is stored twice.") from problem
            time.sleep(attempt)
    raise AssertionError


def _key(digest: str, number: int) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"{digest}:{number}")


def _content_hash(texts: list[bytes]) -> bytes:
    return hashlib.sha256(b"\n".join(texts)).digest()


def _open(path: Path) -> BinaryIO:
    """The file's text; gzip is known by its first bytes."""
    with path.open("rb") as file:
        packed = file.read(len(GZIP)) == GZIP
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")


def _texts(path: Path) -> Iterator[bytes]:
    with _open(path) as file:
        for place, line in enumerate(file):
            text = (line.removeprefix(BYTE_ORDER_MARK) if place == 0 else line).strip()
            if text:
                yield text


def _batches(path: Path) -> Iterator[list[bytes]]:
    texts = _texts(path)
    while batch := list(itertools.islice(texts, BATCH_EVENTS)):
        yield batch


def _digest(path: Path) -> str:
    """Of the events, so that a file and its gzip are the same."""
    digest = hashlib.sha256()
    for text in _texts(path):
        digest.update(text + b"\n")
    return digest.hexdigest()


def _shift(path: Path, service: str | None) -> timedelta | None:
    """The shift of the run that stored the file's first batch, else from the newest time to now.

    A run that was killed is ended by the next, and all events of a file are moved alike.
    """
    first = next(_batches(path), [])
    try:
        answer = writer.stored_answer(service or ANY_SERVICE, "", _key(_digest(path), 0), _content_hash(first))
    except DatabaseError as problem:
        raise CommandError(f"{problem}. Run the command again later: nothing is stored twice.") from problem
    if answer is not None and "shift_us" in answer:
        return timedelta(microseconds=answer["shift_us"])
    return _shift_to_now(path)


def _shift_to_now(path: Path) -> timedelta | None:
    """From the file's newest time to now; None if no event has one."""
    newest: datetime | None = None
    for text in _texts(path):
        try:
            moment = moment_of(_stamped(text).timestamp)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
        if moment is not None and (newest is None or moment > newest):
            newest = moment
    return None if newest is None else datetime.now(UTC) - newest
