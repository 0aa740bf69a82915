"""POST /ingest/v1/events as a sender meets it."""

import errno
import gzip
import io
import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ingest.keys import revoke_ingest_key
from ingest.memory import for_a_large_body
from ingest.models import IngestKey
from logviewer.accounts.secret import issue
from logviewer.store import event_buffer, writer

EVENTS = "/ingest/v1/events"


def test_a_posted_event_is_stored_and_counted(post, stored):
    answer = post('{"event":"ping","level":"warning","cohort_id":12,"request_id":"r-1","n":1.10}')

    assert answer.status_code == 200
    assert answer.json() == {
        "accepted": 1, "rejected": [], "below_level": 0, "duplicate": False, "min_level": None,
    }  # fmt: skip
    [event] = stored()
    assert (event.event, event.level, event.cohort_id, event.request_id) == ("ping", 30, "12", "r-1")
    assert (event.service, event.logger, event.data, event.meta) == ("unknown", "", {"n": 1.1}, None)


def test_a_bad_line_is_refused_with_its_index_and_its_neighbours_are_stored(post, stored):
    answer = post('{"event":"a"}\n[1, 2]\n{"event":"b"\n{"event":"c"}\n')

    assert answer.status_code == 200
    assert answer.json()["accepted"] == 2
    assert answer.json()["rejected"] == [
        {"index": 1, "reason": "not_an_object"},
        {"index": 2, "reason": "not_json"},
    ]
    assert [event.event for event in stored()] == ["a", "c"]


def test_an_event_that_only_postgres_refuses_is_named_by_its_place_in_the_body(post, stored, monkeypatch):
    from ingest import validation

    monkeypatch.setattr(validation, "repair", lambda text: (json.loads(text), []))

    answer = post('[7, {"event":"a"}, {"event":"\\u0000"}, {"event":"b"}]')

    assert answer.status_code == 200
    assert answer.json()["accepted"] == 2
    assert answer.json()["rejected"] == [
        {"index": 0, "reason": "not_an_object"},
        {"index": 2, "reason": "refused_by_store"},
    ]
    assert [event.event for event in stored()] == ["a", "b"]


def test_the_same_batch_twice_is_stored_once(post, stored):
    headers = {"Idempotency-Key": str(uuid.uuid4())}

    first = post([{"event": "a"}], headers=headers).json()
    again = post(gzip.compress(b'{"event": "a"}'), headers=headers).json()

    assert (first["duplicate"], again["duplicate"]) == (False, True)
    assert {**again, "duplicate": False} == first
    assert len(stored()) == 1


def test_another_batch_under_the_same_idempotency_key_is_409(post, stored):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    post([{"event": "a"}], headers=headers)

    answer = post([{"event": "b"}], headers=headers)

    assert answer.status_code == 409
    assert [event.event for event in stored()] == ["a"]


def test_idempotency_keys_of_two_senders_do_not_meet(post, make_key, stored):
    headers = {"Idempotency-Key": str(uuid.uuid4())}

    post([{"event": "a"}], headers=headers)
    answer = post([{"event": "b"}], key=make_key(), headers=headers)

    assert answer.json()["duplicate"] is False
    assert len(stored()) == 2


def test_an_idempotency_key_that_is_no_uuid_is_400(post):
    answer = post([{"event": "a"}], headers={"Idempotency-Key": "42"})

    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "hint"}


def test_a_rejected_batch_is_not_remembered(post):
    headers = {"Idempotency-Key": str(uuid.uuid4())}

    assert post("[1]", headers=headers).status_code == 422
    assert post([{"event": "mended"}], headers=headers).status_code == 200


def test_the_service_of_a_key_wins_and_the_senders_is_kept(post, make_key, stored):
    key = make_key("learning-api")

    post([{"event": "a", "service": "other"}, {"event": "b", "service": "learning-api"}, {"event": "c"}], key=key)

    assert [event.service for event in stored()] == ["learning-api"] * 3
    assert [event.meta for event in stored()] == [{"service": "other"}, None, None]


def test_a_key_for_any_service_keeps_the_events_own(post, stored):
    post([{"event": "a", "service": "nova"}, {"event": "b"}])

    assert [event.service for event in stored()] == ["nova", "unknown"]


def test_events_below_the_keys_level_are_counted_and_not_stored(post, make_key, stored):
    key = make_key(min_level=30)

    answer = post([{"event": "a", "level": "info"}, {"event": "b", "level": "error"}], key=key).json()

    assert (answer["accepted"], answer["below_level"], answer["min_level"]) == (1, 1, "warning")
    assert [event.event for event in stored()] == ["b"]


def test_properties_of_a_key_are_added_to_events_that_lack_them(post, make_key, stored):
    key = make_key(properties={"env": "production", "cohort_id": "8"})

    post([{"event": "a"}, {"event": "b", "env": "test", "cohort_id": 9}], key=key)

    assert [(event.data, event.cohort_id) for event in stored()] == [
        ({"env": "production"}, "8"),
        ({"env": "test"}, "9"),
    ]


def test_a_dry_run_shows_events_as_they_would_be_stored_and_stores_nothing(post, stored):
    answer = post('{"event":"a","level":"fatal","n":12345678901234567890123}', path=f"{EVENTS}?dry_run=1")

    assert answer.status_code == 200
    assert answer.json()["dry_run"] is True
    [event] = answer.json()["events"]
    assert (event["index"], event["level"], event["meta"]) == (0, "critical", {"level": "fatal"})
    assert b'"n":12345678901234567890123' in answer.content
    assert stored() == []


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic abc", "Bearer nonsense", "Bearer lvk_a_b"])
def test_without_a_key_nothing_is_read(authorization, django_assert_num_queries):
    headers = {} if authorization is None else {"Authorization": authorization}
    body = io.BytesIO(b'{"event":"a"}')

    with django_assert_num_queries(0):
        answer = Client().post(EVENTS, headers=headers, **{"wsgi.input": body, "CONTENT_LENGTH": "13"})

    assert answer.status_code == 401
    assert set(answer.json()["error"]) == {"message", "hint"}
    assert answer["WWW-Authenticate"] == "Bearer"
    assert body.tell() == 0


def test_a_well_formed_key_that_nobody_made_is_401(post):
    from logviewer.accounts.secret import issue

    assert post("{}", key=issue("lvk").text).status_code == 401


def test_a_read_token_cannot_send(post):
    from logviewer.accounts.secret import issue

    assert post("{}", key=issue("lvr").text).status_code == 403


def test_a_revoked_key_and_an_expired_key_are_403(post, make_key, stored):
    revoked, expired = make_key(label="revoked"), make_key(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    revoke_ingest_key(IngestKey.objects.get(label="revoked"), None)

    assert post([{"event": "a"}], key=revoked).status_code == 403
    assert post([{"event": "a"}], key=expired).status_code == 403
    assert stored() == []


def test_a_key_that_is_revoked_while_in_use_stops_within_five_seconds(post, make_key, monkeypatch):
    from ingest import credentials

    key = make_key(label="leaked")
    assert post([{"event": "a"}], key=key).status_code == 200
    revoke_ingest_key(IngestKey.objects.get(label="leaked"), None)
    now = credentials.time.monotonic()
    monkeypatch.setattr(credentials.time, "monotonic", lambda: now + 5)

    assert post([{"event": "b"}], key=key).status_code == 403


def test_after_twenty_failures_an_address_gets_429_and_good_keys_still_work(post, monkeypatch):
    from ingest import credentials

    monkeypatch.setattr(credentials, "_failed", credentials.FailedAttempts(clock=lambda: 0.0))
    good = post([{"event": "a"}])
    failures = [post("{}", key="wrong").status_code for _ in range(25)]

    assert failures == [401] * 20 + [429] * 5
    assert post("{}", key="wrong")["Retry-After"] == "60"
    with CaptureQueriesContext(connections["ingest"]) as asked:
        assert post("{}", key=issue("lvk").text).status_code == 429
    assert len(asked) == 0
    assert good.status_code == post([{"event": "b"}]).status_code == 200


def test_the_last_use_of_a_key_is_written_at_most_once_a_minute(post, make_key):
    key = make_key(label="used")

    post([{"event": "a"}], key=key)
    first = IngestKey.objects.get(label="used").last_used_at
    post([{"event": "b"}], key=key)

    assert first is not None
    assert IngestKey.objects.get(label="used").last_used_at == first


def test_other_methods_are_405_and_other_paths_404_in_json():
    wrong_method = Client().get(EVENTS)
    wrong_path = Client().post("/ingest/v1/evnts")

    assert (wrong_method.status_code, wrong_method["Allow"]) == (405, "POST")
    assert wrong_path.status_code == 404
    assert "/ingest/v1/events" in wrong_path.json()["error"]["hint"]
    assert "message" in wrong_method.json()["error"]


def test_a_query_with_a_thousand_parameters_is_400_and_not_kept_for_ever(post, stored):
    assert post("{}", path=f"{EVENTS}?{'a=1&' * 1500}").status_code == 400
    assert stored() == []


def test_a_chunked_body_is_read_to_its_end(post, stored):
    body = io.BytesIO(b'{"event":"a"}\n{"event":"b"}\n')

    answer = post(b"", **{"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""})

    assert answer.json()["accepted"] == 2


def test_a_body_of_unknown_length_is_411_where_the_server_marks_no_end(post):
    answer = post(b"", **{"wsgi.input": io.BytesIO(b'{"event":"a"}'), "CONTENT_LENGTH": ""})

    assert answer.status_code == 411


@pytest.mark.parametrize("last", [b'{"event":"b', b'{"event":"b","inner":{"n":1}'])
def test_a_chunked_body_that_breaks_off_within_an_event_stores_nothing(post, stored, last):
    body = io.BytesIO(b'{"event":"a"}\n' + last)

    answer = post(b"", **{"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""})

    assert answer.status_code == 400
    assert stored() == []


def test_a_body_shorter_than_announced_stores_nothing(post, stored):
    answer = post(b"", **{"wsgi.input": io.BytesIO(b'{"event":"a"}'), "CONTENT_LENGTH": "100"})

    assert answer.status_code == 400
    assert stored() == []


@pytest.mark.parametrize("problem", [writer.StoreUnavailable("full", 7), RuntimeError("a bug")])
def test_what_goes_wrong_in_the_store_is_503_with_retry_after(post, monkeypatch, problem):
    def fail(*_args):
        raise problem

    monkeypatch.setattr(writer, "write", fail)

    answer = post([{"event": "a"}])

    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "message" in answer.json()["error"]


def test_when_no_temporary_file_can_be_made_it_is_503_and_nothing_is_stored(post, stored, monkeypatch):
    def fail():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(event_buffer, "TemporaryFile", fail)
    monkeypatch.setattr(event_buffer, "KEPT_BYTES", 1000)

    assert post([{"event": "a"}] * 10).status_code == 503
    assert stored() == []


def test_of_a_batch_in_a_file_each_event_keeps_its_place_and_its_verdict(post, stored, monkeypatch):
    monkeypatch.setattr(event_buffer, "KEPT_BYTES", 1_000_000)
    lines = [b'{"event":"e%d","password":"x","text":"%s"}' % (n, b"x" * 4000) for n in range(1000)]
    lines[500] = b"no json"

    answer = post(b"\n".join(lines)).json()

    assert (answer["accepted"], answer["rejected"]) == (999, [{"index": 500, "reason": "not_json"}])
    assert [(row.event, row.data["password"]) for row in stored()] == [
        (f"e{n}", "[redacted]") for n in range(1000) if n != 500
    ]


def test_an_event_that_trips_a_bug_is_rejected_alone(post, stored, monkeypatch):
    from ingest import pipeline

    redact = pipeline.redact

    def trip(draft, text):
        if b"trap" in text:
            raise RuntimeError("a bug")
        redact(draft, text)

    monkeypatch.setattr(pipeline, "redact", trip)

    answer = post([{"event": "a"}, {"event": "trap@school.test"}, {"event": "b"}])

    assert answer.json()["rejected"] == [{"index": 1, "reason": "internal"}]
    assert len(stored()) == 2


def test_events_whose_reading_together_trips_a_bug_are_read_one_by_one(post, stored, monkeypatch):
    from ingest import pipeline

    def trip(validator, texts):
        raise RuntimeError("a bug")

    monkeypatch.setattr(pipeline, "common_events", trip)

    assert post([{"event": "a"}, {"event": "b"}]).json()["accepted"] == 2
    assert [event.event for event in stored()] == ["a", "b"]


def test_the_connection_that_stored_a_large_body_is_closed(database):
    with for_a_large_body():
        connections["ingest"].ensure_connection()
        used = connections["ingest"].connection

    assert used.closed


def test_ready_says_whether_a_batch_would_be_stored(monkeypatch):
    from ingest import endpoint

    assert Client().get("/ingest/v1/ready").status_code == 200
    monkeypatch.setattr(endpoint, "READY_SQL", "SELECT false")
    assert Client().get("/ingest/v1/ready").status_code == 503
