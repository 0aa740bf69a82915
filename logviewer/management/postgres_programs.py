"""Postgres' own programs, run on our database: the whole of it goes in and out through them.

They are those of the embedded Postgres, which is as new as any server that is supported, or of LOGVIEWER_PG_BIN, where
clients alone are enough.
"""

import os
import subprocess
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from logviewer.embedded_postgres import suppliers


def start(name: str, *arguments: str, connects: bool = True, **streams: Any) -> "subprocess.Popen[bytes]":
    """Starts the program `name`, by default with the database of DATABASE_URL; `streams` is for Popen.

    Raises CommandError if there is no such program.
    """
    where = conninfo_to_dict(settings.LOGVIEWER.database_url)
    password = str(where.pop("password", ""))  # everybody sees the arguments of a process
    database = ["--dbname", make_conninfo("", **where)] if connects else []
    folder = os.environ.get("LOGVIEWER_PG_BIN") or suppliers.find().folder
    command = [os.path.join(folder, name), *arguments, *database]
    try:
        return subprocess.Popen(command, env={**os.environ, "PGPASSWORD": password}, **streams)
    except OSError as problem:
        raise CommandError(f"{command[0]} cannot be run: {problem.strerror}.") from problem


def succeeded(process: "subprocess.Popen[bytes]", name: str) -> None:
    """Waits until it has ended. Raises CommandError if it failed; it has said why."""
    if process.wait() != 0:
        raise CommandError(f"{name} failed; the reason is above.")
