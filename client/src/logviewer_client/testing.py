"""For the tests of services: what would have been shipped."""

from __future__ import annotations

import json
from typing import Any

from logviewer_client.batch import Batch
from logviewer_client.verdict import Answer


class RecordingTransport:
    """Takes the place of HTTP: configure(transport=RecordingTransport()), then flush(), then look at `events`."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for batch in self.batches for line in batch.lines]

    def send(self, batch: Batch, *, compressed: bool) -> Answer:
        self.batches.append(batch)
        answer = {"accepted": len(batch.lines), "rejected": [], "below_level": 0, "duplicate": False}
        return Answer(200, {}, json.dumps(answer).encode())

    def close(self) -> None:
        """Nothing is open."""

    def abandon(self) -> None:
        """Nothing is open."""
