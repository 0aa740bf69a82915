"""Links: a search is its URL, so to change a search is to edit the parameters."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.http import QueryDict
from django.urls import reverse

from logviewer.query.language import QueryError, field_term, parse, write
from logviewer.query.language.nodes import And, Everything, Or, and_, not_
from logviewer.query.search import SEARCH_PARAMETERS
from logviewer.viewer.zones import url_time

OWN_PARAMETERS = ("request_id", "cohort_id", "service")  # fields with a box of their own
OF_A_LIST = ("columns", "sort")  # how a search is shown; saved views and exports keep it with the search
READABLE = ":/"  # needs no escaping in a query string, and people read these
AROUND = timedelta(seconds=30)
ONE_MICROSECOND = timedelta(microseconds=1)


def search_address(parameters: QueryDict, **changes: str) -> str:
    """The page of the search with `changes`; an empty value removes a parameter. Begins at the newest event."""
    kept = {**active(parameters), **changes}
    query = QueryDict(mutable=True)
    for name in SEARCH_PARAMETERS:  # one order, so that equal searches have equal addresses
        if kept.get(name):
            query[name] = kept[name]
    return f"{reverse('events')}?{query.urlencode(safe=READABLE)}" if query else reverse("events")


def query_of(parameters: QueryDict) -> str:
    """The query string that says all of a search: what is found, how it is shown. Equal searches have equal ones."""
    query = QueryDict(mutable=True)
    for name in (*SEARCH_PARAMETERS, *OF_A_LIST):
        if (value := str(parameters.get(name, ""))).strip():
            query[name] = value
    return query.urlencode(safe=READABLE)


def older_address(parameters: QueryDict, cursor: str) -> str:
    """The page that goes on with the events older than those shown."""
    address = search_address(parameters)
    return f"{address}{'&' if '?' in address else '?'}before={cursor}"


def with_value(parameters: QueryDict, path: str, text: str) -> str:
    """The search for only those events that have this value."""
    if path in OWN_PARAMETERS and text and text == text.strip():  # the box loses spaces around it
        return search_address(parameters, **{path: text})
    return search_address(parameters, q=with_term(parameters.get("q", ""), field_term(path, text)))


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
    conditions = node.nodes if isinstance(node, And) else (node,)
    if added in conditions:
        return query
    rest = [one for one in conditions if one not in (not_(added), Everything())]
    if not rest:
        return term
    if isinstance(node, Or):
        return f"({query}) {term}"
    return f"{query if len(rest) == len(conditions) else write(and_(rest))} {term}"


def around_address(service: str, moment: datetime) -> str:
    """What a service did half a minute before and after `moment`, whatever the search was."""
    since, until = url_time(moment - AROUND), url_time(moment + AROUND + ONE_MICROSECOND)
    return search_address(QueryDict(), service=service, since=since, until=until)


def event_address(moment: datetime, event_id: int) -> str:
    """The event's own page."""
    return reverse("event", args=(url_time(moment), event_id))


def request_address(request_id: str) -> str:
    """The page of a request; the search for it if a browser would read its id as steps in a path, or change it."""
    steps = set(request_id.split("/"))
    if {".", ".."} & steps or steps == {""} or not request_id.isprintable():
        return with_value(QueryDict(), "request_id", request_id)
    return reverse("request", args=(request_id,))


def active(parameters: QueryDict) -> Mapping[str, str]:
    """The parameters that narrow the search."""
    given = {name: str(parameters.get(name, "")) for name in SEARCH_PARAMETERS}
    return {name: value for name, value in given.items() if value}
