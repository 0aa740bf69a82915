"""Set-password links: absolute, once, for three days, for one account."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from unittest import mock

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import connection
from django.test import Client

from logviewer.accounts.models import User
from logviewer.accounts.people import set_password_link
from logviewer.accounts.views.set_password import SetPassword

PASSWORD = "chosen by myself today"
FORM = {"password1": PASSWORD, "password2": PASSWORD}
ENDED = "This link no longer works"


@pytest.fixture
def invited(database):
    return User.objects.create_user("new@school.test")


def open_link(path):
    browser = Client()
    page = browser.get(path, follow=True)
    return browser, page


def set_password(path):
    browser, page = open_link(path)
    return browser.post(page.request["PATH_INFO"], FORM)


def test_an_account_without_a_password_cannot_log_in(invited, log_in):
    for guess in ("", "!", invited.password):
        assert log_in(invited.email, guess)[1].status_code == 200


def test_the_link_sets_the_password(invited, path_of, log_in):
    answer = set_password(path_of(set_password_link(invited)))

    assert answer.headers["Location"] == "/accounts/password/reset/key/done/"
    assert log_in(invited.email, PASSWORD)[1].status_code == 302


def test_the_link_does_not_stay_in_the_address_of_the_form(invited, path_of):
    path = path_of(set_password_link(invited))

    _, page = open_link(path)

    assert page.request["PATH_INFO"] != path
    assert page.request["PATH_INFO"].endswith("-set-password/")


def test_the_link_works_once(invited, path_of):
    path = path_of(set_password_link(invited))
    set_password(path)

    assert ENDED in open_link(path)[1].content.decode()


def test_the_link_works_once_also_when_it_is_used_twice_at_the_same_moment(invited, path_of, log_in, monkeypatch):
    path = path_of(set_password_link(invited))
    opened = [open_link(path) for _ in range(2)]
    both_were_let_in, form_valid = Barrier(2, timeout=30), SetPassword.form_valid

    def form_valid_together(view, form):
        both_were_let_in.wait()
        return form_valid(view, form)

    def post(browser, page, password):
        try:
            return browser.post(page.request["PATH_INFO"], {"password1": password, "password2": password})
        finally:
            connection.close()

    monkeypatch.setattr(SetPassword, "form_valid", form_valid_together)
    passwords = [f"{PASSWORD} {number}" for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(post, *zip(*opened, strict=True), passwords))

    taken = [answer.status_code == 302 for answer in answers]
    assert sorted(taken) == [False, True]
    assert ENDED in answers[taken.index(False)].content.decode()
    assert [log_in(invited.email, password)[1].status_code == 302 for password in passwords] == taken


def test_an_older_link_dies_with_the_newer_one(invited, path_of):
    older, newer = path_of(set_password_link(invited)), path_of(set_password_link(invited))
    set_password(newer)

    assert ENDED in open_link(older)[1].content.decode()


def test_the_link_dies_with_a_login(viewer, path_of, log_in):
    from tests.conftest import PASSWORD as KNOWN

    path = path_of(set_password_link(viewer))
    log_in(viewer.email, KNOWN)

    assert ENDED in open_link(path)[1].content.decode()


@pytest.mark.parametrize(("age", "works"), [(timedelta(days=2, hours=23), True), (timedelta(days=3, hours=1), False)])
def test_the_link_lives_three_days(invited, path_of, age, works):
    now = PasswordResetTokenGenerator()._now()
    with mock.patch.object(PasswordResetTokenGenerator, "_now", return_value=now - age):
        path = path_of(set_password_link(invited))

    assert (ENDED not in open_link(path)[1].content.decode()) == works


def test_the_link_of_one_account_opens_no_other(invited, viewer, path_of):
    mine, theirs = path_of(set_password_link(invited)), path_of(set_password_link(viewer))
    key = mine.rsplit("/", 2)[1].partition("-")[2]
    account = theirs.rsplit("/", 2)[1].partition("-")[0]

    assert ENDED in open_link(f"/accounts/password/reset/key/{account}-{key}/")[1].content.decode()


def test_the_forgotten_password_page_sends_nothing_and_tells_whom_to_ask(viewer, mailoutbox):
    page = Client().get("/accounts/password/reset/").content.decode()

    assert "New link" in page
    assert viewer.email not in page
    assert Client().post("/accounts/password/reset/", {"email": viewer.email}).status_code == 405
    assert mailoutbox == []
