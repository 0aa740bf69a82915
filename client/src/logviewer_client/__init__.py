"""Ships the events of a structlog service to logviewer."""

from typing import TYPE_CHECKING

from logviewer_client.handler import LogviewerHandler
from logviewer_client.processor import ShipToLogviewer, structlog_processors
from logviewer_client.shipper import ShippingStats
from logviewer_client.shipping import flush, shipping_stats, shutdown
from logviewer_client.shipping import start_shipping as configure

if TYPE_CHECKING:
    from logviewer_client.middleware import RequestContextMiddleware

__all__ = [
    "LogviewerHandler",
    "RequestContextMiddleware",
    "ShipToLogviewer",
    "ShippingStats",
    "configure",
    "flush",
    "shipping_stats",
    "shutdown",
    "structlog_processors",
]


def __getattr__(name: str) -> object:
    """RequestContextMiddleware on demand: it alone needs Django."""
    if name == "RequestContextMiddleware":
        from logviewer_client.middleware import RequestContextMiddleware

        return RequestContextMiddleware
    raise AttributeError(name)
