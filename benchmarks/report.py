"""What a benchmark says: a table for people, a file for programs, and the machine that it ran on."""

import argparse
import json
import math
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).parent.parent
SETTINGS = (
    "shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem", "max_wal_size", "wal_compression",
    "fsync", "synchronous_commit", "full_page_writes", "random_page_cost", "jit", "max_parallel_workers_per_gather",
)  # fmt: skip


def add_json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures and the machine's facts here")


def show(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints rows as a table in Markdown; the columns are the keys, in the order of the first row that has them."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [columns, *([cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(columns))]
    print(f"\n## {title}\n")
    for place, line in enumerate(cells):
        print("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |")
        if place == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    print(flush=True)


def cell(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def write(file: Path | None, name: str, facts: Mapping[str, Any], **figures: Any) -> None:
    """Writes {"benchmark", "machine", figures...} unless `file` is None."""
    if file is not None:
        file.write_text(json.dumps({"benchmark": name, "machine": facts, **figures}, indent=1) + "\n")


def facts(database: psycopg.Connection[Any]) -> dict[str, Any]:
    """What the figures depend on: the machine, Postgres and its settings, and the commit."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgres": _one(database, "server_version"),
        "settings": {name: _one(database, name) for name in SETTINGS},
        "commit": _git("rev-parse", "HEAD") + ("+" if _git("status", "--porcelain", "--untracked-files=no") else ""),
    }


def show_facts(facts: Mapping[str, Any]) -> None:
    settings = ", ".join(f"{name} {value}" for name, value in facts["settings"].items())
    print(
        f"{facts['cores']} cores, {facts['memory_gib']} GiB, {facts['system']}, Python {facts['python']}, "
        f"Postgres {facts['postgres']}, commit {facts['commit'][:12]}\n{settings}",
        flush=True,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """By nearest rank: a value that was measured."""
    return sorted(values)[max(0, math.ceil(share * len(values) - 1e-9) - 1)]


def _one(database: psycopg.Connection[Any], setting: str) -> str:
    row = database.execute("SELECT current_setting(%s)", [setting]).fetchone()
    assert row is not None
    value: str = row[0]
    return value


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()
