"""Text from outside as HTML: nothing acts, nothing hides."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.viewer.plain_text import in_a_block, on_one_line, with_links


def test_markup_is_shown_as_it_was_written():
    assert on_one_line("<b onload='x'>&") == "&lt;b onload=&#x27;x&#x27;&gt;&amp;"


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x1b", "ESC"),
        ("\x00", "NUL"),
        ("\x9b", "U+009B"),
        ("\u202e", "U+202E"),
        ("\u2066", "U+2066"),
        ("\u200b", "U+200B"),
        ("\u200d", "U+200D"),
        ("\ufeff", "U+FEFF"),
        ("\U000e0041", "U+E0041"),
    ],
)
def test_a_character_that_hides_or_reorders_text_is_marked(character, name):
    shown = on_one_line(f"a{character}b")

    assert character not in shown
    assert f'<span class="unseen" title="U+{ord(character):04X}">{name}</span>' in shown


@pytest.mark.parametrize("text", ["👩‍👩‍👧", "می‌خواهم", "مرحبا", "Ünïcödé", "日本語", "a\tb"])
def test_text_of_any_language_stays_as_it_is(text):
    assert on_one_line(text) == text


def test_one_line_shows_where_lines_broke():
    assert on_one_line("a\r\nb\nc\rd") == "a ↵ b ↵ c ↵ d"


def test_a_block_keeps_its_lines():
    assert in_a_block("a\r\n  b\n") == "a\n  b\n"


def test_a_long_text_is_cut_before_it_is_escaped():
    assert on_one_line("<" * 10, most=4) == "&lt;&lt;&lt;…"


@given(st.text())
def test_no_text_makes_a_tag_of_its_own(text):
    shown = in_a_block(text)

    assert shown.count("<") == shown.count('<span class="unseen"') + shown.count("</span>")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("see https://a.example/x?y=1&z=2.", "see <a{}>https://a.example/x?y=1&amp;z=2</a>."),
        ("(http://a.example)", "(<a{}>http://a.example</a>)"),
        ("<https://a.example>", "&lt;<a{}>https://a.example</a>&gt;"),
        ("javascript:alert(1) data:text/html,x //a.example", "javascript:alert(1) data:text/html,x //a.example"),
        ("HTTPS://a.example", "HTTPS://a.example"),
    ],
)
def test_web_addresses_are_links_that_give_nothing_away(text, html):
    address = re.search(r"https?://[^<]*(?=</a>)", html)
    attributes = f' href="{address[0]}" target="_blank" rel="noopener noreferrer nofollow"' if address else ""

    assert with_links(text) == html.format(attributes)


def test_an_address_cannot_end_the_attribute_it_stands_in():
    shown = with_links('http://a.example/"onmouseover="go() http://b.example/\u202ex')

    assert shown.count("<a ") == 2
    assert 'href="http://a.example/"' in shown
    assert "onmouseover=&quot;go()" in shown
    assert '/</a><span class="unseen"' in shown


def test_links_on_one_line_keep_the_marks_for_breaks():
    assert with_links("a\nhttp://b.example\nc", is_line=True).startswith("a ↵ <a ")
