"""POST /ingest/logstash: the same limits and answers as the native endpoint, for what Logstash's senders post."""

import base64
import json

import pytest

LOGSTASH = "/ingest/logstash"
EVENT = {
    "@timestamp": "2026-11-26T04:45:16.123Z",
    "@version": "1",
    "message": "{'event': 'cohort_found', 'request_id': 'r-1', 'cohort_id': 12}",
    "level": "WARNING",
    "extra": {"logger_name": "LearningAPI.cohort", "path": "/app/cohort.py"},
}


def basic(password, user="key"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_an_array_is_stored_by_its_fields(post, stored):
    answer = post(json.dumps([EVENT, {"event": "native"}]), path=LOGSTASH)

    assert (answer.status_code, answer.json()["accepted"]) == (200, 2)
    found, native = stored()
    assert (found.event, found.request_id, found.cohort_id, found.level) == ("cohort_found", "r-1", "12", 30)
    assert (found.logger, found.data["source_path"]) == ("LearningAPI.cohort", "/app/cohort.py")
    assert "via" not in found.data
    assert native.event == "native"


def test_the_key_may_be_the_password_of_basic(post, stored, make_key):
    secret = make_key("learning-api")

    assert post(json.dumps([EVENT]), path=LOGSTASH, headers=basic(secret)).status_code == 200
    assert post(json.dumps([EVENT]), path=LOGSTASH, headers=basic(secret, user="")).status_code == 200
    assert {event.service for event in stored()} == {"learning-api"}


@pytest.mark.parametrize(
    "headers",
    [
        basic("wrong"),
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode()},
        {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()},
        {"Authorization": "Digest x"},
        {"Authorization": ""},
    ],
)
def test_without_a_good_key_nothing_is_stored(post, stored, headers):
    assert post(json.dumps([EVENT]), path=LOGSTASH, headers=headers).status_code == 401
    assert stored() == []


@pytest.mark.parametrize(
    ("body", "status"), [("plain text", 400), ("[17]", 422), ("[]", 200), ("{}", 200), (json.dumps(EVENT), 200)]
)
def test_what_is_no_event_gets_its_answer(post, body, status):
    assert post(body, path=LOGSTASH).status_code == status


def test_one_bad_element_never_hurts_its_neighbours(post, stored):
    answer = post(json.dumps([EVENT, "text", EVENT]), path=LOGSTASH)

    assert answer.json()["rejected"] == [{"index": 1, "reason": "not_an_object"}]
    assert len(stored()) == 2


def test_a_dry_run_shows_the_event_and_stores_nothing(post, stored):
    answer = post(json.dumps([EVENT]), path=f"{LOGSTASH}?dry_run=1").json()

    assert answer["events"][0]["event"] == "cohort_found"
    assert stored() == []


def test_a_body_that_is_sent_again_under_its_name_is_stored_once(post, stored):
    name = {"Idempotency-Key": "5b6f2a52-7a2c-4f0b-9b55-6f3a2d6c1a11"}
    answers = [post(json.dumps([EVENT]), path=LOGSTASH, headers=name).json()["duplicate"] for _ in range(2)]

    assert answers == [False, True]
    assert len(stored()) == 1
