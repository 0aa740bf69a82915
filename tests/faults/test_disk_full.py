"""A disk that fills up: senders keep their batches meanwhile, and ingest goes on by itself when there is room again."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.faults.product import Product, until
from tests.faults.senders import Senders

DISK_MIB = 400


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk that is small enough to fill")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=700", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(file: Path) -> None:
    """Takes all the room that is left on the disk of `file`."""
    with contextlib.suppress(OSError), file.open("ab", buffering=0) as stream:
        while True:
            stream.write(bytes(64 * 1024))


def use_up_the_log(product: Product) -> None:
    """Makes Postgres want files for its write-ahead log that the disk has no room for."""
    with contextlib.suppress(psycopg.Error), product.connect() as connection:
        for _ in range(100):
            connection.execute("SELECT pg_logical_emit_message(false, '', repeat('x', 1000000))")


def test_the_disk_fills_up_and_is_freed_again(small_disk, tmp_path, judged):
    product = Product(small_disk / "data", tmp_path / "log")
    product.start()
    try:
        product.wait_until_serving()
        senders = Senders(product.url, product.manage("create_key", "--service", "*"), "disk full", batch=200)
        balloon = small_disk / "balloon"
        with senders.sending():
            senders.wait_for_more(2000)
            fill(balloon)
            use_up_the_log(product)
            fill(balloon)
            until(lambda: senders.record.answers["503"] >= 8)
            senders.record.fault_happened()
            balloon.unlink()
            senders.wait_for_more(2000, 60)
        verdict = judged(product, senders)
    finally:
        product.stop()

    assert verdict.complaints == []
    assert "No space left on device" in "".join(
        file.read_text() for file in (product.data / "postgres" / "log").glob("*.log")
    )
