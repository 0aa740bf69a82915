"""What only a real web server shows: chunked bodies, slow bodies, and bodies that break off."""

import contextlib
import gzip
import http.client
import json
import os
import select
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from logviewer.posted import MOST_OF_AN_ADDRESS
from tests.conftest import database_environment, running_server

BATCH = b"".join(b'{"event":"e%d"}\n' % number for number in range(500))


@pytest.fixture
def speak(live_logviewer, ingest_secret) -> Callable[..., tuple[int, dict, bytes]]:
    """Sends raw bytes after a head with the good key; returns status, JSON and what the server sent afterwards."""
    address = urlsplit(live_logviewer)

    def send(head: bytes, *parts: bytes | float, read_more: bool = False) -> tuple[int, dict, bytes]:
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            start = f"POST /ingest/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ingest_secret}\r\n"
            connection.sendall(start.encode() + head + b"\r\n")
            for part in parts:
                if isinstance(part, float):
                    time.sleep(part)
                elif part:
                    connection.sendall(part)
                else:
                    connection.shutdown(socket.SHUT_WR)
            return read_answer(connection, read_more=read_more)

    return send


def read_answer(connection: socket.socket, *, read_more: bool) -> tuple[int, dict, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += connection.recv(65536)
    rest = connection.recv(65536) if read_more else b""
    return int(head.split()[1]), json.loads(body), rest


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.mark.parametrize("body", [BATCH, gzip.compress(BATCH)])
def test_a_chunked_body_is_stored_whole(speak, stored, body):
    pieces = [chunk(body[place : place + 700]) for place in range(0, len(body), 700)]

    status, answer, _ = speak(b"Transfer-Encoding: chunked\r\n", *pieces, b"0\r\n\r\n")

    assert (status, answer["accepted"]) == (200, 500)
    assert len(stored()) == 500


@pytest.mark.parametrize(
    ("head", "parts"),
    [
        (b"Transfer-Encoding: chunked\r\n", [chunk(BATCH)[:1000], b""]),
        (b"Transfer-Encoding: chunked\r\n", [chunk(gzip.compress(BATCH)[:-9]), b"5\r\nab", b""]),
        (b"Transfer-Encoding: chunked\r\n", [chunk(b'{"event":"a"}\n{"event":"' + b"b" * 300_000), b""]),
        (b"Transfer-Encoding: chunked\r\n", [b"no number\r\n", BATCH, b"\r\n0\r\n\r\n"]),
        (b"Content-Length: 9999\r\n", [BATCH[:1000], b""]),
    ],
)
def test_a_body_that_breaks_off_stores_nothing(speak, stored, head, parts):
    status, answer, _ = speak(head, *parts)

    assert status == 400
    assert "Nothing was stored" in answer["error"]["hint"]
    assert stored() == []


def test_a_request_without_a_body_is_411(speak):
    assert speak(b"")[0] == 411


def test_a_connection_carries_several_batches(live_logviewer, ingest_secret, stored):
    connection = http.client.HTTPConnection(urlsplit(live_logviewer).netloc, timeout=30)
    for number in range(3):
        connection.request(
            "POST",
            "/ingest/v1/events",
            body=iter([b'{"event":', b'"e%d"}' % number]),
            headers={"Authorization": f"Bearer {ingest_secret}"},
            encode_chunked=True,
        )
        assert json.load(connection.getresponse())["accepted"] == 1
    connection.close()

    assert [event.event for event in stored()] == ["e0", "e1", "e2"]


def test_a_wrong_key_is_answered_before_the_body_is_sent(live_logviewer):
    address = urlsplit(live_logviewer)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(b"POST /ingest/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        status, _, rest = read_answer(connection, read_more=True)

    assert (status, rest) == (401, b"")


def test_slow_bodies_are_408_and_do_not_hold_up_others(database, ingest_secret, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "from ingest import deadline, limits\nlimits.BODY_WITHIN_S = 3.0\ndeadline.ANY_AFTER_S = 1.0\n"
    )
    environment = database_environment()
    impatient = {
        **environment,
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{environment['PYTHONPATH']}",
        "LOGVIEWER_WEB_PROCESSES": "2",
    }
    head = f"POST /ingest/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ingest_secret}\r\n".encode()
    good = head + b'Content-Length: 13\r\n\r\n{"event":"a"}'
    form = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\nlogin="

    with running_server(impatient) as url, contextlib.ExitStack() as connections:

        def connect(sent: bytes) -> socket.socket:
            address = (urlsplit(url).hostname, urlsplit(url).port)
            connection = connections.enter_context(socket.create_connection(address, timeout=60))
            connection.sendall(sent)
            return connection

        stalled = [
            connect(head + b"Content-Length: 50\r\n\r\n{"),
            connect(head + b"Transfer-Encoding: chunked\r\n\r\n"),
        ]
        dripping = connect(head + b"Content-Length: 5000\r\n\r\n")
        forms = [connect(form) for _ in range(2 * MOST_OF_AN_ADDRESS + 1)]
        slow = [*stalled, dripping, *forms]
        while len(select.select(slow, [], [], 0.1)[0]) < len(slow):
            with contextlib.suppress(OSError):
                dripping.sendall(b" ")
            assert read_answer(connect(good), read_more=False)[0] == 200

        assert [read_answer(connection, read_more=False)[0] for connection in (*stalled, dripping)] == [408] * 3
        assert {status_of(connection) for connection in forms} == {400, 429}


def status_of(connection: socket.socket) -> int:
    """Of an answer that is no JSON."""
    return int(connection.recv(4096).split()[1])


def post(url: str, key: str, body: bytes, **headers: str) -> tuple[int, dict]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/ingest/v1/events", body, {"Authorization": f"Bearer {key}", **headers})
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def test_two_posts_of_one_batch_at_once_store_it_once_and_get_one_answer(live_logviewer, ingest_secret, stored):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    with ThreadPoolExecutor(4) as senders:
        answers = list(senders.map(lambda body: post(live_logviewer, ingest_secret, body, **headers), [BATCH] * 4))

    assert sorted(answer["duplicate"] for _, answer in answers) == [False, True, True, True]
    assert [(status, answer["accepted"]) for status, answer in answers] == [(200, 500)] * 4
    assert len(stored()) == 500


def test_a_key_with_64_senders_does_not_keep_out_a_key_with_one(live_logviewer, ingest_secret, make_key, stored):
    quiet, over = make_key("quiet"), threading.Event()

    def post_until_over(_number: int) -> int:
        accepted = 0
        while not over.is_set():
            accepted += post(live_logviewer, ingest_secret, b'{"event":"noise"}')[0] == 200
        return accepted

    with ThreadPoolExecutor(64) as noisy:
        noise = [noisy.submit(post_until_over, number) for number in range(64)]
        try:
            statuses = [post(live_logviewer, quiet, b'{"event":"quiet"}')[0] for _ in range(20)]
        finally:
            over.set()

    assert statuses == [200] * 20
    names = Counter(event.event for event in stored())
    assert names["quiet"] == 20
    assert names["noise"] == sum(sender.result() for sender in noise) > 20
