"""Levels: every sender's word has one meaning."""

import pytest

from logviewer.store.event import Level, level_from, level_name


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("warning", Level.WARNING),
        ("WARN", Level.WARNING),
        (" Error ", Level.ERROR),
        ("exception", Level.ERROR),
        ("Information", Level.INFO),
        ("fatal", Level.CRITICAL),
        ("notset", Level.TRACE),
        (10, Level.DEBUG),
        ("40", Level.ERROR),
        (25, Level.INFO),
        (31.5, Level.WARNING),
        (999, Level.CRITICAL),
    ],
)
def test_a_known_word_or_number_is_its_level(word, level):
    assert level_from(word) == (level, True)


@pytest.mark.parametrize("word", [None, "", "shout", True, 0, -5, float("nan"), [], {}, "²", "9" * 400])
def test_anything_else_is_info_and_not_understood(word):
    assert level_from(word) == (Level.INFO, False)


@pytest.mark.parametrize(("number", "name"), [(30, "warning"), (35, "warning"), (5, "trace"), (0, "trace")])
def test_a_number_has_the_name_of_its_level(number, name):
    assert level_name(number) == name
