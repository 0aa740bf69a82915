"""From an event dict to the line that is kept, and whether one is wanted at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structlog.contextvars import get_contextvars

from logviewer_client.line import LEVEL_OF_METHOD, render
from logviewer_client.shipping import count_below_level, min_level, next_seq

LEVELS = {"trace": 5, "debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


def line_of(service: str | None, event_dict: Mapping[str, Any], method_name: str, logger_name: str | None) -> bytes:
    """The event with bound context, service, and `boot` and `seq`, which number the events of a process."""
    return render(
        event_dict,
        method_name=method_name,
        logger_name=logger_name,
        service=service,
        context=get_contextvars(),
        number=next_seq(),
    )


def is_below_floor(level: object) -> bool:
    """Whether logviewer has said that it wants no events of this level; then it is counted as such."""
    floor = min_level()
    if not floor or _number_of(level) >= floor:
        return False
    count_below_level()
    return True


def _number_of(level: object) -> int:
    """As a number of logging's. A word that nobody knows may be important."""
    if type(level) is int:
        return level
    word = level.lower() if type(level) is str else ""
    return LEVELS.get(LEVEL_OF_METHOD.get(word, word), LEVELS["critical"])
