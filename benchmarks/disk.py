"""What a stored event takes on disk, by column, index and table.

scripts/bench disk --data DIR [--json FILE]

DIR was made by scripts/bench store, or is the data folder of a logviewer that is not running.
"""

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks import product, report

Row = dict[str, Any]
SMALL_BYTES = 256 * 1024
SLICES = "SELECT inhrelid FROM pg_inherits WHERE inhparent = 'log_event'::regclass"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    report.add_json_option(parser)
    options = parser.parse_args()
    with product.running(options.data, retention_days=3650) as running, running.database() as database:
        facts = report.facts(database)
        report.show_facts(facts)
        events = _one(database, "SELECT count(*) FROM log_event")
        if not events:
            raise SystemExit("There are no events in this store.")
        columns, relations = by_column(database, events), by_relation(database, events)
    report.show(f"Columns of {events:,} events, as they are stored", columns)
    report.show(f"Files of {events:,} events", relations)
    report.write(options.json, "disk", facts, events=events, columns=columns, relations=relations)


def by_column(database: psycopg.Connection[Any], events: int) -> Sequence[Row]:
    """Bytes an event of each column, compressed where Postgres does so, without alignment."""
    described = database.execute("SELECT * FROM log_event LIMIT 0").description or ()
    names = [column.name for column in described]
    sums = sql.SQL(", ").join(sql.SQL("sum(pg_column_size({}))").format(sql.Identifier(name)) for name in names)
    sizes = database.execute(sql.SQL("SELECT {} FROM log_event").format(sums)).fetchone()
    assert sizes is not None
    rows: list[Row] = [
        {"column": name, "B/event": round(float(size or 0) / events, 2)}
        for name, size in zip(names, sizes, strict=True)
    ]
    heap = _one(database, f"SELECT sum(pg_relation_size(inhrelid)) FROM ({SLICES}) slices")
    rest = float(heap) / events - sum(row["B/event"] for row in rows)
    return [*rows, {"column": "row headers, alignment, free space", "B/event": round(rest, 2)}]


def by_relation(database: psycopg.Connection[Any], events: int) -> Sequence[Row]:
    """Bytes an event of the slices' rows, of each of their indexes, and of every other table with its indexes."""
    heap = _one(database, f"SELECT sum(pg_table_size(inhrelid)) FROM ({SLICES}) slices")
    sizes: Counter[str] = Counter({"log_event, rows": int(heap)})
    indexes = database.execute(f"""
        SELECT pg_get_indexdef(indexrelid), pg_relation_size(indexrelid) FROM pg_index WHERE indrelid IN ({SLICES})
    """)
    for definition, size in indexes.fetchall():
        sizes[f"log_event, {_definition(definition)}"] += size
    others = database.execute(f"""
        SELECT coalesce(pg_partition_root(oid), oid)::regclass::text, sum(pg_total_relation_size(oid))::bigint
        FROM pg_class
        WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND oid NOT IN ({SLICES})
        GROUP BY 1
        ORDER BY 2 DESC
    """)
    for name, size in others.fetchall():
        sizes[name if size >= SMALL_BYTES else "all other tables"] += size
    sizes["in all"] = sizes.total()
    return [
        {"relation": name, "MiB": round(size / 2**20, 2), "B/event": round(size / events, 2)}
        for name, size in sizes.items()
    ]


def _definition(index: str) -> str:
    """What an index is, without its name and that of its slice."""
    found = re.search(r"USING (.*)", index, re.DOTALL)
    return found[1] if found else index


def _one(database: psycopg.Connection[Any], query: str) -> Any:
    row = database.execute(query).fetchone()
    return row[0] if row else None


if __name__ == "__main__":
    main()
