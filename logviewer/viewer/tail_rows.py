"""What the page of those who follow a search is sent: its rows as the list writes them, each with its place in order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from django.http import QueryDict
from django.template.loader import get_template

from logviewer.query.events import EventPage, StoredEvent, cursor_behind
from logviewer.viewer.addresses import older_address
from logviewer.viewer.present import rows_of

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def row_key(event: StoredEvent) -> str:
    """The event's place in the list's order, as text that sorts like it."""
    return f"{(event.time - _BEGINNING) // _MICROSECOND:020}.{event.id:020}"


def arrived_rows(events: Sequence[StoredEvent]) -> list[bytes]:
    """Of each event, as JSON: `key`, `html` of its row, and `before`, the cursor of what is older."""
    template = get_template("viewer/_event_row.html")
    return [
        msgspec.json.encode(
            {
                "key": row_key(row.event),
                "before": cursor_behind(row.event),
                "html": template.render({"row": row}).strip(),
            }
        )
        for row in rows_of(events)
    ]


def newest_rows(page: EventPage, parameters: QueryDict) -> dict[str, object]:
    """The list's beginning to go on from: `html` of its rows with the link to older ones, and the `places` of the rows."""
    html = get_template("viewer/_event_rows.html").render(
        {
            "page": page,
            "rows": rows_of(page.events),
            "older_address": older_address(parameters, page.older) if page.older else "",
        }
    )
    places = [{"key": row_key(event), "before": cursor_behind(event)} for event in page.events]
    return {"html": html.strip(), "places": places}
