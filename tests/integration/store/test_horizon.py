"""The lag of the insertion cursor is visible, and so is who causes it."""

import psycopg
from django.conf import settings
from django.db import connections, transaction

from logviewer.store import writer
from logviewer.store.horizon import Horizon, read_horizon
from logviewer.store.ledger import Position, batches_after
from tests.integration.store.test_writer import batch, event


def test_nothing_is_behind_while_nobody_writes():
    writer.write([event()], batch())

    assert read_horizon() == Horizon(lag_s=0.0, batches_behind=0, held_by=None)


def test_an_open_transaction_that_wrote_holds_what_commits_after_it_and_is_named():
    with transaction.atomic(using="default"), connections["default"].cursor() as slow:
        slow.execute("INSERT INTO log_service VALUES ('slow', now())")
        for _ in range(3):
            writer.write([event()], batch())
        seen = read_horizon("ingest")
        later = read_horizon("ingest")
        assert batches_after(Position(), alias="ingest") == []

    assert seen.batches_behind == 3
    assert later.lag_s > seen.lag_s > 0
    assert read_horizon() == Horizon(0.0, 0, None)


def test_the_owner_sees_which_session_of_ingest_it_is():
    with transaction.atomic(using="ingest"), connections["ingest"].cursor() as slow:
        slow.execute("INSERT INTO log_service VALUES ('slow', now())")
        slow.execute("SELECT pg_backend_pid()")
        (pid,) = slow.fetchone()
        held_by = read_horizon().held_by

    assert held_by is not None
    assert held_by.startswith(f"logviewer of {settings.DATABASES['ingest']['USER']} in ")
    assert held_by.endswith(f"process {pid}")


def test_a_transaction_of_another_database_holds_it_too(postgres_url):
    with psycopg.connect(postgres_url) as elsewhere:
        elsewhere.execute("SELECT pg_current_xact_id()")
        writer.write([event()], batch())

        seen = read_horizon()
        assert seen.batches_behind == 1
        assert seen.held_by is not None
        assert " in postgres, process " in seen.held_by


def test_a_reader_however_slow_holds_nothing():
    with transaction.atomic(using="search"), connections["search"].cursor() as reader:
        reader.execute("SELECT count(*) FROM log_event")
        writer.write([event()], batch())

        assert read_horizon() == Horizon(0.0, 0, None)
