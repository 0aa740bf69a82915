"""The file format: whatever happens to a file, what is whole comes out, and what is missing is counted."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer_client.segment import SegmentName, read_records, record

LINES = st.lists(
    st.binary(min_size=2, max_size=60).map(lambda data: data.replace(b"\n", b" ")), min_size=1, max_size=20
)


def written(lines):
    return b"".join(record(number, line) for number, line in enumerate(lines))


@given(LINES)
def test_what_was_written_is_read(lines):
    contents = read_records(written(lines))

    assert (contents.lines, contents.bad, contents.missing) == (tuple(lines), (), 0)


@given(LINES, st.data())
def test_a_cut_file_loses_what_was_cut_and_nothing_else(lines, data):
    whole = written(lines)
    cut = data.draw(st.integers(0, len(whole)))

    contents = read_records(whole[:cut])

    kept = whole[:cut].count(b"\n")
    assert contents.lines == tuple(lines[:kept])
    assert contents.is_torn == (whole[:cut][-1:] not in (b"", b"\n"))
    assert contents.missing == contents.is_torn


@given(LINES, st.data())
def test_a_flipped_bit_costs_at_most_the_records_it_touches_and_they_are_counted(lines, data):
    damaged = bytearray(written(lines))
    place = data.draw(st.integers(0, len(damaged) - 1))
    damaged[place] ^= 1 << data.draw(st.integers(0, 7))

    contents = read_records(bytes(damaged))

    at = bytes(written(lines))[:place].count(b"\n")  # the record the bit is in; its end may join it to the next
    assert set(contents.lines) <= set(lines)
    assert contents.lines[:at] == tuple(lines[:at])
    assert contents.lines[len(contents.lines) - len(lines) + at + 2 :] == tuple(lines[at + 2 :])
    last_two = at >= len(lines) - 2  # behind the last whole record nothing tells how many there were
    assert len(contents.lines) + contents.missing == len(lines) or last_two


@given(LINES, st.integers(0, 400), st.binary(min_size=1, max_size=300))
def test_noise_never_becomes_an_event(lines, place, noise):
    whole = written(lines)
    contents = read_records(whole[:place] + noise + whole[place + len(noise) :])

    assert set(contents.lines) <= set(lines)


@given(LINES)
def test_a_zeroed_tail_is_bad(lines):
    contents = read_records(written(lines) + b"\0" * 4096)

    assert contents.lines == tuple(lines)
    assert len(contents.bad) == 1


def test_a_number_that_came_twice_is_two_events():
    """A signal may end a log call between the write and the counting."""
    contents = read_records(record(0, b"{}") + record(0, b'{"a":1}') + record(1, b'{"b":1}'))

    assert (len(contents.lines), contents.missing) == (3, 0)


NAME = SegmentName(1_795_000_000_000, uuid.UUID("00000000-0000-4000-8000-000000000001"), 12, "ab12")


def test_a_name_is_read_back():
    assert SegmentName.parse(str(NAME)) == NAME


@pytest.mark.parametrize(
    "text",
    ["", "dead", "room.lock", f".new.{NAME}.3", f"{NAME}.gz", str(NAME).upper(), str(NAME).replace("12.ab", "x.ab"),
     str(NAME).replace("-", "")],
)  # fmt: skip
def test_other_names_are_no_segments(text):
    assert SegmentName.parse(text) is None


def test_the_halves_of_a_segment_always_have_the_same_ids():
    first, second = NAME.halves()

    assert (first, second) == NAME.halves()
    assert len({NAME.id, first.id, second.id}) == 3
    assert first.created_ms < second.created_ms
