"""Maintainers that are killed while they seal slices into which late events still come."""

import os
import random
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from logviewer.store.maintenance import ONE_SEALER
from tests.faults.maintenance import disorder, maintain
from tests.faults.product import Product, until
from tests.faults.reader import make_reader
from tests.faults.senders import Connection, Senders

EVENTS = 8000
MORE_EVENTS = 4000
SLOWLY = {"PGOPTIONS": "-c vacuum_cost_delay=100 -c vacuum_cost_limit=1"}  # so that a vacuum can be met
RANDOM_KILLS = 2

IN_THE_BUILD = "SELECT pid FROM pg_stat_progress_create_index WHERE phase LIKE 'building index%'"
BEFORE_THE_BUILD = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
IN_THE_VACUUM = """
    SELECT pid FROM pg_stat_progress_vacuum JOIN pg_stat_activity USING (pid) WHERE backend_type = 'client backend'
"""
PAUSE_BEFORE_A_BUILD = """
    CREATE FUNCTION pause() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); END $$;
    CREATE EVENT TRIGGER pause ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION pause()
"""
SEALERS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"

# What to search for, and what the same words look like in a row. None is a part of a service's or an event's name.
SEARCHES = {
    "slash": [r"\mslash"],
    "word": [r"\mword"],
    "日本語": ["日本語"],
    "quote slash amp here large": [r"\mquote", r"\mslash", r"\mamp", r"\mhere", r"\mlarge"],
    "nothinglikeit": [r"\mnothinglikeit"],
}
SCAN = r"""
    SELECT (data ->> 'n')::int FROM log_event
    WHERE service = %s AND concat_ws(' ', data ->> 'text', data #>> '{nested,list,4,word}') ~* ALL (%s)
"""


class EndedSlices:
    """Some days that are over."""

    def __init__(self) -> None:
        self._days = [18, 19]  # others fill and seal the days before

    def add(self) -> None:
        self._days.append(self._days[-1] + 1)

    def moment(self) -> str:
        day = datetime.now(UTC).replace(hour=0, minute=0, second=0) - timedelta(days=random.choice(self._days))
        return (day + timedelta(seconds=random.random() * 86_000)).isoformat()


def kill_maintainer(product: Product, maintainer: "subprocess.Popen[str]", pid: int) -> None:
    maintainer.kill()


def end_its_postgres_process(product: Product, maintainer: "subprocess.Popen[str]", pid: int) -> None:
    product.query("SELECT pg_terminate_backend(%s)", pid)


def kill_postgres(product: Product, maintainer: "subprocess.Popen[str]", pid: int) -> None:
    os.kill(product.postgres_pid(), signal.SIGKILL)


FAULTS = [
    (IN_THE_BUILD, kill_maintainer),
    (IN_THE_BUILD, end_its_postgres_process),
    (BEFORE_THE_BUILD, end_its_postgres_process),
    (IN_THE_BUILD, kill_postgres),
    (IN_THE_VACUUM, kill_maintainer),
]


@contextmanager
def paused_before_a_build(product: Product) -> Iterator[None]:
    product.query(PAUSE_BEFORE_A_BUILD)
    try:
        yield
    finally:
        product.query("DROP EVENT TRIGGER pause")
        product.query("DROP FUNCTION pause")


def wait_until_nobody_seals(product: Product) -> None:
    """Of a killed maintainer the Postgres process works on until its statement has ended."""
    product.query("SELECT pg_cancel_backend(pid) FROM pg_stat_progress_vacuum")
    until(lambda: product.query(SEALERS, ONE_SEALER) == [(0,)])


def was_killed_when_met(product: Product, moment: str, kill) -> bool:
    """False if the maintainer had ended before: the moment is short, or the product's own worker was sealing."""
    maintainer = product.command("maintain_store", **(SLOWLY if moment == IN_THE_VACUUM else {}))
    pid = product.met_while(lambda: maintainer.poll() is None, moment)
    if pid is not None:
        kill(product, maintainer, pid)
    _, errors = maintainer.communicate()
    assert pid is not None or maintainer.returncode == 0, errors
    wait_until_nobody_seals(product)
    return maintainer.returncode != 0


def put_more(senders: Senders) -> None:
    """So that there is something to seal again."""
    connection = Connection(senders.url, senders.secret)
    for _ in range(0, MORE_EVENTS, senders.batch):
        senders.deliver(senders.next_numbers(), connection)
    connection.close()


def killed_at_random(product: Product, within_s: float) -> None:
    with product.command("maintain_store") as maintainer:
        try:
            maintainer.wait(within_s)
        except subprocess.TimeoutExpired:
            maintainer.kill()
    wait_until_nobody_seals(product)


def test_sealing_is_killed_at_every_step(under_load, judged):
    product, dice, ended = under_load.product, random.Random(3), EndedSlices()
    senders = under_load.senders(batch=1000, timestamp=ended.moment)

    def kill_when_met(moment: str, kill) -> None:
        while not was_killed_when_met(product, moment, kill):
            ended.add()
            put_more(senders)

    with senders.sending():
        senders.wait_for_more(EVENTS)
    senders.record.fault_happened()
    late = replace(senders, threads=1, batch=1)
    with late.sending():
        for moment, kill in FAULTS:
            if moment == BEFORE_THE_BUILD:
                with paused_before_a_build(product):
                    kill_when_met(moment, kill)
            else:
                kill_when_met(moment, kill)
            late.wait_for_more(20)
        for _ in range(RANDOM_KILLS):
            killed_at_random(product, dice.uniform(0.5, 3))
        maintain(product)
        late.wait_for_more(200)  # into sealed slices

    assert judged(product, senders).complaints == []
    assert disorder(product) == []
    reader = make_reader(product)
    product.restart_web()  # it looks only now and then which slices are sealed
    for q, patterns in SEARCHES.items():
        scanned = sorted(number for (number,) in product.query(SCAN, senders.service, patterns))
        assert reader.found(q, senders.service) == scanned, q
        assert bool(scanned) == (q != "nothinglikeit")
    until(lambda: words_were_used(product))


def words_were_used(product: Product) -> bool:
    """Whether Postgres has read an index of words for a search."""
    [(scans,)] = product.query("SELECT sum(idx_scan) FROM pg_stat_user_indexes WHERE indexrelname LIKE '%%\\_words'")
    return scans > 0
