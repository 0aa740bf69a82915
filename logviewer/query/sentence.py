"""A search as a plain sentence: what stands above its list, in the page's title, and at the head of what leaves the
product.

    37 errors from learning-api, Tue 10:02 to Wed 10:02 (UTC-6), where cohort_id is 12, without slack_*
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import Enum, auto

from django.utils.dateformat import format as formatted
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from logviewer.query.language import Node
from logviewer.query.language.nodes import And, Compare, Equals, Has, Like, Not, Or, Phrase, Word, conditions_of
from logviewer.query.language.values import LEVEL_FIELD, level_in
from logviewer.query.search import Search
from logviewer.query.summed import is_bound
from logviewer.query.times import in_zone
from logviewer.store.event import Level

LONGEST = 400  # characters of a sentence
LONGEST_VALUE = 60
# Within these of the present a weekday's name alone says which day is meant.
BY_WEEKDAY, NEXT_DAY = timedelta(days=6), timedelta(hours=12)
MINUTES_FROM, SECONDS_FROM = timedelta(minutes=10), timedelta(seconds=10)  # spans said in minutes, in seconds

# What a sentence begins with: all of them, none, or so many.
_NOUNS = {
    None: (_("events"), _("no events"), ngettext_lazy("%(count)s event", "%(count)s events", "number")),
    Level.TRACE: (
        _("trace events"),
        _("no trace events"),
        ngettext_lazy("%(count)s trace event", "%(count)s trace events", "number"),
    ),
    Level.DEBUG: (
        _("debug events"),
        _("no debug events"),
        ngettext_lazy("%(count)s debug event", "%(count)s debug events", "number"),
    ),
    Level.INFO: (
        _("info events"),
        _("no info events"),
        ngettext_lazy("%(count)s info event", "%(count)s info events", "number"),
    ),
    Level.WARNING: (
        _("warnings"),
        _("no warnings"),
        ngettext_lazy("%(count)s warning", "%(count)s warnings", "number"),
    ),
    Level.ERROR: (_("errors"), _("no errors"), ngettext_lazy("%(count)s error", "%(count)s errors", "number")),
    Level.CRITICAL: (
        _("critical events"),
        _("no critical events"),
        ngettext_lazy("%(count)s critical event", "%(count)s critical events", "number"),
    ),
}
# A comparison as a clause, and as a thing after "without".
_SAID = {
    ">": _("%(field)s is above %(value)s"),
    ">=": _("%(field)s is at least %(value)s"),
    "<": _("%(field)s is below %(value)s"),
    "<=": _("%(field)s is at most %(value)s"),
    "or worse": _("%(field)s is %(value)s or worse"),
}
_NAMED = {
    ">": _("%(field)s above %(value)s"),
    ">=": _("%(field)s at least %(value)s"),
    "<": _("%(field)s below %(value)s"),
    "<=": _("%(field)s at most %(value)s"),
    "or worse": _("%(field)s %(value)s or worse"),
}


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
    sentence = _what(said, events, quality)
    for words, name, part in (
        (gettext("%(events)s from %(services)s"), "services", _all([_value(one) for one in said.services])),
        (gettext("%(events)s mentioning %(words)s"), "words", _all([named(one) for one in said.words])),
        (gettext("%(events)s, %(time)s"), "time", _time(search.since, search.until, zone, now)),
        (gettext("%(events)s, where %(conditions)s"), "conditions", _all([_said(one) for one in said.others])),
        (gettext("%(events)s, without %(conditions)s"), "conditions", _any([named(one) for one in said.excluded])),
    ):
        if part:
            sentence = words % {"events": sentence, name: part}
    return _cut(capfirst(sentence), LONGEST)


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
        case Compare(name, _, value):
            return _NAMED[_comparison(node)] % {"field": _value(name), "value": _value(value)}
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
    everything, nothing, counted = _NOUNS[said.level]
    if events is None:
        what = str(everything)
    elif events or quality is not Quality.EXACT:
        what = counted % {"number": events, "count": f"{events:,}"}
    else:
        what = str(nothing)
    if events is not None and quality is Quality.AT_LEAST:
        what = gettext("at least %(events)s") % {"events": what}
    elif events is not None and quality is Quality.ABOUT:
        what = gettext("about %(events)s") % {"events": what}
    if said.or_worse and said.level is not Level.CRITICAL:
        what = gettext("%(events)s or worse") % {"events": what}
    return what


def _said(node: Node) -> str:
    """A condition as a clause: "cohort_id is 12"."""
    match node:
        case Equals(name, value):
            return gettext("%(field)s is %(value)s") % {"field": _value(name), "value": _value(value)}
        case Like(name, value):
            return gettext("%(field)s is like %(value)s") % {"field": _value(name), "value": _value(value)}
        case Compare(name, _, value):
            return _SAID[_comparison(node)] % {"field": _value(name), "value": _value(value)}
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


def _comparison(node: Compare) -> str:
    return "or worse" if node.field == LEVEL_FIELD and node.operator == ">=" else node.operator


def _value(text: str) -> str:
    """A name or value; in quotes where it could not be told from the sentence."""
    cut = _cut(text, LONGEST_VALUE)
    is_plain = (
        cut and cut.lower() not in ("and", "or", "not") and not any(one.isspace() or one in "(),“”" for one in cut)
    )
    return cut if is_plain else f"“{cut}”"


def _all(said: Sequence[str]) -> str:
    """ "a, b and c"."""
    return _listed(said, gettext("%(some)s and %(last)s"))


def _any(said: Sequence[str]) -> str:
    return _listed(said, gettext("%(some)s or %(last)s"))


def _listed(said: Sequence[str], words: str) -> str:
    return "".join(said) if len(said) < 2 else words % {"some": gettext(", ").join(said[:-1]), "last": said[-1]}


def _time(since: datetime | None, until: datetime | None, zone: tzinfo, now: datetime | None) -> str:
    start, end = (None if one is None else in_zone(one, zone) for one in (since, until))
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
