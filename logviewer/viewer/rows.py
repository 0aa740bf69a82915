"""From stored events to the rows of a list: what each shows, leads to, and how it differs from the row above it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from logviewer.query.events import StoredEvent
from logviewer.viewer.addresses import event_address, event_key, request_address
from logviewer.viewer.chips import Chip, chips_of
from logviewer.viewer.columns import LONGEST_CELL, cell_text
from logviewer.viewer.marks import Marks, marks_of

_NO_MARKS = Marks("", ())


@dataclass(frozen=True, slots=True)
class Cell:
    """A chosen column's value. `is_again`: the row above has the same, so it need not catch the eye."""

    name: str
    text: str
    is_again: bool
    address: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    event: StoredEvent
    key: str  # names the event where several are selected
    address: str
    request_address: str
    chips: Sequence[Chip]
    cells: Sequence[Cell]  # of the chosen columns; without any, the row is written in the usual way
    same_service: bool  # as the row above
    same_request: bool
    marks: Marks


def rows_of(events: Sequence[StoredEvent], *, names: Sequence[str] = (), marks: Sequence[Marks] = ()) -> list[Row]:
    """The rows of `events`, neighbours in their list; `names` are the chosen columns. No `marks`: none."""
    chips = chips_of(events) if not names else [[] for _ in events]
    cells = _cells(events, names)
    above = [None, *events]
    return [
        Row(
            event=event,
            key=event_key(event.time, event.id),
            address=event_address(event.time, event.id),
            request_address=_request_address(event),
            chips=chips[at],
            cells=cells[at],
            same_service=before is not None and before.service == event.service,
            same_request=before is not None and before.request_id == event.request_id,
            marks=marks[at] if marks else _NO_MARKS,
        )
        for at, (before, event) in enumerate(zip(above, events, strict=False))
    ]


def marked_rows(
    events: Sequence[StoredEvent], arrivals: Mapping[int, datetime], *, names: Sequence[str], are_all: bool
) -> list[Row]:
    """`rows_of` with marks (marks.py says what `are_all` means)."""
    return rows_of(events, names=names, marks=marks_of(events, arrivals, are_all=are_all))


def _cells(events: Sequence[StoredEvent], names: Sequence[str]) -> list[list[Cell]]:
    made: list[list[Cell]] = []
    above: Sequence[str] = [""] * len(names)
    for event in events:
        texts = [cell_text(event, name) for name in names]
        made.append(
            [
                Cell(name, text[: LONGEST_CELL + 1], bool(text) and text == before, _cell_address(event, name))
                for name, text, before in zip(names, texts, above, strict=True)
            ]
        )
        above = texts
    return made


def _cell_address(event: StoredEvent, name: str) -> str:
    return _request_address(event) if name == "request_id" else ""


def _request_address(event: StoredEvent) -> str:
    return request_address(event.request_id) if event.request_id else ""
