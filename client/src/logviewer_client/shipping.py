"""The one shipper of this process: `configure` makes it, log calls find it here."""

import os
import sys
from pathlib import Path

from logviewer_client.shipper import Shipper, ShippingStats
from logviewer_client.transport import HttpTransport, Transport

NOTHING = ShippingStats(queued=0, sent=0, lost={}, last_error=None)


class _Process:
    """What `configure` set up. `service` is given to events that name none."""

    shipper: Shipper | None = None
    service: str | None = None


def configure(
    url: str | None = None, key: str | None = None, service: str | None = None, *, transport: Transport | None = None
) -> bool:
    """Starts shipping to the logviewer at `url`; returns whether it does. May be called again.

    What is not given comes from LOGVIEWER_URL, LOGVIEWER_KEY (or the file LOGVIEWER_KEY_FILE) and LOGVIEWER_SERVICE.
    Without a URL or a key nothing is shipped, logs stay as they are, and one line on stderr says so: a service must
    not fail because its log viewer is not set up. `transport` takes the place of HTTP in tests.
    """
    shutdown()
    _Process.service = service or os.environ.get("LOGVIEWER_SERVICE") or None
    if transport is None:
        try:
            transport = _transport(url or os.environ.get("LOGVIEWER_URL", ""), key or _key())
        except (ValueError, OSError) as problem:
            print(f"logviewer_client: nothing is shipped: {problem}", file=sys.stderr)
            return False
    _Process.shipper = Shipper(transport)
    return True


def _transport(url: str, key: str) -> Transport:
    if not url or not key:
        missing = "LOGVIEWER_KEY" if url else "LOGVIEWER_URL"
        raise ValueError(f"{missing} is not set")
    return HttpTransport(url, key)


def _key() -> str:
    file = os.environ.get("LOGVIEWER_KEY_FILE")
    return Path(file).read_text(encoding="ascii").strip() if file else os.environ.get("LOGVIEWER_KEY", "")


def ship(line: bytes) -> None:
    """Queues a rendered event; does nothing while nothing is configured."""
    if _Process.shipper is not None:
        _Process.shipper.put(line)


def is_shipping() -> bool:
    return _Process.shipper is not None


def service_name() -> str | None:
    return _Process.service


def flush(timeout_s: float = 5.0) -> bool:
    """Sends what is queued now; returns whether everything went within the time. For scripts and tests."""
    return _Process.shipper is None or _Process.shipper.flush(timeout_s)


def shipping_stats() -> ShippingStats:
    """How many events are queued, sent, and lost by reason, and the last error."""
    return NOTHING if _Process.shipper is None else _Process.shipper.stats()


def shutdown(timeout_s: float = 2.0) -> None:
    """Ends shipping after a last try. `configure` starts it anew; the end of the process does this by itself."""
    if _Process.shipper is not None:
        _Process.shipper.close(timeout_s)
        _Process.shipper = None
