"""Sessions: new at login, ended at once by a new password or a disabling, and dead for good."""

import pytest
from django.test import Client

from logviewer.accounts import people
from tests.conftest import PASSWORD

NEW_PASSWORD = "a quite different sentence"


def reads(client):
    return client.get("/manage/tokens").status_code == 200


def change_password(client, new=NEW_PASSWORD):
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    return client.post("/accounts/password/change/", form)


def test_login_gives_a_session_other_than_the_one_before(viewer, log_in):
    client = Client()
    client.cookies["sessionid"] = "a" * 32  # planted by somebody
    log_in(viewer.email, PASSWORD, client)

    assert reads(client)
    assert client.cookies["sessionid"].value != "a" * 32


def test_the_session_cookie_is_out_of_reach_of_scripts_and_ends_with_the_browser(viewer, log_in):
    client, _ = log_in(viewer.email, PASSWORD)

    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]


def test_disabling_an_account_ends_its_sessions_at_the_next_request(viewer, client_of):
    client = client_of(viewer)
    assert reads(client)

    people.disable(viewer)

    assert not reads(client)


def test_an_ended_session_stays_dead_when_the_account_is_enabled_again(viewer, client_of, log_in):
    client = client_of(viewer)
    people.disable(viewer)
    people.enable(viewer)

    assert not reads(client)
    assert reads(log_in(viewer.email, PASSWORD)[0])


def test_changing_the_password_ends_all_sessions(viewer, log_in):
    here, elsewhere = log_in(viewer.email, PASSWORD)[0], log_in(viewer.email, PASSWORD)[0]

    change_password(here)

    assert not reads(elsewhere)
    assert not reads(here)
    assert reads(log_in(viewer.email, NEW_PASSWORD)[0])


def test_setting_the_password_by_a_link_ends_all_sessions(viewer, client_of, path_of):
    client = client_of(viewer)
    browser = Client()

    form = browser.get(path_of(people.set_password_link(viewer)), follow=True)
    browser.post(form.redirect_chain[-1][0], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert not reads(client)


@pytest.mark.parametrize("change", ["password", "disabling"])
def test_read_tokens_end_with_the_sessions(viewer, client_of, change):
    from logviewer.accounts.tokens import create_read_token, user_for_token

    secret = create_read_token(viewer).secret
    if change == "password":
        change_password(client_of(viewer))
    else:
        people.disable(viewer)
        people.enable(viewer)

    assert user_for_token(secret) is None


def test_a_new_password_does_not_undo_what_an_admin_did_meanwhile(viewer):
    from allauth.account.adapter import get_adapter

    from logviewer.accounts.models import User

    stale = User.objects.get(pk=viewer.pk)
    people.disable(viewer)
    get_adapter().set_password(stale, NEW_PASSWORD)

    assert not User.objects.get(pk=viewer.pk).is_active


def test_a_changed_role_counts_from_the_next_request(operator, client_of):
    client = client_of(operator)
    assert client.get("/manage/keys").status_code == 200

    people.change_role(operator, "viewer")

    assert client.get("/manage/keys").status_code == 403


@pytest.mark.parametrize("password", ["short", "password1234", "vera@school.test"])
def test_a_weak_password_is_refused(viewer, client_of, log_in, password):
    change_password(client_of(viewer), password)

    assert reads(log_in(viewer.email, PASSWORD)[0])
