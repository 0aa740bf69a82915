"""A migration that is a file of SQL. A released file is never edited: the next number follows it."""

from pathlib import Path

from django.db.migrations import RunSQL

SQL_DIR = Path(__file__).parent / "sql"


class RunSQLFile(RunSQL):
    """Runs `name` from logviewer/store/sql, in one piece."""

    def __init__(self, name: str) -> None:
        super().__init__([(SQL_DIR / name).read_text(encoding="utf-8")])
        self.name = name

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return self.__class__.__qualname__, [self.name], {}
