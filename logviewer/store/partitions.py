"""The partitions of log_event: one a day (UTC), made ahead, dropped whole when they are older than the retention.

Bounds are read from Postgres' catalogue, never from names.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import DatabaseError, InterfaceError, connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

DAYS_AHEAD = 7
MAKING_LOCK = 0x6C6F67_01  # advisory lock: one maker of partitions at a time
LOCK_TIMEOUT = "2s"

_BOUNDS = re.compile(r"FOR VALUES FROM \('(?P<start>[^']+)'\) TO \('(?P<end>[^']+)'\)")


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """A part of log_event that holds start <= time < end."""

    start: datetime
    end: datetime
    name: str

    @classmethod
    def of_day(cls, day: date) -> "Partition":
        start = datetime.combine(day, time(), tzinfo=UTC)
        return cls(start, start + timedelta(days=1), f"log_event_{day:%Y%m%d}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now: pure data, so that retention is tested with lists."""

    create: Sequence[Partition]
    drop: Sequence[Partition]


def plan(now: datetime, existing: Iterable[Partition], *, retention: timedelta, days_ahead: int = DAYS_AHEAD) -> Plan:
    """The partitions to make for today and `days_ahead` days, and those that hold only expired events."""
    partitions = sorted(existing)
    wanted = [Partition.of_day(now.astimezone(UTC).date() + timedelta(days=n)) for n in range(days_ahead + 1)]
    missing = [one for one in wanted if not any(p.start <= one.start < p.end for p in partitions)]
    expired = [p for p in partitions if p.end <= now - retention]
    return Plan(create=missing, drop=expired)


def existing(alias: str = "default") -> list[Partition]:
    """The partitions that Postgres has attached, oldest first."""
    with connections[alias].cursor() as cursor:
        cursor.execute("""
            SELECT child.relname, pg_get_expr(child.relpartbound, child.oid)
            FROM pg_inherits
            JOIN pg_class child ON child.oid = inhrelid
            WHERE inhparent = 'log_event'::regclass AND NOT inhdetachpending
        """)
        return sorted(_partition(name, bounds) for name, bounds in cursor.fetchall())


def ensure(days: Iterable[date], alias: str = "default") -> None:
    """Makes the partitions of `days` that do not exist. Safe to call from many processes at once."""
    wanted = {Partition.of_day(day) for day in days}
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING_LOCK])
        present = existing(alias)
        for one in sorted(wanted):
            if not any(p.start <= one.start < p.end for p in present):
                _create(cursor, one)


def drop(partition: Partition, alias: str = "default") -> None:
    """Detaches and drops one partition. Ingest goes on meanwhile: CONCURRENTLY takes no lock that stops it.

    Raises OperationalError if a reader, such as a backup, holds on to the partition. What that or a crash leaves
    behind is ended by `finish_interrupted_drops`.
    """
    name = sql.Identifier(partition.name)
    with connections[alias].cursor() as cursor, _waiting_briefly(cursor):
        cursor.execute(sql.SQL("ALTER TABLE log_event DETACH PARTITION {} CONCURRENTLY").format(name))
        cursor.execute(sql.SQL("DROP TABLE {}").format(name))


@contextmanager
def _waiting_briefly(cursor: CursorWrapper) -> Iterator[None]:
    """Statements that wait for a lock longer than LOCK_TIMEOUT raise OperationalError."""
    cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
    try:
        yield
    finally:
        with suppress(DatabaseError, InterfaceError):  # a lost connection takes its settings along
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")


def finish_interrupted_drops(alias: str = "default") -> int:
    """Ends what a killed `drop` began: half-made detaches and detached tables. Returns how many tables went.

    Raises OperationalError as `drop` does: while FINALIZE waits for a reader, no new partition can be attached.
    """
    with connections[alias].cursor() as cursor, _waiting_briefly(cursor):
        cursor.execute("""
            SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
            WHERE inhparent = 'log_event'::regclass AND inhdetachpending
        """)
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("ALTER TABLE log_event DETACH PARTITION {} FINALIZE").format(sql.Identifier(name)))
        cursor.execute(r"""
            SELECT relname FROM pg_class
            WHERE relname ~ '^log_event_\d{8}$' AND relkind = 'r' AND NOT relispartition
              AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'log_event'::regclass)
        """)
        left_over = [name for (name,) in cursor.fetchall()]
        for name in left_over:
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
    return len(left_over)


def _create(cursor: CursorWrapper, partition: Partition) -> None:
    # ATTACH rather than CREATE ... PARTITION OF: it does not lock senders and readers out of log_event.
    name = sql.Identifier(partition.name)
    cursor.execute(sql.SQL("CREATE TABLE {} (LIKE log_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)").format(name))
    cursor.execute(
        sql.SQL("ALTER TABLE log_event ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            name, sql.Literal(partition.start.isoformat()), sql.Literal(partition.end.isoformat())
        )
    )


def _partition(name: str, bounds: str) -> Partition:
    match = _BOUNDS.fullmatch(bounds)
    if match is None:
        raise ValueError(f"Partition {name} of log_event has bounds that logviewer did not make: {bounds}")
    return Partition(datetime.fromisoformat(match["start"]), datetime.fromisoformat(match["end"]), name)
