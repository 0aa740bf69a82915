"""Counts what was lost, by reason, and puts the counts into events, so that the log itself says what it lacks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from logviewer_client.clock import timestamp
from logviewer_client.native import RLock
from logviewer_client.sequence import next_seq

LOST = "logviewer_events_lost"
_MARK = f'"event":"{LOST}"'.encode()


@dataclass
class _Unreported:
    count: int = 0
    first: str | None = None
    last: str | None = None

    def add(self, count: int, first: str | None, last: str | None) -> None:
        self.count += count
        self.first = min(filter(None, (self.first, first)), default=None)
        self.last = max(filter(None, (self.last, last)), default=None)


class Losses:
    """For any thread. `service` names the service in the events."""

    def __init__(self, service: str | None = None) -> None:
        self._service = {"service": service} if service else {}
        self._lock = RLock()
        self._totals: Counter[str] = Counter()
        self._unreported: dict[str, _Unreported] = {}

    def add(self, reason: str, count: int, *, first: str | None = None, last: str | None = None) -> None:
        """Counts `count` events; `first` and `last` are their times as far as they are known."""
        if count <= 0:
            return
        with self._lock:
            self._totals[reason] += count
            self._unreported.setdefault(reason, _Unreported()).add(count, first, last)

    def add_lines(self, reason: str, lines: Iterable[bytes]) -> None:
        """Counts lines. Events of ours among them are taken for what they tell, so that it is told after all."""
        events = []
        for line in lines:
            told = told_by(line)
            if told is None:
                events.append(line)
            else:
                with self._lock:
                    self._unreported.setdefault(told.reason, _Unreported()).add(told.count, told.first, told.last)
        if events:
            self.add(reason, len(events), first=_time_of(events[0]), last=_time_of(events[-1]))

    def add_refused(self, reason: str, lines: Iterable[bytes]) -> None:
        """Counts lines that logviewer does not want. That it does not want an event of ours is not told it again."""
        lines = list(lines)
        events = [line for line in lines if told_by(line) is None]
        with self._lock:
            self._totals[reason] += len(lines) - len(events)
        if events:
            self.add(reason, len(events), first=_time_of(events[0]), last=_time_of(events[-1]))

    def totals(self) -> Mapping[str, int]:
        with self._lock:
            return {reason: count for reason, count in self._totals.items() if count}

    @property
    def is_anything_unreported(self) -> bool:
        return bool(self._unreported)

    def take_reports(self) -> list[bytes]:
        """Events that tell of what was counted since the last time, as lines."""
        if not self._unreported:
            return []
        with self._lock:
            unreported, self._unreported = self._unreported, {}
        return [self._report(reason, one) for reason, one in unreported.items()]

    def _report(self, reason: str, one: _Unreported) -> bytes:
        boot, seq = next_seq()
        event = {
            "timestamp": timestamp(),
            "level": "error",
            "event": LOST,
            "count": one.count,
            "reason": reason,
            **({"first": one.first} if one.first else {}),
            **({"last": one.last} if one.last else {}),
            **self._service,
            "boot": boot,
            "seq": seq,
        }
        return json.dumps(event, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Told:
    """What an event of ours tells."""

    reason: str
    count: int
    first: str | None
    last: str | None


def told_by(line: bytes) -> Told | None:
    """What `line` tells about losses; None if it is another event."""
    if _MARK not in line:
        return None
    try:
        event = json.loads(line)
        if event["event"] != LOST:
            return None
        return Told(str(event["reason"]), int(event["count"]), event.get("first"), event.get("last"))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _time_of(line: bytes) -> str | None:
    try:
        time = json.loads(line).get("timestamp")
    except (ValueError, AttributeError, RecursionError):
        return None
    return time if isinstance(time, str) else None
