"""Rows of COPY's text format: nothing in an event can end a field or a row."""

from datetime import UTC, datetime

from logviewer.store import copy_text
from logviewer.store.columns import Columns
from logviewer.store.event import Event


def event(**fields):
    defaults = {
        "time": datetime(2026, 11, 23, 10, 2, 3, 123456, tzinfo=UTC), "level": 20, "service": "s", "event": "e",
        "logger": "", "request_id": None, "cohort_id": None, "data": "{}",
    }  # fmt: skip
    return Event(**{**defaults, **fields})


def rows(events, first_id):
    return copy_text.rows(Columns.of(events), first_id=first_id)


def test_a_row_has_every_column_and_null_where_there_is_nothing():
    assert rows([event()], first_id=7) == (b"2026-11-23T10:02:03.123456Z\t7\t20\ts\te\t\t\\N\t\\N\t{}\t\\N\n")


def test_ids_count_up():
    lines = rows([event(), event()], first_id=1 << 20).decode().splitlines()

    assert [line.split("\t")[1] for line in lines] == ["1048576", "1048577"]


def test_separators_in_a_value_are_escaped():
    row = rows([event(event="a\tb\nc\rd\\N", data='{"k":"\\n"}')], first_id=1).decode()

    assert row.count("\n") == 1
    assert row.split("\t")[4] == "a\\tb\\nc\\rd\\\\N"
    assert row.split("\t")[8] == '{"k":"\\\\n"}'
