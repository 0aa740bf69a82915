"""What a page says that found nothing, or something else than was meant: links to what there would be otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils.translation import gettext, ngettext

from logviewer.query.alternatives import Counted, Outside
from logviewer.query.count import Count
from logviewer.query.errors import SearchUnavailable
from logviewer.query.language import Node, parse, write, write_all
from logviewer.query.language.nodes import Not, and_, conditions_of, renamed
from logviewer.query.reader import Reader
from logviewer.query.sentence import named
from logviewer.query.summed import is_bound
from logviewer.query.unknown_fields import UnknownField, unknown_fields, unknown_names
from logviewer.viewer.addresses import event_address, search_address
from logviewer.viewer.meant import fields_meant, meanings_of


@dataclass(frozen=True, slots=True)
class Way:
    """A part of the search, and how many events there are without it, or for it alone: at `address`.

    `reached`: counting was cut short there.
    """

    words: str
    is_excluded: bool
    address: str
    count: str
    events: int
    reached: datetime | None

    @property
    def is_certainly_none(self) -> bool:
        return not self.events and self.reached is None


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest event that the search finds at any time, and how many it finds."""

    time: datetime
    name: str
    address: str
    count: str


@dataclass(frozen=True, slots=True)
class Meant:
    """A field that may have been meant by an unknown one, with the search for it."""

    unknown: str
    name: str
    events: str
    address: str


def meanings(reader: Reader, parameters: QueryDict, *, found: bool) -> list[tuple[str, str]]:
    """Queries that may have been meant, each with its address. Of a search that `found` something only those for a
    field that there is: student_id:88, where the words student and 88 are in other events."""
    query = parameters.get("q", "")
    meant = {} if found else dict.fromkeys(meanings_of(query))
    fields = dict(fields_meant(query))
    try:
        unknown = unknown_names(reader, list(fields)) if fields else ()
        meant |= {changed: None for name, changed in fields.items() if name not in unknown}
    except SearchUnavailable:
        pass
    return [(one, search_address(parameters, q=one)) for one in meant]


def ways_without(parameters: QueryDict, found: Sequence[Counted]) -> list[Way]:
    """The parts whose absence finds most come first."""
    return _ways(found, [_address_without(parameters, one) for one in found])


def ways_alone(parameters: QueryDict, found: Sequence[Counted]) -> list[Way]:
    """The parts that find most by themselves come first."""
    return _ways(found, [_address_alone(parameters, one) for one in found])


def _ways(found: Sequence[Counted], addresses: Sequence[str]) -> list[Way]:
    ways = [
        Way(
            words=named(one.condition.node if isinstance(one.condition, Not) else one.condition),
            is_excluded=isinstance(one.condition, Not),
            address=address,
            count=count_text(one.found),
            events=one.found.events,
            reached=one.found.reached,
        )
        for one, address in zip(found, addresses, strict=True)
    ]
    return sorted(ways, key=lambda way: -way.events)


def newest_of(outside: Outside) -> Newest | None:
    event = outside.newest
    if event is None:
        return None
    return Newest(event.time, event.event, event_address(event.time, event.id), count_text(outside.found))


def any_time(parameters: QueryDict) -> QueryDict | None:
    """The search without its bounds in time; None if it has none. Raises QueryError."""
    conditions = conditions_of(parse(parameters.get("q", "")))
    kept = [one for one in conditions if not is_bound(one)]
    if len(kept) == len(conditions) and not parameters.get("since") and not parameters.get("until"):
        return None
    timeless = parameters.copy()
    timeless["since"] = timeless["until"] = ""
    timeless["q"] = write_all(kept)
    return timeless


def excluded_by_unknown(reader: Reader, parameters: QueryDict, node: Node) -> list[tuple[str, list[Meant]]]:
    """Fields that no event has, of what is excluded: that excludes nothing, and no empty page would tell."""
    excluded = [one for one in conditions_of(node) if isinstance(one, Not)]
    return did_you_mean(parameters, unknown_fields(reader, and_(list(excluded)))) if excluded else []


def did_you_mean(parameters: QueryDict, unknown: Sequence[UnknownField]) -> list[tuple[str, list[Meant]]]:
    """For each unknown field the near ones."""
    node = parse(parameters.get("q", ""))
    return [
        (
            field.name,
            [
                Meant(
                    unknown=field.name,
                    name=near.name,
                    events="" if near.events is None else _events(near.events),
                    address=search_address(parameters, q=write(renamed(node, field.name, near.name))),
                )
                for near in field.near
            ],
        )
        for field in unknown
    ]


def _events(number: int) -> str:
    return ngettext("%(number)s event", "%(number)s events", number) % {"number": f"{number:,}"}


def count_text(found: Count) -> str:
    """ "214", or "at least 214" where counting was cut short."""
    number = f"{found.events:,}"
    return number if found.complete else gettext("at least %(number)s") % {"number": number}


def _address_without(parameters: QueryDict, one: Counted) -> str:
    if one.parameter != "q":
        return search_address(parameters, **{one.parameter: ""})
    conditions = conditions_of(parse(parameters.get("q", "")))
    return search_address(parameters, q=write_all([other for other in conditions if other != one.condition]))


def _address_alone(parameters: QueryDict, one: Counted) -> str:
    bounds = [other for other in conditions_of(parse(parameters.get("q", ""))) if is_bound(other)]
    kept = QueryDict(mutable=True)
    for name in ("since", "until"):
        kept[name] = parameters.get(name, "")
    if one.parameter != "q":
        return search_address(kept, **{one.parameter: parameters.get(one.parameter, ""), "q": write_all(bounds)})
    return search_address(kept, q=write_all([one.condition, *bounds]))
