"""create_user and create_token: their result alone on the last line of stdout."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from logviewer.accounts.models import User
from logviewer.accounts.tokens import user_for_token
from tests.conftest import PASSWORD


@pytest.fixture
def run():
    def command(*words):
        out, err = io.StringIO(), io.StringIO()
        call_command(*words, stdout=out, stderr=err)
        return out.getvalue().splitlines()[-1], err.getvalue()

    return command


def test_create_user_prints_a_link_that_sets_the_password(run, path_of, database):
    link, _ = run("create_user", "--email", "New@School.test", "--role", "operator")

    assert User.objects.get().role == "operator"
    assert User.objects.get().email == "new@school.test"
    assert "Set your password" in Client().get(path_of(link), follow=True).content.decode()


def test_create_user_again_changes_nothing_and_prints_a_new_link(run, path_of, viewer):
    link, said = run("create_user", "--email", viewer.email.upper(), "--role", "admin")

    assert User.objects.get().role == "viewer"
    assert "exists already and stays viewer" in said
    assert "Set your password" in Client().get(path_of(link), follow=True).content.decode()


@pytest.mark.parametrize("email", ["", "nobody", "a b@school.test"])
def test_create_user_refuses_what_is_no_address(run, email, database):
    with pytest.raises(CommandError):
        run("create_user", "--email", email, "--role", "viewer")


def test_create_user_refuses_a_disabled_account(run, make_user):
    make_user("gone@school.test", is_active=False)

    with pytest.raises(CommandError, match="is disabled"):
        run("create_user", "--email", "gone@school.test", "--role", "viewer")


def test_django_s_command_makes_an_admin(monkeypatch, database):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command("createsuperuser", "--noinput", "--email", "Boss@School.test")

    assert [(user.email, user.check_password(PASSWORD)) for user in User.objects.admins()] == [
        ("boss@school.test", True)
    ]


def test_django_s_command_for_a_new_password_ends_the_read_tokens(run, monkeypatch, viewer):
    secret, _ = run("create_token", "--user", viewer.email)
    monkeypatch.setattr("getpass.getpass", lambda prompt: PASSWORD * 2)

    call_command("changepassword", viewer.email)

    viewer.refresh_from_db()
    assert viewer.check_password(PASSWORD * 2)
    assert user_for_token(secret) is None


def test_create_token_prints_a_secret_that_opens(run, viewer):
    secret, _ = run("create_token", "--user", "Vera@school.test")

    assert user_for_token(secret) == viewer


def test_create_token_needs_an_active_account(run, make_user):
    make_user("gone@school.test", is_active=False)

    for email in ("gone@school.test", "nobody@school.test"):
        with pytest.raises(CommandError, match="no active account"):
            run("create_token", "--user", email)
