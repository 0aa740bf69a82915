#!/usr/bin/env python
"""Runs a command. Without DATABASE_URL it takes the embedded Postgres: the running one, or one of its own."""

import os
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parent / "client" / "src"))

# These need no database, or bring their own.
WITHOUT_DATABASE = {
    "up",
    "help",
    "version",
    "--help",
    "--version",
    "makemigrations",
    "check",
    "collectstatic",
}


def main() -> None:
    """Gives the command a database, then hands over to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logviewer.settings")
    from django.core.management import execute_from_command_line

    if len(sys.argv) < 2 or sys.argv[1] in WITHOUT_DATABASE or os.environ.get("DATABASE_URL"):
        execute_from_command_line(sys.argv)
        return

    from logviewer.embedded_postgres import database_for_command

    with database_for_command():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
