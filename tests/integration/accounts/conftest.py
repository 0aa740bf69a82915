"""What the tests of accounts share."""

from urllib.parse import urlsplit

import pytest
from django.test import Client


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """A good hash takes 0.1 s on purpose; these tests log in hundreds of times."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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
