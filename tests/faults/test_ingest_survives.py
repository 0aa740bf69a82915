"""Every acknowledged event is stored once, whichever process or connection is killed during ingest."""

import os
import random
import signal
import time

from tests.faults.product import living, until

COPYING = """
    SELECT pid FROM pg_stat_progress_copy JOIN pg_stat_activity USING (pid)
    WHERE tuples_processed > 0 AND application_name = 'logviewer'
"""
END_CONNECTIONS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'logviewer'"
LARGE_BATCH = 1500  # events: a COPY that lasts long enough to be met


def test_postgres_is_killed_in_the_middle_of_a_copy(under_load, judged):
    product, senders = under_load.product, under_load.senders(batch=LARGE_BATCH)
    with senders.sending():
        senders.wait_for_more(3000)
        product.met(COPYING)
        os.kill(product.postgres_pid(), signal.SIGKILL)
        senders.record.fault_happened()
        senders.wait_for_more(3000)

    assert judged(product, senders).complaints == []


def test_one_postgres_process_is_killed_in_the_middle_of_a_copy(under_load, judged):
    product, senders = under_load.product, under_load.senders(batch=LARGE_BATCH)
    with senders.sending():
        senders.wait_for_more(3000)
        os.kill(product.met(COPYING), signal.SIGKILL)
        senders.record.fault_happened()
        senders.wait_for_more(3000)

    assert judged(product, senders).complaints == []


def test_postgres_ends_the_connections_of_ingest_again_and_again(under_load, judged):
    product, senders = under_load.product, under_load.senders()
    ended = 0
    with senders.sending():
        senders.wait_for_more(500)
        senders.record.fault_happened()
        while ended < 4 or not senders.record.answers["503"]:  # 503: it ended one in use
            senders.wait_for_more(200)
            ended += product.query(END_CONNECTIONS)[0][0]
        senders.wait_for_more(500)

    assert judged(product, senders).complaints == []


def test_the_web_server_is_killed_in_the_middle_of_requests(under_load, judged):
    product, senders, dice = under_load.product, under_load.senders(), random.Random(7)
    with senders.sending():
        senders.wait_for_more(500)
        senders.record.fault_happened()
        for _ in range(2):
            web = product.family("supervisor.web")
            time.sleep(dice.uniform(0, 0.05))
            product.kill_web()
            senders.wait_for_more(500)

    verdict = judged(product, senders)
    assert verdict.complaints == []
    assert verdict.answers["none"] > 0
    until(lambda: living(web) == {})


def test_the_supervisor_is_killed_and_started_again(under_load, judged):
    product, senders = under_load.product, under_load.senders()
    with senders.sending():
        senders.wait_for_more(500)
        family = product.family()
        product.process.kill()
        product.process.wait()
        senders.record.fault_happened()
        product.start()
        product.wait_until_serving()
        senders.wait_for_more(500)

    assert judged(product, senders).complaints == []
    assert living(family) == {}


def test_term_ends_the_product_during_ingest(under_load, judged):
    product, senders = under_load.product, under_load.senders(batch=LARGE_BATCH)
    with senders.sending():
        senders.wait_for_more(3000)
        status = product.stop()
        senders.record.fault_happened()
        product.start()
        product.wait_until_serving()
        senders.wait_for_more(3000)

    assert judged(product, senders).complaints == []
    assert status == 0


def test_postgres_is_shut_down_politely_during_ingest(under_load, judged):
    product, senders = under_load.product, under_load.senders()
    with senders.sending():
        senders.wait_for_more(500)
        os.kill(product.postgres_pid(), signal.SIGINT)
        senders.record.fault_happened()
        senders.wait_for_more(500)

    assert judged(product, senders).complaints == []
