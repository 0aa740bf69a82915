"""The judge itself is shown to fail: where a protection is off it finds what is lost or doubled."""

import pytest

from tests.faults.judge import Record, event_of, judge
from tests.faults.product import start
from tests.faults.senders import Senders, answer_lost

ALL = range(1000)


def content_of(number: int) -> dict[str, object]:
    return {name: value for name, value in event_of(number, "s").items() if name not in ("event", "service")}


@pytest.mark.parametrize(
    ("stored", "complaint"),
    [
        (ALL, None),
        (ALL[:-1], "1 acknowledged events are missing, such as 999"),
        ((*ALL, 7), "1 events are stored more than once, such as 7"),
        ((*ALL, 1000), "1 events are stored that were never sent, such as 1000"),
    ],
)
def test_the_judge_names_what_is_lost_doubled_or_invented(stored, complaint):
    record = Record(sent=set(ALL), acknowledged=set(ALL), acknowledged_before=500)

    assert judge(record, map(content_of, stored)).complaints == ([] if complaint is None else [complaint])


def test_the_judge_names_what_is_mangled():
    record = Record(sent=set(ALL), acknowledged=set(ALL), acknowledged_before=500)
    mangled = {**content_of(0), "text": "another"}

    [complaint] = judge(record, [mangled, *map(content_of, ALL[1:])]).complaints
    assert complaint == "1 events are stored with another content, such as 0"


def test_the_judge_names_what_is_miscounted():
    record = Record(sent=set(ALL), acknowledged=set(ALL), acknowledged_before=500)

    [complaint] = judge(record, map(content_of, ALL), [("hour", "12:00", "s", 20, 999, 1000)]).complaints
    assert complaint.startswith("1 counts are not those of the rows, such as ('hour', ")


def test_a_run_in_which_nothing_happened_shows_nothing():
    assert judge(Record(), []).complaints == [
        "only 0 events were acknowledged before the fault",
        "only 0 events were acknowledged after the fault",
    ]


def test_an_answer_that_no_sender_may_get_is_a_complaint():
    record = Record(sent=set(ALL), acknowledged=set(ALL), acknowledged_before=500)
    record.was_answered(500, {})
    record.was_answered(503, {})

    assert judge(record, map(content_of, ALL)).complaints == ["a sender was answered 500", "a 503 had no Retry-After"]


def test_without_waiting_for_the_disk_a_killed_postgres_loses_acknowledged_events(elsewhere, judged):
    lazy = {"wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}
    careless = {"DJANGO_SETTINGS_MODULE": "tests.faults.settings_without_waiting"}
    with elsewhere.server(**lazy) as server, elsewhere.web(**careless) as url:
        start(server)
        senders = Senders(url, elsewhere.secret, "careless")
        with senders.sending():
            senders.wait_for_more(500)
            server.process.kill()
            server.process.wait()
            senders.record.fault_happened()
            start(server)
            senders.wait_for_more(500)
        verdict = judged(elsewhere, senders)

    assert verdict.missing
    assert "acknowledged events are missing" in verdict.complaints[0]


def test_without_the_ledger_repeats_are_stored_twice(under_load, judged):
    senders = under_load.senders(with_keys=False, mishaps=[answer_lost])
    with senders.sending():
        senders.wait_for_more(1500)
        senders.record.fault_happened()
        senders.wait_for_more(1500)

    verdict = judged(under_load.product, senders)
    assert verdict.doubled
    assert "stored more than once" in verdict.complaints[0]


def test_an_event_that_bypasses_the_counts_is_found_miscounted(under_load, judged):
    senders = under_load.senders()
    with senders.sending():
        senders.wait_for_more(300)
        senders.record.fault_happened()
        senders.wait_for_more(300)
    product = under_load.product
    by_hand = "INSERT INTO log_event SELECT date_trunc('day', now()), 0, 20, 'by hand', 'e', 'l', NULL, NULL, '{}'"
    product.query(by_hand)
    try:
        assert len(judged(product, senders).miscounted) == 2  # in a minute and in an hour
    finally:
        product.query("DELETE FROM log_event WHERE service = 'by hand'")
