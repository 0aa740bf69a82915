"""A product with the Logstash door, services that send to it with their libraries, and the list of what was lost."""

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, WATCHDOG_S
from tests.faults.product import Product, until
from tests.installed import installed
from tests.ports import free_port

HERE = Path(__file__).parent
REQUIREMENTS = ROOT / "tests/integration/listener/requirements.txt"
RATE = 100  # events a second
CATCHES_UP_WITHIN_S = 200  # python-logstash-async takes up to a minute after it could not connect
LIBRARIES = {
    "python-logstash TCP": {"class": "logstash.TCPLogstashHandler", "version": 1},
    "python-logstash-async TCP": {
        "class": "logstash_async.handler.AsynchronousLogstashHandler",
        "transport": "logstash_async.transport.TcpTransport",
    },
}
LOSSES = pytest.StashKey[list[tuple[str, "Losses"]]]()


@dataclass(frozen=True)
class Losses:
    """What became of the events of one service."""

    logged: int
    stored: int
    lost: int
    doubled: int
    last_lost: int  # number of the last event that was lost; -1: none
    longest_s: float  # that one log call took


class Service:
    """A service that logs, and what is stored of it."""

    def __init__(self, product: Product, process: "subprocess.Popen[str]", name: str) -> None:
        self._product = product
        self._process = process
        self.name = name
        [(self._behind,)] = product.query("SELECT coalesce(max(id), 0) FROM log_event")  # are events of others before

    def numbers(self) -> list[int]:
        numbered = "SELECT data->'n' FROM log_event WHERE event = 'numbered' AND id > %s ORDER BY id"
        return [number for (number,) in self._product.query(numbered, self._behind)]

    def wait_for_more(self, count: int) -> None:
        """Until so many more of its events are stored."""
        before = len(self.numbers())
        until(lambda: len(self.numbers()) >= before + count, CATCHES_UP_WITHIN_S)

    def end(self) -> Losses:
        """Lets it stop, and counts when all is stored that will be."""
        output, _ = self._process.communicate("", timeout=WATCHDOG_S)
        told = json.loads(output)
        numbers = self._settled()
        counted = Counter(numbers)
        lost = [number for number in range(told["logged"]) if number not in counted]
        return Losses(
            logged=told["logged"],
            stored=len(counted),
            lost=len(lost),
            doubled=len(numbers) - len(counted),
            last_lost=max(lost, default=-1),
            longest_s=told["longest_s"],
        )

    def _settled(self) -> list[int]:
        """The numbers once an event that was sent behind all of them is stored."""
        with self._connection() as connection:
            connection.sendall(b'{"event": "after all"}\n')
        until(lambda: self._count("after all") >= 1)
        return self.numbers()

    def _count(self, event: str) -> int:
        named = "SELECT count(*) FROM log_event WHERE event = %s AND id > %s"
        return int(self._product.query(named, event, self._behind)[0][0])

    def _connection(self) -> socket.socket:
        port = int(self._product.given["LOGVIEWER_LOGSTASH_PORT"])
        return socket.create_connection(("127.0.0.1", port), timeout=20)


@pytest.fixture
def logstash_product(tmp_path: Path) -> Iterator[Product]:
    """A product of its own that serves, with the door open to this machine."""
    yield from serving(tmp_path)


@pytest.fixture(scope="package")
def shared_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The same, for tests after which it serves."""
    yield from serving(tmp_path_factory.mktemp("shared"))


def serving(folder: Path) -> Iterator[Product]:
    given = {"LOGVIEWER_LOGSTASH_PORT": str(free_port()), "LOGVIEWER_LOGSTASH_SENDERS": "127.0.0.0/8=school"}
    product = Product(folder / "data", folder / "log", given=given)
    product.start()
    try:
        product.wait_until_serving()
        yield product
    finally:
        if not product.has_ended():
            product.stop()


@pytest.fixture
def service_of(shared_product: Product, tmp_path: Path) -> Iterator[Callable[[str], Service]]:
    """Starts a service that sends with a library."""
    libraries = installed(REQUIREMENTS, "--no-binary", "python-logstash")
    started: list[subprocess.Popen[str]] = []

    def start(library: str) -> Service:
        port = int(shared_product.given["LOGVIEWER_LOGSTASH_PORT"])
        handler = {**LIBRARIES[library], "host": "127.0.0.1", "port": port}
        if "async" in library:
            handler["database_path"] = str(tmp_path / "unsent.db")
        process = subprocess.Popen(
            [sys.executable, str(HERE / "service.py"), json.dumps(handler), str(RATE)],
            env={**os.environ, "PYTHONPATH": str(libraries), "PYTHONWARNINGS": "ignore"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        started.append(process)
        return Service(shared_product, process, library)

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Callable[[Service], Losses]:
    """Ends a service, and writes into the list what was lost."""

    def counted(service: Service) -> Losses:
        losses = service.end()
        request.config.stash.setdefault(LOSSES, []).append((request.node.name, losses))
        return losses

    return counted


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the list."""
    found = config.stash.get(LOSSES, [])
    if not found:
        return
    terminalreporter.section("what services lost that send to the Logstash door")
    terminalreporter.line("logged | stored | lost | doubled | longest call s | case")
    for name, one in found:
        numbers = f"{one.logged} | {one.stored} | {one.lost} | {one.doubled} | {one.longest_s:.2f}"
        terminalreporter.line(f"{numbers} | {name.removeprefix('test_')}")
