"""How fast the API answers, whether it is right, and how that compares with plain SQL over the same store.

scripts/bench search --data DIR [--only Q1,Q5] [--number 20] [--cold 1] [--no-sql]

DIR was made by scripts/bench store. Each question is asked with `--number` parameters over one kept-open connection,
once uncounted and once timed at the client to the last byte; both answers are held to what the corpus' generator
counted. Then its SQL is timed in the same way over psycopg. Cold: server restarted and page cache dropped (as root).
"""

import argparse
import json
import subprocess
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import product, report
from benchmarks.product import Client, Product
from benchmarks.questions import KINDS, Kind, Question, questions
from benchmarks.store import Kept, read_truth
from benchmarks.truth import Truth

DROP_CACHES = Path("/proc/sys/vm/drop_caches")


def main() -> None:
    options = _options()
    kept, truth = Kept.read(options.data), read_truth(options.data)
    with _running(options.data, kept) as running, running.database() as database:
        facts = report.facts(database)
        report.show_facts(facts)
        connect = partial(Client, running.port, running.token())
        rows = [_warm(kind, truth, connect(), database, options) for kind in options.only]
    for row, kind in zip(rows, options.only, strict=True):
        if options.cold and "p50 ms" in row:
            row["cold ms"] = _cold(kind, truth, kept, options)
    days = (truth.last - truth.first) / 86_400e6
    title = f"Searching {truth.events:,} events of {days:.1f} days" + (", unsealed" if kept.unsealed else "")
    report.show(title, rows)
    report.write(options.json, "search", facts, events=truth.events, unsealed=kept.unsealed, searches=rows)
    if any(row["not right"] for row in rows):
        raise SystemExit("Some answers were wrong, incomplete or missing: see above.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", type=_kinds, default=KINDS, help="names of questions, with commas between")
    parser.add_argument("--number", type=int, default=20, help="varied parameters for each question")
    parser.add_argument("--cold", type=int, default=1, help="cold readings for each question")
    parser.add_argument("--no-sql", dest="sql", action="store_false", help="leave out the reference")
    report.add_json_option(parser)
    return parser.parse_args()


def _kinds(names: str) -> list[Kind]:
    return [next(kind for kind in KINDS if kind.name == name) for name in names.split(",")]


def _running(data: Path, kept: Kept) -> AbstractContextManager[Product]:
    return product.running(data, retention_days=kept.retention_days)


def _warm(
    kind: Kind, truth: Truth, client: Client, database: psycopg.Connection[Any], options: argparse.Namespace
) -> dict[str, Any]:
    row: dict[str, Any] = {"name": kind.name, "question": kind.title}
    asked = questions(kind, truth, options.number)
    if not asked:
        return {**row, "not right": 0, "note": "the corpus has no case of it"}
    api = _ask_all(asked, client)
    row |= {**_spread(api.seconds), "not right": len(api.problems)}
    if options.sql:
        sql = _timed_sql(asked, database)
        row["SQL p50 ms"] = _ms(report.percentile(sql, 0.5))
        if api.seconds:
            row["ratio"] = round(row["p50 ms"] / row["SQL p50 ms"], 2)
    row["note"] = "; ".join(filter(None, [api.note, *sorted(set(api.problems))]))[:200]
    print(row, flush=True)
    return row


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of questions to the API: the seconds of the second time, and what was not right at any time."""

    seconds: Sequence[float]
    problems: Sequence[str]
    note: str = ""


def _ask_all(asked: Sequence[Question], client: Client) -> Asked:
    problems, shares, seconds = [], [], []
    for is_counted in (False, True):
        for question in asked:
            began = time.perf_counter()
            status, body = client.get(question.path)
            took = time.perf_counter() - began
            if status != 200:
                return Asked([], [f"{question.path[:60]}: {status}"])
            answer = json.loads(body)
            if is_counted:
                seconds.append(took)
            if problem := question.expected.problem(answer):
                problems.append(problem)
            if answer.get("sampled") is not None:
                shares.append(answer["sampled"])
    return Asked(seconds, problems, f"sampled {min(shares):.2g} to {max(shares):.2g} of the rows" if shares else "")


def _timed_sql(asked: Sequence[Question], database: psycopg.Connection[Any]) -> list[float]:
    """The seconds that plain SQL takes. Ends the benchmark if its answers are not right: no reference then."""
    seconds = []
    for is_counted in (False, True):
        for question in asked:
            began = time.perf_counter()
            rows = database.execute(question.sql, question.params).fetchall()
            took = time.perf_counter() - began
            if is_counted:
                seconds.append(took)
            elif not question.expected.is_told_by(rows):
                raise SystemExit(f"Plain SQL answered wrongly: {question}"[:2000])
    return seconds


def _cold(kind: Kind, truth: Truth, kept: Kept, options: argparse.Namespace) -> float | None:
    """The median over restarts. Asked once without a token first: the code is loaded, the store is not read."""
    readings = []
    for question in questions(kind, truth, options.cold):
        if not _drop_page_cache():
            return None
        with _running(options.data, kept) as running:
            token = running.token()
            Client(running.port, "").get(question.path)
            client = Client(running.port, token)
            began = time.perf_counter()
            client.get(question.path)
            readings.append(time.perf_counter() - began)
    return _ms(report.percentile(readings, 0.5))


def _drop_page_cache() -> bool:
    subprocess.run(["sync"], check=True)
    try:
        DROP_CACHES.write_text("3")
    except OSError:
        return False
    return True


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    return {
        "p50 ms": _ms(report.percentile(seconds, 0.5)),
        "p95 ms": _ms(report.percentile(seconds, 0.95)),
        "worst ms": _ms(max(seconds)),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


if __name__ == "__main__":
    main()
