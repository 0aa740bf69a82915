"""The field catalogue: which fields the events of a service and day have. Fed by the worker from the ledger's new
batches, so that a batch is counted once; read by logviewer/query/catalogue.py.
"""

import json
import time
from datetime import date

from django.db import connection, transaction

from logviewer.store import batch_events, positions
from logviewer.store.batch_events import BatchEvent
from logviewer.store.field_notes import KINDS, MOST_SAMPLES, Day, FieldNote, Notes, Taken, admitted, moment, note_event
from logviewer.store.ledger import StoredBatch, batches_after

POSITION = "field_catalogue"

LOOKED_AT_OF_BATCH = 50  # events; smaller batches are counted exactly
MOST_BATCHES = 1000  # of one transaction
MOST_LOOKED_AT = 10_000  # events of one transaction, so of one moment's memory and of what a crash repeats


def catch_up(within_s: float) -> int:
    """Feeds until nothing is new or the time is up. Returns how many batches were taken in."""
    give_up = time.monotonic() + within_s
    batches = 0
    while time.monotonic() < give_up:
        taken = feed()
        if not taken:
            break
        batches += taken
    return batches


def feed() -> int:
    """Takes in the next batches and returns how many. 0: nothing is new, or another process is at it."""
    with transaction.atomic():
        position = positions.take(POSITION)
        if position is None:
            return 0
        batches = _a_turn(batches_after(position, limit=MOST_BATCHES))
        if batches:
            _write(_notes_of(batches))
            positions.move(POSITION, batches[-1].position)
    return len(batches)


def forget_before(day: date) -> int:
    """Removes the fields of the days before `day`, whose events are gone. Returns how many rows went."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM log_field WHERE day < %s", [day])
        return int(cursor.rowcount)


def _a_turn(batches: list[StoredBatch]) -> list[StoredBatch]:
    """The first of `batches`, as many as make about MOST_LOOKED_AT events to look at."""
    events = 0
    for number, batch in enumerate(batches):
        events += min(batch.rows, LOOKED_AT_OF_BATCH)
        if events >= MOST_LOOKED_AT:
            return batches[: number + 1]
    return batches


def _notes_of(batches: list[StoredBatch]) -> Notes:
    notes: Notes = {}

    def note(event: BatchEvent) -> None:
        note_event(notes, event.time_us, event.service, event.data, event.stands_for)

    batch_events.look_at(batches, of_each=LOOKED_AT_OF_BATCH, look=note)
    return notes


def _taken(notes: Notes) -> Taken:
    paths = [(day.utc_date, day.service, path) for day, of_day in notes.items() for path in of_day]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day, service, path FROM log_field"
            " JOIN unnest(%s::date[], %s::text[], %s::text[]) AS noted (day, service, path)"
            " USING (day, service, path)",
            [list(column) for column in zip(*paths, strict=True)],
        )
        known = {(Day.of(day, service), path) for day, service, path in cursor.fetchall()}
        cursor.execute(
            "SELECT day, service, split_part(path, '.', 1), count(*) FROM log_field WHERE day = ANY(%s)"
            " GROUP BY 1, 2, 3",
            [list({day.utc_date for day in notes})],
        )
        counts = {(Day.of(day, service), name): count for day, service, name, count in cursor.fetchall()}
    return Taken(known, counts)


def _write(notes: Notes) -> None:
    if not any(notes.values()):
        return
    rows = [_row(*one) for one in admitted(notes, _taken(notes))]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [json.dumps(rows), MOST_SAMPLES, MOST_SAMPLES])


def _row(day: Day, path: str, note: FieldNote) -> dict[str, object]:
    return {
        "day": day.utc_date.isoformat(),
        "service": day.service,
        "path": path,
        "events": note.events,
        **dict(zip(KINDS, note.kinds, strict=True)),
        "exact": note.exact,
        "lowest": note.lowest,
        "highest": note.highest,
        "first_seen": moment(note.first_us).isoformat(),
        "last_seen": moment(note.last_us).isoformat(),
        "samples": list(note.samples),
    }


_ADD = """
    INSERT INTO log_field AS field
    SELECT noted.* FROM jsonb_populate_recordset(NULL::log_field, %s::jsonb) AS noted
    ON CONFLICT (day, service, path) DO UPDATE SET
        events = field.events + EXCLUDED.events,
        strings = field.strings + EXCLUDED.strings,
        numbers = field.numbers + EXCLUDED.numbers,
        booleans = field.booleans + EXCLUDED.booleans,
        nulls = field.nulls + EXCLUDED.nulls,
        objects = field.objects + EXCLUDED.objects,
        arrays = field.arrays + EXCLUDED.arrays,
        exact = field.exact AND EXCLUDED.exact,
        lowest = least(field.lowest, EXCLUDED.lowest),
        highest = greatest(field.highest, EXCLUDED.highest),
        first_seen = least(field.first_seen, EXCLUDED.first_seen),
        last_seen = greatest(field.last_seen, EXCLUDED.last_seen),
        samples = CASE WHEN cardinality(field.samples) >= %s THEN field.samples ELSE ARRAY(
            SELECT value FROM unnest(field.samples || EXCLUDED.samples) WITH ORDINALITY AS sample (value, place)
            GROUP BY value ORDER BY min(place) LIMIT %s
        ) END
"""
