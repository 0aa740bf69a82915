"""What a page that follows a search is sent: rows as the list writes them, each with its place in the order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from django.http import QueryDict
from django.template.loader import get_template

from logviewer.query.events import EventPage, StoredEvent
from logviewer.viewer.event_list import list_context
from logviewer.viewer.rows import rows_of

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def row_key(event: StoredEvent) -> str:
    """The event's place in the list's order, as text that sorts like it."""
    return f"{(event.time - _BEGINNING) // _MICROSECOND:020}.{event.id:020}"


def arrived_rows(events: Sequence[StoredEvent], *, names: Sequence[str] = ()) -> list[bytes]:
    """Of each event, as JSON: its `key` and the `html` of its row; `names` are the chosen columns.

    Each is written as if it stood alone: which rows it will come between only the page knows.
    """
    template = get_template("viewer/_event_row.html")
    rows = [row for event in events for row in rows_of([event], names=names)]
    return [
        msgspec.json.encode({"key": row_key(row.event), "html": template.render({"row": row}).strip()}) for row in rows
    ]


def newest_rows(page: EventPage, parameters: QueryDict) -> dict[str, object]:
    """The list's beginning: `html` of its rows with the link to older ones, and the `keys` of the rows.

    Raises SearchUnavailable.
    """
    html = get_template("viewer/_event_rows.html").render(list_context(parameters, page))
    return {"html": html.strip(), "keys": [row_key(event) for event in page.events]}
