"""Senders that mean harm, or are broken: memory stays bounded, the door lives on, and others' lines are unharmed."""

import json
import random
import re
import socket
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ingest import limits
from logviewer.store.models import EventRow
from tests.faults.product import until
from tests.unit.ingest.test_python_repr import BOMBS

MOST_MIB = 256  # the door at rest takes about 70
FUZZED = 10_000
CONNECTIONS = 500


def most_mib(process):
    """The most memory that a process ever had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    return int(found[1]) / 1024


@contextmanager
def honest_sender(door, stored):
    """Another sender, before, during and after the block: each of its lines must arrive whole."""
    number, stop = 0, threading.Event()

    def line():
        inner = {"event": "honest", "n": number, "text": 'it\'s \u00e4 "text"'}
        return json.dumps({"@timestamp": "2026-11-26T04:45:16.123Z", "message": repr(inner)}).encode() + b"\n"

    def send():
        nonlocal number
        with door.connect() as connection:
            while not stop.is_set() or number < 100:
                connection.sendall(line())
                number += 1
                stop.wait(0.01)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    honest = EventRow.objects.filter(event="honest")
    until(lambda: honest.count() == number)
    assert sorted(event.data["n"] for event in honest) == list(range(number))
    assert {event.data["text"] for event in honest} == {'it\'s \u00e4 "text"'}
    assert door.process.poll() is None, door.said()
    print(f"The door took {most_mib(door.process):.0f} MiB at the most.")
    assert most_mib(door.process) < MOST_MIB
    assert "Traceback" not in door.said()


def fuzzed(dice):
    """A line that was one of python-logstash before it was damaged."""
    inner = {"event": "fuzzed", "request_id": "r", "list": [1, 2.5, None, (True,)], "text": "it's", "o": {"a": "\\"}}
    line = bytearray(
        json.dumps({"@timestamp": "2026-11-26T04:45:16.123Z", "message": repr(inner), "level": "INFO"}).encode()
    )
    for _ in range(dice.randrange(1, 12)):
        place = dice.randrange(len(line))
        what = dice.randrange(4)
        if what == 0:
            line[place] = dice.randrange(256)
        elif what == 1:
            del line[place : place + dice.randrange(1, 30)]
        elif what == 2:
            line[place:place] = dice.choice(
                (b"{", b"}", b"[", b"(", b"'", b'"', b"\\", b"\0", b"\xff", b"\\ud800", b"<")
            )
        else:
            line += line[place : place + 40]
        line = line or bytearray(b"x")
    return bytes(line).replace(b"\n", b" ")


def test_ten_thousand_fuzzed_lines_become_as_many_events(door, stored):
    dice = random.Random(20261126)
    lines = [line for line in (fuzzed(dice) for _ in range(FUZZED)) if line.strip()]

    with honest_sender(door, stored):
        door.send(*lines)

    others = EventRow.objects.exclude(event="honest")
    until(lambda: others.count() == len(lines))


def test_bombs_become_events(door, stored):
    bombs = [
        json.dumps({"@timestamp": "2026-11-26T04:45:16.123Z", "message": bomb}).encode() for bomb in BOMBS.values()
    ]
    bombs += [
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"{" * 100_000,
        b'{"a": ' + b"9" * 500_000 + b"}",
        b'{"@timestamp": 1e999999999, "message": "number"}',
    ]

    with honest_sender(door, stored):
        door.send(*bombs)

    others = EventRow.objects.exclude(event="honest")
    until(lambda: others.count() == len(bombs))


def test_a_gigabyte_without_a_newline_is_one_event_and_no_memory(door, stored):
    part, times = b"a" * 2**20, 1024

    with honest_sender(door, stored), door.connect() as connection:
        for _ in range(times):
            connection.sendall(part)
        connection.sendall(b"\n")
        until(lambda: EventRow.objects.filter(event__startswith="aaa").exists())

    (event,) = EventRow.objects.exclude(event="honest")
    assert event.data["size_bytes"] == times * 2**20
    assert event.data["truncated_text"] == "a" * limits.STUB_TEXT_BYTES
    assert event.meta == {"flags": ["truncated"]}


def test_five_hundred_connections_at_once(door, stored):
    with honest_sender(door, stored), ExitStack() as stack:
        connections = [stack.enter_context(door.connect()) for _ in range(CONNECTIONS)]
        for number, connection in enumerate(connections):
            connection.sendall(f'{{"event": "first", "n": {number}}}\n{{"event": "sec'.encode())
        for number, connection in enumerate(connections):
            connection.sendall(f'ond", "n": {number}}}\n'.encode())
        until(lambda: EventRow.objects.exclude(event="honest").count() == 2 * CONNECTIONS)

    for name in ("first", "second"):
        numbers = [event.data["n"] for event in EventRow.objects.filter(event=name)]
        assert sorted(numbers) == list(range(CONNECTIONS))


def test_hundreds_of_connections_that_hoard_half_lines(door, stored):
    with honest_sender(door, stored), ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(door.connect()).sendall(b"x" * 1_000_000)

    others = EventRow.objects.exclude(event="honest")
    until(lambda: others.count() == 300)
    assert {event.meta["flags"][0] for event in others} <= {"half_line", "truncated"}


def test_datagrams_of_any_size(door, stored):
    others = EventRow.objects.exclude(event="honest")
    with honest_sender(door, stored), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(b"", ("127.0.0.1", door.port))
        for count, size in enumerate((1, 300, 9000, 60_000), 1):
            datagrams.sendto(b"d" * size, ("127.0.0.1", door.port))
            until(lambda: others.count() == count)  # noqa: B023 -- waited for at once
