"""What a page says about a search and its result: how much of it is shown; the rows of a request. Asks nothing."""

from dataclasses import dataclass
from datetime import datetime

from logviewer.query.events import EventPage
from logviewer.query.histogram import Histogram
from logviewer.query.story import RequestStory
from logviewer.viewer.columns import cell_text
from logviewer.viewer.rows import Row, rows_of


@dataclass(frozen=True, slots=True)
class Summary:
    """What the list shows of all that matches."""

    shown: int
    total: int | None  # None: was not counted to the end
    is_all: bool
    reached: datetime | None  # after a timeout: everything newer was looked at
    continued: bool  # begins at a cursor, not at the newest event


def summary_of(page: EventPage, histogram: Histogram, *, continued: bool) -> Summary:
    shown = len(page.events)
    is_all = page.older is None and not continued and not page.timed_out
    counted = shown if is_all else histogram.total if histogram.complete else None
    return Summary(shown, counted, is_all, page.reached, continued)


@dataclass(frozen=True, slots=True)
class StoryRow:
    row: Row
    offset_ms: float
    place: float  # per cent of the request's duration

    @property
    def shift(self) -> float:
        """Pixels to the left that keep the mark, 5 wide, inside its line."""
        return round(-self.place / 20, 2)


def story_rows(story: RequestStory) -> list[StoryRow]:
    span = story.duration_ms or 1
    stored = [one.event for one in story.events]
    return [
        StoryRow(row, one.offset_ms, round(min(100 * one.offset_ms / span, 100), 2))
        for row, one in zip(rows_of(stored), story.events, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Call:
    """A request as people speak of it: "POST /cohorts/12/assign", "201". Each is "" if no event says it."""

    asked: str
    answered: str


def call_of(story: RequestStory) -> Call:
    """What the first event that has a path says, and the last that has a status."""
    events = [one.event for one in story.events]
    asked = next((one for one in events if cell_text(one, "path")), None)
    answered = next((status for one in reversed(events) if (status := cell_text(one, "status_code"))), "")
    return Call(f"{cell_text(asked, 'method')} {cell_text(asked, 'path')}".strip() if asked else "", answered)
