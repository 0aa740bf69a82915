"""What many pages ask for again and again: made once for all of them, one thing at a time, and the dearer it is the
more rarely."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from logviewer.query.following import held

NEWS_S = 5.0  # so long what was made is handed out
RESTS = 10  # times as long as making it took, if that is longer
MOST_KEPT = 64

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Made]):
    made: Made
    until: float


class MadeOnce(Generic[Made]):
    """Of one process."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._kept: dict[Hashable, _Kept[Made]] = {}

    def of(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` makes, or made lately for the same `key`. Raises what it raises, and SearchUnavailable if others
        take too long."""
        kept = self._fresh(key)
        if kept is None:
            with held(self._making):
                kept = self._fresh(key) or self._make(key, make)
        return kept.made

    def forget(self) -> None:
        """The process begins afresh."""
        self._kept = {}

    def _fresh(self, key: Hashable) -> _Kept[Made] | None:
        kept = self._kept.get(key)
        return kept if kept and monotonic() < kept.until else None

    def _make(self, key: Hashable, make: Callable[[], Made]) -> _Kept[Made]:
        began = monotonic()
        made = make()
        ended = monotonic()
        kept = _Kept(made, ended + max(NEWS_S, RESTS * (ended - began)))
        others = [one for one in self._kept.items() if one[0] != key and ended < one[1].until]
        self._kept = dict([*others[-MOST_KEPT + 1 :], (key, kept)])
        return kept
