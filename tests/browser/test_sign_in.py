"""Signing in for the first time, as a person does."""

from playwright.sync_api import expect

from tests.conftest import PASSWORD


def test_the_pages_are_in_the_device_s_zone_from_the_first_sign_in_on(open_page, make_user):
    user = make_user("new@school.test")
    page = open_page(None, "/accounts/login/", zone="America/Chicago")

    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.locator(".zone")).to_contain_text("America/Chicago")
