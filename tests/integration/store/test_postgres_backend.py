"""The pool's own test of a connection that lay idle: none that is dead goes out, and the server is not asked."""

import psycopg
import pytest
from django.db import connections

from logviewer.store.postgres.base import is_alive

ALIASES = ("default", "ingest", "search")


def _pid(alias: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _of_nobodys_pool() -> psycopg.Connection:
    given = connections["default"].get_connection_params()
    return psycopg.connect(
        **{name: given[name] for name in ("dbname", "user", "password", "host", "port") if given.get(name)}
    )


@pytest.mark.parametrize("alias", ALIASES)
def test_a_connection_that_died_in_the_pool_does_not_go_out(alias):
    dead = _pid(alias)
    connections[alias].close()
    with _of_nobodys_pool() as connection:
        assert connection.execute("SELECT pg_terminate_backend(%s, 5000)", [dead]).fetchone() == (True,)
    assert _pid(alias) != dead


@pytest.mark.parametrize("alias", ALIASES)
def test_a_connection_that_lives_goes_out_again(alias):
    connections[alias].close()
    connections[alias].close_pool()  # what other tests left in it would go out first
    first = _pid(alias)
    connections[alias].close()
    assert _pid(alias) == first


def test_what_arrives_on_an_idle_connection_is_not_taken_for_its_end():
    _pid("search")
    with connections["search"].cursor() as listener, connections["default"].cursor() as speaker:
        listener.execute("LISTEN told")
        connection = listener.connection
        speaker.execute("NOTIFY told")
        speaker.execute("SELECT pg_sleep(0.1)")
        assert is_alive(connection)
        connection.close()
        assert not is_alive(connection)


def test_a_connection_that_was_closed_on_purpose_is_no_warning(caplog):
    _pid("ingest")
    connections["ingest"].connection.close()
    connections["ingest"].close()
    _pid("ingest")

    assert caplog.messages == []
