"""Follows a search: the page asks every second with the cursor of the answer before, and gets what became certain."""

from collections.abc import Callable, Mapping
from functools import partial, wraps

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from logviewer.accounts.permissions import reads_logs
from logviewer.query.errors import SearchUnavailable
from logviewer.query.events import read_page
from logviewer.query.following import Following
from logviewer.query.language import QueryError
from logviewer.query.language.errors import gettext_noop
from logviewer.query.order import Order
from logviewer.query.reader import Reader
from logviewer.query.search import SEARCH_PARAMETERS, Search
from logviewer.query.tail import TailCursor, newest_cursor
from logviewer.viewer.addresses import VIEW_PARAMETERS
from logviewer.viewer.away import RETRY_AFTER_S
from logviewer.viewer.columns import chosen_columns
from logviewer.viewer.http import LogviewerRequest
from logviewer.viewer.list_order import order_of
from logviewer.viewer.problems import problem_of
from logviewer.viewer.tail_rows import arrived_rows, newest_rows

FOLLOWING = Following()


def follows(
    view: Callable[[LogviewerRequest, Search], HttpResponse],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Makes a view, whose answers are JSON, of a function that answers who follows a search."""

    @require_safe
    @reads_logs
    @never_cache
    @wraps(view)
    def answered(request: LogviewerRequest) -> HttpResponse:
        try:
            if order_of(request.GET) is not Order.NEWEST_FIRST:
                raise QueryError(gettext_noop("what is followed is shown newest first"), parameter="sort")
            search = Search.of(Reader.of(request.user), request.GET.dict(), zone=timezone.get_current_timezone())
            return view(request, search)
        except QueryError as problem:
            return json_answer({"problem": problem_of(request.GET, problem).message}, status=400)
        except SearchUnavailable as problem:
            return json_answer({"problem": str(problem)}, status=503, headers={"Retry-After": str(RETRY_AFTER_S)})

    return answered


@follows
def tail(request: LogviewerRequest, search: Search) -> HttpResponse:
    """Without `cursor` the beginning: the newest rows of the list and the cursor to go on from. With it, what arrived
    since: `rows`, the next `cursor`, and whether `more` is there already."""
    if not request.GET.get("cursor"):
        return _beginning(request, search)
    return _arrived(request, search, TailCursor.parse(request.GET["cursor"]))


def _beginning(request: LogviewerRequest, search: Search) -> HttpResponse:
    cursor = newest_cursor()  # before the list is read: what arrives in between is in both, and shown once by its key
    return json_answer({"cursor": str(cursor), **newest_rows(read_page(search), request.GET)})


def _arrived(request: LogviewerRequest, search: Search, cursor: TailCursor) -> HttpResponse:
    make = partial(arrived_rows, names=chosen_columns(request.GET))
    news = FOLLOWING.news(what_is_shared(request, search), search, cursor, make)
    return json_answer({"cursor": str(news.cursor), "rows": [msgspec.Raw(row) for row in news.rows], "more": news.more})


def what_is_shared(request: LogviewerRequest, search: Search) -> tuple[object, ...]:
    """What is the same for all who may be given the same answer."""
    asked = tuple(request.GET.get(name, "") for name in (*SEARCH_PARAMETERS, *VIEW_PARAMETERS))
    return (search.reader, get_language(), timezone.get_current_timezone_name(), *asked)


def json_answer(
    body: Mapping[str, object], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), status=status, headers=headers, content_type="application/json")
