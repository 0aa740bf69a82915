"""A child that is kept running: restarted with growing pauses when it ends, ended with all it started."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from logviewer.child_process import dying_with_this_process
from logviewer.embedded_postgres import EmbeddedPostgresProblem
from logviewer.supervisor.console import say

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0  # a child that ran this long starts again without a growing pause


class Child:
    """One process to keep. `start` makes it and returns at once."""

    def __init__(self, name: str, start: Callable[[], "subprocess.Popen[bytes]"]) -> None:
        self.name = name
        self._start = start
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause_s = FIRST_PAUSE_S
        self.due: float | None = None  # when to start it again, on time.monotonic()'s clock

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def adopt(self, process: "subprocess.Popen[bytes]") -> None:
        """Takes over one that was started already."""
        self._process = process
        self._started = time.monotonic()

    def start(self) -> None:
        self.due = None
        self._started = time.monotonic()
        try:
            self._process = self._start()
        except (OSError, EmbeddedPostgresProblem) as problem:
            say(f"{self.name} could not be started: {problem}")
            self._plan_next_start()

    def tend(self) -> None:
        """Notices its end, and starts it again when that is due."""
        if self.has_ended() and self.due is None and self._process is not None:
            say(f"{self.name} (process {self._process.pid}) ended {_ending(self._process.returncode)}: restarting")
            self._plan_next_start()
        if self.due is not None and time.monotonic() >= self.due:
            self.start()

    def _plan_next_start(self) -> None:
        if time.monotonic() - self._started > STEADY_S:
            self._pause_s = FIRST_PAUSE_S
        self.due = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def has_ended(self) -> bool:
        if self._process is None or self._process.returncode is not None:
            return True
        if not _is_zombie(self._process.pid):
            return False
        # Before it is reaped, for only until then its number surely names its own group.
        self.kill()
        self._process.wait()
        return True

    def terminate(self) -> None:
        self.due = None
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()

    def kill(self) -> None:
        """Ends it and everything in its process group at once."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def spawn(command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Starts `command` in a process group of its own; the kernel kills it should the supervisor die.

    A polite signal would not do: the next start needs its port, and the worker waits for a Postgres that ends too.
    """
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=dying_with_this_process(signal.SIGKILL),  # noqa: PLW1509 -- the supervisor has one thread
    )


def reap_strangers(children: Iterable[Child]) -> None:
    """Buries what dead children left to us: as process 1 of a container nobody else does."""
    ours = {child.pid for child in children}
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid in ours:
            return
        os.waitpid(ended.si_pid, 0)


def _is_zombie(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _ending(status: int) -> str:
    return f"with status {status}" if status >= 0 else f"by signal {-status}"
