"""Ships the events of a structlog service to logviewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logviewer_client.configuration import configure
from logviewer_client.handler import LogviewerHandler
from logviewer_client.processor import ShipToLogviewer, structlog_processors
from logviewer_client.redaction import Redaction
from logviewer_client.shipping import ShippingStats, flush, shipping_stats, shutdown, start_shipping

if TYPE_CHECKING:
    from logviewer_client.middleware import RequestContextMiddleware

__all__ = [
    "LogviewerHandler",
    "Redaction",
    "RequestContextMiddleware",
    "ShipToLogviewer",
    "ShippingStats",
    "configure",
    "flush",
    "shipping_stats",
    "shutdown",
    "start_shipping",
    "structlog_processors",
]


def __getattr__(name: str) -> object:
    """RequestContextMiddleware on demand: it alone needs Django."""
    if name == "RequestContextMiddleware":
        from logviewer_client.middleware import RequestContextMiddleware

        return RequestContextMiddleware
    raise AttributeError(name)
