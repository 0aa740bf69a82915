"""Secrets: recognisable, checkable without the database, and each its own."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.accounts import secret

KINDS = st.sampled_from(["lvk", "lvr"])


@pytest.mark.parametrize("kind", ["lvk", "lvr"])
def test_a_secret_shows_its_kind_and_its_public_id(kind):
    made = secret.issue(kind)

    prefix, public_id, rest = made.text.split("_")
    assert (prefix, public_id) == (kind, made.public_id)
    assert len(rest) == secret.SECRET_LENGTH + secret.CHECKSUM_LENGTH
    assert set(public_id + rest) <= set(string.ascii_letters + string.digits)


def test_no_two_secrets_are_the_same():
    made = [secret.issue("lvk") for _ in range(500)]

    assert len({one.text for one in made}) == len({one.public_id for one in made}) == 500


@given(KINDS)
def test_a_secret_is_recognised_and_matches_its_own_digest_only(kind):
    one, other = secret.issue(kind), secret.issue(kind)

    assert secret.public_id_of(kind, one.text) == one.public_id
    assert secret.matches(one.text, one.digest)
    assert not secret.matches(one.text, other.digest)


def test_a_secret_of_another_kind_is_refused():
    assert secret.public_id_of("lvr", secret.issue("lvk").text) is None
    assert secret.public_id_of("lvk", secret.issue("lvr").text) is None


@given(KINDS, st.integers(min_value=0), st.sampled_from(secret.ALPHABET))
def test_one_wrong_character_is_found_without_the_database(kind, place, character):
    text = secret.issue(kind).text
    place = len(kind) + 1 + place % (len(text) - len(kind) - 1)
    wrong = text[:place] + character + text[place + 1 :]

    if wrong != text:
        assert secret.public_id_of(kind, wrong) is None


@given(st.text(max_size=80))
def test_any_other_text_is_refused(text):
    assert secret.public_id_of("lvk", text) is None
    assert not secret.matches(text, secret.issue("lvk").digest)


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: text + "\n", lambda text: f" {text}", lambda text: text[:-1]]
)
def test_a_secret_is_taken_as_it_was_made_or_not_at_all(change):
    assert secret.public_id_of("lvk", change(secret.issue("lvk").text)) is None


def test_the_digest_does_not_hold_the_secret():
    made = secret.issue("lvk")

    assert len(made.digest) == 32
    assert made.text.encode() not in made.digest
