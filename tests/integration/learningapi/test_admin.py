"""The admin's pages: they are there with their styles, and what is changed there is told without its values."""

import http.cookiejar
import re
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.learningapi.harness import Logviewer, Service, eventually, run

PASSWORD = "a password of the tests"
PAGES = ["nssuser", "cohort", "nssusercohort", "course", "book", "project", "studentproject"]


class Browser:
    """Keeps cookies and sends forms with their token."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.request_id = ""

    def open(self, path: str, form: dict[str, str] | None = None) -> str:
        if form is not None:
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.open(path))
            assert token
            form = {**form, "csrfmiddlewaretoken": token[1]}
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        with self.opener.open(f"{self.url}{path}", data, timeout=30) as answer:
            self.request_id = answer.headers["X-Request-ID"]
            return str(answer.read().decode())


@pytest.fixture(scope="module")
def admin(service: Service) -> Browser:
    environment = {**service.environment, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    run(environment, "createsuperuser", "--noinput", "--username", "vera", "--email", "vera@school.example")
    browser = Browser(service.url)
    browser.open("/admin/login/?next=/admin/", {"username": "vera", "password": PASSWORD})
    return browser


@pytest.mark.parametrize("page", PAGES)
def test_every_kind_of_record_has_its_list_and_its_form(admin: Browser, page: str) -> None:
    assert "<table" in admin.open(f"/admin/LearningAPI/{page}/") or page in {"nssusercohort", "studentproject"}
    assert "csrfmiddlewaretoken" in admin.open(f"/admin/LearningAPI/{page}/add/")


def test_its_styles_are_served(admin: Browser) -> None:
    page = admin.open("/admin/")

    sheets = re.findall(r'href="(/static/[^"]+\.css)"', page)
    assert sheets
    assert all(len(admin.open(sheet)) > 100 for sheet in sheets)


def test_whoever_is_no_staff_sees_the_login(service: Service) -> None:
    assert "Log in" in Browser(service.url).open("/admin/")


def test_a_change_is_told_by_its_fields_and_never_by_its_values(
    admin: Browser, logviewer: Logviewer, ask_database: Callable[..., list[tuple[Any, ...]]]
) -> None:
    [(user_id, username)] = ask_database("SELECT id, username FROM auth_user WHERE username = 'student70'")
    before = logviewer.events("q=event:permissions_changed")
    form = {
        "username": username, "first_name": "Nobody", "last_name": "Knows", "is_active": "on", "is_staff": "on",
        "date_joined_0": "2026-01-05", "date_joined_1": "10:00:00", "last_login_0": "", "last_login_1": "",
        "email": "nobody.knows@school.example",
    }  # fmt: skip

    admin.open(f"/admin/auth/user/{user_id}/change/", form)

    assert ask_database("SELECT is_staff FROM auth_user WHERE id = %s", user_id) == [(True,)]
    told = eventually(
        lambda: logviewer.events("q=event:permissions_changed")[len(before) :], "the change of permissions"
    )
    assert "is_staff" in str(told)
    everything = str(logviewer.events("service=learning-api"))
    assert not [word for word in ("Nobody", "nobody.knows", "student70", PASSWORD) if word in everything]
