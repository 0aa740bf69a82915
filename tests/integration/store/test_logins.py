"""Ingest and searches have logins that may do their own work and nothing else, even if somebody smuggles SQL in."""

import dataclasses
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import DatabaseError, connections, transaction

from logviewer.store import logins, partitions, writer
from logviewer.store.logins import INGEST_RIGHTS, ensure_logins
from logviewer.store.writer import StoreUnavailable
from tests.integration.store.test_writer import batch, event

LONG_AGO = datetime(2019, 7, 3, tzinfo=UTC)  # there is no partition for it
PEOPLES_TABLES = ["accounts_user", "accounts_readtoken", "accounts_firstadminlink", "django_session", "logviewer_cache"]


def run(alias, statement):
    """Runs `statement` in a transaction that is rolled back, and returns its first row, if any."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(statement)
        transaction.set_rollback(True, using=alias)
        return cursor.fetchone() if cursor.description else None


@pytest.mark.parametrize("alias", ["ingest", "search"])
@pytest.mark.parametrize("table", [*PEOPLES_TABLES, "procrastinate_jobs", "django_migrations"])
def test_people_sessions_and_jobs_are_nobodys_business(alias, table):
    with pytest.raises(DatabaseError, match="permission denied"):
        run(alias, f"SELECT * FROM {table}")


@pytest.mark.parametrize("alias", ["ingest", "search"])
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log_event",
        "DELETE FROM ingest_batch",
        "TRUNCATE log_event",
        "UPDATE log_event SET event = ''",
        "DROP TABLE log_event",
        "ALTER TABLE log_event ADD COLUMN mine text",
        "CREATE TABLE mine (a int)",
        "CREATE ROLE mine SUPERUSER",
        "UPDATE ingest_ingestkey SET revoked_at = NULL",
        "UPDATE ingest_ingestkey SET digest = ''",
        "INSERT INTO ingest_ingestkey (public_id, digest, service) VALUES ('', '', '*')",
        "DELETE FROM ingest_ingestkey",
        "UPDATE ingest_batch SET xid = '1'",
        "SET ROLE pg_read_server_files",
        "COPY log_service TO PROGRAM 'cat'",
    ],
)
def test_neither_may_destroy_forge_or_make_anything(alias, statement):
    with pytest.raises(DatabaseError, match=r"permission denied|must be |read-only"):
        run(alias, statement)


def test_ingest_may_not_read_events():
    with pytest.raises(DatabaseError, match="permission denied"):
        run("ingest", "SELECT * FROM log_event")


def test_ingest_stores_events_although_it_may_not_touch_a_partition_itself():
    writer.write([event()], batch())

    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*), min(tableoid::regclass::text) FROM log_event")
        count, partition = cursor.fetchone()
    assert count == 1
    with pytest.raises(DatabaseError, match="permission denied"):
        run("ingest", f"INSERT INTO {partition} SELECT")


def test_searches_may_not_read_keys_and_read_events():
    with pytest.raises(DatabaseError, match="permission denied"):
        run("search", "SELECT * FROM ingest_ingestkey")
    assert run("search", "SELECT count(*) FROM log_event") == (0,)


@pytest.mark.parametrize("statement", ["DELETE FROM log_event", "INSERT INTO log_service VALUES ('a', now())"])
def test_searches_cannot_write_even_when_they_leave_read_only_mode(statement):
    with connections["search"].cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        with pytest.raises(DatabaseError, match="permission denied"):
            cursor.execute(statement)
    connections["search"].close_pool()  # nobody else shall get this connection


def test_a_searchs_statement_that_takes_too_long_is_ended():
    assert run("search", "SHOW statement_timeout") == ("15s",)


def test_a_sender_whose_partition_cannot_be_made_is_told_to_wait(monkeypatch):
    monkeypatch.setattr(partitions, "MAKING_TIMEOUT", "100ms")
    with connections["search"].cursor() as cursor:  # another maker, who takes long
        cursor.execute("SELECT pg_advisory_lock(%s)", [partitions.MAKING_LOCK])
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            writer.write([event(time=LONG_AGO)], batch())
        cursor.execute("SELECT pg_advisory_unlock(%s)", [partitions.MAKING_LOCK])
    writer.write([event(time=LONG_AGO)], batch())


def test_the_owner_sees_what_the_others_do_and_may_end_it():
    with connections["ingest"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    assert run("default", f"SELECT usename, state FROM pg_stat_activity WHERE pid = {pid}") == (
        settings.DATABASES["ingest"]["USER"],
        "idle",
    )


def test_a_right_that_was_lost_and_one_for_a_new_table_are_given_at_the_next_start(monkeypatch):
    user = settings.DATABASES["ingest"]["USER"]
    monkeypatch.setitem(logins.RIGHTS, "ingest", {**INGEST_RIGHTS, "made_later": "INSERT", "made_never": "INSERT"})
    with connections["default"].cursor() as cursor:
        cursor.execute(f"REVOKE ALL ON log_event FROM {user}")
        cursor.execute("CREATE TABLE made_later (a int)")
    try:
        assert ensure_logins()

        writer.write([event()], batch())
        run("ingest", "INSERT INTO made_later VALUES (1)")
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute("DROP TABLE made_later")


@pytest.fixture
def name_login(settings, monkeypatch):
    """Does what LOGVIEWER_INGEST_DATABASE_URL and its like do."""

    def name(alias, user):
        url = {f"{alias}_database_url": f"postgres://{user}:theirs@localhost/logviewer"}
        settings.LOGVIEWER = dataclasses.replace(settings.LOGVIEWER, **url)
        monkeypatch.setitem(settings.DATABASES[alias], "USER", user)

    return name


def test_a_login_that_the_operator_made_gets_its_rights_and_nothing_more(name_login):
    name_login("ingest", "collector")
    with connections["default"].cursor() as cursor:
        cursor.execute("CREATE ROLE collector LOGIN")
    try:
        assert ensure_logins()

        assert run("default", "SELECT has_table_privilege('collector', 'log_event', 'INSERT')") == (True,)
        assert run("default", "SELECT pg_has_role(current_user, 'collector', 'USAGE')") == (False,)
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute("GRANT collector TO CURRENT_USER")
            cursor.execute("DROP OWNED BY collector; DROP ROLE collector")


def test_a_named_login_that_is_not_on_this_server_is_left_alone(name_login):
    name_login("search", "on_a_replica")

    assert ensure_logins()
    assert run("default", "SELECT count(*) FROM pg_roles WHERE rolname = 'on_a_replica'") == (0,)


def test_where_the_owner_is_named_for_all_nothing_is_made(name_login, monkeypatch):
    for alias in ("ingest", "search"):
        name_login(alias, settings.DATABASES["default"]["USER"])
    monkeypatch.setattr(logins, "_make", None)
    monkeypatch.setattr(logins, "_grant", None)

    assert ensure_logins()


def test_a_login_that_is_made_and_not_let_in_leaves_its_work_to_the_owner(monkeypatch):
    user = settings.DATABASES["ingest"]["USER"]
    connections["ingest"].close()
    connections["ingest"].close_pool()
    monkeypatch.setitem(connections["ingest"].settings_dict, "PASSWORD", "not what the server knows")
    monkeypatch.setitem(connections["ingest"].settings_dict["OPTIONS"]["pool"], "timeout", 1)
    monkeypatch.setitem(connections["ingest"].settings_dict, "USER", user)
    monkeypatch.setattr(logins, "_make", lambda *arguments, **verb: None)  # as if a pooler stood before the server
    try:
        assert not ensure_logins()

        logins.use_owner_if_refused("ingest")
        writer.write([event()], batch())
        assert run("ingest", "SELECT current_user::text") == (settings.DATABASES["default"]["USER"],)
    finally:
        connections["ingest"].close()
        connections["ingest"].close_pool()
