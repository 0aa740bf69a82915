"""The first admin: by the two settings, or by the printed link. Never without either."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from logviewer.accounts.first_admin import ensure_first_admin
from logviewer.accounts.models import FirstAdminLink, User
from logviewer.accounts.tokens import create_read_token, user_for_token
from logviewer.env import EnvironmentProblem

PASSWORD = "long enough for anybody"
FORM = {"email": "Me@School.test", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _no_links_yet():
    FirstAdminLink.objects.all().delete()


@pytest.fixture
def configured(settings):
    def configure(email="", password=""):
        settings.LOGVIEWER = replace(django_settings.LOGVIEWER, admin_email=email, admin_password=password)

    configure()
    return configure


@pytest.fixture
def link(database, configured, path_of):
    return path_of(ensure_first_admin())


def test_the_settings_make_the_admin_and_no_link(database, configured, log_in):
    configured("boss@school.test", PASSWORD)

    assert ensure_first_admin() is None
    client, _ = log_in("boss@school.test", PASSWORD)
    assert client.get("/manage/accounts").status_code == 200


def test_the_sign_in_page_says_where_the_first_admin_is_made_until_there_is_one(database, make_user):
    make_user("vera@school.test")
    assert "There is no admin yet." in Client().get("/accounts/login/").content.decode()

    make_user("boss@school.test", role="admin")
    assert "There is no admin yet." not in Client().get("/accounts/login/").content.decode()


def test_the_settings_change_nothing_once_there_is_an_admin(admin, configured):
    configured("boss@school.test", PASSWORD)

    assert ensure_first_admin() is None
    assert [user.email for user in User.objects.all()] == [admin.email]


@pytest.mark.parametrize(
    ("email", "password", "reason"),
    [
        ("boss@school.test", "short", "too short"),
        ("boss", PASSWORD, "valid email"),
        ("b@s.test", "password1234", "too common"),
    ],
)
def test_settings_that_make_no_account_are_explained(database, configured, email, password, reason):
    configured(email, password)

    with pytest.raises(EnvironmentProblem, match=reason):
        ensure_first_admin()
    assert not User.objects.exists()


def test_the_link_makes_an_admin_who_is_logged_in(link):
    browser = Client()

    assert "Make the first account" in browser.get(link).content.decode()
    assert browser.post(link, {**FORM, "device_time_zone": "America/Chicago"}).headers["Location"] == "/"
    assert (User.objects.get().email, User.objects.get().time_zone) == ("me@school.test", "America/Chicago")
    assert browser.get("/manage/accounts").status_code == 200


def test_login_by_the_link_gives_a_new_session(link):
    browser = Client()
    browser.cookies["sessionid"] = "a" * 32
    browser.post(link, FORM)

    assert browser.cookies["sessionid"].value != "a" * 32


def test_the_link_is_dead_once_there_is_an_admin(link):
    Client().post(link, FORM)

    assert Client().get(link).status_code == 410
    again = Client().post(link, FORM | {"email": "thief@school.test"})
    assert again.status_code == 410
    assert User.objects.count() == 1


def test_the_link_is_dead_when_an_admin_came_from_elsewhere(link, admin):
    assert Client().post(link, FORM).status_code == 410
    assert User.objects.count() == 1


def test_every_start_without_an_admin_prints_another_link_and_all_work_until_one_is_used(link, path_of):
    other = path_of(ensure_first_admin())
    assert other != link
    assert Client().get(link).status_code == Client().get(other).status_code == 200

    Client().post(other, FORM)

    assert Client().get(link).status_code == 410


def test_an_old_link_is_dead_and_forgotten_at_the_next_start(link):
    FirstAdminLink.objects.update(created=timezone.now() - timedelta(days=4))
    assert Client().get(link).status_code == 410

    ensure_first_admin()
    assert FirstAdminLink.objects.count() == 1


def test_a_made_up_link_is_dead(link):
    assert Client().get("/manage/setup/guess").status_code == 410
    assert Client().post("/manage/setup/guess", FORM).status_code == 410


def test_the_link_is_stored_only_as_a_digest(link):
    token = link.rsplit("/", 1)[1]
    assert re.fullmatch(r"[\w-]{43}", token)
    assert token.encode() not in bytes(FirstAdminLink.objects.get().digest)


@pytest.mark.parametrize(
    "change",
    [
        {"email": "nobody"},
        {"email": ""},
        {"password2": "another one entirely"},
        {"password1": "short", "password2": "short"},
        {"password1": "", "password2": ""},
    ],
)
def test_a_form_that_cannot_be_used_can_be_mended(link, change):
    page = Client().post(link, FORM | change)

    assert page.status_code == 422
    assert "errorlist" in page.content.decode()
    assert Client().post(link, FORM).status_code == 302


def test_an_account_that_exists_becomes_the_admin_and_its_new_password_ends_its_tokens(link, log_in):
    token = create_read_token(User.objects.create_user("me@school.test", role="viewer"))

    Client().post(link, FORM)

    assert User.objects.get().role == "admin"
    assert log_in("me@school.test", PASSWORD)[1].status_code == 302
    assert user_for_token(token.secret) is None


def test_an_invited_admin_who_never_set_a_password_does_not_count(link):
    User.objects.create_user("late@school.test", role="admin")

    assert ensure_first_admin() is not None
    assert Client().get(link).status_code == 200
