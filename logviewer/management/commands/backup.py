"""`backup`: the whole database in one file, also while the product runs (docs/operate.md)."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from logviewer.management.postgres_programs import start, succeeded


class Command(BaseCommand):
    help = "Writes all that the database holds to FILE, as of one moment. The product may run meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="replaced once the new one is whole")

    def handle(self, *_args: Any, **options: Any) -> None:
        file: Path = options["file"]
        draft = file.with_name(f"{file.name}.partial")
        try:
            # Events and accounts are nobody else's: pg_dump alone would ask the umask who may read them.
            os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            process = start("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={draft}")
            succeeded(process, "pg_dump")
            draft.replace(file)
        except OSError as problem:
            raise CommandError(f"{file} cannot be written: {problem.strerror}.") from problem
        finally:
            draft.unlink(missing_ok=True)
        self.stdout.write(f"{file}: {file.stat().st_size:,} bytes")
