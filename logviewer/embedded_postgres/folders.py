"""The data folder: who may use it, what lies where in it, and the lock that keeps two servers apart."""

import errno
import fcntl
import hashlib
import os
import shutil
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from logviewer.embedded_postgres.problem import DataFolderInUse, EmbeddedPostgresProblem, not_writable

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 107  # sockaddr_un holds 108 with the closing zero


@dataclass(frozen=True, slots=True)
class Folders:
    """Paths inside one data folder."""

    data: Path

    @property
    def cluster(self) -> Path:
        return self.data / "postgres"

    @property
    def password(self) -> Path:
        return self.data / "postgres_password"

    @property
    def lock(self) -> Path:
        return self.data / "lock"

    @property
    def guests(self) -> Path:
        """Commands that use another process's server hold a shared lock on this file."""
        return self.data / "guests"

    @property
    def start_log(self) -> Path:
        """What Postgres says until its own log (postgres/log) takes over."""
        return self.data / "postgres-start.log"


def open_data_folder(data_dir: Path) -> Folders:
    """Makes `data_dir` (0700) if it is absent, and refuses one that is not safely ours."""
    data = Path(os.path.realpath(data_dir))
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        data.mkdir(mode=0o700, exist_ok=True)
        state = data.stat()
    except OSError as problem:
        raise not_writable(data, problem.strerror) from problem
    if state.st_uid != os.geteuid():
        raise EmbeddedPostgresProblem(
            f"The data folder {data} belongs to another user (uid {state.st_uid}):"
            " start as that user, or set LOGVIEWER_DATA_DIR to a folder of yours."
        )
    if state.st_mode & stat.S_IWOTH:
        raise EmbeddedPostgresProblem(
            f"Everybody may write in the data folder {data}: set LOGVIEWER_DATA_DIR to a folder in it,"
            " or take that right away (chmod o-w)."
        )
    if not os.access(data, os.W_OK | os.X_OK):
        raise not_writable(data, "read-only")
    return Folders(data)


class FolderLock:
    """The exclusive right to run a server on a data folder. The kernel gives it back when the process ends."""

    def __init__(self, folders: Folders) -> None:
        """Raises DataFolderInUse if another process has it."""
        self._descriptor = _open_lock(folders.lock)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise DataFolderInUse(_in_use(folders.data, holder)) from None
        os.truncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Gives the right back; a second time does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class GuestLock:
    """Says that this process uses a server of another one. `wait_for_guests` is the other side."""

    def __init__(self, folders: Folders) -> None:
        self._descriptor = _open_lock(folders.guests)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def release(self) -> None:
        os.close(self._descriptor)


def wait_for_guests(folders: Folders) -> None:
    """Returns once no other process uses this process's server."""
    descriptor = _open_lock(folders.guests)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def socket_folder(folders: Folders, owner: tuple[int, int]) -> Path:
    """Returns a 0700 folder of `owner` (uid, gid) for the server's socket, outside the cluster's folder.

    A base backup copies whatever lies in the cluster, a socket's lock file too, and then does not start. Data
    folders with long names or on file systems without sockets get a folder in the runtime or temporary folder.
    """
    inside = folders.data / "socket"
    if len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
        if inside.is_dir() and inside.stat().st_uid != owner[0]:
            shutil.rmtree(inside)  # root's server ran under another account the last time
        _make_private(inside, owner)
        if _takes_sockets(inside):
            return inside
    short = hashlib.sha256(os.fsencode(folders.data)).hexdigest()[:16]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    parent = Path(runtime) if runtime and _is_private(Path(runtime), {os.geteuid()}) else Path("/tmp")  # noqa: S108
    outside = parent / f"logviewer-{os.geteuid()}-{short}"
    _make_private(outside, owner)
    return outside


def clear_socket_folder(folder: Path) -> None:
    """Removes what a killed server left. Only for the holder of the lock, and when no server lives."""
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (folder / name).unlink(missing_ok=True)


def _make_private(folder: Path, owner: tuple[int, int]) -> None:
    """Makes `folder` with mode 0700, or checks one that is there: /tmp is open to everybody's symlinks."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except OSError as problem:
        raise not_writable(folder, problem.strerror) from problem
    if not _is_private(folder, {os.geteuid(), owner[0]}):
        raise EmbeddedPostgresProblem(
            f"{folder} is not a private folder of this user: remove it, or set LOGVIEWER_DATA_DIR."
        )
    if folder.stat().st_uid != owner[0]:
        os.chown(folder, *owner, follow_symlinks=False)


def _is_private(folder: Path, owners: set[int]) -> bool:
    try:
        state = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(state.st_mode) and state.st_uid in owners and not state.st_mode & 0o077


def _takes_sockets(folder: Path) -> bool:
    """Folders shared into a container or a virtual machine often refuse sockets."""
    path = folder / f"{SOCKET_NAME}.try"
    try:
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as probe:
            probe.bind(str(path))
        path.unlink()
    except OSError:
        return False
    return True


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as problem:
        reason = "a link" if problem.errno == errno.ELOOP else problem.strerror
        raise not_writable(path.parent, reason) from problem


def _in_use(data: Path, holder: str) -> str:
    process = f" (process {holder})" if holder else ""
    return (
        f"The data folder {data} is in use by another logviewer{process}:"
        " stop that one, or set LOGVIEWER_DATA_DIR to another folder."
    )
