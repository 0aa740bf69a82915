"""What each of Logstash's senders writes becomes an event in our own keys."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import limits, pipeline
from ingest.body import Body
from ingest.protocols import logstash
from ingest.validation import Policy

INNER = {
    "request_id": "3f0c1c1e",
    "user_id": 3,
    "ip_address": None,
    "path": "/cohorts/12/assign",
    "cohort_id": "12",
    "logger": "LearningAPI.cohort",
    "level": "info",
    "timestamp": "2026-11-26T04:45:16.123456Z",
    "event": "cohort_assignment_started",
}
OUTER = {
    "@timestamp": "2026-11-26T04:45:16.123Z",
    "@version": "1",
    "message": repr(INNER),
    "host": "vm",
    "path": "/app/structlog/_base.py",
    "tags": [],
    "type": "learning_platform",
    "level": "INFO",
    "logger_name": "LearningAPI.cohort",
    "_logger": "<Logger LearningAPI.cohort (DEBUG)>",
    "_name": "info",
}


def translated(sent, **options):
    """The event of a line, and its flags."""
    line = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    text = logstash.from_line(line, **options)
    return json.loads(text), list(getattr(text, "flags", ()))


def test_structlogs_event_comes_out_of_the_message_with_every_field():
    assert translated(OUTER) == (
        {**INNER, "host": "vm", "source_path": "/app/structlog/_base.py", "type": "learning_platform"},
        [],
    )


@pytest.mark.parametrize("render", [repr, json.dumps], ids=["repr", "JSON"])
def test_inner_keys_win_and_what_differs_outside_is_the_sources(render):
    inner = {**INNER, "host": "students.example", "tags": ["a"]}
    event, _ = translated({**OUTER, "message": render(inner), "tags": ["b"], "request_id": "other"})

    assert (event["host"], event["source_host"]) == ("students.example", "vm")
    assert (event["tags"], event["source_tags"]) == (["a"], ["b"])
    assert (event["request_id"], event["source_request_id"]) == ("3f0c1c1e", "other")
    assert (event["level"], event["path"]) == ("info", "/cohorts/12/assign")


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("2026-11-26T04:45:16.123456Z", "2026-11-26T04:45:16.123456Z"),
        ("2026-11-26T05:45:16.123456+01:00", "2026-11-26T05:45:16.123456+01:00"),
        (1795668316.123456, 1795668316.123456),
        ("2026-11-26 05:45:16", OUTER["@timestamp"]),  # of which zone?
        ("yesterday", OUTER["@timestamp"]),
    ],
)
def test_the_inner_time_is_preferred_if_it_is_certain(stamp, time):
    event, _ = translated({**OUTER, "message": repr({**INNER, "timestamp": stamp})})

    assert event["timestamp"] == time
    assert event.get("inner_timestamp", stamp) == stamp


def test_a_value_that_is_no_literal_leaves_the_raw_text_beside_the_fields():
    message = "{'event': 'cohort_found', 'cohort': <Cohort: Day 70>, 'n': 1}"

    event, flags = translated({**OUTER, "message": message})

    assert (event["event"], event["cohort"], event["n"]) == ("cohort_found", "<Cohort: Day 70>", 1)
    assert event["source_message"] == message
    assert flags == ["scanned"]


def test_a_dict_without_a_name_is_named_by_its_text():
    event, _ = translated({**OUTER, "message": "{'answer': 42}"})

    assert (event["event"], event["answer"]) == ("{'answer': 42}", 42)


def test_a_record_of_logging_keeps_its_extras_and_its_traceback():
    sent = {
        **OUTER,
        "message": "Bad Request: /cohorts",
        "status_code": 400,
        "stack_trace": "Traceback (most …",
        "lineno": 7,
    }

    event, _ = translated(sent)

    assert event == {
        "timestamp": "2026-11-26T04:45:16.123Z",
        "message": "Bad Request: /cohorts",
        "host": "vm",
        "source_path": "/app/structlog/_base.py",
        "type": "learning_platform",
        "level": "INFO",
        "logger": "LearningAPI.cohort",
        "status_code": 400,
        "exception": "Traceback (most …",
        "lineno": 7,
    }


def test_version_0_is_the_same_event():
    sent = {
        "@timestamp": OUTER["@timestamp"],
        "@message": repr(INNER),
        "@source": "learning_platform://vm//app/structlog/_base.py",
        "@source_host": "vm",
        "@source_path": "/app/structlog/_base.py",
        "@tags": [],
        "@type": "learning_platform",
        "@fields": {"levelname": "INFO", "logger": "LearningAPI.cohort", "_logger": "<Logger>", "_name": "info"},
    }

    assert translated(sent) == translated(OUTER)


def test_the_extras_of_python_logstash_async_are_lifted():
    sent = {
        **{name: OUTER[name] for name in ("@timestamp", "@version", "host", "level", "message", "type")},
        "logsource": "vm",
        "pid": 12,
        "program": "gunicorn",
        "extra": {
            "logger_name": "LearningAPI.cohort",
            "path": "/app/structlog/_base.py",
            "line": 7,
            "func_name": "info",
            "request_id": "other",
            "stack_trace": "Traceback",
        },
    }

    event, _ = translated(sent)

    assert event["source_path"] == "/app/structlog/_base.py"
    assert (event["logger"], event["exception"], event["line"]) == ("LearningAPI.cohort", "Traceback", 7)
    assert (event["request_id"], event["source_request_id"]) == ("3f0c1c1e", "other")
    assert "extra" not in event


def test_an_event_in_our_own_keys_stays_as_it_is():
    native = {"event": "assigned", "path": "/cohorts", "message": "a text", "extra": {"a": 1}}

    assert translated(native) == (native, [])


@pytest.mark.parametrize(
    ("line", "event", "flags"),
    [
        (b"systemd[1]: started", "systemd[1]: started", []),
        ("Überprüfung".encode(), "Überprüfung", []),
        (b"caf\xe9", "caf\ufffd", ["utf8"]),
        (b'{"event": "cut o', '{"event": "cut o', ["unreadable"]),
        (b"[1, 2]", "[1, 2]", ["unreadable"]),
        (b"17", "17", []),
    ],
)
def test_a_line_that_is_no_object_is_kept_as_text(line, event, flags):
    assert translated(line) == ({"event": event}, flags)


def test_a_half_line_says_so():
    assert translated(b'{"event": "cut o', is_half=True)[1] == ["half_line", "unreadable"]
    assert translated({"event": "whole"}, is_half=True) == ({"event": "whole"}, ["half_line"])


def test_what_json_dumps_writes_beside_json_is_mended():
    sent = b'{"@timestamp": "2026-11-26T04:45:16.123Z", "message": "half \\ud800", "ratio": NaN, "raw": "\xff"}'

    event, flags = translated(sent)

    assert (event["message"], event["ratio"], event["raw"]) == ("half \ufffd", "NaN", "\ufffd")
    assert set(flags) == {"nan", "surrogate", "utf8"}


def test_a_line_that_is_too_long_is_its_beginning_and_its_size():
    text = logstash.from_beginning(b'{"event": "' + b"a" * 1000, 5_000_000)

    event = json.loads(text)
    assert event["truncated_text"] == '{"event": "' + "a" * 1000
    assert (event["size_bytes"], len(event["event"])) == (5_000_000, 200)
    assert text.flags == ("truncated",)


@pytest.mark.parametrize("nested", [b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"[" * 100_000, b'{"a":' + b"[" * 400])
def test_deep_nesting_becomes_an_event(nested):
    (event,) = read([logstash.from_line(nested)])

    assert len(event.data) < limits.MAX_EVENT_BYTES


def test_a_body_is_cut_as_json_is_and_what_is_no_json_is_left_to_the_verdict_of_the_pipeline():
    body = b"[" + json.dumps(OUTER).encode() + b', {"event": "native"}, 17]'

    found = pipeline.read_events(pipeline.decode(Body(body), "logstash"), source())

    assert [event.event for event in found.events] == ["cohort_assignment_started", "native"]
    assert [(one.index, one.reason) for one in found.outcome.rejected] == [(2, "not_an_object")]


def test_flags_reach_the_meta_of_the_event_beside_those_of_the_pipeline():
    line = b'{"@timestamp": "yesterday", "message": "{\'event\': \'x\', \'o\': <O>}"}'

    (event,) = read([logstash.from_line(line)])

    assert json.loads(event.meta)["flags"] == ["clock", "scanned"]


def test_properties_of_the_source_are_added():
    (event,) = read([logstash.from_line(json.dumps(OUTER).encode())])

    assert json.loads(event.data)["via"] == "logstash-tcp"
    assert (event.request_id, event.cohort_id, event.level) == ("3f0c1c1e", "12", 20)


@given(st.binary(max_size=300))
def test_every_line_becomes_one_event(line):
    (event,) = read([logstash.from_line(line)])

    assert event.service == "learning-api"


@given(st.recursive(st.none() | st.floats() | st.text() | st.integers(), lambda one: st.dictionaries(st.text(), one)))
def test_every_object_becomes_one_event(value):
    sent = {**OUTER, "message": repr(value), "extra": value, "tags": value}

    (event,) = read([logstash.from_line(json.dumps(sent).encode())])

    assert event.service == "learning-api"


def test_a_fault_of_ours_costs_one_event_its_fields_and_no_other_anything(monkeypatch, caplog):
    event = logstash._event

    def fails_once(sent, notes):
        if sent.get("n") == 1:
            raise ArithmeticError("a bug")
        return event(sent, notes)

    monkeypatch.setattr(logstash, "_event", fails_once)

    first, second = read(
        [logstash.from_line(b'{"event": "first", "n": 1}'), logstash.from_line(b'{"event": "second"}')]
    )

    assert (first.event, second.event) == ('{"event": "first", "n": 1}', "second")
    assert "could not be translated" in caplog.text


def source():
    return pipeline.Source(key="", policy=Policy(service="learning-api", properties={"via": "logstash-tcp"}))


def read(texts):
    """The events of the pipeline; none is rejected."""
    found = pipeline.read_events(pipeline.in_portions(texts), source())
    assert not found.outcome.rejected
    return list(found.events)
