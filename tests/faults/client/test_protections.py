"""With one protection off at a time the judge must complain: a rig that is content with anything shows nothing.

The same happens here as in the tests of the promises. It all happens at the same time, for it is mostly waiting.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest

from tests.faults.client import corruption, disks, scenarios
from tests.faults.client.conftest import note
from tests.faults.client.protections import PROTECTIONS
from tests.faults.client.rig import Rig


@dataclass(frozen=True)
class Off:
    """What happens while a protection is off, and what the judge then says."""

    happens: Callable[[Rig], None]
    complaint: str
    is_drained: bool = True
    needs_disk: bool = False


WITHOUT = {
    # Some are missing then, or stored twice.
    "lock_of_segments": Off(partial(scenarios.processes_share_a_spool, processes=8, count=300), "events are "),
    "stable_batch_id": Off(partial(scenarios.answers_are_lost, rate=500), "stored more than once"),
    "append_before_return": Off(partial(scenarios.services_are_killed, rounds=15), "events are missing"),
    "sync_to_disk": Off(
        partial(scenarios.the_power_fails, within_s=2), "were not on the disk when the power failed", needs_disk=True
    ),
    "removal_only_after_our_answer": Off(scenarios.strangers_answer, "events are missing"),
    "closing_of_inherited_descriptors": Off(scenarios.a_child_only_lives_on, "left in the spool"),
    "adoption_of_orphans": Off(
        partial(scenarios.a_sibling_lives_on, within_s=12), "left in the spool", is_drained=False
    ),
    "checksums": Off(
        partial(scenarios.files_are_corrupt, corruptions=[corruption.another_digit_in_a_text]), "with another content"
    ),
    "refusal_of_links": Off(
        partial(scenarios.files_are_corrupt, corruptions=[corruption.a_link_to_a_file_elsewhere]),
        "that were never logged",
    ),
}


@pytest.fixture(scope="module")
def said(_product_under_load, tmp_path_factory, request) -> dict[str, str]:
    """What the judge said without each of the protections; what is missing here where a disk could not be made."""
    rigs = {
        name: Rig(
            tmp_path_factory.mktemp(name),
            _product_under_load.product,
            _product_under_load.secret,
            service=f"without {name}",
            seed=1,
            without=[name],
        )
        for name in WITHOUT
    }

    def without(name: str) -> str:
        off, rig = WITHOUT[name], rigs[name]
        if not off.needs_disk:
            off.happens(rig)
            return judged(name, rig)
        try:
            with disks.in_a_file(rig.folder / "disk", mib=16) as disk:
                rig.spool = disk.folder / "spool"
                off.happens(rig, disk)
                return judged(name, rig)
        except disks.NoDisk as reason:
            return f"no disk: {reason}"

    def judged(name: str, rig: Rig) -> str:
        account = rig.account(drained=WITHOUT[name].is_drained)
        note(request.config, f"without {name}", account)
        return "; ".join(account.complaints)

    with ThreadPoolExecutor(len(rigs)) as pool:
        running = {name: pool.submit(without, name) for name in rigs}
    for rig in rigs.values():
        rig.close()
    return {name: str(future.exception() or future.result()) for name, future in running.items()}


@pytest.mark.parametrize("protection", WITHOUT)
def test_without_a_protection_the_judge_complains(protection, said):
    if said[protection].startswith("no disk"):
        pytest.skip(said[protection])
    assert WITHOUT[protection].complaint in said[protection]


def test_every_protection_is_switched_off_once():
    assert WITHOUT.keys() == PROTECTIONS.keys()
