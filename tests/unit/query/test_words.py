import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.query.language.words import alike, fold, tokens_of, word_is_in, word_of
from logviewer.query.patterns import phrase_regex, word_regex


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("ReadTimeoutError", ["readtimeouterror", "read", "timeout", "error"]),
        ("HTTPServer", ["httpserver", "http", "server"]),
        ("readHTTPs2Go", ["readhttps2go", "read", "htt", "ps2", "go"]),
        ("/cohorts/12/assign", ["cohorts", "12", "assign"]),
        ("cohort_assignment-started", ["cohort", "assignment", "started"]),
        ("it's 5€", ["it", "s", "5"]),
        ("ÉCOLE école caféBar", ["école", "école", "cafébar"]),
        ("数据库 연결", ["数据库", "연결"]),
        ("हिन्दी", ["हिन्दी"]),
        ("🙂 ok 👍🏽", ["ok"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_these_tokens(text, tokens):
    assert list(tokens_of(text)) == tokens


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("assign", "/cohorts/12/assign"),
        ("assi", "/cohorts/12/assign"),
        ("timeout", "ReadTimeoutError"),
        ("readtime", "ReadTimeoutError"),
        ("TIMEOUT", "ReadTimeoutError"),
        ("/cohorts/12/assign", "POST /cohorts/12/assign HTTP/1.1"),
        ("cohorts/12/as", "POST /cohorts/12/assign"),
        ("Error: could", "requests.ReadTimeoutError: could not"),
        ("07261cb3-1ded", "07261cb3-1ded-4d79"),
        ("überprüfung", "ÜBERPRÜFUNG läuft"),
    ],
)
def test_a_word_is_in_a_text(word, text):
    assert word_is_in(text, word_of(word))


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("ssign", "/cohorts/12/assign"),
        ("timeouterror", "ReadTimeoutError"),
        ("/cohorts/1/assign", "/cohorts/12/assign"),
        ("cohorts/assign", "/cohorts/12/assign"),
        ("12/cohorts", "/cohorts/12"),
        ("horts/12", "/cohorts/12"),
        ("kelvin", "\N{KELVIN SIGN}elvin"),
    ],
)
def test_a_word_is_not_in_a_text(word, text):
    assert not word_is_in(text, word_of(word))


def test_letter_cases_are_alike_in_pairs_and_keep_ascii_to_itself():
    assert (alike("k"), alike("K"), alike("é"), alike("σ"), alike("5")) == ("kK", "Kk", "éÉ", "σΣ", "5")
    assert fold("STRASSE Straße ÉΣ") == "strasse straße éσ"


CODE_LIKE = st.text("abABzZ019éÉ _-.\n日", max_size=10)


@settings(max_examples=1500)
@given(text=CODE_LIKE, word=CODE_LIKE.filter(word_of))
def test_the_regular_expression_of_a_word_means_the_same(text, word):
    assert bool(re.search(word_regex(word_of(word)), text)) == word_is_in(text, word_of(word))


@given(text=CODE_LIKE, phrase=st.text("aAé\\.*[]^$|", min_size=1, max_size=3))
def test_the_regular_expression_of_a_phrase_means_the_same(text, phrase):
    assert bool(re.search(phrase_regex(phrase), text)) == (fold(phrase) in fold(text))
