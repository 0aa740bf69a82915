"""How many bodies this process holds at once, in all and for one key: what bounds memory, and keeps one sender from
crowding out the others. Every web process counts for itself. Small bodies have places of their own: many senders of
single events shall not be sent away for the memory that large batches take.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ingest import limits
from ingest.outcome import Refusal

WAIT_S = 2.0  # for a place, before the sender is sent away
MAX_WAITING = 16


class Admission:
    """Hands out places for bodies of one size: `at_once` in all, `a_key` of them to one key."""

    def __init__(
        self,
        wait_s: float = WAIT_S,
        *,
        at_once: int = limits.MAX_BODIES_AT_ONCE,
        a_key: int = limits.MAX_BODIES_A_KEY,
    ) -> None:
        self._wait_s = wait_s
        self._at_once = at_once
        self._a_key = a_key
        self._held: Counter[str] = Counter()
        self._waiting = 0
        self._changed = threading.Condition()

    @contextmanager
    def place(self, key: str) -> Iterator[None]:
        """A place for a body of `key`. Waits a little; raises Refusal 429 if the key has too many, else 503."""
        self._enter(key)
        try:
            yield
        finally:
            self._leave(key)

    def _enter(self, key: str) -> None:
        give_up = time.monotonic() + self._wait_s
        with self._changed:
            while (refusal := self._refusal(key)) is not None:
                left_s = give_up - time.monotonic()
                if left_s <= 0 or self._waiting >= MAX_WAITING:
                    raise refusal
                self._waiting += 1
                try:
                    self._changed.wait(left_s)
                finally:
                    self._waiting -= 1
            self._held[key] += 1

    def _leave(self, key: str) -> None:
        with self._changed:
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
            self._changed.notify_all()

    def _refusal(self, key: str) -> Refusal | None:
        if self._held[key] >= self._a_key:
            return Refusal(
                429,
                f"This key has {self._a_key} requests under way already.",
                "Send larger batches over fewer connections, and try again after Retry-After seconds.",
                headers={"Retry-After": "1", "Connection": "close"},
            )
        if self._held.total() >= self._at_once:
            return Refusal(
                503,
                "Too many batches are being received.",
                "Nothing was stored. Try again after Retry-After seconds.",
                headers={"Retry-After": "2", "Connection": "close"},
            )
        return None
