"""What the product is for: log in, filter by a request, open the event, read its traceback."""

import re

from playwright.sync_api import expect

from tests.browser.events import school_day
from tests.conftest import PASSWORD


def test_somebody_logs_in_filters_by_request_and_finds_the_traceback(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(None, "/")

    page.get_by_label("E-mail").fill(viewer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Request", exact=True).fill("7c1e-failing")
    page.get_by_label("Request", exact=True).press("Enter")

    expect(page.locator(".events__row")).to_have_count(4)
    expect(page).to_have_url(re.compile(r"/\?request_id=7c1e-failing$"))
    page.locator(".events__row", has_text="cohort_assignment_failed").locator(".opener").click()
    expect(page.locator(".traceback__verdict")).to_have_text(
        "django.db.utils.IntegrityError: student 88 is in cohort 12 already"
    )

    page.get_by_role("link", name="This request").click()
    expect(page.locator(".events--story .opener").first).to_have_text("+0 ms")
    expect(page.locator(".events__row")).to_have_count(4)


def test_all_of_it_works_without_javascript(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/", javascript=False)

    page.get_by_label("Level", exact=True).select_option("error")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".events__row")).to_have_count(1)
    page.locator(".opener").click()
    expect(page.locator(".traceback__verdict")).to_contain_text("IntegrityError")

    page.locator("tr", has_text="23505").get_by_title("Only events with this value").click()
    expect(page.get_by_label("Search", exact=True)).to_have_value("response.error.code:23505")
    expect(page.locator(".events__row")).to_have_count(1)


def test_older_events_come_below_and_without_javascript_on_a_page(open_page, viewer, store_events):
    store_events(school_day())

    page = open_page(viewer, "/")
    page.get_by_role("link", name="Older events").click()
    expect(page.locator(".events__row")).to_have_count(154)
    expect(page.get_by_text("No older events match.")).to_be_visible()

    page = open_page(viewer, "/", javascript=False)
    page.get_by_role("link", name="Older events").click()
    expect(page.locator(".events__row")).to_have_count(54)
    expect(page.get_by_role("link", name="back to the newest")).to_be_visible()


def test_back_shows_the_search_before_and_keeps_nothing_in_the_browser(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")

    page.get_by_label("Level", exact=True).select_option("error")
    expect(page.locator(".events__row")).to_have_count(1)
    page.go_back()

    expect(page.locator(".events__row")).to_have_count(100)
    expect(page.get_by_label("Level", exact=True)).to_have_value("")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_query_that_cannot_be_read_is_marked_in_place(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")

    page.get_by_label("Search", exact=True).fill('"never closed')
    page.get_by_role("button", name="Search").click()

    expect(page.locator(".problem")).to_be_visible()
    expect(page.get_by_label("Search", exact=True)).to_have_value('"never closed')


def test_a_range_drawn_over_the_histogram_narrows_to_it(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")
    chart = page.locator(".histogram__chart").bounding_box()

    page.mouse.move(chart["x"] + 5, chart["y"] + 30)
    page.mouse.down()
    page.mouse.move(chart["x"] + chart["width"] / 2, chart["y"] + 30, steps=5)
    page.mouse.up()

    expect(page).to_have_url(re.compile(r"since=.+Z&until=.+Z"))
    expect(page.locator(".events__row", has_text="cohort_assignment_failed")).to_have_count(0)
    expect(page.locator(".events__row").first).to_be_visible()


def test_a_session_that_ended_leads_to_the_login(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")

    expect(page.locator(".facet").first).to_be_attached()  # fetched by itself, which would lead to the login, too
    page.context.clear_cookies()
    page.get_by_label("Level", exact=True).select_option("error")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
