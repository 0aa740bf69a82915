"""How far in time the next statement of a search looks, and how long it may take.

A search that must look at every row goes through time in windows, from the end where its order begins, so that it shows
what it found when its time is up and says how far it got. Windows grow while they are cheap: a search over months is a
handful of statements.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from time import monotonic
from typing import TypeVar

from logviewer.query.database import LONGEST_STATEMENT_S, fetch
from logviewer.query.errors import OutOfTime, SearchUnavailable, TimedOut
from logviewer.query.order import Order

AIM_S = 0.5  # what one window should take
STEP = 4.0  # a window is at most this many times the one before, and after a timeout that part of it
FIRST_WINDOW_OF_WORDS = timedelta(minutes=1)  # without an index of words: each row of it is read, by one process
SHORTEST = timedelta(seconds=1)
SHORTEST_TRY_S = 0.2

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Window:
    """since <= time < until."""

    since: datetime
    until: datetime


# Not to Python's ends of time, so that a step from there falls off nothing.
ALL_OF_TIME = Window(datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
_WIDEST_S = (ALL_OF_TIME.until - ALL_OF_TIME.since).total_seconds()


class Pace:
    """Cuts windows off a span, from the end where `order` begins. `budget_s` None: no limit but that of one
    statement."""

    def __init__(
        self, span: Window, *, first: timedelta, budget_s: float | None, order: Order = Order.NEWEST_FIRST
    ) -> None:
        self.span, self.order = span, order
        self.width = first
        self.budget_s = budget_s
        self.began = monotonic()

    def ask(
        self, start: datetime, question: Callable[[Window, float], Answer], *, edge: datetime | None = None
    ) -> tuple[Window, Answer]:
        """The window from `start` on, and what `question` (with the seconds it may take) says of it. It does not reach
        beyond `edge`.

        Raises OutOfTime when the budget is spent, or a window of SHORTEST is too much.
        """
        while True:
            window, began = self._window(start, edge), monotonic()
            try:
                answer = question(window, self._allowance_s())
            except TimedOut:
                self._narrow(window)
            else:
                self._aim(monotonic() - began)
                return window, answer

    def _window(self, start: datetime, edge: datetime | None) -> Window:
        if self.order is Order.OLDEST_FIRST:
            edge = min(edge or self.span.until, self.span.until)
            return Window(start, edge if edge - start <= self.width else start + self.width)
        edge = max(edge or self.span.since, self.span.since)
        return Window(edge if start - edge <= self.width else start - self.width, start)

    def _left_s(self) -> float:
        return inf if self.budget_s is None else self.budget_s - (monotonic() - self.began)

    def _allowance_s(self) -> float:
        left_s = self._left_s()
        if left_s <= 0:
            raise OutOfTime
        # A part of what is left, so that narrower windows can follow.
        return min(max(left_s / 3, SHORTEST_TRY_S), LONGEST_STATEMENT_S)

    def _aim(self, took_s: float) -> None:
        aim_s = min(AIM_S, max(self._left_s() / 8, SHORTEST_TRY_S / 2))
        factor = min(max(aim_s / max(took_s, 0.001), 1 / STEP), STEP)
        width_s = min(self.width.total_seconds() * factor, _WIDEST_S)
        self.width = max(timedelta(seconds=width_s), SHORTEST)

    def _narrow(self, window: Window) -> None:
        """Makes the next window a part of this one, which may have been shorter than it could be."""
        width = min(self.width, window.until - window.since)
        if width <= SHORTEST:
            raise OutOfTime
        self.width = max(width / STEP, SHORTEST)


def ends_of_store() -> Window | None:
    """From the oldest stored event to just behind the newest; None of an empty store. The index has both."""
    try:
        [(oldest, newest)] = fetch("""
            SELECT (SELECT time FROM log_event ORDER BY time LIMIT 1),
                   (SELECT time FROM log_event ORDER BY time DESC LIMIT 1)
        """)
    except TimedOut as problem:
        raise SearchUnavailable("The database of events is slow.") from problem
    return Window(oldest, newest + timedelta(microseconds=1)) if oldest else None
