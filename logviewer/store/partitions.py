"""The partitions of log_event, called slices: made ahead, dropped whole. Which ones is decided in plan.py.

Bounds are read from Postgres' catalogue, never from names.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

MAKING_LOCK = 0x6C6F67_01  # advisory lock: one maker of partitions at a time
LOCK_TIMEOUT = "2s"
WORDS_SUFFIX = "_words"  # of the name of the index that a sealed slice has
MAKING_TIMEOUT = "5s"  # a sender waits for it; all of them waiting would take all connections

_BOUNDS = re.compile(r"FOR VALUES FROM \('(?P<start>[^']+)'\) TO \('(?P<end>[^']+)'\)")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """A part of time: start <= time < end, UTC."""

    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        """Of the partition that is made for it."""
        whole_day = self.end - self.start == _DAY and self.start.time() == datetime.min.time()
        return f"log_event_{self.start:%Y%m%d}" if whole_day else f"log_event_{self.start:%Y%m%d_%H%M%S}"


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """A part of log_event that holds start <= time < end. `sealed`: its words are indexed."""

    start: datetime
    end: datetime
    name: str
    sealed: bool = field(default=False, compare=False)
    size_bytes: int = field(default=0, compare=False)  # with its indexes; 0 where nobody asked for it


_EXISTING = f"""
    SELECT child.relname, pg_get_expr(child.relpartbound, child.oid),
           EXISTS (SELECT FROM pg_index JOIN pg_class one ON one.oid = indexrelid
                   WHERE indrelid = child.oid AND indisvalid AND one.relname = child.relname || '{WORDS_SUFFIX}'),
           CASE WHEN %s THEN pg_total_relation_size(child.oid) ELSE 0 END
    FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    WHERE inhparent = 'log_event'::regclass AND NOT inhdetachpending
"""  # noqa: S608 -- our own name


def existing(alias: str = "default", *, sizes: bool = False) -> list[Partition]:
    """The partitions that Postgres has attached, oldest first."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_EXISTING, [sizes])
        return sorted(_partition(*row) for row in cursor.fetchall())


def make(slices: Iterable[Slice]) -> int:
    """Makes the partitions of `slices` that overlap with none there is, and returns how many those were.

    Safe to call from many processes at once. Raises OperationalError as `only_maker` does.
    """
    wanted = sorted(slices)
    if not wanted:
        return 0
    with only_maker() as cursor:
        present = existing()
        missing = [one for one in wanted if not any(p.start < one.end and one.start < p.end for p in present)]
        for one in missing:
            _create(cursor, one)
    return len(missing)


@contextmanager
def only_maker() -> Iterator[CursorWrapper]:
    """A transaction during which nobody else makes a partition.

    Raises OperationalError if another transaction is in the way for longer than MAKING_TIMEOUT.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [MAKING_TIMEOUT])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING_LOCK])
        yield cursor


def detach(partition: Partition) -> None:
    """Takes one partition out of log_event. Ingest goes on meanwhile: CONCURRENTLY takes no lock that stops it.

    Raises OperationalError if a reader, such as a backup, holds on to the partition. What that or a crash leaves
    behind is ended by `finish_interrupted_detaches`.
    """
    with connection.cursor() as cursor, _waiting_briefly(cursor):
        name = sql.Identifier(partition.name)
        cursor.execute(sql.SQL("ALTER TABLE log_event DETACH PARTITION {} CONCURRENTLY").format(name))


def finish_interrupted_detaches() -> None:
    """Ends what a killed `detach` began. Raises OperationalError as it does: while FINALIZE waits for a reader, no new
    partition can be attached."""
    with connection.cursor() as cursor, _waiting_briefly(cursor):
        cursor.execute("""
            SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
            WHERE inhparent = 'log_event'::regclass AND inhdetachpending
        """)
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("ALTER TABLE log_event DETACH PARTITION {} FINALIZE").format(sql.Identifier(name)))


def detached() -> Sequence[str]:
    """The tables that were partitions of ours and are none any more: they are to be dropped. Their names stay theirs
    only as long as nobody makes a partition."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_DETACHED} ORDER BY relname")
        return [name for name, _ in cursor.fetchall()]


_DETACHED = r"""
    SELECT relname, oid FROM pg_class
    WHERE relname ~ '^log_event_\d{8}(_\d{6})?(_detached_\d+)?$' AND relkind = 'r' AND NOT relispartition
      AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'log_event'::regclass)
"""


@contextmanager
def _waiting_briefly(cursor: CursorWrapper) -> Iterator[None]:
    """Statements that wait for a lock longer than LOCK_TIMEOUT raise OperationalError."""
    cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
    try:
        yield
    finally:
        with suppress(DatabaseError, InterfaceError):  # a lost connection takes its settings along
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")


def _create(cursor: CursorWrapper, one: Slice) -> None:
    _free_name(cursor, one.name)
    # ATTACH rather than CREATE ... PARTITION OF: it does not lock senders and readers out of log_event.
    name = sql.Identifier(one.name)
    cursor.execute(sql.SQL("CREATE TABLE {} (LIKE log_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)").format(name))
    cursor.execute(
        sql.SQL("ALTER TABLE log_event ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            name, sql.Literal(one.start.isoformat()), sql.Literal(one.end.isoformat())
        )
    )


def _free_name(cursor: CursorWrapper, name: str) -> None:
    """Events may come late for a slice that was detached and, as after a kill, is not dropped yet."""
    cursor.execute(f"{_DETACHED} AND relname = %s", [name])
    for _, oid in cursor.fetchall():
        cursor.execute(
            sql.SQL("ALTER TABLE {} RENAME TO {}").format(
                sql.Identifier(name), sql.Identifier(f"{name}_detached_{oid}")
            )
        )


def _partition(name: str, bounds: str, sealed: bool, size_bytes: int) -> Partition:
    match = _BOUNDS.fullmatch(bounds)
    if match is None:
        raise ValueError(f"Partition {name} of log_event has bounds that logviewer did not make: {bounds}")
    start, end = (datetime.fromisoformat(match[edge]).astimezone(UTC) for edge in ("start", "end"))
    return Partition(start, end, name, sealed, size_bytes)
