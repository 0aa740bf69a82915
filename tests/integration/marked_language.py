"""A language in which every message stands between marks, and a reader that finds what of a page does not.

What is put into a message is outside of its marks, so that words which are put in must be messages themselves. What
services and people wrote is told from words of ours by a "zz" in it.
"""

import re
import zoneinfo
from html.parser import HTMLParser

import pytest
from django.utils import translation
from django.utils.translation import trans_real

from logviewer.store.event import LEVEL_NAMES
from logviewer.viewer.event_text import FORMATS

# What a program reads or prints.
OF_PROGRAMS = {"code", "kbd", "pre", "script", "style"}
WITHOUT_END = {"br", "col", "hr", "img", "input", "link", "meta", "path", "line", "rect", "use"}
SAID = re.compile(r"aria-label|aria-description|title|placeholder|alt|data-(label|words|said|why|do|rows)\b.*")
# Names are the same in every language: of this product, of formats, of zones, of the fields and levels in queries.
NAMES = {
    *("logviewer", "JSON", "NDJSON", "CSV", "Markdown", "UTC", "Logstash", "structlog", "lvk", "lvr"),
    *("time", "level", "service", "event", "logger", "request_id", "cohort_id", "boot", "seq", "OR"),
    *FORMATS,
    "abc",  # the sign for a text
    *LEVEL_NAMES.values(),
    *map(str.upper, LEVEL_NAMES.values()),
}
PLACEHOLDER = re.compile(r"(%\(\w+\)[sd]|%%|\{\w*\})")
NO_WORDS = re.compile(
    r"zz|@|lv[kr]_|\dT\d|\{\w+\}|…$"
)  # data, addresses, keys, times, places a script fills, what is cut off
ZONES = zoneinfo.available_timezones()
TERM = re.compile(r"[^\s⟦⟧]*\w[:<>=*][^\s⟦⟧]*")  # of a query
WORD = re.compile(r"[^\W\d_][\w.’'-]*[^\W_]")


def marked(text: str) -> str:
    """`text` with marks around all but its placeholders."""
    return "".join(
        part if place % 2 or not re.search(r"\w", part) else f"⟦{part}⟧"
        for place, part in enumerate(PLACEHOLDER.split(text))
    )


def speak(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Makes it the language of everything that is rendered from now on, also of what Django and allauth say.

    Returns the keys, in catalogues, of the messages that were said; it grows.
    """
    said: set[str] = set()

    def gettext(text: str, *, context: str = "", number: int = 1, many: str = "") -> str:
        said.add(f"{context}\4{text}" if context else text)
        return marked(text if number == 1 else many)

    known = translation._trans
    monkeypatch.setattr(known, "gettext", gettext)
    monkeypatch.setattr(known, "ngettext", lambda one, many, number: gettext(one, number=number, many=many))
    monkeypatch.setattr(known, "pgettext", lambda context, text: gettext(text, context=context))
    monkeypatch.setattr(
        known,
        "npgettext",
        lambda context, one, many, number: gettext(one, context=context, number=number, many=many),
    )
    return said


def untranslated(said: set[str], language: str) -> set[str]:
    """Those messages that the catalogue of `language` lacks."""
    known = {key[0] if isinstance(key, tuple) else key for key, _ in trans_real.translation(language)._catalog.items()}
    return {text for text in said - known if re.search(r"[^\W\d_]{2,}", text)}


def unmarked(html: str) -> list[str]:
    """The words of a page, of its labels, and of what its scripts may say, that are not between marks."""
    page = _Words()
    page.feed(html)
    return [word for text in ("".join(page.text), *page.labels) for word in words_outside(text)]


def words_outside(text: str) -> list[str]:
    text = re.sub(r"⟦[^⟦⟧]*…", "", text)  # a message of which the end is cut off
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = inner
    ours = (chunk for chunk in text.split() if not (NO_WORDS.search(chunk) or chunk.strip("().,") in ZONES))
    return [word for chunk in ours for word in WORD.findall(chunk) if word not in NAMES]


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.labels: list[str] = []
        self._inside: list[str] = []
        self._choice: str | None = None  # the value of the <option> that is open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.labels += [value for name, value in given.items() if SAID.fullmatch(name)]
        if given.get("type") in ("submit", "button", "reset"):
            self.labels.append(given.get("value", "") if tag == "input" else "")
        if tag not in WITHOUT_END:
            self._inside.append(tag)
        self._choice = given.get("value") if tag == "option" else None
        self.text.append(" ")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in WITHOUT_END:
            self._inside.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass
        self.text.append(" ")

    def handle_data(self, data: str) -> None:
        is_name = self._choice is not None and data.replace(" ", "_") == self._choice
        if is_name or OF_PROGRAMS.intersection(self._inside):
            data = "".join(re.findall("[⟦⟧]", data))
        if "bdi" in self._inside:
            data = TERM.sub(" ", data)
        self.text.append(data)
