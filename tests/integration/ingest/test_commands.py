"""create_key and import_events, as scripts call them."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from ingest.management.commands import import_events
from ingest.models import IngestKey
from logviewer.store import writer


def run(capsys, *arguments: str) -> tuple[list[str], str]:
    """The lines of stdout, and stderr."""
    call_command(*arguments)
    out, err = capsys.readouterr()
    return out.splitlines(), err


@pytest.fixture
def file(tmp_path):
    def write(events: list[object], name: str = "events.ndjson"):
        path = tmp_path / name
        body = "\n".join(event if isinstance(event, str) else json.dumps(event) for event in events).encode()
        path.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
        return str(path)

    return write


def test_create_key_prints_a_key_that_works_alone_on_the_last_line(capsys, post, stored):
    lines, _ = run(capsys, "create_key", "--service", "learning-api", "--label", "demo")

    assert post([{"event": "a"}], key=lines[-1]).status_code == 200
    assert stored()[0].service == "learning-api"
    assert lines[-1] not in repr(IngestKey.objects.values())


def test_create_key_says_what_the_key_does_with_events(capsys, post, stored):
    lines, _ = run(
        capsys, "create_key", "--service", "learning-api", "--min-level", "warning",
        "--property", "environment=production", "--property", "host=a=b",
    )  # fmt: skip

    answer = post([{"event": "a", "level": "info"}, {"event": "b", "level": "error", "host": "own"}], key=lines[-1])

    assert answer.json()["below_level"] == 1
    (event,) = stored()
    assert event.data == {"environment": "production", "host": "own"}


def test_create_key_says_what_is_wrong_with_what():
    with pytest.raises(CommandError, match="service: This field cannot be blank"):
        call_command("create_key", "--service", "")
    for wrong in ("production", "=x"):
        with pytest.raises(CommandError, match="is not NAME=VALUE"):
            call_command("create_key", "--service", "a", "--property", wrong)


@pytest.mark.parametrize("service", ["", "a b", "ä", "x" * 101, "-x"])
def test_create_key_refuses_names_that_cannot_be_typed_in_a_query(service):
    with pytest.raises(CommandError):
        call_command("create_key", "--service", service)


@pytest.mark.parametrize("name", ["events.ndjson", "events.ndjson.gz"])
def test_a_file_is_imported_whole_and_a_second_run_adds_nothing(capsys, file, stored, name):
    path = file([{"event": f"e{number}", "service": "nova" if number % 2 else None} for number in range(2500)], name)

    lines, _ = run(capsys, "import_events", path)
    again, _ = run(capsys, "import_events", path)

    assert lines[-1] == f"{name}: 2500 events read, 2500 stored, 0 were there already, 0 rejected"
    assert again[-1] == f"{name}: 2500 events read, 0 stored, 2500 were there already, 0 rejected"
    assert len(stored()) == 2500
    assert {event.service for event in stored()} == {"nova", "imported"}


def test_an_import_that_was_killed_goes_on_where_it_stopped(capsys, file, stored, monkeypatch):
    path = file([{"event": f"e{number}"} for number in range(2500)])
    write, calls = writer.write, []

    def dies(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write(*arguments)

    monkeypatch.setattr(writer, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        call_command("import_events", path)
    lines, _ = run(capsys, "import_events", path)

    assert lines[-1].endswith("2500 events read, 1500 stored, 1000 were there already, 0 rejected")
    assert len({event.event for event in stored()}) == len(stored()) == 2500


def test_an_import_that_was_killed_goes_on_with_the_shift_it_had(capsys, file, stored, monkeypatch):
    path = file([{"event": "e", "timestamp": f"2017-05-16T00:{n // 60:02}:{n % 60:02}Z"} for n in range(1500)])
    write, calls = writer.write, []

    def dies(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write(*arguments)

    monkeypatch.setattr(writer, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        call_command("import_events", path, "--shift-to-now")
    run(capsys, "import_events", path, "--shift-to-now")

    shifts = {event.time - datetime.fromisoformat(event.meta["time"]) for event in stored()}
    assert (len(shifts), len(stored())) == (1, 1500)


def test_rejected_lines_are_counted_and_the_others_stored(capsys, file, stored):
    lines, err = run(capsys, "import_events", file([{"event": "a"}, "not json", "[1]", "", {"event": "b"}]))

    assert lines[-1].endswith("4 events read, 2 stored, 0 were there already, 2 rejected")
    assert err.splitlines() == [
        "events.ndjson: event 2 was rejected: not_json",
        "events.ndjson: event 3 was rejected: not_an_object",
    ]


def test_a_file_of_which_nothing_can_be_stored_fails_and_tells_the_first_reasons_only(capsys, file, stored):
    with pytest.raises(CommandError, match="one JSON object a line"):
        call_command("import_events", file(["# A heading", *["prose"] * 2000]))

    assert capsys.readouterr().err.count("rejected: not_json") == import_events.REJECTIONS_SHOWN
    assert stored() == []


def test_a_file_and_its_gzip_are_the_same(capsys, file, stored):
    run(capsys, "import_events", file([{"event": "a"}]))
    lines, _ = run(capsys, "import_events", file([{"event": "a"}], "events.ndjson.gz"))

    assert lines[-1].endswith("1 events read, 0 stored, 1 were there already, 0 rejected")
    assert len(stored()) == 1


def test_old_events_are_stored_at_the_time_of_the_import_unless_they_are_shifted(capsys, file, stored):
    old = [{"event": "old", "timestamp": f"2017-05-16T00:00:0{second}Z"} for second in (0, 5)]

    _, err = run(capsys, "import_events", file(old, "one.ndjson"))
    assert "2 events have no time within the last 30 days" in err
    assert "--shift-to-now" in err
    assert stored()[0].meta == {"time": "2017-05-16T00:00:00Z", "flags": ["clock"]}

    _, err = run(capsys, "import_events", file([*old, {"event": "undated"}], "two.ndjson"), "--shift-to-now")
    first, second = stored()[2:4]
    assert "--shift-to-now" not in err
    assert second.time - first.time == timedelta(seconds=5)
    assert abs(second.time - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_service_can_be_given(capsys, file, stored):
    run(capsys, "import_events", file([{"event": "a", "service": "own"}]), "--service", "nova")

    assert (stored()[0].service, stored()[0].meta) == ("nova", {"service": "own"})


def test_a_missing_or_broken_file_is_one_sentence(tmp_path):
    broken = tmp_path / "broken.gz"
    broken.write_bytes(gzip.compress(b'{"event":"a"}\n' * 10_000)[:-20])
    for path in (tmp_path / "none", broken, tmp_path):
        with pytest.raises(CommandError, match=r"cannot be read: [A-Z][^:]*$"):
            call_command("import_events", str(path))


def test_a_store_that_stays_away_is_said_in_one_sentence(file, monkeypatch):
    def away(*_arguments):
        raise writer.StoreUnavailable("the database is away")

    monkeypatch.setattr(writer, "write", away)
    monkeypatch.setattr(import_events.time, "sleep", lambda _seconds: None)
    with pytest.raises(CommandError, match="Run the command again"):
        call_command("import_events", file([{"event": "a"}]))
