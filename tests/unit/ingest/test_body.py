"""How a body is read and inflated, and what is refused before anything is stored."""

import gzip
import io
import random
import time
import tracemalloc
import zlib

import pytest
import zstandard

from ingest import body, deadline, limits
from ingest.body import LARGE_BODY_BYTES, read_body
from ingest.outcome import Refusal

PLAIN = b'{"event":"a"}\n' * 1000


def inflate(sent: bytes, *options: object) -> bytes:
    return body.inflate(io.BytesIO(sent), *options)


def environ(body: bytes, **extra: object) -> dict[str, object]:
    return {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), **extra}


@pytest.mark.parametrize(
    "sent",
    [
        PLAIN,
        gzip.compress(PLAIN),
        gzip.compress(PLAIN[:7000]) + gzip.compress(b"") + gzip.compress(PLAIN[7000:]),
        zlib.compress(PLAIN),
        zlib.compress(PLAIN, 1),
        zstandard.compress(PLAIN),
        zstandard.ZstdCompressor(write_checksum=True, write_content_size=False).compress(PLAIN),
        zstandard.compress(PLAIN[:7000]) + zstandard.compress(PLAIN[7000:]),
    ],
)
def test_the_bytes_say_how_they_are_compressed(sent):
    assert read_body(environ(sent, HTTP_CONTENT_ENCODING="br", CONTENT_TYPE="text/plain")).text == PLAIN


def zstd_with_checksum(plain: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(plain)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, zstd_with_checksum])
@pytest.mark.parametrize("damage", ["cut", "cut hard", "garbage behind", "flipped"])
def test_damaged_compression_is_400(pack, damage):
    packed = pack(bytes(range(256)) * 50)
    broken = {
        "cut": packed[:-1],
        "cut hard": packed[: len(packed) // 2],
        "garbage behind": packed + b"garbage",
        "flipped": packed[:20] + bytes([packed[20] ^ 0xFF]) + packed[21:],
    }[damage]

    with pytest.raises(Refusal) as refusal:
        inflate(broken)
    assert refusal.value.status == 400


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zlib.compress, zstandard.compress])
def test_a_large_body_is_announced_once_and_takes_no_memory_until_then(pack):
    announced = []
    large = pack(random.Random(1).randbytes(4 * LARGE_BODY_BYTES))

    inflate(pack(bytes(LARGE_BODY_BYTES)), lambda: announced.append("small"))
    tracemalloc.start()
    inflate(large, lambda: announced.append(tracemalloc.get_traced_memory()[0]))
    tracemalloc.stop()

    assert len(announced) == 1
    assert announced[0] < LARGE_BODY_BYTES // 4


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, zstandard.compress])
def test_a_bomb_is_413_and_takes_no_more_memory_than_the_limit(pack, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BODY_BYTES", 4 * 1024 * 1024)
    bomb = pack(bytes(200 * 1024 * 1024))
    tracemalloc.start()
    started = time.process_time()

    with pytest.raises(Refusal) as refusal:
        inflate(bomb)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refusal.value.status == 413
    assert peak < 16 * 1024 * 1024
    assert time.process_time() - started < 2


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, zstandard.compress])
def test_an_inflated_body_takes_its_memory_once(pack):
    size = 32 * 1024 * 1024
    packed = pack(bytes(size))
    tracemalloc.start()
    inflate(packed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1.5 * size


def test_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not(monkeypatch):
    monkeypatch.setattr(limits, "MAX_BODY_BYTES", 1000)
    for pack in (bytes, gzip.compress, zlib.compress, zstandard.compress):
        assert inflate(pack(b" " * 1000)) == b" " * 1000
        with pytest.raises(Refusal):
            inflate(pack(b" " * 1001))


def test_many_tiny_members_are_refused_soon():
    started = time.process_time()
    with pytest.raises(Refusal):
        inflate(gzip.compress(b"") * 200_000)
    assert time.process_time() - started < 3


def test_what_is_announced_too_large_is_not_read():
    request = environ(b"{}", CONTENT_LENGTH=str(limits.MAX_SENT_BYTES + 1))
    with pytest.raises(Refusal) as refusal:
        read_body(request)
    assert refusal.value.status == 413
    assert request["wsgi.input"].tell() == 0


def test_an_endless_chunked_body_is_413(monkeypatch):
    monkeypatch.setattr(limits, "MAX_SENT_BYTES", 1_000_000)

    class Endless:
        def read(self, size: int) -> bytes:
            return b" " * size

    with pytest.raises(Refusal) as refusal:
        read_body({"wsgi.input": Endless(), "wsgi.input_terminated": True})
    assert refusal.value.status == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "²", "9" * 400])
def test_a_content_length_that_is_no_number_is_400(length):
    with pytest.raises(Refusal) as refusal:
        read_body(environ(b"{}", CONTENT_LENGTH=length))
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        ('{"event":"a"}'.encode("utf-16"), {}),
        ('{"event":"a"}'.encode("utf-16-le"), {}),
        (b"\x82\xa5event\xa1a", {"CONTENT_TYPE": "application/msgpack"}),
        (b"\xce\xb2\xcf\x81\xce\xbf", {"HTTP_CONTENT_ENCODING": "br"}),
    ],
)
def test_other_formats_are_415(body, extra):
    with pytest.raises(Refusal) as refusal:
        read_body(environ(body, **extra))
    assert refusal.value.status == 415


def test_a_body_that_took_too_long_is_408(monkeypatch):
    monkeypatch.setattr(limits, "BODY_WITHIN_S", 0.05)

    class Slow:
        def read(self, size: int) -> bytes:
            time.sleep(0.02)
            return b" "

    with pytest.raises(Refusal) as refusal:
        read_body({"wsgi.input": Slow(), "CONTENT_LENGTH": "500"})
    assert refusal.value.status == 408


def test_a_body_whose_connection_may_have_been_shut_down_is_never_taken_for_whole():
    class ShutDown:
        parts = iter([b'{"event":"a"}\n', b""])

        def read(self, size: int) -> bytes:
            part = next(self.parts)
            if not part:
                deadline._disturb("10.0.0.8")
            return part

    environment = {"wsgi.input": ShutDown(), "wsgi.input_terminated": True, "REMOTE_ADDR": "10.0.0.8"}
    with pytest.raises(Refusal) as refusal:
        read_body(environment)
    assert refusal.value.status == 408


def test_many_sent_bytes_are_in_a_file(monkeypatch):
    files, make = [], body.SpooledTemporaryFile
    monkeypatch.setattr(body, "SpooledTemporaryFile", lambda size: files.append(make(size)) or files[-1])
    large = random.Random(1).randbytes(2 * body.MAX_SENT_IN_MEMORY_BYTES)

    assert read_body(environ(PLAIN)).text == PLAIN
    assert read_body(environ(large)).text == large

    assert [file._rolled for file in files] == [False, True]
    assert all(file.closed for file in files)


def test_a_small_body_that_inflates_to_much_asks_for_memory_first():
    calls = []
    sent = gzip.compress(b'{"event":"' + b"a" * 1_000_000 + b'"}')

    read_body({"CONTENT_LENGTH": str(len(sent)), "wsgi.input": io.BytesIO(sent)}, on_large=lambda: calls.append(1))

    assert calls == [1]
