"""Tags of what people come back to: their views above a search, and what can be done with the search shown."""

from typing import Any

from django import template
from django.http import HttpRequest, QueryDict
from django.template import Context
from django.utils import timezone

from logviewer.query.order import Order
from logviewer.viewer.addresses import query_of
from logviewer.viewer.headline import words_of
from logviewer.viewer.list_order import WORDS, order_context, order_of
from logviewer.viewer.models import RecentSearch
from logviewer.viewer.recent_searches import recent_searches
from logviewer.viewer.saved_views import SHIPPED, NamedSearch, links_to, visible_to

register = template.Library()

RECENT_IN_MENU = 8


@register.inclusion_tag("viewer/_views_bar.html", takes_context=True)
def views_bar(context: Context) -> dict[str, Any]:
    """The views as links: those that came with the product, the pinned ones, and a menu with the others."""
    request: Any = context["request"]
    shown = query_of(request.GET)
    saved = list(visible_to(request.user))
    recent = [_named(one) for one in recent_searches(request.user)[:RECENT_IN_MENU]]
    return {
        "bar": links_to([*SHIPPED, *(view for view in saved if view.is_pinned)], shown),
        "others": links_to([view for view in saved if not view.is_pinned], shown),
        "recent": links_to(recent, shown),
        "shown": shown,
    }


def _named(recent: RecentSearch) -> NamedSearch:
    """In words; with the order of its list if that is not the usual one."""
    asked = QueryDict(recent.query)
    order, words = order_of(asked), words_of(asked)
    return NamedSearch(words if order is Order.NEWEST_FIRST else f"{words}, {WORDS[order]}", recent.query)


@register.inclusion_tag("viewer/_search_tools.html", takes_context=True)
def search_tools(context: Context) -> dict[str, Any]:
    """Follow, and export, the search shown."""
    request: HttpRequest = context["request"]
    return {
        "shown": query_of(request.GET),
        **order_context(order_of(request.GET), request.GET),
        "has_end": bool(request.GET.get("until", "").strip()),
        "zone": timezone.get_current_timezone_name(),
    }
