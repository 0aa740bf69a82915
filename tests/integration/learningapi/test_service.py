"""The Learning Platform API as its users and its log see it: a real process, a real database, real HTTP."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 15.0
STUDENT_WITHOUT_PROJECT = 88
COHORT_WITHOUT_PROJECT = 3
STUDENT_TOKEN = "5" * 40

ASSIGNMENT_STORY = [
    "request_started",
    "request_authenticated",
    "assign_nssuser_to_cohort_started",
    "cohort_found",
    "student_assignment_attempt",
    "student_found",
    "creating_cohort_assignment",
    "cohort_assignment_created",
    "assigning_student_to_first_project",
    "active_course_found",
    "first_project_found",
    "student_assigned_to_project",
    "assign_nssuser_to_cohort_completed",
    "request_finished",
]


@dataclass
class Sink:
    """A logviewer of a few lines: takes every batch and keeps its events."""

    url: str
    events: list[dict[str, Any]] = field(default_factory=list)

    def of_request(self, request_id: str) -> list[dict[str, Any]]:
        """The request's events in the order they were logged, once its last one has arrived."""

        def arrived() -> list[dict[str, Any]] | None:
            mine = [event for event in list(self.events) if event.get("request_id") == request_id]
            ended = any(event["event"] == "request_finished" for event in mine)
            return sorted(mine, key=lambda event: event["timestamp"]) if ended else None

        return eventually(arrived, f"the events of request {request_id}")


@dataclass
class Answer:
    status: int
    body: Any
    request_id: str


@dataclass
class Service:
    url: str
    staff_token: str
    environment: dict[str, str]

    def ask(self, method: str, path: str, body: Any = None, *, token: str | None = "staff", **headers: str) -> Answer:
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", body, method=method)
        request.add_header("Content-Type", headers.get("content_type", "application/json"))
        if token is not None:
            request.add_header("Authorization", f"Token {self.staff_token if token == 'staff' else token}")
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


def _answer(status: int | None, headers: Any, body: bytes) -> Answer:
    if body:
        assert headers["Content-Type"] == "application/json"
    return Answer(status or 0, json.loads(body) if body else None, headers["X-Request-ID"])


def eventually(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_S} s"
        time.sleep(0.05)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "LearningAPI", *arguments],
        env=environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
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
            process.wait(10)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture(autouse=True)
def _database() -> None:
    """Nothing here touches logviewer's own database, so nothing has to be emptied."""


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if body[:2] == b"\x1f\x8b":
                body = gzip.decompress(body)
            events = [json.loads(line) for line in body.splitlines() if line.strip()]
            taken.events.extend(events)
            answer = {"accepted": len(events), "rejected": [], "below_level": 0, "duplicate": False, "min_level": None}
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    taken = Sink(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield taken
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def environment_of(
    postgres_url: str, sink: Sink, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict[str, str]]:
    def make(database: str) -> dict[str, str]:
        folder = tmp_path_factory.mktemp("learningapi")
        url = urlunsplit(urlsplit(postgres_url)._replace(path=f"/{database}"))
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("LOGVIEWER_", "LEARNING"))},
            "LEARNINGAPI_DATABASE_URL": url,
            "LEARNINGAPI_PORT": str(free_port()),
            "LOGVIEWER_DATA_DIR": str(folder),
            "LOGVIEWER_SPOOL_DIR": str(folder / "spool"),
            "LOGVIEWER_URL": sink.url,
            "LOGVIEWER_KEY": "lvk_test",
            "LOGVIEWER_SERVICE": "learning-api",
        }

    return make


@pytest.fixture(scope="module")
def service(
    postgres_url: str,
    environment_of: Callable[[str], dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    database = f"learningapi_{uuid4().hex}"
    environment = environment_of(database)
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    run(environment, "migrate", "--verbosity", "0")
    token = run(environment, "seed_class").splitlines()[-1]
    with psycopg.connect(environment["LEARNINGAPI_DATABASE_URL"]) as class_:
        class_.execute(
            "INSERT INTO authtoken_token (key, created, user_id) "
            "SELECT %s, now(), id FROM auth_user WHERE username = 'student65'",
            [STUDENT_TOKEN],
        )
    log = tmp_path_factory.mktemp("serve") / "log"
    with running(environment, "serve", log) as process:
        yield Service(f"http://127.0.0.1:{environment['LEARNINGAPI_PORT']}", token, environment)
    assert process.returncode == 0, log.read_text()


def test_assigning_a_student_tells_its_whole_story_under_one_request_id(service: Service, sink: Sink) -> None:
    service.remove(66, 1)

    answer = service.assign(66, 1)
    events = sink.of_request(answer.request_id)

    assert (answer.status, answer.body) == (201, {"message": "User assigned to cohort"})
    assert [event["event"] for event in events] == ASSIGNMENT_STORY
    assert {str(event["cohort_id"]) for event in events[1:]} == {"1"}


def test_the_actor_and_the_student_are_kept_apart(service: Service, sink: Sink) -> None:
    service.remove(67, 1)

    events = {event["event"]: event for event in sink.of_request(service.assign(67, 1).request_id)}

    assert events["cohort_assignment_created"]["student_id"] == 67
    assert events["cohort_assignment_created"]["actor_id"] != 67
    assert events["cohort_assignment_created"]["actor_id"] == events["request_authenticated"]["actor_id"]
    assert not any("user_id" in event and event["user_id"] == 67 for event in events.values())


def test_a_project_that_cannot_be_given_is_an_error_with_its_traceback(service: Service, sink: Sink) -> None:
    service.remove(STUDENT_WITHOUT_PROJECT, COHORT_WITHOUT_PROJECT)

    answer = service.assign(STUDENT_WITHOUT_PROJECT, COHORT_WITHOUT_PROJECT)
    [failure] = [event for event in sink.of_request(answer.request_id) if event["level"] == "error"]

    assert answer.status == 201
    assert failure["event"] == "failed_to_assign_student_to_project"
    assert (failure["student_id"], failure["reason"]) == (STUDENT_WITHOUT_PROJECT, "no_first_project")
    assert failure["exception"].startswith("Traceback")
    assert "has no first project" in failure["exception"]


@pytest.mark.parametrize(
    ("status", "method", "path", "body", "token"),
    [
        (200, "GET", "/cohorts", None, STUDENT_TOKEN),
        (200, "GET", "/cohorts?q=Evening&limit=1&active=true", None, "staff"),
        (200, "GET", "/cohorts/1", None, STUDENT_TOKEN),
        (404, "GET", "/cohorts/4040", None, "staff"),
        (404, "GET", "/cohorts/one", None, "staff"),
        (404, "GET", f"/cohorts/{'9' * 30}", None, "staff"),
        (404, "GET", "/nowhere", None, "staff"),
        (400, "GET", "/cohorts?limit=x", None, "staff"),
        (401, "GET", "/cohorts", None, None),
        (404, "POST", "/cohorts/1/assign", {"person_id": 4040}, "staff"),
        (404, "POST", "/cohorts/1/assign", {"person_id": 10**30}, "staff"),
        (404, "POST", "/cohorts/4040/assign", {"person_id": 70}, "staff"),
        (400, "POST", "/cohorts/1/assign", {"person_id": "<script>"}, "staff"),
        (400, "POST", "/cohorts/1/assign", {}, "staff"),
        (400, "POST", "/cohorts/1/assign", [], "staff"),
        (400, "POST", "/cohorts/1/assign", b'{"person_id": 7', "staff"),
        (400, "POST", "/cohorts/1/assign?userType=parent", {"person_id": 70}, "staff"),
        (401, "POST", "/cohorts/1/assign", {"person_id": 70}, None),
        (401, "POST", "/cohorts/1/assign", {"person_id": 70}, "0" * 40),
        (403, "POST", "/cohorts/1/assign", {"person_id": 70}, STUDENT_TOKEN),
        (405, "PUT", "/cohorts/1/assign", {"person_id": 70}, "staff"),
        (400, "DELETE", "/cohorts/1/assign", {}, "staff"),
        (400, "DELETE", "/cohorts/2/assign", {"student_id": 71}, "staff"),
        (404, "DELETE", "/cohorts/1/assign", {"student_id": 4040}, "staff"),
        (401, "DELETE", "/cohorts/1/assign", {"student_id": 70}, None),
        (403, "DELETE", "/cohorts/1/assign", {"student_id": 70}, STUDENT_TOKEN),
    ],
)
def test_answers(service: Service, status: int, method: str, path: str, body: Any, token: str | None) -> None:
    answer = service.ask(method, path, body, token=token)

    assert answer.status == status
    if status >= 400:
        assert answer.body["request_id"] == answer.request_id
        assert answer.body.get("message") or answer.body.get("detail")
        assert "<script>" not in json.dumps(answer.body)


def test_a_refusal_is_a_warning_and_has_no_traceback(service: Service, sink: Sink) -> None:
    events = sink.of_request(service.assign(4040, 1).request_id)

    ended = next(event for event in events if event["event"] == "assign_nssuser_to_cohort_failed")
    assert (ended["level"], ended["outcome"], ended["status_code"]) == ("warning", "refused", 404)
    assert "user_not_found" in [event["event"] for event in events]
    assert not [event for event in events if event["level"] == "error" or "exception" in event]


def test_a_refusal_that_reached_no_action_is_the_requests_own_warning(service: Service, sink: Sink) -> None:
    answer = service.ask("POST", "/cohorts/1/assign?code=secret", {"person_id": 70}, token=STUDENT_TOKEN)

    events = sink.of_request(answer.request_id)

    [warning] = [event for event in events if event["level"] == "warning"]
    assert (warning["event"], warning["logger"]) == ("request_finished", "LearningAPI.http")
    assert (warning["status_code"], warning["cohort_id"], type(warning["db_queries"])) == (403, 1, int)
    assert "code=secret" not in json.dumps(events)


def test_removing_ends_the_place_and_a_repeat_is_refused(service: Service, sink: Sink) -> None:
    service.assign(72, 1)

    removed, repeated = service.remove(72, 1), service.remove(72, 1)

    assert (removed.status, removed.body) == (204, None)
    assert (repeated.status, repeated.body["message"]) == (400, "Student is not assigned to that cohort.")
    names = [event["event"] for event in sink.of_request(removed.request_id)]
    assert "student_removal_attempt" in names
    assert "cohort_assignment_deleted" in names


def test_an_instructor_is_in_one_cohort_at_a_time(service: Service) -> None:
    answers = [
        service.ask(method, f"/cohorts/{cohort}/assign?userType=instructor")
        for method, cohort in [("POST", 1), ("POST", 1), ("POST", 2), ("DELETE", 1), ("DELETE", 1)]
    ]

    assert [answer.status for answer in answers] == [201, 400, 400, 204, 400]
    assert answers[2].body["message"].startswith("Instructor cannot be in more than 1 cohort at a time.")


def test_of_two_who_assign_the_same_student_at_once_one_is_told_so(service: Service, sink: Sink) -> None:
    with ThreadPoolExecutor(2) as two:
        for _ in range(5):
            service.remove(73, 1)
            both = list(two.map(lambda _: service.assign(73, 1), range(2)))

            assert sorted(answer.status for answer in both) == [201, 400]
            [refused] = [answer for answer in both if answer.status == 400]
            assert refused.body["message"] == "Person is already assigned to cohort"

    assert "user_already_assigned_to_cohort" in [event["event"] for event in sink.of_request(refused.request_id)]


def test_no_event_holds_a_name_an_address_or_a_token(service: Service, sink: Sink) -> None:
    service.remove(74, 1)
    sink.of_request(service.assign(74, 1).request_id)
    sink.of_request(service.ask("GET", "/cohorts/1").request_id)
    with psycopg.connect(service.environment["LEARNINGAPI_DATABASE_URL"]) as class_:
        people = class_.execute("SELECT first_name, last_name, email, username FROM auth_user").fetchall()
    private = {word for person in people for word in person} | {service.staff_token, STUDENT_TOKEN}

    told = json.dumps(sink.events)

    assert sorted(word for word in private if word in told) == []


def test_the_class_is_seeded_once_however_often_it_is_asked_for(service: Service) -> None:
    def counts() -> list[tuple[Any, ...]]:
        with psycopg.connect(service.environment["LEARNINGAPI_DATABASE_URL"]) as class_:
            return class_.execute(
                'SELECT (SELECT count(*) FROM "LearningAPI_nssuser"), (SELECT count(*) FROM "LearningAPI_project"), '
                '(SELECT count(*) FROM "LearningAPI_cohort"), (SELECT count(*) FROM authtoken_token)'
            ).fetchall()

    before = counts()

    token = run(service.environment, "seed_class").splitlines()[-1]

    assert token == service.staff_token
    assert counts() == before
    kept = Path(service.environment["LOGVIEWER_DATA_DIR"], "learningapi", "instructor_token")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_demo_makes_its_database_is_used_and_ends_on_TERM(  # noqa: N802
    environment_of: Callable[[str], dict[str, str]], sink: Sink, tmp_path: Path
) -> None:
    environment = environment_of(f"demo_{uuid4().hex}")
    seen = len(sink.events)

    with running(environment, "demo", tmp_path / "log") as demo:
        workers = children_of(demo.pid)
        eventually(
            lambda: [event for event in sink.events[seen:] if event["event"] == "failed_to_assign_student_to_project"],
            "student 88's missing project",
        )
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(10) == 0, (tmp_path / "log").read_text()

    assert workers
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]


def test_a_killed_service_frees_its_port(service: Service, tmp_path: Path) -> None:
    port = free_port()
    with running({**service.environment, "LEARNINGAPI_PORT": str(port)}, "serve", tmp_path / "log") as killed:
        killed.kill()
        killed.wait(5)

    def port_is_free() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    eventually(port_is_free, "a free port")


def test_what_was_logged_last_is_shipped_when_the_service_ends(service: Service, sink: Sink, tmp_path: Path) -> None:
    port = str(free_port())
    with running({**service.environment, "LEARNINGAPI_PORT": port}, "serve", tmp_path / "log") as process:
        last = replace(service, url=f"http://127.0.0.1:{port}").ask("GET", "/cohorts/2")
        process.terminate()
        assert process.wait(10) == 0, (tmp_path / "log").read_text()

    names = [event["event"] for event in sink.events if event.get("request_id") == last.request_id]
    assert names[-1] == "request_finished"


def test_a_port_in_use_is_one_sentence(service: Service) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "LearningAPI", "serve"],
        env=service.environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode != 0
    assert "is taken by another program: end it, or set LEARNINGAPI_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_load_asks_at_its_rate_and_tells_what_came_back(service: Service) -> None:
    started = time.monotonic()

    told = run(service.environment, "load", "--rate", "20", "--for", "1", "--url", service.url)

    assert time.monotonic() - started < 8
    assert 10 <= int(told.split()[0]) <= 21
    assert "201: " in told
    assert "500: " not in told
