"""What happens to services in cases that run twice: with all protections on, and with the one they are about off."""

import contextlib
import itertools
import random
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.conftest import WATCHDOG_S
from tests.faults.client import proxy
from tests.faults.client.disks import Disk, NoDisk
from tests.faults.client.judge import look_into
from tests.faults.client.rig import Rig
from tests.faults.product import until

ROUND = 100_000  # the numbers of a process's events begin at a multiple of this
SYNCED_WITHIN_S = 20  # by itself the kernel holds back for 30 s what nobody syncs
AT_ONCE = 3  # processes that are killed in one round


def answers_are_lost(rig: Rig, rate: float = 2000) -> None:
    """Logviewer commits, and the client does not hear so."""
    service = rig.drive("until_enough", rate=rate)
    rig.wait_for_more(1000)
    with rig.proxy.doing(proxy.lose_answer):
        rig.fault_happened()
        rig.wait_for_more(int(2 * rate))
        # A connection that breaks is tried anew at once, and only the second loss is a new try of the batch.
        until(lambda: rig.proxy.done["lose_answer"] >= 4)
    rig.wait_for_more(1000)
    rig.stop(service)


def strangers_answer(rig: Rig) -> None:
    """Something says 200 that is not logviewer."""
    service = rig.drive("until_enough", rate=500)
    rig.wait_for_more(500)
    with rig.proxy.doing(proxy.answer_for_another):
        rig.fault_happened()
        rig.wait_for_more(1000)
        until(lambda: rig.proxy.done["answer_for_another"] > 0)
    rig.wait_for_more(250)
    rig.stop(service)


def services_are_killed(rig: Rig, rounds: int) -> None:
    """Each at a moment of its own, some soon after their first event."""
    numbers = iter(range(rounds))
    orphans: set[Path] = set()
    while batch := list(itertools.islice(numbers, AT_ONCE)):
        seen = rig.returned()
        services = [rig.drive("steadily", first=number * ROUND, rate=1000) for number in batch]
        until(lambda: rig.returned() > seen + 4 * AT_ONCE)  # noqa: B023 -- called at once
        for service in services:
            time.sleep(rig.dice.uniform(0, 0.15))
            service.kill()
        orphans.update(rig.look_into_spool().files)
    rig.wants("files of dead processes lay in the spool", len(orphans) > 0)


def a_sibling_lives_on(rig: Rig, within_s: float = WATCHDOG_S) -> None:
    """One service is killed while nothing can be sent; another, started beside what it left, has so long to send it."""
    killed = rig.drive("steadily", rate=1000)
    with rig.proxy.doing(proxy.refuse):
        rig.wait_for_more(500)
        killed.kill()
    rig.fault_happened()
    orphans = rig.look_into_spool().waiting
    rig.wants("files of the dead process lay in the spool", len(orphans) > 0)
    sibling = rig.drive("until_enough", first=ROUND, rate=100)
    rig.wait_for_more(100)
    give_up = time.monotonic() + within_s
    while orphans & rig.look_into_spool().waiting and time.monotonic() < give_up:
        time.sleep(0.1)
    rig.stop(sibling)


def processes_share_a_spool(rig: Rig, processes: int, count: int) -> None:
    """All at once; every fifth is killed on the way."""
    services = [rig.drive("steadily", first=number * ROUND, count=count, rate=100) for number in range(processes)]
    rig.wait_for_more(processes)
    killed = rig.dice.sample(services, processes // 5)
    for service in killed:
        service.kill()
    for service in services:
        if service not in killed:
            rig.ended(service)


def a_child_only_lives_on(rig: Rig) -> None:
    """A service forks a child that never logs, and is killed; the child lives until the rig is closed."""
    with rig.proxy.doing(proxy.refuse):
        parent = rig.drive("forgetful_parent", first=0, count=300)
        child = int(parent.process.stdout.readline())
        rig.ended(parent, -signal.SIGKILL)
    rig.wants("files of the dead parent lay in the spool", rig.spooled() > 0)
    rig.others.append(child)


def files_are_corrupt(rig: Rig, corruptions: Sequence[Callable[[Path, random.Random], set[int]]]) -> None:
    """As many services leave a file each; each file becomes corrupt in another way. The numbers tell the services."""
    with rig.proxy.doing(proxy.refuse):
        services = [rig.drive("steadily", first=number * ROUND, count=120) for number in range(len(corruptions))]
        for service in services:
            rig.ended(service)
    files = rig.look_into_spool().files
    rig.wants("there was a file for each corruption", len(files) >= len(corruptions))
    for corrupt, file in zip(corruptions, files, strict=False):
        rig.spoiled |= corrupt(file, rig.dice)
    rig.garbage = len(corruptions)


def the_network_is_bad(rig: Rig, deeds: Sequence[proxy.Deed]) -> None:
    """One deed after the other, while a service logs."""
    service = rig.drive("until_enough", rate=500)
    rig.wait_for_more(200)
    rig.fault_happened()
    for deed in deeds:
        with rig.proxy.doing(deed):
            until(lambda: rig.proxy.done[deed.__name__] > 0)  # noqa: B023 -- called at once
            rig.wait_for_more(200)
    rig.wait_for_more(200)
    rig.stop(service)


def the_power_fails(rig: Rig, disk: Disk, within_s: float = SYNCED_WITHIN_S) -> None:
    """Finds out what would be there had the power failed: after that time at the latest, all of 400 events."""
    with rig.proxy.doing(proxy.refuse):
        service = rig.drive("until_enough", rate=200)
        rig.wait_for_more(400)
        logged = rig.read_notes().returned
        give_up = time.monotonic() + within_s
        while (gone := logged - _on_the_device(rig, disk)) and time.monotonic() < give_up:
            time.sleep(0.5)
    rig.wants("400 events were logged before the power failed", len(logged) >= 400)
    if gone:
        rig.problems.append(f"{len(gone)} events were not on the disk when the power failed")
    rig.stop(service)


def _on_the_device(rig: Rig, disk: Disk) -> frozenset[int]:
    with contextlib.suppress(NoDisk), disk.after_a_power_failure(rig.folder / f"later{time.monotonic_ns()}") as found:
        return look_into(found.folder / rig.spool.name, service=rig.service).waiting
    return frozenset()  # something was written while it was copied
