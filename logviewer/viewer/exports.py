"""Exports: the whole result of a search, streamed into a file that ends with a line that says whether it is all."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo
from functools import partial
from itertools import chain
from time import monotonic
from typing import Self

import msgspec
from django.db import Error, connection, connections, transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext, override
from django.utils.translation import gettext as _

from logviewer.accounts.models import User
from logviewer.query.count import Count, count_events
from logviewer.query.errors import SearchUnavailable
from logviewer.query.event_json import event_line
from logviewer.query.events import StoredEvent, stream
from logviewer.query.reader import Reader
from logviewer.query.search import SEARCH_PARAMETERS, Search
from logviewer.viewer import export_csv
from logviewer.viewer.headline import words_of
from logviewer.viewer.list_order import WORDS, order_of
from logviewer.viewer.models import Export, Format, State

SAYS_EVERY_S = 0.5  # how far it is, and hears then whether it was cancelled
SILENT_FOR = timedelta(seconds=60)  # then its process is gone, or nobody takes what it sends
MOST_AT_ONCE = 4
MOST_OF_ONE_PERSON = 2
KEPT_OF_ONE_PERSON = 20
ONE_STARTS = 0x6C6F67_05  # advisory lock

Events = Sequence[StoredEvent]

log = logging.getLogger(__name__)


class TooManyExports(Exception):
    """Others must end first."""


@dataclass(frozen=True, slots=True)
class FileWriter:
    """How a file of one format is written. `about` says what was searched, `last` whether that is all."""

    content_type: str
    head: Callable[[str], bytes]
    lines: Callable[[Events], bytes]
    last: Callable[[str, int, bool, str | Promise], bytes]


def search_of(export: Export, zone: tzinfo) -> Search:
    """What the export asks for, as of when it was made. Raises QueryError."""
    asked = QueryDict(export.query)
    given = {name: asked.get(name, "") for name in SEARCH_PARAMETERS}
    return Search.parse(reader=Reader.of(export.owner), now=export.created, zone=zone, **given)


def new_export(user: User, query: str) -> Export:
    """An export as of now, not kept yet."""
    return Export(owner=user, query=query, created=timezone.now())


def count(export: Export, zone: tzinfo, *, budget_s: float | None = None) -> Count:
    """How many events to expect, counted for as long as count_events does. Raises QueryError and SearchUnavailable."""
    return count_events(search_of(export, zone), budget_s=budget_s)


def keep(export: Export, file_format: Format, expected: Count) -> None:
    """Makes it ready to be fetched. The oldest of the owner's go."""
    export.format, export.expected = file_format, expected.events if expected.complete else None
    export.save()
    kept = export.owner.exports.values("pk")[:KEPT_OF_ONE_PERSON]
    export.owner.exports.exclude(pk__in=kept).exclude(state=State.RUNNING).delete()


def cancel(export: Export) -> None:
    """It ends within about SAYS_EVERY_S, with a line that says so."""
    Export.objects.filter(pk=export.pk, state__in=(State.READY, State.RUNNING)).update(state=State.CANCELLED)


def is_stuck(export: Export) -> bool:
    """Whether it says that it runs, and has not moved for long."""
    return export.state == State.RUNNING and (export.moved is None or timezone.now() - export.moved > SILENT_FOR)


def state_words(export: Export) -> str:
    """ "running", "complete"; "cut short" also if it says that it runs and does not."""
    return str(State.CUT.label) if is_stuck(export) else export.get_state_display()


@transaction.atomic
def start(export: Export) -> None:
    """Raises TooManyExports, also if this one runs already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_STARTS])  # none starts between counting and starting
    running = Export.objects.filter(state=State.RUNNING, moved__gte=timezone.now() - SILENT_FOR)
    if running.count() >= MOST_AT_ONCE or running.filter(owner=export.owner).count() >= MOST_OF_ONE_PERSON:
        raise TooManyExports
    if running.filter(pk=export.pk).exists():
        raise TooManyExports
    export.state, export.written, export.moved = State.RUNNING, 0, timezone.now()
    export.save(update_fields=["state", "written", "moved"])


def content(export: Export, zone: tzinfo) -> Iterator[bytes]:
    """The file, piece by piece; its first events are read already. Raises SearchUnavailable before the first piece."""
    writer, about = writer_of(export, zone), about_words(export, zone)
    # The file may end where another language is spoken than where it was asked for.
    writer = replace(writer, last=partial(_in_language, get_language(), writer.last))
    pages = stream(search_of(export, zone), order_of(QueryDict(export.query)))
    first = next(pages, ())
    return _pieces(_Progress(export.pk), writer, about, first, pages)


def about_words(export: Export, zone: tzinfo) -> str:
    """What stands in the file of what it has."""
    asked = QueryDict(export.query)
    words = {
        "search": words_of(asked),
        "order": WORDS[order_of(asked)],
        "zone": str(zone),
        "time": export.created.astimezone(zone).isoformat(timespec="seconds"),
    }
    return _("logviewer: %(search)s; %(order)s; times in %(zone)s; as of %(time)s") % words


def writer_of(export: Export, zone: tzinfo) -> FileWriter:
    """The writer of its format."""
    if export.format == Format.NDJSON:
        return FileWriter(
            "application/x-ndjson", lambda about: b"", lambda events: b"".join(map(event_line, events)), _last_object
        )
    columns = export_csv.columns_of(QueryDict(export.query).get("columns", ""))
    return FileWriter(
        "text/csv; charset=utf-8",
        partial(export_csv.head, columns),
        partial(export_csv.lines, columns, zone),
        lambda about, written, is_all, reason: export_csv.last_line(_last_words(written, is_all, reason)),
    )


def _in_language(language: str | None, write: Callable[..., bytes], *facts: object) -> bytes:
    with override(language):
        return write(*facts)


def _last_words(written: int, is_all: bool, reason: str | Promise) -> str:
    if is_all:
        words = ngettext("Complete: %(events)s event.", "Complete: %(events)s events.", written)
    else:
        words = ngettext(
            "CUT SHORT after %(events)s event: %(reason)s.", "CUT SHORT after %(events)s events: %(reason)s.", written
        )
    return words % {"events": f"{written:,}", "reason": reason}


def _last_object(about: str, written: int, is_all: bool, reason: str | Promise) -> bytes:
    last = {"about": about, "complete": is_all, "events": written, "reason": str(reason) or None}
    return msgspec.json.encode({"logviewer_export": last}) + b"\n"


def _pieces(
    progress: "_Progress", writer: FileWriter, about: str, first: Events, pages: Iterable[Events]
) -> Iterator[bytes]:
    """However it comes out, the row says so in the end, and the file, if somebody still reads it."""
    with progress:
        yield writer.head(about)
        try:
            for events in chain([first] if first else [], pages):
                yield writer.lines(events)
                progress.add(len(events))
                if progress.is_over:
                    break
        except SearchUnavailable:
            progress.end(State.CUT)
            yield writer.last(
                about, progress.written, False, gettext_lazy("the database of events did not answer any more")
            )
            return
        if progress.is_over or not progress.end(State.COMPLETE):
            yield writer.last(about, progress.written, False, gettext_lazy("it was cancelled"))
            return
        yield writer.last(about, progress.written, True, "")


class _Progress:
    """Says in the export's row how far it is. If somebody has ended that, or its owner may not read any more, it is
    over."""

    def __init__(self, export_id: int) -> None:
        self.written = 0
        self.is_over = False
        self._export_id = export_id
        self._said = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.is_over:  # nobody reads on, or something broke
            self.end(State.CUT)

    def add(self, events: int) -> None:
        self.written += events
        if monotonic() - self._said >= SAYS_EVERY_S:
            self._say(State.RUNNING)

    def end(self, state: State) -> bool:
        """False if it was over already."""
        was_running = self._say(state)
        self.is_over = True
        return was_running

    def _say(self, state: State) -> bool:
        self._said = monotonic()
        running = Export.objects.filter(pk=self._export_id, state=State.RUNNING, owner__is_active=True)
        try:
            self.is_over = not running.update(written=self.written, moved=timezone.now(), state=state)
        except Error:
            log.warning("An export could not say how far it is.", exc_info=True)
        finally:
            connections["default"].close()  # back to the pool: a file is longer under way than pages may wait for one
        return not self.is_over
