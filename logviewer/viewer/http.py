"""What a view knows about its request: whether HTMX asks for a part of the page, and from which search."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.http import Http404, QueryDict
from django_htmx.middleware import HtmxDetails

from logviewer.accounts.permissions import UserRequest


class LogviewerRequest(UserRequest):
    """A request of a logged-in person, as the middlewares leave it."""

    htmx: HtmxDetails


def wants_partial(request: LogviewerRequest) -> bool:
    """Whether HTMX asks for a part: neither a boosted link nor a history restore, which want the whole page."""
    return is_for_a_part(request.htmx)


def is_for_a_part(htmx: HtmxDetails) -> bool:
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def search_in_view(request: LogviewerRequest) -> QueryDict:
    """The parameters of the search in view: the page's own, or those of the page that asks for a part."""
    try:
        current = request.htmx.current_url_abs_path if wants_partial(request) else None
    except ValueError:  # a header may say anything
        current = None
    return QueryDict(urlsplit(current).query) if current else request.GET


def moment_in(text: str) -> datetime:
    """The time in an event's address. Raises Http404."""
    try:
        moment = datetime.fromisoformat(text)
        # In UTC, because Postgres does not take every offset that Python reads.
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as problem:
        raise Http404("The address names no time.") from problem
