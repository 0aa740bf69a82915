"""structlog as the service has it, and what it would ship."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

import logviewer_client
from logviewer_client.testing import RecordingTransport


@pytest.fixture
def events(settings: Any) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    settings.SLOW_QUERY_MS = 200.0
    root, ours = logging.getLogger(), logging.getLogger("LearningAPI")
    handlers, level = root.handlers[:], root.level
    shipped = RecordingTransport()
    logviewer_client.configure(transport=shipped, console="none")
    ours.setLevel(logging.DEBUG)

    def logged() -> list[dict[str, Any]]:
        assert logviewer_client.flush()
        return shipped.events

    yield logged
    root.handlers[:] = handlers
    root.setLevel(level)
    ours.setLevel(logging.NOTSET)
    logviewer_client.shutdown(0)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
