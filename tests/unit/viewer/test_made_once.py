"""What many ask for is made once for all of them, and rests the longer the dearer it was."""

import threading

import pytest

from logviewer.query import following
from logviewer.query.errors import SearchUnavailable
from logviewer.viewer import made_once
from logviewer.viewer.made_once import MOST_KEPT, NEWS_S, MadeOnce


@pytest.fixture
def clock(monkeypatch):
    """Time that passes when the test says so."""

    class Clock:
        now = 100.0

    monkeypatch.setattr(made_once, "monotonic", lambda: Clock.now)
    return Clock


def maker(clock, *, takes_s=0.0):
    made = []

    def make():
        clock.now += takes_s
        made.append(len(made))
        return made[-1]

    return make


def test_who_asks_for_the_same_soon_gets_the_same(clock):
    once, make = MadeOnce(), maker(clock)

    assert [once.of("a", make), once.of("a", make), once.of("b", make)] == [0, 0, 1]
    clock.now += NEWS_S
    assert once.of("a", make) == 2


def test_what_takes_long_is_made_rarely(clock):
    once, make = MadeOnce(), maker(clock, takes_s=4.0)

    once.of("a", make)
    clock.now += 39
    assert once.of("a", make) == 0
    clock.now += 1
    assert once.of("a", make) == 1


def test_only_so_much_is_kept(clock):
    once, make = MadeOnce(), maker(clock)

    for number in range(MOST_KEPT + 1):
        once.of(number, make)

    assert once.of(1, make) == 1
    assert once.of(0, make) == MOST_KEPT + 1


def test_what_fails_is_made_again(clock):
    once = MadeOnce()

    def fail():
        raise SearchUnavailable("away")

    with pytest.raises(SearchUnavailable):
        once.of("a", fail)
    assert once.of("a", lambda: 7) == 7


def test_all_who_come_while_it_is_made_get_it(monkeypatch):
    once, made, begun, go_on = MadeOnce(), [], threading.Event(), threading.Event()
    monkeypatch.setattr(following, "LONGEST_WAIT_S", 60)

    def make():
        made.append(1)
        begun.set()
        assert go_on.wait(60)
        return "it"

    found = []
    asking = [threading.Thread(target=lambda: found.append(once.of("a", make))) for _ in range(5)]
    for thread in asking:
        thread.start()
    assert begun.wait(60)
    go_on.set()
    for thread in asking:
        thread.join(60)

    assert (found, made) == (["it"] * 5, [1])


def test_nobody_waits_long_for_what_others_make(monkeypatch):
    once, begun, go_on = MadeOnce(), threading.Event(), threading.Event()
    monkeypatch.setattr(following, "LONGEST_WAIT_S", 0.01)

    def make():
        begun.set()
        assert go_on.wait(60)

    slow = threading.Thread(target=lambda: once.of("slow", make))
    slow.start()
    assert begun.wait(60)

    with pytest.raises(SearchUnavailable):
        once.of("quick", lambda: 1)
    go_on.set()
    slow.join(60)
