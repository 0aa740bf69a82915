"""Views and exports, with and without JavaScript, at every width, in both themes."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.events import school_day
from tests.browser.test_contrast import TOO_FAINT

SEARCH = "level=error&since=-24h"


@pytest.mark.parametrize("javascript", [True, False])
def test_a_search_is_saved_shared_opened_and_deleted(open_page, operator, viewer, store_events, javascript):
    store_events(school_day())
    page = open_page(operator, f"/?{SEARCH}", javascript=javascript)

    page.get_by_role("link", name="Save view").click()
    page.get_by_label("Name").fill("Errors of today")
    page.get_by_label("Shared").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The view “Errors of today” is saved.")).to_be_visible()
    expect(page.locator(".events__row")).to_have_count(1)

    theirs = open_page(viewer, "/", javascript=javascript)
    theirs.get_by_role("link", name="Errors of today").click()
    expect(theirs.locator(".events__row")).to_have_count(1)
    expect(theirs.get_by_role("link", name="Errors of today")).to_have_attribute("aria-current", "true")

    page.goto("/views")
    page.locator("tr", has_text="Errors of today").get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The view “Errors of today” is deleted.")).to_be_visible()


def test_what_was_searched_last_is_in_the_menu_and_can_be_forgotten(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")
    page.get_by_label("Search", exact=True).fill("cohort_listed")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page).to_have_url(re.compile(r"/\?q=cohort_listed$"))
    page.get_by_label("Level", exact=True).select_option("error")
    expect(page).to_have_url(re.compile("level=error"))

    page.locator(".views summary").click()
    page.get_by_role("link", name="Events mentioning cohort_listed", exact=True).click()
    expect(page).to_have_url(re.compile(r"/\?q=cohort_listed$"))
    page.goto("/views")
    page.get_by_role("button", name="Forget all").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_whole_result_is_taken_along(open_page, viewer, store_events, javascript):
    store_events(school_day())
    page = open_page(viewer, "/", javascript=javascript)

    page.get_by_role("link", name="Export").click()
    expect(page.get_by_text("154 events match")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
        if not javascript:
            page.get_by_role("link", name="Download the file").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()

    assert len(lines) == 154 + 3
    assert lines[-1] == '"# Complete: 154 events."'
    if not javascript:
        page.reload()
    expect(page.get_by_text("Complete: 154 events.")).to_be_visible()


@pytest.fixture
def pages_of(operator, viewer, store_events):
    """Paths of all pages of views and exports, with something on them."""
    from django.utils import timezone

    from logviewer.viewer.models import Export, SavedView, State

    store_events(school_day())
    view = SavedView.objects.create(owner=operator, name="W" * 60, query=f"q={'x' * 300}", is_shared=True)
    exports = [
        Export.objects.create(
            owner=operator, query=SEARCH, created=timezone.now(), state=state, expected=1234, written=600, moved=moved
        )
        for state, moved in (
            (State.RUNNING, timezone.now()), (State.RUNNING, None), (State.COMPLETE, None),
            (State.CANCELLED, None), (State.CUT, None),
        )
    ]  # fmt: skip
    return (
        "/views",
        f"/views/new?{SEARCH}",
        f"/views/{view.pk}",
        f"/views/{view.pk}/delete",
        f"/exports/new?{SEARCH}",
        *(f"/exports/{one.pk}" for one in exports),
    )


@pytest.mark.parametrize("width", [390, 768, 1024, 1440])
def test_no_page_of_them_is_wider_than_its_window(width, open_page, operator, pages_of):
    page = open_page(operator, "/", width=width)
    page.locator(".views summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    for path in pages_of:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_their_text_can_be_read(theme, open_page, operator, pages_of):
    page = open_page(operator, "/")
    page.context.add_cookies([{"name": "theme", "value": theme, "url": page.url}])
    for path in pages_of:
        page.goto(path)
        assert page.evaluate(TOO_FAINT) == [], path
    page.goto("/")
    page.get_by_role("button", name="Live").click()
    expect(page.locator("[data-tail-state]")).to_contain_text("Live since")
    page.locator(".opener").first.click()
    expect(page.locator("[data-tail-bar]")).to_be_visible()
    page.locator(".views summary").click()
    page.mouse.move(0, 0)
    assert page.evaluate(TOO_FAINT) == []
