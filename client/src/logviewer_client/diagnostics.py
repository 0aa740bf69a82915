"""Says what the operator of a service should know, on stderr: a log line would have to pass the way that is blocked."""

from __future__ import annotations

import sys


def tell(sentence: str) -> None:
    """Writes one line. Never raises: stderr may be closed, or missing in a service without a console."""
    try:
        sys.stderr.write(f"logviewer_client: {sentence}\n")
        sys.stderr.flush()
    except Exception:  # noqa: BLE001 -- there is no further place to complain
        return
