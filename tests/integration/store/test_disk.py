"""The disk floor: ingest pauses with a reason, everything else goes on, and it ends by itself."""

import dataclasses
import os
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from logviewer.store import disk, writer
from logviewer.store.maintenance import maintain
from logviewer.store.writer import DiskNearlyFull
from tests.integration.store.test_writer import batch, event, stored

EVENTS = "/ingest/v1/events"


@pytest.fixture(autouse=True)
def _look_again():
    disk.forget()
    yield
    disk.forget()


@pytest.fixture
def watch(settings):
    """Sets the folder whose disk is watched, and the floor."""

    def change(folder: Path | None, percent: int) -> None:
        settings.LOGVIEWER = dataclasses.replace(settings.LOGVIEWER, database_folder=folder, disk_floor_percent=percent)

    return change


def test_below_the_floor_nothing_is_stored_and_with_room_it_is(watch, tmp_path):
    watch(tmp_path, 100)  # no disk is all free
    with pytest.raises(DiskNearlyFull, match="nearly full") as refusal:
        writer.write([event()], batch())
    assert refusal.value.retry_after_s > 0
    assert stored() == []

    watch(tmp_path, 0)
    writer.write([event()], batch())
    assert len(stored()) == 1


@pytest.mark.parametrize(("folder", "percent"), [(None, 100), (Path("/nowhere/at/all"), 100), (Path("/"), 0)])
def test_a_disk_that_nobody_can_see_or_shall_watch_stops_nothing(watch, folder, percent):
    watch(folder, percent)

    assert disk.shortage() is None
    writer.write([event()], batch())


def test_senders_are_told_why_and_when_to_come_back_while_pages_and_searches_go_on(
    watch, tmp_path, ingest_secret, viewer, client_of
):
    maintain()
    watch(tmp_path, 100)
    answer = Client().post(
        EVENTS, '{"event":"a"}', content_type="application/json", headers={"Authorization": f"Bearer {ingest_secret}"}
    )

    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "disk of the database is nearly full" in answer.json()["error"]["message"]
    assert Client().get("/ingest/v1/ready").status_code == 503
    assert client_of(viewer).get("/events").status_code == 200


def test_readiness_follows_the_same_floor(watch, tmp_path):
    maintain()
    watch(tmp_path, 100)
    full = Client().get("/readyz")
    watch(tmp_path, 0)
    switched_off = Client().get("/readyz")

    assert (full.status_code, full.json()["checks"]["disk"]) == (503, False)
    assert (switched_off.status_code, switched_off.json()["checks"]["disk"]) == (200, True)


def test_the_disk_is_not_looked_at_for_every_batch(watch, tmp_path):
    watch(tmp_path, 10)
    known = disk.free_share()
    tmp_path.rename(tmp_path.with_name("gone"))

    assert disk.free_share() == known
    disk.forget()
    assert disk.free_share() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_it_pauses_on_a_disk_that_fills_and_goes_on_when_there_is_room(watch, tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "LOOK_EVERY_S", 0.0)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)])
    if mounted.returncode:
        pytest.skip("this machine lets root mount nothing")
    try:
        watch(tmp_path, 10)
        writer.write([event()], batch())
        big = tmp_path / "of_another_program"
        big.write_bytes(bytes(1_000_000))
        with pytest.raises(DiskNearlyFull, match=r"\d\.\d % are free, and below 10 %"):
            writer.write([event()], batch())
        big.unlink()
        writer.write([event()], batch())
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
    assert len(stored()) == 2
