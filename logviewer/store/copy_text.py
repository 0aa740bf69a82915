"""Events as rows of COPY's text format: https://www.postgresql.org/docs/18/sql-copy.html

Made column by column: whether any of a thousand values needs an escape is asked of all at once, in a third of the time
of asking each, and of a column that repeats itself each value is looked at once.
"""

from collections.abc import Iterator, Sequence

from logviewer.store.columns import Columns
from logviewer.store.event import Event
from logviewer.store.event_buffer import in_columns

STATEMENT = "COPY log_event (time, id, level, service, event, logger, request_id, cohort_id, data, meta) FROM STDIN"
NULL = "\\N"


def blocks(events: Sequence[Event], *, first_id: int) -> Iterator[bytes]:
    """The events' rows in blocks of bounded size (or of one event), with ids from `first_id` on."""
    for portion in in_columns(events):
        yield rows(portion, first_id=first_id)
        first_id += len(portion)


def rows(portion: Columns, *, first_id: int) -> bytes:
    """The events as one block of lines, with ids from `first_id` on."""
    columns = (
        portion.times,
        map(str, range(first_id, first_id + len(portion))),
        map(str, portion.levels),
        _repeated(portion.services),
        _repeated(portion.names),
        _repeated(portion.loggers),
        _repeated(portion.request_ids),
        _repeated(portion.cohort_ids),
        _texts(portion.data),
        _repeated(portion.metas),
    )
    return "\n".join([*map("\t".join, zip(*columns, strict=True)), ""]).encode()


def _repeated(values: Sequence[str | None]) -> Iterator[str]:
    """As _texts, for values many of which are equal, or nothing."""
    distinct = [value for value in set(values) if value is not None]
    texts: dict[str | None, str] = dict(zip(distinct, _texts(distinct), strict=True))
    texts[None] = NULL
    return map(texts.__getitem__, values)


def _texts(values: Sequence[str]) -> Sequence[str]:
    """The values as they stand in a row. That they hold no separator, as most do, is found out for all of them."""
    together = "\n".join(values)
    if "\t" not in together and "\r" not in together:
        texts = together.replace("\\", "\\\\").split("\n", len(values))
        if len(texts) == len(values):
            return texts
    return [_escaped(value) for value in values]


def _escaped(value: str) -> str:
    value = value.replace("\\", "\\\\")
    return value.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
