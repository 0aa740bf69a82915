"""What those who follow one search share."""

from logviewer.query import following
from logviewer.query.following import News, _Followed
from logviewer.query.tail import TailCursor

CURSORS = [TailCursor(7, batch, 0) for batch in range(4)]


def followed(*rows: bytes) -> _Followed:
    return _Followed(begin=TailCursor(6), end=CURSORS[-1], cursors=[*CURSORS], rows=[*rows])


def test_everybody_gets_what_is_behind_their_cursor():
    shared = followed(b"a", b"b", b"c", b"d")

    assert shared.behind(TailCursor(6)) == News([b"a", b"b", b"c", b"d"], CURSORS[3], more=False)
    assert shared.behind(CURSORS[1]) == News([b"c", b"d"], CURSORS[3], more=False)


def test_nobody_is_sent_back_whom_another_process_has_brought_further():
    assert followed(b"a", b"b", b"c", b"d").behind(TailCursor(8, 9)) == News([], TailCursor(8, 9), more=False)


def test_who_is_behind_what_was_kept_reads_alone(monkeypatch):
    monkeypatch.setattr(following, "KEPT_BYTES", 20)
    shared = followed(b"a" * 10, b"b" * 10, b"c" * 10, b"d" * 10)

    shared._shorten()

    assert not shared.has(CURSORS[0])
    assert shared.has(CURSORS[1])
    assert shared.behind(CURSORS[1]).rows == [b"c" * 10, b"d" * 10]
