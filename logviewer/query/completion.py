"""What may stand at the cursor of a query: fields, operators and values, from what is stored.

Field names come from the catalogue of the last days; values from the newest events that have the field, and from the
catalogue's samples where there is no time for that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from logviewer.query.catalogue import COLUMNS, fetch_catalogue
from logviewer.query.database import fetch
from logviewer.query.errors import SearchUnavailable, TimedOut
from logviewer.query.field_values import values_of
from logviewer.query.language import QueryError, values
from logviewer.query.language.cursor import Place, place_at
from logviewer.query.language.parser import MOST_BYTES
from logviewer.query.language.writer import name_text, value_text
from logviewer.query.reader import Reader, visible_to
from logviewer.query.services import services_seen
from logviewer.query.unknown_fields import unknown_names
from logviewer.store.event import LEVEL_NAMES
from logviewer.store.predicate import EVERYTHING

NEWEST_WITHIN_S = 0.2  # of the look-up among events
CATALOGUE_WITHIN_S = 1.0  # of those in the catalogue, which take milliseconds as a rule
MOST = 8  # suggestions of a kind
NEWEST = 2000  # events with the field whose values are counted
DAYS = 7  # of the catalogue
LONGEST_VALUE = 100  # characters

TIMES = ("-15m", "-1h", "-24h", "-7d", "now")
KEYWORDS = ("OR", "NOT", "AND")
COMPARISONS = (">", ">=", "<", "<=")

Kind = Literal["field", "operator", "keyword", "level", "time", "value"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`text` takes the place of what is typed. `events`: how many of those that were looked at have it, if known."""

    text: str
    shown: str
    kind: Kind
    events: int | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """The suggestions for text[start:end]."""

    start: int
    end: int
    suggestions: Sequence[Suggestion]


def complete(reader: Reader, text: str, cursor: int) -> Completion:
    """What may be typed at `cursor`, 0-based between characters. Raises SearchUnavailable."""
    if len(text.encode(errors="replace")) > MOST_BYTES:
        return Completion(0, 0, [])
    place = place_at(text, cursor)
    behind = text[place.end : place.end + 1]
    found = _values(reader, place) if place.is_value else _names(reader, place, is_named=behind in (":", "<", ">"))
    if place.is_value and not behind:
        found = [replace(one, text=f"{one.text} ") for one in found]
    return Completion(place.start, place.end, found)


def _names(reader: Reader, place: Place, *, is_named: bool) -> list[Suggestion]:
    """Fields whose name has what is typed, and what can follow a name that is complete."""
    fields = _fields(reader, place.typed)
    if is_named:  # an operator follows already
        return [Suggestion(name_text(name), name, "field", events) for name, events in fields]
    found: list[Suggestion] = []
    if place.typed:  # in capitals, which few names have
        found = [Suggestion(f"{word} ", word, "keyword") for word in KEYWORDS if word.startswith(place.typed)]
    for name, events in fields:
        found += _with_operator(name, events, is_whole=name == place.typed)
    if place.typed and "has".startswith(place.typed):
        found.append(Suggestion("has:", "has:", "operator"))
    return found


def _with_operator(name: str, events: int | None, *, is_whole: bool) -> Iterable[Suggestion]:
    written = name_text(name)
    if name in values.TIME_FIELDS:
        signs: Sequence[str] = (">=", "<") if is_whole else (">=",)
    elif name == values.LEVEL_FIELD:
        signs = (">=", ":", "<") if is_whole else (">=", ":")
    else:
        signs = (":", *COMPARISONS) if is_whole else (":",)
    for sign in signs:
        yield Suggestion(f"{written}{sign}", f"{name}{sign}", "operator" if is_whole else "field", events)
    if is_whole:
        yield Suggestion(f"has:{value_text(name)} ", f"has:{name}", "operator", events)


def _fields(reader: Reader, typed: str) -> list[tuple[str, int | None]]:
    """Names that have `typed`, those that begin with it first; the columns that every event has before its own keys."""
    wanted = typed.lower()
    columns: list[tuple[str, int | None]] = [(name, None) for name in COLUMNS if wanted in name]
    own: list[tuple[str, int | None]] = []
    if visible_to(reader) == EVERYTHING:
        own = list(_own_keys(wanted))
    ranked = sorted(columns + own, key=lambda field: not field[0].lower().startswith(wanted))
    return ranked[:MOST]


def _own_keys(wanted: str) -> Sequence[tuple[str, int]]:
    try:
        return fetch_catalogue(
            """
            SELECT path, sum(events)::bigint FROM log_field
            WHERE day > (SELECT max(day) FROM log_field) - %s AND path <> ALL(%s) AND strpos(lower(path), %s) > 0
            GROUP BY path ORDER BY starts_with(lower(path), %s) DESC, sum(events) DESC, path LIMIT %s
            """,
            [DAYS, list(COLUMNS), wanted, wanted, MOST],
            within_s=CATALOGUE_WITHIN_S,
        )
    except SearchUnavailable:
        return []


def _values(reader: Reader, place: Place) -> list[Suggestion]:
    field, wanted = place.field, place.typed.lower()
    if field == "has" and place.operator == ":":
        return [Suggestion(value_text(name), name, "field", events) for name, events in _fields(reader, place.typed)]
    if field == values.LEVEL_FIELD:
        names = [name for name in reversed(list(LEVEL_NAMES.values())) if name.startswith(wanted)]
        return [Suggestion(name, name, "level") for name in names]
    if field in values.TIME_FIELDS:
        times = TIMES if place.operator != ":" else ()
        return [Suggestion(time, time, "time") for time in times if time.startswith(wanted)]
    if field == "service":
        known: dict[str, int | None] = {name: None for name in services_seen(reader) if wanted in name.lower()}
    else:
        known = dict(_newest_values(reader, field, wanted))
        if len(known) < MOST:
            known |= {one: None for one in _samples(reader, field, wanted) if one not in known}
    fits = _is_one_line if place.operator == ":" else values.number_in
    fitting = ((value, events) for value, events in known.items() if fits(value))
    return [Suggestion(value_text(one), one, "value", events) for one, events in islice(fitting, MOST)]


def _is_one_line(value: str) -> bool:
    """The search box has one line: it would lose the others' ends."""
    return not {"\n", "\r"} & set(value)


def _newest_values(reader: Reader, field: str, wanted: str) -> Sequence[tuple[str, int | None]]:
    """The field's values among the newest events that have it, the most frequent first."""
    try:
        asked = values_of(field, parameter="field")
        if unknown_names(reader, [field]):  # all events would be looked through for it
            return []
    except (QueryError, SearchUnavailable):
        return []
    seen = visible_to(reader)
    try:
        return fetch(
            f"""
            SELECT value, count(*) FROM (
                SELECT {asked.texts.text} AS texts FROM log_event WHERE {seen.sql} AND {asked.present.text}
                ORDER BY time DESC, id DESC LIMIT %s
            ) AS newest, unnest(texts) AS value
            WHERE length(value) BETWEEN 1 AND %s AND strpos(lower(value), %s) > 0
            GROUP BY value ORDER BY starts_with(lower(value), %s) DESC, count(*) DESC, value LIMIT %s
            """,  # noqa: S608 -- our own names
            [*asked.texts.params, *seen.params, *asked.present.params, NEWEST, LONGEST_VALUE, wanted, wanted, MOST],
            within_s=NEWEST_WITHIN_S,
        )
    except TimedOut:
        return []


def _samples(reader: Reader, field: str, wanted: str) -> Sequence[str]:
    """The values that the catalogue noted of one of the event's own keys."""
    if visible_to(reader) != EVERYTHING or not values.is_own_key(field):
        return []
    try:
        rows = fetch_catalogue(
            """
            SELECT DISTINCT value FROM log_field, unnest(samples) AS value
            WHERE day > (SELECT max(day) FROM log_field) - %s AND path = %s AND strpos(lower(value), %s) > 0
            ORDER BY value LIMIT %s
            """,
            [DAYS, field, wanted, MOST],
            within_s=CATALOGUE_WITHIN_S,
        )
    except SearchUnavailable:
        return []
    return [value for (value,) in rows]
