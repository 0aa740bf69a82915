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
from tests.conftest import ROOT, free_port

OURS = re.compile(r"^(DATABASE_URL|DJANGO_SETTINGS_MODULE|LEARNINGAPI_|LOGVIEWER_|PG)")


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without what the tests' own server put there."""
    return {name: value for name, value in os.environ.items() if not OURS.match(name)} | variables


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
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait_until_ready(self) -> None:
        until(lambda: self.status("/readyz") == 200 or self.has_ended(), 60)
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
        until(lambda: urls.extend(filter(None, [embedded_postgres.attach(self.data, login)])) or bool(urls), 30)
        return urls[0]

    def connect(self) -> "psycopg.Connection[Any]":
        """A connection to the product's database, as the superuser."""
        return psycopg.connect(self.postgres_url(), dbname="logviewer", autocommit=True)

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a statement, if it has any, on the product's database, as the superuser."""
        with self.connect() as connection:
            answer = connection.execute(statement, parameters)
            return answer.fetchall() if answer.description else []

    def met(self, statement: str) -> int:
        """The number of a Postgres process, which `statement` selects at this moment."""
        with self.connect() as connection:
            give_up = time.monotonic() + 20
            while time.monotonic() < give_up:
                if row := connection.execute(statement).fetchone():
                    return int(row[0])
        raise AssertionError(f"no process was met: {statement}")

    def restart_web(self) -> int:
        """Kills the web server and waits for the next; returns the number of its process."""

        def web() -> dict[int, str]:
            return {pid: command for pid, command in self.family().items() if "supervisor.web" in command}

        before = web()
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(web()) == len(before) and not set(web()) & set(before))
        self.wait_until_ready()
        return max(web())

    def family(self) -> dict[int, str]:
        """The command lines of the supervisor and of all it started, by process number."""
        assert self.process is not None
        found = {self.process.pid: "supervisor"}
        for pid, parent, command in processes():
            if parent in found:
                found[pid] = command
        return found

    def stop(self) -> tuple[int, float]:
        """Ends it with TERM; returns its status and the seconds it took."""
        assert self.process is not None
        started = time.monotonic()
        self.process.terminate()
        return self.process.wait(60), time.monotonic() - started


def processes() -> list[tuple[int, int, str]]:
    """(number, parent, command line) of every living process; numbers ascend, so parents mostly come first."""
    found = []
    for entry in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
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


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not come about in time"
        time.sleep(0.05)
