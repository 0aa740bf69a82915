"""What somebody searched last: theirs alone, at most MOST_RECENT, and forgotten when they say so."""

import logging
from collections.abc import Sequence
from hashlib import sha256

from django.db import Error, connection
from django.http import QueryDict

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


# One statement instead of the ORM's four, which took a tenth of a short page's time. DELETE does not see the new row,
# so that it leaves one less.
_PUT_ON_TOP = """
    WITH noted AS (
        INSERT INTO viewer_recentsearch (owner_id, query, digest, searched)
        VALUES (%(owner)s, %(query)s, %(digest)s, statement_timestamp())
        ON CONFLICT (owner_id, digest) DO UPDATE SET searched = excluded.searched
    )
    DELETE FROM viewer_recentsearch
    WHERE owner_id = %(owner)s AND digest <> %(digest)s AND id NOT IN (
        SELECT id FROM viewer_recentsearch WHERE owner_id = %(owner)s AND digest <> %(digest)s
        ORDER BY searched DESC, id DESC LIMIT %(others)s
    )
"""


def _put_on_top(user: User, query: str) -> None:
    values: dict[str, int | str | bytes] = {
        "owner": user.pk,
        "query": query,
        "digest": sha256(query.encode()).digest(),
        "others": MOST_RECENT - 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PUT_ON_TOP, values)


def recent_searches(user: User) -> Sequence[RecentSearch]:
    """Newest first."""
    return list(user.recent_searches.all()[:MOST_RECENT])
