"""Maintainers that are killed, and whether what they leave behind is put in order by the next one."""

import random
import signal
import subprocess
import time
from collections.abc import Callable

from tests.faults.product import Product, until

LEFT_OUT = "was left out"

# One row a thing that is wrong, with what and where.
DISORDER = r"""
    SELECT 'half detached', inhrelid::regclass::text FROM pg_inherits
    WHERE inhparent = 'log_event'::regclass AND inhdetachpending
    UNION ALL
    SELECT 'detached and not dropped', oid::regclass::text FROM pg_class
    WHERE relname ~ '^log_event_\d{8}' AND relkind = 'r' AND NOT relispartition
    UNION ALL
    SELECT 'invalid index', indexrelid::regclass::text FROM pg_index
    JOIN pg_class ON pg_class.oid = indrelid AND relnamespace = 'public'::regnamespace
    WHERE NOT (indisvalid AND indisready AND indislive)
    UNION ALL
    SELECT 'a partition lacks an index', partition.inhrelid::regclass::text
    FROM pg_index of_parent CROSS JOIN pg_inherits partition
    WHERE of_parent.indrelid = 'log_event'::regclass AND partition.inhparent = 'log_event'::regclass
      AND NOT EXISTS (SELECT FROM pg_inherits index
                      JOIN pg_index own ON own.indexrelid = index.inhrelid
                      WHERE index.inhparent = of_parent.indexrelid AND own.indrelid = partition.inhrelid)
    UNION ALL
    SELECT 'unfinished index', oid::regclass::text FROM pg_class WHERE relname ~ '^log_event_.*_unfinished'
    UNION ALL
    SELECT 'ended and not sealed', slice.oid::regclass::text
    FROM pg_inherits JOIN pg_class slice ON slice.oid = inhrelid
    WHERE inhparent = 'log_event'::regclass
      AND substring(pg_get_expr(relpartbound, slice.oid) FROM 'TO \(''([^'']+)')::timestamptz
          < now() - interval '20 minutes' -- five more than a slice is left alone: it may have come of age just now
      AND to_regclass(slice.relname || '_words') IS NULL
    UNION ALL
    SELECT 'sealed and without an index of cohorts', words.oid::regclass::text
    FROM pg_class words WHERE relname ~ '^log_event_.*_words$'
      AND to_regclass(regexp_replace(relname, '_words$', '_cohort_levels')) IS NULL
    UNION ALL
    SELECT 'the planner does not know the words', words.oid::regclass::text
    FROM pg_class words WHERE relname ~ '^log_event_.*_words$' AND reltuples > 0
      AND NOT EXISTS (SELECT FROM pg_statistic WHERE starelid = words.oid)
"""


def maintain(product: Product, **variables: str) -> None:
    """One undisturbed run, which is the only one: of a killed maintainer its Postgres process may still work."""

    def ran() -> bool:
        return LEFT_OUT not in product.output("maintain_store", **variables)

    until(ran)


def kill_again_and_again(
    product: Product, make_work: Callable[[], None], *, rounds: int, seed: int, **variables: str
) -> None:
    """Starts maintainers, each with work to do, until so many were killed at a random moment before their end."""
    dice, killed = random.Random(seed), 0
    make_work()
    started = time.monotonic()
    maintain(product, **variables)
    usual_s = time.monotonic() - started
    while killed < rounds:
        make_work()
        started = time.monotonic()
        with product.command("maintain_store", **variables) as process:
            try:
                process.wait(dice.uniform(0.3, 1.0) * usual_s)
            except subprocess.TimeoutExpired:
                process.kill()
            if process.wait() == -signal.SIGKILL:
                killed += 1
            else:
                usual_s = min(usual_s, time.monotonic() - started)


def disorder(product: Product) -> list[tuple[str, str]]:
    """What maintenance left undone: an empty list if every partition is whole or gone, all that have ended are sealed,
    and no index is invalid."""
    return product.query(DISORDER)
