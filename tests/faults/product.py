"""The whole product as `manage.py up` runs it, with its processes at hand: to be started, watched and killed."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from logviewer import embedded_postgres
from tests.conftest import ROOT, WATCHDOG_S
from tests.ports import free_port

OURS = re.compile(r"^(DATABASE_URL|DJANGO_SETTINGS_MODULE|LEARNINGAPI_|LOGVIEWER_|PG)")


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without what the tests' own server put there."""
    return {name: value for name, value in os.environ.items() if not OURS.match(name)} | variables


def other_checkout(parent: Path) -> Path:
    """A folder to start in whose modules have the names of ours, as an older version's have, and are of no use."""
    folder = parent / "other_checkout"
    folder.mkdir(exist_ok=True)
    for name in ("logviewer", "ingest", "LearningAPI"):
        (folder / f"{name}.py").write_text("raise SystemExit('a module of another checkout was taken')\n")
    return folder


@dataclass
class Product:
    """One `manage.py up` on `data`."""

    data: Path
    log: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    given: dict[str, str] = field(default_factory=dict)  # variables for all its processes

    @property
    def variables(self) -> dict[str, str]:
        return {"LOGVIEWER_DATA_DIR": str(self.data), "LOGVIEWER_PORT": str(self.port), **self.given}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str, **variables: str) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "up", *arguments],
                env=environment(**{**self.variables, **variables}),
                cwd=other_checkout(self.log.parent),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait_until_ready(self) -> None:
        until(lambda: self.status("/readyz") == 200 or self.has_ended())
        assert not self.has_ended(), self.said()

    def wait_until_serving(self) -> None:
        """Ready, and at its last step: it has greeted."""
        self.wait_until_ready()
        until(lambda: "Serving until" in self.said())

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def status(self, path: str) -> int | None:
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return refusal.code
        except OSError:
            return None

    def output(self, *arguments: str, **variables: str) -> str:
        """What a management command prints."""
        process = self.command(*arguments, **variables)
        output, errors = process.communicate()
        assert process.returncode == 0, errors
        return output

    def manage(self, *arguments: str, **variables: str) -> str:
        """The last line that a management command prints."""
        return self.output(*arguments, **variables).splitlines()[-1]

    def command(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        """A management command that runs."""
        return subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=environment(**{**self.variables, "PYTHONPATH": str(ROOT), **variables}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def postgres_pid(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])

    def postgres_url(self, login: str = "postgres") -> str:
        """Its own server's once that is ready, by default for the superuser, who sees what every connection does."""
        urls: list[str] = []
        until(lambda: urls.extend(filter(None, [embedded_postgres.attach(self.data, login)])) or bool(urls))
        return urls[0]

    def connect(self) -> "psycopg.Connection[Any]":
        """A connection to the product's database, as the superuser; once that lets us in, should it be starting."""
        give_up = time.monotonic() + WATCHDOG_S
        while True:
            try:
                return psycopg.connect(self.postgres_url(), dbname="logviewer", autocommit=True)
            except psycopg.OperationalError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.05)

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a statement, if it has any, on the product's database, as the superuser."""
        with self.connect() as connection:
            answer = connection.execute(statement, parameters)
            return answer.fetchall() if answer.description else []

    def met(self, statement: str) -> int:
        """The number of a Postgres process, which `statement` selects at this moment."""
        pid = self.met_while(lambda: True, statement)
        assert pid is not None
        return pid

    def met_while(self, condition: Callable[[], bool], statement: str) -> int | None:
        """The same; None if it was not met as long as the condition held."""
        give_up = time.monotonic() + WATCHDOG_S
        with self.connect() as connection:
            while condition():
                if row := connection.execute(statement).fetchone():
                    return int(row[0])
                assert time.monotonic() < give_up, f"no process was met: {statement}"
        return None

    def kill_web(self) -> None:
        """Kills the web server and its workers; the supervisor starts it again."""
        for pid in reversed(self.family("supervisor.web")):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def restart_web(self) -> int:
        """Kills the web server and waits for the next; returns the number of its only worker's process."""
        self.restarted("supervisor.web")
        return list(self.family("supervisor.web"))[-1]

    def restarted(self, name: str) -> dict[int, str]:
        """Kills the child with this name, and waits for the next with all that it starts; returns what was before."""
        before = self.family(name)
        os.kill(next(iter(before)), signal.SIGKILL)

        def is_there_again() -> bool:
            now = self.family(name)
            return len(now) == len(before) and not now.keys() & before.keys()

        until(is_there_again)
        self.wait_until_ready()
        return before

    def family(self, name: str = "") -> dict[int, str]:
        """The command lines of the supervisor and of all it started, by process number, each behind its parent; only
        those with `name` in them."""
        assert self.process is not None
        there = processes()
        found = {self.process.pid: "supervisor"}
        ancestors = list(found)
        for ancestor in ancestors:  # the list grows meanwhile: numbers start anew now and then, so they say no order
            children = {pid: command for pid, parent, command in there if parent == ancestor and pid not in found}
            found |= children
            ancestors += children
        return {pid: command for pid, command in found.items() if name in command}

    def stop(self) -> int:
        """Ends it with TERM; returns its status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(WATCHDOG_S)


def processes() -> list[tuple[int, int, str]]:
    """(number, parent, command line) of every living process."""
    found = []
    for entry in [int(name) for name in os.listdir("/proc") if name.isdigit()]:
        with contextlib.suppress(OSError):
            state, parent = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[:2]
            command = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            if state != "Z":
                found.append((entry, int(parent), command))
    return found


def living(pids: dict[int, str]) -> dict[int, str]:
    alive = {pid for pid, _, _ in processes()}
    return {pid: command for pid, command in pids.items() if pid in alive}


def start(server: embedded_postgres.Server) -> None:
    """Starts a Postgres of the test's own and waits for it."""
    server.start()
    server.wait_until_ready()


def until(condition: Callable[[], bool], seconds: float = WATCHDOG_S) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not come about in time"
        time.sleep(0.05)
