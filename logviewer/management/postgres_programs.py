"""Postgres' own programs, run on our database: the whole of it goes in and out through `pg_dump` and `pg_restore`."""

import os
import subprocess

from django.conf import settings
from django.core.management.base import CommandError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from logviewer.embedded_postgres import suppliers


def run(name: str, *arguments: str) -> None:
    """Runs the program `name` on the database of DATABASE_URL. Raises CommandError if it fails; it has said why.

    It is the embedded Postgres' program, for that is as new as any server that is supported, or LOGVIEWER_PG_BIN's.
    """
    where = conninfo_to_dict(settings.LOGVIEWER.database_url)
    password = str(where.pop("password", ""))  # everybody sees the arguments of a process
    command = [suppliers.find().program(name), *arguments, "--dbname", make_conninfo("", **where)]
    try:
        status = subprocess.run(command, env={**os.environ, "PGPASSWORD": password}, check=False).returncode
    except OSError as problem:
        raise CommandError(f"{command[0]} cannot be run: {problem.strerror}.") from problem
    if status != 0:
        raise CommandError(f"{name} failed; the reason is above.")
