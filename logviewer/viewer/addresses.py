"""Links: a search is its URL, so to change a search is to edit the parameters."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from django.http import QueryDict
from django.urls import reverse

from logviewer.query.language import QueryError, field_term, parse, write
from logviewer.query.language.nodes import Everything, Or, and_, conditions_of, not_
from logviewer.query.order import Order
from logviewer.query.search import SEARCH_PARAMETERS
from logviewer.viewer.zones import url_time

OWN_PARAMETERS = ("request_id", "cohort_id", "service")  # fields with a box of their own
VIEW_PARAMETERS = ("columns", "wrap", "by", "sort")  # how a search is shown; links from a search keep it
PATIENT = "patient"  # the parameter of who waits for all that a search finds
READABLE = ":/,"  # needs no escaping in a query string, and people read these
_KEPT = frozenset((*SEARCH_PARAMETERS, *VIEW_PARAMETERS))
ONE_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,19})", re.ASCII)


def search_address(parameters: QueryDict, **changes: str) -> str:
    """The page of the search with `changes`; an empty value removes a parameter. Begins where its list does."""
    return address_of("events", parameters, **changes)


def address_of(page: str, parameters: QueryDict, **changes: str) -> str:
    """Another page about the search; `changes` that are no parameters of a search are the page's own."""
    kept = {**active(parameters), **shown(parameters), **changes}
    query = QueryDict(mutable=True)
    # One order, so that equal searches have equal addresses.
    for name in (*SEARCH_PARAMETERS, *VIEW_PARAMETERS, *(one for one in changes if one not in _KEPT)):
        if kept.get(name):
            query[name] = kept[name]
    return f"{reverse(page)}?{query.urlencode(safe=READABLE)}" if query else reverse(page)


def patient_address(parameters: QueryDict) -> str:
    """The same page of the search, which comes when it is whole."""
    query = parameters.copy()
    query[PATIENT] = "1"
    return f"{reverse('events')}?{query.urlencode(safe=READABLE)}"


def query_of(parameters: QueryDict) -> str:
    """The query string that says all of a search: what is found, how it is shown. Equal searches have equal ones."""
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in {**active(parameters), **shown(parameters)}.items() if value.strip()})
    return query.urlencode(safe=READABLE)


def older_address(parameters: QueryDict, cursor: str) -> str:
    """The page that goes on with the events older than those shown."""
    return search_address(parameters, before=cursor)


def newer_address(parameters: QueryDict, cursor: str) -> str:
    """The page that goes on with the events newer than those shown."""
    return search_address(parameters, after=cursor)


def with_value(parameters: QueryDict, path: str, text: str) -> str:
    """The search for only those events that have this value."""
    if path in OWN_PARAMETERS and _fits_in_box(text):
        return search_address(parameters, **{path: text})
    return search_address(parameters, q=with_term(parameters.get("q", ""), field_term(path, text)))


def exactly(values: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a search for these values of OWN_PARAMETERS."""
    boxes = {name: text for name, text in values.items() if _fits_in_box(text)}
    query = " ".join(field_term(name, text) for name, text in values.items() if name not in boxes)
    return {**boxes, "q": query} if query else boxes


def _fits_in_box(text: str) -> bool:
    return bool(text) and text == text.strip()  # a box loses spaces around it


def without_value(parameters: QueryDict, path: str, text: str) -> str:
    """The search for only those events that do not have this value."""
    changes = {"q": with_term(parameters.get("q", ""), field_term(path, text, negated=True))}
    if path in OWN_PARAMETERS and parameters.get(path) == text:
        changes[path] = ""  # otherwise nothing would be left
    return search_address(parameters, **changes)


def with_term(query: str, term: str) -> str:
    """`query` and `term`. Its opposite, if the whole query asks for it, makes way."""
    try:
        node, added = parse(query), parse(term)
    except QueryError:
        return f"{query} {term}"
    conditions = conditions_of(node)
    if added in conditions:
        return query
    rest = [one for one in conditions if one not in (not_(added), Everything())]
    if not rest:
        return term
    if isinstance(node, Or):
        return f"({query}) {term}"
    return f"{query if len(rest) == len(conditions) else write(and_(rest))} {term}"


def around_address(kept: Mapping[str, str], moment: datetime, span: timedelta, *, event_id: int) -> str:
    """What there is from `span` before an event to `span` after it, with the parameters that are `kept`."""
    try:
        since, until = url_time(moment - span), url_time(moment + span + ONE_MICROSECOND)
    except OverflowError:  # at an end of the calendar
        since = until = ""
    return f"{search_address(QueryDict(), since=since, until=until, **kept, mark=event_key(moment, event_id))}#marked"


def same_event_address(parameters: QueryDict, name: str) -> str:
    """The events of this name in the time range in view, whatever else was asked for."""
    others = dict.fromkeys(("request_id", "cohort_id", "level", "service"), "")
    return search_address(parameters, q=field_term("event", name), **others)


def event_address(moment: datetime, event_id: int) -> str:
    """The event's own page."""
    return reverse("event", args=(url_time(moment), event_id))


def event_key(moment: datetime, event_id: int) -> str:
    """The event's name among others that are selected: microseconds since 1970, a dot, its id."""
    return f"{(moment - _EPOCH) // ONE_MICROSECOND}.{event_id}"


def places_in(keys: Iterable[str]) -> list[tuple[datetime, int]]:
    """Time and id of each event that is named; what is no name is left out."""
    return [place for key in keys if (place := _place(key))]


def _place(key: str) -> tuple[datetime, int] | None:
    found = _KEY.fullmatch(key)
    if found is None or int(found[2]) >= 2**63:
        return None
    try:
        return _EPOCH + int(found[1]) * ONE_MICROSECOND, int(found[2])
    except OverflowError:
        return None


def request_address(request_id: str) -> str:
    """The page of a request; the search for it if a browser would read its id as steps in a path, or change it."""
    steps = set(request_id.split("/"))
    if {".", ".."} & steps or steps == {""} or not request_id.isprintable():
        return with_value(QueryDict(), "request_id", request_id)
    return reverse("request", args=(request_id,))


def shown(parameters: QueryDict) -> Mapping[str, str]:
    """The parameters that say how the search is shown. The usual order is not said, nor one that there is not."""
    given = {name: str(parameters.get(name, "")) for name in VIEW_PARAMETERS}
    if given["sort"] != Order.OLDEST_FIRST:
        del given["sort"]
    return {name: value for name, value in given.items() if value}


def active(parameters: QueryDict) -> Mapping[str, str]:
    """The parameters that narrow the search."""
    given = {name: str(parameters.get(name, "")) for name in SEARCH_PARAMETERS}
    return {name: value for name, value in given.items() if value}
