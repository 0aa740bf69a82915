"""Who holds a segment: open descriptors with an flock on them, and what becomes of them when the process forks.

A file belongs to the process that holds its lock, and to nobody once that process has died. A forked child inherits
descriptors and with them the locks, so the child closes them; and a lock is given up by unlocking, not by closing
alone, because a copy that got away would go on holding it.
"""

from __future__ import annotations

import contextlib
import os
import stat

from logviewer_client.native import RLock

try:
    import fcntl
except ImportError:  # no POSIX: there is no spool, only memory
    fcntl = None  # type: ignore[assignment]

IS_POSSIBLE = fcntl is not None
LONGEST_WAIT_BEFORE_FORK_S = 0.2

_held: set[int] = set()


class _Opening:
    """A fork waits until a descriptor that was just opened is known here; but log calls do not wait for a disk."""

    in_memory = RLock()
    on_disk = RLock()


def hold(path: str, flags: int, *, in_memory: bool = False) -> int | None:
    """Opens the regular file `path` of ours and locks it: the descriptor, or None if it is somebody else's or gone.

    Raises OSError where the file cannot be opened; links are not followed.
    """
    with _Opening.in_memory if in_memory else _Opening.on_disk:
        fd = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        _held.add(fd)
    if lock(fd) and is_in_place(fd, path):
        return fd
    let_go(fd)
    return None


def lock(fd: int) -> bool:
    """Takes the lock if nobody has it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def let_go(fd: int) -> None:
    """Unlocks and closes."""
    _held.discard(fd)
    with contextlib.suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_UN)
    with contextlib.suppress(OSError):
        os.close(fd)


def is_in_place(fd: int, path: str) -> bool:
    """Whether `path` is still the file that was opened, and ours: one with two names may be anything."""
    opened = os.fstat(fd)
    try:
        named = os.lstat(path)
    except FileNotFoundError:
        return False
    is_plain = stat.S_ISREG(opened.st_mode) and opened.st_nlink == 1 and opened.st_uid == os.geteuid()
    return is_plain and os.path.samestat(opened, named)


def close_inherited() -> None:
    """In a forked child: gives back to the parent alone what it holds."""
    for fd in _held:
        with contextlib.suppress(OSError):
            os.close(fd)
    _held.clear()


def _before_fork() -> None:
    for lock in (_Opening.in_memory, _Opening.on_disk):
        lock.acquire(timeout=LONGEST_WAIT_BEFORE_FORK_S)


def _after_fork_in_parent() -> None:
    for lock in (_Opening.in_memory, _Opening.on_disk):
        with contextlib.suppress(RuntimeError):  # the wait before the fork was in vain
            lock.release()


def _after_fork_in_child() -> None:
    # The old ones may be held by threads that do not exist here.
    _Opening.in_memory, _Opening.on_disk = RLock(), RLock()
    close_inherited()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
