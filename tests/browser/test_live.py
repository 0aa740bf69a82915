"""Following a search: rows come where they belong, and the page stands still, and says so, while somebody reads."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.browser.events import event, school_day

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def live(open_page, viewer, store_events):
    def live(path="/", **options):
        page = open_page(viewer, path, **options)
        page.get_by_role("button", name="Live").click()
        expect(page.locator("[data-tail-state]")).to_contain_text("Live since")
        return page

    return live


def names(page):
    return page.locator(".events__row .name").all_inner_texts()


def bar(page):
    return page.locator("[data-tail-bar]")


def test_new_events_come_on_top_and_late_ones_where_they_belong(live, store_events):
    now = datetime.now(UTC)
    store_events([event("first", ago_s=60, now=now), event("second", ago_s=30, now=now)])
    page = live()

    store_events([event("late", ago_s=45, now=now), event("newest", ago_s=1, now=now)])

    expect(page.locator(".events__row")).to_have_count(4)
    assert names(page) == ["newest", "second", "late", "first"]
    expect(page.locator("[data-tail-state]")).to_contain_text("2 new.")


def test_what_lies_behind_the_page_is_only_counted(live, store_events):
    store_events(school_day())
    page = live()

    store_events([event("of_long_ago", ago_s=7200), event("newest", ago_s=1)])

    expect(page.locator("[data-tail-state]")).to_contain_text("1 new. 1 late, further down.")
    expect(page.locator(".events__row")).to_have_count(101)


def test_only_what_the_search_wants_comes(live, store_events):
    store_events(school_day())
    page = live("/?level=error")

    store_events([event("unwanted", ago_s=2), event("wanted", ago_s=3, level="error")])

    expect(page.locator(".events__row")).to_have_count(2)
    assert names(page) == ["wanted", "cohort_assignment_failed"]


def test_new_rows_open_like_the_others(live, store_events):
    store_events(school_day())
    page = live("/?level=error")
    store_events([event("wanted", ago_s=3, level="error", student_id=88)])

    page.locator(".events__row", has_text="wanted").locator(".opener").click()
    expect(page.locator(".events__opened")).to_contain_text("student_id")


@pytest.mark.parametrize(
    ("read", "why"),
    [
        (lambda page: page.mouse.wheel(0, 900), "you scrolled down."),
        (lambda page: page.locator(".opener").nth(2).click(), "you opened an event."),
        (lambda page: page.locator("#rows .name").nth(2).select_text(), "you selected text."),
        (lambda page: page.get_by_role("link", name="Older events").click(), "you loaded older events."),
    ],
)
def test_it_stands_still_while_somebody_reads_and_says_how_many_wait(live, store_events, read, why):
    store_events(school_day())
    page = live()
    page.mouse.move(600, 600)
    read(page)
    expect(bar(page)).to_contain_text(re.compile(rf"Paused at \d\d:\d\d:\d\d: {re.escape(why)}"))
    before = names(page)

    store_events([event(f"new{number}", ago_s=0.1) for number in range(37)])
    expect(page.locator("[data-tail-waiting]")).to_have_text("37 new")
    assert names(page) == before

    page.get_by_role("button", name="Show them").click()
    expect(bar(page)).to_be_hidden()
    expect(page.locator(".events__row .name").first).to_have_text("new36")
    assert len(set(names(page)) & {f"new{number}" for number in range(37)}) == 37


def test_it_goes_on_by_itself_once_the_reader_is_back_on_top(live, store_events):
    store_events(school_day())
    page = live()
    page.mouse.move(600, 600)
    page.mouse.wheel(0, 900)
    expect(bar(page)).to_be_visible()
    store_events([event("meanwhile", ago_s=1)])
    expect(page.locator("[data-tail-waiting]")).to_have_text("1 new")

    page.mouse.wheel(0, -2000)

    expect(page.locator(".events__row .name").first).to_have_text("meanwhile")
    expect(bar(page)).to_be_hidden()


def test_a_hidden_tab_asks_nothing_and_catches_up_when_it_is_seen_again(live, store_events):
    store_events(school_day())
    page = live()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(HIDE, True)
    expect(bar(page)).to_contain_text("this tab was hidden.")
    asked.clear()

    store_events([event("meanwhile", ago_s=1)])
    page.wait_for_timeout(2500)
    assert asked == []

    page.evaluate(HIDE, False)
    expect(page.locator(".events__row .name").first).to_have_text("meanwhile")


def test_nobody_at_the_page_for_long_is_noticed(live, store_events):
    store_events(school_day())
    page = live()

    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 16 * 60_000; }")

    expect(bar(page)).to_contain_text("nobody has used this page for 15 minutes.")
    page.evaluate("() => { const later = Date.now; Date.now = () => later() - 16 * 60_000; }")
    page.get_by_role("button", name="Go on").click()
    expect(bar(page)).to_be_hidden()


def test_what_waits_beyond_all_bounds_is_shown_from_the_top(live, store_events):
    store_events(school_day())
    page = live()
    page.mouse.move(600, 600)
    page.mouse.wheel(0, 900)
    expect(bar(page)).to_be_visible()

    store_events([event(f"new{number}", ago_s=1 - number / 10_000) for number in range(1300)])
    expect(page.locator("[data-tail-waiting]")).to_have_text("More than 500 new")
    page.get_by_role("button", name="Show them").click()

    expect(page.locator(".events__row .name").first).to_have_text("new1299")
    expect(page.locator(".events__row")).to_have_count(100)
    expect(page.get_by_role("link", name="Older events")).to_be_visible()


def test_the_page_never_holds_more_than_a_thousand_rows(live, store_events):
    store_events(school_day())
    page = live()

    store_events([event(f"new{number}", ago_s=5 - number / 1000) for number in range(1200)])

    expect(page.locator(".events__row .name").first).to_have_text("new1199")
    expect(page.locator(".events__row .name", has_text=re.compile("^new1100$"))).to_have_count(1)
    expect(page.locator(".events__row")).to_have_count(100)


def test_a_server_that_does_not_answer_is_said_and_nothing_is_skipped(live, store_events):
    store_events(school_day())
    page = live()
    page.route("**/tail?*", lambda route: route.fulfill(status=200, body="no JSON"))
    store_events([event("meanwhile", ago_s=1)])
    expect(bar(page)).to_contain_text("the server does not answer.")

    page.unroute("**/tail?*")

    expect(page.locator(".events__row .name").first).to_have_text("meanwhile")
    expect(bar(page)).to_be_hidden()


def test_an_empty_list_begins_with_the_first_event_and_goes_on(live, store_events):
    store_events(school_day())
    page = live("/?q=wanted")

    store_events([event("wanted_one", ago_s=2)])
    expect(page.locator(".events__row")).to_have_count(1)
    store_events([event("wanted_two", ago_s=1)])
    expect(page.locator(".events__row")).to_have_count(2)


def test_another_search_is_followed_too(live, store_events):
    store_events(school_day())
    page = live()

    page.get_by_label("Level", exact=True).select_option("error")
    expect(page.locator(".events__row")).to_have_count(1)
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "true")
    store_events([event("wanted", ago_s=1, level="error"), event("unwanted", ago_s=1)])

    expect(page.locator(".events__row")).to_have_count(2)


def test_the_key_l_switches_it(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/")
    button = page.get_by_role("button", name="Live")

    page.keyboard.press("l")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("l")
    expect(button).to_have_attribute("aria-pressed", "false")


def test_a_range_that_ends_offers_none(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/?until=-1s")

    expect(page.get_by_role("button", name="Live")).to_have_count(0)
    expect(page.get_by_text("cannot be followed live")).to_be_visible()


def test_without_javascript_it_is_not_offered(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/", javascript=False)

    expect(page.get_by_role("button", name="Live")).to_be_hidden()
    expect(page.get_by_role("link", name="Export")).to_be_visible()


def test_the_values_of_a_field_say_when_they_were_counted_and_are_counted_anew(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/?level=error")
    page.locator(".facet summary", has_text=re.compile("^event$")).click()
    values = page.locator(".facet-values")
    expect(values).to_contain_text("1 of 1 matching event has it.")
    expect(values.get_by_text("As of")).to_be_hidden()

    page.get_by_role("button", name="Live").click()
    store_events([event("wanted", ago_s=1, level="error")])
    expect(page.locator(".events__row")).to_have_count(2)
    expect(values).to_contain_text(re.compile(r"As of \d\d:\d\d:\d\d"))
    expect(values).to_contain_text("1 of 1 matching event has it.")
    values.get_by_role("link", name="Refresh").press("Enter")

    expect(values).to_contain_text("2 of 2 matching events have it.")
    expect(values.get_by_role("link", name="Refresh")).to_be_focused()


def asked_in_two_looks(page):
    """The requests that the page makes while it looks twice for new events."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for _ in range(2):
        page.wait_for_event("request", lambda request: "/tail?" in request.url)
    return asked


def test_the_histogram_and_the_counts_follow_until_somebody_uses_them(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/?q=-of_another_test")
    page.evaluate("() => { const now = performance.now.bind(performance); performance.now = () => now() * 100; }")
    store_events([event(f"new{number}", ago_s=1) for number in range(6)])
    page.get_by_role("button", name="Live").click()

    expect(page.locator("[data-live-counts]")).to_have_text("Newest 100 of 160 events")
    expect(page.locator(".histogram__legend")).to_contain_text("info 159")
    expect(page.locator(".sentence")).to_contain_text("160 events")
    expect(page).to_have_title(re.compile("^160 events"))
    assert page.locator("[aria-live], [role=status]").locator("[data-live-counts], .sentence, .histogram").count() == 0

    page.locator(".histogram__chart a").last.focus()
    assert not any("/tail/counts" in url for url in asked_in_two_looks(page))
    expect(page.locator(".histogram__chart a").last).to_be_focused()
    page.locator(".opener").first.click()
    expect(bar(page)).to_contain_text("you opened an event.")
    assert not any("/tail/counts" in url for url in asked_in_two_looks(page))

    with page.expect_request("**/tail/counts?*"):
        page.get_by_role("button", name="Go on").click()
