"""What a service loses that sends without acknowledgement: nothing while the store is away, and what its library throws
away while the door is. pytest prints the list in the end; docs/protocols/logstash.md has it.

python-logstash-async takes up to a minute to come back, so it is left to `scripts/faults --long`.
"""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from tests.faults.product import living, until

ENOUGH = 300
SENDERS = ["python-logstash TCP", pytest.param("python-logstash-async TCP", marks=pytest.mark.long)]


def doors(product):
    """The numbers of the doors' processes."""
    return set(product.family(" listen"))


def end_postgres(product, number):
    """Ends Postgres by a signal and waits for the next."""
    before = product.postgres_pid()
    os.kill(before, number)
    until(lambda: not living({before: ""}))
    until(lambda: product.status("/readyz") == 200)


@pytest.mark.parametrize("library", SENDERS)
def test_postgres_is_killed_and_starts_again(shared_product, service_of, counted, library):
    service = service_of(library)
    service.wait_for_more(ENOUGH)
    end_postgres(shared_product, signal.SIGKILL)
    service.wait_for_more(ENOUGH)

    losses = counted(service)
    assert (losses.lost, losses.doubled) == (0, 0)


@pytest.mark.long
@pytest.mark.parametrize("library", SENDERS)
def test_postgres_is_shut_down_politely_and_starts_again(shared_product, service_of, counted, library):
    service = service_of(library)
    service.wait_for_more(ENOUGH)
    end_postgres(shared_product, signal.SIGINT)
    service.wait_for_more(ENOUGH)

    losses = counted(service)
    assert (losses.lost, losses.doubled) == (0, 0)


@pytest.mark.parametrize("library", SENDERS)
@pytest.mark.parametrize("how_many", ["one", pytest.param("all", marks=pytest.mark.long)])
def test_doors_are_killed_and_started_again(shared_product, service_of, counted, library, how_many):
    service = service_of(library)
    service.wait_for_more(ENOUGH)
    before = doors(shared_product)
    killed = before if how_many == "all" else {door_of(shared_product, service)}
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(doors(shared_product) - killed) == len(before))
    service.wait_for_more(ENOUGH)

    losses = counted(service)
    assert losses.doubled == 0
    assert losses.last_lost < losses.logged - ENOUGH / 2, "in the end nothing is lost any more"


def door_of(product, service):
    """The door that the service's connection is to; any, if it has none at this moment."""
    inodes = connected_inodes(int(product.given["LOGVIEWER_LOGSTASH_PORT"]))
    for pid in doors(product):
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(file).removeprefix("socket:[").removesuffix("]") in inodes:
                    return pid
    return min(doors(product))


def connected_inodes(port):
    """Of the accepted connections to `port`, by the kernel's table."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"}


@pytest.mark.long
@pytest.mark.parametrize("library", SENDERS)
def test_the_product_is_ended_and_started_again(shared_product, service_of, counted, library):
    service = service_of(library)
    service.wait_for_more(ENOUGH)
    assert shared_product.stop() == 0
    shared_product.start()
    shared_product.wait_until_serving()
    service.wait_for_more(ENOUGH)

    losses = counted(service)
    assert losses.doubled == 0
    assert losses.last_lost < losses.logged - ENOUGH / 2


@pytest.mark.long
def test_nothing_happens(shared_product, service_of, counted):
    service = service_of("python-logstash TCP")
    service.wait_for_more(2 * ENOUGH)

    losses = counted(service)
    assert (losses.lost, losses.doubled, losses.stored) == (0, 0, losses.logged)
