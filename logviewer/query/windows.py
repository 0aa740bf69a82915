"""Asks a question of all events of a search, window by window, newest first: what histograms and counts do."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import TypeVar

from logviewer.query.pace import FIRST_WINDOW_OF_WORDS, Pace, Window
from logviewer.query.search import Search
from logviewer.query.stretches import Stretch, stretch_from
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
