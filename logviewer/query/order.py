"""The order of a list: newest or oldest first, by (time, id)."""

from enum import StrEnum
from typing import Self

from logviewer.query.language.errors import QueryError, gettext_noop


class Order(StrEnum):
    """As addresses name it, in the parameter `sort`."""

    NEWEST_FIRST = "newest"
    OLDEST_FIRST = "oldest"

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `sort` asks for; an empty one for the newest first. Raises QueryError."""
        try:
            return cls(text.strip() or cls.NEWEST_FIRST)
        except ValueError as problem:
            raise QueryError(
                gettext_noop("%(text)s is no order of the list"),
                hint=gettext_noop("Try sort=oldest or sort=newest."),
                parameter="sort",
                text=repr(text[:40]),
            ) from problem
