"""One run: a real product behind a proxy, real services that log through the client, an oracle, and a judge."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT
from tests.faults.client import judge, oracle
from tests.faults.client.judge import Account, Seen, Spool
from tests.faults.client.proxy import FaultProxy
from tests.faults.conftest import MOST_SERVICE_CHARACTERS
from tests.faults.judge import EVENT
from tests.faults.product import Product, environment, until
from tests.miscounted import MISCOUNTED

IN_MEMORY = Path("/dev/shm", f"logviewer-{os.geteuid()}")
DRAINED_WITHIN_S = 120
LOST_SOME = 1  # what the command that drains ends with if events were lost
ENDED_WITHIN_S = 90  # a watchdog: the client itself promises two seconds, once the process has started
STRANGE_ON_STDERR = ("Traceback", "Exception ignored", "Fatal Python", "a forked child")


@dataclass
class Driver:
    """A process that logs."""

    process: "subprocess.Popen[str]"
    errors: Path
    allowed: Sequence[str] = ()  # what may stand on stderr besides

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stopped(self) -> "Driver":
        """Itself, which was asked to stop logging."""
        self.process.send_signal(signal.SIGUSR1)
        return self

    def ended(self, status: int = 0, within_s: float = ENDED_WITHIN_S) -> list[str]:
        """Waits for its end; what was wrong with it."""
        try:
            given = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return [f"a process did not end within {within_s:g} s: {self.said()}"]
        said = self.said()
        wrong = [] if given == status else [f"a process ended with {given} instead of {status}: {said}"]
        if any(word in said for word in STRANGE_ON_STDERR) and not any(word in said for word in self.allowed):
            wrong.append(f"a process said: {said}")
        return wrong

    def said(self) -> str:
        return self.errors.read_text()[-2000:]


@dataclass
class Rig:
    """What one case needs. Everything it starts has ended after `close`."""

    folder: Path
    product: Product
    secret: str
    service: str
    seed: int
    spool: Path = None  # type: ignore[assignment]
    without: Sequence[str] = ()  # protections that are off in all drivers
    drivers: list[Driver] = field(default_factory=list)
    wanted: dict[str, bool] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    others: list[int] = field(default_factory=list)  # processes besides, which live until the end
    returned_before: int | None = None
    spoiled: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    garbage: int = 0

    def __post_init__(self) -> None:
        # What a run leaves in memory is no other run's, whose rigs have the same names.
        self.service = f"{self.service}-{uuid.uuid4().hex[:8]}"[-MOST_SERVICE_CHARACTERS:]
        self.spool = self.spool or self.folder / "spool"
        self.notes = self.folder / "oracle"
        self.dice = random.Random(self.seed)
        self.proxy = FaultProxy(self.product.port, self.seed)

    @property
    def variables(self) -> dict[str, str]:
        return environment(
            LOGVIEWER_URL=self.proxy.url,
            LOGVIEWER_KEY=self.secret,
            LOGVIEWER_SERVICE=self.service,
            LOGVIEWER_SPOOL_DIR=str(self.spool),
            PYTHONPATH=f"{ROOT}{os.pathsep}{ROOT / 'client' / 'src'}",
            RIG_ORACLE=str(self.notes),
        )

    def drive(
        self,
        work: str,
        *,
        module: str = "driver",
        allowed: Sequence[str] = (),
        variables: dict[str, str] | None = None,
        inside: Sequence[str] = (),
        **options: object,
    ) -> Driver:
        """Starts a process that does the driver's `work`."""
        command = ["-m", f"tests.faults.client.{module}", work, json.dumps({"without": list(self.without), **options})]
        return self.start(command, allowed=allowed, variables=variables, inside=inside)

    def start(
        self,
        arguments: Sequence[str],
        *,
        allowed: Sequence[str] = (),
        variables: dict[str, str] | None = None,
        inside: Sequence[str] = (),
    ) -> Driver:
        """Starts a Python process in the environment of a service that ships; `inside` is a command that becomes it."""
        errors = self.folder / f"stderr-{len(self.drivers)}"
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                [*inside, sys.executable, *arguments],
                env={**self.variables, **(variables or {})},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        self.drivers.append(Driver(process, errors, allowed))
        return self.drivers[-1]

    def wait_for_more(self, count: int) -> None:
        """Returns once `count` more log calls have returned."""
        goal = self.returned() + count
        until(lambda: self.returned() >= goal)

    def wait_until_stored(self, count: int) -> None:
        """Without any help: what the running processes themselves do."""
        until(lambda: self.stored() >= count)

    def flagged_clocks(self) -> int:
        """Stored events whose time the store did not believe."""
        flagged = "SELECT count(*) FROM log_event WHERE service = %s AND meta->'flags' ? 'clock'"
        return int(self.product.query(flagged, self.service)[0][0])

    def returned(self) -> int:
        return oracle.count_returned(self.notes)

    def read_notes(self) -> oracle.Notes:
        return oracle.read(self.notes)

    def stored_numbers(self) -> set[int]:
        numbers = "SELECT (data->>'n')::bigint FROM log_event WHERE service = %s AND event = %s"
        return {number for (number,) in self.product.query(numbers, self.service, EVENT)}

    def stored(self) -> int:
        count: int = self.product.query(
            "SELECT count(*) FROM log_event WHERE service = %s AND event = %s", self.service, EVENT
        )[0][0]
        return count

    def fault_happened(self) -> None:
        self.returned_before = self.returned()

    def wants(self, what: str, happened: bool) -> None:
        """The run shows nothing unless this happened."""
        self.wanted[what] = happened

    def look_into_spool(self) -> Spool:
        """In its folder, and in the one in memory from which events get there."""
        return judge.look_into(self.spool, IN_MEMORY, service=self.service)

    def spooled(self) -> int:
        return len(self.look_into_spool().waiting)

    def ended(self, driver: Driver, status: int = 0, within_s: float = ENDED_WITHIN_S) -> None:
        """Waits for its end, and keeps what was wrong with it."""
        self.problems += driver.ended(status, within_s)

    def stop(self, *drivers: Driver) -> None:
        """Ends them in peace."""
        for driver in drivers:
            driver.stopped()
        for driver in drivers:
            self.ended(driver)

    def drain(self, **variables: str) -> None:
        """Sends what lies in the spool as an operator would."""
        command = ["-m", "logviewer_client", "drain"]
        driver = self.drive("drain", variables=variables) if self.without else self.start(command, variables=variables)
        problems = driver.ended(within_s=DRAINED_WITHIN_S)
        if driver.process.returncode != LOST_SOME:  # the account says whether it may have lost some
            self.problems += [f"drain: {problem.strip()}" for problem in problems]

    def account(self, *, may_drop: bool = False, drained: bool = True) -> Account:
        """Drains the spool, unless the case is about who else does, and judges."""
        if drained:
            self.drain()
        service = (self.service,)
        events = "SELECT data FROM log_event WHERE service = %s AND event = %s"
        return judge.judge(
            self.read_notes(),
            [content for (content,) in self.product.query(events, *service, EVENT)],
            spool=self.look_into_spool(),
            dropped=judge.lost_by_reason(content for (content,) in self.product.query(events, *service, judge.LOST)),
            seen=Seen(self.returned_before, self.wanted, self.problems),
            may_drop=may_drop,
            spoiled=self.spoiled,
            deleted=self.deleted,
            garbage=self.garbage,
            miscounted=self.product.query(MISCOUNTED),
            duplicates=self.proxy.duplicates,
        )

    def close(self) -> None:
        for pid in self.others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for driver in self.drivers:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(driver.process.pid, signal.SIGKILL)  # with what it forked, also if it has ended itself
            driver.process.wait()
            if driver.process.stdout is not None:
                driver.process.stdout.close()
        self.proxy.close()


@contextmanager
def without_product(product: Product, seconds: float) -> Iterator[None]:
    """The product is down for the block, which lasts at least `seconds`, and serves after it."""
    product.stop()
    back_at = time.monotonic() + seconds
    try:
        yield
        time.sleep(max(0.0, back_at - time.monotonic()))
    finally:
        product.start()
        product.wait_until_serving()
