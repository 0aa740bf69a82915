"""GET /api/v1/events: what the page shows, for scripts. JSON by pages, or the whole result as NDJSON."""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.vary import vary_on_headers

from logviewer.accounts.tokens import user_for_token
from logviewer.api.errors import ApiError, bad_query, json_response, unavailable
from logviewer.query.events import SearchUnavailable, StoredEvent, read_page, stream
from logviewer.query.language import QueryError
from logviewer.query.reader import Reader
from logviewer.query.search import SEARCH_PARAMETERS, Search

PARAMETERS = (*SEARCH_PARAMETERS, "limit", "cursor")
DEFAULT_LIMIT = 100
MOST = 1000
NDJSON = "application/x-ndjson"


@login_not_required
@never_cache
@vary_on_headers("Accept", "Authorization")
def events(request: HttpRequest) -> HttpResponseBase:
    """Events that match, newest first by (time, id). Parameters and answer: docs/api.md."""
    try:
        search = _search(request)
        if NDJSON in request.headers.get("Accept", ""):
            return _whole_result(search)
        return _page(search, request)
    except ApiError as problem:
        return problem.response()
    except QueryError as problem:
        return bad_query(problem).response()
    except SearchUnavailable as problem:
        return unavailable(problem).response()


@login_not_required
def not_found(request: HttpRequest) -> HttpResponse:
    """404 in the API's own shape: a script does not read HTML."""
    return ApiError(404, f"There is nothing at {request.path[:200]}.", f"Try {reverse('api_events')}.").response()


def event_as_json(event: StoredEvent) -> dict[str, Any]:
    """The shape E of the API. Scripts rely on it: add keys, never change or remove one."""
    return {
        "id": str(event.id),
        "time": event.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "level": event.level_name,
        "service": event.service,
        "event": event.event,
        "logger": event.logger,
        "request_id": event.request_id,
        "cohort_id": event.cohort_id,
        "data": event.data,
        "meta": event.meta,
    }


def _search(request: HttpRequest) -> Search:
    if request.method != "GET":
        raise ApiError(405, "This address is for reading.", "Use GET.", headers={"Allow": "GET"})
    reader = Reader.of(_user(request))
    unknown = sorted(set(request.GET) - set(PARAMETERS))
    if unknown:
        raise ApiError(400, f"There is no parameter {unknown[0]!r}.", f"Known are {', '.join(PARAMETERS)}.")
    return Search.of(reader, {name: request.GET.get(name, "") for name in SEARCH_PARAMETERS})


def _user(request: HttpRequest) -> Any:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    user = user_for_token(secret.strip()) if scheme.lower() == "bearer" else None
    if user is None:
        raise ApiError(
            401,
            "This needs a read token.",
            "Send Authorization: Bearer lvr_…; make one on the page Read tokens or with the command create_token.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return user


def _page(search: Search, request: HttpRequest) -> HttpResponse:
    page = read_page(search, limit=_limit(request), cursor=request.GET.get("cursor", ""))
    return json_response(
        {
            "events": [event_as_json(event) for event in page.events],
            "older": page.older,
            "timed_out": page.timed_out,
        }
    )


def _limit(request: HttpRequest) -> int:
    text = request.GET.get("limit", "") or str(DEFAULT_LIMIT)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise ApiError(400, f"limit={text[:20]} is not a number from 1 to {MOST}.", f"Try limit={DEFAULT_LIMIT}.")
    return int(text)


def _whole_result(search: Search) -> StreamingHttpResponse:
    # Many lines at a time: the web server takes as long to hand on one of them as a thousand.
    texts = ("".join(map(_line, events)) for events in stream(search))
    return StreamingHttpResponse(_begun(texts), content_type=NDJSON)


def _line(event: StoredEvent) -> str:
    return json.dumps(event_as_json(event), ensure_ascii=False) + "\n"


def _begun(texts: Iterator[str]) -> Iterator[str]:
    """`texts`, its first already fetched: what is wrong with a search is answered with a status, not mid-stream."""
    first = next(texts, None)

    def all_texts() -> Iterator[str]:
        if first is not None:
            yield first
            yield from texts

    return all_texts()
