"""What shipping costs the service that logs, beside what other libraries cost it, in the same run.

scripts/bench client [--calls 3000] [--rate 1000] [--rounds 3] [--outage-minutes 0.5] [--backlog 120000] [--json FILE]

Each way of shipping runs in a process of its own over the same structlog chain: an event of some 300 bytes, in bursts
of 10, `rate` calls a second. logviewer ships to the real product; the peers to stand-ins that take everything. The
peers' libraries are pinned in benchmarks/requirements-peers.txt and installed into .venv-client-benchmark.

Then: the longest call while nothing answers, the disk of the spool is full, and it hangs (as root); what a process
grows by in an outage of `outage-minutes` at 200 events/s; and how long `backlog` events take from the spool to the
store. Ten minutes of outage: scripts/bench client --only memory --outage-minutes 10.
"""

import argparse
import contextlib
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import product, report
from benchmarks.client_subject import WARM_UP
from benchmarks.product import Product
from tests.faults.client import disks

ROOT = Path(__file__).parent.parent
PINNED = Path(__file__).with_name("requirements-peers.txt")
PEERS = ROOT / ".venv-client-benchmark"
OUTAGE_RATE = 200  # events/s
NOBODY = 9  # the port of discard, on which nothing listens
HTTP, TCP = 0, 1  # the stand-ins' places in what they print
WAYS: dict[str, tuple[str, dict[str, str], int | None]] = {
    "nothing": ("nothing", {}, None),
    "logviewer, spool": ("logviewer", {"LOGVIEWER_MODE": "spool"}, None),
    "logviewer, memory": ("logviewer", {"LOGVIEWER_MODE": "memory"}, None),
    "sentry-sdk": ("sentry", {}, HTTP),
    "opentelemetry": ("opentelemetry", {}, HTTP),
    "python-logstash-async": ("logstash", {}, TCP),
}
SPOOL = "logviewer, spool"


@dataclass
class Bench:
    """What all parts need."""

    options: argparse.Namespace
    folder: Path
    running: Product
    key: str
    ports: tuple[int, int]
    figures: dict[str, Any] = field(default_factory=dict)

    def start(
        self, name: str, *options: object, is_away: bool = False, spool: Path | None = None
    ) -> "subprocess.Popen[str]":
        """Starts a service that ships in the way of that name, to where it should or to where nobody listens."""
        way, variables, receiver = WAYS[name]
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        port = NOBODY if is_away or receiver is None else self.ports[receiver]
        command = [PEERS / "bin" / "python", "-m", "benchmarks.client_subject", way, "--folder", folder, "--port", port]
        server = f"http://127.0.0.1:{NOBODY if is_away else self.running.port}"
        environment = {
            **_without_ours(),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'client' / 'src'}",
            "LOGVIEWER_URL": server,
            "LOGVIEWER_KEY": self.key,
            "LOGVIEWER_SERVICE": "benchmark",
            "LOGVIEWER_SPOOL_DIR": str(spool or folder / "spool"),
            **variables,
        }
        words = [*map(str, command), *map(str, options)]
        return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def drain(self, spool: Path) -> float:
        """The seconds that it takes to send all that lies in the spool, whose one folder is for another address."""
        (folder,) = spool.iterdir()
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "logviewer_client", "drain", folder.name],
            env={
                **_without_ours(),
                "PYTHONPATH": str(ROOT / "client" / "src"),
                "LOGVIEWER_URL": f"http://127.0.0.1:{self.running.port}",
                "LOGVIEWER_KEY": self.key,
                "LOGVIEWER_SPOOL_DIR": str(spool),
            },
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return time.perf_counter() - began

    def lost(self) -> list[tuple[Any, ...]]:
        """By reason, as the client's own events tell."""
        told = "SELECT data->>'reason', sum((data->>'count')::int) FROM log_event WHERE event = %s GROUP BY 1"
        with self.running.database() as database:
            return database.execute(told, ["logviewer_events_lost"]).fetchall()

    def stored(self) -> int:
        with self.running.database() as database:
            row = database.execute("SELECT count(*) FROM log_event WHERE event <> 'logviewer_events_lost'").fetchone()
        return int(row[0]) if row else 0

    @property
    def timing(self) -> list[object]:
        return ["--calls", self.options.calls, "--rate", self.options.rate]


def main() -> None:
    options = _options()
    make_environment()
    with (
        tempfile.TemporaryDirectory(prefix="logviewer-bench-") as folder,
        product.running(Path(folder, "data")) as running,
        receivers() as ports,
    ):
        bench = Bench(options, Path(folder), running, running.key(), ports)
        with running.database() as database:
            facts = report.facts(database)
        report.show_facts(facts)
        for name in options.only.split(","):
            PARTS[name](bench)
    report.write(options.json, "client", facts, **bench.figures)


def overhead(bench: Bench) -> None:
    """What a log call takes, and how much of that is shipping."""
    rounds = [{name: _said(bench.start(name, *bench.timing)) for name in WAYS} for _ in range(bench.options.rounds)]
    rows = [{"shipping by": name, **_medians([one[name] for one in rounds])} for name in WAYS]
    for row in rows:
        row["p50 more, us"] = row["p50_us"] - rows[0]["p50_us"]
        row["p99 more, us"] = row["p99_us"] - rows[0]["p99_us"]
    report.show(f"A log call at {bench.options.rate:g}/s, medians of {bench.options.rounds} rounds", rows)
    bench.figures["overhead"] = {"rounds": rounds, "medians": rows}


def worst(bench: Bench) -> None:
    """The longest call when something is wrong."""
    rows = []
    for name in WAYS:
        if name != "nothing":
            said = [_said(bench.start(name, *bench.timing, is_away=True)) for _ in range(bench.options.rounds)]
            rows.append({"shipping by": name, "when": "nothing answers", **_medians(said)})
    for when, fault in (("the disk is full", _full_disk), ("the disk hangs", _hung_disk)):
        try:
            said = [fault(bench) for _ in range(bench.options.rounds)]
        except disks.NoDisk as reason:
            print(f"not measured while {when}: {reason}")
            continue
        rows.append({"shipping by": SPOOL, "when": when, **_medians(said)})
    report.show(f"The longest of {bench.options.calls:,} calls, medians of {bench.options.rounds} rounds", rows)
    bench.figures["worst"] = rows


def memory(bench: Bench) -> None:
    """What a process grows by while nothing answers. All run at the same time: nobody's time is measured."""
    calls = int(bench.options.outage_minutes * 60 * OUTAGE_RATE)
    options = ["--calls", calls, "--rate", OUTAGE_RATE]
    started = {name: bench.start(name, *options, is_away=True) for name in WAYS}
    rows = [{"shipping by": name, "MiB": _said(process)["grown_mib"]} for name, process in started.items()]
    report.show(f"Growth in an outage of {bench.options.outage_minutes:g} min at {OUTAGE_RATE} events/s", rows)
    bench.figures["memory"] = rows


def backlog(bench: Bench) -> None:
    """How long it takes until what an outage left is stored."""
    rows = []
    for number in range(bench.options.rounds):
        spool, before = bench.folder / f"backlog{number}", bench.stored()
        _said(bench.start(SPOOL, "--calls", bench.options.backlog, is_away=True, spool=spool))
        seconds = bench.drain(spool)
        stored = bench.stored() - before
        if stored != bench.options.backlog + WARM_UP:
            raise SystemExit(f"{stored} events were stored of {bench.options.backlog + WARM_UP}; lost: {bench.lost()}")
        rows.append({"events": stored, "s": seconds, "events/s": stored / seconds})
    report.show("From the spool to the store", rows)
    print(f"median: {statistics.median(row['s'] for row in rows):.1f} s")
    bench.figures["backlog"] = rows


PARTS: dict[str, Callable[[Bench], None]] = {part.__name__: part for part in (overhead, worst, memory, backlog)}


def _full_disk(bench: Bench) -> dict[str, float]:
    with disks.in_memory(Path(tempfile.mkdtemp(dir=bench.folder), "disk"), kib=1024) as disk:
        return _befallen(bench, disk, disk.filled())


def _hung_disk(bench: Bench) -> dict[str, float]:
    with disks.in_a_file(Path(tempfile.mkdtemp(dir=bench.folder), "disk"), mib=16) as disk:
        return _befallen(bench, disk, disk.frozen())


def _befallen(bench: Bench, disk: disks.Disk, fault: contextlib.AbstractContextManager[None]) -> dict[str, float]:
    """What a service says whose spool's disk is befallen by `fault` once it is warm."""
    warm = Path(tempfile.mkdtemp(dir=bench.folder), "warm")
    process = bench.start(SPOOL, *bench.timing, "--when-warm", warm, is_away=True, spool=disk.folder / "spool")
    while not warm.exists() and process.poll() is None:
        time.sleep(0.01)
    with fault:
        warm.unlink()
        # Its line comes before its end: with a thread in a write that hangs a process cannot leave.
        line = process.stdout.readline() if process.stdout else ""
    process.wait()
    return json.loads(line)


@contextmanager
def receivers() -> Iterator[tuple[int, int]]:
    command = [sys.executable, "-m", "benchmarks.client_receivers"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        http, tcp = process.stdout.readline().split()
        yield int(http), int(tcp)
    finally:
        process.terminate()
        process.wait()


def make_environment() -> None:
    """Brings PEERS to hold what PINNED names."""
    stamp, wanted = PEERS / "stamp", hashlib.sha256(PINNED.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing {PINNED.name} into {PEERS.name}", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(PEERS)], check=True)
    pip = [PEERS / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", PINNED]
    subprocess.run(list(map(str, pip)), check=True)
    stamp.write_text(wanted)


def _said(process: "subprocess.Popen[str]") -> dict[str, float]:
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, process.args))} ended with {process.returncode}")
    figures: dict[str, float] = json.loads(output)
    return figures


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in rounds) for name in ("p50_us", "p99_us", "max_ms")}


def _without_ours() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("LOGVIEWER_", "OTEL_", "SENTRY_"))
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=1000, help="calls a second; 0: as fast as can be")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--outage-minutes", type=float, default=0.5)
    parser.add_argument("--backlog", type=int, default=120_000)
    parser.add_argument("--only", default=",".join(PARTS), help=f"of {','.join(PARTS)}")
    report.add_json_option(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
