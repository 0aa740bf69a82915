"""Whatever redaction would mask in a value makes it a suspect, and harmless words do not."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest import screen
from ingest.redaction import holds_secret
from ingest.screen import suspects

PIECES = st.sampled_from(
    ["password", "api_key", "csrf", "?code", "Token", "bearer", "BASIC", "Authorization", "=", ":", " = ", "'", '"',
     "\\", " ", "\n", "\u00a0", "abcdefgh12345678", "a" * 40, "ghp_", "github_pat_", "lvk_abcd1234_", "AKIA",
     "sk_live_", "xoxb-", "xapp-", "eyJhbGciOi", ".", "-----BEGIN PRIVATE KEY-----", "Key (a)", "=(1)",
     "Failing row contains (",
     "://u:p@h", "ada@school.test", "hooks.slack.com/services/", "K", "\u212a", "\u017f", "\u00e9", "/", "&", "x1"]
)  # fmt: skip
VALUES = st.lists(PIECES, max_size=7).map("".join)


@settings(max_examples=1000, deadline=None)
@example(["x\n'token'\n: 'abcdefgh'\ny"])
@example(["bearer\nabcdefgh12345678", "bearer", "abcdefgh12345678"])
@example(["a" * 40 + "\u212a", "\u212a" + "b" * 40])
@given(st.lists(VALUES, max_size=4))
def test_every_value_in_which_something_is_masked_is_found(values):
    assert suspects(values) == {value for value in values if holds_secret(value)}


@pytest.mark.parametrize(
    "value",
    [
        *(f"gh{kind}_abcdefghijklmnopqrstuvwxyz" for kind in "pousr"),
        *(f"lv{kind}_abcd1234_{'a' * 38}" for kind in "kr"),
        f"github_pat_{'a' * 22}",
        "AKIAABCDEFGHIJKLMNOP",
        "ASIAABCDEFGHIJKLMNOP",
        "sk_live_abcdefgh12",
        "rk_live_abcdefgh12",
        "xoxb-1234567890",
        "xapp-1-ABCDEFGH",
        "eyJhbGciOi.abcdef.x",
        "0123456789abcdef" * 2 + "01234567",
        "Bearer abcdefgh12345678",
        "https://hooks.slack.com/services/T0/B0",
        "postgres://u:p@h/db",
        "ada@school.test",
        "password=hunter22",
        "-----BEGIN PRIVATE KEY-----\nabc",
        "Key (email)=(x)",
        "Failing row contains (1, x)",
    ],
)
def test_a_secret_of_each_kind_is_found(value):
    assert suspects(["harmless", value]) == {value}


@pytest.mark.parametrize(
    "value",
    ["token_refreshed", "basic auth is on", "a=b&c=d", "File \"x.py\", line 1: 'a'", "2026-11-23 10:02:03", "a" * 39,
     "authorization_checked", "abcdefghijklmnopqrstuvwxyz"],
)  # fmt: skip
def test_harmless_words_are_no_suspects(value):
    assert suspects([value, "ada@school.test"]) == {"ada@school.test"}


def test_what_postgres_cannot_store_is_found():
    assert suspects(["a\0", "b"]) == {"a\0"}


def test_a_value_is_found_however_often_its_lines_were_clear_before():
    harmless = ["Bearer", "abcdefgh12345678", "'token'", "x"]

    assert [suspects(harmless) for _ in range(2)] == [set(), set()]
    assert suspects(["Bearer\nabcdefgh12345678", "'token'\n: 'abcdefgh'", *harmless]) == {
        "Bearer\nabcdefgh12345678",
        "'token'\n: 'abcdefgh'",
    }


def test_what_is_remembered_of_lines_is_bounded(monkeypatch):
    monkeypatch.setattr(screen, "MAX_REMEMBERED_LINES", 10)
    for number in range(30):
        suspects([f"line {number}", "x" * 1000])

    assert len(screen._clear_lines) <= 11
    assert max(map(len, screen._clear_lines)) < 1000


def test_of_nothing_nothing_is_found():
    assert suspects([]) == set()
