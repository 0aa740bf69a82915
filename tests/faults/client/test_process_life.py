"""However a process lives and dies: an event whose log call returned is stored once."""

import http.client
import itertools
import os
import signal
import subprocess
import threading
import time

import pytest

from tests.faults.client import proxy, scenarios
from tests.faults.client.driver import PRELOADED
from tests.faults.client.judge import look_into
from tests.faults.client.scenarios import ROUND
from tests.faults.product import processes, until
from tests.ports import free_port

# A mount namespace with a /dev/shm of its own, which ends with its only process.
CONTAINER = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /dev/shm && exec "$@"', "sh")
# The ways to leave a process, and the status with which it then ends.
LEAVING = {"return": 0, "sys.exit": 3, "os._exit": 4, "exception": 1, "abort": -signal.SIGABRT}


def test_services_are_killed_again_and_again(rig, tier, accounted):
    scenarios.services_are_killed(rig, tier.pick(25, 300))

    assert accounted(rig).complaints == []


def test_a_living_service_sends_what_a_killed_one_left(rig, accounted):
    scenarios.a_sibling_lives_on(rig)

    assert accounted(rig, drained=False).complaints == []


def test_processes_end_in_every_way(rig, accounted):
    started = {
        leave: rig.drive("steadily", first=place * ROUND, count=300, leave=leave, allowed=["nobody handles this"])
        for place, leave in enumerate(LEAVING)
    }
    for leave, service in started.items():
        rig.ended(service, LEAVING[leave])

    assert accounted(rig).complaints == []


def test_processes_end_in_every_way_while_nothing_answers(rig, accounted):
    with rig.proxy.doing(proxy.swallow):
        started = {
            leave: rig.drive("steadily", first=place * ROUND, count=300, leave=leave, allowed=["nobody handles this"])
            for place, leave in enumerate(LEAVING)
        }
        for leave, service in started.items():
            rig.ended(service, LEAVING[leave])
        rig.wants("all events waited in the spool", rig.spooled() == len(LEAVING) * 300)

    assert accounted(rig).complaints == []


def test_a_process_delivers_by_itself_what_it_has_when_it_ends(rig, accounted):
    rig.ended(rig.drive("steadily", count=300, patience_s=60))
    rig.wants("nothing was left for others", (rig.stored(), rig.spooled()) == (300, 0))

    assert accounted(rig).complaints == []


def test_processes_get_term(rig, accounted):
    statuses = {"steadily": -signal.SIGTERM, "on_term": 0}
    started = {work: rig.drive(work, first=place * ROUND, rate=1000) for place, work in enumerate(statuses)}
    rig.wait_for_more(1000)
    for service in started.values():
        service.process.send_signal(signal.SIGTERM)
    for work, service in started.items():
        rig.ended(service, statuses[work])

    assert accounted(rig).complaints == []


def test_gunicorn_forks_four_workers_from_a_master_that_has_logged(rig, accounted):
    port, numbers = free_port(), itertools.count(PRELOADED)
    options = ["--preload", "--workers", "4", "--bind", f"127.0.0.1:{port}", "--graceful-timeout", "5"]
    master = rig.start(
        ["-m", "gunicorn", *options, "--log-level", "warning", "tests.faults.client.web_service:application"],
        allowed=["Worker (pid:"],
    )
    until(lambda: _get(port, next(numbers)))
    for _ in range(3):
        _ask(port, numbers, 100)
        workers = [pid for pid, parent, _ in processes() if parent == master.process.pid]
        os.kill(rig.dice.choice(workers), signal.SIGKILL)
        rig.returned_before = rig.returned_before or rig.returned()
    _ask(port, numbers, 100)
    master.process.send_signal(signal.SIGTERM)
    rig.ended(master)

    assert accounted(rig).complaints == []


def _ask(port, numbers, count):
    """Sends requests from four threads, each repeated under a new number if a killed worker took it along."""

    def ask():
        for _ in range(count // 4):
            while not _get(port, next(numbers)):
                time.sleep(0.01)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _get(port, number):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", f"/{number}")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def test_a_process_forks_while_its_threads_log(rig, tier, accounted):
    rig.ended(rig.drive("forking", forks=tier.pick(100, 200), threads=8, in_child=tier.pick(5, 20)), within_s=240)

    assert accounted(rig).complaints == []


def test_a_child_that_only_lives_on_does_not_hold_what_its_parent_left(rig, accounted):
    scenarios.a_child_only_lives_on(rig)

    assert accounted(rig).complaints == []


@pytest.mark.parametrize("quick", ["1", "0"], ids=["quick", "not-quick"])
def test_a_container_is_killed_and_its_shared_memory_goes_with_it(rig, quick, accounted):
    """What was logged a while ago is on the disk, and without the quick way all of it."""
    if subprocess.run([*CONTAINER, "true"], capture_output=True).returncode != 0:
        pytest.skip("no mount namespace can be made here")
    with rig.proxy.doing(proxy.refuse):
        service = rig.drive("until_enough", rate=200, inside=CONTAINER, variables={"LOGVIEWER_SPOOL_QUICK": quick})
        rig.wait_for_more(300)
        rig.fault_happened()
        logged = rig.read_notes().returned
        rig.wait_for_more(200)
        if quick == "1":
            until(lambda: logged <= look_into(rig.spool, service=rig.service).waiting)
        service.kill()
    if quick == "1":
        rig.deleted |= rig.read_notes().returned - logged
    rig.wants("events waited in the spool", len(logged & rig.look_into_spool().waiting) > 0)

    assert accounted(rig).complaints == []


def test_fifty_processes_share_one_spool(rig, tier, accounted):
    scenarios.processes_share_a_spool(rig, 50, tier.pick(30, 100))

    assert accounted(rig).complaints == []
