#!/usr/bin/env python
"""Runs a command. Without DATABASE_URL it takes the embedded Postgres: the running one, or one of its own."""

import os
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parent / "client" / "src"))

# These need no database.
WITHOUT_DATABASE = {"help", "version", "--help", "--version", "makemigrations", "check"}
SENTENCES = {  # by Postgres' error code
    "42P01": "The database has no tables yet: run scripts/serve once, or scripts/manage prepare, then this again.",
    "42501": "The user of DATABASE_URL may not do this in its database: let it own that (ALTER DATABASE x OWNER TO y).",
}


def main() -> None:
    """Gives the command a database, then hands over to Django. What an operator can mend is said in a sentence."""
    if sys.argv[1:2] == ["up"]:
        # The supervisor lives as long as the product, so it stays without Django.
        from logviewer.supervisor.__main__ import main as supervise

        sys.exit(supervise(sys.argv[2:]))

    from logviewer.embedded_postgres import EmbeddedPostgresProblem, database_for_command
    from logviewer.env import EnvironmentProblem

    try:
        if len(sys.argv) < 2 or sys.argv[1] in WITHOUT_DATABASE:
            execute()
        else:
            with database_for_command():
                execute()
    except (EnvironmentProblem, EmbeddedPostgresProblem) as problem:
        sys.exit(str(problem))


def execute() -> None:
    """Django's part."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logviewer.settings")
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError
    from django.db.migrations.exceptions import MigrationSchemaMissing

    try:
        execute_from_command_line(sys.argv)
    except (DatabaseError, MigrationSchemaMissing) as problem:
        sentence = explained(problem)
        if sentence is None or "--traceback" in sys.argv:
            raise
        sys.exit(sentence)


def explained(problem: BaseException | None) -> str | None:
    """What an operator can do about it; None if it is none of theirs."""
    from psycopg_pool import PoolTimeout

    while problem is not None:
        if isinstance(problem, PoolTimeout):
            return "The database cannot be used; the last lines above say why."  # the pool's, of each attempt
        if sentence := SENTENCES.get(getattr(problem, "sqlstate", None) or ""):
            return sentence
        problem = problem.__cause__ or problem.__context__
    return None


if __name__ == "__main__":
    main()
