"""The list with a mouse, a keyboard, and without JavaScript."""

import json
import re

from playwright.sync_api import expect

from tests.browser.events import note_fields, school_day


def copied(page):
    return page.evaluate("navigator.clipboard.readText()")


def test_selected_rows_are_copied_in_each_format(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/?q=event:cohort_listed")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    boxes = page.locator(".c-time input")

    expect(page.locator(".picked")).to_be_hidden()
    boxes.nth(1).check()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(page.locator(".picked__count")).to_have_text("4")
    page.get_by_role("button", name="JSON").click()
    expect(page.locator(".toast")).to_have_text("Copied.")

    events = [json.loads(line) for line in copied(page).splitlines()]
    assert [event["cohort_id"] for event in events] == ["4", "3", "2", "1"]
    page.get_by_role("button", name="Markdown").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.startsWith('| time'))")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".picked")).to_be_hidden()


def test_selected_rows_are_shown_as_text_without_javascript(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/?q=event:cohort_listed", javascript=False)

    page.locator(".c-time input").nth(0).check()
    page.locator(".c-time input").nth(2).check()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="text", exact=True).click()

    text = opened.value.locator("body").inner_text()
    assert re.findall(r"cohort_id=(\d+)", text) == ["2", "0"]


def test_x_selects_and_j_and_k_walk_on(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")

    for key in "jxjjx":
        page.keyboard.press(key)
    expect(page.locator(".picked__count")).to_have_text("2")
    assert [page.locator(".c-time input").nth(at).is_checked() for at in range(4)] == [True, False, True, False]
    page.keyboard.press("x")
    expect(page.locator(".picked__count")).to_have_text("1")


def test_columns_are_added_from_the_event_and_taken_away_in_the_head(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/?q=cohort_assignment_failed", javascript=False)

    page.locator(".opener").click()
    page.get_by_label("Show response.error.code as a column of the list").click()
    expect(page.locator("thead th.c-cell")).to_contain_text(["service", "event", "response.error.code"])
    page.get_by_label("Without the column service").click()
    expect(page.locator("thead th.c-cell")).to_contain_text(["event", "response.error.code"])
    page.get_by_label("Move response.error.code to the left").click()
    expect(page.locator("thead th.c-cell")).to_contain_text(["response.error.code", "event"])


def test_fields_unfold_to_values_that_narrow_the_search(open_page, viewer, store_events):
    store_events(school_day()[:4])  # of a larger batch the catalogue looks at some events only
    note_fields()
    page = open_page(viewer, "/", width=1440)

    page.locator(".facet summary", has_text="status_code").click()
    page.locator(".facet .value a.value__text", has_text="500").click()

    expect(page.get_by_label("Search", exact=True)).to_have_value("status_code:500")
    expect(page.locator(".events__row")).to_have_count(1)


def test_fields_are_a_page_where_there_is_no_room_and_no_javascript(open_page, viewer, store_events):
    store_events(school_day()[:4])  # of a larger batch the catalogue looks at some events only
    note_fields()
    page = open_page(viewer, "/", width=390, javascript=False)

    expect(page.locator(".facets")).to_be_hidden()
    page.get_by_role("link", name="Fields").click()
    page.locator(".facet summary", has_text="duration_ms").click()
    page.locator(".facet[open]").get_by_role("link", name="Values").click()
    page.get_by_role("link", name="How large its numbers are").click()

    expect(page.locator(".numbers__facts")).to_contain_text("50.1")


def test_from_the_past_newer_events_come_above(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")
    page.goto(page.get_by_role("link", name="Older events").get_attribute("href"))

    expect(page.locator(".events__row")).to_have_count(54)
    page.get_by_role("link", name="Newer events").click()

    expect(page.locator(".events__row")).to_have_count(154)
    expect(page.get_by_text("No newer events match yet.")).to_be_visible()
    texts = page.locator(".events__row .name").all_inner_texts()
    assert texts[0] == "request_finished"
    expect(page.locator("#announced")).to_have_text("154 events are shown now.")


def test_a_search_says_its_count_in_a_live_region(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")

    page.get_by_label("Level", exact=True).select_option("error")

    expect(page.locator("#announced[role=status]")).to_have_text(
        re.compile("^1 event, newest first · the newest .+ ago$")
    )


def test_the_list_begins_at_a_time_that_is_typed(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/", javascript=False)

    page.locator("summary", has_text="Go to a time").click()
    page.get_by_label("Show the list from this time back").fill("-10m")
    page.get_by_role("button", name="Go", exact=True).click()

    expect(page.get_by_role("link", name="Newer events")).to_be_visible()
    assert 100 <= page.locator(".events__row").count() <= 154 - 25


def test_the_histogram_steps_and_is_a_table(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/?since=-1h", javascript=False)

    page.get_by_role("link", name="Zoom out").click()
    expect(page.get_by_role("link", name="Earlier")).to_be_visible()
    page.get_by_role("link", name="As a table").click()
    expect(page.get_by_role("columnheader", name="error")).to_be_visible()
    page.get_by_role("rowheader").first.get_by_role("link").click()
    expect(page.locator(".events__row").first).to_be_visible()


def test_around_an_event_the_event_is_marked(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/?q=cohort_assignment_failed")

    page.locator(".opener").click()
    page.locator(".around").get_by_label("cohort_id 12").check()
    page.locator(".around").get_by_label("service learning-api").uncheck()
    page.locator(".around").get_by_role("button", name="Show").click()

    expect(page.locator(".events__row")).to_have_count(2)
    expect(page.locator(".is-marked .name")).to_have_text("cohort_assignment_failed")


def test_the_list_is_turned_round_and_read_on_downwards(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/?columns=event,cohort_id")

    page.get_by_role("link", name="Oldest first").click()
    expect(page.locator(".events__row")).to_have_count(100)
    expect(page.locator(".events__row").first.locator("[data-name=cohort_id]")).to_have_text("149")
    for _ in range(101):
        page.keyboard.press("j")
    expect(page.get_by_role("link", name="Newer events")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator(".events__row")).to_have_count(154)
    expect(page.locator(".events__row .name").last).to_have_text("request_finished")
    expect(page.locator("#announced")).to_have_text("154 events are shown now.")
    page.get_by_role("link", name="Newest first", exact=True).first.click()
    expect(page.locator(".events__row .name").first).to_have_text("request_finished")
    assert "sort" not in page.url


def test_a_device_whose_clock_is_another_than_the_pages_is_told(open_page, make_user):
    page = open_page(make_user("far@school.test", time_zone="Pacific/Chatham"), "/")
    device = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")

    expect(page.locator(".zone")).to_contain_text(f" · this device: {device}")
    page.goto("/preferences")
    page.get_by_role("button", name=device).click()
    expect(page.locator(".zone")).not_to_contain_text("this device")


def test_names_have_the_room_up_to_the_end_of_a_narrow_list(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/", width=800)
    names, whole = page.locator("th.c-what").bounding_box(), page.locator("#events").bounding_box()

    assert whole["x"] + whole["width"] - names["x"] - names["width"] < 5
    assert names["height"] < 50
