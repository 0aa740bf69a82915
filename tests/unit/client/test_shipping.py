"""Shipping: over a real socket, through answers of every kind, forks, signals and the end of a process."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from pathlib import Path

import pytest

import logviewer_client
from logviewer_client import parcels
from logviewer_client.batch import Batch
from logviewer_client.line import render
from logviewer_client.sender import Sender
from logviewer_client.shipper import Shipper
from logviewer_client.shipping import folders_at
from logviewer_client.transport import TIMEOUT_S, HttpTransport
from tests.unit.client.conftest import WATCHDOG_S

SOURCE = Path(logviewer_client.__file__).parents[1]
OURS = b'{"accepted": 1, "rejected": [], "below_level": 0}'


def line(name):
    return render({"event": name})


@pytest.fixture(params=["quick", "direct", "memory"])
def mode(request):
    return request.param


@pytest.fixture
def ship(door, mode, tmp_path, monkeypatch):
    """Starts a shipper; `batch_age_s` is for all of a test."""
    shippers = []

    def find_folders():
        return folders_at(tmp_path / "spool" / "here", 64 * 1024 * 1024, quick=mode == "quick")

    def start(url=None, *, batch_age_s=0.02, **options):
        monkeypatch.setattr(parcels, "BATCH_AGE_S", batch_age_s)
        if mode != "memory":
            options.setdefault("find_folders", find_folders)
        transport = HttpTransport(url or door.url, "lvk_test", timeout_s=WATCHDOG_S)
        shipper = Shipper(transport, **{"first_wait_s": 0.01, **options})
        shippers.append(shipper)
        return shipper

    yield start
    for shipper in shippers:
        shipper.close(0)


def names(door):
    return [event["event"] for event in door.stored]


def test_events_arrive_in_order_gzipped_with_the_key_and_an_id(door, ship):
    shipper = ship()
    for n in range(5):
        shipper.put(line(f"e{n}"))

    assert shipper.flush()
    assert names(door) == [f"e{n}" for n in range(5)]
    headers = door.requests[0]["headers"]
    assert headers["Authorization"] == "Bearer lvk_test"
    assert headers["Content-Encoding"] == "gzip"
    assert len(headers["Idempotency-Key"]) == 36
    assert door.requests[0]["path"] == "/ingest/v1/events"


def test_a_batch_ends_at_a_thousand_events(door, ship):
    shipper = ship(batch_age_s=5)
    for n in range(1001):
        shipper.put(line(f"e{n}"))

    assert len(door.wait_for(1)[0]["events"]) == 1000


def test_a_batch_ends_at_a_mebibyte(door, ship):
    shipper = ship(batch_age_s=5)
    for _ in range(20):
        shipper.put(b'{"event":"' + b"x" * 100_000 + b'"}')

    assert len(door.wait_for(1)[0]["events"]) == 11


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_refusal_for_now_is_repeated_byte_by_byte_under_the_same_id(door, ship, status):
    door.replies = [(status, {}, b""), (status, {"Retry-After": "0"}, b"")]
    shipper = ship()
    shipper.put(line("e"))

    assert shipper.flush()
    first, _, third = door.requests
    assert first["raw"] == third["raw"]
    assert first["headers"]["Idempotency-Key"] == third["headers"]["Idempotency-Key"]
    assert names(door) == ["e"]


def test_a_bad_event_is_found_by_halves_and_the_others_are_stored(door, ship):
    events = [line(f"e{n}") for n in range(3)] + [line("bad")]
    # 4: refused; first half (e0, e1): stored; second half (e2, bad): refused; e2: stored; bad: refused.
    two = b'{"accepted": 2, "rejected": [], "below_level": 0}'
    door.replies = [
        (400, {}, b""), (200, {}, two), (422, {}, b""), (200, {}, OURS), (413, {}, b""),
    ]  # fmt: skip
    shipper = ship()
    for one in events:
        shipper.put(one)
    shipper.flush()
    door.wait_for(6)

    assert shipper.stats().lost == {"refused": 1}
    assert names(door) == ["e0", "e1", "e2", "logviewer_events_lost"]
    assert door.stored[-1]["count"] == 1


def test_a_refused_report_of_losses_is_not_reported_again(door, ship):
    door.replies = [(409, {}, b"")] * 2
    shipper = ship()
    shipper.put(line("e"))
    door.wait_for(2)
    time.sleep(0.2)

    assert len(door.requests) == 2
    assert shipper.stats().lost == {"conflict": 2}


def test_events_that_logviewer_rejects_are_counted_as_lost_and_reported(door, ship):
    door.replies = [(200, {}, b'{"accepted": 2, "rejected": [{"index": 1, "reason": "x"}], "below_level": 0}')]
    shipper = ship(service="school")
    for n in range(3):
        shipper.put(line(f"e{n}"))
    door.wait_for(2)
    assert shipper.flush()

    assert (shipper.stats().queued, shipper.stats().lost) == (0, {"rejected": 1})
    report = door.stored[-1]
    assert (report["event"], report["count"], report["reason"]) == ("logviewer_events_lost", 1, "rejected")
    assert (report["level"], report["service"]) == ("error", "school")


def test_a_rejected_report_of_losses_is_not_reported_again(door, ship):
    rejected = b'{"accepted": 0, "rejected": [{"index": 0, "reason": "x"}], "below_level": 0}'
    door.replies = [(200, {}, rejected)] * 3
    shipper = ship()
    shipper.put(line("e"))
    door.wait_for(2)
    time.sleep(0.2)

    assert len(door.requests) == 2


def test_a_flush_cuts_a_long_wait_short(door, ship):
    door.replies = [(503, {"Retry-After": "600"}, b"")]
    shipper = ship()
    shipper.put(line("e"))
    door.wait_for(1)

    assert shipper.flush()
    assert names(door) == ["e"]


def test_the_thread_outlives_what_nobody_foresaw(door, ship, monkeypatch):
    shipper = ship()
    step, failing = Sender.step, iter([MemoryError("full")])

    def fail_once(self, *, hurry):
        for problem in failing:
            raise problem
        return step(self, hurry=hurry)

    monkeypatch.setattr(Sender, "step", fail_once)
    shipper.put(line("e"))

    assert shipper.flush()
    assert names(door) == ["e"]


def test_a_refusal_that_comes_before_the_body_has_left_is_heard():
    big = Batch(uuid.uuid4(), (os.urandom(6_000_000).hex().encode(),))
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse():
            connection, _ = server.accept()
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            connection.shutdown(socket.SHUT_RD)
            time.sleep(0.3)
            connection.close()

        thread = threading.Thread(target=refuse)
        thread.start()
        try:
            transport = HttpTransport(f"http://127.0.0.1:{server.getsockname()[1]}", "k", timeout_s=WATCHDOG_S)
            assert transport.send(big, compressed=False).status == 413
        finally:
            thread.join()


def test_a_refused_encoding_is_left_for_good(door, ship):
    door.replies = [(415, {}, b"")]
    shipper = ship()
    shipper.put(line("a"))
    assert shipper.flush()
    shipper.put(line("b"))
    assert shipper.flush()

    assert [request["raw"][:2] == b"\x1f\x8b" for request in door.requests] == [True, False, False]
    assert names(door) == ["a", "b"]


@pytest.mark.parametrize("status", [401, 403, 404, 301])
def test_what_the_batch_cannot_help_is_kept(door, ship, mode, status, capsys):
    door.replies = [(status, {"Location": "http://127.0.0.1:1/"}, b"")]
    shipper = ship()
    shipper.put(line("e"))
    door.wait_for(1)
    said = ""
    while f"events wait in {'memory' if mode == 'memory' else 'the spool'}: " not in said:
        time.sleep(0.1)
        said += capsys.readouterr().err

    assert len(door.requests) == 1  # the next probe comes in a minute
    assert shipper.stats().queued == 1
    assert str(status) in shipper.stats().last_error


@pytest.mark.parametrize(
    "body",
    [
        b'{"accepted": 1, "rejec',
        b'{"accepted": 2, "rejected": [], "below_level": 0}',
        b'{"accepted": -1, "rejected": [{"index": 0}, {"index": 1}], "below_level": 0}',
        b'{"accepted": true, "rejected": []}',
        b'{"accepted": 0, "rejected": [{"index": 7}]}',
        b"<html>Please sign in to the Wi-Fi</html>",
        b"",
        OURS + b" " * 10 * 1024 * 1024,
    ],
    ids=["cut off", "too many", "negative", "no number", "another place", "a page", "nothing", "10 MiB"],
)
def test_an_answer_200_that_is_not_logviewers_is_no_receipt(door, ship, body):
    door.replies = [(200, {}, body)]
    shipper = ship()
    shipper.put(line("e"))
    door.wait_for(1)
    while shipper.stats().last_error is None:
        time.sleep(0.01)
    assert shipper.stats().queued == 1
    assert "is LOGVIEWER_URL right?" in shipper.stats().last_error

    door.ledger.clear()
    assert shipper.flush()
    assert len(door.requests) == 2
    assert door.requests[0]["raw"] == door.requests[1]["raw"]


def test_logviewers_level_raises_the_floor_and_lowers_it_again(door, ship):
    wanted = b'{"accepted": 0, "rejected": [], "below_level": 1, "min_level": "warning"}'
    door.replies = [(200, {}, wanted)]
    shipper = ship()
    assert shipper.floor() == 0
    shipper.put(line("e"))
    assert shipper.flush()

    assert shipper.floor() == 30
    assert (shipper.stats().below_level, shipper.stats().sent, shipper.stats().lost) == (1, 0, {})

    shipper.put(line("e"))
    assert shipper.flush()
    assert shipper.floor() == 0


def test_a_server_that_comes_back_gets_everything(door, ship):
    shipper = ship("http://127.0.0.1:9")  # discard: nobody listens
    for n in range(50):
        shipper.put(line(f"e{n}"))
    time.sleep(0.1)
    assert shipper.stats().queued == 50
    shipper._transport._connect = HttpTransport(door.url, "k")._connect

    assert shipper.flush()
    assert names(door) == [f"e{n}" for n in range(50)]


@pytest.mark.parametrize("mode", ["memory"], indirect=True)
def test_a_full_queue_drops_the_oldest_and_says_so(door, ship):
    shipper = ship("http://127.0.0.1:9", max_events=10)
    shipper.put(line("stuck"))
    while shipper.stats().last_error is None:  # then it is sealed, and was on its way to nowhere
        time.sleep(0.01)
    for n in range(25):
        shipper.put(line(f"e{n}"))
    assert shipper.stats().lost == {"queue_full": 15}
    shipper._transport._connect = HttpTransport(door.url, "k")._connect

    assert shipper.flush()
    shipper.put(line("after"))
    assert shipper.flush()
    reports = [event for event in door.stored if event["event"] == "logviewer_events_lost"]
    assert sum(report["count"] for report in reports) == 15
    assert [name for name in names(door) if name != "logviewer_events_lost"] == [
        "stuck", *(f"e{n}" for n in range(15, 25)), "after",
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["memory"], indirect=True)
def test_a_full_queue_is_bounded_in_bytes(ship):
    shipper = ship("http://127.0.0.1:9", max_bytes=100_000)
    for _ in range(100):
        shipper.put(b"x" * 10_000)

    assert shipper.stats().queued <= 10 + 10 + 1  # waiting, and one batch on its way


def test_many_threads_lose_nothing(door, ship):
    shipper = ship()
    threads = [
        threading.Thread(target=lambda t=t: [shipper.put(line(f"{t}-{n}")) for n in range(200)]) for t in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert shipper.flush()
    assert sorted(names(door)) == sorted(f"{t}-{n}" for t in range(8) for n in range(200))


def ended(pid, within_s=WATCHDOG_S):
    """The status of a child; one that hangs is killed, and fails the test."""
    give_up = time.monotonic() + within_s
    while time.monotonic() < give_up:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "hung"


def test_a_fork_while_the_sender_reads_an_answer_does_not_hang(ship):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shipper = ship(f"http://127.0.0.1:{silent.getsockname()[1]}")
        shipper.put(line("e"))
        connection, _ = silent.accept()
        assert connection.recv(100)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.2)  # the sender reads the body now, and holds the lock of what it reads from
        pid = os.fork()
        if pid == 0:
            shipper.put(line("in the child"))
            os._exit(7)
        assert ended(pid) == 7 << 8
        connection.close()


def test_a_forked_child_sends_its_own_and_only_its_own(door, ship):
    shipper = ship(batch_age_s=0.3)
    for n in range(9):
        shipper.put(line(f"parent{n}"))
    children = []
    for c in range(3):
        pid = os.fork()
        if pid == 0:
            for n in range(5):
                shipper.put(line(f"child{c}-{n}"))
            os._exit(0 if shipper.flush() else 1)
        children.append(pid)
    assert [ended(pid) for pid in children] == [0, 0, 0]
    assert shipper.flush()

    assert sorted(names(door)) == sorted(
        [f"parent{n}" for n in range(9)] + [f"child{c}-{n}" for c in range(3) for n in range(5)]
    )


def test_a_signal_handler_may_log_at_any_moment(door, ship):
    shipper, fired = ship(), []

    def handler(*_):
        fired.append(1)
        shipper.put(line("signal"))

    old = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        for _ in range(5000):
            shipper.put(line("plain"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)

    assert shipper.flush()
    assert names(door).count("signal") == len(fired) > 5
    assert names(door).count("plain") == 5000


@pytest.fixture
def run(tmp_path):
    """Runs a script in a process of its own, with a spool in `tmp_path`."""

    def run(script, door=None, **environ):
        ours = {"PYTHONPATH": str(SOURCE), "LOGVIEWER_SPOOL_DIR": str(tmp_path / "spool")}
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            env={**os.environ, **ours, "LOGVIEWER_URL": door.url if door else "", **environ},
            capture_output=True,
            text=True,
            timeout=WATCHDOG_S,
            check=False,
        )

    return run


LOG_THREE = """
import structlog, sys, os
from logviewer_client import configure, structlog_processors
configure()
structlog.configure(processors=[*structlog_processors(), structlog.processors.JSONRenderer()],
                    logger_factory=structlog.PrintLoggerFactory(open(os.devnull, "w")))
for n in range(3):
    structlog.get_logger().info("last words", n=n)
"""


# Before the end of a process the client sends for two seconds, in which a busy machine may stand still.
PATIENT = """
from logviewer_client.shipper import Shipper
Shipper.close.__defaults__ = (60.0,)
"""

# A process that was started in the background ignores the signal, which Python then leaves so.
INTERRUPT = "import signal; signal.signal(2, signal.default_int_handler); signal.raise_signal(2)"


@pytest.mark.parametrize(
    ("ending", "status"),
    [("", 0), ("sys.exit(3)", 3), ("raise ValueError", 1), (INTERRUPT, -2)],
    ids=["end", "exit", "exception", "interrupt"],
)
def test_the_end_of_a_process_delivers_what_is_queued(run, door, ending, status):
    done = run(PATIENT + LOG_THREE + ending, door, LOGVIEWER_KEY="k")

    assert done.returncode == status
    assert "logviewer_client" not in done.stderr
    assert [event["n"] for event in door.stored] == [0, 1, 2]


def test_the_environment_alone_is_enough(run, door):
    script = PATIENT + LOG_THREE.replace("configure()\n", "\n", 1)
    done = run(script, door, LOGVIEWER_KEY="k", LOGVIEWER_SERVICE="school")

    assert (done.returncode, done.stderr) == (0, "")
    assert [(event["n"], event["service"]) for event in door.stored] == [(n, "school") for n in range(3)]


def test_a_child_of_multiprocessing_delivers_at_its_end(run, door):
    script = """
        import multiprocessing, logging
        from logviewer_client import LogviewerHandler, configure
        from logviewer_client.shipper import Shipper
        Shipper.close.__defaults__ = (60.0,)
        configure()
        logging.getLogger().addHandler(LogviewerHandler())
        children = [multiprocessing.get_context("fork").Process(target=logging.error, args=(f"e{n}",)) for n in (1, 2)]
        [child.start() for child in children]
        [child.join() for child in children]
    """
    done = run(script, door, LOGVIEWER_KEY="k")

    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(names(door)) == ["e1", "e2"]


def test_a_server_that_never_answers_delays_the_end_by_two_seconds(run):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        ending = "import time, logviewer_client; began = time.monotonic()\n"
        ending += "logviewer_client.shutdown()\nprint(time.monotonic() - began)"
        done = run(LOG_THREE + ending, LOGVIEWER_URL=url, LOGVIEWER_KEY="k")

    assert done.returncode == 0
    assert 1.9 < float(done.stdout) < TIMEOUT_S


@pytest.mark.parametrize("place", ["spool", "memory"])
def test_a_dead_server_delays_the_end_by_two_seconds_at_most(run, place):
    done = run(LOG_THREE, LOGVIEWER_URL="http://127.0.0.1:9", LOGVIEWER_KEY="k", LOGVIEWER_MODE=place)

    assert done.returncode == 0
    assert ("3 events were not delivered before the exit" in done.stderr) == (place == "memory")


@pytest.mark.parametrize(
    ("environ", "word"),
    [({"LOGVIEWER_KEY": "k"}, "LOGVIEWER_URL"), ({"LOGVIEWER_URL": "http://x"}, "LOGVIEWER_KEY"),
     ({"LOGVIEWER_URL": "logs.test", "LOGVIEWER_KEY": "k"}, "like https://")],
)  # fmt: skip
def test_without_address_or_key_logs_stay_as_they_are(run, environ, word):
    done = run(LOG_THREE, **environ)

    assert done.returncode == 0
    assert done.stderr.count("logviewer_client: nothing is shipped") == 1
    assert word in done.stderr
