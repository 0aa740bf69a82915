"""`restore`: fills an empty database from a file of `backup`, of this version or an older one (docs/operate.md)."""

import contextlib
import shutil
import subprocess
from pathlib import Path
from typing import IO, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from logviewer.management.postgres_programs import start, succeeded

BEGINNING_BYTES = 4096  # holds what the script sets for its session
UNKNOWN_BEFORE_17 = b"\nSET transaction_timeout = 0;"  # pg_restore writes it for every server; it is the default


class Command(BaseCommand):
    help = "Fills the database, which must be empty, from FILE, and prepares it. All of it or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="what `backup` or `pg_dump --format=custom` wrote")

    def handle(self, *_args: Any, **options: Any) -> None:
        if connections["default"].introspection.table_names():
            raise CommandError(
                "The database holds tables already, and nothing was restored:"
                " set LOGVIEWER_DATA_DIR to a new folder, or DATABASE_URL to a new database."
            )
        _restore(options["file"])
        with connections["default"].cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")  # what searches are planned by is not in the file
        call_command("prepare", stdout=self.stdout)


def _restore(file: Path) -> None:
    """In one transaction. Raises CommandError; the database is as empty as before then."""
    to_sql = ("--file=-", "--no-owner", "--no-privileges", str(file))
    to_server = ("--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1")
    with (
        start("pg_restore", *to_sql, connects=False, stdout=subprocess.PIPE) as reading,
        start("psql", *to_server, stdin=subprocess.PIPE) as writing,
    ):
        assert reading.stdout is not None
        assert writing.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # psql has said why
            _copy(reading.stdout, writing.stdin)
            if reading.wait() == 0:  # else a half would be committed
                writing.stdin.write(b"COMMIT;\n")
            writing.stdin.close()
        reading.stdout.close()
        succeeded(writing, "psql")
        succeeded(reading, "pg_restore")


def _copy(script: IO[bytes], server: IO[bytes]) -> None:
    server.write(b"BEGIN;\n")
    server.write(script.read(BEGINNING_BYTES).replace(UNKNOWN_BEFORE_17, b"", 1))
    shutil.copyfileobj(script, server)
