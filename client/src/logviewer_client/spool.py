"""The spool: a folder of segments that several processes share. What is in it outlives all of them.

    SPOOL_DIR/DESTINATION/1764118800000.<uuid>.<pid>.<boot>.events
    SPOOL_DIR/DESTINATION/dead/...

A destination is a logviewer and a service, so that nobody sends what is another service's. A segment is open as long as
its writer holds its lock; sealed, or left by a process that died, it belongs to whoever takes the lock.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from logviewer_client import holds
from logviewer_client.clock import steady_ms
from logviewer_client.segment import (
    MAX_BYTES,
    SPLITTING,
    Contents,
    OpenSegment,
    SegmentName,
    new_id,
    read_records,
    record,
)

MAX_AGE_MS = 7 * 24 * 3600 * 1000  # logviewer remembers ids twice as long
OLDEST_BELIEVED_MS = 1_767_225_600_000  # 2026: an earlier date comes from a clock that was not set yet
MAX_DEAD_BYTES = 16 * 1024 * 1024
MAX_DEAD_FILES = 1000
DEAD = "dead"
ROOM_LOCK = "room.lock"


class Spool:
    """The segments for one destination. Every method raises OSError where the folder cannot be used."""

    def __init__(self, folder: Path, *, max_bytes: int, boot: str) -> None:
        self.folder, self.max_bytes, self._boot = folder, max_bytes, boot
        self.segment_bytes = min(MAX_BYTES, max(max_bytes // 8, 64 * 1024))
        self._dead = folder / DEAD

    def open(self) -> None:
        """Makes and checks the folder. It is ours alone."""
        if not holds.IS_POSSIBLE:
            raise OSError("this system has no flock")
        root = self.folder.parent
        with contextlib.suppress(FileExistsError):
            os.makedirs(root.parent, exist_ok=True)
            os.mkdir(root, 0o700)
        _check_root(root)
        _make_private(self.folder)
        _make_private(self._dead)

    def create(self) -> OpenSegment:
        """A new segment that this process holds."""
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL
        while True:
            name = SegmentName(steady_ms(), new_id(), os.getpid(), self._boot)
            path = self._path(name)
            fd = holds.hold(path, flags)
            if fd is not None:  # else another process took it for a dead one's, and removed it as empty
                return OpenSegment(name, path, fd)

    def names(self) -> list[SegmentName]:
        """All segments, oldest first, the open ones too. Halves of what is being split do not count yet."""
        names = [name for name in map(SegmentName.parse, os.listdir(self.folder)) if name]
        hidden = {half for name in names if name.state == SPLITTING for half in name.halves()}
        return sorted((name for name in names if name not in hidden), key=lambda name: (name.created_ms, name.id))

    def claim(self, name: SegmentName) -> Claim | None:
        """Takes a sealed segment; None if somebody has it, or it is gone."""
        try:
            fd = holds.hold(self._path(name), os.O_RDWR)
        except OSError:
            return None
        if fd is None:
            return None
        claim = Claim(self, name, fd)
        if name.state == SPLITTING:
            self._finish_split(claim)
            return None
        return claim

    def sizes(self) -> dict[SegmentName, int]:
        """The bytes of each segment."""
        sizes = {}
        with os.scandir(self.folder) as entries:
            for entry in entries:
                name = SegmentName.parse(entry.name)
                if name:
                    with contextlib.suppress(FileNotFoundError):
                        sizes[name] = entry.stat(follow_symlinks=False).st_size
        return sizes

    def expendable(self) -> Iterator[tuple[Claim, str]]:
        """What must go, oldest first, with the reason: what is too old, and what is beyond the bound."""
        with self._alone() as is_alone:
            if not is_alone:
                return
            sizes = self.sizes()
            total = sum(sizes.values())
            for name in sorted(sizes, key=lambda name: name.created_ms):
                is_old = name.created_ms > OLDEST_BELIEVED_MS and steady_ms() - name.created_ms > MAX_AGE_MS
                if not is_old and total <= self.max_bytes:
                    return
                claim = self.claim(name)
                if claim is not None:
                    total -= sizes[name]
                    yield claim, "too_old" if is_old else "spool_full"

    def count_dead(self) -> int:
        """How many files are in dead/."""
        return len(os.listdir(self._dead))

    def quarantine(self, name: SegmentName, chunks: Iterable[bytes], why: str) -> None:
        """Writes to dead/ what cannot be shipped."""
        path = str(self._dead / f"{name}.{why}")
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _write_all(fd, b"".join([chunk + b"\n" for chunk in chunks]))
        finally:
            os.close(fd)
        self._bound_dead()

    def _path(self, name: SegmentName) -> str:
        return f"{self.folder}/{name}"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other process is making room: two would throw away twice as much as need be."""
        fd = holds.hold(str(self.folder / ROOM_LOCK), os.O_RDWR | os.O_CREAT)
        try:
            yield fd is not None
        finally:
            if fd is not None:
                holds.let_go(fd)

    def _bury(self, claim: Claim) -> None:
        os.rename(self._path(claim.name), self._dead / f"{claim.name}.refused")
        self._bound_dead()

    def _split(self, claim: Claim) -> None:
        # The name changes first: once there may be a half, the whole is never sent again.
        splitting = replace(claim.name, state=SPLITTING)
        os.rename(self._path(claim.name), self._path(splitting))
        claim.name = splitting
        self._finish_split(claim)

    def _finish_split(self, claim: Claim) -> None:
        """Also when the process that began it has died on the way: names and content of the halves are the same."""
        lines = claim.read().lines
        middle = len(lines) // 2
        first, second = claim.name.halves()
        for name, part in ((first, lines[:middle]), (second, lines[middle:])):
            holds.let_go(self._write(name, part))
        claim.remove()

    def _write(self, name: SegmentName, lines: Sequence[bytes]) -> int:
        """Puts a whole segment in the place of `name`; the descriptor, with the lock."""
        hidden = str(self.folder / f".{name}.{os.getpid()}")
        fd = holds.hold(hidden, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        if fd is None:
            raise OSError(f"{hidden} is held by another process")
        try:
            _write_all(fd, b"".join([record(number, line) for number, line in enumerate(lines)]))
            os.fsync(fd)
            os.rename(hidden, self._path(name))
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(hidden)
            holds.let_go(fd)
            raise
        return fd

    def _bound_dead(self) -> None:
        with os.scandir(self._dead) as entries:
            files = sorted((entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in entries)
        sizes = {path: os.lstat(path).st_size for _, path in files}
        total = sum(sizes.values())
        for gone, (_, path) in enumerate(files):
            if total <= MAX_DEAD_BYTES and len(files) - gone <= MAX_DEAD_FILES:
                return
            os.unlink(path)
            total -= sizes[path]


class Claim:
    """A sealed segment that this process holds, until one of the methods but `read` and `mend` ends that."""

    def __init__(self, spool: Spool, name: SegmentName, fd: int) -> None:
        self.name = name
        self._spool, self._fd = spool, fd

    def read(self) -> Contents:
        size = os.fstat(self._fd).st_size
        parts, at = [], 0
        while at < size:
            part = os.pread(self._fd, size - at, at)
            if not part:
                break
            parts.append(part)
            at += len(part)
        return read_records(b"".join(parts))

    def mend(self, contents: Contents) -> None:
        """Moves what is bad to dead/, and leaves the good records under the same id."""
        self._spool.quarantine(self.name, contents.bad, "unreadable")
        whole = self._spool._write(self.name, contents.lines)  # noqa: SLF001 -- two classes, one subject
        self.release()
        self._fd = whole

    def remove(self) -> None:
        os.unlink(self._spool._path(self.name))  # noqa: SLF001
        self.release()

    def split(self) -> None:
        """Leaves two halves in its place."""
        self._spool._split(self)  # noqa: SLF001

    def bury(self) -> None:
        """Moves it to dead/."""
        self._spool._bury(self)  # noqa: SLF001
        self.release()

    def release(self) -> None:
        """Leaves it for the next try, of whomever."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            holds.let_go(fd)


def _check_root(root: Path) -> None:
    status = os.lstat(root)
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(f"{root} is a link or no folder")
    if status.st_uid not in {os.geteuid(), 0}:
        raise PermissionError(f"{root} belongs to another user")
    if status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX:
        raise PermissionError(f"{root} can be written by other users")


def _make_private(folder: Path) -> None:
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(f"{folder} is a link or no folder")
    if status.st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to another user")
    if status.st_mode & 0o077:
        os.chmod(folder, 0o700)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
