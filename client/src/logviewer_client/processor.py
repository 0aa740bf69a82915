"""The structlog processor: hands a rendered copy of each event to the shipper and leaves the event as it was."""

from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from logviewer_client import shipped
from logviewer_client.line import render
from logviewer_client.shipping import ship


class ShipToLogviewer:
    """Put it before the renderer, and before anything that turns `exc_info` into text for one output only.

    Takes any event dict and returns the same one untouched. Never raises and never waits. Context that is bound with
    contextvars goes along, also where the chain does not merge it.
    """

    def __call__(self, logger: Any, method_name: str, event_dict: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        ship(_line, logger, method_name, event_dict)
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


def _line(service: str | None, logger: Any, method_name: str, event_dict: Mapping[str, Any]) -> bytes:
    name = getattr(logger, "name", None)
    name = name if isinstance(name, str) else None
    shipped.remember(name, method_name, event_dict.get("event"))
    event = {**structlog.contextvars.get_contextvars(), **event_dict}
    if service:
        event.setdefault("service", service)
    return render(event, method_name=method_name, logger_name=name)
