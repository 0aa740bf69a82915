"""Everything without a mouse."""

import pytest
from playwright.sync_api import expect

from tests.browser.events import school_day


def test_rows_are_walked_opened_and_closed(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")
    rows = page.locator(".events__row .opener")

    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("o")
    expect(page.locator(".traceback__verdict")).to_be_visible()
    expect(rows.nth(1)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(page.locator(".traceback__verdict")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(".traceback__verdict")).to_be_visible()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()


def test_slash_searches_and_typing_is_typing(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")

    page.keyboard.press("/")
    page.keyboard.type("jko?/")

    expect(page.get_by_label("Search", exact=True)).to_have_value("jko?/")

    page.keyboard.press("Escape")
    expect(page.get_by_label("Search", exact=True)).not_to_be_focused()
    expect(page.get_by_label("Search", exact=True)).to_have_value("jko?/")


def test_the_help_opens_and_closes(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")
    help_dialog = page.get_by_role("dialog", name="How to search")

    page.keyboard.press("?")
    expect(help_dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_dialog).to_be_hidden()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_button_opens_the_help_where_there_are_no_keys(open_page, viewer, store_events, javascript):
    store_events(school_day())
    page = open_page(viewer, "/", width=390, javascript=javascript)
    help_dialog = page.get_by_role("dialog", name="How to search")

    page.get_by_role("button", name="Help").click()
    expect(help_dialog).to_be_visible()
    help_dialog.get_by_role("button", name="Close").click()
    expect(help_dialog).to_be_hidden()


def test_the_first_tab_skips_to_the_content(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")

    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
