"""What a service loses that sends without acknowledgement: nothing while the store is away, and what its library throws
away while the door is. pytest prints the list in the end; docs/protocols/logstash.md has it.
"""

import os
import signal

import pytest

from tests.faults.logstash.conftest import LIBRARIES
from tests.faults.product import living, until

ENOUGH = 300


def listener(product):
    """The number of the door's process."""
    return next(pid for pid, command in product.family().items() if command.endswith("manage.py listen "))


def wait_for_another(product, before):
    until(lambda: any(pid != before and "manage.py listen" in command for pid, command in product.family().items()))


def end_postgres(product, number):
    """Ends Postgres by a signal and waits for the next."""
    before = product.postgres_pid()
    os.kill(before, number)
    until(lambda: not living({before: ""}))
    until(lambda: product.status("/readyz") == 200, 60)


@pytest.mark.parametrize("library", LIBRARIES)
def test_postgres_is_killed_and_starts_again(logstash_product, service_of, counted, library):
    service = service_of(library)
    service.wait_for_more(ENOUGH)
    end_postgres(logstash_product, signal.SIGKILL)
    service.wait_for_more(ENOUGH)

    losses = counted(service)
    assert (losses.lost, losses.doubled) == (0, 0)


@pytest.mark.parametrize("library", LIBRARIES)
def test_postgres_is_shut_down_politely_and_starts_again(logstash_product, service_of, counted, library):
    service = service_of(library)
    service.wait_for_more(ENOUGH)
    end_postgres(logstash_product, signal.SIGINT)
    service.wait_for_more(ENOUGH)

    losses = counted(service)
    assert (losses.lost, losses.doubled) == (0, 0)


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_door_is_killed_and_started_again(logstash_product, service_of, counted, library):
    service = service_of(library)
    service.wait_for_more(ENOUGH)
    before = listener(logstash_product)
    os.kill(before, signal.SIGKILL)
    wait_for_another(logstash_product, before)
    service.wait_for_more(ENOUGH)

    losses = counted(service)
    assert losses.doubled == 0
    assert losses.last_lost < losses.logged - ENOUGH / 2, "in the end nothing is lost any more"


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_product_is_ended_and_started_again(logstash_product, service_of, counted, library):
    service = service_of(library)
    service.wait_for_more(ENOUGH)
    status, _ = logstash_product.stop()
    assert status == 0
    logstash_product.start()
    logstash_product.wait_until_serving()
    service.wait_for_more(ENOUGH)

    losses = counted(service)
    assert losses.doubled == 0
    assert losses.last_lost < losses.logged - ENOUGH / 2


def test_nothing_happens(logstash_product, service_of, counted):
    service = service_of("python-logstash TCP")
    service.wait_for_more(2 * ENOUGH)

    losses = counted(service)
    assert (losses.lost, losses.doubled, losses.stored) == (0, 0, losses.logged)
