"""Text can be read: 4.5 to 1 against what is behind it (WCAG 2.2, 1.4.3), on rows of every level, light and dark."""

import pytest
from playwright.sync_api import expect

from logviewer.store.event import LEVEL_NAMES
from tests.integration.viewer.conftest import event

# Colours go through a canvas, which makes bytes of whatever way they are written.
TOO_FAINT = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const bytes = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const part = (byte) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([red, green, blue]) => 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = bytes(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  return [...document.querySelectorAll("body *")]
    .filter((one) => hasText(one) && one.getClientRects().length && !one.closest("svg, .visually-hidden"))
    .map((one) => {
      const [dark, bright] = [light(bytes(getComputedStyle(one).color)), light(behind(one))].sort((a, b) => a - b);
      return [(bright + 0.05) / (dark + 0.05), one.className || one.tagName, one.textContent.trim().slice(0, 40)];
    })
    .filter(([ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_can_be_read(theme, open_page, viewer, store_events):
    store_events(
        [
            event(f"{level} {number}", at_ms=number, level=level, request_id="7c1e", user_id=8, error="no", path="/a")
            for level in LEVEL_NAMES.values()
            for number in range(2)
        ]
    )
    page = open_page(viewer, "/")
    page.context.add_cookies([{"name": "theme", "value": theme, "url": page.url}])

    for path in ("/", "/requests/7c1e", "/?q=nothing", "/?q=(", "/preferences", "/manage/tokens"):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        if page.locator(".opener").count():
            page.locator(".opener").first.click()
            expect(page.locator(".events__opened")).to_be_visible()
        page.mouse.move(0, 0)
        assert page.evaluate(TOO_FAINT) == [], path
