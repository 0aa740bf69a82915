"""What a reader chooses: theme and time zone."""

import pytest

from logviewer.accounts.models import User
from tests.integration.viewer.conftest import text_of


def test_the_theme_is_a_cookie_that_the_server_reads(viewer, client_of):
    client = client_of(viewer)

    response = client.post("/preferences/theme", {"theme": "dark", "next": "/?q=a"})

    assert response["Location"] == "/?q=a"
    assert 'data-theme="dark"' in text_of(client.get("/"))


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_nobody_is_sent_to_another_site(back, viewer, client_of):
    assert client_of(viewer).post("/preferences/theme", {"theme": "light", "next": back})["Location"] == "/"


def test_an_unknown_theme_changes_nothing(viewer, client_of):
    client = client_of(viewer)

    client.post("/preferences/theme", {"theme": "x' onload='y"})

    assert 'data-theme="auto"' in text_of(client.get("/"))


def test_the_time_zone_belongs_to_the_account(viewer, client_of):
    client = client_of(viewer)

    assert client.post("/preferences", {"time_zone": "America/Chicago"}).status_code == 302
    assert client.post("/preferences", {"time_zone": "Nowhere/Land"}).status_code == 200

    assert User.objects.get().time_zone == "America/Chicago"
    assert "America/Chicago" in text_of(client.get("/preferences"))


def test_a_zone_that_this_machine_does_not_know_is_utc_until_another_is_chosen(viewer, client_of):
    client = client_of(viewer)
    User.objects.update(time_zone="Europe/Of-Tomorrow")

    assert "UTC" in text_of(client.get("/"))
    assert client.post("/preferences", {"time_zone": "Europe/Berlin"}).status_code == 302
