"""What all addresses of the read API ask of a request: GET, a read token, known parameters, a limit."""

from collections.abc import Sequence

from django.http import HttpRequest

from logviewer.accounts.tokens import user_for_token
from logviewer.api.errors import ApiError
from logviewer.query.reader import Reader

DEFAULT_LIMIT = 100
MOST = 1000


def reader_of(request: HttpRequest, known: Sequence[str]) -> Reader:
    """Who asks. Raises ApiError: 405, 401, or 400 for a parameter that is not `known`."""
    if request.method != "GET":
        raise ApiError(405, "This address is for reading.", "Use GET.", headers={"Allow": "GET"})
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    user = user_for_token(secret.strip()) if scheme.lower() == "bearer" else None
    if user is None:
        raise ApiError(
            401,
            "This needs a read token.",
            "Send Authorization: Bearer lvr_…; make one on the page Read tokens or with the command create_token.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    unknown = sorted(set(request.GET) - set(known))
    if unknown:
        raise ApiError(400, f"There is no parameter {unknown[0]!r}.", f"Known are {', '.join(known)}.")
    return Reader.of(user)


def limit_of(request: HttpRequest) -> int:
    """How many are wanted. Raises ApiError."""
    text = request.GET.get("limit", "") or str(DEFAULT_LIMIT)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise ApiError(400, f"limit={text[:20]} is not a number from 1 to {MOST}.", f"Try limit={DEFAULT_LIMIT}.")
    return int(text)
