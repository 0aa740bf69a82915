"""When events came in, from the ledger."""

from datetime import UTC, datetime, timedelta

from django.test import Client

from logviewer.query.arrivals import read_arrivals
from logviewer.query.events import read_page


def test_events_that_were_sent_have_the_time_they_came_in(ingest_secret, search):
    happened = datetime.now(UTC) - timedelta(hours=3)
    before = datetime.now(UTC)
    answer = Client().post(
        "/ingest/v1/events",
        {"event": "late", "timestamp": happened.isoformat()},
        content_type="application/json",
        headers={"authorization": f"Bearer {ingest_secret}"},
    )
    assert answer.json()["accepted"] == 1
    (event,) = read_page(search()).events

    received = read_arrivals([event])[event.id]

    assert before - timedelta(seconds=5) <= received <= datetime.now(UTC) + timedelta(seconds=5)


def test_imported_events_are_not_late(store_events, search):
    from tests.integration.query.conftest import event

    store_events([event(5)])

    assert read_arrivals(read_page(search()).events) == {}
    assert read_arrivals([]) == {}
