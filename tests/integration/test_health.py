"""The two probes: any Host, no redirect, and the truth."""

import pytest
from django.test import Client

from logviewer.store.maintenance import maintain


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/ingest/v1/ready"])
def test_probes_take_any_host(path):
    maintain()
    response = Client().get(path, headers={"host": "10.9.8.7"})

    assert response.status_code == 200


def test_machines_are_not_redirected_to_https(settings):
    settings.SECURE_SSL_REDIRECT = True

    assert Client().get("/healthz").status_code == 200
    assert Client().get("/accounts/login/").status_code == 301


def test_ready_names_the_check_that_fails(monkeypatch):
    maintain()
    monkeypatch.setattr("logviewer.health.partitions.existing", list)

    response = Client().get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"] == {"database": True, "migrations": True, "partition": False, "disk": True}


def test_a_page_for_people_refuses_a_foreign_host():
    assert Client().get("/accounts/login/", headers={"host": "evil.test"}).status_code == 400
