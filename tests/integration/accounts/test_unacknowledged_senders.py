"""The page Keys shows who sends without acknowledgement, with what is counted of each."""

from django.db import connections
from django.utils import timezone

from ingest import unacknowledged
from ingest.listener.batch import Batch, ReadBatch
from ingest.listener.senders import Sender


def store(service, origin, *lines):
    batch = Batch.empty(Sender(service, origin), "tcp")
    batch.add(lines, "10.0.0.8")
    assert ReadBatch(batch).store() == len(lines)


def test_each_sender_has_its_count_and_the_note(operator, client_of):
    store("learning-api", "10.0.0.0/8", b"one", b"two")
    store("learning-api", "10.0.0.0/8", b"three")
    store("monarch", "certificate", b"four")

    page = client_of(operator).get("/manage/keys")

    shown = [(one.service, one.origin, one.events) for one in page.context["unacknowledged"]]
    assert shown == [("learning-api", "10.0.0.0/8", 3), ("monarch", "certificate", 1)]
    assert "whose protocol has no answer" in page.content.decode()


def test_who_has_not_sent_for_a_day_and_who_sends_with_a_key_is_not_among_them(operator, client_of, store_events):
    store("learning-api", "10.0.0.0/8", b"one")
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE ingest_batch SET received = %s", [timezone.now() - 2 * unacknowledged.LATELY])
    store_events([])

    page = client_of(operator).get("/manage/keys")

    assert list(page.context["unacknowledged"]) == []
    assert "acknowledgement" not in page.content.decode()
