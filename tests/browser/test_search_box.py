"""The search box: completion by keyboard and mouse, parts dropped and turned round, what an empty page says."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.events import note_fields, school_day
from tests.browser.test_contrast import TOO_FAINT


@pytest.fixture
def search_page(open_page, viewer, store_events):
    failing, calm = school_day()[:4], school_day()[4:]
    store_events(failing)  # of a larger batch the catalogue looks at some events only
    store_events(calm)
    note_fields()
    return lambda path="/", **how: open_page(viewer, path, **how)


def box(page: Page):
    return page.get_by_label("Search", exact=True)


def choices(page: Page):
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def test_a_query_is_written_with_the_keyboard_alone(search_page):
    page = search_page()
    page.keyboard.press("/")
    page.keyboard.type("stu")
    offered = choices(page)

    expect(offered).to_have_count(1)
    expect(box(page)).to_have_role("combobox")
    expect(box(page)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(offered.first).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_have_attribute("aria-activedescendant", "completion-1")
    page.keyboard.press("Enter")

    expect(box(page)).to_have_value("student_id:")
    expect(offered.first).to_contain_text("88")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(box(page)).to_have_value("student_id:88 ")
    expect(box(page)).to_be_focused()
    expect(page.get_by_role("listbox")).to_have_count(0)

    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/\?q=student_id"))
    expect(page).to_have_title("1 event, where student_id is 88 · logviewer")


def test_escape_closes_the_choices_first_and_enter_searches_what_is_typed(search_page):
    page = search_page()
    page.keyboard.press("/")
    page.keyboard.type("lev")
    expect(choices(page)).to_have_count(2)

    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(choices(page)).to_have_count(2)
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/\?q=lev$"))


def test_the_mouse_chooses_too_and_only_what_was_being_typed_is_replaced(search_page):
    page = search_page()
    box(page).fill("🙂 lev timeout")
    for _ in range(len(" timeout")):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Control+ ")

    choices(page).filter(has_text="level>=").click()

    expect(box(page)).to_have_value("🙂 level>= timeout")
    expect(box(page)).to_be_focused()
    choices(page).filter(has_text="warning").click()
    expect(box(page)).to_have_value("🙂 level>=warning timeout")


def test_choices_come_again_after_a_search_has_replaced_the_box(search_page):
    page = search_page()
    box(page).fill("cohort")
    box(page).press("Enter")
    expect(page).to_have_url(re.compile("q=cohort"))

    box(page).fill("serv")

    expect(choices(page).filter(has_text="service:")).to_be_visible()


def test_leaving_the_box_closes_the_choices(search_page):
    page = search_page()
    box(page).fill("serv")
    expect(page.get_by_role("listbox")).to_be_visible()

    page.keyboard.press("Tab")

    expect(page.get_by_role("listbox")).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_part_is_turned_round_and_dropped(search_page, javascript):
    page = search_page("/?q=level:error", javascript=javascript)
    expect(page.locator(".sentence")).to_have_text("1 error")

    page.get_by_role("link", name="Exclude level:error instead").click()
    expect(page.locator(".sentence")).to_have_text("153 events, without level error")
    page.get_by_role("link", name="Drop -level:error").click()
    expect(page.locator(".sentence")).to_have_text("154 events")
    expect(box(page)).to_have_value("")


def test_an_empty_page_counts_what_each_part_keeps_out(search_page):
    page = search_page("/?q=cohort_assignment_failed&cohort_id=13")

    without = page.get_by_role("row", name="without cohort_id 13")
    expect(without).to_contain_text("1")
    without.get_by_role("link").click()
    expect(page.locator(".events__row")).to_have_count(1)


def test_without_javascript_the_counts_are_a_link_away(search_page):
    page = search_page("/?q=cohort_assignment_failed&cohort_id=13", javascript=False)

    page.get_by_role("link", name="Count what each part keeps out").click()

    expect(page.get_by_role("row", name="without cohort_id 13")).to_contain_text("1")
    page.get_by_role("link", name="Back to the search").click()
    expect(page.get_by_text("Nothing matches")).to_be_visible()


def test_a_fault_is_mended_by_a_link(search_page):
    page = search_page("/?q=level:eror")

    page.locator(".problem").get_by_role("link", name="level:error").click()

    expect(page.locator(".events__row")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_all_of_it_fits_and_can_be_read(search_page, theme, width):
    page = search_page(width=width)
    page.context.add_cookies([{"name": "theme", "value": theme, "url": page.url}])

    for path in (
        "/search/help",
        "/?q=-path:/x+-student:1+level>=info&level=info&since=-1d",
        "/?q=nothing+neither&level=error&since=-1d",
        "/search/alternatives?q=cohort_assignment_failed+studentid:1&cohort_id=13&since=-1m",
        "/?q=level:eror",
    ):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        if page.locator("#id_q").count():
            box(page).fill("level>=")
            expect(page.get_by_role("listbox")).to_be_visible()
        page.mouse.move(0, 0)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(TOO_FAINT) == [], path
