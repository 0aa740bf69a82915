"""How many single events a second are stored when many clients post them: scripts/bench posts [--clients 32]

Needs wrk. Each answer means committed. A round prints posts a second, latency, what was not answered 200, and how many
events are stored in the end: never fewer than were acknowledged, and more by what was under way when wrk stopped.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import ingest, machine
from logviewer import embedded_postgres

SCRIPT = Path(__file__).with_suffix(".lua")


def main() -> None:
    options = _options()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="logviewer-bench-") as folder:
        data_dir = Path(folder) / "data"
        os.environ["LOGVIEWER_DATA_DIR"] = str(data_dir)
        with embedded_postgres.running(data_dir) as server:
            os.environ["DATABASE_URL"] = server.url
            ingest._manage("prepare")  # noqa: SLF001 -- the same server as the other benchmark's
            os.environ["LOGVIEWER_BENCH_KEY"] = ingest._manage("create_key", "--service", "*")  # noqa: SLF001
            with ingest._web_server(options.port) as web:  # noqa: SLF001
                rates = [_round(options, server.pid, web.pid) for _ in range(options.rounds)]
    print(f"median {statistics.median(rates):,.0f} posts/s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=18766)
    return parser.parse_args()


def _round(options: argparse.Namespace, postgres: int, web: int) -> float:
    ingest._truncate()  # noqa: SLF001
    cpu = machine.cpu_seconds(postgres) + machine.cpu_seconds(web)
    result = _wrk(options)
    cpu = machine.cpu_seconds(postgres) + machine.cpu_seconds(web) - cpu
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM log_event), count(*), count(DISTINCT xid) FROM ingest_batch"
        ).fetchone()
    events, batches, transactions = row or (0, 0, 0)
    if not result["accepted"] <= events <= result["accepted"] + options.clients + result["broken"]:
        raise SystemExit(f"{result['accepted']} events were acknowledged, {events} are stored.")
    rate = float(result["accepted"] / result["seconds"])
    print(
        f"{rate:7,.0f} posts/s   p50 {result['p50_ms']:.1f} ms  p99 {result['p99_ms']:.1f} ms"
        f"   not 200: {result['refused']}  broken: {result['broken']}   stored {events:,}"
        f" in {batches:,} batches, {transactions:,} transactions   {cpu / events * 1e6:,.0f} us CPU a post",
        flush=True,
    )
    return rate


def _wrk(options: argparse.Namespace) -> dict[str, Any]:
    command = ["wrk", "-t2", f"-c{options.clients}", f"-d{options.seconds}s", "-s", str(SCRIPT)]
    done = subprocess.run([*command, f"http://127.0.0.1:{options.port}"], check=True, stdout=subprocess.PIPE, text=True)
    found = [line.removeprefix("RESULT ") for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not found:
        raise SystemExit(done.stdout)
    result: dict[str, Any] = json.loads(found[0])
    return result


if __name__ == "__main__":
    main()
