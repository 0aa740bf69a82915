"""The running server: started as our direct child, watched until it is ready, ended last.

Whoever holds the data folder's lock may start one. A server that a killed supervisor left is ended first.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from logviewer.child_process import die_with_parent
from logviewer.embedded_postgres import cluster, folders, suppliers
from logviewer.embedded_postgres.account import account_for
from logviewer.embedded_postgres.problem import Cancelled, EmbeddedPostgresProblem, disk_full, not_writable

POLL_S = 0.05
PROGRESS_S = 5.0
FAST_STOP_S = 4.0
IMMEDIATE_STOP_S = 2.0

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PidFile:
    """What a server writes about itself into postmaster.pid; its line order is Postgres' own."""

    pid: int
    socket_folder: Path | None
    ready: bool

    @classmethod
    def read(cls, cluster_folder: Path) -> "PidFile | None":
        """None if no server was started, or it ended cleanly."""
        try:
            lines = (cluster_folder / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return None
        socket_folder = Path(lines[4]) if len(lines) > 4 and lines[4] else None
        return cls(pid, socket_folder, ready=len(lines) > 7 and lines[7].strip() == "ready")


class Server:
    """A Postgres on `data_dir`, not yet started: `start`, `wait_until_ready`, `stop`, and `close` for the lock.

    Raises DataFolderInUse, Cancelled, or EmbeddedPostgresProblem with a sentence for the operator.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        log: Log = print,
        settings: Mapping[str, str] | None = None,
        durable: bool = True,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._log = log
        self._settings = dict(settings or {})
        self._is_cancelled = is_cancelled
        self._process: subprocess.Popen[bytes] | None = None
        self.folders = folders.open_data_folder(data_dir)
        self._lock = folders.FolderLock(self.folders)
        try:
            self._make_ready(durable=durable)
        except BaseException:
            self.close()
            raise

    def _make_ready(self, *, durable: bool) -> None:
        self._end_orphan()
        self._binaries = suppliers.find(cluster.major_of(self.folders.cluster))
        self._account = account_for(self._binaries.program("postgres"), self.folders.data)
        if cluster.major_of(self.folders.cluster) is None:
            self._log(f"Making the database (Postgres {self._binaries.major}) in {self.folders.data}")
        self._passwords = cluster.make_ready(self.folders, self._binaries, self._account, durable=durable)
        owner = (self._account.uid, self._account.gid)
        self._socket_folder = folders.socket_folder(self.folders, owner)

    def _end_orphan(self) -> None:
        """Waits for the server of a killed supervisor: it is shutting down, and two would spoil the data."""
        orphan = living_server(self.folders)
        if orphan is None:
            return
        self._log(f"An earlier database server (process {orphan.pid}) still runs: waiting for its end")
        with contextlib.suppress(ProcessLookupError):
            os.kill(orphan.pid, signal.SIGINT)
        while living_server(self.folders) is not None:
            if self._is_cancelled():
                raise Cancelled("Stopped while an earlier database server was ending.")
            time.sleep(POLL_S)

    @property
    def url(self) -> str:
        """The DATABASE_URL of logviewer's own login."""
        return self.url_for("logviewer")

    def url_for(self, service: str) -> str:
        """The DATABASE_URL of `service`: logviewer, learningapi, or postgres for the superuser."""
        return self._passwords.url(service, self._socket_folder)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    def start(self) -> "subprocess.Popen[bytes]":
        """Starts `postgres` as a child that gets a fast shutdown when this process dies, and returns at once."""
        folders.clear_socket_folder(self._socket_folder)
        parent = os.getpid()

        def enter() -> None:
            self._account.enter()
            die_with_parent(signal.SIGINT, parent)

        try:
            with self.folders.start_log.open("wb") as start_log:
                self._process = subprocess.Popen(
                    self._command(),
                    preexec_fn=enter,  # noqa: PLW1509 -- those who come here have one thread
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=start_log,
                    stderr=start_log,
                    start_new_session=True,  # a terminal's Ctrl-C reaches us alone, and we end it last
                )
        except OSError as problem:
            raise not_writable(self.folders.data, problem.strerror) from problem
        return self._process

    def _command(self) -> list[str]:
        settings = {"listen_addresses": "", "unix_socket_permissions": "0700", **self._settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        program = self._binaries.program("postgres")
        return [program, "-D", str(self.folders.cluster), "-k", str(self._socket_folder), *options]

    def _environment(self) -> dict[str, str]:
        stale = PidFile.read(self.folders.cluster)
        if stale is None:
            return cluster.environment()
        # No server lives here, so the file is a killed one's. Its number may belong to another process by now,
        # which Postgres takes for a server. The number in this variable, pg_ctl's shell by custom, it passes over.
        return {**cluster.environment(), "PG_GRANDPARENT_PID": str(stale.pid)}

    def is_ready(self) -> bool:
        state = PidFile.read(self.folders.cluster)
        return state is not None and state.ready and self._process is not None and state.pid == self.pid

    def wait_until_ready(self) -> bool:
        """Waits without a limit, for recovery takes what it takes. False if the caller cancelled."""
        started = told = time.monotonic()
        while not self.is_ready():
            if self._is_cancelled():
                return False
            if self._process is None or self._process.poll() is not None:
                self._start_again_or_fail()
            if time.monotonic() - told > PROGRESS_S:
                told = time.monotonic()
                self._log(f"The database is recovering ({told - started:.0f} s)")
            time.sleep(POLL_S)
        return True

    def _start_again_or_fail(self) -> None:
        # A killed server's sessions live on until they notice, and keep its memory.
        if "shared memory block" not in self.folders.start_log.read_text(errors="replace"):
            self._fail()
        time.sleep(10 * POLL_S)
        self.start()

    def _fail(self) -> NoReturn:
        said = self._last_words()
        if "No space left on device" in said:
            raise disk_full(self.folders.data)
        raise EmbeddedPostgresProblem(
            f"Postgres did not start; {self.folders.cluster / 'log'} has its log. Its last words:\n{said}"
        )

    def _last_words(self) -> str:
        """The end of what the server said on its way up, in its log and before it had one."""
        logs = sorted((self.folders.cluster / "log").glob("*.log"), key=lambda file: file.stat().st_mtime)
        said = "\n".join(_tail(file) for file in [*logs[-1:], self.folders.start_log])
        return "\n".join(said.strip().splitlines()[-12:])

    def stop(self, patience_s: float = FAST_STOP_S) -> None:
        """Ends the server: politely, then by an immediate stop that the next start recovers from."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        for number, seconds in ((signal.SIGINT, patience_s), (signal.SIGQUIT, IMMEDIATE_STOP_S)):
            process.send_signal(number)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            return
        process.kill()
        process.wait()

    def close(self) -> None:
        """Gives the data folder back. The server has ended before."""
        self._lock.release()


def _tail(file: Path) -> str:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 4000))
        return stream.read().decode("utf-8", "replace")


def living_server(where: folders.Folders) -> PidFile | None:
    """The server that runs on this data folder's cluster, whoever started it."""
    state = PidFile.read(where.cluster)
    return state if state is not None and _runs_in(state.pid, where.cluster) else None


def _runs_in(pid: int, cluster_folder: Path) -> bool:
    """Whether `pid` is a server of this cluster: a server works in its cluster, and numbers are used again."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    process = Path(f"/proc/{pid}")
    if not process.exists():  # no /proc on this system: believe the file
        return not Path("/proc/self").exists()
    try:
        return process.joinpath("cwd").samefile(cluster_folder)
    except FileNotFoundError:  # a zombie has no folder any more
        return False
    except OSError:
        return b"postgres" in process.joinpath("cmdline").read_bytes()
