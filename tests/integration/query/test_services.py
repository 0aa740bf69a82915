from uuid import uuid4

from logviewer.query import services
from logviewer.query.reader import Reader
from logviewer.query.services import services_seen
from logviewer.store.writer import Batch, write
from tests.integration.query.conftest import event

ANYONE = Reader(may_search=True)


def test_an_empty_store_has_no_services():
    assert services_seen(ANYONE) == []


def test_services_of_recent_events_and_of_used_keys_are_known(store, monkeypatch):
    monkeypatch.setattr(services, "RECENT_EVENTS", 2)
    for service in ("quiet", "quiet", "busy", "*"):
        write([event(100, service=service)], Batch(service, "k", uuid4(), b"", lambda refused: {}))
    store(event(0, service="api"), event(1, service="monarch"), event(50, service="silent"))
    assert services_seen(ANYONE) == ["api", "busy", "monarch", "quiet"]


def test_someone_who_may_not_search_sees_no_services(store):
    write([event(service="quiet")], Batch("quiet", "k", uuid4(), b"", lambda refused: {}))
    assert services_seen(Reader(may_search=False)) == []
