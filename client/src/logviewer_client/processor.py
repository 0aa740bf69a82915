"""The structlog processor: hands a rendered copy of each event to the shipper and leaves the event as it was."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import structlog

from logviewer_client import shipped
from logviewer_client.event import is_below_floor, line_of
from logviewer_client.shipping import ship


class ShipToLogviewer:
    """Put it before the renderer, and before anything that turns `exc_info` into text for one output only.

    Takes any event dict and returns the same one untouched. Never raises and never waits for the network. Context that
    is bound with contextvars goes along, also where the chain does not merge it. Where no processor adds a level, the
    name of the method is the level.
    """

    def __call__(self, logger: Any, method_name: str, event_dict: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        name = getattr(logger, "name", None)
        name = name if isinstance(name, str) else None
        if not is_below_floor(event_dict.get("level", method_name)):
            ship(line_of, event_dict, method_name, name)
        # Last, because values may log while they are looked at.
        shipped.remember(name, method_name, event_dict.get("event"))
        return event_dict


def structlog_processors() -> list[structlog.typing.Processor]:
    """What comes before a renderer in a chain of your own.

    Request context, level, time, shipping, and then tracebacks as text, which only the renderer needs.
    """
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        ShipToLogviewer(),
        structlog.processors.format_exc_info,
    ]
