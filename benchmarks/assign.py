"""What shipping costs a request: the latency of `assign` with it, without it, and with nobody to ship to.

scripts/bench assign [--calls 300] [--rounds 3] [--load 0] [--json FILE]

The real service on its own database, asked over one kept-open connection; each assignment of a student is timed until
the last byte of its answer and then undone, untimed. The ways take turns, `rounds` times each, in a process of their
own that is warm; with `--load` a class is in motion meanwhile, at so many requests a second. Everything is on the same
machine: the product, which stores what arrives meanwhile, too.
"""

import argparse
import statistics
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from benchmarks import product, report, school
from benchmarks.report import percentile
from benchmarks.school import Client, School

NOBODY = 9  # a port where nothing listens
OFF, ON, AWAY = "off", "on", "on, ingest server down"
WARM_UP = 50
STUDENT, COHORT = 88, 1  # whom a class in motion never assigns there


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="logviewer-bench-") as name, product.running(Path(name, "data")) as running:
        with running.database() as connection:
            facts = report.facts(connection)
        report.show_facts(facts)
        database = school.create_database(running.database_url, "school")
        key = running.key()
        ways = {
            OFF: {},
            ON: {"LOGVIEWER_URL": f"http://127.0.0.1:{running.port}", "LOGVIEWER_KEY": key},
            AWAY: {"LOGVIEWER_URL": f"http://127.0.0.1:{NOBODY}", "LOGVIEWER_KEY": key},
        }
        rounds: list[dict[str, dict[str, float]]] = []
        for number in range(options.rounds):
            folders = {way: Path(name, f"{number}{place}") for place, way in enumerate(ways)}
            rounds.append({way: _round(database, folders[way], ways[way], options) for way in ways})
            print(
                f"round {number + 1}: "
                + ", ".join(f"{way} {said['p50_ms']:.2f} ms" for way, said in rounds[-1].items())
            )
        _require_stored(running, options)
    rows = [{"shipping": way, **_medians([one[way] for one in rounds])} for way in ways]
    for row in rows:
        row["p50 / off"] = row["p50_ms"] / rows[0]["p50_ms"]
    report.show(f"assign, {options.calls} calls, medians of {options.rounds} rounds", rows)
    report.write(options.json, "assign", facts, rounds=rounds, medians=rows)


def _round(database: str, folder: Path, variables: Mapping[str, str], options: argparse.Namespace) -> dict[str, float]:
    folder.mkdir()
    with (
        school.serving(database, folder, product.free_port(), **variables) as serving,
        _load(serving, options),
        serving.client() as client,
    ):
        for _ in range(WARM_UP):
            _assign_ms(client)
        times = [_assign_ms(client) for _ in range(options.calls)]
    return {
        "p50_ms": percentile(times, 0.5),
        "p95_ms": percentile(times, 0.95),
        "p99_ms": percentile(times, 0.99),
        "longest_ms": max(times),
    }


def _load(serving: School, options: argparse.Namespace) -> AbstractContextManager[object]:
    return serving.loading(options.load) if options.load else nullcontext()


def _assign_ms(client: Client) -> float:
    assigned = client.ask("POST", f"/cohorts/{COHORT}/assign", {"person_id": STUDENT})
    removed = client.ask("DELETE", f"/cohorts/{COHORT}/assign", {"student_id": STUDENT})
    if (assigned.status, removed.status) != (201, 204):
        raise SystemExit(f"assign answered {assigned.status} {assigned.body}, its removal {removed.status}")
    return assigned.ms


def _require_stored(running: product.Product, options: argparse.Namespace) -> None:
    """What was shipped has arrived: otherwise the figures were those of something else."""
    expected = options.rounds * (WARM_UP + options.calls)
    with running.database() as connection:
        row = connection.execute(
            "SELECT count(*) FROM log_event WHERE event = 'cohort_assignment_created' AND cohort_id = %s"
            " AND data->>'student_id' = %s",
            [str(COHORT), str(STUDENT)],
        ).fetchone()
    stored = row[0] if row else 0
    if stored != expected:
        raise SystemExit(f"{stored} assignments were stored of {expected}")


def _medians(rounds: list[dict[str, float]]) -> dict[str, Any]:
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--load", type=float, default=0, help="requests a second of a class in motion beside")
    report.add_json_option(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
