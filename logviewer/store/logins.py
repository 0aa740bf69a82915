"""The logins of ingest and of searches: each may do its own work on the store's tables, and nothing else.

The tables belong to the owner, the login of DATABASE_URL, which alone makes and drops them (docs/decisions/0005).
"""

from collections.abc import Mapping
from typing import LiteralString, cast

from django.conf import settings
from django.db import connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.utils import OperationalError, ProgrammingError
from psycopg import errors, sql

# By table. A right on a partitioned table is enough for rows that go through it into a partition.
INGEST_RIGHTS: Mapping[str, LiteralString] = {
    "log_event": "INSERT",
    "event_count_new": "INSERT",
    "ingest_batch": "SELECT, INSERT, UPDATE (answer, time_min, time_max, rows)",
    "log_service": "SELECT, INSERT, UPDATE (last_seen)",
    "ingest_ingestkey": "SELECT, UPDATE (last_used_at)",
}
SEARCH_RIGHTS: Mapping[str, LiteralString] = {
    "log_event": "SELECT",
    "event_count_new": "SELECT",
    "event_count_minute": "SELECT",
    "event_count_hour": "SELECT",
    "event_rollup_slice": "SELECT",
    "event_rollup": "SELECT",
    "ingest_batch": "SELECT",
    "log_service": "SELECT",
    "log_field": "SELECT",
}
RIGHTS = {"ingest": INGEST_RIGHTS, "search": SEARCH_RIGHTS}


def ensure_logins() -> bool:
    """Makes or mends the logins that settings.DATABASES names for ingest and searches, and gives them their rights.

    A login that the operator named is theirs to make; where it exists on this server, it gets its rights all the same.
    Returns False if the owner may not make logins, or one that was made is not let in.
    """
    usable = [_ensure(alias) for alias in RIGHTS]
    return all(usable)


def use_owner_if_refused(alias: str) -> None:
    """Lets `alias` use the owner's login where its own was not made or is not let in.

    For commands, before the first query. Processes that serve are told by the supervisor.
    """
    if _named(alias) or _is_let_in(alias):
        return
    owner = connections["default"].settings_dict
    connections[alias].settings_dict.update({name: owner[name] for name in ("USER", "PASSWORD")})


def _is_let_in(alias: str) -> bool:
    """Whether its login connects: a connection pooler or pg_hba.conf may know the owner only."""
    try:
        connections[alias].ensure_connection()
    except OperationalError:
        cast(DatabaseWrapper, connections[alias]).close_pool()  # it would try on with the same login
        return False
    return True


def _named(alias: str) -> bool:
    """Whether the operator named the login."""
    environment = settings.LOGVIEWER
    return bool({"ingest": environment.ingest_database_url, "search": environment.search_database_url}[alias])


def _ensure(alias: str) -> bool:
    user, derived = settings.DATABASES[alias]["USER"], not _named(alias)
    if user == settings.DATABASES["default"]["USER"]:
        return True
    try:
        with transaction.atomic(), connections["default"].cursor() as cursor:
            exists = _exists(cursor, user)
            if derived:
                _make(cursor, user, settings.DATABASES[alias]["PASSWORD"], verb="ALTER" if exists else "CREATE")
            if derived or exists:
                _grant(cursor, user, RIGHTS[alias])
        return not derived or _is_let_in(alias)
    except ProgrammingError as problem:
        if isinstance(problem.__cause__, errors.InsufficientPrivilege):
            return False
        raise


def _make(cursor: CursorWrapper, user: str, password: str, *, verb: LiteralString) -> None:
    name = sql.Identifier(user)
    cursor.execute(sql.SQL("{} ROLE {} LOGIN NOINHERIT PASSWORD {}").format(sql.SQL(verb), name, sql.Literal(password)))
    # Postgres shows the owner what a session does, such as holding the insertion cursor, only if it is a member.
    cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))


def _grant(cursor: CursorWrapper, user: str, rights: Mapping[str, LiteralString]) -> None:
    """Gives `user` its rights on those of the tables that this version of the schema has."""
    name = sql.Identifier(user)
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
    cursor.execute("SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL", [list(rights)])
    for (table,) in cursor.fetchall():
        cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights[table]), sql.Identifier(table), name))


def _exists(cursor: CursorWrapper, user: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [user])
    return cursor.fetchone() is not None
