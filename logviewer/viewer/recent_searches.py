"""What somebody searched last: theirs alone, at most MOST_RECENT, and forgotten when they say so."""

import logging
from collections.abc import Sequence
from hashlib import sha256

from django.db import Error
from django.http import QueryDict
from django.utils import timezone

from logviewer.accounts.models import User
from logviewer.viewer.addresses import query_of
from logviewer.viewer.models import LONGEST_QUERY, RecentSearch

log = logging.getLogger(__name__)

MOST_RECENT = 20


def note_search(user: User, parameters: QueryDict) -> None:
    """Puts a search on top of `user`'s; the oldest beyond MOST_RECENT go. One that asks for nothing is none.

    What was found is shown even if the database takes nothing, as with a full disk.
    """
    query = query_of(parameters)
    if not query or len(query) > LONGEST_QUERY:
        return
    try:
        _put_on_top(user, query)
    except Error:
        log.warning("A search could not be noted.", exc_info=True)


def _put_on_top(user: User, query: str) -> None:
    search = RecentSearch(owner=user, query=query, digest=sha256(query.encode()).digest(), searched=timezone.now())
    RecentSearch.objects.bulk_create(
        [search], update_conflicts=True, unique_fields=["owner", "digest"], update_fields=["searched"]
    )
    kept = user.recent_searches.values("pk")[:MOST_RECENT]
    user.recent_searches.exclude(pk__in=kept).delete()


def recent_searches(user: User) -> Sequence[RecentSearch]:
    """Newest first."""
    return list(user.recent_searches.all()[:MOST_RECENT])
