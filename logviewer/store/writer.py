"""Stores a batch: its ledger row and one COPY, in one transaction. When `write` returns, the events are on disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from django.db import DatabaseError, InterfaceError, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from logviewer.store import copy_text, counts, disk, ledger, partitions, services
from logviewer.store.event import Event
from logviewer.store.ledger import IdempotencyConflict, LedgerEntry
from logviewer.store.plan import slices_around

__all__ = [
    "Batch",
    "DiskNearlyFull",
    "IdempotencyConflict",
    "StoreUnavailable",
    "Written",
    "require_room",
    "stored_answer",
    "write",
]

stored_answer = ledger.stored_answer

ALIAS = "ingest"
OWNER = "default"  # whose login may make partitions
RETRY_AFTER_S = 5
DISK_RETRY_AFTER_S = 30
NO_PARTITION = "23514"
# Classes of SQLSTATE that blame the events: data exception, integrity, triggers' exceptions, too large for a limit.
# All others (a lost connection, a full disk, a missing privilege, a damaged index) say nothing of them: not now.
# https://www.postgresql.org/docs/18/errcodes-appendix.html
EVENTS_TO_BLAME = ("22", "23", "P0", "54")


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
    try:
        try:
            return _store(events, batch, _copy_all)
        except DatabaseError as problem:
            if _lacks_partition(problem):
                _make_missing_partitions(events)
            elif _says_not_now(problem):
                raise
            return _store(events, batch, _copy_by_halves)
    except (DatabaseError, InterfaceError) as problem:
        raise StoreUnavailable(f"Postgres: {str(problem).splitlines()[0]}") from problem


Copy = Callable[[CursorWrapper, int, Sequence[Event]], list[int]]


def _store(events: Sequence[Event], batch: Batch, copy: Copy) -> Written:
    today = timezone.now().date()
    new_services = services.unnoted((event.service for event in events), today)
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        times = [event.time for event in events]
        answer = batch.make_answer([])
        entry = LedgerEntry(
            service=batch.service,
            key=batch.key,
            idempotency_key=batch.idempotency_key,
            content_hash=batch.content_hash,
            answer=answer,
            time_min=min(times, default=None),
            time_max=max(times, default=None),
            rows=len(events),
        )
        number = ledger.open_batch(cursor, entry)
        if number is None:
            return _answer_again(batch)
        refused = copy(cursor, number, events)
        if refused:
            answer = batch.make_answer(refused)
            events = _without(events, refused)
            ledger.correct_batch(cursor, number, answer, [event.time for event in events])
        counts.note(cursor, counts.tally(events))
        if new_services:
            services.note(cursor, new_services, today)
    services.remember(new_services, today)
    return Written(answer)


def _without(events: Sequence[Event], refused: Sequence[int]) -> Sequence[Event]:
    places = set(refused)
    return [event for place, event in enumerate(events) if place not in places]


def _answer_again(batch: Batch) -> Written:
    assert batch.idempotency_key is not None  # only these can conflict
    answer = stored_answer(batch.service, batch.key, batch.idempotency_key, batch.content_hash)
    if answer is None:
        raise DatabaseError("the batch that this one repeats was pruned meanwhile")
    return Written(answer, duplicate=True)


def _copy_all(cursor: CursorWrapper, number: int, events: Sequence[Event]) -> list[int]:
    if events:
        _copy(cursor, copy_text.rows(events, first_id=number << ledger.PLACES_BITS))
    return []


def _copy_by_halves(cursor: CursorWrapper, number: int, events: Sequence[Event]) -> list[int]:
    """Copies what Postgres takes and returns the places of the events it refuses, which stand alone in the end."""
    refused: list[int] = []
    pending = [(0, len(events))]
    while pending:
        start, end = pending.pop()
        if start == end:
            continue
        block = copy_text.rows(events[start:end], first_id=(number << ledger.PLACES_BITS) + start)
        try:
            with transaction.atomic(using=ALIAS):
                _copy(cursor, block)
        except DatabaseError as problem:
            if _says_not_now(problem):
                raise
            if end - start == 1:
                refused.append(start)
                continue
            middle = (start + end) // 2
            pending += [(middle, end), (start, middle)]
    return sorted(refused)


def _copy(cursor: CursorWrapper, block: bytes) -> None:
    with connections[ALIAS].wrap_database_errors, cursor.copy(copy_text.STATEMENT) as copy:
        copy.write(block)


def _make_missing_partitions(events: Sequence[Event]) -> None:
    moments = {event.time for event in events}
    partitions.make(slices_around(moments, partitions.existing(OWNER)), OWNER)


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
