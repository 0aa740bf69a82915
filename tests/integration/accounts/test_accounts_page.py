"""The page Accounts: makes, disables, changes roles, and always leaves an admin."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from logviewer.accounts import people
from logviewer.accounts.forms import AccountForm
from logviewer.accounts.models import Role, User


def test_a_new_account_comes_with_a_link_that_sets_its_password(admin, client_of, path_of):
    page = client_of(admin).post("/manage/accounts", {"email": "New@School.test", "role": "operator"})

    made = User.objects.get(email="new@school.test")
    assert made.role == "operator"
    assert not made.has_usable_password()
    link = page.context["link"]
    assert link in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert "Set your password" in Client().get(path_of(link), follow=True).content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {"email": "ada@school.test", "role": "viewer"},
        {"email": "ADA@SCHOOL.TEST", "role": "viewer"},
        {"email": "no address", "role": "viewer"},
        {"email": "new@school.test", "role": "owner"},
        {"email": "new@school.test"},
        {},
    ],
)
def test_what_makes_no_account_is_said_on_the_form(admin, client_of, form):
    page = client_of(admin).post("/manage/accounts", form)

    assert page.status_code == 422
    assert "errorlist" in page.content.decode()
    assert User.objects.count() == 1


def test_an_address_that_has_an_account_is_said_in_one_sentence_that_tells_what_to_do(admin, client_of):
    page = client_of(admin).post("/manage/accounts", {"email": admin.email.upper(), "role": "viewer"})

    assert [str(problem) for problems in page.context["form"].errors.values() for problem in problems] == [
        "There is an account with this address. If its link is lost, give it a new link."
    ]


def test_an_address_that_gets_its_account_meanwhile_is_said_too(admin, client_of, monkeypatch):
    # The last check of the form.
    monkeypatch.setattr(AccountForm, "validate_unique", lambda form: User.objects.create_user("new@school.test"))

    page = client_of(admin).post("/manage/accounts", {"email": "new@school.test", "role": "viewer"})

    assert page.status_code == 422
    assert "There is an account with this address" in page.content.decode()


def test_a_form_sets_no_other_field(admin, client_of):
    form = {
        "email": "new@school.test",
        "role": "viewer",
        "password": "x",
        "is_active": "",
        "session_epoch": "9",
        "id": "1",
    }
    client_of(admin).post("/manage/accounts", form)

    made = User.objects.get(email="new@school.test")
    assert (made.is_active, made.session_epoch, made.has_usable_password()) == (True, 0, False)


def test_a_lost_link_is_replaced(admin, viewer, client_of, path_of):
    page = client_of(admin).post(f"/manage/accounts/{viewer.pk}/link")

    assert "Set your password" in Client().get(path_of(page.context["link"]), follow=True).content.decode()


def test_a_disabled_account_gets_no_link(admin, viewer, client_of):
    people.disable(viewer)

    assert client_of(admin).post(f"/manage/accounts/{viewer.pk}/link").status_code == 404


def test_an_admin_disables_enables_and_changes_the_role_of_an_account(admin, viewer, client_of):
    client = client_of(admin)

    client.post(f"/manage/accounts/{viewer.pk}/disable")
    assert not User.objects.get(pk=viewer.pk).is_active
    assert "Disabled" in client.get("/manage/accounts").content.decode()

    client.post(f"/manage/accounts/{viewer.pk}/enable")
    client.post(f"/manage/accounts/{viewer.pk}/role", {"role": "admin"})
    viewer.refresh_from_db()
    assert (viewer.is_active, viewer.role) == (True, "admin")


@pytest.mark.parametrize("role", ["owner", "", None])
def test_a_role_that_does_not_exist_changes_nothing(admin, viewer, client_of, role):
    client_of(admin).post(f"/manage/accounts/{viewer.pk}/role", {"role": role} if role is not None else {})

    assert User.objects.get(pk=viewer.pk).role == "viewer"


@pytest.mark.parametrize(
    ("action", "form"), [("disable", {}), ("role", {"role": "viewer"}), ("role", {"role": "operator"})]
)
def test_the_last_admin_can_neither_be_disabled_nor_demoted(admin, make_user, client_of, action, form):
    make_user("closed@school.test", "admin", is_active=False)
    User.objects.create_user("invited@school.test", role="admin")  # has no password yet, so cannot help
    client = client_of(admin)

    page = client.post(f"/manage/accounts/{admin.pk}/{action}", form, follow=True)

    assert "is the last admin who can log in" in page.content.decode()
    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == ("admin", True)


def test_an_admin_may_leave_when_another_is_there(admin, make_user, client_of):
    make_user("bea@school.test", "admin")

    client_of(admin).post(f"/manage/accounts/{admin.pk}/role", {"role": "viewer"})

    assert User.objects.get(pk=admin.pk).role == "viewer"


def test_two_admins_who_demote_each_other_at_once_leave_one(admin, make_user):
    other = make_user("bea@school.test", "admin")

    def demote(user):
        try:
            people.change_role(user, Role.VIEWER)
        except people.LastAdminError:
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(demote, [admin, other]))

    assert sorted(outcomes) == ["done", "refused"]
    assert User.objects.admins().count() == 1


@pytest.mark.parametrize("action", ["link", "role", "disable", "enable"])
def test_an_account_that_does_not_exist_is_not_found(admin, client_of, action):
    assert client_of(admin).post(f"/manage/accounts/999999/{action}").status_code == 404


def test_who_may_not_is_told_for_whom_the_page_is_and_who_helps(admin, viewer, client_of):
    page = client_of(viewer).get("/manage/accounts")

    assert page.status_code == 403
    text = page.content.decode()
    assert "This page is for admins" in text
    assert admin.email in text
