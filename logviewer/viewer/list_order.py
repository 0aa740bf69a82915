"""The order of the list: what the address says of it, the words for it, and what stands at the ends of the rows."""

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from logviewer.query.events import EventPage, cursor_at
from logviewer.query.order import Order
from logviewer.viewer.addresses import newer_address, older_address, search_address

WORDS = {Order.NEWEST_FIRST: _("newest first"), Order.OLDEST_FIRST: _("oldest first")}


@dataclass(frozen=True, slots=True)
class End:
    """An end of the rows: the link to the page beyond it, "" if there is none, and what is said then."""

    name: str
    address: str
    words: str | Promise
    nothing: str | Promise


def order_of(parameters: QueryDict) -> Order:
    """Raises QueryError."""
    return Order.parse(parameters.get("sort", ""))


def ends_of(page: EventPage, order: Order, parameters: QueryDict) -> tuple[End, End]:
    """Above the rows and below them."""
    newer = End(
        "newer",
        newer_address(parameters, page.newer) if page.newer else "",
        _("Newer events"),
        _("No newer events match yet."),
    )
    older = End(
        "older",
        older_address(parameters, page.older) if page.older else "",
        _("Older events"),
        _("No older events match."),
    )
    return (older, newer) if order is Order.OLDEST_FIRST else (newer, older)


def address_from(parameters: QueryDict, moment: datetime, order: Order, **changes: str) -> str:
    """The page of the list that begins at `moment`. Raises OverflowError for the calendar's last."""
    towards = "after" if order is Order.OLDEST_FIRST else "before"
    return search_address(parameters, **{towards: cursor_at(moment, order)}, **changes)


def order_context(order: Order, parameters: QueryDict) -> dict[str, object]:
    """For what says the order, and for the link to the other one, which begins at the other end."""
    is_oldest_first = order is Order.OLDEST_FIRST
    return {
        "is_oldest_first": is_oldest_first,
        "order_words": WORDS[order],
        "other_order_address": search_address(parameters, sort="" if is_oldest_first else Order.OLDEST_FIRST),
    }
