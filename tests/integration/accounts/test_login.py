"""Logging in: closed signup, guesses counted, and `next` stays at home."""

import pytest
from django.test import Client

from tests.conftest import PASSWORD


def is_logged_in(client):
    return client.get("/manage/tokens").status_code == 200


def test_the_right_password_logs_in_whatever_the_case_of_the_address(viewer, log_in):
    client, answer = log_in("Vera@School.Test", PASSWORD)

    assert answer.status_code == 302
    assert is_logged_in(client)


def test_after_logging_in_no_message_stands_above_the_page_but_after_logging_out(viewer, log_in):
    client, answer = log_in(viewer.email, PASSWORD)

    assert "messages" not in client.get(answer.headers["Location"]).content.decode()
    assert "You have signed out." in client.post("/accounts/logout/", follow=True).content.decode()


def test_the_first_sign_in_takes_the_device_s_zone_and_later_ones_do_not(make_user):
    user = make_user("new@school.test")
    for zone in ("America/Chicago", "Europe/Madrid"):
        form = {"login": user.email, "password": PASSWORD, "device_time_zone": zone}
        assert Client().post("/accounts/login/", form).status_code == 302

    user.refresh_from_db()
    assert user.time_zone == "America/Chicago"


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../etc/passwd", "\0"])
def test_a_device_s_zone_that_there_is_not_changes_nothing(make_user, zone):
    user = make_user("new@school.test")
    form = {"login": user.email, "password": PASSWORD, "device_time_zone": zone}

    assert Client().post("/accounts/login/", form).status_code in (302, 400)
    user.refresh_from_db()
    assert user.time_zone == "UTC"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(viewer, log_in):
    _, wrong = log_in(viewer.email, "not the password")
    _, unknown = log_in("nobody@school.test", "not the password")

    assert wrong.status_code == unknown.status_code == 200
    assert wrong.context["form"].errors == unknown.context["form"].errors


def test_a_disabled_account_cannot_log_in(make_user, log_in):
    make_user("gone@school.test", is_active=False)

    client, answer = log_in("gone@school.test", PASSWORD)

    assert answer.headers["Location"] == "/accounts/inactive/"
    assert not is_logged_in(client)


def test_after_five_wrong_passwords_even_the_right_one_is_refused(viewer, log_in):
    for _ in range(5):
        log_in(viewer.email, "wrong")

    client, answer = log_in(viewer.email, PASSWORD)

    assert "Wait five minutes" in answer.content.decode()
    assert not is_logged_in(client)


@pytest.mark.parametrize(
    "disguise",
    [
        lambda n: {"HTTP_X_FORWARDED_FOR": f"203.0.113.{n}"},
        lambda n: {"HTTP_HOST": f"localhost:{9000 + n}"},
        lambda n: {"REMOTE_ADDR": f"203.0.113.{n}"},
    ],
    ids=["a forged address", "another port in Host", "another address"],
)
def test_guesses_at_one_account_are_counted_together_in_any_disguise(viewer, log_in, disguise):
    for n in range(5):
        log_in(viewer.email, "wrong", **disguise(n))

    client, _ = log_in(viewer.email, PASSWORD, **disguise(99))

    assert not is_logged_in(client)


def test_guesses_at_many_accounts_from_one_address_are_counted_despite_a_forged_header(viewer, log_in):
    for n in range(10):
        log_in(f"person{n}@school.test", "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}")

    client, _ = log_in(viewer.email, PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.99")

    assert not is_logged_in(client)


def test_other_people_can_log_in_while_one_account_is_being_guessed(viewer, operator, log_in):
    for _ in range(5):
        log_in(viewer.email, "wrong")

    client, _ = log_in(operator.email, PASSWORD)

    assert is_logged_in(client)


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/events?q=timeout", "/events?q=timeout"),
        ("http://testserver/requests/r1", "http://testserver/requests/r1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("http://localhost/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_next_leads_only_to_pages_of_this_host(viewer, wanted, led_to):
    answer = Client().post(f"/accounts/login/?next={wanted}", {"login": viewer.email, "password": PASSWORD})

    assert answer.headers["Location"] == led_to


def test_next_in_the_body_leads_only_to_pages_of_this_host(viewer):
    form = {"login": viewer.email, "password": PASSWORD, "next": "https://evil.example/"}

    assert Client().post("/accounts/login/", form).headers["Location"] == "/"


def test_nobody_signs_up(database):
    from logviewer.accounts.models import User

    form = {"email": "me@school.test", "password1": PASSWORD, "password2": PASSWORD}

    assert "made by an admin" in Client().get("/accounts/signup/").content.decode()
    Client().post("/accounts/signup/", form)
    assert not User.objects.exists()


def test_nobody_changes_their_own_address(viewer, client_of):
    assert (
        client_of(viewer).post("/accounts/email/", {"email": "admin@school.test", "action_add": ""}).status_code == 404
    )


def test_who_is_not_logged_in_comes_back_to_the_page_asked_for_after_login(viewer):
    client = Client()

    login_page = client.get("/requests/r1?since=-1h").headers["Location"]
    answer = client.post(login_page, {"login": viewer.email, "password": PASSWORD})

    assert answer.headers["Location"] == "/requests/r1?since=-1h"


def test_forms_sent_too_fast_are_answered_in_our_own_dress(database):
    browser = Client()
    answers = [browser.post("/accounts/login/") for _ in range(31)]

    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert "Wait a minute" in answers[-1].content.decode()


def test_a_forged_form_is_answered_in_our_own_dress(viewer):
    browser = Client(enforce_csrf_checks=True)

    answer = browser.post("/accounts/login/", {"login": viewer.email, "password": PASSWORD})

    assert answer.status_code == 403
    assert "open for too long" in answer.content.decode()
    assert "style" not in answer.content.decode().split("</head>")[1]
