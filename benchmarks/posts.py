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

from benchmarks import product, report
from benchmarks.product import Product

SCRIPT = Path(__file__).with_suffix(".lua")


def main() -> None:
    options = _options()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    with (
        tempfile.TemporaryDirectory(prefix="logviewer-bench-") as folder,
        product.running(Path(folder, "data")) as running,
        running.database() as database,
    ):
        facts = report.facts(database)
        report.show_facts(facts)
        key = running.key()
        rows = [_round(options, running, key) for _ in range(options.rounds)]
    report.show(f"Posts of one event, {options.clients} clients of one key", rows)
    median = statistics.median(row["posts/s"] for row in rows)
    print(f"median {median:,.0f} posts/s")
    report.write(options.json, "posts", facts, rounds=rows, median=median)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    report.add_json_option(parser)
    return parser.parse_args()


def _round(options: argparse.Namespace, running: Product, key: str) -> dict[str, Any]:
    running.empty()
    cpu_s = running.cpu_seconds()
    result = _wrk(options, running.port, key)
    cpu_s = running.cpu_seconds() - cpu_s
    with running.database() as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM log_event), count(*), count(DISTINCT xid) FROM ingest_batch"
        ).fetchone()
    events, batches, transactions = row or (0, 0, 0)
    if not result["accepted"] <= events <= result["accepted"] + options.clients + result["broken"]:
        raise SystemExit(f"{result['accepted']} events were acknowledged, {events} are stored.")
    figures = {
        "posts/s": round(result["accepted"] / result["seconds"]),
        "p50 ms": result["p50_ms"],
        "p99 ms": result["p99_ms"],
        "not 200": result["refused"],
        "broken": result["broken"],
        "stored": events,
        "ledger rows": batches,
        "transactions": transactions,
        "CPU us a post": round(cpu_s / events * 1e6),
    }
    print(figures, flush=True)
    return figures


def _wrk(options: argparse.Namespace, port: int, key: str) -> dict[str, Any]:
    command = ["wrk", "-t2", f"-c{options.clients}", f"-d{options.seconds}s", "-s", str(SCRIPT)]
    environment = {**os.environ, "LOGVIEWER_BENCH_KEY": key}
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}"], check=True, env=environment, stdout=subprocess.PIPE, text=True
    )
    found = [line.removeprefix("RESULT ") for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not found:
        raise SystemExit(done.stdout)
    result: dict[str, Any] = json.loads(found[0])
    return result


if __name__ == "__main__":
    main()
