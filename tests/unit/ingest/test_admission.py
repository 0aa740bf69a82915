"""How many bodies are held at once."""

import threading
from contextlib import ExitStack

import pytest

from ingest import limits
from ingest.admission import Admission
from ingest.body import is_small
from ingest.outcome import Refusal


@pytest.fixture
def admission():
    return Admission(wait_s=0)


def test_a_fifth_body_of_one_key_is_429_and_other_keys_go_on(admission):
    with ExitStack() as held:
        for _ in range(limits.MAX_BODIES_A_KEY):
            held.enter_context(admission.place("a"))
        with pytest.raises(Refusal) as refusal:
            held.enter_context(admission.place("a"))
        held.enter_context(admission.place("b"))

    assert refusal.value.status == 429
    assert "Retry-After" in refusal.value.headers


def test_the_thirty_third_body_is_503(admission):
    with ExitStack() as held:
        for number in range(limits.MAX_BODIES_AT_ONCE):
            held.enter_context(admission.place(f"key {number}"))
        with pytest.raises(Refusal) as refusal:
            held.enter_context(admission.place("another"))

    assert refusal.value.status == 503
    assert "Retry-After" in refusal.value.headers


def test_places_are_free_again_after_a_failure(admission):
    for _ in range(limits.MAX_BODIES_AT_ONCE + 1):
        with pytest.raises(RuntimeError), admission.place("a"):
            raise RuntimeError


def test_who_finds_too_many_waiting_is_sent_away_at_once(monkeypatch):
    monkeypatch.setattr("ingest.admission.MAX_WAITING", 0)
    admission = Admission(at_once=1)
    monkeypatch.setattr(admission._changed, "wait", lambda _: pytest.fail("it waits"), raising=False)

    with admission.place("a"), pytest.raises(Refusal):
        admission._enter("b")


def test_who_waits_gets_the_place_that_becomes_free():
    admission = Admission(wait_s=10)
    with ExitStack() as held, ExitStack() as first:
        first.enter_context(admission.place("a"))
        for _ in range(limits.MAX_BODIES_A_KEY - 1):
            held.enter_context(admission.place("a"))
        freed = threading.Event()
        timer = threading.Timer(0.05, lambda: (freed.set(), first.close()))
        timer.start()
        held.enter_context(admission.place("a"))
        assert freed.is_set()
        timer.join()


def test_only_a_plain_body_announced_as_small_takes_a_small_place():
    assert is_small({"CONTENT_LENGTH": "200"})
    for environ in (
        {},
        {"CONTENT_LENGTH": ""},
        {"CONTENT_LENGTH": "x"},
        {"CONTENT_LENGTH": str(limits.SMALL_BODY_BYTES + 1)},
        {"CONTENT_LENGTH": "200", "HTTP_CONTENT_ENCODING": "gzip"},
    ):
        assert not is_small(environ)
