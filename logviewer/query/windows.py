"""Asks a question of all events of a search, window by window, newest first: what histograms and counts do."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import TypeVar

from logviewer.query.pace import FIRST_WINDOW_OF_WORDS, Pace, Window, ends_of_store
from logviewer.query.search import Search
from logviewer.query.stretches import Stretch, known_slices, stretch_from
from logviewer.store.predicate import Predicate

Answer = TypeVar("Answer")


def around(
    known: Sequence[tuple[Window, Answer]],
    search: Search,
    span: Window,
    question: Callable[[Predicate, Window, float], Answer],
    *,
    first: timedelta,
    budget_s: float,
) -> Iterator[tuple[Window, Answer]]:
    """Like `by_windows`, but `question` is asked only for what lies between the windows of `known`, oldest first, whose
    answers there are already."""
    give_up, reached = monotonic() + budget_s, span.until
    for window, answer in reversed(known):
        yield from by_windows(
            search, Window(window.until, reached), question, first=first, budget_s=give_up - monotonic()
        )
        yield window, answer
        reached = window.since
    yield from by_windows(search, Window(span.since, reached), question, first=first, budget_s=give_up - monotonic())


def gaps_between(windows: Sequence[Window], span: Window) -> list[Window]:
    """What of `span` is in none of `windows`, which are within it, oldest first."""
    since = [span.since, *(one.until for one in windows)]
    until = [*(one.since for one in windows), span.until]
    return [Window(start, end) for start, end in zip(since, until, strict=True) if start < end]


def part_of_slices(windows: Sequence[Window]) -> float:
    """How large a part of the slices that `windows` touch lies in them, by time: 0 to 1. Raises SearchUnavailable."""
    stored = ends_of_store()
    slices = [one for one in known_slices() if any(_together_s(Window(one.start, one.end), each) for each in windows)]
    if stored is None or not slices:
        return 1.0
    inside_s = sum(_together_s(stored, each) for each in windows)
    return min(inside_s / max(sum(_together_s(stored, Window(one.start, one.end)) for one in slices), 1.0), 1.0)


def _together_s(one: Window, other: Window) -> float:
    return max((min(one.until, other.until) - max(one.since, other.since)).total_seconds(), 0.0)


def by_windows(
    search: Search,
    span: Window,
    question: Callable[[Predicate, Window, float], Answer],
    *,
    first: timedelta,
    budget_s: float,
) -> Iterator[tuple[Window, Answer]]:
    """The windows of `span` and what `question` says of each: it gets the condition on rows, the window, and the
    seconds it may take. Raises OutOfTime once `budget_s` is spent."""
    pace = Pace(span, first=first, budget_s=budget_s)
    reached = span.until
    stretch = Stretch(span.since if not search.narrowing else reached, indexed=False)
    while reached > span.since:
        if reached <= stretch.edge:
            stretch = stretch_from(reached)
            pace.width = first if stretch.indexed else FIRST_WINDOW_OF_WORDS
        condition = search.condition(indexed=stretch.indexed)
        window, answer = pace.ask(reached, partial(question, condition), edge=stretch.edge)
        yield window, answer
        reached = window.since
