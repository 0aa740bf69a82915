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
from dataclasses import dataclass, replace
from pathlib import Path

from logviewer_client import holds
from logviewer_client.clock import next_ms, steady_ms
from logviewer_client.native import sleep
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
HIDDEN = ".new."
LOOKS_LAST_MS = 100


class Spool:
    """The segments for one destination. Every method raises OSError where the folder cannot be used."""

    def __init__(
        self, folder: Path, *, max_bytes: int, boot: str, fuller: Path | None = None, copies: Path | None = None
    ) -> None:
        """Of two folders for the same segments each names the other.

        A segment that is also in `fuller` is all there, and here perhaps only in part; `copies` holds such parts.
        """
        self.folder, self.max_bytes, self._boot = folder, max_bytes, boot
        self._fuller, self._copies = fuller, copies
        self.segment_bytes = min(MAX_BYTES, max(max_bytes // 8, 64 * 1024))
        self.is_open = False
        self._dead = folder / DEAD

    def open(self) -> None:
        """Makes and checks the folder, once. It is ours alone."""
        if self.is_open:
            return
        if not holds.IS_POSSIBLE:
            raise OSError("this system has no flock")
        root = self.folder.parent
        if self._copies is not None:
            _make_private(root)
        else:
            os.makedirs(root.parent, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.mkdir(root, 0o700)
            _check_root(root)
        _make_private(self.folder)
        _make_private(self._dead)
        self.is_open = True

    def identity(self) -> tuple[int, int] | None:
        """Tells this folder from one that was made in its place; None: there is none."""
        try:
            status = os.stat(self.folder)
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def create(self) -> OpenSegment:
        """A new segment that this process holds."""
        self.open()
        while True:
            name = SegmentName(next_ms(), new_id(), os.getpid(), self._boot)
            try:
                fd = self._hold(self.path_of(name), os.O_APPEND | os.O_CREAT | os.O_EXCL)
            except FileNotFoundError:  # the folder was removed
                self.is_open = False
                self.open()
                continue
            if fd is not None:  # else another process took it for a dead one's, and removed it as empty
                return OpenSegment(self, name, fd)

    def hold_new(self, name: SegmentName) -> int:
        """An empty file for a segment that exists elsewhere; the descriptor, with the lock."""
        for _ in range(LOOKS_LAST_MS):
            fd = self._hold(self.path_of(name), os.O_CREAT | os.O_TRUNC)
            if fd is not None:
                return fd
            sleep(0.001)  # another process looks whether it is an orphan
        raise BlockingIOError(f"{name} is held by another process")

    def adopt(self, other: Spool) -> int:
        """Moves here what nobody holds in `other`; returns how many segments that was."""
        moved = 0
        for name in other.names():
            claim = other.claim(name)
            if claim is not None:
                try:
                    self.take_over(claim)
                finally:
                    claim.release()
                moved += 1
        return moved

    def take_over(self, claim: Claim) -> None:
        """Moves a segment of another folder here, over whatever part of it is here already."""
        self.open()
        holds.let_go(self._write(claim.name, claim.read_bytes()))
        claim.remove()  # last: as long as it is there, nobody uses what is here

    def names(self) -> list[SegmentName]:
        """All segments, oldest first, the open ones too. Halves of what is being split do not count yet."""
        names = [name for name in map(SegmentName.parse, self._list()) if name]
        hidden = {half for name in names if name.state == SPLITTING for half in name.halves()}
        return sorted((name for name in names if name not in hidden), key=lambda name: (name.created_ms, name.id))

    def _list(self) -> list[str]:
        try:
            return os.listdir(self.folder)
        except FileNotFoundError:
            return []

    def claim(self, name: SegmentName) -> Claim | None:
        """Takes a sealed segment; None if somebody has it, or it is gone."""
        try:
            fd = self._hold(self.path_of(name))
        except OSError:
            return None
        if fd is None:
            return None
        claim = Claim(self, name, fd)
        if self._fuller is not None and (
            os.path.lexists(self._fuller / str(name)) or not holds.is_in_place(fd, self.path_of(name))
        ):
            claim.release()
            return None
        if name.state == SPLITTING:
            try:
                self._finish_split(claim)
            finally:
                claim.release()
            return None
        return claim

    def sizes(self) -> dict[SegmentName, int]:
        """The bytes of each segment."""
        sizes = {}
        for name in map(SegmentName.parse, self._list()):
            if name:
                with contextlib.suppress(FileNotFoundError):
                    sizes[name] = os.lstat(self.path_of(name)).st_size
        return sizes

    def expendable(self) -> Iterator[tuple[Claim, str]]:
        """What must go, oldest first, with the reason: what is too old, and what is beyond the bound."""
        with self._alone() as is_alone:
            if not is_alone:
                return
            sizes = self.sizes()
            total = sum(sizes.values())
            self._clear_up()
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
        try:
            return len(os.listdir(self._dead))
        except FileNotFoundError:
            return 0

    def quarantine(self, name: SegmentName, chunks: Iterable[bytes], why: str) -> None:
        """Writes to dead/ what cannot be shipped."""
        path = str(self._dead / f"{name}.{why}")
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _write_all(fd, b"".join([chunk + b"\n" for chunk in chunks]))
        finally:
            os.close(fd)
        self._bound_dead()

    def remove_if_empty(self) -> None:
        """For a folder that should not outlive its use. Whoever needs it next makes it anew."""
        self.is_open = False
        with contextlib.suppress(OSError):
            os.rmdir(self._dead)
            os.rmdir(self.folder)

    def remove_copy(self, name: SegmentName) -> None:
        """Removes the part of a segment that is elsewhere, before the whole is used from here."""
        if self._copies is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._copies / str(name))

    def _hold(self, path: str, flags: int = 0) -> int | None:
        return holds.hold(path, os.O_RDWR | flags, in_memory=self._copies is not None)

    def path_of(self, name: SegmentName) -> str:
        return f"{self.folder}/{name}"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other process is making room: two would throw away twice as much as need be."""
        try:
            fd = self._hold(str(self.folder / ROOM_LOCK), os.O_CREAT)
        except FileNotFoundError:  # the folder was removed
            fd = None
        try:
            yield fd is not None
        finally:
            if fd is not None:
                holds.let_go(fd)

    def _clear_up(self) -> None:
        """Removes what processes that died have left half written."""
        for text in self._list():
            if text.startswith(HIDDEN):
                path = f"{self.folder}/{text}"
                with contextlib.suppress(OSError):
                    fd = self._hold(path)
                    if fd is not None:
                        os.unlink(path)
                        holds.let_go(fd)

    def _bury(self, claim: Claim) -> None:
        os.rename(self.path_of(claim.name), self._dead / f"{claim.name}.refused")
        self._bound_dead()

    def _split(self, claim: Claim) -> None:
        # The name changes first: once there may be a half, the whole is never sent again.
        splitting = replace(claim.name, state=SPLITTING)
        os.rename(self.path_of(claim.name), self.path_of(splitting))
        claim.name = splitting
        self._finish_split(claim)

    def _finish_split(self, claim: Claim) -> None:
        """Also when the process that began it has died on the way: names and content of the halves are the same."""
        lines = claim.read().lines
        middle = len(lines) // 2
        first, second = claim.name.halves()
        for name, part in ((first, lines[:middle]), (second, lines[middle:])):
            holds.let_go(self._write(name, _records(part)))
        claim.remove()

    def _write(self, name: SegmentName, data: bytes) -> int:
        """Puts a whole segment in the place of `name`; the descriptor, with the lock."""
        hidden = str(self.folder / f"{HIDDEN}{name}.{os.getpid()}")
        fd = self._hold(hidden, os.O_CREAT | os.O_TRUNC)
        if fd is None:
            raise OSError(f"{hidden} is held by another process")
        try:
            _write_all(fd, data)
            os.fsync(fd)
            os.rename(hidden, self.path_of(name))
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


@dataclass(frozen=True)
class Folders:
    """Where the segments for a destination are: on the disk, and in memory on systems that have such a folder."""

    disk: Spool
    memory: Spool | None = None
    is_direct: bool = False  # log calls append to the disk; in memory is at most what other processes left there

    @property
    def all(self) -> list[Spool]:
        """In the order in which segments move."""
        return [self.disk] if self.memory is None else [self.memory, self.disk]

    @property
    def for_log_calls(self) -> list[Spool]:
        return [self.disk] if self.is_direct else self.all


class Claim:
    """A sealed segment that this process holds, until a method that is not about reading ends that."""

    def __init__(self, spool: Spool, name: SegmentName, fd: int) -> None:
        self.name = name
        self._spool, self._fd = spool, fd

    def read(self) -> Contents:
        return read_records(self.read_bytes())

    def read_bytes(self) -> bytes:
        size = os.fstat(self._fd).st_size
        parts, at = [], 0
        while at < size:
            part = os.pread(self._fd, size - at, at)
            if not part:
                break
            parts.append(part)
            at += len(part)
        return b"".join(parts)

    def quarantine(self, lines: Iterable[bytes], why: str) -> None:
        """Writes a copy of `lines` to dead/."""
        self._spool.quarantine(self.name, lines, why)

    def mend(self, contents: Contents) -> None:
        """Moves what is bad to dead/, and leaves the good records under the same id."""
        self._spool.quarantine(self.name, contents.bad, "unreadable")
        whole = self._spool._write(self.name, _records(contents.lines))  # noqa: SLF001 -- two classes, one subject
        self.release()
        self._fd = whole

    def remove_copy(self) -> None:
        """Before it is sent from here: a part that stayed elsewhere would be taken for another batch."""
        self._spool.remove_copy(self.name)

    def remove(self) -> None:
        try:
            os.unlink(self._spool.path_of(self.name))
        finally:
            self.release()

    def split(self) -> None:
        """Leaves two halves in its place."""
        try:
            self._spool._split(self)  # noqa: SLF001
        finally:
            self.release()

    def bury(self) -> None:
        """Moves it to dead/."""
        try:
            self._spool._bury(self)  # noqa: SLF001
        finally:
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


def _records(lines: Sequence[bytes]) -> bytes:
    return b"".join([record(number, line) for number, line in enumerate(lines)])


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
