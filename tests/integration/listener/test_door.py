"""The door's bounds: who is let in, how much is held, how long, and what happens to what was read."""

import json
import socket
import time
from contextlib import ExitStack

import pytest
from django.db import connections

from ingest import limits
from logviewer.store import ledger, writer
from logviewer.store.models import EventRow
from tests.faults.product import until
from tests.integration.listener.door_in_thread import connected, is_closed, open_door


def send(running, data):
    with connected(running) as connection:
        connection.sendall(data)


def names():
    return [event.event for event in EventRow.objects.order_by("id")]


def test_who_is_not_on_the_list_is_turned_away_and_counted(tmp_path):
    with open_door(tmp_path, senders=[("10.0.0.0/8", "learning-api")]) as running:
        with connected(running) as connection:
            assert is_closed(connection)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            datagrams.sendto(b"hello", ("127.0.0.1", running.port))
            until(lambda: running.counts().refused == 2)

    assert names() == []
    assert running.counts().lines == 0


def test_lines_of_two_networks_are_of_two_services(tmp_path):
    senders = [("127.0.0.0/8", "school"), ("127.0.0.2/32", "monarch")]
    with open_door(tmp_path, senders=senders) as running:
        for source in ("127.0.0.1", "127.0.0.2"):
            with socket.create_connection(("127.0.0.1", running.port), 20, (source, 0)) as connection:
                connection.sendall(f"from {source}\n".encode())

    assert dict(EventRow.objects.values_list("service", "event")) == {
        "school": "from 127.0.0.1",
        "monarch": "from 127.0.0.2",
    }
    assert running.counts("127.0.0.2").stored == 1


def test_the_ledger_counts_what_each_sender_stored(tmp_path):
    with open_door(tmp_path) as running:
        send(running, b"a\nb\nc\n")

    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT service, key, rows FROM ingest_batch")
        assert cursor.fetchall() == [("learning-api", "logstash 127.0.0.0/8", 3)]


def test_a_line_that_has_no_end_is_kept_and_says_so(tmp_path):
    with open_door(tmp_path) as running:
        send(running, b'{"event": "whole"}\r\n\n   \n{"event": "ha')
        until(lambda: running.counts().stored == 2)

    assert names() == ["whole", '{"event": "ha']
    assert EventRow.objects.get(event__startswith="{").meta == {"flags": ["half_line", "unreadable"]}
    assert (running.counts().half, running.counts().lines) == (1, 2)


def test_of_a_line_over_the_limit_the_beginning_is_kept_and_the_next_is_whole(tmp_path):
    with open_door(tmp_path) as running:
        send(running, b"a" * (limits.MAX_LINE_BYTES + 1) + b"\n" + b'{"event": "next"}\n')
        until(lambda: running.counts().stored == 2)

    long, following = EventRow.objects.order_by("id")
    assert long.data["truncated_text"] == "a" * limits.STUB_TEXT_BYTES
    assert long.data["size_bytes"] == limits.MAX_LINE_BYTES + 1
    assert long.meta == {"flags": ["truncated"]}
    assert following.event == "next"
    assert running.counts().long == 1


def test_a_line_under_the_limit_and_over_that_of_an_event_keeps_its_head(tmp_path):
    inner = {"event": "large", "request_id": "r-1", "text": "b" * limits.MAX_EVENT_BYTES}
    line = {"@timestamp": "2026-11-26T04:45:16.123Z", "message": repr(inner)[:-1] + "}", "level": "ERROR"}
    with open_door(tmp_path) as running:
        send(running, json.dumps({**line, "message": json.dumps(inner)}).encode() + b"\n")
        until(lambda: running.counts().stored == 1)

    (event,) = EventRow.objects.all()
    assert event.level == 40
    assert "truncated" in event.meta["flags"]


def test_a_connection_that_falls_silent_within_a_line_is_closed_and_one_between_lines_is_not(tmp_path):
    with open_door(tmp_path, half_line_s=0.2, look_every_s=0.05) as running, ExitStack() as stack:
        silent, between = (stack.enter_context(connected(running)) for _ in range(2))
        silent.sendall(b"half")
        between.sendall(b"whole\n")

        assert is_closed(silent)
        until(lambda: running.counts().stored == 2)
        between.sendall(b"again\n")
        until(lambda: running.counts().stored == 3)
        assert running.counts().closed == 1


def test_a_connection_that_is_idle_for_too_long_is_closed(tmp_path):
    with open_door(tmp_path, idle_s=0.2, look_every_s=0.05) as running, connected(running) as connection:
        connection.sendall(b"whole\n")

        assert is_closed(connection)
        assert running.counts().closed == 1


def test_beyond_the_cap_a_new_one_is_refused_if_none_is_idle(tmp_path):
    with open_door(tmp_path, connections=2, makes_room_s=3600) as running, ExitStack() as stack:
        _, _, refused = (stack.enter_context(connected(running)) for _ in range(3))

        assert is_closed(refused)
        assert running.counts().refused == 1


def test_beyond_the_cap_the_longest_idle_one_makes_room(tmp_path):
    with open_door(tmp_path, connections=2, makes_room_s=0.2) as running, ExitStack() as stack:
        first, second = (stack.enter_context(connected(running)) for _ in range(2))
        second.sendall(b"I am here\n")
        until(lambda: any(one.idle_s() > 0.2 for one in list(running.door.connections)))
        second.sendall(b"still\n")
        until(lambda: running.counts().lines == 2)
        third = stack.enter_context(connected(running))

        assert is_closed(first)
        third.sendall(b"and I\n")
        until(lambda: running.counts().stored == 3)


def test_one_address_cannot_take_every_connection(tmp_path):
    with open_door(tmp_path, connections_an_address=2) as running, ExitStack() as stack:
        connections = [stack.enter_context(connected(running)) for _ in range(3)]

        assert is_closed(connections[2])
        with socket.create_connection(("127.0.0.1", running.port), 20, ("127.0.0.3", 0)) as other:
            other.sendall(b"from elsewhere\n")
            until(lambda: running.counts("127.0.0.3").stored == 1)


def test_of_all_lines_without_an_end_the_longest_is_shortened_and_others_stay_whole(tmp_path):
    hoard, small = 900_000, 200_000
    with open_door(tmp_path, unfinished_bytes=2_000_000) as running, ExitStack() as stack:
        honest = stack.enter_context(connected(running))
        honest.sendall(b"h" * small)
        until(lambda: sum(one.held for one in list(running.door.connections)) == small)
        for _ in range(10):
            stack.enter_context(connected(running)).sendall(b"x" * hoard)
        until(lambda: running.counts().bytes == small + 10 * hoard)
        assert sum(one.held for one in list(running.door.connections)) <= 2_000_000
        honest.sendall(b"!\n")
        until(lambda: running.counts().stored == 1)

    assert EventRow.objects.order_by("id").first().event == "h" * small + "!"


def test_nothing_is_read_while_the_store_is_away_and_all_is_stored_afterwards(tmp_path, monkeypatch):
    refuse(monkeypatch)
    with (
        open_door(tmp_path, batch_s=0.05) as running,
        connected(running) as connection,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        connection.sendall(b"before\n")
        until(lambda: not running.door.is_reading)
        connection.sendall(b"meanwhile\n")
        datagrams.sendto(b"datagram", ("127.0.0.1", running.port))
        send(running, b"late\n")
        until(lambda: len(running.door.connections) == 2)
        assert running.counts().lines == 1

        monkeypatch.undo()
        until(lambda: running.counts().stored == 4)

    assert sorted(names()) == ["before", "datagram", "late", "meanwhile"]


def test_senders_wait_while_too_much_is_held(tmp_path, monkeypatch):
    may_go_on = refuse(monkeypatch, with_error=False)
    held, line = 200_000, b"x" * 999 + b"\n"
    with open_door(tmp_path, held_bytes=held, batch_s=0.05) as running:
        with connected(running) as connection:
            connection.settimeout(2)
            with pytest.raises(TimeoutError):
                connection.sendall(line * 50_000)
        until(lambda: not running.door.is_reading)
        assert running.counts().bytes < held + 600_000
        may_go_on.append(True)
        until(lambda: running.counts().stored == running.counts().lines > 0)


def test_a_commit_whose_answer_was_lost_is_not_stored_twice(tmp_path, monkeypatch):
    write, lost = writer.write, []

    def loses_the_first_answer(events, batch):
        written = write(events, batch)
        if not lost:
            lost.append(batch)
            raise writer.StoreUnavailable("the connection broke after the commit")
        return written

    monkeypatch.setattr(writer, "write", loses_the_first_answer)
    with open_door(tmp_path) as running:
        send(running, b"once\n")
        until(lambda: running.counts().stored == 1)

    assert len(lost) == 1
    assert names() == ["once"]


def test_what_was_read_is_stored_when_the_door_closes(tmp_path):
    with open_door(tmp_path, batch_s=3600) as running, connected(running) as connection:
        connection.sendall(b"one\ntwo\nhalf")
        until(lambda: running.counts().lines == 2)
        connection.sendall(b" a line\nthree\nfo")
        until(lambda: running.counts().bytes == len(b"one\ntwo\nhalf a line\nthree\nfo"))

        assert running.close() == 0

    assert names() == ["one", "two", "half a line", "three", "fo"]


def test_what_cannot_be_stored_when_the_door_closes_is_stored_when_it_opens_again_and_once(tmp_path, monkeypatch):
    refuse(monkeypatch)
    with open_door(tmp_path, batch_s=0.05, stop_s=0.3) as running:
        send(running, b"kept\nhalf")
        until(lambda: not running.door.is_reading)
        left = running.close()
    assert left == running.counts().lines >= 1
    assert [file.stat().st_mode & 0o777 for file in tmp_path.iterdir()] == [0o600] * len(list(tmp_path.iterdir()))

    monkeypatch.undo()
    for _ in range(2):
        with open_door(tmp_path) as running:
            until(lambda: not list(tmp_path.iterdir()))

    assert names() in (["kept"], ["kept", "half"])


def test_an_error_of_ours_loses_nothing(tmp_path, monkeypatch, caplog):
    failing = [True]
    open_batches = ledger.open_batches

    def fails_once(*arguments):
        if failing:
            failing.pop()
            raise ArithmeticError("a bug")
        return open_batches(*arguments)

    monkeypatch.setattr(ledger, "open_batches", fails_once)
    with open_door(tmp_path) as running:
        send(running, b"kept\n")
        until(lambda: running.counts().stored == 1)

    assert names() == ["kept"]
    assert "could not be stored" in caplog.text


def test_a_damaged_file_of_the_backlog_stays_and_the_others_are_stored(tmp_path, monkeypatch, caplog):
    (tmp_path / "damaged.batch").write_bytes(b"\xc1")
    with open_door(tmp_path) as running:
        send(running, b"works\n")
        until(lambda: running.counts().stored == 1)

    assert (tmp_path / "damaged.batch").exists()
    assert "damaged.batch cannot be read" in caplog.text


def refuse(monkeypatch, *, with_error=True):
    """The store takes nothing until the patch is undone, or the returned list gets an element."""
    may_go_on = []
    write = writer.write

    def away(events, batch):
        if with_error:
            raise writer.StoreUnavailable("it is away")
        while not may_go_on:
            time.sleep(0.01)
        return write(events, batch)

    monkeypatch.setattr(writer, "write", away)
    monkeypatch.setattr(
        writer, "write_together", lambda submissions: [away(one.events, one.batch) for one in submissions]
    )
    return may_go_on
