"""Under which account Postgres runs. It refuses root, and we make no accounts and change no folder of others.

As root a user namespace shows the server another user id while its files stay root's. Where namespaces are
refused, as in most containers, it runs as `nobody` with the one right to pass through root's folders.
"""

import ctypes
import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from logviewer.embedded_postgres.problem import EmbeddedPostgresProblem

CLONE_NEWUSER = 0x10000000
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522
NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Account:
    """`enter` runs in the child between fork and exec; `uid` and `gid` own the server's files."""

    uid: int
    gid: int
    enter: Callable[[], None]


def account_for(postgres: str, data: Path) -> Account:
    """Returns the first account that can run `postgres` and reach `data`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), _stay)
    uid, gid = _nobody()
    candidates = (
        Account(0, os.getegid(), lambda: _enter_user_namespace(uid)),
        Account(uid, gid, lambda: _become(uid, gid)),
    )
    for account in candidates:
        if sys.platform == "linux" and _can_run(account, postgres, data):
            return account
    raise EmbeddedPostgresProblem(
        "Postgres does not run as root, and this machine lets root neither make a user namespace nor become"
        " nobody: start as an ordinary user, or set DATABASE_URL to a Postgres server."
    )


def _stay() -> None:
    """An ordinary user's server runs as that user."""


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return NOBODY, NOBODY
    return entry.pw_uid, entry.pw_gid


def _can_run(account: Account, postgres: str, data: Path) -> bool:
    script = 'cd -- "$1" && exec "$0" --version'
    try:
        probe = subprocess.run(
            ["/bin/sh", "-c", script, postgres, data],
            preexec_fn=account.enter,
            capture_output=True,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return probe.returncode == 0


def _enter_user_namespace(inner_uid: int) -> None:
    """Shows this process to itself as `inner_uid`; on disk and to others it stays who it is."""
    uid, gid = os.geteuid(), os.getegid()
    _check(_libc.unshare(CLONE_NEWUSER), "unshare")
    Path("/proc/self/setgroups").write_text("deny")  # the kernel wants it before a gid map
    Path("/proc/self/uid_map").write_text(f"{inner_uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{inner_uid} {gid} 1")


def _become(uid: int, gid: int) -> None:
    """Changes to `uid`, keeping only the right to pass through folders: data, or programs, under /root are in 0700."""
    kept = _capability_to_pass()
    # access(2), by which Postgres finds its programs, leaves the kept right out of account unless this bit is set.
    # Containers may forbid it: then programs in open folders still run.
    _libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    _check(_libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl")
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(1 << kept, 1 << kept, 1 << kept, 0, 0, 0)
    _check(_libc.capset(header, sets), "capset")
    _check(_libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept, 0, 0), "prctl")


def _capability_to_pass() -> int:
    """The narrower of the two rights that lead through a closed folder; containers often lack it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapPrm:") and int(line.split()[1], 16) & 1 << CAP_DAC_READ_SEARCH:
            return CAP_DAC_READ_SEARCH
    return CAP_DAC_OVERRIDE


def _check(result: int, call: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), call)
