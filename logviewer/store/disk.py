"""The disk that holds the database: below a floor of free space ingest pauses, so that Postgres never meets a full one.

Only a disk of this machine is known: the embedded server's, or the one of LOGVIEWER_DISK_FLOOR_PATH. Nothing is ever
deleted for it (docs/decisions/0007).
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class _Look:
    folder: Path
    until: float  # monotonic seconds
    free_share: float | None


_last: _Look | None = None


def free_share() -> float | None:
    """How much of the disk Postgres may still use, from 0 to 1, as of a second ago at most; None: it is not known."""
    global _last  # noqa: PLW0603
    folder = settings.LOGVIEWER.database_folder
    if folder is None:
        return None
    look, now = _last, time.monotonic()
    if look is None or look.until <= now or look.folder != folder:
        _last = look = _Look(folder, now + LOOK_EVERY_S, _free_share(folder))
    return look.free_share


def shortage() -> str | None:
    """Why nothing may be stored now, without a full stop; None if there is room, or nobody knows."""
    floor = settings.LOGVIEWER.disk_floor_percent
    if not floor:
        return None
    share = free_share()
    if share is None or 100 * share >= floor:
        return None
    return (
        f"The disk of the database is nearly full: {100 * share:.1f} % are free, and below {floor} % nothing is stored"
    )


def forget() -> None:
    """The next question looks again."""
    global _last  # noqa: PLW0603
    _last = None


def _free_share(folder: Path) -> float | None:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    # f_bavail, not f_bfree: what is kept back for root is of no use to Postgres.
    return disk.f_bavail / disk.f_blocks if disk.f_blocks else None
