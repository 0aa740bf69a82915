"""CSV: nothing that a spreadsheet calculates, and every text can be had back."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from unittest.mock import ANY
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logviewer.query.events import StoredEvent
from logviewer.viewer import export_csv
from logviewer.viewer.export_csv import cell, text_of_cell


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("\t=1+1", "'\t'=1+1"),
        ("x;=1+1;y", "x;'=1+1;y"),
        ("a\n=1+1", "a\n'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("'quoted'", "''quoted'"),
        ("-5", "-5"),
        ("+1.5e-3", "+1.5e-3"),
        ("a=b-c", "a=b-c"),
        ("", ""),
    ],
)
def test_formulas_get_an_apostrophe_and_nothing_else_does(text, written):
    assert cell(text) == written
    assert text_of_cell(written) == text


@given(st.text(alphabet="=+-@\t\r\n＝＋－＠';1a,\"") | st.text())
@example("'")
@example("''=")
@example(";';'=")
def test_every_text_comes_back_and_begins_no_formula(text):
    written = cell(text)

    assert text_of_cell(written) == text
    if not export_csv._NUMBER.fullmatch(text):
        assert [piece for piece in re.split("[;\t\r\n]", written) if piece.startswith(tuple("=+-@＝＋－＠"))] == []


def stored(**data):
    return StoredEvent(
        7, datetime(2026, 11, 23, 10, 2, 3, 4, UTC), 40, "api", "it", "log", None, "12", json.dumps(data), None
    )


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_times_are_in_the_zone_and_carry_their_offset():
    [row] = read(export_csv.lines(export_csv.EVERYTHING, ZoneInfo("America/Chicago"), [stored(a=1)]))

    assert row == ["2026-11-23T04:02:03.000004-06:00", "error", "api", "it", "log", "", "12", '{"a": 1}', "7"]


@pytest.mark.parametrize(
    ("path", "data", "text"),
    [
        ("a", {"a": "x"}, "x"),
        ("a.b", {"a": {"b": 1}}, "1"),
        ("a.b", {"a.b": True}, "true"),
        ("a.b", {"a": [{"b": 1}, {"b": 2}]}, "[1, 2]"),
        ("a", {"a": {"b": None}}, '{"b": null}'),
        ("a.b", {"a": "text"}, ""),
        ("__proto__", {"__proto__": "x"}, "x"),
        ("n", {"n": -1}, "-1"),
        ("id", {"id": "x"}, "x"),
        ("data", {"data": [1]}, "[1]"),
        ('"a,b"', {"a,b": "x"}, "x"),
    ],
)
def test_chosen_columns_have_the_events_own_values(path, data, text):
    columns = export_csv.columns_of(f"level, {path},level")

    assert columns == ("time", "level", path.strip('"'))
    [row] = read(export_csv.lines(columns, UTC, [stored(**data)]))
    assert row[1:] == ["error", text]


def test_numbers_stay_as_they_were_written():
    event = replace(stored(), data_json='{"a": [1.50, 2], "b": 1.50}')

    assert read(export_csv.lines(("time", "a", "b"), UTC, [event])) == [[ANY, "[1.50, 2]", "1.50"]]


def test_the_first_lines_say_what_it_is_and_name_the_columns():
    content = export_csv.head(("time", "=evil"), "logviewer: level error")

    assert content.startswith(b"\xef\xbb\xbf")
    assert read(content) == [["# logviewer: level error"], ["time", "'=evil"]]
