"""What the search box asks for while somebody types."""

import re
from html import unescape

import pytest

from logviewer.store.catalogue import catch_up
from tests.integration.viewer.conftest import event, text_of


def choices(response):
    return [unescape(text) for text in re.findall(r'data-text="([^"]*)"', text_of(response))]


def test_choices_say_what_they_replace(page, store_events):
    store_events([event("a", status_code=500), event("b", status_code=500)])
    catch_up(60)

    response = page("/search/completion?q=a+stat&at=6")

    assert choices(response) == ["status_code:"]
    assert 'role="listbox"' in text_of(response)
    assert 'data-start="2" data-end="6"' in text_of(response)
    assert "2 events</span>" in text_of(response)
    assert "in 2 of the newest events</span>" in text_of(page("/search/completion?q=status_code:&at=12"))


def test_without_choices_there_is_nothing(page, database):
    assert page("/search/completion?q=qqqqqqq&at=7").status_code == 204


@pytest.mark.parametrize("at", ["", "-1", "x", "99999999", "٣"])
def test_a_cursor_that_is_none_is_at_the_end(at, page, database):
    assert choices(page(f"/search/completion?q=a+lev&at={at}")) == ["level>=", "level:"]


def test_hostile_values_are_text(page, store_events):
    store_events([event("a", x='<img src=x onerror="alert(1)">\u202e')])
    catch_up(60)

    response = page("/search/completion?q=x:&at=2")

    assert choices(response) == ['"<img src=x onerror=\\"alert(1)\\">\u202e" ']
    assert "<img" not in text_of(response)
    assert '<span class="unseen" title="U+202E">' in text_of(response)


@pytest.mark.parametrize("path", ["/search/completion?q=lev", "/search/alternatives?q=a", "/search/help"])
def test_nobody_sees_it_without_an_account(path, client, database):
    assert client.get(path)["Location"].startswith("/accounts/login/")
