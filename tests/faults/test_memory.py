"""What the worst bodies cost the web server of memory, one after the other and all at once."""

import gzip
import json
import random
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard

from ingest import limits
from tests.faults.conftest import UnderLoad
from tests.faults.senders import Connection

MOST_GROWTH_MIB = 96  # the 64 MiB of one text, a portion of its events, the small ones beside it; no second text
BY_CHANCE_MIB = 8  # what allocators keep when all are worked on at once differs by as much from run to run
AT_ONCE = 8


def events_of(size: int) -> bytes:
    """Lines of events with `size` characters of text that need escapes, up to the limit of a body."""
    text = "".join(random.Random(1).choices('abcdefgh \\"é', k=1000)) * (size // 1000)
    line = json.dumps({"event": text}).encode() + b"\n"
    return line * (limits.MAX_BODY_BYTES // len(line))


def full_of_events(number: int) -> list[bytes]:
    """As many different events as fill a body."""
    text = "".join(random.Random(3).choices("abcdefgh ", k=limits.MAX_BODY_BYTES // number - 100))
    return [json.dumps({"event": "it happened", "place": place, "text": text}).encode() for place in range(number)]


def worst_bodies() -> Iterator[tuple[str, bytes, int]]:
    """Name, body as sent, and the status it gets."""
    room = limits.MAX_BODY_BYTES

    def packed(body: bytes) -> bytes:
        return gzip.compress(body, 1)

    yield "gzip bomb", packed(bytes(4 * room)), 413
    yield "zlib bomb", zlib.compress(bytes(4 * room), 1), 413
    yield "zstd bomb", zstandard.compress(bytes(4 * room)), 413
    yield "64 MiB of blanks", packed(b" " * room), 200
    yield "64 MiB with 100,000 events", packed((b"{}\n" * limits.MAX_EVENTS).ljust(room)), 200
    yield "64 MiB of 100,000 events", packed(b"\n".join(full_of_events(limits.MAX_EVENTS))), 200
    yield "an array of 64 MiB of events", packed(b"[" + b",".join(full_of_events(40_000)) + b"]"), 200
    yield "64 MiB with one event in 100,000 lines", packed((b"no\n" * (limits.MAX_EVENTS - 1) + b"{}").ljust(room)), 200
    yield "64 MiB of tiny events", packed(b"{}\n" * (room // 3)), 413
    yield "an array of 64 MiB of tiny events", packed(b"[" + b"{}," * (room // 3 - 1) + b"{}]"), 413
    yield "64 MiB of 200 KiB events", packed(events_of(200_000)), 200
    yield "one string of 64 MiB", packed(b'{"event":"' + b"x" * (room - 12) + b'"}'), 200
    yield "10 million levels", packed(b'{"a":' * 10_000_000 + b"1" + b"}" * 10_000_000), 200
    yield "16 MiB that are no text", random.Random(2).randbytes(limits.MAX_SENT_BYTES), 413
    yield "a million keys", packed(b"{" + b",".join(b'"k%d":1' % n for n in range(1_000_000)) + b"}"), 200
    yield (
        "26,000 keys, within an event's limit",
        b'{"' + b'":0,"'.join(b"%x" % n for n in range(26_000)) + b'":0}',
        200,
    )
    yield "100,000 lines that are no JSON", packed(b"no\n" * limits.MAX_EVENTS), 400


class Memory:
    """What the web server's process holds, in MiB of resident memory (Linux)."""

    def __init__(self, pid: int) -> None:
        self._process = Path(f"/proc/{pid}")
        self.at_rest = self._mib("VmRSS")

    def growth(self) -> float:
        """By how much the highest value since `forget_peak` is above the one at rest."""
        return self._mib("VmHWM") - self.at_rest

    def forget_peak(self) -> None:
        (self._process / "clear_refs").write_text("5")

    def _mib(self, name: str) -> float:
        [line] = [line for line in (self._process / "status").read_text().splitlines() if line.startswith(f"{name}:")]
        return int(line.split()[1]) / 1024


@pytest.fixture
def fresh_web(under_load: UnderLoad) -> Memory:
    """The memory of a web server that has just started, and has stored a few batches."""
    web = under_load.product.restart_web()
    senders = under_load.senders()
    with senders.sending():
        senders.wait_for_more(1000)
    return Memory(web)


def test_the_worst_bodies_cost_a_bounded_amount_of_memory(under_load, fresh_web, capsys):
    def send(name: str, body: bytes, expected: int) -> None:
        connection = Connection(under_load.product.url, under_load.secret)
        try:
            while (answer := connection.post(body)).status in (None, 429, 503):  # None: refused while it sent
                time.sleep(0.2)
        finally:
            connection.close()
        assert answer.status == expected, name

    growth: dict[str, float] = {}
    bodies = list(worst_bodies())
    for name, body, expected in bodies:
        fresh_web.forget_peak()
        send(name, body, expected)
        growth[name] = fresh_web.growth()
    fresh_web.forget_peak()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(send, *zip(*bodies, strict=True)))
    at_once = fresh_web.growth()

    with capsys.disabled():
        print(f"\nGrowth of the web server's memory above {fresh_web.at_rest:.0f} MiB at rest, in MiB:")
        for name, mib in growth.items():
            print(f"{mib:8.1f}  {name}")
        print(f"{at_once:8.1f}  all of them, {AT_ONCE} at once")
    assert max(growth.values()) <= MOST_GROWTH_MIB
    assert at_once <= MOST_GROWTH_MIB + BY_CHANCE_MIB
