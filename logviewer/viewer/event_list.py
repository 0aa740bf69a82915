"""The list of events as its address asks for it: which page of it, which columns, and what its template needs."""

from django.http import QueryDict
from django.utils import timezone

from logviewer.query.arrivals import read_arrivals
from logviewer.query.events import EventPage, read_page
from logviewer.query.newer import read_newer_page
from logviewer.query.search import Search
from logviewer.viewer.addresses import active, address_of, newer_address, older_address, search_address, shown
from logviewer.viewer.columns import USUAL, chosen_columns, columns_of, written
from logviewer.viewer.marks import mostly_late
from logviewer.viewer.rows import marked_rows
from logviewer.viewer.zones import offset_text

USUAL_CELLS = 5  # time, level, service, event, request
_LEAVE_NO_GAPS = {"service", "since", "until"}  # parameters that keep all events of a process side by side


def read_asked_page(search: Search, parameters: QueryDict) -> EventPage:
    """The newest events, those older than the cursor `before`, or those newer than `after`. Raises as read_page."""
    if after := parameters.get("after", ""):
        return read_newer_page(search, cursor=after)
    return read_page(search, cursor=parameters.get("before", ""))


def list_context(parameters: QueryDict, page: EventPage, *, is_part: bool = False) -> dict[str, object]:
    """For _event_table.html, or for _event_rows.html alone, which goes on where rows are already: `is_part`.

    Raises SearchUnavailable.
    """
    names = chosen_columns(parameters)
    kept = {**active(parameters), **shown(parameters)}
    are_all = active(parameters).keys() <= _LEAVE_NO_GAPS
    arrivals = read_arrivals(page.events)
    most_late = mostly_late(page.events, arrivals)
    return {
        "page": page,
        "rows": marked_rows(page.events, {} if most_late else arrivals, names=names, are_all=are_all),
        "most_late": most_late,
        "zone": " / ".join(_offsets(page)),
        "older_address": older_address(parameters, page.older) if page.older else "",
        "newer_address": newer_address(parameters, page.newer) if page.newer else "",
        "is_older_part": is_part and "before" in parameters,
        "is_newer_part": is_part and "after" in parameters,
        "is_newer": "after" in parameters,
        "columns": columns_of(parameters),
        "columns_text": written(names or USUAL),
        "usual_address": search_address(parameters, columns=""),
        "is_wrapped": bool(parameters.get("wrap")),
        "wrap_address": search_address(parameters, wrap="" if parameters.get("wrap") else "1"),
        "marked": _number(parameters.get("mark", "")),
        "cells": cells_of(parameters),
        "kept": kept,
        "kept_but_columns": {name: value for name, value in kept.items() if name != "columns"},
        "fields_address": address_of("fields", parameters),
    }


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 20 else None


def _offsets(page: EventPage) -> list[str]:
    """The offset of the times that are shown; two if clocks were set between them."""
    moments = [page.events[0].time, page.events[-1].time] if page.events else [timezone.now()]
    return list(dict.fromkeys(map(offset_text, moments)))


def cells_of(parameters: QueryDict) -> int:
    """How many cells a row has."""
    names = chosen_columns(parameters)
    return 2 + len(names) if names else USUAL_CELLS
