"""The meaning of the language, one line each. The SQL is held to the same reference by the integration tests."""

import json
from datetime import UTC, datetime

import pytest

from logviewer.query.language import parse
from logviewer.query.language.reference import matches
from logviewer.store.event import Event, Level

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EVENT = Event(
    time=datetime(2026, 11, 23, 11, 30, tzinfo=UTC),
    level=Level.WARNING,
    service="learning-api",
    event="cohort_assignment_failed",
    logger="LearningAPI.cohort",
    request_id="07261cb3-1ded-4d79-8c7a-c8ce40dfee70",
    cohort_id="12",
    data=json.dumps(
        {
            "path": "/cohorts/12/assign",
            "status_code": 500,
            "ratio": 0.5,
            "ok": False,
            "error": {"code": "23505", "detail": None},
            "http.status": 500,
            "retries": "3",
            "students": [{"id": 7, "tags": ["new", "late"]}, {"id": 8}],
            "exception": "Traceback\n  File x.py\nReadTimeoutError: could not connect",
        }
    ),
)


@pytest.mark.parametrize(
    "text",
    [
        "", "cohort", "ASSIGN", "assign /cohorts/12/assign", "timeout", "ReadTimeoutError", "learning",
        "learningapi.cohort",
        "07261cb3-1ded-4d79-8c7a-c8ce40dfee70", '"could NOT connect"', '"t_assign"', '"y\nReadT"',
        "level:warning", "level:warn", "level>=info", "level<error", "level:30",
        "service:learning-api", "event:cohort_*", "event:*_failed", "cohort_id:12", 'cohort_id:"12"', "cohort_id>=12",
        "status_code:500", "status_code:5*", "status_code>499", "status_code<=500", "ratio:0.5", "ok:false",
        "error.code:23505", "error.code>23504", "error.detail:null", "http.status:500", "http.status>=500",
        "students.id:8", "students.tags:late", "students.id>7", "retries>2", "retries<10",
        "path:/cohorts/*/assign", "path:*", "has:exception", "has:error", "has:error.detail", "has:students.tags",
        "has:request_id", "has:level", "-has:user", "-path:/health*", "NOT nobody", "-user:x", "-(status_code:200)",
        "time>-1h", "time<now", "time>=2026-11-23T11:30:00Z", "timestamp<=2026-11-23T11:30:00Z",
        "nobody OR cohort", "(nobody OR cohort) failed", "-nobody -status_code:200",
    ],
)  # fmt: skip
def test_matches(text):
    assert matches(parse(text), EVENT, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "ssign", "status_code", "detail", "timeouterror", "warning", "500", '"cohort connect"', '"failed LearningAPI"',
        "level:error", "level>warning", "service:Learning-api", "event:cohort", "event:COHORT_*", "cohort_id:1",
        "status_code:500.0", "status_code>500", "ok:False", "path>1", "retries>20", "exception>0",
        "error:23505", "code:23505", "has:code", "has:http", "has:user", "students:7", "students.id:9",
        "-has:exception", "-cohort", "-level:warning", "time>now", "nobody OR nothing", "cohort nobody", "-*",
    ],
)  # fmt: skip
def test_does_not_match(text):
    assert not matches(parse(text), EVENT, NOW)
