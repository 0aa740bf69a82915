"""All events of one request, in the order in which they happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from logviewer.query.events import StoredEvent
from logviewer.query.fields import field_predicate
from logviewer.query.language.nodes import Equals
from logviewer.query.language.parser import storable
from logviewer.query.reader import Reader, visible_to
from logviewer.query.search import Search
from logviewer.query.walk import Row, Walk
from logviewer.store.event import level_name
from logviewer.store.predicate import all_of

MOST_EVENTS = 2000
BUDGET_S = 10.0

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the story, and how long after the first it happened."""

    event: StoredEvent
    offset_ms: float


@dataclass(frozen=True, slots=True)
class RequestStory:
    """Oldest first. Of a request with no events `started` and `worst_level` are None.

    `truncated`: the request has older events than these, or there was no time to look for them.
    """

    request_id: str
    events: Sequence[Step]
    started: datetime | None
    duration_ms: float
    services: Sequence[str]  # in the order in which they appear
    worst_level: int | None
    truncated: bool

    @property
    def worst_level_name(self) -> str:
        return "" if self.worst_level is None else level_name(self.worst_level)


def read_request(reader: Reader, request_id: str) -> RequestStory:
    """The latest MOST_EVENTS events with this request id. Raises SearchUnavailable."""
    rows, truncated = _rows(_search(reader, storable(request_id)))
    events = [StoredEvent.of_row(row) for row in reversed(rows)]
    started = events[0].time if events else None
    steps = [Step(event, (event.time - events[0].time) / _MILLISECOND) for event in events]
    return RequestStory(
        request_id=request_id,
        events=steps,
        started=started,
        duration_ms=steps[-1].offset_ms if steps else 0.0,
        services=list(dict.fromkeys(event.service for event in events)),
        worst_level=max((event.level for event in events), default=None),
        truncated=truncated,
    )


def _search(reader: Reader, request_id: str) -> Search:
    node = Equals("request_id", request_id)
    predicate = all_of([visible_to(reader), field_predicate(node, timezone.now())])
    return Search(reader, "", node, predicate, None, None, one_request=True)


def _rows(search: Search) -> tuple[Sequence[Row], bool]:
    """The newest rows, newest first, and whether there are or may be more."""
    walk = Walk(search, after=None, budget_s=BUDGET_S)
    rows, timed_out = walk.first(MOST_EVENTS + 1)
    return rows[:MOST_EVENTS], timed_out or len(rows) > MOST_EVENTS
