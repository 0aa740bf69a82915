"""The structlog processor: hands a rendered copy of each event to the shipper and leaves the event as it was."""

from collections.abc import MutableMapping
from typing import Any

import structlog

from logviewer_client.line import render
from logviewer_client.shipping import is_shipping, service_name, ship


class ShipToLogviewer:
    """Put it before the renderer, and before anything that turns `exc_info` into text for one output only.

    Takes any event dict and returns the same one untouched. Never raises and never waits.
    """

    def __call__(self, logger: Any, method_name: str, event_dict: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if is_shipping():
            service = service_name()
            event = {"service": service, **event_dict} if service else event_dict
            ship(render(event, method_name=method_name, logger_name=_name_of(logger)))
        return event_dict


def structlog_processors() -> list[structlog.typing.Processor]:
    """What comes before a renderer: request context, level, time, shipping, and tracebacks as text for the renderer."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        ShipToLogviewer(),
        structlog.processors.format_exc_info,
    ]


def _name_of(logger: object) -> str | None:
    name = getattr(logger, "name", None)
    return name if isinstance(name, str) else None
