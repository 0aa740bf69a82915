"""The table of answers."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from logviewer_client.verdict import Action, Answer, verdict


def ours(accepted=2, rejected=(), below_level=0):
    return json.dumps({"accepted": accepted, "rejected": list(rejected), "below_level": below_level}).encode()


@pytest.mark.parametrize(
    ("status", "body", "action"),
    [
        (200, ours(), Action.FORGET),
        (200, ours(1, [{"index": 0, "reason": "not_an_object"}]), Action.FORGET),
        (200, ours(0, below_level=2), Action.FORGET),
        (200, b'{"accepted": 2, "rejected": []}', Action.FORGET),
        (200, b"<html>Welcome to the Wi-Fi</html>", Action.PROBE),
        (200, b'{"accepted": 2', Action.PROBE),
        (200, b"[" * 100_000, Action.PROBE),
        (200, ours(3), Action.PROBE),
        (200, ours(-1, [1, 2, 3]), Action.PROBE),
        (201, ours(), Action.PROBE),
        (301, b"", Action.PROBE),
        (400, b"", Action.SPLIT),
        (401, b"", Action.PROBE),
        (403, b"", Action.PROBE),
        (404, b"", Action.PROBE),
        (405, b"", Action.PROBE),
        (408, b"", Action.RETRY),
        (409, b"", Action.GIVE_UP),
        (413, b"", Action.SPLIT),
        (415, b"", Action.RECODE),
        (422, b"", Action.SPLIT),
        (429, b"", Action.RETRY),
        (500, b"", Action.RETRY),
        (503, b"", Action.RETRY),
        (599, b"", Action.RETRY),
    ],
)
def test_an_answer_means(status, body, action):
    assert verdict(Answer(status, {}, body), 2).action is action


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (
            401,
            b'{"error": {"message": "This key is not known."}}',
            "answered 401 (This key is not known.): is LOGVIEWER",
        ),
        (503, b'{"error": {"message": "The disk is nearly full."}}', "answered 503 (The disk is nearly full.)"),
        (413, b'{"error": {"message": "The body is too large."}}', "refused with 413 (The body is too large.)"),
        (503, b'{"error": {"message": "' + b"x" * 300 + b'"}}', "answered 503 (" + "x" * 200 + ")"),
        (503, b'{"error": {"message": "\\u001b[31mred"}}', "answered 503"),
        (503, b'{"error": {"message": 5}}', "answered 503"),
        (503, b'{"error": "busy"}', "answered 503"),
        (503, b"<html>\xff", "answered 503"),
        (503, b"[" * 60_000, "answered 503"),
    ],
)
def test_the_reason_is_what_logviewer_says(status, body, reason):
    said = verdict(Answer(status, {}, body), 2).reason

    assert said.startswith(reason)
    assert said == reason or status == 401


def test_an_answer_names_the_events_that_were_rejected():
    answer = Answer(200, {}, ours(1, [{"index": 1, "reason": "not_an_object"}]))

    assert verdict(answer, 2).rejected == {1}


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("7", 7),
        ("0", 0),
        ("1000000000", 600),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)
def test_retry_after(header, wait_s):
    assert verdict(Answer(503, {"retry-after": header}, b""), 1).wait_s == wait_s


def test_retry_after_as_a_date():
    header = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)

    assert verdict(Answer(429, {"retry-after": header}, b""), 1).wait_s == pytest.approx(30, abs=3)
