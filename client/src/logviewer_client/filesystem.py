"""Tells file systems that wait for a network or another process from those that wait for a disk of this machine."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

REMOTE = re.compile(
    r"nfs|cifs|smb|fuse|9p$|ceph|gluster|lustre|afs|gpfs|gfs|ocfs2|beegfs|virtiofs|autofs|vboxsf|prl_fs|vmhgfs|davfs"
)
MOUNTS = "/proc/self/mountinfo"


@lru_cache(maxsize=16)
def may_hang(folder: Path) -> bool:
    """Whether `folder` is on a file system whose writes can hang for as long as somebody else does not answer.

    Where that cannot be found out, it is taken for a disk.
    """
    try:
        place = os.path.realpath(folder)
        with open(MOUNTS, encoding="utf-8", errors="replace") as mounts:
            kinds = {mount: kind for mount, kind in map(_mount_and_kind, mounts) if _is_inside(place, mount)}
    except OSError:
        return False
    return bool(kinds) and REMOTE.match(kinds[max(kinds, key=len)]) is not None


def _mount_and_kind(line: str) -> tuple[str, str]:
    """The mount point and type of a line of mountinfo (proc_pid_mountinfo(5)); later lines cover earlier ones."""
    before, _, after = line.partition(" - ")
    mount = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), before.split(" ")[4])
    return mount, after.split(" ")[0]


def _is_inside(place: str, mount: str) -> bool:
    return mount == "/" or place == mount or place.startswith(mount + "/")
