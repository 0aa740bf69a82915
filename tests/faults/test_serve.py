"""The whole product as `manage.py up` runs it, and what happens when its processes are killed."""

import contextlib
import gzip
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from logviewer import embedded_postgres

ROOT = Path(__file__).parents[2]
STOP_WITHIN_S = 15
OURS = re.compile(r"^(DATABASE_URL|DJANGO_SETTINGS_MODULE|LEARNINGAPI_|LOGVIEWER_|PG)")


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without what the tests' own server put there."""
    return {name: value for name, value in os.environ.items() if not OURS.match(name)} | variables


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Product:
    """One `manage.py up` on `data`."""

    data: Path
    log: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def variables(self) -> dict[str, str]:
        return {"LOGVIEWER_DATA_DIR": str(self.data), "LOGVIEWER_PORT": str(self.port)}

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

    def manage(self, *arguments: str, **variables: str) -> str:
        """The last line that a management command prints."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=environment(**{**self.variables, **variables}),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    def postgres_pid(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])

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


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not come about in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product that serves, for tests after which it still does."""
    folder = tmp_path_factory.mktemp("serving")
    product = Product(folder / "data", folder / "log")
    product.start()
    try:
        product.wait_until_serving()
        yield product
    finally:
        product.stop()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for products that come and go, one after the other."""
    return tmp_path_factory.mktemp("data") / "data"


@pytest.fixture
def product(data: Path, tmp_path: Path) -> Iterator[Product]:
    """A product that is not yet started, and of which nothing runs after the test."""
    product = Product(data, tmp_path / "log")
    yield product
    if not product.has_ended():
        product.stop()


def test_the_first_start_prints_where_it_serves_and_a_link_to_make_the_first_admin(serving):
    said = serving.said()
    link = re.search(rf"http://localhost:{serving.port}(/\S+)", said.partition("first admin")[2])

    assert f"serves on http://localhost:{serving.port}\n" in said
    assert str(serving.data) in said
    assert link is not None
    assert serving.status(link[1]) == 200


def test_term_ends_everything_in_time_with_status_0(product):
    product.start()
    product.wait_until_serving()
    family = product.family()

    status, seconds = product.stop()

    assert status == 0
    assert seconds < STOP_WITHIN_S
    assert living(family) == {}
    assert not (product.data / "postgres" / "postmaster.pid").exists()


def test_term_ends_it_in_time_with_status_0_while_it_starts(product):
    for moment in (lambda: product.postgres_pid() > 0, lambda: "Preparing" in product.said()):
        product.start()
        until(lambda moment=moment: came_about(moment))
        family = product.family()

        status, seconds = product.stop()

        assert (status, living(family)) == (0, {}), product.said()
        assert seconds < STOP_WITHIN_S


def came_about(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except (FileNotFoundError, IndexError, ValueError):
        return False


def test_a_killed_supervisor_leaves_nothing_running_and_the_next_start_takes_up_its_data(product):
    product.start()
    product.wait_until_serving()
    service = f"kept-{uuid.uuid4()}"
    secret = product.manage("create_key", "--service", service)
    assert send(product.url, secret, [{"event": "before"}]) == 200
    family = product.family()
    assert len(family) > 5

    product.process.kill()
    product.process.wait()
    product.start()
    product.wait_until_ready()

    assert living(family) == {}
    assert send(product.url, secret, [{"event": "after"}]) == 200
    query = f"SELECT event FROM log_event WHERE service = '{service}' ORDER BY id"
    assert stored(product, query) == ["before", "after"]


def test_every_acknowledged_event_is_there_once_after_postgres_is_killed_during_ingest(serving):
    secret = serving.manage("create_key", "--service", "crash")
    acknowledged: set[int] = set()
    enough = threading.Event()
    numbers = itertools.count()
    senders = [
        threading.Thread(target=send_until, args=(enough, serving.url, secret, numbers, acknowledged)) for _ in range(4)
    ]
    for sender in senders:
        sender.start()
    until(lambda: len(acknowledged) > 1000)

    os.kill(serving.postgres_pid(), signal.SIGKILL)
    before = len(acknowledged)
    until(lambda: len(acknowledged) > before + 1000, 30)
    enough.set()
    for sender in senders:
        sender.join()

    kept = stored(serving, "SELECT (data->>'n')::int FROM log_event WHERE service = 'crash'")
    assert len(kept) == len(set(kept))
    assert acknowledged - set(kept) == set()
    assert "The database server" in serving.said()


def send_until(
    enough: threading.Event, url: str, secret: str, numbers: "itertools.count[int]", acknowledged: set[int]
) -> None:
    """Sends batches, each again and again under one idempotency key until it is acknowledged."""
    while not enough.is_set():
        batch = [{"event": "tick", "n": next(numbers)} for _ in range(50)]
        key = str(uuid.uuid4())
        while (status := send(url, secret, batch, key)) != 200:
            assert status in (None, 503), f"answered {status}"
            time.sleep(0.1)
        acknowledged.update(int(event["n"]) for event in batch)


def send(url: str, secret: str, events: list[dict[str, object]], key: str | None = None) -> int | None:
    """The status of one batch; None if the connection broke."""
    headers = {"Authorization": f"Bearer {secret}", "Content-Encoding": "gzip"}
    if key:
        headers["Idempotency-Key"] = key
    body = gzip.compress("\n".join(map(json.dumps, events)).encode())
    request = urllib.request.Request(f"{url}/ingest/v1/events", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return refusal.code
    except OSError:
        return None


def stored(product: Product, query: str) -> list[object]:
    """The first column of a query on the product's own database."""
    url = embedded_postgres.attach(product.data)
    assert url is not None
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(query)]


@pytest.mark.parametrize("name", ["supervisor.web", "procrastinate"])
def test_a_killed_child_is_started_again_with_all_it_had_started(serving, name):
    def children() -> dict[int, str]:
        return {pid: command for pid, command in serving.family().items() if name in command}

    before = children()
    os.kill(min(before), signal.SIGKILL)

    until(lambda: len(children()) == len(before) and not set(children()) & set(before))
    serving.wait_until_ready()
    until(lambda: living(before) == {})
    assert "ended by signal 9: restarting" in serving.said()


def test_a_busy_port_is_told_at_once_in_one_sentence(product):
    with socket.socket() as other:
        other.bind(("127.0.0.1", product.port))
        other.listen()
        product.start()
        assert product.process.wait(10) == 1

    assert product.said().count("\n") == 1
    assert "LOGVIEWER_PORT" in product.said()


def test_a_data_folder_in_use_is_told_in_one_sentence_whatever_the_port(serving, tmp_path):
    for port in (serving.port, free_port()):
        second = Product(serving.data, tmp_path / "second", port)
        second.start()
        assert second.process.wait(10) == 1
        assert second.said().count("\n") == 1
        assert f"process {serving.process.pid}" in second.said()
        assert "LOGVIEWER_DATA_DIR" in second.said()


def test_a_command_works_while_it_serves(serving):
    assert serving.manage("create_key", "--service", "a").startswith("lvk_")
    assert serving.status("/readyz") == 200


def test_a_command_works_while_nothing_serves_and_leaves_nothing_running(product):
    product.manage("prepare")

    assert product.manage("create_key", "--service", "b").startswith("lvk_")
    assert not (product.data / "postgres" / "postmaster.pid").exists()


def test_with_a_database_given_it_waits_for_it_and_starts_none(product, tmp_path):
    """As in a container: web and worker are processes of their own, and Postgres comes up when it comes."""
    elsewhere = tmp_path / "elsewhere"
    with embedded_postgres.running(elsewhere, log=lambda line: None, durable=False) as server:
        url = server.url
    product.data = tmp_path / "unused"
    worker = Product(tmp_path / "unused", tmp_path / "worker-log")
    product.start("--no-worker", DATABASE_URL=url)
    worker.start("--no-web", DATABASE_URL=url)
    until(lambda: "Waiting for the Postgres of DATABASE_URL" in product.said())

    with embedded_postgres.running(elsewhere, log=lambda line: None):
        product.wait_until_serving()
        until(lambda: any("procrastinate" in command for command in worker.family().values()), 30)
        assert not any("procrastinate" in command for command in product.family().values())
        assert [one.stop()[0] for one in (product, worker)] == [0, 0]
    assert not (product.data / "postgres").exists()


def test_with_a_login_that_may_make_no_others_everything_works_and_the_start_says_so(product, tmp_path):
    with embedded_postgres.running(tmp_path / "elsewhere", log=lambda line: None, durable=False) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
            connection.execute("GRANT plain TO CURRENT_USER")
            connection.execute("CREATE DATABASE plain OWNER plain")
        parts = urlsplit(server.url)
        url = urlunsplit(parts._replace(netloc=f"plain:plain@{parts.netloc.rpartition('@')[2]}", path="/plain"))
        product.start("--no-worker", DATABASE_URL=url)
        product.wait_until_serving()
        assert "set LOGVIEWER_INGEST_DATABASE_URL and LOGVIEWER_SEARCH_DATABASE_URL" in product.said()

        secret = product.manage("create_key", "--service", "*", DATABASE_URL=url)
        assert send(product.url, secret, [{"event": "posted"}]) == 200
        file = tmp_path / "old.ndjson"
        file.write_text('{"event":"imported"}\n')
        assert "1 stored" in product.manage("import_events", str(file), DATABASE_URL=url)
        product.manage("create_user", "--email", "vera@school.test", "--role", "viewer", DATABASE_URL=url)
        token = product.manage("create_token", "--user", "vera@school.test", DATABASE_URL=url)
        search = urllib.request.Request(f"{product.url}/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(search, timeout=10) as answer:
            assert {found["event"] for found in json.load(answer)["events"]} == {"posted", "imported"}
        assert product.stop()[0] == 0
