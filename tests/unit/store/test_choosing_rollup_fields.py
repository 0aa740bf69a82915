"""Which fields a rollup tells apart: as many as stay few together."""

import random

from logviewer.store.rollups import MOST_COMBINATIONS, choose


def test_fields_with_few_values_are_told_apart():
    sample = [("20", "api", "request", method, status) for method in ("GET", "POST") for status in ("200", "404")]
    assert choose(["event", "method", "status"], sample) == ["event", "method", "status"]


def test_a_field_with_many_values_is_left_out():
    sample = [("20", "api", "request", str(number), "200") for number in range(MOST_COMBINATIONS + 1)]
    assert choose(["event", "user_id", "status"], sample) == ["event", "status"]


def test_fields_that_are_few_alone_but_many_together_are_left_out():
    dice = random.Random(1)
    sample = [("20", "api", "it", *(str(dice.randrange(10)) for _ in range(4))) for _ in range(10_000)]
    chosen = choose(["event", "a", "b", "c", "d"], sample)
    assert chosen[0] == "event"
    assert len(chosen) == 3  # 100 combinations; another one would make it 1000


def test_a_field_that_follows_from_another_one_costs_nothing():
    sample = [("20", "api", "it", str(number), str(number % 7)) for number in range(MOST_COMBINATIONS)]
    assert choose(["event", "number", "rest"], sample) == ["event", "rest", "number"]


def test_nothing_sampled():
    assert choose(["event", "a"], []) == ["event", "a"]
