"""Events that come late, into a slice that is sealed already, are found like all others."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from logviewer.accounts.tokens import create_read_token
from logviewer.query import stretches
from logviewer.store import counts, partitions
from logviewer.store.maintenance import seal_ended

YESTERDAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)


@pytest.fixture
def post(ingest_secret):
    def post(*events):
        answer = Client().post(
            "/ingest/v1/events",
            [{"service": "api", "timestamp": YESTERDAY.isoformat(), **event} for event in events],
            content_type="application/json",
            headers={"authorization": f"Bearer {ingest_secret}"},
        )
        assert answer.json()["accepted"] == len(events)

    return post


@pytest.fixture
def get(viewer):
    headers = {"authorization": f"Bearer {create_read_token(viewer, 'test').secret}"}
    return lambda path, **parameters: Client().get(f"/api/v1/{path}", parameters, headers=headers).json()


@pytest.fixture
def sealed_yesterday(post):
    post(*({"event": "in time", "note": f"usual number{n}"} for n in range(297)))
    post(*({"event": "in time", "cohort_id": 12, "level": "warning"} for _ in range(3)))
    counts.compact()
    seal_ended(YESTERDAY + timedelta(days=1))
    stretches.forget()
    assert stretches.stretch_from(YESTERDAY + timedelta(minutes=1)).indexed


@pytest.mark.parametrize(
    "q", ["straggler", "tick*", '"straggler again"', "ticket:4711", "request_id:late-1", "straggler ticket>4000"]
)
def test_they_are_found_by_word_and_by_field(sealed_yesterday, post, get, q):
    post({"event": "late", "note": "a straggler again", "ticket": 4711, "request_id": "late-1", "tick": "ticktack"})

    assert [found["event"] for found in get("events", q=q)["events"]] == ["late"]
    assert get("count", q=q)["count"] == 1


def test_they_are_found_by_id(sealed_yesterday, post, get, viewer, client_of):
    post({"event": "late", "note": "straggler"})
    [late] = get("events", q="straggler")["events"]

    page = client_of(viewer).get(f"/events/{late['time']}/{late['id']}")

    assert page.status_code == 200
    assert "straggler" in page.content.decode()


def test_they_are_counted(sealed_yesterday, post, get):
    post({"event": "late", "level": "error", "cohort_id": 12}, {"event": "late"})

    assert get("count")["count"] == 302
    assert get("count", level="error")["count"] == 1
    histogram = get("histogram", since=(YESTERDAY - timedelta(hours=1)).isoformat(), buckets=1)
    assert histogram["total"] == 302
    for level, events in (("warning", 4), ("error", 1)):
        assert get("count", cohort_id="12", level=level)["count"] == events
        assert get("histogram", cohort_id="12", level=level)["total"] == events


def test_a_batch_for_a_sealed_slice_stays_in_that_slice(sealed_yesterday, post):
    before = partitions.existing()
    post({"event": "late"})

    assert partitions.existing() == before
