"""What is noted of fields, and what the caps let into the catalogue."""

import json

from logviewer.store import field_notes
from logviewer.store.field_notes import (
    MOST_PATHS_OF_DAY,
    MOST_PATHS_OF_NAME,
    MOST_PATHS_OF_SERVICE,
    Day,
    FieldNote,
    Taken,
    admitted,
    note_event,
)

DAY_US = 86_400_000_000
MONDAY, TUESDAY = Day(20_000, "api"), Day(20_001, "api")


def noted(*events, stands_for=1):
    """The notes of events of MONDAY with these keys."""
    notes = {}
    for number, data in enumerate(events):
        note_event(notes, 20_000 * DAY_US + number, "api", json.dumps(data), stands_for)
    return notes[MONDAY]


def notes_of(names, events=1):
    return {name: FieldNote(0, 0, events) for name in names}


def paths(notes, known=(), taken=None):
    return [path for _, path, _ in admitted(notes, Taken(set(known), taken or {}))]


def test_an_event_counts_once_for_a_field_and_once_for_each_type():
    note = noted({"a": [1, 2, "x"]}, {"a": 3}, {"b": 1})["a"]

    assert note.events == 2
    assert dict(zip(field_notes.KINDS, note.kinds, strict=True)) == {
        "strings": 1, "numbers": 2, "booleans": 0, "nulls": 0, "objects": 0, "arrays": 0,
    }  # fmt: skip
    assert (note.lowest, note.highest, note.exact) == (1.0, 3.0, True)
    assert note.last_us - note.first_us == 1


def test_an_event_that_stands_for_others_counts_for_them():
    note = noted({"a": 1}, stands_for=20)["a"]

    assert (note.events, note.kinds[1], note.exact) == (20, 20, False)


def test_samples_are_few_short_and_distinct():
    values = ["x", "x", True, None, "", "long" * 100, {"k": 1}, 1.50, *range(100)]
    note = noted(*[{"a": value} for value in values])["a"]

    assert list(note.samples) == ["x", "true", "1.5", "0", "1", "2", "3", "4"]


def test_a_number_beyond_a_float_widens_no_range():
    notes = {}
    note_event(notes, 0, "api", '{"a": 1' + "0" * 400 + "}", 1)
    note_event(notes, 0, "api", '{"a": -5}', 1)

    [note] = notes[Day(0, "api")].values()
    assert (note.lowest, note.highest) == (-5, -5)


def test_a_sender_that_invents_names_gets_a_bounded_number():
    notes = noted(*[{f"k{number}_{suffix}": 1 for suffix in range(400)} for number in range(50)])

    assert len(notes) == MOST_PATHS_OF_SERVICE


def test_a_path_too_long_for_an_index_is_left_out():
    long = "é" * 256
    nested = {"short": 1, long: {long: {long: 1}}}

    assert set(noted(nested)) == {"short", long, f"{long}.{long}"}


def test_known_paths_are_let_in_although_there_is_no_room():
    full = {(MONDAY, "old"): MOST_PATHS_OF_SERVICE}
    notes = {MONDAY: notes_of(["old", "new"]), TUESDAY: notes_of(["new"])}

    assert paths(notes, {(MONDAY, "old")}, full) == ["new", "old"]


def test_the_most_frequent_take_the_room_that_is_left():
    taken = {(MONDAY, f"k{number}"): 1 for number in range(MOST_PATHS_OF_SERVICE - 1)}
    notes = {MONDAY: {**notes_of(["once"]), **notes_of(["often"], 9)}}

    assert paths(notes, taken=taken) == ["often"]


def test_an_object_used_as_a_map_leaves_room_for_others():
    notes = {MONDAY: {**notes_of([f"scores.{number}" for number in range(1900)], 5), **notes_of(["rare"])}}
    let_in = paths(notes)

    assert len(let_in) == MOST_PATHS_OF_NAME + 1
    assert "rare" in let_in


def test_all_services_of_a_day_together_have_a_bound():
    notes = {
        Day(20_000, f"s{number}"): notes_of([f"k{name}" for name in range(MOST_PATHS_OF_SERVICE)])
        for number in range(11)
    }

    assert len(paths(notes)) == MOST_PATHS_OF_DAY
