"""What narrows a search, part by part: each with the links to the search without it and to the one for its opposite."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy

from logviewer.query.language import QueryError, parse, write, write_all
from logviewer.query.language.nodes import Not, conditions_of, not_
from logviewer.query.language.values import LEVEL_FIELD
from logviewer.query.order import Order
from logviewer.viewer.addresses import active, search_address, shown, with_term, without_value
from logviewer.viewer.list_order import WORDS
from logviewer.viewer.ranges import range_words

LABELS = {
    "request_id": gettext_lazy("Request"),
    "cohort_id": gettext_lazy("Cohort"),
    "level": gettext_lazy("Level"),
    "service": gettext_lazy("Service"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a search. `words` name the field of the form that asks for it, if it is not the query."""

    words: str
    value: str
    without: str  # address
    opposite: str = ""  # address; none for what has no opposite
    excludes: str = ""  # what it leaves out, for a part of the query that does
    is_time: bool = False


def parts_of(parameters: QueryDict) -> list[Part]:
    """The parts, in the order of the form; the time range is one, and so is a query that cannot be read."""
    return [*_of_query(parameters), *_of_fields(parameters), *_of_time(parameters)]


def said_parts(parameters: QueryDict) -> list[Part]:
    """The parts, and the order of the list if it is not the usual one: for where a search is only named."""
    order = shown(parameters).get("sort")
    said = [Part(gettext("Order"), str(WORDS[Order(order)]), search_address(parameters, sort=""))] if order else []
    return [*parts_of(parameters), *said]


def _of_query(parameters: QueryDict) -> Iterator[Part]:
    text = parameters.get("q", "").strip()
    try:
        conditions = conditions_of(parse(text))
    except QueryError:
        yield Part("", text, search_address(parameters, q=""))
        return
    for place, node in enumerate(conditions):
        before, after = conditions[:place], conditions[place + 1 :]
        yield Part(
            words="",
            value=write(node),
            without=search_address(parameters, q=write_all([*before, *after])),
            opposite=search_address(parameters, q=write_all([*before, not_(node), *after])),
            excludes=write(node.node) if isinstance(node, Not) else "",
        )


def _of_fields(parameters: QueryDict) -> Iterator[Part]:
    given = active(parameters)
    for name in (one for one in LABELS if one in given):
        value = given[name]
        is_level = name == LEVEL_FIELD
        yield Part(
            words=str(LABELS[name]),
            value=_level_words(value) if is_level else value,
            without=search_address(parameters, **{name: ""}),
            opposite=_without_level(parameters, value) if is_level else without_value(parameters, name, value),
        )


def _level_words(level: str) -> str:
    return level if level == "critical" else gettext("%(level)s and above") % {"level": level}


def _without_level(parameters: QueryDict, level: str) -> str:
    return search_address(parameters, level="", q=with_term(parameters.get("q", ""), f"level<{level}").strip())


def _of_time(parameters: QueryDict) -> Iterator[Part]:
    given = active(parameters)
    if "since" in given or "until" in given:
        without = search_address(parameters, since="", until="")
        yield Part(gettext("Time"), range_words(parameters), without, is_time=True)
