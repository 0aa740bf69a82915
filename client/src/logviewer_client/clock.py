"""The time of day as it was when the process started, plus what has passed since: no jump of the clock changes it."""

import time

_start_ms = time.time() * 1000 - time.monotonic() * 1000
_last_ms = 0


def steady_ms() -> int:
    """Milliseconds since 1970."""
    return int(_start_ms + time.monotonic() * 1000)


def next_ms() -> int:
    """The same, but later than at any call before, so that what is named by it keeps its order."""
    global _last_ms  # noqa: PLW0603
    _last_ms = max(steady_ms(), _last_ms + 1)
    return _last_ms


def timestamp() -> str:
    """RFC 3339 in UTC with microseconds, of the clock as it is now."""
    seconds = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1e6):06d}Z"
