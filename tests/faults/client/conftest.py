"""Rigs for tests, one for each seed, and the table that is printed in the end.

FAULTS_SEEDS ("1 2 3", default "1") makes each case run once for each; FAULTS_LONG makes faults last as long as
docs promise. Both are set by scripts/faults.
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from tests.faults.client import disks
from tests.faults.client.disks import Disk
from tests.faults.client.judge import Account
from tests.faults.client.rig import Rig
from tests.faults.conftest import UnderLoad

T = TypeVar("T")
ACCOUNTS = pytest.StashKey[list[tuple[str, Account]]]()
COLUMNS = (
    "emitted", "stored", "missing", "doubled", "dropped", "spooled", "rejected", "repeats", "longest ms", "verdict",
)  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        seeds = [int(seed) for seed in os.environ.get("FAULTS_SEEDS", "1").split()]
        metafunc.parametrize("seed", seeds, ids=[f"seed{seed}" for seed in seeds])


@dataclass(frozen=True)
class Tier:
    """How long faults last."""

    is_long: bool

    def pick(self, short: T, long: T) -> T:
        return long if self.is_long else short


@pytest.fixture(scope="session")
def tier() -> Tier:
    return Tier(bool(os.environ.get("FAULTS_LONG")))


@pytest.fixture
def make_rig(
    under_load: UnderLoad, tmp_path: Path, seed: int, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Rig]]:
    """Makes rigs whose service has the name of the test, and ends what they started."""
    rigs: list[Rig] = []

    def make(**options: object) -> Rig:
        name = re.sub(r"[^\w.-]+", "-", request.node.name.removeprefix("test_"))
        folder = tmp_path / f"rig{len(rigs)}"
        folder.mkdir()
        rigs.append(Rig(folder, under_load.product, under_load.secret, f"{name}-{len(rigs)}", seed, **options))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    return make_rig()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    yield from _mounted(disks.in_memory(tmp_path / "disk", kib=2048))


@pytest.fixture
def freezable_disk(tmp_path: Path) -> Iterator[Disk]:
    yield from _mounted(disks.in_a_file(tmp_path / "disk", mib=16))


def _mounted(disk: AbstractContextManager[Disk]) -> Iterator[Disk]:
    with contextlib.ExitStack() as stack:
        try:
            there = stack.enter_context(disk)
        except disks.NoDisk as reason:
            pytest.skip(str(reason))
        yield there


@pytest.fixture
def accounted(request: pytest.FixtureRequest) -> Callable[..., Account]:
    """Judges a rig, and writes the account into the table."""

    def accounted(rig: Rig, **options: bool) -> Account:
        account = rig.account(**options)
        note(request.config, request.node.name.removeprefix("test_"), account)
        return account

    return accounted


def note(config: pytest.Config, name: str, account: Account) -> None:
    """Writes an account into the table."""
    config.stash.setdefault(ACCOUNTS, []).append((name, account))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints what became of the events of each case."""
    accounts = config.stash.get(ACCOUNTS, [])
    if not accounts:
        return
    terminalreporter.section("faults of the client's world")
    terminalreporter.line(" | ".join((*COLUMNS, "case")))
    for name, account in accounts:
        numbers = (
            account.emitted, account.stored, len(account.missing), len(account.doubled), sum(account.dropped.values()),
            account.spooled, account.rejected, account.duplicates,
        )  # fmt: skip
        verdict = "; ".join(account.complaints) or "kept"
        cells = [*map(str, numbers), f"{account.longest_ms:.1f}", verdict, name]
        terminalreporter.line(" | ".join(cells))
