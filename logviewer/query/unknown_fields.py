"""Fields that a query names and no event has, each with the names that may have been meant."""

from collections.abc import Sequence
from dataclasses import dataclass

from logviewer.query.catalogue import fetch_catalogue, near_names
from logviewer.query.errors import SearchUnavailable
from logviewer.query.language import Node
from logviewer.query.language.nodes import fields_in
from logviewer.query.language.parser import storable
from logviewer.query.language.values import is_own_key
from logviewer.query.reader import Reader, visible_to
from logviewer.store.predicate import EVERYTHING

MOST = 5  # of one query
WITHIN_S = 1.0  # of each look-up, which takes milliseconds as a rule


@dataclass(frozen=True, slots=True)
class NearField:
    """A field that events have. `events`: how many; None of the store's own columns, which all have."""

    name: str
    events: int | None


@dataclass(frozen=True, slots=True)
class UnknownField:
    name: str
    near: Sequence[NearField]


def unknown_fields(reader: Reader, node: Node) -> Sequence[UnknownField]:
    """The first MOST of them. None where the catalogue is empty or slow: then nothing is known of any."""
    try:
        near = {name: near_names(reader, name) for name in unknown_names(reader, fields_in(node))}
        events = _events_with([one for names in near.values() for one in names])
    except SearchUnavailable:
        return []
    return [UnknownField(name, [NearField(one, events.get(one)) for one in names]) for name, names in near.items()]


def unknown_names(reader: Reader, names: Sequence[str]) -> Sequence[str]:
    """Those of `names` that no event has as a key of its own, MOST at most. Raises SearchUnavailable."""
    asked = [storable(name) for name in names if is_own_key(name)]
    if not asked or visible_to(reader) != EVERYTHING:
        return []
    rows = fetch_catalogue(
        """
        SELECT name FROM unnest(%s::text[]) WITH ORDINALITY AS asked (name, place)
        WHERE EXISTS (SELECT FROM log_field) AND NOT EXISTS (SELECT FROM log_field WHERE path = name)
        ORDER BY place LIMIT %s
        """,
        [asked, MOST],
        within_s=WITHIN_S,
    )
    return [name for (name,) in rows]


def _events_with(names: Sequence[str]) -> dict[str, int]:
    if not names:
        return {}
    rows = fetch_catalogue(
        "SELECT path, sum(events)::bigint FROM log_field WHERE path = ANY(%s) GROUP BY path",
        [[one for one in names if is_own_key(one)]],
        within_s=WITHIN_S,
    )
    return dict(rows)
