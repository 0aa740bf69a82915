"""Events as rows of COPY's text format: https://www.postgresql.org/docs/18/sql-copy.html"""

from collections.abc import Sequence

from logviewer.store.event import Event

STATEMENT = "COPY log_event (time, id, level, service, event, logger, request_id, cohort_id, data, meta) FROM STDIN"
NULL = "\\N"


def rows(events: Sequence[Event], *, first_id: int) -> bytes:
    """The events as one block of lines, with ids from `first_id` on. The events' times are in UTC."""
    lines = [
        f"{event.time.isoformat()}\t{number}\t{event.level}\t{_text(event.service)}\t{_text(event.event)}"
        f"\t{_text(event.logger)}\t{_text(event.request_id)}\t{_text(event.cohort_id)}"
        f"\t{_text(event.data)}\t{_text(event.meta)}\n"
        for number, event in enumerate(events, first_id)
    ]
    return "".join(lines).encode()


def _text(value: str | None) -> str:
    if value is None:
        return NULL
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if "\n" in value or "\t" in value or "\r" in value:
        value = value.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return value
