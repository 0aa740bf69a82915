"""The login that searches use: it may read events and the ledger's counts, and nothing else."""

from django.conf import settings
from django.db import connections, transaction
from django.db.utils import ProgrammingError
from psycopg import errors, sql

READABLE = (
    "log_event", "log_service", "ingest_batch", "event_count_new", "event_count_minute", "event_count_hour",
)  # fmt: skip


def ensure_search_login() -> bool:
    """Makes or mends the login that settings.DATABASES["search"] names.

    Returns False if Postgres does not let our own login make others. Nothing is done when the operator gave a login.
    """
    own, search = settings.DATABASES["default"], settings.DATABASES["search"]
    if settings.LOGVIEWER.search_database_url or own["USER"] == search["USER"]:
        return True
    name = sql.Identifier(search["USER"])
    try:
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [search["USER"]])
            verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
            cursor.execute(
                sql.SQL("{} ROLE {} LOGIN NOINHERIT PASSWORD {}").format(verb, name, sql.Literal(search["PASSWORD"]))
            )
            cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
            tables = sql.SQL(", ").join(map(sql.Identifier, READABLE))
            cursor.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(tables, name))
    except ProgrammingError as problem:
        if isinstance(problem.__cause__, errors.InsufficientPrivilege):
            return False
        raise
    return True
