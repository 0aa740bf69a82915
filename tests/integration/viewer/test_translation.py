"""Every word around the search box goes through Django's translation: in a language of marks none is unmarked."""

import re
from html.parser import HTMLParser

import pytest
from django.utils import translation

from logviewer.store.catalogue import catch_up
from tests.integration.viewer.conftest import event, text_of

# What services and people wrote, keys, and what stands elsewhere on the page.
NOT_OURS = {"code", "bdi", "kbd", "pre", "time", "script", "svg", "dialog", "header", "head"}
WITHOUT_END = {"input", "meta", "link", "br"}


@pytest.fixture
def marks(monkeypatch):
    """A language in which every text is itself between marks."""
    known = translation._trans
    monkeypatch.setattr(known, "gettext", lambda text: f"⟦{text}⟧")
    monkeypatch.setattr(known, "ngettext", lambda one, many, number: f"⟦{one if number == 1 else many}⟧")
    monkeypatch.setattr(known, "pgettext", lambda _, text: f"⟦{text}⟧")


class Words(HTMLParser):
    """The text of a page that is ours, and its labels."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        if not NOT_OURS.intersection(self.inside):
            self.found += [value for name, value in attributes if name in ("aria-label", "title")]
        if tag not in WITHOUT_END:
            self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if not NOT_OURS.intersection(self.inside):
            self.found.append(data)


def unmarked(html: str) -> list[str]:
    words = Words()
    words.feed(html)
    text = "\n".join(words.found)
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = inner
    return re.findall(r"[^\W\d_]{2,}", text)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/search/help", r"<main.*</main>"),
        ("/search/alternatives?q=statuscode:1+-x&since=-1m", r"<main.*</main>"),
        ("/?q=(&level=error&since=-1h", r'<form class="filters".*</main>'),
        ("/?q=-nothing:1+nothing&level=error&since=-1h", r'<ul class="parts".*</main>'),
        ("/search/completion?q=status_code&at=11", r".*"),
    ],
)
def test_all_words_are_translated(path, part, page, store_events, marks):
    store_events([event("a", level="error", status_code=200)])
    catch_up(60)

    shown = re.search(part, text_of(page(path)), re.DOTALL)[0]

    assert [word for word in unmarked(shown) if word not in ("critical", "learning", "api", "UTC")] == []
    assert "⟦" in shown


def test_an_unmarked_word_is_noticed():
    assert unmarked('<p title="⟦a label⟧">⟦some text⟧ and more<bdi>theirs</bdi></p>') == ["and", "more"]
