"""A disk that fills up: senders keep their batches meanwhile, and ingest goes on by itself when there is room again.

Ingest pauses before Postgres has no room, and survives where something else takes that, too.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.faults.conftest import WAITING_BRIEFLY, UnderLoad
from tests.faults.product import Product, until
from tests.faults.reader import make_reader
from tests.faults.senders import Senders

DISK_MIB = 400
FREE_MIB = 25  # less than the 10 % at which ingest pauses, and more than Postgres takes for itself
NO_SPACE = "No space left on device"


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk that is small enough to fill")
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=700", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def _on_small_disk(small_disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnderLoad]:
    product = Product(small_disk / "data", tmp_path_factory.mktemp("small_disk") / "log", given=WAITING_BRIEFLY)
    product.start()
    try:
        product.wait_until_serving()
        yield UnderLoad(product, product.manage("create_key", "--service", "*"))
    finally:
        product.stop()


@pytest.fixture
def on_small_disk(_on_small_disk: UnderLoad, request: pytest.FixtureRequest) -> UnderLoad:
    return replace(_on_small_disk, case=request.node.name)


def fill(file: Path, leave_mib: float = 0) -> None:
    """Takes the room that is left on the disk of `file`, all or but for `leave_mib`."""
    with contextlib.suppress(OSError), file.open("ab", buffering=0) as stream:
        while shutil.disk_usage(file).free > leave_mib * 1024 * 1024:
            stream.write(bytes(64 * 1024))


def use_up_the_log(url: str) -> None:
    """Makes Postgres want files for its write-ahead log that the disk has no room for."""
    with contextlib.suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as connection:
        for _ in range(100):
            connection.execute("SELECT pg_logical_emit_message(false, '', repeat('x', 1000000))")


def in_pause(senders: Senders, balloon: Path, look: Callable[[], object]) -> int:
    """Keeps the disk nearly full until nothing was acknowledged from before a `look` to some refusals after it.

    Returns how many events were acknowledged then. Postgres may give back files of its log at any time: ingest then
    rightly goes on until their room is taken, too.
    """
    record = senders.record
    stored = 0

    def paused() -> bool:
        nonlocal stored
        fill(balloon, leave_mib=FREE_MIB)
        stored, refused = len(record.acknowledged), record.answers["503"]
        look()
        until(lambda: record.answers["503"] >= refused + 8 or len(record.acknowledged) > stored)
        return len(record.acknowledged) == stored

    until(paused)
    return stored


def postgres_said(product: Product) -> str:
    return "".join(file.read_text() for file in (product.data / "postgres" / "log").glob("*.log"))


def test_ingest_pauses_before_postgres_has_no_room_and_pages_go_on(on_small_disk, small_disk, judged):
    # One sender: once it was refused, it has no batch under way that is stored and not yet acknowledged.
    senders = on_small_disk.senders(batch=200, threads=1)
    product, balloon, reader = on_small_disk.product, small_disk / "balloon", make_reader(on_small_disk.product)
    seen: list[tuple[int, int]] = []

    def look() -> None:
        seen.append((product.status("/accounts/login/"), len(reader.found("", senders.service))))

    no_space_before = postgres_said(product).count(NO_SPACE)
    with senders.sending():
        senders.wait_for_more(2000)
        stored = in_pause(senders, balloon, look)
        senders.record.fault_happened()
        balloon.unlink()
        senders.wait_for_more(2000)

    verdict = judged(product, senders)
    assert verdict.complaints == []
    assert verdict.answers.keys() == {"200", "503"}
    assert seen[-1] == (200, stored)
    assert postgres_said(product).count(NO_SPACE) == no_space_before


def test_the_disk_fills_up_and_is_freed_again(on_small_disk, small_disk, judged):
    product, senders, balloon = on_small_disk.product, on_small_disk.senders(batch=200), small_disk / "balloon"
    url, no_space_before = product.postgres_url(), postgres_said(product).count(NO_SPACE)

    def postgres_has_no_room() -> bool:
        fill(balloon)
        use_up_the_log(url)
        return postgres_said(product).count(NO_SPACE) > no_space_before

    with senders.sending():
        senders.wait_for_more(2000)
        until(postgres_has_no_room)
        refused = senders.record.answers["503"]
        until(lambda: senders.record.answers["503"] >= refused + 8)
        senders.record.fault_happened()
        balloon.unlink()
        senders.wait_for_more(2000)

    assert judged(product, senders).complaints == []
