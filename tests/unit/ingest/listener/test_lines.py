"""Lines are the same however the bytes arrive, and no connection holds more than one of bounded size."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import limits
from ingest.listener.lines import LineCutter, LongLine


def cut(cutter, *parts):
    return [line for part in parts for line in cutter.feed(part)]


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_lines_do_not_depend_on_where_the_bytes_are_parted(text, places):
    edges = [0, *sorted(min(place, len(text)) for place in places), len(text)]
    cutter = LineCutter()

    found = cut(cutter, *(text[start:end] for start, end in itertools.pairwise(edges)))

    *whole, rest = text.split(b"\n")
    assert found == whole
    assert (cutter.end() or b"") == rest
    assert not cutter.within_line


def test_of_a_line_that_is_too_long_the_beginning_and_the_size_are_kept_and_the_next_is_whole():
    cutter = LineCutter(most=100_000)

    found = cut(cutter, b"a" * 99_999, b"b", b"c" * 50_000, b"d\nnext\nrest")

    assert found == [LongLine((b"a" * 99_999)[: limits.STUB_TEXT_BYTES], 150_001), b"next"]
    assert cutter.end() == b"rest"


def test_a_gibibyte_without_an_end_takes_no_memory():
    cutter, part = LineCutter(), b"a" * 2**20

    for _ in range(1024):
        assert cutter.feed(part) == []
        assert cutter.held <= limits.MAX_LINE_BYTES

    assert cutter.end() == LongLine(b"a" * limits.STUB_TEXT_BYTES, 2**30)


@pytest.mark.parametrize("size", [10, limits.STUB_TEXT_BYTES + 10])
def test_a_line_can_be_shortened_for_others(size):
    cutter = LineCutter()
    cutter.feed(b"a" * size)

    cutter.shorten()
    cutter.shorten()

    assert cutter.held == min(size, limits.STUB_TEXT_BYTES)
    (line,) = cutter.feed(b"b\n")
    assert line == (b"a" * size + b"b" if size == 10 else LongLine(b"a" * limits.STUB_TEXT_BYTES, size + 1))
