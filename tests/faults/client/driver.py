"""A service that logs numbered events through structlog and the client: python -m tests.faults.client.driver WORK JSON

WORK is one of WORKS, JSON its arguments. The client is set up by the environment, as in any service. USR1 asks the
service to stop logging; TERM ends it as its work says.
"""

import json
import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from logviewer_client import ShipToLogviewer, flush
from logviewer_client.shipper import EXIT_FLUSH_S, Shipper
from tests.faults.client.oracle import Oracle
from tests.faults.judge import EVENT, event_of

PRELOADED = 200  # events that the master of a web service logs, with numbers from 0
FORKED = 1_000_000  # the numbers of a forked child's events begin at a multiple of this


class Desk:
    """Logs events by number, and tells the oracle."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._log = structlog.get_logger()
        self.is_enough = False

    def log(self, number: int) -> None:
        event = event_of(number, "")
        content = {name: event[name] for name in ("n", "text", "nested")}
        self._oracle.begins(number)
        began = time.perf_counter()
        self._log.info(EVENT, **content)
        self._oracle.returned(number, int((time.perf_counter() - began) * 1e6))

    def log_steadily(self, first: int, count: int, rate: float = 0) -> None:
        """Logs `count` events, or until it is enough, `rate` a second or as fast as can be."""
        began = time.monotonic()
        for number in range(first, first + count):
            if self.is_enough:
                return
            self.log(number)
            ahead_s = (number - first) / rate - (time.monotonic() - began) if rate else 0
            if ahead_s > 0.002:
                time.sleep(ahead_s)


def set_up() -> Desk:
    """The chain of a usual service, whose own output goes nowhere."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            ShipToLogviewer(),
            structlog.processors.JSONRenderer(),
        ],
        # Not one of those that write: their lock may be held by another thread when the process forks.
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return Desk(Oracle(Path(os.environ["RIG_ORACLE"])))


def steadily(
    desk: Desk,
    *,
    first: int = 0,
    count: int = 10**9,
    rate: float = 0,
    leave: str = "return",
    patience_s: float = EXIT_FLUSH_S,
) -> None:
    """Logs, then leaves the process in one of the ways in LEAVING. In the end the client has `patience_s` to send."""
    Shipper.close.__defaults__ = (patience_s,)
    desk.log_steadily(first, count, rate)
    LEAVING[leave]()


def on_term(desk: Desk, *, first: int = 0, rate: float = 0) -> None:
    """Logs until TERM, which it handles as most servers do."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    desk.log_steadily(first, 10**9, rate)


def forking(desk: Desk, *, forks: int, threads: int, in_child: int, watchdog_s: float = 90) -> None:
    """Forks again and again while threads log; each child logs, then leaves by sys.exit or os._exit in turn."""
    logging = [threading.Thread(target=desk.log_steadily, args=(place * 10**5, 10**5, 100)) for place in range(threads)]
    for thread in logging:
        thread.start()
    children: dict[int, float] = {}
    for fork in range(1, forks + 1):
        pid = os.fork()
        if pid == 0:
            desk.log_steadily(fork * FORKED, in_child)
            sys.exit(0) if fork % 2 else os._exit(0)
        children[pid] = time.monotonic() + watchdog_s
        while len(children) > 8:
            _reap(children)
    while children:
        _reap(children)
    desk.is_enough = True
    for thread in logging:
        thread.join()


def _reap(children: dict[int, float]) -> None:
    """Takes note of children that have ended, and kills one that hangs, which then is this process's failure."""
    for pid, give_up in list(children.items()):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            del children[pid]
            if status:
                print(f"a forked child ended with {os.waitstatus_to_exitcode(status)}", file=sys.stderr, flush=True)
        elif time.monotonic() > give_up:
            print("a forked child hung", file=sys.stderr, flush=True)
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.002)


def forgetful_parent(desk: Desk, *, first: int, count: int) -> None:
    """Logs, then leaves a child behind that lives on and never logs, and dies itself."""
    desk.log_steadily(first, count)
    pid = os.fork()
    if pid == 0:
        signal.pause()
    print(pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def until_enough(desk: Desk, *, first: int = 0, rate: float = 0, flush_s: float = 0) -> None:
    """Logs until USR1, then ends in peace, if `flush_s` is given after all is sent or that time is over."""
    desk.log_steadily(first, 10**9, rate)
    if flush_s:
        flush(flush_s)


def drain(desk: Desk) -> None:
    """The client's own command, in a process in which protections can be off."""
    sys.argv = ["logviewer_client", "drain"]
    runpy.run_module("logviewer_client", run_name="__main__")


def _raise() -> None:
    raise RuntimeError("nobody handles this")


LEAVING: dict[str, Callable[[], Any]] = {
    "return": lambda: None,
    "sys.exit": lambda: sys.exit(3),
    "os._exit": lambda: os._exit(4),
    "exception": _raise,
    "abort": os.abort,
}
WORKS: dict[str, Callable[..., None]] = {
    work.__name__: work for work in (steadily, on_term, forking, forgetful_parent, until_enough, drain)
}


def main() -> None:
    options = json.loads(sys.argv[2])
    if off := options.pop("without", ()):
        from tests.faults.client import protections

        protections.switch_off(off)
    desk = set_up()
    signal.signal(signal.SIGUSR1, lambda number, frame: setattr(desk, "is_enough", True))
    WORKS[sys.argv[1]](desk, **options)


if __name__ == "__main__":
    main()
