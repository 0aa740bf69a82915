"""Our own Postgres, for when no DATABASE_URL is given. Standard library only, so the supervisor stays small.

`running` and `throwaway` start a server, `attach` finds one that another process runs, and
`database_for_command` does what a management command needs.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from logviewer import env
from logviewer.embedded_postgres import cluster, folders
from logviewer.embedded_postgres.problem import Cancelled, DataFolderInUse, EmbeddedPostgresProblem
from logviewer.embedded_postgres.server import Log, Server, living_server

__all__ = [
    "Cancelled",
    "DataFolderInUse",
    "EmbeddedPostgresProblem",
    "Server",
    "attach",
    "database_for_command",
    "running",
    "some_server",
    "throwaway",
]

NOT_KEPT = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
POLL_S = 0.1
SILENT_S = 2.0


@contextmanager
def running(
    data_dir: Path,
    *,
    log: Log = print,
    settings: Mapping[str, str] | None = None,
    durable: bool = True,
) -> Iterator[Server]:
    """Runs a server on `data_dir` for the length of the block; it is ready when the block begins.

    Raises DataFolderInUse if another process runs one there, EmbeddedPostgresProblem with a sentence otherwise.
    """
    server = Server(data_dir, log=log, settings=settings, durable=durable)
    try:
        server.start()
        server.wait_until_ready()
        yield server
    finally:
        server.stop()
        server.close()


@contextmanager
def throwaway(settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Runs a server for tests in a temporary folder: it does not wait for the disk, and nothing of it stays."""
    with (
        tempfile.TemporaryDirectory(prefix="logviewer-") as folder,
        running(
            Path(folder, "data"),
            log=_say_nothing,
            settings={**NOT_KEPT, **(settings or {})},
            durable=False,
        ) as server,
    ):
        yield server


def attach(data_dir: Path, service: str = "logviewer") -> str | None:
    """Returns the database URL of `service` on the server that another process runs on `data_dir`.

    None while there is no server, or it is not ready.
    """
    where = folders.Folders(Path(os.path.realpath(data_dir)))
    state = living_server(where)
    if state is None or not state.ready or state.socket_folder is None:
        return None
    try:
        return cluster.read_passwords(where).url(service, state.socket_folder)
    except OSError as problem:
        raise EmbeddedPostgresProblem(
            f"{where.password} cannot be read ({problem.strerror}): run this as the user who started logviewer."
        ) from problem


@contextmanager
def database_for_command(environ: MutableMapping[str, str] | None = None) -> Iterator[None]:
    """Sets DATABASE_URL for the length of the block: as given, of the running server, or of one of its own.

    LOGVIEWER_EMBEDDED=1 says that the server is the embedded one.
    """
    variables = os.environ if environ is None else environ
    if variables.get("DATABASE_URL") or variables.get("DATABASE_URL_FILE"):
        yield
        return
    with some_server(env.data_directory(variables)) as url:
        variables["DATABASE_URL"] = url
        variables["LOGVIEWER_EMBEDDED"] = "1"
        try:
            yield
        finally:
            del variables["DATABASE_URL"], variables["LOGVIEWER_EMBEDDED"]


@contextmanager
def some_server(data_dir: Path, service: str = "logviewer") -> Iterator[str]:
    """The database URL of `service` on the running server, or on one that is started for the block."""
    started = time.monotonic()
    told = False
    while True:
        try:
            server = Server(data_dir, log=_say)
        except DataFolderInUse:
            url = attach(data_dir, service)
        else:
            with _own(server):
                yield server.url_for(service)
            return
        if url is not None:
            with _as_guest(data_dir):
                yield url
            return
        if not told and time.monotonic() - started > SILENT_S:
            told = True
            _say(f"Waiting for the database that another logviewer is starting in {data_dir}")
        time.sleep(POLL_S)


@contextmanager
def _own(server: Server) -> Iterator[None]:
    try:
        server.start()
        server.wait_until_ready()
        yield
        folders.wait_for_guests(server.folders)
    finally:
        server.stop()
        server.close()


@contextmanager
def _as_guest(data_dir: Path) -> Iterator[None]:
    """Keeps a command that started the server from ending it under our feet; a supervisor does not wait."""
    lock = folders.GuestLock(folders.Folders(Path(os.path.realpath(data_dir))))
    try:
        yield
    finally:
        lock.release()


def _say_nothing(line: str) -> None:
    """For tests, whose output is pytest's."""


def _say(line: str) -> None:
    """To the error stream: a command's own output is for scripts."""
    print(line, file=sys.stderr)
