"""Everything between an empty database and a server that may start. Safe to run by many at once, and again."""

import contextlib
from collections.abc import Iterator
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from logviewer.accounts.first_admin import ensure_first_admin
from logviewer.embedded_postgres.suppliers import OLDEST_MAJOR
from logviewer.env import EnvironmentProblem
from logviewer.store.logins import ensure_logins
from logviewer.store.maintenance import maintain
from logviewer.store.moved import settle

ONE_AT_A_TIME = 0x6C6F67_00  # advisory lock
NO_LOGINS = 3


class Command(BaseCommand):
    help = "Migrate, make the cache table, the logins of ingest and searches, today's partitions and the first admin."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the link that makes the first admin alone on the last line, while there is no admin.

        Ends with status 3 when everything is ready but ingest or searches, which have no login of their own that works.
        """
        _refuse_an_old_server()
        with only_one():
            call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
            settle()
            has_logins = ensure_logins()
            maintain()
            try:
                link = ensure_first_admin()
            except EnvironmentProblem as problem:
                raise CommandError(str(problem)) from problem
        if link:
            self.stdout.write(link)
        if not has_logins:
            raise SystemExit(NO_LOGINS)


def _refuse_an_old_server() -> None:
    with connections["default"].cursor() as cursor:
        major = cursor.connection.info.server_version // 10_000
    if major < OLDEST_MAJOR:
        raise CommandError(f"The server of DATABASE_URL is Postgres {major}: {OLDEST_MAJOR} or newer is needed.")


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Waits for other starts on the same database: two migrating at once would trip over each other."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
    try:
        yield
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
