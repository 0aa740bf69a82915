"""Who asks, and what that reader may see: decided here and nowhere else."""

from dataclasses import dataclass
from typing import Protocol, Self

from logviewer.store.predicate import EVERYTHING, NOTHING, Predicate


class Account(Protocol):
    """What a reader is made from: Django's user, known or anonymous."""

    @property
    def is_authenticated(self) -> bool: ...

    @property
    def is_active(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Reader:
    """The person on whose behalf the store is read."""

    may_search: bool

    @classmethod
    def of(cls, user: Account) -> Self:
        return cls(may_search=bool(user.is_authenticated and user.is_active))


def visible_to(reader: Reader) -> Predicate:
    """The events that `reader` may see: every role sees all, an account that was switched off nothing."""
    return EVERYTHING if reader.may_search else NOTHING
