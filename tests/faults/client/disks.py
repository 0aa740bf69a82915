"""Disks to be filled, made read-only and frozen. Only root can mount them."""

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FROZEN_AT_MOST_S = 60.0


class NoDisk(Exception):
    """Why there is none here."""


@dataclass(frozen=True)
class Disk:
    """A mounted one."""

    folder: Path

    def fill(self) -> None:
        """Takes all the room that is left."""
        with contextlib.suppress(OSError), self._balloon.open("ab", buffering=0) as balloon:
            while True:
                balloon.write(bytes(4096))

    def make_room(self) -> None:
        self._balloon.unlink()

    @contextmanager
    def filled(self) -> Iterator[None]:
        self.fill()
        try:
            yield
        finally:
            self.make_room()

    @property
    def is_full(self) -> bool:
        return shutil.disk_usage(self.folder).free < 4096

    @contextmanager
    def read_only(self) -> Iterator[None]:
        _run("mount", "-o", "remount,ro", str(self.folder))
        try:
            yield
        finally:
            _run("mount", "-o", "remount,rw", str(self.folder))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every write to it hangs, as on a dead network disk, until the block ends; at most FROZEN_AT_MOST_S."""
        thaw = ["fsfreeze", "--unfreeze", str(self.folder)]
        watchdog = threading.Timer(FROZEN_AT_MOST_S, subprocess.run, [thaw], {"capture_output": True})
        _run("fsfreeze", "--freeze", str(self.folder))
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()
            subprocess.run(thaw, capture_output=True)  # the watchdog may have been first

    @contextmanager
    def after_a_power_failure(self, folder: Path) -> Iterator["Disk"]:
        """A copy of the device, mounted at `folder`: it lacks what the kernel holds back from the device as yet."""
        image = folder.with_suffix(".image")
        shutil.copyfile(self.folder.with_suffix(".image"), image)
        with _mounted(folder, "-o", "loop", str(image)):
            yield Disk(folder)

    @property
    def _balloon(self) -> Path:
        return self.folder / "balloon"


@contextmanager
def in_memory(folder: Path, kib: int) -> Iterator[Disk]:
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={kib}k,mode=700", "tmpfs"):
        yield Disk(folder)


@contextmanager
def in_a_file(folder: Path, mib: int) -> Iterator[Disk]:
    """Slower to make, and can be frozen."""
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(mib * 1024 * 1024)
    if shutil.which("mkfs.ext4") is None or shutil.which("fsfreeze") is None:
        raise NoDisk("there is no mkfs.ext4 or fsfreeze here")
    _run("mkfs.ext4", "-q", str(image))
    with _mounted(folder, "-o", "loop", str(image)):
        yield Disk(folder)


@contextmanager
def _mounted(folder: Path, *options: str) -> Iterator[None]:
    if os.geteuid() != 0:
        raise NoDisk("only root can mount a disk of its own")
    folder.mkdir()
    mounted = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    if mounted.returncode != 0:
        raise NoDisk(f"no disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
