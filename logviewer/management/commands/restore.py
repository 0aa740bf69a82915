"""`restore`: fills an empty database from a file of `backup`, of this version or an older one (docs/operate.md)."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from logviewer.management import postgres_programs


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
        postgres_programs.run(
            "pg_restore",
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            str(options["file"]),
        )
        with connections["default"].cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")  # what searches are planned by is not in the file
        call_command("prepare", stdout=self.stdout)
