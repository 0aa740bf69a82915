"""What is true of a corpus, counted while it is made and asked of no store. Truths of parts add up to the whole's."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.vocabulary import LEVELS

LATEST = 100
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US

Key = tuple[str, str]  # of what was counted, such as ("phrase", "Read timed out"), ("hour", "490123")


@dataclass(slots=True)
class Tally:
    """How many events there are of one sort, and the times of the latest LATEST, newest last. No two events have the
    same time, so equal times are the same events."""

    count: int = 0
    latest: list[int] = field(default_factory=list)

    def add(self, at: int) -> None:
        self.count += 1
        self.latest.append(at)
        if len(self.latest) == 2 * LATEST:
            del self.latest[:LATEST]

    def extend(self, other: "Tally") -> None:
        self.count += other.count
        self.latest = sorted([*self.latest, *other.latest])[-LATEST:]


@dataclass(slots=True)
class Truth:
    """Counts over a corpus, or over a part of it. Times are microseconds since 1970."""

    tallies: dict[Key, Tally] = field(default_factory=lambda: defaultdict(Tally))
    minutes: Counter[tuple[int, str, str]] = field(default_factory=Counter)  # minute, service, level
    paths: Counter[str] = field(default_factory=Counter)
    students: Counter[int] = field(default_factory=Counter)
    durations_ms: dict[int, dict[str, list[float]]] = field(default_factory=dict)  # hour, path
    first: int = 0  # the oldest event
    last: int = 0

    @property
    def events(self) -> int:
        return self.minutes.total()

    def add(
        self,
        at: int,
        *,
        level: str,
        service: str,
        path: str,
        student: int | None,
        duration_ms: float | None,
        keys: Iterable[Key],
    ) -> None:
        """Counts one event. They come in the order of time."""
        self.first = self.first or at
        self.last = at
        self.minutes[at // MINUTE_US, service, level] += 1
        self.paths[path] += 1
        if student is not None:
            self.students[student] += 1
        for key in keys:
            self.tallies[key].add(at)
        if LEVELS[level] >= LEVELS["warning"]:
            self.tallies["hour", str(at // HOUR_US)].add(at)
        if duration_ms is not None:
            self.durations_ms.setdefault(at // HOUR_US, {}).setdefault(path, []).append(duration_ms)

    def extend(self, other: "Truth") -> None:
        """Adds another part of the corpus."""
        for key, tally in other.tallies.items():
            self.tallies[key].extend(tally)
        self.minutes.update(other.minutes)
        self.paths.update(other.paths)
        self.students.update(other.students)
        for hour, paths in other.durations_ms.items():
            for path, durations in paths.items():
                self.durations_ms.setdefault(hour, {}).setdefault(path, []).extend(durations)
        self.first = min(filter(None, (self.first, other.first)), default=0)
        self.last = max(self.last, other.last)

    def keys(self, kind: str) -> list[str]:
        """What was counted of a kind, sorted."""
        return sorted(value for this, value in self.tallies if this == kind)

    def whole_hours(self) -> list[int]:
        """The clock hours between the oldest and the newest event."""
        return list(range(self.first // HOUR_US + 1, self.last // HOUR_US))

    def levels_between(
        self, edges: Sequence[int], *, service: str = "", at_least: str = "debug"
    ) -> list[dict[str, int]]:
        """Events by level of each stretch between two neighbours of `edges`, which are whole minutes but for the first
        and the last, outside of which there are no events."""
        counts: list[dict[str, int]] = [{} for _ in edges[1:]]
        for (minute, of, level), events in self.minutes.items():
            if service in ("", of) and LEVELS[level] >= LEVELS[at_least]:
                stretch = min(max(bisect_right(edges, minute * MINUTE_US) - 1, 0), len(counts) - 1)
                counts[stretch][level] = counts[stretch].get(level, 0) + events
        return counts
