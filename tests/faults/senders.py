"""Senders that behave as docs/ingest.md asks: a batch is sent under one idempotency key until it is acknowledged."""

import gzip
import http.client
import itertools
import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import WATCHDOG_S
from tests.faults.judge import Record, event_of
from tests.faults.product import until

PAUSE_S = 0.05  # between two tries: faults are short here, so senders do not wait out Retry-After
PATIENCE_S = 120.0
BETWEEN_BATCHES_S = 0.02  # so that senders leave time to what happens meanwhile


@dataclass(frozen=True)
class Answer:
    """What a sender got; status None if the connection broke."""

    status: int | None
    headers: dict[str, str] = field(default_factory=dict)  # with names in lower case
    content: dict[str, Any] = field(default_factory=dict)


class Connection:
    """One sender's connection, made again after it broke."""

    def __init__(self, url: str, secret: str) -> None:
        self._address = urlsplit(url).netloc
        self._secret = secret
        self._http = http.client.HTTPConnection(self._address, timeout=WATCHDOG_S)

    def post(self, body: bytes, key: str | None = None) -> Answer:
        """Sends a gzip body and waits for its answer."""
        try:
            self.send(body, key)
            response = self._http.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, json.loads(response.read()))
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(None)

    def send(self, body: bytes, key: str | None, announced: int | None = None) -> None:
        """Sends a gzip body, and a length that is not its own if one is given."""
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Length": str(announced or len(body))}
        if key is not None:
            headers["Idempotency-Key"] = key
        self._http.request("POST", "/ingest/v1/events", body, headers)

    def close(self) -> None:
        self._http.close()


# What may go wrong with the first try of a batch.
Mishap = Callable[[Connection, bytes, str | None, random.Random], object]


def answer_lost(connection: Connection, body: bytes, key: str | None, dice: random.Random) -> None:
    """All of it arrives, and the sender does not hear so."""
    with suppress(OSError):
        connection.send(body, key)
    connection.close()


def connection_cut(connection: Connection, body: bytes, key: str | None, dice: random.Random) -> None:
    """The connection ends in the middle of the body."""
    with suppress(OSError):
        connection.send(body[: dice.randrange(len(body))], key, announced=len(body))
    connection.close()


def compression_cut(connection: Connection, body: bytes, key: str | None, dice: random.Random) -> None:
    """Half a gzip stream arrives as if it were whole."""
    answer = connection.post(body[: dice.randrange(20, len(body))], key)
    assert answer.status == 400, answer


def post(url: str, secret: str, events: Sequence[object]) -> Answer:
    """Sends one batch once."""
    connection = Connection(url, secret)
    try:
        return connection.post(gzip.compress(lines(events)))
    finally:
        connection.close()


def lines(events: Sequence[object]) -> bytes:
    return "\n".join(map(json.dumps, events)).encode()


@dataclass
class Senders:
    """Some threads that send numbered events of `service` and write down what they are told."""

    url: str
    secret: str
    service: str
    threads: int = 4
    batch: int = 50
    with_keys: bool = True
    mishaps: Sequence[Mishap] = ()  # one of them befalls every second batch
    timestamp: Callable[[], str | None] = lambda: None
    record: Record = field(default_factory=Record)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _enough: threading.Event = field(default_factory=threading.Event)
    _problems: list[BaseException] = field(default_factory=list)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Sends for the length of the block, and until all that was begun is acknowledged."""
        self._enough.clear()
        threads = [threading.Thread(target=self._run, args=(number,)) for number in range(self.threads)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._enough.set()
            for thread in threads:
                thread.join()
        assert self._problems == []

    def wait_for_more(self, count: int) -> None:
        """Returns once `count` more events are acknowledged."""
        goal = len(self.record.acknowledged) + count
        until(lambda: len(self.record.acknowledged) >= goal or bool(self._problems))

    def deliver(self, numbers: Sequence[int], connection: Connection, mishap: Mishap | None = None) -> None:
        """Sends the events with these numbers until they are acknowledged."""
        key = str(uuid.uuid4()) if self.with_keys else None
        self.repeat(numbers, self.body(numbers), key, connection, mishap)

    def body(self, numbers: Sequence[int]) -> bytes:
        self.record.sends(numbers)
        return gzip.compress(lines([event_of(number, self.service, self.timestamp()) for number in numbers]), 1)

    def repeat(
        self, numbers: Sequence[int], body: bytes, key: str | None, connection: Connection, mishap: Mishap | None = None
    ) -> None:
        """Sends one body again and again until it is acknowledged."""
        started = time.monotonic()
        if mishap is not None:
            mishap(connection, body, key, random.Random(numbers[0]))
        while (answer := connection.post(body, key)).status != 200:
            self.record.was_answered(answer.status, answer.headers)
            assert time.monotonic() - started < PATIENCE_S, f"not stored within {PATIENCE_S:g} s: {answer}"
            time.sleep(PAUSE_S)
        self.record.was_acknowledged(numbers, answer.content, time.monotonic() - started)

    def next_numbers(self) -> list[int]:
        return list(itertools.islice(self._numbers, self.batch))

    def _run(self, seed: int) -> None:
        connection, dice = Connection(self.url, self.secret), random.Random(seed)
        try:
            while not self._enough.is_set():
                mishap = dice.choice(self.mishaps) if self.mishaps and dice.random() < 0.5 else None
                self.deliver(self.next_numbers(), connection, mishap)
                time.sleep(BETWEEN_BATCHES_S)
        except BaseException as problem:  # the test's thread raises it
            self._problems.append(problem)
            raise
        finally:
            connection.close()
