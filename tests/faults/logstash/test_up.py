"""`manage.py up` opens the door where its port is set, and closes it within the time that everything has."""

import os
import signal
import socket

from tests.conftest import WATCHDOG_S
from tests.faults.logstash.test_losses import doors
from tests.faults.product import Product, living
from tests.ports import free_port


def test_the_door_opens_with_the_product_and_its_last_lines_are_stored(logstash_product):
    port = int(logstash_product.given["LOGVIEWER_LOGSTASH_PORT"])
    assert len(doors(logstash_product)) >= 1
    said = logstash_product.said()
    assert "127.0.0.0/8 (school), and nobody else" in said
    assert said.count("no acknowledgement") == 1
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"the last line\n")
        family = logstash_product.family()
        assert logstash_product.stop() == 0

    assert living(family) == {}
    assert "127.0.0.1: 1 connections, 1 lines, 14 bytes, 1 stored" in logstash_product.said()


def test_what_could_not_be_stored_when_postgres_was_gone_is_stored_at_the_next_start(logstash_product):
    port = int(logstash_product.given["LOGVIEWER_LOGSTASH_PORT"])
    os.kill(logstash_product.postgres_pid(), signal.SIGSTOP)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"kept in a file\n")
        stopped = logstash_product.postgres_pid()
        logstash_product.stop()
    assert living({stopped: ""}) == {}
    assert "1 lines could not be stored" in logstash_product.said()

    logstash_product.start()
    logstash_product.wait_until_serving()

    found = logstash_product.query("SELECT count(*) FROM log_event WHERE event = 'kept in a file'")
    assert found == [(1,)]


def test_a_port_that_is_taken_is_named_with_its_variable(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = {"LOGVIEWER_LOGSTASH_PORT": str(port), "LOGVIEWER_LOGSTASH_SENDERS": "127.0.0.0/8=school"}
        product = Product(tmp_path / "data", tmp_path / "log", port=free_port(), given=given)
        product.start()

        assert product.process.wait(WATCHDOG_S) == 1
    assert f"Port {port} on 127.0.0.1 is in use" in product.said()
    assert "LOGVIEWER_LOGSTASH_PORT" in product.said()
