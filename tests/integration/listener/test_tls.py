"""With an authority of certificates, a certificate says which service it is, and who has none is not let in."""

import json
import ssl
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from logviewer.store.models import EventRow
from tests.conftest import WATCHDOG_S, database_environment
from tests.faults.product import until
from tests.integration.listener.door_in_thread import connected, is_closed, open_door
from tests.listening import listening


def openssl(folder, *arguments):
    new_key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run(["openssl", *arguments, *new_key], cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With an authority, and certificates for the door and for a service."""
    folder = tmp_path_factory.mktemp("certificates")
    openssl(
        folder, "req", "-x509", "-subj", "/CN=authority", "-addext", "keyUsage=critical,keyCertSign",
        "-keyout", "ca.key", "-out", "ca.pem",
    )  # fmt: skip
    for name in ("localhost", "monarch"):
        openssl(
            folder, "req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-subj", f"/CN={name}",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
            "-keyout", f"{name}.key", "-out", f"{name}.pem",
        )  # fmt: skip
    return folder


def client(folder, name=None):
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    if name:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def server(folder, *, required):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.pem")
    context.load_cert_chain(folder / "localhost.pem", folder / "localhost.key")
    context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return context


def test_the_name_in_the_certificate_is_the_service(folder, tmp_path):
    with (
        open_door(tmp_path, senders=[], tls=server(folder, required=True)) as running,
        connected(running) as plain,
        client(folder, "monarch").wrap_socket(plain, server_hostname="127.0.0.1") as secret,
    ):
        secret.sendall(b"under TLS\nhalf")
        until(lambda: running.counts().stored == 1)

    first, second = EventRow.objects.order_by("id")
    assert (first.service, first.event, first.data["via"]) == ("monarch", "under TLS", "logstash-tls")
    assert (second.event, second.meta) == ("half", {"flags": ["half_line"]})


@pytest.mark.parametrize("required", [True, False])
def test_without_a_certificate_nobody_is_let_in_who_is_not_on_the_list(folder, tmp_path, required):
    with open_door(tmp_path, senders=[], tls=server(folder, required=required)) as running:
        with connected(running) as plain, suppress(ssl.SSLError, ConnectionError):
            secret = client(folder).wrap_socket(plain, server_hostname="127.0.0.1")
            with secret:
                secret.sendall(b"not me\n")
                assert secret.recv(1) == b""
        until(lambda: not running.door.connections)

    assert not EventRow.objects.exists()


def test_who_is_on_the_list_needs_no_certificate(folder, tmp_path):
    with (
        open_door(tmp_path, tls=server(folder, required=False)) as running,
        connected(running) as plain,
        client(folder).wrap_socket(plain, server_hostname="127.0.0.1") as secret,
    ):
        secret.sendall(b"encrypted\n")
        until(lambda: running.counts().stored == 1)

    assert EventRow.objects.get().service == "learning-api"


def test_plain_text_does_not_get_in(folder, tmp_path):
    with open_door(tmp_path, tls=server(folder, required=False)) as running, connected(running) as plain:
        plain.sendall(b"in the clear\n")
        while not is_closed(plain):
            pass

    assert not EventRow.objects.exists()


def test_a_service_with_a_certificate_sends_by_its_library_to_the_door_as_operators_open_it(
    folder, tmp_path, library_environment, stored
):
    variables = {
        "LOGVIEWER_LOGSTASH_SENDERS": "",
        "LOGVIEWER_LOGSTASH_TLS_CERT": str(folder / "localhost.pem"),
        "LOGVIEWER_LOGSTASH_TLS_KEY": str(folder / "localhost.key"),
        "LOGVIEWER_LOGSTASH_TLS_CLIENT_CA": str(folder / "ca.pem"),
    }
    with listening(database_environment(), tmp_path, **variables) as door:
        handler = {
            "class": "logstash_async.handler.AsynchronousLogstashHandler", "host": "127.0.0.1", "port": door.port,
            "database_path": None, "ssl_enable": True, "ca_certs": str(folder / "ca.pem"),
            "certfile": str(folder / "monarch.pem"), "keyfile": str(folder / "monarch.key"),
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("sender.py")), json.dumps(handler), "structlogs"],
            env=library_environment, capture_output=True, text=True, timeout=WATCHDOG_S, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        (event,) = stored(1)
        assert door.stop() == 0

    assert (event.service, event.event, event.request_id) == ("monarch", "cohort_assignment_started", "r-1")
    assert f"(TLS) from everyone with a certificate of {folder / 'ca.pem'}, and nobody else" in door.said()
