"""A search as a plain sentence: what stands above its list, in the page's title, and at the head of what leaves the
product.

    37 errors from learning-api, Tue 10:02 to Wed 10:02 (UTC-6), where cohort_id is 12, without slack_*
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum, auto

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext, ngettext

from logviewer.query.language import Node
from logviewer.query.language.nodes import And, Compare, Equals, Has, Like, Not, Or, Phrase, Word, conditions_of
from logviewer.query.language.values import LEVEL_FIELD, level_in
from logviewer.query.search import Search
from logviewer.query.summed import is_bound
from logviewer.store.event import Level

LONGEST = 400  # characters of a sentence
LONGEST_VALUE = 60
# Within these of the present a weekday's name alone says which day is meant.
BY_WEEKDAY, NEXT_DAY = timedelta(days=6), timedelta(hours=12)
MINUTES_FROM, SECONDS_FROM = timedelta(minutes=10), timedelta(seconds=10)  # spans said in minutes, in seconds


class Quality(Enum):
    """How well a number of events is known."""

    EXACT = auto()
    AT_LEAST = auto()
    ABOUT = auto()


def sentence_of(
    search: Search,
    *,
    zone: tzinfo,
    now: datetime | None = None,
    events: int | None = None,
    quality: Quality = Quality.EXACT,
) -> str:
    """What `search` finds. `events`: how many those are, if anything is known of that.

    Times are in `zone`. Read at `now`, days of the last week are weekdays; without it each is a date, for texts that
    are kept.
    """
    said = _sorted(search)
    head = " ".join(filter(None, (_what(said, events, quality), _from(said.services), _words(said.words))))
    parts = [
        head,
        _time(search.since, search.until, zone, now),
        gettext("where %(conditions)s") % {"conditions": _all([_said(one) for one in said.others])}
        if said.others
        else "",
        gettext("without %(conditions)s") % {"conditions": _any([named(one) for one in said.excluded])}
        if said.excluded
        else "",
    ]
    return _cut(", ".join(filter(None, parts)), LONGEST)


def named(node: Node) -> str:
    """A condition as a thing, after "without" or "mentioning": "slack_*", "path /health*"."""
    match node:
        case Word(text):
            return _value(text)
        case Phrase(text):
            return f"“{_cut(text, LONGEST_VALUE)}”"
        case Equals("event", value) | Like("event", value):
            return _value(value)
        case Equals(name, value) | Like(name, value):
            return f"{_value(name)} {_value(value)}"
        case Has(name):
            return _value(name)
        case Compare(name):
            return f"{_value(name)} {_relation(node)}"
    return _said(node)


@dataclass(slots=True)
class _Conditions:
    """The conditions of a search by their place in the sentence."""

    level: Level | None = None
    or_worse: bool = False
    services: list[str] = field(default_factory=list)
    words: list[Node] = field(default_factory=list)
    others: list[Node] = field(default_factory=list)
    excluded: list[Node] = field(default_factory=list)


def _sorted(search: Search) -> _Conditions:
    said = _Conditions()
    for node in (*search.given, *conditions_of(search.node)):
        match node:
            case Compare() if is_bound(node):
                continue  # is in the search's own bounds
            case Equals(name) | Compare(name, ">=") if name == LEVEL_FIELD and said.level is None:
                said.level, said.or_worse = level_in(node), isinstance(node, Compare)
            case Equals("service", value):
                said.services.append(value)
            case Word() | Phrase():
                said.words.append(node)
            case Not(inner):
                said.excluded.append(inner)
            case _:
                said.others.append(node)
    return said


def _what(said: _Conditions, events: int | None, quality: Quality) -> str:
    many = 2 if events is None else events
    quantity = "" if events is None else f"{events:,}"
    if events == 0 and quality is Quality.EXACT:
        quantity = gettext("No")
    elif events is not None and quality is Quality.AT_LEAST:
        quantity = gettext("At least %(number)s") % {"number": quantity}
    elif events is not None and quality is Quality.ABOUT:
        quantity = gettext("About %(number)s") % {"number": quantity}
    what = (_noun(said.level, many) % {"quantity": quantity}).strip()
    if said.or_worse and said.level is not Level.CRITICAL:
        what = gettext("%(errors)s or worse") % {"errors": what}
    return what[:1].upper() + what[1:]


def _noun(level: Level | None, many: int) -> str:
    match level:
        case Level.TRACE:
            return ngettext("%(quantity)s trace event", "%(quantity)s trace events", many)
        case Level.DEBUG:
            return ngettext("%(quantity)s debug event", "%(quantity)s debug events", many)
        case Level.INFO:
            return ngettext("%(quantity)s info event", "%(quantity)s info events", many)
        case Level.WARNING:
            return ngettext("%(quantity)s warning", "%(quantity)s warnings", many)
        case Level.ERROR:
            return ngettext("%(quantity)s error", "%(quantity)s errors", many)
        case Level.CRITICAL:
            return ngettext("%(quantity)s critical event", "%(quantity)s critical events", many)
    return ngettext("%(quantity)s event", "%(quantity)s events", many)


def _from(services: Sequence[str]) -> str:
    return gettext("from %(services)s") % {"services": _all(list(map(_value, services)))} if services else ""


def _words(words: Sequence[Node]) -> str:
    return gettext("mentioning %(words)s") % {"words": _all(list(map(named, words)))} if words else ""


def _said(node: Node) -> str:
    """A condition as a clause: "cohort_id is 12"."""
    match node:
        case Equals(name, value):
            return gettext("%(field)s is %(value)s") % {"field": _value(name), "value": _value(value)}
        case Like(name, value):
            return gettext("%(field)s is like %(value)s") % {"field": _value(name), "value": _value(value)}
        case Compare(name):
            return gettext("%(field)s is %(value)s") % {"field": _value(name), "value": _relation(node)}
        case Has(name):
            return gettext("%(field)s exists") % {"field": _value(name)}
        case Word() | Phrase():
            return gettext("%(word)s is mentioned") % {"word": named(node)}
        case Not(inner):
            return gettext("not: %(condition)s") % {"condition": _said(inner)}
        case And(nodes):
            return f"({_all([_said(one) for one in nodes])})"
        case Or(nodes):
            return f"({_any([_said(one) for one in nodes])})"
    return gettext("anything")


def _relation(node: Compare) -> str:
    if node.field == LEVEL_FIELD and node.operator == ">=":
        return gettext("%(errors)s or worse") % {"errors": _value(node.value)}
    relations = {
        ">": gettext("above %(value)s"),
        ">=": gettext("at least %(value)s"),
        "<": gettext("below %(value)s"),
        "<=": gettext("at most %(value)s"),
    }
    return relations[node.operator] % {"value": _value(node.value)}


def _value(text: str) -> str:
    """A name or value; in quotes where it could not be told from the sentence."""
    cut = _cut(text, LONGEST_VALUE)
    is_plain = (
        cut and cut.lower() not in ("and", "or", "not") and not any(one.isspace() or one in "(),“”" for one in cut)
    )
    return cut if is_plain else f"“{cut}”"


def _all(said: Sequence[str]) -> str:
    """ "a, b and c"."""
    *some, last = said
    return gettext("%(some)s and %(last)s") % {"some": ", ".join(some), "last": last} if some else last


def _any(said: Sequence[str]) -> str:
    *some, last = said
    return gettext("%(some)s or %(last)s") % {"some": ", ".join(some), "last": last} if some else last


def _time(since: datetime | None, until: datetime | None, zone: tzinfo, now: datetime | None) -> str:
    start, end = (None if one is None else _local(one, zone) for one in (since, until))
    clock = _clock_for(start, end or now)
    if start and end:
        together = start.utcoffset() == end.utcoffset()
        first = _moment(start, now, clock) if together else f"{_moment(start, now, clock)} ({_offset(start)})"
        last = f"{end:{clock}}" if start.date() == end.date() else _moment(end, now, clock)
        return gettext("%(since)s to %(until)s") % {"since": first, "until": f"{last} ({_offset(end)})"}
    if start:
        return gettext("since %(time)s") % {"time": f"{_moment(start, now, clock)} ({_offset(start)})"}
    if end:
        return gettext("before %(time)s") % {"time": f"{_moment(end, now, clock)} ({_offset(end)})"}
    return ""


def _local(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:  # the first and last day of the calendar, where zones end
        return moment.astimezone(UTC)


def _clock_for(start: datetime | None, end: datetime | None) -> str:
    """The format of times of day that suits the span: "the last hour" began at no full second, and that is no news."""
    span = end - start if start and end else MINUTES_FROM
    if span >= MINUTES_FROM:
        return "%H:%M"
    return "%H:%M:%S" if span >= SECONDS_FROM else "%H:%M:%S.%f"


def _moment(moment: datetime, now: datetime | None, clock: str) -> str:
    if now is not None and -NEXT_DAY <= now - moment < BY_WEEKDAY:
        return f"{formatted(moment, 'D')} {moment:{clock}}"
    is_of_this_year = now is not None and moment.year == now.astimezone(moment.tzinfo).year
    return f"{formatted(moment, 'j M' if is_of_this_year else 'j M Y')} {moment:{clock}}"


def _offset(moment: datetime) -> str:
    """ "UTC", "UTC-6", "UTC+5:30"."""
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
