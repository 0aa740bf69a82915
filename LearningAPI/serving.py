"""The web server: granian with one worker, and threads that may run beside it in the supervising process."""

import errno
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.util import Finalize
from typing import Any

from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from granian.constants import Interfaces
from granian.server import MPServer

import logviewer_client
from LearningAPI.env import Environment

THREADS = 4  # at the rates of one school; each may hold a database connection
STOP_WITHIN_S = 6
EXIT_FLUSH_S = 2.0
PORT_PATIENCE_S = 2.0
LOOK_FOR_PARENT_EVERY_S = 0.5
# granian sets logging up again in each process; this changes nothing.
LOGGING_IS_SET_UP = {"version": 1, "incremental": True, "handlers": {}, "loggers": {}}

Beside = Callable[[threading.Event], None]


class PortBusy(Exception):
    """Another program listens where the service should. The message says what to do."""


class Server(MPServer):
    """granian, with `beside` running in threads of the supervising process while it serves."""

    def __init__(self, *, beside: Sequence[Beside], **options: Any) -> None:
        super().__init__(**options)
        self.stopping = threading.Event()
        self._threads = [threading.Thread(target=run, args=(self.stopping,), daemon=True) for run in beside]

    def startup(self, *arguments: Any) -> None:
        super().startup(*arguments)  # type: ignore[no-untyped-call]
        # After the worker is forked: a fork copies one thread only, and the locks of all.
        for thread in self._threads:
            thread.start()

    def shutdown(self, *arguments: Any) -> None:
        # First, so that nothing beside the server asks one that is going away.
        self.stopping.set()
        super().shutdown(*arguments)  # type: ignore[no-untyped-call]


def serve(at: Environment, *, beside: Sequence[Beside] = ()) -> None:
    """Serves until TERM or INT, then returns. Raises PortBusy; SystemExit when the worker dies by itself."""
    _wait_for_port(at.host, at.port)
    _close_pool()
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")  # the default until Python 3.14, after which granian takes "spawn"
    server = Server(
        beside=beside,
        target="LearningAPI.wsgi:application",
        address=at.host,
        port=at.port,
        interface=Interfaces.WSGI,
        websockets=False,
        workers=1,
        blocking_threads=THREADS,
        workers_kill_timeout=STOP_WITHIN_S,
        log_dictconfig=LOGGING_IS_SET_UP,
    )
    try:
        server.serve(target_loader=load_application, wrap_loader=False)
    except SystemExit:
        # A signal to the whole group may end the worker before the supervisor asks it to: that is no failure.
        if not server.interrupt_signal:
            raise


def _close_pool() -> None:
    """Before the worker is forked: connections must not be shared, and a pool's threads are not copied."""
    database = connections["default"]
    if isinstance(database, DatabaseWrapper):
        database.close()
        database.close_pool()


def load_application() -> Any:
    """Runs in the worker."""
    end_with_parent()
    from LearningAPI.wsgi import application

    # A forked worker ends without `atexit`, and what it logged last would not be shipped.
    Finalize(None, logviewer_client.flush, args=(EXIT_FLUSH_S,), exitpriority=0)
    return application


def end_with_parent() -> None:
    """Ends this process by TERM once its parent is gone: a killed supervisor must not leave a port taken."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_FOR_PARENT_EVERY_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def _wait_for_port(host: str, port: int) -> None:
    """Returns once the port is free; what a killed predecessor left needs a moment to go."""
    deadline = time.monotonic() + PORT_PATIENCE_S
    while True:
        try:
            _bind_once(host, port)
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise PortBusy(f"{host}:{port} cannot be listened on: {problem.strerror}") from problem
            if time.monotonic() > deadline:
                raise PortBusy(
                    f"port {port} of {host} is taken by another program: end it, or set LEARNINGAPI_PORT"
                ) from problem
            time.sleep(LOOK_FOR_PARENT_EVERY_S)
        else:
            return


def _bind_once(host: str, port: int) -> None:
    # granian shares ports between processes, so two servers would answer in turns without this look.
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
