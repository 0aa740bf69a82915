"""Runs the Learning Platform API for the length of a block, beside a logviewer or none, and asks it things."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).parent.parent
READY_WITHIN_S = 60
ENDS_WITHIN_S = 20
SERVICE = "learning-api"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    request_id: str
    body: Any
    ms: float  # from the first byte sent to the last received


@dataclass(frozen=True, slots=True)
class School:
    """The running service. `people` is what load_school printed."""

    port: int
    people: Mapping[str, Any]
    log: Path
    environment: Mapping[str, str]

    @property
    def staff_token(self) -> str:
        return str(self.people["instructors"][0]["token"])

    @property
    def student_token(self) -> str:
        return str(self.people["students"][0]["token"])

    def run(self, *arguments: str) -> str:
        """Runs a command of the service and returns what it printed."""
        return _run(self.environment, *arguments)

    @contextmanager
    def loading(self, rate: float, *options: str) -> Iterator["subprocess.Popen[str]"]:
        """A class in motion for the length of the block, `rate` requests a second."""
        command = [sys.executable, "-m", "LearningAPI", "load", "--rate", str(rate), *options]
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True)
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=ENDS_WITHIN_S)

    def client(self) -> "Client":
        return Client(self.port, self.staff_token)


class Client(AbstractContextManager["Client"]):
    """Asks over one kept-open connection, until it is closed."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._token = token

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        """`token`: None for that of an instructor, "" for none. `body`: bytes, or what JSON is made of."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        token = self._token if token is None else token
        authorization = {"Authorization": f"Token {token}"} if token else {}
        began = time.perf_counter()
        self._connection.request(method, path, sent, {"Content-Type": "application/json", **authorization, **headers})
        response = self._connection.getresponse()
        text = response.read()
        ms = (time.perf_counter() - began) * 1000
        return Answer(response.status, response.headers["X-Request-ID"], _parsed(text), ms)

    def close(self) -> None:
        self._connection.close()

    def __exit__(self, *raised: object) -> None:
        self.close()


def plant(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Makes the sample school in an empty database, and returns what load_school prints."""
    _run(environment, "migrate", "--verbosity", "0")
    people: dict[str, Any] = json.loads(_run(environment, "load_school"))
    return people


@contextmanager
def serving(
    database_url: str,
    folder: Path,
    port: int,
    *,
    people: Mapping[str, Any] | None = None,
    module: str = "LearningAPI",
    **variables: str,
) -> Iterator[School]:
    """The service on its own database at `database_url`, with files in `folder`.

    `variables` are its environment besides: LOGVIEWER_URL and LOGVIEWER_KEY if it shall ship. `module` is what runs it.
    The database is empty, or has the school of `people` already.
    """
    environment = environment_of(database_url, folder, port, **variables)
    people = plant(environment) if people is None else people
    log = folder / "learningapi.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "serve"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        _wait_until_it_answers(port, process, log)
        yield School(port, people, log, environment)
    finally:
        process.terminate()
        process.wait(ENDS_WITHIN_S)


def environment_of(database_url: str, folder: Path, port: int, **variables: str) -> dict[str, str]:
    """The environment of a process of the service, and nothing of ours in it."""
    ours = ("LOGVIEWER_", "LEARNINGAPI_", "DATABASE_URL", "DJANGO_")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'client' / 'src'}",
        "LEARNINGAPI_DATABASE_URL": database_url,
        "LEARNINGAPI_PORT": str(port),
        "LOGVIEWER_DATA_DIR": str(folder),
        "LOGVIEWER_SPOOL_DIR": str(folder / "spool"),
        "LOGVIEWER_SERVICE": SERVICE,
        **variables,
    }


def create_database(server_url: str, name: str) -> str:
    """Makes an empty database on the server and returns its address."""
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def _run(environment: Mapping[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "LearningAPI", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"LearningAPI {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _wait_until_it_answers(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up and process.poll() is None:
        try:
            with Client(port, "") as client:
                if client.ask("GET", "/healthz").status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"The service did not answer:\n{log.read_text()}")


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.decode(errors="replace")
