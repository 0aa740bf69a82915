"""Whatever happens to logviewer or on the way to it: every event is stored once."""

import os
import signal
import time

from tests.faults.client import proxy, scenarios
from tests.faults.client.rig import without_product
from tests.faults.test_ingest_survives import COPYING

RATE = 500  # events/s


def test_logviewer_is_down_and_comes_back(rig, tier, accounted):
    service = rig.drive("until_enough", rate=RATE)
    rig.wait_for_more(RATE)
    stored_before = 0
    with without_product(rig.product, tier.pick(3, 60)):
        rig.fault_happened()
        stored_before = rig.returned()
        rig.wait_for_more(RATE)
        rig.wants("events waited in the spool", rig.spooled() > 0)
    rig.wait_for_more(RATE)
    rig.stop(service)

    account = accounted(rig)
    assert account.complaints == []
    assert account.stored > stored_before


def test_a_service_delivers_by_itself_what_waited_in_an_outage(rig, accounted):
    service = rig.drive("until_enough", rate=300)
    rig.wait_for_more(300)
    with rig.proxy.refusing_connections(), rig.proxy.doing(proxy.reset_at_once):
        rig.fault_happened()
        rig.wait_for_more(600)
        rig.wants("events waited in the spool", rig.spooled() > 0)
    stored_within_outage = rig.returned()
    rig.wait_until_stored(stored_within_outage)
    rig.stop(service)

    assert accounted(rig).complaints == []


def test_logviewer_is_killed_in_the_middle_of_requests(rig, tier, accounted):
    service = rig.drive("until_enough", rate=RATE)
    for kills in range(tier.pick(1, 3)):
        rig.wait_for_more(RATE)
        if not kills:
            rig.fault_happened()
        posted = rig.proxy.done["pass_on"]
        while rig.proxy.done["pass_on"] == posted:
            time.sleep(0.001)
        time.sleep(rig.dice.uniform(0, 0.05))
        rig.product.kill_web()
        rig.product.wait_until_ready()
    rig.wait_for_more(RATE)
    rig.stop(service)

    assert accounted(rig).complaints == []


def test_answers_are_lost_after_the_commit(rig, accounted):
    scenarios.answers_are_lost(rig)

    account = accounted(rig)
    assert account.complaints == []
    assert account.duplicates > 0


def test_a_stranger_answers(rig, accounted):
    scenarios.strangers_answer(rig)

    assert accounted(rig).complaints == []


def test_postgres_is_killed_in_the_middle_of_a_copy(rig, accounted):
    service = rig.drive("until_enough", rate=4 * RATE)
    rig.wait_for_more(4 * RATE)
    rig.product.met(COPYING)
    os.kill(rig.product.postgres_pid(), signal.SIGKILL)
    rig.fault_happened()
    rig.wait_for_more(RATE)
    rig.product.wait_until_ready()
    rig.wait_for_more(RATE)
    rig.stop(service)

    assert accounted(rig).complaints == []


def test_the_network_does_what_networks_do(rig, accounted):
    scenarios.the_network_is_bad(rig, [proxy.swallow, proxy.reset_in_body, proxy.refuse, proxy.drip, proxy.delay])

    assert accounted(rig).complaints == []
