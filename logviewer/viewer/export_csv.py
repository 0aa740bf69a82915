"""Events as CSV that a spreadsheet reads as text, whatever services logged. docs/exports.md says how, for readers."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import tzinfo

from logviewer.query.events import StoredEvent
from logviewer.query.times import in_zone
from logviewer.viewer.columns import names_in
from logviewer.viewer.event_fields import value_text

_COLUMNS = ("time", "level", "service", "event", "logger", "request_id", "cohort_id")
EVERYTHING = (*_COLUMNS, "data", "id")

# What makes a spreadsheet calculate (https://owasp.org/www-community/attacks/CSV_Injection), at the beginning of a cell
# and where one would begin if the file were read with another separator. The apostrophe itself, so that taking one away
# at these places gives the text back.
_FORMULA = re.compile(r"(\A|[;\t\r\n])(?=[=+\-@\t\r'＝＋－＠])")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ADDED = re.compile(r"(\A|[;\t\r\n])'(?=[=+\-@\t\r'＝＋－＠])")


def cell(text: str) -> str:
    """`text` so that no spreadsheet takes it, or a part of it, for a formula. Numbers stay as they are."""
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1'", text)


def text_of_cell(cell: str) -> str:
    """The text that became `cell`."""
    return _ADDED.sub(r"\1", cell)


def columns_of(chosen: str) -> Sequence[str]:
    """The columns of a file: those of the list's parameter `columns`, after the time; without it everything."""
    names = names_in(chosen)
    return ("time", *(name for name in names if name != "time")) if names else EVERYTHING


def head(columns: Sequence[str], about: str) -> bytes:
    """The first two lines: what the file has, and the names of the columns."""
    # The mark tells spreadsheets that this is UTF-8; here it spoils no column's name.
    return f"\ufeff{_lines([[f'# {about}'], columns])}".encode()


def lines(columns: Sequence[str], zone: tzinfo, events: Iterable[StoredEvent]) -> bytes:
    """The lines of `events`, times in `zone`."""
    # A chosen `data` or `id` is a field that events have themselves, as in the list.
    ours = EVERYTHING if columns == EVERYTHING else _COLUMNS
    return _lines(
        [_value(event, column, zone) if column in ours else _own_value(event.data, column) for column in columns]
        for event in events
    ).encode()


def last_line(words: str) -> bytes:
    """What stands behind the last event."""
    return _lines([[f"# {words}"]]).encode()


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([[cell(one) for one in row] for row in rows])
    return text.getvalue()


def _value(event: StoredEvent, column: str, zone: tzinfo) -> str:
    if column == "time":
        return in_zone(event.time, zone).isoformat(timespec="microseconds")
    if column == "level":
        return event.level_name
    if column == "data":
        return event.data_json
    value = getattr(event, column)
    return "" if value is None else str(value)


def _own_value(data: object, path: str) -> str:
    """The value at a path with dots; "" if the event has none there."""
    found = list(_at(data, path))
    if not found:
        return ""
    return value_text(found[0] if len(found) == 1 else found)


def _at(value: object, path: str) -> Iterable[object]:
    """As the search language follows a path: keys may have dots themselves, and of a list every element counts."""
    if isinstance(value, list):
        for element in value:
            yield from _at(element, path)
    elif isinstance(value, dict):
        if path in value:
            yield value[path]
        for place, sign in enumerate(path):
            if sign == "." and path[:place] in value:
                yield from _at(value[path[:place]], path[place + 1 :])
