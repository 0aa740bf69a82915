"""The login of searches reads events and nothing else, even if somebody smuggles SQL into a search."""

import pytest
from django.db import DatabaseError, connections


@pytest.mark.parametrize("table", ["accounts_user", "django_session", "ingest_ingestkey", "accounts_readtoken"])
def test_it_cannot_read_people_sessions_or_keys(table):
    with connections["search"].cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
        cursor.execute(f"SELECT * FROM {table}")


def test_it_reads_events():
    with connections["search"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM log_event")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("read_only", ["on", "off"])
def test_it_cannot_write_even_when_it_leaves_read_only_mode(read_only):
    with connections["search"].cursor() as cursor:
        cursor.execute(f"SET default_transaction_read_only = {read_only}")
        with pytest.raises(DatabaseError, match=r"read-only|permission denied"):
            cursor.execute("DELETE FROM log_event")
    connections["search"].close_pool()  # nobody else shall get this connection


def test_a_statement_that_takes_too_long_is_ended():
    with connections["search"].cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("15s",)
