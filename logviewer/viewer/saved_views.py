"""Views: searches with a name. Four come with the product; who may see and change the others is decided here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from logviewer.accounts.models import User
from logviewer.viewer.addresses import query_of
from logviewer.viewer.models import SavedView

MOST_VIEWS = 100  # of one person

# The endings that the event names of services have where something went wrong, and answers that say so.
_PROBLEMS = (
    "event:*_failed OR event:*_error OR event:*_not_found OR event:*_timeout OR event:*_rejected"
    " OR (event:*_completed status_code>=400)"
)


class Named(Protocol):
    """What a link to a view needs."""

    @property
    def name(self) -> str | Promise: ...
    @property
    def query(self) -> str: ...


@dataclass(frozen=True, slots=True)
class NamedSearch:
    """A search with words for it that nobody chose or changes."""

    name: str | Promise
    query: str


def _shipped(name: str | Promise, **parameters: str) -> NamedSearch:
    given = QueryDict(mutable=True)
    given.update(parameters)
    return NamedSearch(name, query_of(given))


SHIPPED: Sequence[NamedSearch] = (
    _shipped(_("Errors"), level="error", since="-24h"),
    _shipped(_("Slow"), q="duration_ms>1000", since="-24h", columns="event,method,path,duration_ms"),
    _shipped(_("Workflows with problems"), q=_PROBLEMS, since="-24h"),
    _shipped(_("New events"), since="-15m"),
)


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A view as a link; `is_shown` if the page shows its search."""

    name: str | Promise
    address: str
    is_shown: bool


def links_to(views: Sequence[Named], shown: str) -> list[ViewLink]:
    """`shown` is the query string (query_of) of the page."""
    events = reverse("events")
    return [ViewLink(view.name, f"{events}?{view.query}", view.query == shown) for view in views]


def visible_to(user: User) -> QuerySet[SavedView]:
    """Their own views, and all that are shared."""
    return SavedView.objects.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner")


def changeable_by(user: User) -> QuerySet[SavedView]:
    """The views `user` may rename, share, pin and delete: those of their own that nobody else uses; for operators
    also the shared ones."""
    private = Q(owner=user, is_shared=False)
    return SavedView.objects.filter(private | Q(is_shared=True) if user.may_manage_views else private)
