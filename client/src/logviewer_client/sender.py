"""Posts one batch after the other, and does with each what the answer says. The table of answers: verdict.py."""

from __future__ import annotations

import random
import time
from typing import Protocol

from logviewer_client.diagnostics import tell
from logviewer_client.parcels import Parcel
from logviewer_client.transport import Transport, Unreachable
from logviewer_client.verdict import Action, Verdict, verdict

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
COMPLAIN_EVERY_S = 60.0
FLOOR_LASTS_S = 600.0  # what is below it is not sent, so that no answer would tell that it fell


class Outbox(Protocol):
    """Where parcels come from."""

    def next(self, *, hurry: bool) -> Parcel | None:
        """The next batch to send; None if there is none. In a hurry none is held back to grow."""


class Sender:
    """For one thread. `sent`, `below_level` and `last_error` may be read by any."""

    def __init__(self, transport: Transport, outbox: Outbox, *, first_wait_s: float = FIRST_WAIT_S) -> None:
        self._transport, self._outbox, self._first_wait_s = transport, outbox, first_wait_s
        self._is_compressed = True
        self._failures = 0
        self._said_at = float("-inf")
        self._floor, self._floor_ends_at = 0, float("-inf")
        self.sent = self.below_level = 0
        self.last_error: str | None = None

    def step(self, *, hurry: bool = False) -> Verdict | None:
        """Sends one batch; None if there is none to send."""
        parcel = self._outbox.next(hurry=hurry)
        return None if parcel is None else self._send(parcel)

    def pause_s(self, result: Verdict) -> float:
        """How long to wait after `result`; 0 after progress."""
        if result.action not in {Action.RETRY, Action.PROBE}:
            return 0.0
        if result.wait_s is not None:
            return result.wait_s
        # Full jitter: a thousand senders do not come back at the same moment.
        longest = min(LONGEST_WAIT_S, self._first_wait_s * 2 ** min(self._failures, 16))
        return random.uniform(self._first_wait_s, longest)  # noqa: S311 -- not a secret

    def floor(self) -> int:
        """The level below which logviewer does not want this key's events; 0: it wants all."""
        return self._floor if self._floor and time.monotonic() < self._floor_ends_at else 0

    def _send(self, parcel: Parcel) -> Verdict:
        batch = parcel.batch
        try:
            answer = self._transport.send(batch, compressed=self._is_compressed)
            result = verdict(answer, len(batch.lines))
        except Unreachable as problem:
            result = Verdict(Action.RETRY, str(problem))
        except Exception as problem:  # noqa: BLE001 -- the thread must outlive whatever a transport does
            result = Verdict(Action.RETRY, f"{type(problem).__name__}: {problem}")
        if result.action is Action.RECODE:
            result = self._recode(result)
        self._settle(parcel, result)
        return result

    def _recode(self, result: Verdict) -> Verdict:
        if not self._is_compressed:
            return Verdict(Action.PROBE, result.reason)
        self._is_compressed = False
        return result

    def _settle(self, parcel: Parcel, result: Verdict) -> None:
        size = len(parcel.batch.lines)
        if result.action is Action.FORGET:
            parcel.stored(result.rejected)
            self.sent += size - len(result.rejected) - result.below_level
            self.below_level += result.below_level
            self._floor, self._floor_ends_at = result.min_level, time.monotonic() + FLOOR_LASTS_S
            self._failures, self.last_error = 0, None
            return
        self.last_error = result.reason
        if result.action is Action.SPLIT and size > 1:
            parcel.split()
        elif result.action is Action.SPLIT:
            parcel.refused("refused")
        elif result.action is Action.GIVE_UP:
            parcel.refused("conflict")
        else:
            parcel.keep()
            self._note_failure(result, parcel.where)

    def _note_failure(self, result: Verdict, where: str) -> None:
        """One line on stderr, rarely. Not through logging: that would come back to us."""
        if result.action is Action.RECODE:
            return
        self._failures += 1
        if time.monotonic() - self._said_at >= COMPLAIN_EVERY_S:
            self._said_at = time.monotonic()
            tell(f"events wait {where}: {result.reason}")
