"""The one shipper of this process: `start_shipping` or the environment makes it, log calls find it here."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from logviewer_client.diagnostics import tell
from logviewer_client.sequence import next_seq
from logviewer_client.shipper import Shipper, ShippingStats
from logviewer_client.transport import HttpTransport, Transport

__all__ = [
    "ShippingStats",
    "count_below_level",
    "flush",
    "min_level",
    "next_seq",
    "ship",
    "shipping_stats",
    "shutdown",
    "start_shipping",
]

NOTHING = ShippingStats(queued=0, sent=0, lost={}, last_error=None)


MAX_NESTED_CALLS = 4


class _Process:
    """What `start_shipping` set up. `service` is given to events that name none."""

    shipper: Shipper | None = None
    service: str | None = None
    is_decided = False  # by a call of start_shipping or shutdown; else the first event asks the environment
    deciding = threading.RLock()


class _Calls(threading.local):
    nested = 0


_calls = _Calls()


def start_shipping(
    url: str | None = None,
    key: str | None = None,
    service: str | None = None,
    *,
    mode: str | None = None,
    spool_dir: str | os.PathLike[str] | None = None,
    spool_max_mib: int | None = None,
    transport: Transport | None = None,
) -> bool:
    """Starts shipping to the logviewer at `url`; returns whether it does. May be called again.

    What is not given comes from LOGVIEWER_URL, LOGVIEWER_KEY (or the file LOGVIEWER_KEY_FILE) and LOGVIEWER_SERVICE;
    where all of them are set this call may be left out, the first event makes it.
    Without a URL or a key nothing is shipped, logs stay as they are, and one line on stderr says so: a service must
    not fail because its log viewer is not set up. `transport` takes the place of HTTP in tests.
    """
    service = service or os.environ.get("LOGVIEWER_SERVICE") or None
    if transport is None:
        try:
            transport = _transport(url or os.environ.get("LOGVIEWER_URL", ""), key or _key())
        except (ValueError, OSError) as problem:
            tell(f"nothing is shipped: {problem}")
            _replace(None)
            return False
    _replace(Shipper(transport, service=service), service)
    return True


def _transport(url: str, key: str) -> Transport:
    if not url or not key:
        missing = "LOGVIEWER_KEY" if url else "LOGVIEWER_URL"
        raise ValueError(f"{missing} is not set")
    return HttpTransport(url, key)


def _key() -> str:
    file = os.environ.get("LOGVIEWER_KEY_FILE")
    return Path(file).read_text(encoding="ascii").strip() if file else os.environ.get("LOGVIEWER_KEY", "")


def ship(make_line: Callable[..., bytes], *parts: Any) -> None:
    """Queues `make_line(service, *parts)`; does nothing while nothing is configured. Never raises."""
    if not _Process.is_decided:
        _ask_environment()
    shipper = _Process.shipper
    if shipper is None:
        return
    _calls.nested += 1
    try:
        # A value may log when it is looked at, even itself.
        if _calls.nested > MAX_NESTED_CALLS:
            shipper.lose("nested")
        else:
            shipper.put(make_line(_Process.service, *parts))
    except Exception:  # noqa: BLE001 -- a log call never fails its caller
        shipper.lose("not_rendered")
    finally:
        _calls.nested -= 1


def min_level() -> int:
    """The level, as a number of logging's, below which logviewer wants no events of this process; 0: it wants all."""
    return 0


def count_below_level() -> None:
    """Counts an event that was not shipped because it is below `min_level()`."""


def _ask_environment() -> None:
    with _Process.deciding:
        if not _Process.is_decided:
            start_shipping()


def _after_fork_in_child() -> None:
    _Process.deciding = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def flush(timeout_s: float = 5.0) -> bool:
    """Sends what is queued now; returns whether everything went within the time. For scripts and tests."""
    return _Process.shipper is None or _Process.shipper.flush(timeout_s)


def shipping_stats() -> ShippingStats:
    """How many events are queued, sent, and lost by reason, and the last error."""
    return NOTHING if _Process.shipper is None else _Process.shipper.stats()


def shutdown(timeout_s: float = 2.0) -> None:
    """Ends shipping after a last try. `start_shipping` starts it anew; the end of the process does this by itself."""
    _replace(None, timeout_s=timeout_s)


def _replace(shipper: Shipper | None, service: str | None = None, *, timeout_s: float = 2.0) -> None:
    # The decision comes last: until then, first events of other threads wait for it instead of being lost.
    before, _Process.shipper, _Process.service = _Process.shipper, shipper, service
    _Process.is_decided = True
    if before is not None:
        before.close(timeout_s)
