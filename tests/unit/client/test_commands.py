"""python -m logviewer_client: what it sends, says and returns."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import logviewer_client
from logviewer_client.shipping import destination, folders_at

SOURCE = Path(logviewer_client.__file__).parents[1]


@pytest.fixture
def run(tmp_path):
    def run(command, url="http://127.0.0.1:9", **environ):
        ours = {
            "PYTHONPATH": str(SOURCE),
            "LOGVIEWER_SPOOL_DIR": str(tmp_path / "spool"),
            "LOGVIEWER_SERVICE": "school",
        }
        return subprocess.run(
            [sys.executable, "-m", "logviewer_client", *command.split()],
            env={**os.environ, "LOGVIEWER_URL": url, "LOGVIEWER_KEY": "lvk_x", **ours, **environ},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def leave(tmp_path):
    """Leaves segments of `count` events as a process that was killed does; in memory if `quick`."""

    def leave(url, count, *, quick=False):
        folders = folders_at(tmp_path / "spool" / destination(url, "lvk_x", "school"), 2**30)
        segment = (folders.memory if quick else folders.disk).create()
        segment.append([b'{"event":"e%d"}' % n for n in range(count)])
        segment.give_up()

    return leave


def test_drain_sends_what_is_left_on_disk_and_in_memory(door, run, leave):
    leave(door.url, 3)
    leave(door.url, 2, quick=True)

    done = run("drain", door.url)

    assert (done.returncode, done.stdout) == (0, "5 events sent.\n")
    assert sorted(event["event"] for event in door.stored) == ["e0", "e0", "e1", "e1", "e2"]
    assert run("status", door.url).returncode == 0


def test_drain_says_why_it_gives_up_and_keeps_the_events(door, run, leave):
    leave(door.url, 3)
    door.replies = [(401, {}, b"")]

    done = run("drain", door.url)

    assert done.returncode == 1
    assert "3 events still wait: answered 401: is LOGVIEWER_KEY right?" in done.stdout
    assert run("drain", door.url).returncode == 0


def test_drain_gives_up_without_progress(run, leave):
    leave("http://127.0.0.1:9", 3)

    done = run("drain --give-up-after 0.2")

    assert done.returncode == 1
    assert "3 events still wait: ConnectionRefusedError" in done.stdout


def test_drain_leaves_what_a_running_process_writes(door, run, tmp_path):
    folders = folders_at(tmp_path / "spool" / destination(door.url, "lvk_x", "school"), 2**30)
    segment = folders.disk.create()
    segment.append([b'{"event":"mine"}'])
    try:
        done = run("drain", door.url)
    finally:
        segment.discard()

    assert (done.returncode, door.stored) == (0, [])
    assert "1 events belong to processes that are running" in done.stdout


def test_drain_counts_what_logviewer_refuses(door, run, leave):
    leave(door.url, 1)
    door.replies = [(422, {}, b"")]

    done = run("drain", door.url)

    assert done.returncode == 1
    assert "1 events lost: refused. See " in done.stdout
    assert [(event["event"], event["count"]) for event in door.stored] == [("logviewer_events_lost", 1)]


def test_drain_says_what_waits_for_other_settings(door, run, leave):
    leave(door.url, 3)
    folder = destination(door.url, "lvk_x", "school")

    other = run("drain", door.url, LOGVIEWER_SERVICE="")
    assert other.returncode == 1
    assert "Set LOGVIEWER_SERVICE" in other.stdout
    assert f"{folder}: 3 events wait in 1 segments" in other.stdout

    assert run(f"drain {folder}", door.url, LOGVIEWER_SERVICE="").stdout == "3 events sent.\n"
    assert run("drain", door.url, LOGVIEWER_SERVICE="").returncode == 0


def test_drain_of_a_folder_that_is_not_there_is_a_mistake(run):
    done = run("drain school-0123456789ab")

    assert done.returncode == 2
    assert "there is no folder" in done.stderr


def test_status_counts_what_waits(door, run, leave):
    leave(door.url, 3)
    leave(door.url, 2, quick=True)

    done = run("status", door.url)

    assert done.returncode == 1
    assert f"{destination(door.url, 'lvk_x', 'school')}: 5 events wait in 2 segments" in done.stdout


def test_status_of_nothing(run):
    done = run("status")

    assert done.returncode == 0
    assert "empty" in done.stdout


def test_send_test_says_what_logviewer_answers(door, run):
    assert run("send-test", door.url).stdout == "Stored: logviewer_test.\n"
    assert (door.stored[0]["event"], door.stored[0]["service"]) == ("logviewer_test", "school")

    door.replies = [(403, {}, b"")]
    refused = run("send-test", door.url)
    assert (refused.returncode, refused.stdout) == (1, "Not stored: answered 403: is LOGVIEWER_KEY right?\n")
    assert run("send-test").returncode == 1


@pytest.mark.parametrize("command", ["drain", "send-test"])
def test_settings_that_cannot_be_used(run, command):
    done = run(command, LOGVIEWER_KEY="")

    assert done.returncode == 2
    assert "LOGVIEWER_KEY is not set" in done.stderr
