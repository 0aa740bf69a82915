"""What comes out of a buffer is what was put in, whether it lay in memory or in the file."""

import gc
from datetime import UTC, datetime
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.store import event_buffer
from logviewer.store.columns import Columns
from logviewer.store.event import Event
from logviewer.store.event_buffer import EventBuffer

NOW = datetime(2026, 11, 23, 10, 2, 3, 123456, tzinfo=UTC)


def event(name, **fields):
    return Event(NOW, 20, "s", name, "", None, "1", '{"price": 1.50}', **fields)


def filled(lengths, room):
    """A buffer that has had portions of these lengths, and a list of the same events."""
    buffer, events = EventBuffer(), [event(f"é{n}", meta=None if n % 2 else "{}") for n in range(sum(lengths))]
    buffer._room = room
    for start, length in zip(accumulate(lengths, initial=0), lengths, strict=False):
        buffer.add(Columns.of(events[start : start + length]), 10 * length)
    return buffer, events


@given(st.lists(st.integers(0, 5), max_size=8), st.integers(-1, 2000), st.slices(40))
def test_it_is_as_a_list_of_the_events(lengths, room, places):
    buffer, events = filled(lengths, room)

    assert len(buffer) == len(events)
    assert list(buffer) == events
    assert [len(portion) for portion in buffer.portions()] == list(filter(None, lengths))
    assert buffer[places] == events[places]
    assert [buffer[place] for place in range(len(events))] == events
    with pytest.raises(IndexError):
        buffer[len(events)]


@pytest.mark.parametrize("room", [-1, 50, 2000])
def test_any_part_of_it_is_that_part_of_the_list(room):
    buffer, events = filled([3, 1, 4], room)

    parts = [slice(start, end) for start in range(9) for end in range(9)]
    assert [buffer[part] for part in parts] == [events[part] for part in parts]


def test_few_events_need_no_file(monkeypatch):
    monkeypatch.setattr(event_buffer, "TemporaryFile", None)
    buffer = EventBuffer()
    for _ in range(10):
        buffer.add(Columns.of([event("e")] * 100), 51_800)

    assert len(buffer) == 1000


def test_the_file_holds_what_exceeds_the_memory_and_goes_with_the_buffer(monkeypatch):
    files, make = [], event_buffer.TemporaryFile
    monkeypatch.setattr(event_buffer, "TemporaryFile", lambda: files.append(make()) or files[-1])
    buffer = EventBuffer()
    for _ in range(3):
        buffer.add(Columns.of([event("x" * 1000)]), event_buffer.KEPT_BYTES // 2)

    assert len(buffer._kept) == 1
    assert 2000 < files[0].seek(0, 2) < 3000
    del buffer
    gc.collect()
    assert files[0].closed


def test_a_full_disk_is_an_error_of_the_batch(monkeypatch):
    monkeypatch.setattr(event_buffer, "TemporaryFile", lambda: open("/dev/full", "r+b", buffering=0))  # noqa: SIM115
    with pytest.raises(OSError, match="No space"):
        EventBuffer().add(Columns.of([event("e")]), 2 * event_buffer.KEPT_BYTES)
