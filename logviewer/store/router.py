"""Which database door migrations use."""

from typing import Any


class MigrateDefaultOnly:
    """All three aliases are one server: tables are made through "default", once."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        return True
