"""What a sender gets to know: the verdict on each event of a batch, or the reason why the whole batch was refused."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import msgspec

from logviewer.store.event import level_name


class Refusal(Exception):
    """The whole request is refused and nothing is stored. The hint tells the sender what to do."""

    def __init__(self, status: int, message: str, hint: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint
        self.headers = dict(headers or {})

    def answer(self) -> dict[str, Any]:
        return {"error": {"message": self.message, "hint": self.hint}}


class Unacceptable(Exception):
    """One event is refused, its neighbours are not. The reason is one of the words in docs/ingest.md."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """A Struct, because there may be 100,000 of them: a dict takes five times as much. It reads like the one that the
    sender of a repeated batch gets from the ledger.
    """

    index: int  # the event's place in the body, from 0
    reason: str

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


class Rejections(Sequence[Rejected]):
    """Verdicts in the order of their indexes: 16 bytes for each, because the inflated body stands beside them."""

    def __init__(self) -> None:
        self._indexes = array("L")
        self._reasons: list[str] = []

    def add(self, index: int, reason: str) -> None:
        self._indexes.append(index)
        self._reasons.append(reason)

    def __len__(self) -> int:
        return len(self._reasons)

    @overload
    def __getitem__(self, place: int) -> Rejected: ...
    @overload
    def __getitem__(self, place: slice) -> list[Rejected]: ...
    def __getitem__(self, place: int | slice) -> Rejected | list[Rejected]:
        if isinstance(place, int):
            return Rejected(self._indexes[place], self._reasons[place])
        return list(map(Rejected, self._indexes[place], self._reasons[place]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdicts on a body's events. `indexes` are the places in the body of those that go to the store."""

    indexes: Sequence[int]
    rejected: Sequence[Rejected] = field(default_factory=tuple)
    below_level: int = 0
    min_level: int | None = None

    def answer(self, refused: Sequence[int] = ()) -> dict[str, Any]:
        """The JSON answer, if the store refused the events at these places in `indexes`."""
        by_store = [Rejected(self.indexes[place], "refused_by_store") for place in refused]
        rejected = sorted([*self.rejected, *by_store], key=lambda one: one.index)
        return {
            "accepted": len(self.indexes) - len(by_store),
            "rejected": rejected,
            "below_level": self.below_level,
            "duplicate": False,
            "min_level": None if self.min_level is None else level_name(self.min_level),
        }


def all_were_rejected(answer: Mapping[str, Any]) -> bool:
    """Whether a body had events and none of them was good: the sender should look at them (422)."""
    return bool(answer["rejected"]) and not answer["accepted"] and not answer["below_level"]
