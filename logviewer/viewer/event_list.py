"""The list of events as its address asks for it: which page of it, which columns, and what its template needs."""

from contextlib import suppress

from django.http import QueryDict
from django.utils import timezone

from logviewer.query import events
from logviewer.query.arrivals import read_arrivals
from logviewer.query.events import EventPage, read_page
from logviewer.query.order import Order
from logviewer.query.search import Search
from logviewer.viewer.addresses import active, address_of, places_in, search_address, shown
from logviewer.viewer.columns import USUAL, chosen_columns, columns_of, written
from logviewer.viewer.list_order import address_from, ends_of, order_context, order_of
from logviewer.viewer.marks import mostly_late
from logviewer.viewer.present import Summary, total_text
from logviewer.viewer.rows import marked_rows
from logviewer.viewer.zones import offset_text

USUAL_CELLS = 5  # time, level, service, event, request
_LEAVE_NO_GAPS = {"service", "since", "until"}  # parameters that keep all events of a process side by side


def read_asked_page(search: Search, parameters: QueryDict, *, at_once: bool = False) -> EventPage:
    """The list's first events, those older than the cursor `before`, or those newer than `after`; in the list's order.
    `at_once`: those that are found by then. Raises as read_page."""
    order = order_of(parameters)
    budget_s = events.AT_ONCE_S if at_once else None
    if after := parameters.get("after", ""):
        page = read_page(search, cursor=after, order=Order.OLDEST_FIRST, budget_s=budget_s)
    elif before := parameters.get("before", ""):
        page = read_page(search, cursor=before, order=Order.NEWEST_FIRST, budget_s=budget_s)
    else:
        page = read_page(search, order=order, budget_s=budget_s)
    return page.listed(order)


def list_context(parameters: QueryDict, page: EventPage, *, is_part: bool = False) -> dict[str, object]:
    """For _event_table.html, or for _event_rows.html alone, which goes on where rows are already: `is_part`.

    Raises SearchUnavailable.
    """
    names = chosen_columns(parameters)
    order = order_of(parameters)
    top, bottom = ends_of(page, order, parameters)
    kept = {**active(parameters), **shown(parameters)}
    are_all = active(parameters).keys() <= _LEAVE_NO_GAPS
    arrivals = read_arrivals(page.events)
    most_late = mostly_late(page.events, arrivals)
    return {
        "page": page,
        "rows": marked_rows(page.events, {} if most_late else arrivals, names=names, are_all=are_all),
        "most_late": most_late,
        "zone": " / ".join(_offsets(page)),
        **order_context(order, parameters),
        "top": top,
        "bottom": bottom,
        "onward": bottom if page.order is order else top,  # where reading ended
        "backward": top if page.order is order else bottom,
        "is_upper_part": is_part and page.order is not order,
        "is_lower_part": is_part and page.order is order,
        "columns": columns_of(parameters),
        "columns_text": written(names or USUAL),
        "usual_address": search_address(parameters, columns=""),
        "is_wrapped": bool(parameters.get("wrap")),
        "wrap_address": search_address(parameters, wrap="" if parameters.get("wrap") else "1"),
        **_marked_context(parameters, page, order),
        "cells": cells_of(parameters),
        "kept": kept,
        "kept_but_columns": {name: value for name, value in kept.items() if name != "columns"},
        "fields_address": address_of("fields", parameters),
    }


def summary_context(summary: Summary, parameters: QueryDict) -> dict[str, object]:
    """For _summary_counts.html."""
    return {
        **order_context(order_of(parameters), parameters),
        "summary": summary,
        "shown_text": f"{summary.shown:,}",
        "total_text": total_text(summary),
        "begin_address": search_address(parameters),
    }


def _marked_context(parameters: QueryDict, page: EventPage, order: Order) -> dict[str, object]:
    """The event around which others are shown; with the page that begins with it, if it is not on this one."""
    mark = str(parameters.get("mark", ""))
    for moment, marked in places_in([mark]):
        if any(event.id == marked for event in page.events):
            return {"marked": marked}
        with suppress(OverflowError):  # the calendar's last moment
            return {"marked_address": f"{address_from(parameters, moment, order, mark=mark)}#marked"}
    return {}


def _offsets(page: EventPage) -> list[str]:
    """The offset of the times that are shown; two if clocks were set between them."""
    moments = [page.events[0].time, page.events[-1].time] if page.events else [timezone.now()]
    return list(dict.fromkeys(map(offset_text, moments)))


def cells_of(parameters: QueryDict) -> int:
    """How many cells a row has."""
    names = chosen_columns(parameters)
    return 2 + len(names) if names else USUAL_CELLS
