"""Batches that arrive torn, twice, or many times at once are stored once and whole."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.faults.senders import Connection, Senders, answer_lost, compression_cut, connection_cut

AT_ONCE = 12


def test_torn_batches_are_stored_once_they_come_whole(under_load, judged):
    senders = under_load.senders(mishaps=[connection_cut, compression_cut])
    with senders.sending():
        senders.wait_for_more(1500)
        senders.record.fault_happened()
        senders.wait_for_more(1500)

    assert judged(under_load.product, senders).complaints == []


def test_batches_whose_answer_is_lost_are_repeated(under_load, judged):
    senders = under_load.senders(mishaps=[answer_lost])
    with senders.sending():
        senders.wait_for_more(1500)
        senders.record.fault_happened()
        senders.wait_for_more(1500)

    verdict = judged(under_load.product, senders)
    assert verdict.complaints == []
    assert verdict.repeats > 0


def test_one_batch_sent_by_many_at_once_is_stored_once(under_load, judged):
    senders = under_load.senders(batch=100)
    batches = 6
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for number in range(batches):
            list(threads.map(repeat_together(senders), range(AT_ONCE)))
            if number == batches // 2 - 1:
                senders.record.fault_happened()

    verdict = judged(under_load.product, senders)
    assert verdict.complaints == []
    assert verdict.repeats == batches * (AT_ONCE - 1)


def repeat_together(senders: Senders):
    """A function that sends one and the same batch, and waits until AT_ONCE threads are about to do so."""
    numbers, key, together = senders.next_numbers(), str(uuid.uuid4()), Barrier(AT_ONCE)
    body = senders.body(numbers)

    def send(_: int) -> None:
        connection = Connection(senders.url, senders.secret)
        try:
            together.wait(20)
            senders.repeat(numbers, body, key, connection)
        finally:
            connection.close()

    return send
