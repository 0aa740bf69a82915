"""What every event is given on its way into the spool: the context that is bound, its service, its number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structlog.contextvars import get_contextvars

from logviewer_client.line import LEVEL_OF_METHOD
from logviewer_client.shipping import count_below_level, min_level, next_seq

LEVELS = {"trace": 5, "debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


def completed(event_dict: Mapping[str, Any], service: str | None) -> dict[str, Any]:
    """A copy of `event_dict` with bound context, service, and `boot` and `seq`, which number the events of a process.

    The context's request_id is the request's: another one in the event is kept as `inner_request_id`. Fields of the
    event's own that are called boot or seq are kept as `inner_boot` and `inner_seq`.
    """
    context = get_contextvars()
    event = {**context, **event_dict}
    if "request_id" in context:
        _set(event, "request_id", context["request_id"])
    boot, seq = next_seq()
    _set(event, "boot", boot)
    _set(event, "seq", seq)
    if service and "service" not in event:
        event["service"] = service
    return event


def is_below_floor(level: object) -> bool:
    """Whether logviewer has said that it wants no events of this level; then it is counted as such."""
    floor = min_level()
    if not floor or _number_of(level) >= floor:
        return False
    count_below_level()
    return True


def _set(event: dict[str, Any], name: str, value: Any) -> None:
    own = event.get(name)
    if own is not None and own is not value and own != value:
        event.setdefault(f"inner_{name}", own)
    event[name] = value


def _number_of(level: object) -> int:
    """As a number of logging's. A word that nobody knows may be important."""
    if isinstance(level, int):
        return level
    word = level.lower() if isinstance(level, str) else ""
    return LEVELS.get(LEVEL_OF_METHOD.get(word, word), LEVELS["critical"])
