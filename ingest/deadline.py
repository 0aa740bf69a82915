"""Ends the reading of a body whose sender is too slow or gone.

A read of wsgi.input waits for as long as the sender likes, the web server (granian) has no limit for bodies, and a view
that returns while another thread still reads freezes it. So the reading half of the connection is shut down: the read
then ends as if the sender had stopped, and the answer can still be written. Which connection it is follows from its
address and from how long nothing was sent on it. Another one of the same sender may be taken for it: an idle one, which
does no harm, or one that is being read, which is told so (Reading.disturbed), lest half a body pass for a whole one.
Works on Linux; elsewhere a sender that stalls keeps its thread until the connection ends.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ingest import limits
from logviewer.connections import connections_from

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
STALLED_S = 5.0  # a connection without data for so long is ended first
ANY_AFTER_S = 10.0  # then, this long after the limit, also one on which data drips in


@dataclass(slots=True, eq=False)
class Reading:
    """A body that is being read. `disturbed`: its connection may have been shut down, so its end means nothing."""

    address: str
    port: int
    since: float
    disturbed: bool = False


_readings: set[Reading] = set()
_changed = threading.Condition()
_watchman: threading.Thread | None = None


@contextmanager
def reading_ends_in_time(environ: Mapping[str, Any]) -> Iterator[Reading]:
    """While this lasts, a read of the request's wsgi.input returns soon after limits.BODY_WITHIN_S have passed."""
    global _watchman  # noqa: PLW0603 -- one thread a process, made when it is first needed
    reading = Reading(str(environ.get("REMOTE_ADDR", "")), int(environ.get("SERVER_PORT") or 0), time.monotonic())
    with _changed:
        _readings.add(reading)
        _changed.notify()
        if _watchman is None or not _watchman.is_alive():
            _watchman = threading.Thread(target=_watch, name="ingest-deadline", daemon=True)
            _watchman.start()
    try:
        yield reading
    finally:
        with _changed:
            _readings.discard(reading)


def _watch() -> None:
    while True:
        with _changed:
            while not _readings:
                _changed.wait()
            late = [one for one in _readings if time.monotonic() - one.since > limits.BODY_WITHIN_S]
        for reading in late:
            try:
                _end(reading)
            except Exception:  # the one thread that ends slow senders must outlive any of them
                log.exception("A slow sender could not be ended.")
        time.sleep(min(LOOK_EVERY_S, limits.BODY_WITHIN_S / 4))


def _end(reading: Reading) -> None:
    """Shuts down the connections that may be the one of `reading`: nothing was sent on them since it began."""
    elapsed = time.monotonic() - reading.since
    stalled = min(STALLED_S, limits.BODY_WITHIN_S / 2) if elapsed < limits.BODY_WITHIN_S + ANY_AFTER_S else 0.0
    for connection in connections_from(reading.address, reading.port):
        if connection.sent_ms >= (elapsed - 1.0) * 1000 and connection.received_ms >= stalled * 1000:
            _disturb(reading.address)
            connection.end_reading()


def _disturb(address: str) -> None:
    with _changed:
        for reading in _readings:
            reading.disturbed |= reading.address == address
