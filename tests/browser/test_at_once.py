"""A long search: its page comes with what was found by then and fetches the rest, unless somebody searches anew."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.events import event
from tests.conftest import database_environment, running_server

HOUR_S = 3600


@pytest.fixture(scope="module")
def _hurried_server(django_db_setup):
    with running_server({**database_environment(), "DJANGO_SETTINGS_MODULE": "tests.browser.hurried"}) as url:
        yield url


@pytest.fixture
def live_logviewer(_hurried_server, database):
    return _hurried_server


@pytest.fixture
def search_page(open_page, viewer, store_events):
    store_events(
        [
            event("found_at_once", ago_s=60, level="error"),
            event("found_later", ago_s=3 * HOUR_S, level="error"),
            event("of_a_cohort", ago_s=60, cohort_id="12"),
        ]
    )
    return lambda **how: open_page(viewer, "/search/help", **how)


@pytest.fixture
def held():
    """The requests for the rest, which wait for the test to let them go on."""
    return []


def search(page: Page, held: list[Route]) -> None:
    page.route(re.compile("patient=1"), lambda route: held.append(route))
    page.goto("/?level=error")
    expect(page.locator(".events__row")).to_have_count(1)
    expect(page.locator(".events__row")).to_contain_text("found_at_once")
    expect(page.get_by_text("Searching what is older than")).to_be_visible()


def test_the_rest_takes_the_place_of_what_was_found_at_once(search_page, held):
    page = search_page()
    search(page, held)
    page.get_by_label("Search", exact=True).fill("half a thou")

    page.wait_for_function("() => document.querySelector('.notice.htmx-request')")
    [rest] = held
    rest.continue_()

    expect(page.locator(".events__row")).to_have_count(2)
    expect(page.locator(".events__row").last).to_contain_text("found_later")
    expect(page.get_by_text("Searching what is older than")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/\?level=error$"))
    expect(page.get_by_label("Search", exact=True)).to_have_value("half a thou")
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    assert len(held) == 1


def test_a_new_search_ends_the_old_one(search_page, held):
    page = search_page()
    search(page, held)

    with page.expect_event("requestfailed", lambda request: "patient=1" in request.url):
        page.get_by_label("Cohort").fill("12")
        page.get_by_label("Level", exact=True).select_option("")
    expect(page).to_have_url(re.compile(r"/\?cohort_id=12$"))

    expect(page.locator(".events__row")).to_have_count(1)
    expect(page.locator(".events__row")).to_contain_text("of_a_cohort")
    assert len(held) == 1


def test_without_javascript_a_link_waits_for_all_of_it(search_page):
    page = search_page(javascript=False)
    page.goto("/?level=error")
    expect(page.locator(".events__row")).to_have_count(1)

    page.get_by_role("link", name="Wait for all of it").click()

    expect(page.locator(".events__row")).to_have_count(2)
