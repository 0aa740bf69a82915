from logviewer.query.reader import Reader
from logviewer.query.services import services_seen
from tests.integration.query.conftest import event

ANYONE = Reader(may_search=True)


def test_an_empty_store_has_no_services():
    assert services_seen(ANYONE) == []


def test_every_service_that_sent_an_event_is_known_by_name(store):
    store(event(0, service="monarch"), event(1, service="api"))
    store(*[event(number, service="busy") for number in range(50)], event(60, service="api"))

    assert services_seen(ANYONE) == ["api", "busy", "monarch"]


def test_someone_who_may_not_search_sees_no_services(store):
    store(event(service="quiet"))

    assert services_seen(Reader(may_search=False)) == []
