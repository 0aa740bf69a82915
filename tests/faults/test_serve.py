"""The whole product as `manage.py up` runs it, and what happens when its processes are killed."""

import json
import re
import socket
import urllib.request
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from logviewer import embedded_postgres
from logviewer.embedded_postgres.server import FAST_STOP_S, IMMEDIATE_STOP_S
from logviewer.supervisor.run import STOP_CHILDREN_S, STOP_DEMO_S
from tests.conftest import WATCHDOG_S
from tests.faults.product import Product, living, until
from tests.faults.senders import post
from tests.ports import free_port

STOP_WITHIN_S = 15


def test_the_first_start_prints_where_it_serves_and_a_link_to_make_the_first_admin(serving):
    said = serving.said()
    link = re.search(rf"http://localhost:{serving.port}(/\S+)", said.partition("first admin")[2])

    assert f"serves on http://localhost:{serving.port}\n" in said
    assert str(serving.data) in said
    assert link is not None
    assert serving.status(link[1]) == 200


def test_term_ends_everything_with_status_0(product):
    product.start()
    product.wait_until_serving()
    family = product.family()

    assert product.stop() == 0
    assert living(family) == {}
    assert not (product.data / "postgres" / "postmaster.pid").exists()


def test_what_does_not_end_by_itself_is_killed_within_the_time_that_operators_give_it():
    assert STOP_DEMO_S + STOP_CHILDREN_S + FAST_STOP_S + IMMEDIATE_STOP_S < STOP_WITHIN_S


def test_term_ends_it_with_status_0_while_it_starts(product):
    for moment in (lambda: product.postgres_pid() > 0, lambda: "Preparing" in product.said()):
        product.start()
        until(lambda moment=moment: came_about(moment))
        family = product.family()

        assert (product.stop(), living(family)) == (0, {}), product.said()


def came_about(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except (FileNotFoundError, IndexError, ValueError):
        return False


def test_a_killed_supervisor_leaves_nothing_running_and_the_next_start_takes_up_its_data(product):
    product.start()
    product.wait_until_serving()
    service = f"kept-{uuid.uuid4()}"
    secret = product.manage("create_key", "--service", service)
    assert post(product.url, secret, [{"event": "before"}]).status == 200
    family = product.family()
    assert len(family) > 5

    product.process.kill()
    product.process.wait()
    product.start()
    product.wait_until_ready()

    assert living(family) == {}
    assert post(product.url, secret, [{"event": "after"}]).status == 200
    stored = product.query("SELECT event FROM log_event WHERE service = %s ORDER BY id", service)
    assert stored == [("before",), ("after",)]


@pytest.mark.parametrize("name", ["supervisor.web", "procrastinate"])
def test_a_killed_child_is_started_again_with_all_it_had_started(serving, name):
    before = serving.restarted(name)

    until(lambda: living(before) == {})
    assert "ended by signal 9: restarting" in serving.said()


def test_a_busy_port_is_told_at_once_in_one_sentence(product):
    with socket.socket() as other:
        other.bind(("127.0.0.1", product.port))
        other.listen()
        product.start()
        assert product.process.wait(WATCHDOG_S) == 1

    assert product.said().count("\n") == 1
    assert "LOGVIEWER_PORT" in product.said()


def test_a_data_folder_in_use_is_told_in_one_sentence_whatever_the_port(serving, tmp_path):
    for port in (serving.port, free_port()):
        second = Product(serving.data, tmp_path / "second", port)
        second.start()
        assert second.process.wait(WATCHDOG_S) == 1
        assert second.said().count("\n") == 1
        assert f"process {serving.process.pid}" in second.said()
        assert "LOGVIEWER_DATA_DIR" in second.said()


def test_a_command_works_while_it_serves(serving):
    assert serving.manage("create_key", "--service", "a").startswith("lvk_")
    assert serving.status("/readyz") == 200


def test_a_command_works_while_nothing_serves_and_leaves_nothing_running(product):
    product.manage("prepare")

    assert product.manage("create_key", "--service", "b").startswith("lvk_")
    assert not (product.data / "postgres" / "postmaster.pid").exists()


def test_with_a_database_given_it_waits_for_it_and_starts_none(product, tmp_path):
    """As in a container: web and worker are processes of their own, and Postgres comes up when it comes."""
    elsewhere = tmp_path / "elsewhere"
    with embedded_postgres.running(elsewhere, log=lambda line: None, durable=False) as server:
        url = server.url
    product.data = tmp_path / "unused"
    worker = Product(tmp_path / "unused", tmp_path / "worker-log")
    product.start("--no-worker", DATABASE_URL=url)
    worker.start("--no-web", DATABASE_URL=url)
    until(lambda: "Waiting for the Postgres of DATABASE_URL" in product.said())

    with embedded_postgres.running(elsewhere, log=lambda line: None):
        product.wait_until_serving()
        until(lambda: bool(worker.family("procrastinate")))
        assert not product.family("procrastinate")
        assert [one.stop() for one in (product, worker)] == [0, 0]
    assert not (product.data / "postgres").exists()


def test_with_a_login_that_may_make_no_others_everything_works_and_the_start_says_so(product, tmp_path):
    with embedded_postgres.running(tmp_path / "elsewhere", log=lambda line: None, durable=False) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
            connection.execute("GRANT plain TO CURRENT_USER")
            connection.execute("CREATE DATABASE plain OWNER plain")
        parts = urlsplit(server.url)
        url = urlunsplit(parts._replace(netloc=f"plain:plain@{parts.netloc.rpartition('@')[2]}", path="/plain"))
        product.start("--no-worker", DATABASE_URL=url)
        product.wait_until_serving()
        assert "set LOGVIEWER_INGEST_DATABASE_URL and LOGVIEWER_SEARCH_DATABASE_URL" in product.said()

        secret = product.manage("create_key", "--service", "*", DATABASE_URL=url)
        assert post(product.url, secret, [{"event": "posted"}]).status == 200
        file = tmp_path / "old.ndjson"
        file.write_text('{"event":"imported"}\n')
        assert "1 stored" in product.manage("import_events", str(file), DATABASE_URL=url)
        product.manage("create_user", "--email", "vera@school.test", "--role", "viewer", DATABASE_URL=url)
        token = product.manage("create_token", "--user", "vera@school.test", DATABASE_URL=url)
        search = urllib.request.Request(f"{product.url}/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(search, timeout=10) as answer:
            assert {found["event"] for found in json.load(answer)["events"]} == {"posted", "imported"}
        assert product.stop() == 0
