"""Pages for what goes wrong look like the product and say what to do."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from tests.integration.viewer.conftest import text_of


def test_an_unknown_page_says_so(page):
    response = page("/no/such/page")

    assert response.status_code == 404
    assert "There is no such page" in text_of(response)
    assert "css/tokens.css" in text_of(response)


def test_a_form_that_cannot_be_read_is_400_also_where_there_is_no_page():
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.get("/accounts/login/")
    response = client.post("/no/such/page", b"--x", content_type="multipart/form-data")

    assert response.status_code == 400


def test_a_form_without_its_token_changes_nothing_and_says_why(viewer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(viewer, backend="allauth.account.auth_backends.AuthenticationBackend")

    response = client.post("/preferences/theme", {"theme": "dark"})

    assert response.status_code == 403
    assert "nothing was changed" in text_of(response)


def test_under_a_host_that_nobody_named_the_page_and_the_log_say_what_to_set(client, caplog):
    response = client.get("/", headers={"Host": "192.168.1.5:8000<b>"})

    assert response.status_code == 400
    assert "192.168.1.5:8000&lt;b&gt;" in text_of(response)
    assert "LOGVIEWER_ALLOWED_HOSTS" in text_of(response)
    [said] = caplog.messages
    assert "'192.168.1.5:8000<b>', which is not in LOGVIEWER_ALLOWED_HOSTS" in said


@pytest.mark.parametrize(
    "name", ["400.html", "400_host.html", "403.html", "404.html", "429.html", "500.html", "503.html"]
)
def test_each_is_whole_without_a_request(name):
    assert "</html>" in render_to_string(name)


def test_every_page_carries_the_policy(page):
    for path in ("/", "/preferences", "/no/such/page", "/accounts/password/change/"):
        policy = page(path)["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy
