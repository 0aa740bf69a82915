"""Stores a batch: its ledger row and one COPY, in one transaction. When `write` returns, the events are on disk."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from typing import Any
from uuid import UUID

import psycopg
from django.db import DatabaseError, InterfaceError, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from logviewer.store import copy_text, counts, disk, ledger, partitions, services
from logviewer.store.columns import Columns
from logviewer.store.event import Event
from logviewer.store.event_buffer import in_columns, parts
from logviewer.store.ledger import IdempotencyConflict, LedgerEntry
from logviewer.store.plan import slices_around

__all__ = [
    "Batch",
    "DiskNearlyFull",
    "IdempotencyConflict",
    "StoreUnavailable",
    "Submission",
    "Written",
    "require_room",
    "stored_answer",
    "write",
    "write_together",
]

stored_answer = ledger.stored_answer

ALIAS = "ingest"
RETRY_AFTER_S = 5
DISK_RETRY_AFTER_S = 30
MAX_COPIES = 6  # at once; the pool has 8 connections, and keys are looked up through it too
COPY_WAIT_S = 5.0  # for one of them, before the sender is sent away
LOCK_NOT_AVAILABLE = "55P03"
NO_PARTITION = "23514"
# Classes of SQLSTATE that blame the events: data exception, integrity, triggers' exceptions, too large for a limit.
# All others (a lost connection, a full disk, a missing privilege, a damaged index) say nothing of them: not now.
# https://www.postgresql.org/docs/18/errcodes-appendix.html
EVENTS_TO_BLAME = ("22", "23", "P0", "54")

_copies = threading.BoundedSemaphore(MAX_COPIES)


class StoreUnavailable(Exception):
    """The store cannot take events now; nothing was stored. The sender shall try again after `retry_after_s`."""

    def __init__(self, reason: str, retry_after_s: int = RETRY_AFTER_S) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class DiskNearlyFull(StoreUnavailable):
    """The database's disk is below its floor. Senders may read the reason."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What the ledger keeps of a batch. `make_answer` gets the places in `events` that Postgres refused."""

    service: str
    key: str
    idempotency_key: UUID | None
    content_hash: bytes
    make_answer: Callable[[Sequence[int]], dict[str, Any]]

    @property
    def name(self) -> tuple[str, str, UUID | None]:
        """What is stored once; always, if there is no idempotency key."""
        return self.service, self.key, self.idempotency_key


@dataclass(frozen=True, slots=True)
class Submission:
    """A batch and its events."""

    events: Sequence[Event]
    batch: Batch


@dataclass(frozen=True, slots=True)
class Written:
    """The answer for the sender: this batch's own, or the one it got when it was stored first."""

    answer: dict[str, Any]
    duplicate: bool = False


def require_room() -> None:
    """Raises DiskNearlyFull if nothing may be stored now."""
    if reason := disk.shortage():
        raise DiskNearlyFull(reason, DISK_RETRY_AFTER_S)


def write(events: Sequence[Event], batch: Batch) -> Written:
    """Stores `events` once and returns the answer that the ledger keeps.

    Raises IdempotencyConflict if the batch's idempotency key stands for another content, and StoreUnavailable if
    Postgres cannot take anything now. Events that Postgres refuses are left out, the others are stored.
    """
    require_room()
    with _unavailable_if_postgres_is(), _one_of_few_copies():
        alone = Submission(events, batch)
        try:
            (result,) = _store([alone], _copy_all)
        except DatabaseError as problem:
            if _says_not_now(problem) and not _lacks_partition(problem):
                raise
            _make_missing_partitions(events)  # also if another event was refused before it came to that
            (result,) = _store([alone], _copy_by_halves)
    if isinstance(result, IdempotencyConflict):
        raise result
    return result


def write_together(submissions: Sequence[Submission]) -> list[Written | IdempotencyConflict]:
    """Stores several batches, none of them twice, in one transaction; returns what `write` would for each.

    Raises StoreUnavailable if Postgres cannot take anything now, and DatabaseError if one of the batches is to blame
    or locked by another process: then nothing was stored, and each can be written alone.
    """
    require_room()
    with _unavailable_if_postgres_is(), _one_of_few_copies():
        try:
            return _store(submissions, _copy_all)
        except DatabaseError as problem:
            if _says_not_now(problem) and not _lacks_partition(problem) and _sqlstate(problem) != LOCK_NOT_AVAILABLE:
                raise
            blame = problem
    raise blame


@contextmanager
def _unavailable_if_postgres_is() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, InterfaceError) as problem:
        raise StoreUnavailable(f"Postgres: {str(problem).splitlines()[0]}") from problem


@contextmanager
def _one_of_few_copies() -> Iterator[None]:
    if not _copies.acquire(timeout=COPY_WAIT_S):
        raise StoreUnavailable("other batches are being stored")
    try:
        yield
    finally:
        _copies.release()


New = Sequence[tuple[int, Sequence[Event]]]  # batches to copy: their numbers and events
Copy = Callable[[CursorWrapper, New], list[int]]  # returns the places refused; of several batches none may be


def _store(submissions: Sequence[Submission], copy: Copy) -> list[Written | IdempotencyConflict]:
    """The one transaction. Ledger rows are locked in the order of their names, so that no two groups wait in a ring."""
    today = timezone.now().date()
    found = counts.tally(portion for one in submissions for portion in in_columns(one.events))
    new_services = services.unnoted((service for _, service, _ in found), today)
    results: dict[int, Written | IdempotencyConflict] = {}
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        order = sorted(range(len(submissions)), key=lambda place: _lock_order(submissions[place]))
        entries = [_entry(submissions[place]) for place in order]
        numbers = ledger.open_batches(cursor, entries)
        new: list[tuple[int, Sequence[Event]]] = []
        for place, entry, number in zip(order, entries, numbers, strict=True):
            if number is None:
                results[place] = _answer_again(submissions[place].batch)
                continue
            new.append((number, submissions[place].events))
            results[place] = Written(entry.answer)
        refused = copy(cursor, new)
        if refused:
            results[0] = _corrected(cursor, new[0][0], submissions[0], refused)
        if refused or len(new) < len(submissions):
            found = counts.tally(_stored(new, refused))
        counts.note(cursor, found)
        if new_services and new:
            services.note(cursor, new_services, today)
    if new:
        services.remember(new_services, today)
    return [results[place] for place in range(len(submissions))]


def _lock_order(submission: Submission) -> tuple[str, str, str]:
    service, key, idempotency_key = submission.batch.name
    return service, key, str(idempotency_key or "")


def _entry(submission: Submission) -> LedgerEntry:
    batch = submission.batch
    times = [time for portion in in_columns(submission.events) for time in (min(portion.times), max(portion.times))]
    return LedgerEntry(
        service=batch.service,
        key=batch.key,
        idempotency_key=batch.idempotency_key,
        content_hash=batch.content_hash,
        answer=batch.make_answer([]),
        time_min=datetime.fromisoformat(min(times)) if times else None,
        time_max=datetime.fromisoformat(max(times)) if times else None,
        rows=len(submission.events),
    )


def _corrected(cursor: CursorWrapper, number: int, submission: Submission, refused: Sequence[int]) -> Written:
    """Rewrites the ledger's row of a batch of which Postgres refused events."""
    answer = submission.batch.make_answer(refused)
    left_out = set(refused)
    kept = [event.time for place, event in enumerate(submission.events) if place not in left_out]
    ledger.correct_batch(cursor, number, answer, kept)
    return Written(answer)


def _stored(new: New, refused: Sequence[int]) -> Iterator[Columns]:
    """The events that were copied. Only of a batch that is alone can any be refused."""
    left_out = set(refused)
    for _, events in new:
        places = count()
        for portion in in_columns(events):
            yield portion.kept([place not in left_out for place in islice(places, len(portion))])


def _answer_again(batch: Batch) -> Written | IdempotencyConflict:
    assert batch.idempotency_key is not None  # only these can conflict
    try:
        answer = stored_answer(batch.service, batch.key, batch.idempotency_key, batch.content_hash)
    except IdempotencyConflict as conflict:
        return conflict
    if answer is None:
        raise DatabaseError("the batch that this one repeats was pruned meanwhile")
    return Written(answer, duplicate=True)


def _copy_all(cursor: CursorWrapper, new: New) -> list[int]:
    if any(events for _, events in new):
        _copy(cursor, new)
    return []


def _copy_by_halves(cursor: CursorWrapper, new: New) -> list[int]:
    """Copies what Postgres takes of one batch and returns the places of the refused, which stand alone in the end.

    Begins with parts that fit into memory, however large the batch is.
    """
    if not new:
        return []
    ((number, events),) = new
    refused: list[int] = []
    pending = [(part.start, part.stop) for part in parts(events)][::-1]
    while pending:
        start, end = pending.pop()
        try:
            with transaction.atomic(using=ALIAS):
                _copy(cursor, [(number, events[start:end])], start)
        except DatabaseError as problem:
            if _says_not_now(problem):
                raise
            if end - start == 1:
                refused.append(start)
                continue
            middle = (start + end) // 2
            pending += [(middle, end), (start, middle)]
    return sorted(refused)


def _copy(cursor: CursorWrapper, new: New, first_place: int = 0) -> None:
    with connections[ALIAS].wrap_database_errors, cursor.copy(copy_text.STATEMENT) as copy:
        for number, events in new:
            for block in copy_text.blocks(events, first_id=(number << ledger.PLACES_BITS) + first_place):
                copy.write(block)


def _make_missing_partitions(events: Sequence[Event]) -> None:
    """As the tables' owner, whose login alone may."""
    moments = {event.time for event in events}
    partitions.make(slices_around(moments, partitions.existing()))


def _sqlstate(problem: DatabaseError) -> str | None:
    cause = problem.__cause__
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None


def _lacks_partition(problem: DatabaseError) -> bool:
    """Whether the day of an event has no partition. A CHECK that an operator added has the same code, and a name."""
    cause = problem.__cause__
    return isinstance(cause, psycopg.Error) and cause.sqlstate == NO_PARTITION and not cause.diag.constraint_name


def _says_not_now(problem: DatabaseError) -> bool:
    state = _sqlstate(problem)
    if _lacks_partition(problem):
        return True  # dropped again since it was made
    return state is None or not state.startswith(EVENTS_TO_BLAME)
