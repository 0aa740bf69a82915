"""The web server: granian with few processes of many threads, for Django waits on Postgres more than it computes."""

import multiprocessing
import os
import signal
import sys
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server as Granian

from logviewer import env
from logviewer.child_process import die_with_parent

THREADS = 64
CONNECTIONS = 2048  # granian counts open connections, idle ones too
KILL_AFTER_S = 3  # idle keep-alive connections hold a polite stop up


def load_application() -> Any:
    """Runs in granian's own child. Were granian killed, this process would keep the port."""
    die_with_parent(signal.SIGKILL, os.getppid())
    from logviewer.wsgi import application

    return application


def main() -> None:
    environment = env.read()
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")  # the default until Python 3.14, after which granian takes "spawn"
    Granian(
        "logviewer.wsgi:application",
        address=environment.host,
        port=environment.port,
        interface=Interfaces.WSGI,
        workers=environment.web_processes,
        respawn_failed_workers=True,
        blocking_threads=THREADS,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=15_000),
        websockets=False,
        backlog=1024,
        backpressure=CONNECTIONS,
        log_level=LogLevels.error,  # it warns of more threads than cores at every start
        workers_kill_timeout=KILL_AFTER_S,
    ).serve(target_loader=load_application, wrap_loader=False)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
