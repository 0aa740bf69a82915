"""Without its database the product says so, and when to try again: people get a page, scripts JSON."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg_pool
import pytest
from django.db import connections
from django.test import Client

from logviewer.accounts.tokens import create_read_token


@contextmanager
def no_database() -> Iterator[None]:
    def none(*_: object) -> None:
        raise psycopg_pool.PoolTimeout("couldn't get a connection after 5.00 sec")

    with pytest.MonkeyPatch.context() as patch:
        for connection in connections.all():
            connection.close()
            patch.setattr(connection, "get_new_connection", none)
        yield


@pytest.fixture
def browser(viewer, client_of) -> Client:
    client = client_of(viewer)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("path", ["/", "/requests/7c1e", "/preferences", "/manage/tokens", "/no/such/page"])
def test_every_page_is_503(path, browser):
    with no_database():
        response = browser.get(path)

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "</html>" in response.content.decode()


def test_a_part_of_a_page_is_503_and_still_a_part(browser):
    with no_database():
        response = browser.get("/", headers={"HX-Request": "true"})

    assert response.status_code == 503
    assert "<html" not in response.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/count", "/api/v1/fields"])
def test_the_api_is_503_in_its_own_shape(path, viewer, browser):
    secret = create_read_token(viewer).secret

    with no_database():
        response = browser.get(path, headers={"Authorization": f"Bearer {secret}"})

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["error"]["message"] == "The database does not answer."


def test_a_mistake_of_ours_stays_500(browser, monkeypatch):
    def mistaken(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("logviewer.viewer.views.events.read_asked_page", mistaken)

    assert browser.get("/").status_code == 500
