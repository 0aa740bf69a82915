from datetime import timedelta

from django.db import connections
from django.utils import timezone

from logviewer.query.reader import Reader
from logviewer.query.services import services_seen
from logviewer.store import services
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


def test_one_sender_that_invents_names_does_not_fill_the_table_and_known_services_stay(store, monkeypatch):
    monkeypatch.setattr(services, "MOST_SERVICES", 4)
    store(event(0, service="api"), event(1, service="monarch"))
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE log_service SET last_seen = %s", [timezone.now().date() - timedelta(days=20)])
    services.forget()

    store(*[event(number, service=f"invented {number}") for number in range(9)])
    store(event(0, service="api"))

    assert services_seen(ANYONE) == ["api", "invented 0", "invented 1", "monarch"]
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT last_seen FROM log_service WHERE service = 'api'")
        assert timezone.now().date() - cursor.fetchone()[0] <= timedelta(days=1)
