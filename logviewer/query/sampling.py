"""Reads that look at many events, inside a time budget: exact if that suffices, otherwise from a sample that says so.

Small samples of the store's pages come first. They tell how long a row takes and how many match: if all of them can be
read in the time that is left, they are. So are the matching rows of a selective search, which an index finds without
reading the others. Else a sample as large as the time allows is read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from logviewer.query.errors import TimedOut

BUDGET_S = 0.45  # 0.5 with what comes around it
EVERYTHING = "log_event"

PILOT_SHARES = (0.0001, 0.001, 0.01)
PILOT_WITHIN_S = 0.06
PILOT_SUFFICES_S = 0.01  # one that took so long tells what a row takes: the next would take ten times that
INDEXED_ROW_S = 5e-6  # one matching row that an index has found
WHOLE_READ_IS_FASTER = 0.7  # a row takes this part of what it takes in a small sample: pages in a row, no start
KEPT_FOR_SAMPLE_S = 0.12  # if reading all takes longer than expected
LARGEST_SHARE = 0.5
USED_OF_TIME = 0.4  # the pages of the small sample are in memory already, those of a larger one perhaps not
WORTH_IT = 2.0  # a sample this many times the one before

Answer = TypeVar("Answer")
# What to read from (a source for FROM), and the seconds it may take: the answer, and how many rows it is made from.
Question = Callable[[str, float], tuple[Answer, int]]


@dataclass(frozen=True, slots=True)
class Sampled(Generic[Answer]):
    """`share` of the rows was looked at, 0..1; None: all of them. No `answer`: there was no time for even a few."""

    answer: Answer | None
    share: float | None

    def estimate(self, count: int) -> int:
        """What a count among the rows that were looked at says of all rows."""
        return count if self.share is None else round(count / self.share) if self.share else 0


@dataclass(frozen=True, slots=True)
class _Sample(Generic[Answer]):
    share: float
    answer: Answer
    rows: int
    took_s: float


def ask_in_time(question: Question[Answer], *, budget_s: float | None = None, part: float = 1.0) -> Sampled[Answer]:
    """The best answer that `budget_s` seconds (BUDGET_S) allow. To read all rows is to read `part` of those among which
    a sample is picked: an index of time leads to it. Raises SearchUnavailable."""
    until = monotonic() + (BUDGET_S if budget_s is None else budget_s)
    pilot = _pilot(question, until)
    if pilot is None:
        return Sampled(None, 0.0)
    most_s = _left_s(until) - KEPT_FOR_SAMPLE_S
    if _exact_s(pilot, part) <= most_s:
        try:
            answer, _ = question(EVERYTHING, most_s)
            return Sampled(answer, None)
        except TimedOut:
            pass
    best = pilot
    while larger := _larger(question, best, until):
        best = larger
    return Sampled(best.answer, best.share)


def _pilot(question: Question[Answer], until: float) -> _Sample[Answer] | None:
    pilot = None
    for share in PILOT_SHARES:
        try:
            pilot = _sample(question, share, min(PILOT_WITHIN_S, _left_s(until)))
        except TimedOut:
            break
        if pilot.took_s > PILOT_SUFFICES_S:
            break
    return pilot


def _exact_s(pilot: _Sample[Answer], part: float) -> float:
    by_reading_all = pilot.took_s / pilot.share * WHOLE_READ_IS_FASTER * part
    by_index = pilot.rows / pilot.share * INDEXED_ROW_S
    return min(by_reading_all, by_index)


def _larger(question: Question[Answer], pilot: _Sample[Answer], until: float) -> _Sample[Answer] | None:
    left_s = _left_s(until)
    share = min(pilot.share * USED_OF_TIME * left_s / pilot.took_s, LARGEST_SHARE)
    if share < pilot.share * WORTH_IT:
        return None
    try:
        return _sample(question, share, left_s)
    except TimedOut:
        return None


def _sample(question: Question[Answer], share: float, within_s: float) -> _Sample[Answer]:
    began = monotonic()
    # REPEATABLE: the same question has the same answer again.
    answer, rows = question(f"log_event TABLESAMPLE SYSTEM ({share * 100:.6f}) REPEATABLE (1)", within_s)
    return _Sample(share, answer, rows, max(monotonic() - began, 0.001))


def _left_s(until: float) -> float:
    return max(until - monotonic(), 0.001)
