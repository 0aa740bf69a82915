"""Whatever happens to the spool's disk, to its files or to the clock: nothing is lost that the rig did not destroy."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.client import proxy, scenarios
from tests.faults.client.corruption import CORRUPTIONS
from tests.faults.client.judge import look_into
from tests.faults.product import until


def spools_again(rig) -> Callable[[], bool]:
    """Whether an event that was logged after this call lies in the spool."""
    newest = rig.returned()
    return lambda: max(look_into(rig.spool, service=rig.service).waiting, default=-1) > newest + 10


def stands_still(pid) -> bool:
    """Whether each of its threads has noticed that it is stopped."""
    threads = [stat.read_text() for stat in Path(f"/proc/{pid}/task").glob("*/stat")]
    return {thread.rpartition(")")[2].split()[0] for thread in threads} == {"T"}


def test_the_disk_of_the_spool_fills_up_and_is_freed_again(make_rig, small_disk, accounted):
    rig = make_rig(spool=small_disk.folder / "spool")
    service = rig.drive("until_enough", rate=200)
    rig.wait_for_more(200)
    with rig.proxy.doing(proxy.refuse):
        until(lambda: rig.proxy.done["refuse"] > 0)  # so that no batch is under way whose file makes room
        small_disk.fill()
        rig.fault_happened()
        rig.wait_for_more(600)
        rig.wants("the disk was full", small_disk.is_full)
        small_disk.make_room()
        until(spools_again(rig))
    rig.wait_until_stored(rig.returned())
    rig.stop(service)

    assert accounted(rig).complaints == []


def test_an_outage_is_longer_than_the_disk_of_the_spool_is_large(make_rig, small_disk, accounted):
    rig = make_rig(spool=small_disk.folder / "spool")
    with rig.proxy.doing(proxy.refuse):
        service = rig.drive("until_enough", flush_s=30, variables={"LOGVIEWER_SPOOL_QUICK": "0"})
        rig.wait_for_more(20_000)  # more than the disk and the queue take
        rig.fault_happened()
    rig.wait_for_more(500)
    rig.ended(service.stopped())

    account = accounted(rig, may_drop=True)
    assert account.complaints == []
    assert sum(account.dropped.values()) > 0


def test_an_outage_is_longer_than_the_spool_may_become_large(rig, accounted):
    with rig.proxy.doing(proxy.refuse):
        service = rig.drive("until_enough", rate=2000, variables={"LOGVIEWER_SPOOL_MAX_MIB": "1"})
        rig.wait_for_more(8000)
    rig.fault_happened()
    rig.wait_for_more(1000)
    rig.stop(service)

    account = accounted(rig, may_drop=True)
    assert account.complaints == []
    assert account.dropped["spool_full"] > 0


def test_the_spool_is_read_only_at_first(make_rig, small_disk, accounted):
    rig = make_rig(spool=small_disk.folder / "spool")
    with rig.proxy.doing(proxy.refuse):
        with small_disk.read_only():
            service = rig.drive("until_enough", rate=200)
            rig.wait_for_more(400)
        rig.fault_happened()
        until(spools_again(rig))
    rig.wait_until_stored(rig.returned())
    rig.stop(service)

    assert accounted(rig).complaints == []


def test_the_disk_of_the_spool_hangs(make_rig, freezable_disk, accounted):
    rig = make_rig(spool=freezable_disk.folder / "spool")
    service = rig.drive("until_enough", rate=200)
    rig.wait_for_more(200)
    with freezable_disk.frozen():
        rig.fault_happened()
        rig.wait_for_more(400)
    rig.wait_for_more(200)
    rig.wait_until_stored(rig.returned())
    rig.stop(service)

    assert accounted(rig).complaints == []


def test_the_power_fails(make_rig, freezable_disk, accounted):
    rig = make_rig(spool=freezable_disk.folder / "spool")
    scenarios.the_power_fails(rig, freezable_disk)

    assert accounted(rig).complaints == []


def test_a_service_starts_while_the_disk_of_the_spool_hangs(make_rig, freezable_disk, accounted):
    rig = make_rig(spool=freezable_disk.folder / "spool")
    with freezable_disk.frozen():
        service = rig.drive("until_enough", rate=200)
        rig.wait_for_more(400)
        rig.fault_happened()
    rig.wait_for_more(200)
    rig.wait_until_stored(rig.returned())
    rig.stop(service)

    assert accounted(rig).complaints == []


def test_files_of_the_spool_are_corrupt(rig, accounted):
    scenarios.files_are_corrupt(rig, CORRUPTIONS)

    assert accounted(rig).complaints == []


@pytest.mark.parametrize("is_away", [False, True], ids=["while-logviewer-answers", "during-an-outage"])
def test_the_clock_jumps(rig, is_away, accounted):
    clock = rig.folder / "clock"
    clock.write_text("0")
    variables = {"RIG_CLOCK": str(clock)}
    service = rig.drive("until_enough", rate=400, module="jumping_clock", variables=variables)
    rig.wait_for_more(200)
    rig.fault_happened()
    with rig.proxy.doing(proxy.refuse if is_away else proxy.pass_on):
        for hours in (1, -1, 48, -48, 9 * 24, 0):
            clock.write_text(str(hours * 3600))
            rig.wait_for_more(150)
    rig.stop(service)
    rig.drain()
    rig.wants("the service saw other times", rig.flagged_clocks() > 0)

    assert accounted(rig).complaints == []


def test_the_spool_is_deleted_under_a_living_service(rig, accounted):
    with rig.proxy.doing(proxy.refuse):
        service = rig.drive("until_enough", rate=200)
        rig.wait_for_more(300)
        service.process.send_signal(signal.SIGSTOP)
        until(lambda: stands_still(service.process.pid))
        rig.fault_happened()
        rig.deleted |= look_into(rig.spool, service=rig.service).waiting
        rig.garbage = len(rig.deleted)  # of those, the service may know some
        rig.wants("events were deleted", len(rig.deleted) > 0)
        for path in sorted(rig.spool.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        os.rmdir(rig.spool)
        service.process.send_signal(signal.SIGCONT)
        until(spools_again(rig))
        rig.wait_for_more(100)
    rig.stop(service)

    assert accounted(rig).complaints == []
