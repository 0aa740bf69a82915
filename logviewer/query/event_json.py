"""An event as JSON for whoever takes it along: the shape of the read API and of exports."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from logviewer.query.events import StoredEvent


def time_as_text(time: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds."""
    return f"{time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def event_as_json(event: StoredEvent) -> dict[str, Any]:
    """The shape E of docs/api.md, for msgspec. Scripts rely on it: add keys, never change or remove one.

    The event's own JSON goes through as the store has it, so that no number is rounded on its way.
    """
    return {
        "id": str(event.id),
        "time": time_as_text(event.time),
        "level": event.level_name,
        "service": event.service,
        "event": event.event,
        "logger": event.logger,
        "request_id": event.request_id,
        "cohort_id": event.cohort_id,
        "data": msgspec.Raw(event.data_json),
        "meta": None if event.meta_json is None else msgspec.Raw(event.meta_json),
    }


def event_line(event: StoredEvent) -> bytes:
    """The event as a line of NDJSON."""
    return msgspec.json.encode(event_as_json(event)) + b"\n"
