"""Stores batches in threads of its own, each until it is stored: what was read from a socket exists nowhere else."""

import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable

from django.db import connections

from ingest.listener.batch import Batch, ReadBatch
from logviewer.store.writer import StoreUnavailable

log = logging.getLogger(__name__)

THREADS = 2  # one reads while the other waits for its commit
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0

Report = Callable[[Batch, int], None]  # a batch and how many events of it are stored
Trouble = Callable[[str], None]  # why nothing can be stored now


class Keeper:
    """The threads. `stored` and `trouble` are called in them."""

    def __init__(self, stored: Report, trouble: Trouble) -> None:
        self._stored = stored
        self._trouble = trouble
        self._batches: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._giving_up = threading.Event()
        self._unstored: dict[uuid.UUID, Batch] = {}  # in the queue or under way
        self._threads = [threading.Thread(target=self._work, name=f"keeper-{n}", daemon=True) for n in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def put(self, batch: Batch) -> None:
        self._unstored[batch.id] = batch
        self._batches.put(batch)

    def stop(self, within_s: float) -> list[Batch]:
        """Stores what it has, for `within_s` at the most, and returns the batches of which it is not certain.

        A thread that waits for Postgres is left behind. Should it store its batch after all, storing that again adds
        nothing.
        """
        give_up = time.monotonic() + within_s
        for _ in self._threads:
            self._batches.put(None)
        for thread in self._threads:
            thread.join(max(0.0, give_up - time.monotonic()))
        self._giving_up.set()
        return list(self._unstored.values())

    def _work(self) -> None:
        while (batch := self._batches.get()) is not None and not self._giving_up.is_set():
            self._keep(batch)

    def _keep(self, batch: Batch) -> None:
        """Tries until the batch is stored, or there is no more time."""
        read: ReadBatch | None = None
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                read = read or ReadBatch(batch)
                events = read.store()
                self._unstored.pop(batch.id, None)
                return self._stored(batch, events)
            except StoreUnavailable as problem:
                self._trouble(str(problem))
            except Exception as problem:  # an error of ours: loud, and nothing is lost meanwhile
                log.exception("A batch of %d lines could not be stored.", len(batch.lines))
                self._trouble(f"an error of ours ({type(problem).__name__})")
            finally:
                _return_connections()
            if self._giving_up.wait(pause_s):
                return None
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _return_connections() -> None:
    """To their pools: one that broke is replaced there."""
    for connection in connections.all(initialized_only=True):
        connection.close()
