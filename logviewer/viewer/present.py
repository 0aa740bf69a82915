"""What a page says about a search and its result: how much of it is shown; the rows of a request. Asks nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

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
    estimated: int | None  # about how many those are then, if a sample says so
    is_all: bool
    reached: datetime | None  # after a timeout: up to where everything was looked at
    continued: bool  # begins at a cursor, not where the list does

    @property
    def known(self) -> int | None:
        """How many match, exactly or about."""
        return self.estimated if self.total is None else self.total


def summary_of(page: EventPage, histogram: Histogram, *, continued: bool) -> Summary:
    shown = len(page.events)
    is_all = page.is_all and not continued
    counted = shown if is_all else histogram.total if histogram.complete else None
    estimated = estimate_of(histogram, shown) if counted is None else None
    return Summary(shown, counted, estimated, is_all, page.reached, continued)


def estimate_of(histogram: Histogram, shown: int) -> int | None:
    """About how many events a sample says there are, if there is one and it says more than are shown."""
    is_estimate = histogram.estimate is not None and histogram.total > shown
    return two_figures(histogram.total) if is_estimate else None


def total_text(summary: Summary) -> str:
    """Of how many events the list shows some: "12,411", "about 12,000", or ""."""
    if summary.estimated is not None:
        return _("about %(number)s") % {"number": f"{summary.estimated:,}"}
    return "" if summary.total is None else f"{summary.total:,}"


def two_figures(number: int) -> int:
    """12,411 as 12,000."""
    return round(number, min(2 - len(str(number)), 0))


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
