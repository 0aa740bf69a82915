"""Phone, tablet and desk; light and dark."""

import pytest
from playwright.sync_api import expect

from tests.browser.events import school_day

PATHS = (
    "/",
    "/?level=error",
    "/?columns=service,event,response.error.code,exception&since=-1d&by=event",
    "/requests/7c1e-failing",
    "/preferences",
    "/?q=nothing",
    "/?q=(",
    "/fields",
    "/fields/values?field=event",
    "/fields/numbers?field=duration_ms&per=event",
    "/histogram?by=event",
)


@pytest.mark.parametrize("width", [390, 768, 1024, 1440])
def test_no_page_is_wider_than_its_window(width, open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/", width=width)

    for path in PATHS:
        page.goto(path)
        if page.locator(".opener").count():
            page.locator(".opener").first.click()
            expect(page.locator(".events__opened")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_first_event_page_fits_a_phone(open_page, operator):
    page = open_page(operator, "/", width=390)
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_text("is not shown again")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(("path", "button"), [("/manage/keys", "Make key"), ("/manage/tokens", "Make token")])
def test_a_secret_can_be_read_whole_on_a_phone_and_no_button_covers_the_lines(path, button, open_page, operator):
    page = open_page(operator, path, width=390)
    for field in page.locator("form.panel input[type=text]").all():
        field.fill("school")
    page.get_by_role("button", name=button).click()

    expect(page.get_by_text("is not shown again")).to_be_visible()
    assert page.locator(".secret code").evaluate("(code) => code.scrollWidth <= code.clientWidth")
    for box in page.locator(".snippet-box").all():
        lines, copy = box.locator("pre").bounding_box(), box.get_by_role("button").bounding_box()
        assert copy["y"] >= lines["y"] + lines["height"]


def test_on_a_phone_a_finger_finds_the_box_of_a_row(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/", width=390)
    target = page.locator(".c-time label").nth(1)

    assert min(target.bounding_box()["width"], target.bounding_box()["height"]) >= 44
    target.click(position={"x": 4, "y": 40})

    expect(page.get_by_label("Select").nth(1)).to_be_checked()
    expect(page.locator(".events__opened")).to_have_count(0)


def test_on_a_phone_the_tools_of_the_list_are_one_line_and_unfold_inside_the_window(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/", width=390)
    tools = page.locator(".list-tools")

    assert tools.bounding_box()["height"] < 60
    tools.get_by_text("Go to a time").click()

    sheet = tools.get_by_label("Show the list from this time back")
    expect(sheet).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_a_phone_the_filters_unfold(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/", width=390)

    expect(page.get_by_label("Level", exact=True)).to_be_hidden()
    page.get_by_text("Filters").click()
    page.get_by_label("Level", exact=True).select_option("error")

    expect(page.locator(".events__row")).to_have_count(1)


def test_the_theme_is_chosen_in_the_menu_and_kept(open_page, viewer, store_events):
    store_events(school_day())
    page = open_page(viewer, "/?level=error")

    page.get_by_label("Your menu").click()
    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url.endswith("/?level=error")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_the_first_event_page_goes_on_by_itself(open_page, operator, store_events):
    page = open_page(operator, "/")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_text("is not shown again")).to_be_visible()

    store_events(school_day())

    expect(page.locator(".events__row").first).to_be_visible()
