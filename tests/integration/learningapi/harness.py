"""The Learning Platform API as its users and its log see it: real processes, a real database, real HTTP.

What it logs is shipped to a real logviewer and read there, as people read it.
"""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.ports import free_port

REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE_S = 90.0  # against hangs
STUDENT_WITHOUT_PROJECT = 88
COHORT_WITHOUT_PROJECT = 3
LAST_EVENTS = {"request_finished", "request_failed"}


@dataclass
class Logviewer:
    """The product, and a key and a token for it."""

    url: str
    ingest_key: str
    read_token: str

    def of_request(self, request_id: str) -> list[dict[str, Any]]:
        """The request's events in the order they were logged, once its last one has arrived."""

        def arrived() -> list[dict[str, Any]] | None:
            mine = self.events(f"request_id={request_id}")
            return mine if LAST_EVENTS.intersection(event["event"] for event in mine) else None

        return eventually(arrived, f"the events of request {request_id}")

    def of_requests(self, request_ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """The same of many requests, by their ids; all events are asked for at once."""
        wanted = set(request_ids)

        def arrived() -> dict[str, list[dict[str, Any]]] | None:
            found: dict[str, list[dict[str, Any]]] = {request_id: [] for request_id in wanted}
            for event in self._all_events():
                if event["request_id"] in wanted:
                    found[event["request_id"]].append(event)
            ended = [LAST_EVENTS.intersection(event["event"] for event in mine) for mine in found.values()]
            return found if all(ended) else None

        return eventually(arrived, "the events of all requests")

    def _all_events(self) -> list[dict[str, Any]]:
        """The oldest first, each with its data beside its columns."""
        request = urllib.request.Request(f"{self.url}/api/v1/events?service=learning-api")
        request.add_header("Authorization", f"Bearer {self.read_token}")
        request.add_header("Accept", "application/x-ndjson")
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            newest_first = [json.loads(line) for line in answer]
        return [event | event.pop("data") for event in reversed(newest_first)]

    def events(self, query: str) -> list[dict[str, Any]]:
        """At most 1000, the oldest first, each with its data beside its columns."""
        request = urllib.request.Request(f"{self.url}/api/v1/events?limit=1000&{query}")
        request.add_header("Authorization", f"Bearer {self.read_token}")
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            newest_first = json.load(answer)["events"]
        return [event | event.pop("data") for event in reversed(newest_first)]


@dataclass
class Answer:
    status: int
    body: Any
    request_id: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Service:
    """A running service. `school` is what load_school printed."""

    url: str
    school: dict[str, Any]
    environment: dict[str, str]

    @property
    def staff_token(self) -> str:
        return str(self.school["instructors"][0]["token"])

    @property
    def student_token(self) -> str:
        return str(self.school["students"][0]["token"])

    def ask(self, method: str, path: str, body: Any = None, *, token: str | None = "staff", **headers: str) -> Answer:
        """`token`: "staff", "student", None for none, or a key. `headers` with underscores, such as content_type."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", body, method=method)
        for name, value in ({"content_type": "application/json"} | headers).items():
            request.add_header(name.replace("_", "-"), value)
        if token is not None:
            known = {"staff": self.staff_token, "student": self.student_token}
            request.add_header("Authorization", f"Token {known.get(token, token)}")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return _answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return _answer(refusal.status, refusal.headers, refusal.read())

    def assign(self, student: int, cohort: int) -> Answer:
        return self.ask("POST", f"/cohorts/{cohort}/assign", {"person_id": student})

    def remove(self, student: int, cohort: int) -> Answer:
        return self.ask("DELETE", f"/cohorts/{cohort}/assign", {"student_id": student})


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    assert not body or headers["Content-Type"].partition(";")[0].endswith("json"), body[:500]
    return Answer(status, json.loads(body) if body else None, headers["X-Request-ID"], dict(headers))


@dataclass
class Slack:
    """Takes messages as Slack does, or answers with the next of `failures`: a status and a body."""

    url: str
    token: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    failures: list[tuple[int, bytes]] = field(default_factory=list)


@contextmanager
def running_slack() -> Iterator[Slack]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = slack.failures.pop(0) if slack.failures else self._take(message)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if 300 <= status < 400:
                self.send_header("Location", f"{slack.url}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def _take(self, message: dict[str, Any]) -> tuple[int, bytes]:
            if self.headers["Authorization"] != f"Bearer {slack.token}" or self.path != "/api/chat.postMessage":
                return 200, b'{"ok": false, "error": "invalid_auth"}'
            slack.messages.append(message)
            return 200, b'{"ok": true}'

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        slack = Slack(f"http://127.0.0.1:{server.server_port}/api", "xoxb-of-the-tests")
        with serving(server):
            yield slack


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def eventually(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_S} s"
        time.sleep(0.1)
    return found


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def run(environment: dict[str, str], *arguments: str) -> str:
    """What the command prints on stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "LearningAPI", *arguments],
        env=environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(environment: dict[str, str], command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "LearningAPI", command],
            env=environment, cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            eventually(
                lambda: process.poll() is not None or answers(f"http://127.0.0.1:{environment['LEARNINGAPI_PORT']}"),
                f"an answer of {command}",
            )
            assert process.poll() is None, log.read_text()
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def environment_for(logviewer: Logviewer, slack: Slack, database_url: str, folder: Path) -> dict[str, str]:
    ours = ("LOGVIEWER_", "LEARNING", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "LEARNINGAPI_DATABASE_URL": database_url,
        "LEARNINGAPI_PORT": str(free_port()),
        "LEARNINGAPI_SLOW_QUERY_MS": "600000",  # on a busy machine any may be, which would be a warning of its own
        "LEARNINGAPI_SLACK_URL": slack.url,
        "LEARNINGAPI_SLACK_TOKEN": slack.token,
        "LOGVIEWER_DATA_DIR": str(folder),
        "LOGVIEWER_SPOOL_DIR": str(folder / "spool"),
        "LOGVIEWER_URL": logviewer.url,
        "LOGVIEWER_KEY": logviewer.ingest_key,
        "LOGVIEWER_SERVICE": "learning-api",
    }


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
