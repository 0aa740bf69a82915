"""The one shipper of this process: `start_shipping` or the environment makes it, log calls find it here."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from logviewer_client import sequence
from logviewer_client.diagnostics import tell
from logviewer_client.journal import MAX_UNSAVED_BYTES
from logviewer_client.native import RLock
from logviewer_client.sequence import next_seq
from logviewer_client.shipper import Shipper, ShippingStats
from logviewer_client.spool import Folders, Spool
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

NOTHING = ShippingStats(queued=0, sent=0)
MAX_NESTED_CALLS = 4
SPOOL_MAX_MIB = 512
SHARED_MEMORY = "/dev/shm"  # noqa: S108 -- the folder in it is checked to be ours alone
SPOOL, MEMORY = "spool", "memory"


class _Process:
    """What `start_shipping` set up. `service` is given to events that name none."""

    shipper: Shipper | None = None
    service: str | None = None
    is_decided = False  # by a call of start_shipping or shutdown; else the first event asks the environment
    deciding = RLock()


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
    quick: bool | None = None,
    transport: Transport | None = None,
) -> bool:
    """Starts shipping to the logviewer at `url`; returns whether it does. May be called again.

    What is not given comes from LOGVIEWER_URL, LOGVIEWER_KEY (or the file LOGVIEWER_KEY_FILE), LOGVIEWER_SERVICE,
    LOGVIEWER_MODE ("spool" or "memory"), LOGVIEWER_SPOOL_DIR, LOGVIEWER_SPOOL_MAX_MIB and LOGVIEWER_SPOOL_QUICK; where
    the environment says enough this call may be left out, the first event makes it.
    `quick` (LOGVIEWER_SPOOL_QUICK=0 for False): log calls append in shared memory and never wait for a disk, and what
    is killed together with its container loses its last 10 ms; without it they append in the spool itself.
    Without a URL or a key, or with a setting that cannot be used, nothing is shipped, logs stay as they are, and one
    line on stderr says so: a service must not fail because its log viewer is not set up. `transport` takes the place
    of HTTP in tests; it ships from memory unless `mode` or `spool_dir` says otherwise.
    """
    service = service or os.environ.get("LOGVIEWER_SERVICE") or None
    try:
        if transport is None:
            url, key = url or os.environ.get("LOGVIEWER_URL", ""), key or key_from_environment()
            transport = http_transport(url, key)
            mode = mode or os.environ.get("LOGVIEWER_MODE") or SPOOL
        mode = mode or (SPOOL if spool_dir else MEMORY)
        if mode not in {SPOOL, MEMORY}:
            raise ValueError(f"LOGVIEWER_MODE={mode} is neither spool nor memory")
        max_bytes = spool_bytes(spool_max_mib)
    except (ValueError, OSError) as problem:
        tell(f"nothing is shipped: {problem}")
        _replace(None)
        return False
    folder = _folder(spool_dir) if mode == SPOOL else None
    place = folder / destination(url or "", key or "", service) if folder else None
    find_folders = partial(folders_at, place, max_bytes, quick=quick) if place else None
    _replace(Shipper(transport, find_folders=find_folders, service=service), service)
    return True


def http_transport(url: str, key: str) -> Transport:
    """Raises ValueError with a sentence if there is no usable URL or key."""
    if not url or not key:
        missing = "LOGVIEWER_KEY" if url else "LOGVIEWER_URL"
        raise ValueError(f"{missing} is not set")
    return HttpTransport(url, key)


def key_from_environment() -> str:
    """The key, "" if there is none. Raises OSError if the file that should hold it cannot be read."""
    file = os.environ.get("LOGVIEWER_KEY_FILE")
    return Path(file).read_text(encoding="ascii").strip() if file else os.environ.get("LOGVIEWER_KEY", "")


def spool_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """The folder of all spools. Raises RuntimeError if it is not given and there is no home."""
    named = given or os.environ.get("LOGVIEWER_SPOOL_DIR")
    if named:
        return Path(named).absolute()
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "logviewer" / "spool"


def destination(url: str, key: str, service: str | None) -> str:
    """The folder's name for what goes to `url` as `service`: nobody sends what is another service's.

    A service keeps its folder when its key changes; without a name the key stands for the service.
    """
    identity = "\0".join([url.rstrip("/"), service or key])
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", service or "service")[:40]
    return f"{name}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def spool_bytes(max_mib: int | None = None) -> int:
    """Raises ValueError if LOGVIEWER_SPOOL_MAX_MIB is no number from 1 on."""
    text = str(max_mib if max_mib is not None else os.environ.get("LOGVIEWER_SPOOL_MAX_MIB") or SPOOL_MAX_MIB)
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"LOGVIEWER_SPOOL_MAX_MIB={text} is not a number of MiB")
    return int(text) * 1024 * 1024


def _folder(spool_dir: str | os.PathLike[str] | None) -> Path | None:
    try:
        return spool_folder(spool_dir)
    except RuntimeError as problem:
        tell(f"there is no spool, events wait in memory: {problem}")
        return None


def folders_at(place: Path, max_bytes: int, *, quick: bool | None = None) -> Folders:
    """The spool at `place`, and the folder in memory that belongs to it."""
    boot = sequence.boot()
    if not os.path.isdir(SHARED_MEMORY):
        return Folders(Spool(place, max_bytes=max_bytes, boot=boot), is_direct=True)
    if quick is None:
        quick = os.environ.get("LOGVIEWER_SPOOL_QUICK") not in {"0", "no", "false", "off"}
    digest = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
    in_memory = Path(SHARED_MEMORY) / f"logviewer-{os.geteuid()}" / digest
    return Folders(
        Spool(place, max_bytes=max_bytes, boot=boot, fuller=in_memory),
        Spool(in_memory, max_bytes=MAX_UNSAVED_BYTES, boot=boot, copies=place),
        is_direct=not quick or not _is_shared_memory_fit(),
    )


def _is_shared_memory_fit() -> bool:
    """Whether there is such a file system, really in memory, with room for what a process may keep there."""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="replace") as mounts:
            kinds = [mount.split(" ")[2] for mount in mounts if mount.split(" ")[1] == SHARED_MEMORY]
        space = os.statvfs(SHARED_MEMORY)
    except OSError:
        return False
    return kinds[-1:] == ["tmpfs"] and space.f_bavail * space.f_frsize >= MAX_UNSAVED_BYTES


def ship(make_line: Callable[..., bytes], *parts: Any) -> None:
    """Ships `make_line(service, *parts)`; does nothing while nothing is configured. Never raises."""
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
    shipper = _Process.shipper
    return 0 if shipper is None else shipper.floor()


def count_below_level() -> None:
    """Counts an event that was not shipped because it is below `min_level()`."""
    shipper = _Process.shipper
    if shipper is not None:
        shipper.skip()


def _ask_environment() -> None:
    with _Process.deciding:
        if not _Process.is_decided:
            start_shipping()


def _after_fork_in_child() -> None:
    _Process.deciding = RLock()


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
