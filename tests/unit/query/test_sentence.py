"""A search in plain words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.query.sentence import LONGEST, Quality, sentence_of
from tests.unit.query.random_texts import queries

NOW = datetime(2026, 11, 25, 16, 2, tzinfo=UTC)  # a Wednesday
CHICAGO = ZoneInfo("America/Chicago")


def said(q="", *, events=None, quality=Quality.EXACT, zone=CHICAGO, read_at=NOW, **asked):
    search = Search.parse(reader=Reader(may_search=True), q=q, now=NOW, **asked)
    return sentence_of(search, zone=zone, now=read_at, events=events, quality=quality)


def test_everything_that_a_search_asks_stands_in_one_sentence():
    assert said(
        "cohort_id:12 -event:slack_*",
        events=37,
        level="error",
        service="learning-api",
        since="2026-11-24T16:02:00Z",
        until="2026-11-25T16:02:00Z",
    ) == (
        "37 errors or worse from learning-api, Tue 10:02 to Wed 10:02 (UTC-6), where cohort_id is 12, without slack_*"
    )


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({}, "Events"),
        ({"events": 0}, "No events"),
        ({"events": 1}, "1 event"),
        ({"events": 1204, "quality": Quality.AT_LEAST}, "At least 1,204 events"),
        ({"events": 12_000, "quality": Quality.ABOUT, "level": "error"}, "About 12,000 errors or worse"),
        ({"q": "level:error", "events": 37}, "37 errors"),
        ({"q": "level:warn", "events": 1}, "1 warning"),
        ({"level": "critical"}, "Critical events"),
        ({"level": "warning"}, "Warnings or worse"),
        ({"q": "level<info"}, "Events, where level is below info"),
        ({"q": "-level:debug"}, "Events, without level debug"),
        ({"q": "timeout"}, "Events mentioning timeout"),
        ({"q": 'timeout "could not connect"'}, "Events mentioning timeout and “could not connect”"),
        ({"q": "a or b"}, "Events mentioning a, “or” and b"),
        ({"q": "-timeout -path:/health*"}, "Events, without timeout or path /health*"),
        ({"q": "event:cohort_*"}, "Events, where event is like cohort_*"),
        ({"q": "duration_ms>500"}, "Events, where duration_ms is above 500"),
        ({"q": "has:exception -has:request_id"}, "Events, where exception exists, without request_id"),
        ({"q": 'path:"/a b" detail:""'}, "Events, where path is “/a b” and detail is “”"),
        ({"q": "(a:1 OR timeout) b:2"}, "Events, where (a is 1 or timeout is mentioned) and b is 2"),
        ({"q": "-(a:1 b:2 -c:3)"}, "Events, without (a is 1, b is 2 and not: c is 3)"),
        ({"q": "service:a OR service:b"}, "Events, where (service is a or service is b)"),
        ({"request_id": "7c1e", "cohort_id": "12"}, "Events, where request_id is 7c1e and cohort_id is 12"),
        ({"since": "-1h"}, "Events, since Wed 09:02 (UTC-6)"),
        ({"q": "time>=-1h"}, "Events, since Wed 09:02 (UTC-6)"),
        ({"until": "2026-11-25T16:02:03.5Z"}, "Events, before Wed 10:02 (UTC-6)"),
        ({"since": "2026-11-25T16:00:07.5Z"}, "Events, since Wed 10:00:07 (UTC-6)"),
        (
            {"since": "2026-11-25T16:00:07.5Z", "until": "2026-11-25T16:00:07.500004Z"},
            "Events, Wed 10:00:07.500000 to 10:00:07.500004 (UTC-6)",
        ),
        ({"since": "-2h", "until": "-1h"}, "Events, Wed 08:02 to 09:02 (UTC-6)"),
        ({"since": "-30d"}, "Events, since 26 Oct 11:02 (UTC-5)"),
        ({"since": "2025-11-24T16:02:00Z"}, "Events, since 24 Nov 2025 10:02 (UTC-6)"),
        ({"since": "-30d", "until": "now"}, "Events, 26 Oct 11:02 (UTC-5) to Wed 10:02 (UTC-6)"),
        ({"since": "-1h", "zone": ZoneInfo("Asia/Kolkata")}, "Events, since Wed 20:32 (UTC+5:30)"),
        ({"since": "-1h", "zone": UTC}, "Events, since Wed 15:02 (UTC)"),
        ({"since": "-1h", "read_at": None}, "Events, since 25 Nov 2026 09:02 (UTC-6)"),
        ({"since": "0001-01-01T00:00:00Z"}, "Events, since 1 Jan 0001 00:00 (UTC)"),
    ],
)
def test_a_search_is_said(asked, sentence):
    assert said(**asked) == sentence


def test_a_long_value_is_cut():
    assert said(f"a:{'x' * 100}") == f"Events, where a is {'x' * 59}…"


@given(queries)
def test_every_query_can_be_said(text):
    assert 0 < len(said(text)) <= LONGEST
