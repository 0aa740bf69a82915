"""What the right answers look like, the API's and those of plain SQL, and what is wrong with one.

A sampled answer is right within TOLERANCE, all others exactly.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from benchmarks.truth import Truth

TOLERANCE = 0.2  # of what was sampled, relative
FEWEST_IN_A_SAMPLE = 200  # rarer values of a sampled answer say too little to be held to the tolerance

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Json = Mapping[str, Any]
Rows = Sequence[tuple[Any, ...]]


class Expected(Protocol):
    def problem(self, answer: Json) -> str:
        """What is wrong with the API's answer, or nothing."""
        ...

    def is_told_by(self, rows: Rows) -> bool:
        """Whether the reference asked the same: what plain SQL gave, held to the truth."""
        ...


@dataclass(frozen=True, slots=True)
class Events:
    """Exactly the events of these times, newest first."""

    times: Sequence[int]  # microseconds since 1970, newest last

    def problem(self, answer: Json) -> str:
        if answer["timed_out"]:
            return "the search ran out of time"
        got = [microseconds(event["time"]) for event in answer["events"]]
        return "" if got == [*reversed(self.times)] else f"{len(got)} events for {len(self.times)}, or others"

    def is_told_by(self, rows: Rows) -> bool:
        return [(time - _EPOCH) // _MICROSECOND for time, *_ in rows] == [*reversed(self.times)]


@dataclass(frozen=True, slots=True)
class Count:
    """Exactly so many."""

    count: int

    def problem(self, answer: Json) -> str:
        if not answer["complete"]:
            return "not complete"
        return "" if answer["count"] == self.count else f"{answer['count']} for {self.count}"

    def is_told_by(self, rows: Rows) -> bool:
        return rows == [(self.count,)]


@dataclass(frozen=True, slots=True)
class Histogram:
    """The same counts by level in every bucket, wherever the API puts the edges."""

    truth: Truth
    service: str = ""
    at_least: str = "debug"

    def problem(self, answer: Json) -> str:
        buckets = answer["buckets"]
        if not answer["complete"]:
            return "not complete"
        edges = [microseconds(bucket["start"]) for bucket in buckets] + [microseconds(buckets[-1]["end"])]
        expected = self.truth.levels_between(edges, service=self.service, at_least=self.at_least)
        got = [{level: count for level, count in bucket["counts"].items() if count} for bucket in buckets]
        if got != expected:
            wrong = sum(one != other for one, other in zip(got, expected, strict=True))
            return f"{wrong} of {len(buckets)} buckets are wrong"
        total = sum(map(sum, (counts.values() for counts in expected)))
        return "" if answer["total"] == total else f"total {answer['total']} for {total}"

    def is_told_by(self, rows: Rows) -> bool:
        [counts] = self.truth.levels_between(
            [self.truth.first, self.truth.last + 1], service=self.service, at_least=self.at_least
        )
        told: int = sum(count for *_, count in rows)
        return told == sum(counts.values())


@dataclass(frozen=True, slots=True)
class Values:
    """The most frequent values with their counts. Values of one count may stand in any order."""

    counts: Counter[str]
    limit: int

    def problem(self, answer: Json) -> str:
        got = [(value["value"], value["count"]) for value in answer["values"]]
        best = [count for _, count in self.counts.most_common(self.limit)]
        if len(got) != len(best):
            return f"{len(got)} values for {len(best)}"
        if not answer["complete"] and answer["sampled"] is None:
            return "not complete"
        share = answer["sampled"]
        if share is None:
            right = [count for _, count in got] == best and all(self.counts[value] == count for value, count in got)
            return "" if right else "wrong counts"
        return next((f"{value}: {count}" for value, count in got if not self._is_near(value, count, share)), "")

    def is_told_by(self, rows: Rows) -> bool:
        return [count for _, count in rows] == [count for _, count in self.counts.most_common(self.limit)]

    def _is_near(self, value: str, count: int, share: float) -> bool:
        return count * share < FEWEST_IN_A_SAMPLE or near(count, self.counts[value])


@dataclass(frozen=True, slots=True)
class Percentiles:
    """The 95th percentile of each group: between the two values beside it, however it is defined."""

    groups: Mapping[str, Sequence[float]]

    def problem(self, answer: Json) -> str:
        if not answer["groups"]:
            return "no groups"
        return next(filter(None, (self._problem(group, answer["sampled"]) for group in answer["groups"])), "")

    def is_told_by(self, rows: Rows) -> bool:
        return all(not self._problem({"value": value, "count": n, "p95": p95}, None) for value, n, p95 in rows)

    def _problem(self, group: Json, share: float | None) -> str:
        values = sorted(self.groups.get(group["value"], ()))
        if not values:
            return f"{group['value']} has no values"
        place = 0.95 * (len(values) - 1)
        low, high = values[int(place)], values[min(int(place) + 1, len(values) - 1)]
        if share is None:
            right = group["count"] == len(values) and low <= group["p95"] <= high
        else:
            right = group["count"] * share < FEWEST_IN_A_SAMPLE or near(group["p95"], (low + high) / 2)
        return "" if right else f"{group} for {len(values)} values, {low} to {high}"


def near(got: float, expected: float) -> bool:
    return abs(got - expected) <= TOLERANCE * expected


def microseconds(time: str) -> int:
    """Since 1970, of RFC 3339 text."""
    return (datetime.fromisoformat(time) - _EPOCH) // _MICROSECOND
