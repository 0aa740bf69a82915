"""The page on the language: each of its examples is a link to a search that works."""

import re
from html import unescape

import pytest

from logviewer.viewer.help_topics import TOPICS
from tests.integration.viewer.conftest import event, text_of

QUERIES = [example.query for topic in TOPICS for example in topic.examples]


def examples(response):
    found = re.findall(r'<a href="([^"]*)" data-example><code>(.*?)</code></a>', text_of(response))
    return [(unescape(address), unescape(query)) for address, query in found]


def test_every_example_runs(page, store_events):
    store_events([event()])

    shown = examples(page("/search/help"))

    assert [query for _, query in shown] == QUERIES
    for address, query in shown:
        result = page(address)
        assert result.status_code == 200, query
        assert f'value="{query}"' in unescape(text_of(result))


@pytest.mark.parametrize("sign", ['"', ":", "*", ">", ">=", "<", "has:", "-", "NOT ", "AND ", "OR ", "("])
def test_every_operator_has_an_example(sign):
    assert any(sign in query for query in QUERIES)


def test_the_help_on_the_keys_leads_there(page, database):
    assert 'href="/search/help"' in text_of(page("/"))
