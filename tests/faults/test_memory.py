"""The worst bodies cost the web server no more memory than it is allowed, one after the other and all at once."""

import gzip
import random
import urllib.error
import urllib.request
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard

from ingest import limits
from tests.conftest import running_server
from tests.faults.product import environment, processes

MOST_GROWTH_MIB = 96
AT_ONCE = 8
MIB = 1024 * 1024


def tiny_events(count: int, inflated: int) -> bytes:
    """`count` events in exactly `inflated` bytes, gzipped."""
    events = b"{}\n" * count
    return gzip.compress(events + b" " * (inflated - len(events)), 1)


def events_of(size: int, total: int) -> bytes:
    text = random.Random(1).choices("abcdefgh \\\"", k=size)
    line = b'{"event":"%s"}\n' % "".join(text).replace("\\", "\\\\").replace('"', '\\"').encode()
    return gzip.compress(line * (total // len(line)), 1)


def nested(depth: int) -> bytes:
    return gzip.compress(b'{"a":' * depth + b"1" + b"}" * depth, 1)


# Name: (body, the statuses it may get).
WORST = {
    "gzip bomb": (gzip.compress(bytes(1024 * MIB), 9), {413}),
    "zlib bomb": (zlib.compress(bytes(256 * MIB), 9), {413}),
    "zstd bomb": (zstandard.compress(bytes(4096 * MIB)), {413}),
    "gzip of spaces up to the limit": (gzip.compress(b" " * limits.MAX_BODY_BYTES, 1), {200}),
    "100,000 events, the rest blank": (tiny_events(limits.MAX_EVENTS, limits.MAX_BODY_BYTES), {200}),
    "64 MiB of tiny events": (gzip.compress(b"{}\n" * (limits.MAX_BODY_BYTES // 3), 1), {413}),
    "64 MiB array of tiny events": (gzip.compress(b"[" + b"{}," * (limits.MAX_BODY_BYTES // 3 - 1) + b"{}]", 1), {413}),
    "64 MiB of 1 KiB events": (events_of(1000, 60 * MIB), {200}),
    "64 MiB of 250 KiB events": (events_of(200_000, 60 * MIB), {200}),
    "one string of 64 MiB": (gzip.compress(b'{"event":"' + b"x" * (60 * MIB) + b'"}', 1), {200}),
    "10 million levels": (nested(10_000_000), {200, 400}),
    "16 MiB that do not compress": (random.Random(2).randbytes(limits.MAX_SENT_BYTES), {400, 415}),
    "a million keys": (gzip.compress(b"{" + b",".join(b'"k%d":1' % n for n in range(1_000_000)) + b"}", 1), {200}),
    "an object of 256 KiB with keys only": (b'{"' + b'":0,"'.join(b"%x" % n for n in range(26_000)) + b'":0}', {200}),
    "lines that are no JSON": (gzip.compress(b"no\n" * 100_000, 1), {400}),
}


class Web:
    """The web server's processes and their memory (Linux)."""

    def __init__(self, parent: int) -> None:
        self.pids = [parent, *(pid for pid, its_parent, _ in processes() if its_parent == parent)]

    def resident_mib(self) -> float:
        return self._sum("VmRSS")

    def peak_mib(self) -> float:
        return self._sum("VmHWM")

    def forget_peak(self) -> None:
        for pid in self.pids:
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def _sum(self, name: str) -> float:
        lines = [line for pid in self.pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024
