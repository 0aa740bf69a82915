"""The whole result of a search as NDJSON, streamed.

Each holds a thread of the web server until its reader has it all, and a reader may stop to read: few are under way at
once, so that threads are left for senders and pages, and none holds a connection to the database meanwhile.
"""

from collections.abc import Iterator
from threading import BoundedSemaphore

from django.db import connections
from django.http import StreamingHttpResponse

from logviewer.api.errors import RETRY_AFTER_S, ApiError
from logviewer.query.event_json import event_line
from logviewer.query.events import stream
from logviewer.query.order import Order
from logviewer.query.search import Search

NDJSON = "application/x-ndjson"
MOST_AT_ONCE = 16  # of a web process

_places = BoundedSemaphore(MOST_AT_ONCE)


class WholeResult(StreamingHttpResponse):
    """Raises what is wrong with the search before anything is sent, and ApiError 429."""

    def __init__(self, search: Search, order: Order) -> None:
        self._has_place = _take_place()
        try:
            # Many lines at a time: the web server takes as long to hand on one of them as a thousand.
            texts = (b"".join(map(event_line, events)) for events in stream(search, order))
            super().__init__(_begun(texts), content_type=NDJSON)
        except BaseException:
            self._leave()
            raise
        connections["default"].close()  # the account was read from it

    def close(self) -> None:
        super().close()
        self._leave()

    def _leave(self) -> None:
        if self._has_place:
            self._has_place = False
            _places.release()


def _take_place() -> bool:
    if not _places.acquire(blocking=False):
        raise ApiError(
            429,
            "Too many whole results are being read.",
            "Read those that are under way to their end first.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    return True


def _begun(texts: Iterator[bytes]) -> Iterator[bytes]:
    """`texts`, its first already fetched: what is wrong with a search is answered with a status, not mid-stream."""
    first = next(texts, None)

    def all_texts() -> Iterator[bytes]:
        if first is not None:
            yield first
            yield from texts

    return all_texts()
