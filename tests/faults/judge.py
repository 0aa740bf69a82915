"""Says whether a store kept its promise: every acknowledged event once, nothing that was never sent, all of it intact,
and counted as often as it is there.

Events are numbered and their content follows from the number, so the store alone shows what became of each.
"""

import hashlib
import json
import random
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EVENT = "numbered"
ENOUGH = 200  # acknowledged events on either side of a fault; with fewer a run shows nothing
LARGE_EVERY = 97
LARGE_CHARACTERS = 20_000
WORDS = (
    "plain", "words", "tab\there", "line\nbreak", "back\\slash", 'a "quote"', "<b>&amp;</b>", "ÄÖÜ ß", "日本語",
    "👩‍👩‍👧", "\u202eright to left", "\u2028", "{}[],:", "\\N", "\\.", "NULL", "'; --", "%s", "\x1b[31m",
)  # fmt: skip


def event_of(number: int, service: str, timestamp: str | None = None) -> dict[str, Any]:
    """The event with this number, as its sender logs it."""
    dice = random.Random(number)
    text = " ".join(dice.choices(WORDS, k=dice.randrange(12)))
    if number % LARGE_EVERY == 0:
        text += "large " * (LARGE_CHARACTERS // 6)
    content = {"n": number, "text": text, "nested": {"list": [number, None, True, -1.25, {"word": dice.choice(WORDS)}]}}
    stamp = {} if timestamp is None else {"timestamp": timestamp}
    return {"event": EVENT, "service": service, **stamp, **content}


def fingerprint(content: Mapping[str, Any]) -> str:
    """Equal for equal contents, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def expected_fingerprint(number: int) -> str:
    sent = event_of(number, "")
    return fingerprint({name: sent[name] for name in ("n", "text", "nested")})


@dataclass
class Record:
    """What senders did and were told. They write into it from many threads."""

    sent: set[int] = field(default_factory=set)
    acknowledged: set[int] = field(default_factory=set)
    acknowledged_before: int | None = None  # the fault
    repeats: int = 0  # batches that were answered with duplicate:true
    answers: Counter[str] = field(default_factory=Counter)  # by status; "none" if the connection broke
    broken_rules: list[str] = field(default_factory=list)
    longest_s: float = 0.0  # that one batch took, from its first try until it was acknowledged
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sends(self, numbers: Iterable[int]) -> None:
        with self._lock:
            self.sent.update(numbers)

    def was_answered(self, status: int | None, headers: Mapping[str, str]) -> None:
        """Notes an answer that is not 200. While a store has a fault these are the ones that senders may get."""
        with self._lock:
            self.answers[str(status or "none")] += 1
            if status not in (None, 429, 503):
                self.broken_rules.append(f"a sender was answered {status}")
            elif status is not None and not headers.get("retry-after", "").isdigit():
                self.broken_rules.append(f"a {status} had no Retry-After")

    def was_acknowledged(self, numbers: Sequence[int], answer: Mapping[str, Any], took_s: float) -> None:
        with self._lock:
            self.answers["200"] += 1
            if answer["accepted"] != len(numbers) or answer["rejected"]:
                self.broken_rules.append(f"of {len(numbers)} good events not all were accepted: {answer}")
            self.acknowledged.update(numbers)
            self.repeats += bool(answer["duplicate"])
            self.longest_s = max(self.longest_s, took_s)

    def fault_happened(self) -> None:
        with self._lock:
            self.acknowledged_before = len(self.acknowledged)


@dataclass(frozen=True)
class Verdict:
    """What came of the events of one record."""

    acknowledged: int
    acknowledged_before: int
    stored: int
    missing: Sequence[int]  # acknowledged, but not there
    doubled: Sequence[int]
    invented: Sequence[object]  # there, but never sent
    mangled: Sequence[int]  # there with another content
    repeats: int
    answers: Mapping[str, int]
    broken_rules: Sequence[str]
    longest_s: float
    miscounted: Sequence[object]  # where what the store counted is not how many rows it has

    @property
    def complaints(self) -> list[str]:
        """One sentence for each broken promise; none if the store did what it promises and the run shows it."""
        found = [
            f"{len(numbers)} {what}, such as {numbers[0]}"
            for what, numbers in (
                ("acknowledged events are missing", self.missing),
                ("events are stored more than once", self.doubled),
                ("events are stored that were never sent", self.invented),
                ("events are stored with another content", self.mangled),
                ("counts are not those of the rows", self.miscounted),
            )
            if numbers
        ]
        for when, count in (
            ("before", self.acknowledged_before),
            ("after", self.acknowledged - self.acknowledged_before),
        ):
            if count < ENOUGH:
                found.append(f"only {count} events were acknowledged {when} the fault")
        return [*found, *self.broken_rules]


def judge(record: Record, stored: Iterable[Mapping[str, Any]], miscounted: Sequence[object] = ()) -> Verdict:
    """Compares what senders were told with the contents of `stored` events. The senders have come to rest."""
    contents = list(stored)
    counted = Counter(content.get("n") for content in contents)
    return Verdict(
        acknowledged=len(record.acknowledged),
        acknowledged_before=record.acknowledged_before or 0,
        stored=len(contents),
        missing=sorted(record.acknowledged - counted.keys()),
        doubled=sorted(number for number, times in counted.items() if times > 1 and number in record.sent),
        invented=[number for number in counted if number not in record.sent],
        mangled=[
            content["n"]
            for content in contents
            if content.get("n") in record.sent and fingerprint(content) != expected_fingerprint(content["n"])
        ],
        repeats=record.repeats,
        answers=dict(record.answers),
        broken_rules=record.broken_rules,
        longest_s=record.longest_s,
        miscounted=miscounted,
    )
