"""One call sets up structlog and logging: what is printed, written and shipped, each once."""

import json
import logging
import logging.config
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from logviewer_client import LogviewerHandler, Redaction, configure, flush
from logviewer_client.json_lines import JsonFileHandler
from logviewer_client.testing import RecordingTransport

SOURCE = Path(__file__).parents[3] / "client" / "src"


@pytest.fixture
def set_up():
    """configure() without a network; returns the events that were shipped."""

    def set_up(**options):
        transport = RecordingTransport()
        assert configure(transport=transport, service="tests", **options)

        def shipped():
            assert flush()
            return transport.events

        return shipped

    return set_up


def printed(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_events_of_structlog_and_of_logging_are_printed_and_shipped_once(set_up, capsys):
    shipped = set_up(console="json")
    structlog.contextvars.bind_contextvars(request_id="r-1")
    structlog.get_logger("app").info("student_enrolled", student_id=88)
    logging.getLogger("library").warning("slow: %s s", 3, extra={"url": "/x"})

    for ours, theirs in (printed(capsys), shipped()):
        assert (ours["event"], ours["level"], ours["logger"], ours["student_id"]) == (
            "student_enrolled", "info", "app", 88,
        )  # fmt: skip
        assert (theirs["event"], theirs["level"], theirs["logger"], theirs["url"]) == (
            "slow: 3 s", "warning", "library", "/x",
        )  # fmt: skip
        assert ours["request_id"] == theirs["request_id"] == "r-1"
        assert ours["timestamp"].endswith("Z")
        assert theirs["timestamp"].endswith("Z")


def test_tracebacks_are_whole_in_every_output(set_up, capsys, tmp_path):
    shipped = set_up(console="json", json_file=tmp_path / "log")
    try:
        raise ValueError("wrong")
    except ValueError:
        structlog.get_logger("app").exception("failed")
        logging.getLogger("library").exception("failed, too")

    written = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    for events in (printed(capsys), written, shipped()):
        assert [event["event"] for event in events] == ["failed", "failed, too"]
        for event in events:
            assert event["exception"].startswith("Traceback")
            assert event["exception"].endswith("ValueError: wrong")


def test_people_read_lines_and_machines_json(set_up, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    set_up()
    structlog.get_logger("app").info("for_people", student_id=88)
    logging.getLogger("library").warning("also for people")
    told = capsys.readouterr().out
    assert "for_people" in told
    assert "also for people" in told
    with pytest.raises(json.JSONDecodeError):
        json.loads(told.splitlines()[0])

    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    set_up()
    structlog.get_logger("app").info("for_machines")
    assert [event["event"] for event in printed(capsys)] == ["for_machines"]

    set_up(console="none")
    structlog.get_logger("app").info("for_nobody")
    assert capsys.readouterr().out == ""


def test_a_pretty_traceback_shows_no_variables(set_up, capsys):
    set_up(console="pretty")
    pin = "4711" + "-0815"
    try:
        raise ValueError("wrong")
    except ValueError:
        structlog.get_logger("app").exception("failed")
    told = capsys.readouterr().out
    assert "ValueError: wrong" in told
    assert pin not in told


def test_what_is_printed_and_written_is_masked_too(set_up, capsys, tmp_path):
    set_up(console="json", json_file=tmp_path / "log", redaction=Redaction(also=["seat"]))
    structlog.get_logger("app").info("e", password="hunter22", seat=7)

    for text in (capsys.readouterr().out, (tmp_path / "log").read_text()):
        event = json.loads(text)
        assert (event["password"], event["seat"]) == ("[redacted]", "[redacted]")


def test_the_level_is_the_roots_and_loggers_keep_theirs(set_up, capsys):
    quiet = logging.getLogger("quiet")
    quiet.setLevel(logging.ERROR)
    try:
        shipped = set_up(level="warning", console="none")
        structlog.get_logger("app").info("too little")
        structlog.get_logger("app").warning("enough")
        structlog.get_logger("quiet").warning("too little here")
        quiet.error("enough here")
        assert [event["event"] for event in shipped()] == ["enough", "enough here"]
        set_up(level=logging.DEBUG, console="json")
        structlog.get_logger("app").debug("all")
        assert [event["event"] for event in printed(capsys)] == ["all"]
    finally:
        quiet.setLevel(logging.NOTSET)


@pytest.mark.parametrize("options", [{"console": "loud"}, {"level": "verbose"}])
def test_a_slip_is_told_before_anything_changes(options):
    before = logging.getLogger().handlers[:]
    with pytest.raises(ValueError, match=next(iter(options.values()))):
        configure(transport=RecordingTransport(), **options)

    assert logging.getLogger().handlers == before
    assert not structlog.is_configured()


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        configure(transport=RecordingTransport(), json_file=tmp_path / "nowhere" / "log")


def test_calling_it_twice_changes_nothing_and_leaves_others_handlers(set_up, capsys):
    theirs = logging.NullHandler()
    logging.getLogger().addHandler(theirs)
    try:
        set_up(console="json")
        count = len(logging.getLogger().handlers)
        shipped = set_up(console="json")

        assert len(logging.getLogger().handlers) == count
        assert theirs in logging.getLogger().handlers
        logging.getLogger("library").info("once")
        assert [event["event"] for event in printed(capsys)] == ["once"]
        assert [event["event"] for event in shipped()] == ["once"]
    finally:
        logging.getLogger().removeHandler(theirs)


def test_a_record_that_meets_two_of_our_handlers_is_shipped_once(set_up):
    shipped = set_up(console="none")
    handler = LogviewerHandler()
    logging.getLogger("library").addHandler(handler)
    try:
        logging.getLogger("library").warning("once")
        structlog.get_logger("library").warning("once, too")
    finally:
        logging.getLogger("library").removeHandler(handler)

    assert [event["event"] for event in shipped()] == ["once", "once, too"]


def test_an_event_whose_value_logs_is_shipped_once(set_up):
    shipped = set_up(console="none")

    class Talkative:
        def __repr__(self):
            structlog.get_logger("app").info("looked at")
            return "talkative"

    structlog.get_logger("app").info("e", value=Talkative())

    names = [event["event"] for event in shipped()]
    assert names.count("e") == 1
    assert set(names) == {"e", "looked at"}  # as often as other handlers looked


def test_what_django_sets_up_afterwards_changes_nothing(set_up, capsys, tmp_path):
    from django.utils.log import DEFAULT_LOGGING

    django = logging.getLogger("django")
    before = (django.handlers[:], django.level, django.propagate)
    try:
        shipped = set_up(console="json", json_file=tmp_path / "log")
        logging.config.dictConfig(DEFAULT_LOGGING)
        logging.getLogger("django.request").error("Internal Server Error: /x")
        structlog.get_logger("app").info("after")

        expected = ["Internal Server Error: /x", "after"]
        written = [json.loads(line)["event"] for line in (tmp_path / "log").read_text().splitlines()]
        assert [event["event"] for event in printed(capsys)] == written == expected
        assert [event["event"] for event in shipped()] == expected
    finally:
        django.handlers, django.level, django.propagate = before


def test_positional_arguments_are_put_into_the_event(set_up):
    shipped = set_up(console="none")
    structlog.get_logger("app").info("%d seats of %s", 3, "cohort 12")

    assert shipped()[0]["event"] == "3 seats of cohort 12"


def test_it_works_where_nothing_is_set_up_to_ship(tmp_path):
    script = "import structlog, logviewer_client as l; print(l.configure()); structlog.get_logger('x').info('e')"
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": os.pathsep.join([str(SOURCE), *sys.path])},
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    answer, line = done.stdout.splitlines()

    assert (answer, json.loads(line)["event"]) == ("False", "e")
    assert done.stderr == "logviewer_client: nothing is shipped: LOGVIEWER_URL is not set\n"


WRITERS, LINES = 4, 500


def write(path, writer):
    logger = logging.getLogger(f"writer {writer}")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    handler = JsonFileHandler(path)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    for number in range(LINES):
        logger.info(json.dumps({"writer": writer, "number": number, "long": "x" * (number * 37 % 9000)}))


def test_several_processes_share_a_file_that_is_rotated_meanwhile(tmp_path):
    path = tmp_path / "log"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write, args=(path, writer)) for writer in range(WRITERS)]
    for writer in writers:
        writer.start()
    rotated = []
    while any(writer.is_alive() for writer in writers):
        if path.exists() and path.stat().st_size > 500_000:
            rotated.append(path.rename(tmp_path / f"log.{len(rotated)}"))
        writers[0].join(0.01)
    for writer in writers:
        writer.join(60)

    lines = [json.loads(line) for file in [*rotated, path] if file.exists() for line in file.read_text().splitlines()]
    assert {(line["writer"], line["number"]) for line in lines} == {
        (writer, number) for writer in range(WRITERS) for number in range(LINES)
    }
    assert len(lines) == WRITERS * LINES
    assert rotated
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in rotated)


def test_a_full_disk_is_told_on_stderr_and_the_log_call_goes_on(capsys):
    handler = JsonFileHandler("/dev/full")
    logger = logging.getLogger("full")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        logger.error("e")
    finally:
        logger.removeHandler(handler)

    assert "No space left on device" in capsys.readouterr().err
