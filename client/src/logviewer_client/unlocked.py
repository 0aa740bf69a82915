"""What our handlers of the standard library have in common: records are rendered while no lock is held."""

from __future__ import annotations

import logging


class UnlockedHandler(logging.Handler):
    """Calls `emit` without the handler's lock.

    Rendering calls methods of the values, which may want a lock whose owner waits to log.
    """

    def handle(self, record: logging.LogRecord) -> bool:
        kept: object = self.filter(record)
        if isinstance(kept, logging.LogRecord):  # since Python 3.12 a filter may put another record in its place
            record = kept
        if kept:
            self.emit(record)
        return bool(kept)
