"""What all addresses of the read API share: who asks, for which search, and what is wrong with the request."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.vary import vary_on_headers

from logviewer.accounts.tokens import user_for_token
from logviewer.api.errors import ApiError, bad_query, unavailable
from logviewer.query.errors import SearchUnavailable
from logviewer.query.language import QueryError
from logviewer.query.reader import Reader
from logviewer.query.search import SEARCH_PARAMETERS, Search

DEFAULT_LIMIT = 100
MOST = 1000

View = Callable[[HttpRequest], HttpResponseBase]


def for_readers(
    *known: str, repeatable: tuple[str, ...] = ()
) -> Callable[[Callable[[HttpRequest, Reader], HttpResponseBase]], View]:
    """Makes a view of a function that answers a reader.

    `known` are the parameters that the address takes once, `repeatable` those that it takes any number of times.
    """

    def decorate(answer: Callable[[HttpRequest, Reader], HttpResponseBase]) -> View:
        @csrf_exempt  # a token in a header is sent by no browser unasked; without it POST would be 403 in HTML
        @login_not_required
        @never_cache
        @vary_on_headers("Authorization")
        @wraps(answer)
        def view(request: HttpRequest) -> HttpResponseBase:
            try:
                return answer(request, _reader(request, known, repeatable))
            except ApiError as problem:
                return problem.response()
            except QueryError as problem:
                return bad_query(problem).response()
            except SearchUnavailable as problem:
                return unavailable(problem).response()

        return view

    return decorate


def reads_logs(*own_parameters: str) -> Callable[[Callable[[HttpRequest, Search], HttpResponseBase]], View]:
    """Makes a view of a function that answers a search. `own_parameters` are those beside the search's."""

    def decorate(answer: Callable[[HttpRequest, Search], HttpResponseBase]) -> View:
        @for_readers(*SEARCH_PARAMETERS, *own_parameters)
        @wraps(answer)
        def view(request: HttpRequest, reader: Reader) -> HttpResponseBase:
            return answer(request, Search.of(reader, {name: request.GET.get(name, "") for name in SEARCH_PARAMETERS}))

        return view

    return decorate


def number_of(request: HttpRequest, name: str, default: int, *, most: int) -> int:
    """The parameter `name`, a number from 1 to `most`. Raises ApiError."""
    text = request.GET.get(name, "") or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most):
        raise ApiError(400, f"{name}={text[:20]} is not a number from 1 to {most}.", f"Try {name}={default}.")
    return int(text)


def _reader(request: HttpRequest, known: tuple[str, ...], repeatable: tuple[str, ...]) -> Reader:
    if request.method != "GET":
        raise ApiError(405, "This address is for reading.", "Use GET.", headers={"Allow": "GET"})
    reader = Reader.of(_user(request))
    unknown = sorted(set(request.GET) - {*known, *repeatable})
    if unknown:
        raise ApiError(
            400, f"There is no parameter {unknown[0][:100]!r}.", f"Known are {', '.join((*repeatable, *known))}."
        )
    repeated = [name for name, values in request.GET.lists() if len(values) > 1 and name not in repeatable]
    if repeated:
        raise ApiError(
            400, f"{repeated[0]} stands twice.", "Say what is meant in q: service:learning-api OR service:monarch."
        )
    return reader


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
