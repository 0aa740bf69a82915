"""What the tests of accounts share."""

from urllib.parse import urlsplit

import pytest
from django.test import Client


@pytest.fixture
def path_of(settings):
    """The path of an absolute link of ours, checked to begin with the public URL."""

    def path(link: str) -> str:
        assert link.startswith(f"{settings.LOGVIEWER.public_url}/")
        return urlsplit(link).path

    return path


@pytest.fixture
def log_in():
    """Logs in by the form, as a person does; returns the client and the answer."""

    def attempt(email: str, password: str, client: Client | None = None, **headers: str):
        client = client or Client()
        answer = client.post("/accounts/login/", {"login": email, "password": password}, **headers)
        return client, answer

    return attempt
