"""Every limit and every odd content as senders meet them: what is stored, what is refused, and that nobody is hurt.

The limits are those of docs/ingest.md.
"""

import gzip
import zlib

import pytest
import zstandard

from ingest import limits

GOOD = b'{"event":"neighbour"}'
KIB = 1024


def text_of(size: int) -> bytes:
    """An event of exactly `size` bytes."""
    return b'{"event":"e","text":"' + b"x" * (size - 23) + b'"}'


def nested(levels: int) -> bytes:
    """An event of so many levels, itself the first."""
    return b'{"event":"e","a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def keys(count: int) -> bytes:
    return b'{"event":"e",' + b",".join(b'"k%d":1' % n for n in range(count - 1)) + b"}"


# One event: name, its text, and the flags it is stored with, None without any, or the reason why it is rejected.
STORED = [
    ("an empty object", b"{}", None),
    ("an event of 256 KiB", text_of(256 * KIB), None),
    ("one byte more", text_of(256 * KIB + 1), ["truncated"]),
    ("an event of 10 MB", text_of(10_000_000), ["truncated"]),
    ("a large event that is no JSON", b'{"event":' + b"x" * 300_000, ["truncated"]),
    ("32 levels", nested(32), None),
    ("33 levels", nested(33), ["depth"]),
    ("255 levels", nested(255), ["depth"]),
    ("1,025 levels", nested(1025), ["depth"]),
    ("100,000 levels", nested(100_000), ["depth"]),
    ("500 keys", keys(500), None),
    ("501 keys", keys(501), ["keys"]),
    ("20,000 keys", keys(20_000), ["keys"]),
    ("501 keys within", b'{"event":"e","a":' + keys(501) + b"}", ["keys"]),
    ("50,000 elements", b'{"event":"e","a":[' + b",".join([b"1"] * 50_000) + b"]}", None),
    ("a key of 256 characters", b'{"event":"e","%s":1}' % (b"k" * 256), None),
    ("a key of 257 characters", b'{"event":"e","%s":1}' % (b"k" * 257), ["key_length"]),
    ("a key of 100 KB", b'{"event":"e","%s":1}' % (b"k" * 100_000), ["key_length"]),
    ("an empty key", b'{"event":"e","":1}', None),
    ("a key twice", b'{"event":"e","a":1,"a":2}', ["duplicate_keys"]),
    ("a column twice", b'{"event":"d","event":"e"}', ["duplicate_keys"]),
    ("names of prototypes and of pages", b'{"event":"e","__proto__":{"hx-on":1},"constructor":2,"_id":3}', None),
    ("U+0000", b'{"event":"e","a":"x\\u0000y"}', ["nul"]),
    ("U+0000 in a key", b'{"event":"e","a\\u0000":1}', ["nul"]),
    ("U+0000 in the event's name", b'{"event":"e\\u0000"}', ["nul"]),
    ("U+0000 in an id", b'{"event":"e","request_id":"r\\u0000"}', ["nul"]),
    ("a NUL byte", b'{"event":"e","a":"x\x00y"}', ["nul"]),
    ("a backslash before u0000", b'{"event":"e","a":"x\\\\u0000y"}', None),
    ("a high surrogate alone", b'{"event":"e","a":"\\ud800"}', ["surrogate"]),
    ("a low surrogate alone", b'{"event":"e","a":"\\udfff"}', ["surrogate"]),
    ("surrogates the wrong way round", b'{"event":"e","a":"\\ude00\\ud83d"}', ["surrogate"]),
    ("a surrogate pair", b'{"event":"e","a":"\\ud83d\\ude00"}', None),
    ("a surrogate in UTF-8", b'{"event":"e","a":"\xed\xa0\x80"}', ["utf8"]),
    ("a pair of surrogates in UTF-8", b'{"event":"e","a":"\xed\xa0\xbd\xed\xb8\x80"}', ["utf8"]),
    ("an overlong NUL", b'{"event":"e","a":"\xc0\x80"}', ["utf8"]),
    ("bytes of Latin-1", b'{"event":"e","a":"caf\xe9"}', ["utf8"]),
    ("half a character", b'{"event":"e","a":"\xf0\x9f\x98"}', ["utf8"]),
    ("NaN", b'{"event":"e","a":NaN}', ["nan"]),
    ("infinities", b'{"event":"e","a":[Infinity,-Infinity]}', ["nan"]),
    ("1e400", b'{"event":"e","a":1e400}', ["number"]),
    ("1e131073", b'{"event":"e","a":1e131073}', ["number"]),
    ("1e-20000", b'{"event":"e","a":1e-20000}', ["number"]),
    ("an exponent of 20 digits", b'{"event":"e","a":1e99999999999999999999}', ["number"]),
    ("400 digits", b'{"event":"e","a":%s}' % (b"9" * 400), None),
    ("401 digits", b'{"event":"e","a":%s}' % (b"9" * 401), ["number"]),
    ("5,000 digits", b'{"event":"e","a":%s}' % (b"9" * 5000), ["number"]),
    ("2^64", b'{"event":"e","a":18446744073709551616}', None),
    ("-0 and 1.10", b'{"event":"e","a":[-0,1.10]}', None),
    ("no time", b'{"event":"e","timestamp":null}', None),
    ("time 0", b'{"event":"e","timestamp":0}', None),
    ("no readable time", b'{"event":"e","timestamp":"yesterday"}', ["clock"]),
    ("year 1", b'{"event":"e","timestamp":"0001-01-01T00:00:00Z"}', ["clock"]),
    ("year 9999", b'{"event":"e","timestamp":"9999-12-31T23:59:59Z"}', ["clock"]),
    ("before year 1 in another zone", b'{"event":"e","timestamp":"0001-01-01T00:00:00+23:59"}', ["clock"]),
    ("year 294277", b'{"event":"e","timestamp":"294277-01-01T00:00:00Z"}', ["clock"]),
    ("30 February", b'{"event":"e","timestamp":"2026-02-30T00:00:00Z"}', ["clock"]),
    ("1 second after 1970", b'{"event":"e","timestamp":1}', ["clock"]),
    ("a time of 400 digits", b'{"event":"e","timestamp":%s}' % (b"9" * 400), ["clock"]),
    ("a time of 1e300", b'{"event":"e","timestamp":1e300}', ["clock"]),
    ("a time that is a list", b'{"event":"e","timestamp":[1]}', ["clock"]),
    ("an unknown level", b'{"event":"e","level":"loud"}', ["level"]),
    ("a level that is an object", b'{"event":"e","level":{"a":[]}}', ["level"]),
    ("a negative level", b'{"event":"e","level":-1}', ["level"]),
    ("an id of 200 characters", b'{"event":"e","request_id":"%s"}' % (b"r" * 200), None),
    ("an id of 201 characters", b'{"event":"e","request_id":"%s"}' % (b"r" * 201), ["long_id"]),
    ("an id of 100 KB", b'{"event":"e","cohort_id":"%s"}' % (b"c" * 100_000), ["long_id"]),
    ("an id that is a list", b'{"event":"e","cohort_id":[1,2]}', None),
    ("a service of 100 KB", b'{"event":"e","service":"%s"}' % (b"s" * 100_000), None),
    ("an event's name of 100 KB", b'{"event":"%s"}' % (b"e" * 100_000), None),
    ("an event's name that is an object", b'{"event":{"a":[true]}}', None),
    ("markup, escapes and SQL", rb"""{"event":"<script>\u001b[31m\u202e{{ x }}%s','');--\\N\t\\."}""", None),
    ("a word of 200 KB", b'{"event":"e","a":"%s"}' % (b"\xf0\x9f\x98\x80" * 50_000), None),
    ("blanks around", b' \t{"event":"e"}\t ', None),
]  # fmt: skip
# One event: name, its text, the reason why it is rejected among others, and the status of a body of it alone.
REJECTED = [
    ("a list", b"[1, 2]", "not_an_object", 422),
    ("a list of objects", b'[{"event":"e"}]', "not_an_object", 200),
    ("a number", b"1", "not_an_object", 422),
    ("a text", b'"{}"', "not_an_object", 422),
    ("null", b"null", "not_an_object", 422),
    ("NaN alone", b"NaN", "not_an_object", 422),
    ("prose", b"hello", "not_json", 400),
    ("half an object", b'{"event":"e"', "not_json", 400),
    ("half a text", b'{"event":"e', "not_json", 400),
    ("an object and a brace", b'{"event":"e"}}', "not_json", 400),
    ("a comma too many", b'{"event":"e",}', "not_json", 400),
    ("single quotes", b"{'event':'e'}", "not_json", 400),
    ("a number with a leading 0", b'{"event":"e","a":01}', "not_json", 400),
    ("an open list of 100,000 levels", b"[" * 100_000, "not_json", 400),
    ("a comment", b'// {"event":"e"}', "not_json", 400),
    ("a closing brace", b"}", "not_json", 400),
    ("a quotation mark", b'"', "not_json", 400),
    ("a NUL byte alone", b"\x00", "not_json", 415),
    ("bytes that are no text", bytes(range(128, 256)), "not_json", 400),
]

PLAIN = b'{"event":"e"}\n' * 3
PACKED = gzip.compress(PLAIN)
# A body: name, its bytes as sent, the status, and how many events of it are stored.
BODIES = [
    ("nothing", b"", 411, 0),
    ("blank lines only", b"\n\r\n \n\t", 200, 0),
    ("an empty array", b"[]", 200, 0),
    ("gzip of nothing", gzip.compress(b""), 200, 0),
    ("CRLF, blank lines and a byte order mark", b"\xef\xbb\xbf" + PLAIN.replace(b"\n", b"\r\n\r\n"), 200, 3),
    ("objects one behind the other", PLAIN.replace(b"\n", b""), 200, 3),
    ("an array", b"[" + PLAIN.strip().replace(b"\n", b",") + b"]", 200, 3),
    ("an array with an element that is none", b'[{"event":"e"},7,{"event":"e"}]', 200, 2),
    ("an array that is cut off", b'[{"event":"e"},{"event"', 400, 0),
    ("a last line that is cut off", PLAIN + b'{"event":"e', 200, 3),
    ("gzip", PACKED, 200, 3),
    ("gzip of two members", PACKED + PACKED, 200, 6),
    ("zlib", zlib.compress(PLAIN), 200, 3),
    ("zstd", zstandard.compress(PLAIN), 200, 3),
    ("gzip without its last byte", PACKED[:-1], 400, 0),
    ("half of gzip", PACKED[: len(PACKED) // 2], 400, 0),
    ("gzip's first bytes alone", PACKED[:2], 400, 0),
    ("gzip with a wrong checksum", PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], 400, 0),
    ("gzip and something behind it", PACKED + b"behind", 400, 0),
    ("gzip and half of another member", PACKED + PACKED[:20], 400, 0),
    ("gzip in gzip", gzip.compress(PACKED), 415, 0),
    ("half of zlib", zlib.compress(PLAIN)[:-5], 400, 0),
    ("half of zstd", zstandard.compress(PLAIN)[:-5], 400, 0),
    ("a gzip bomb", gzip.compress(bytes(limits.MAX_BODY_BYTES + 1), 1), 413, 0),
    ("a zstd bomb", zstandard.compress(bytes(8 * limits.MAX_BODY_BYTES)), 413, 0),
    ("64 MiB", gzip.compress(PLAIN.ljust(limits.MAX_BODY_BYTES), 1), 200, 3),
    ("64 MiB and a byte", gzip.compress(PLAIN.ljust(limits.MAX_BODY_BYTES + 1), 1), 413, 0),
    ("16 MiB as sent", PLAIN.ljust(limits.MAX_SENT_BYTES), 200, 3),
    ("16 MiB and a byte as sent", PLAIN.ljust(limits.MAX_SENT_BYTES + 1), 413, 0),
    ("100,001 events", b"{}\n" * (limits.MAX_EVENTS + 1), 413, 0),
    ("100,001 elements", b"[" + b"{}," * limits.MAX_EVENTS + b"{}]", 413, 0),
    ("UTF-16", PLAIN.decode().encode("utf-16"), 415, 0),
    ("UTF-32", PLAIN.decode().encode("utf-32"), 415, 0),
    ("prose", b"hello\nworld\n", 400, 0),
    ("lists only", b"[1]\n[2]\n", 422, 0),
    ("bytes that are no text", bytes(range(128, 256)) * 4, 400, 0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "flags"), [row[1:] for row in STORED], ids=[row[0] for row in STORED])
def test_an_odd_event_is_stored_alone_and_between_others(post, stored, text, flags):
    alone, between = post(text), post(b"\n".join([GOOD, text, GOOD]))

    assert (alone.status_code, between.status_code) == (200, 200)
    assert (alone.json()["accepted"], between.json()["accepted"]) == (1, 3)
    first, before, second, after = stored()
    assert [(event.meta or {}).get("flags") for event in (first, second)] == [flags, flags]
    assert first.data == second.data
    assert (before.event, after.event) == ("neighbour", "neighbour")


@pytest.mark.parametrize(("text", "reason", "status"), [row[1:] for row in REJECTED], ids=[row[0] for row in REJECTED])
def test_what_is_no_event_is_rejected_and_the_others_stored(post, stored, text, reason, status):
    alone, between = post(text), post(b"\n".join([GOOD, text, GOOD]))

    assert (alone.status_code, between.status_code) == (status, 200)
    assert between.json()["rejected"] == [{"index": 1, "reason": reason}]
    assert [event.event for event in stored()][-2:] == ["neighbour", "neighbour"]


@pytest.mark.parametrize(("body", "status", "count"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_an_odd_body_is_taken_or_refused_whole_and_the_next_one_is_stored(post, stored, body, status, count):
    before, odd, after = post(GOOD), post(body), post(GOOD)

    assert odd.status_code == status
    assert odd.json().get("accepted", 0) == count
    assert status < 400 or {"message", "hint"} <= odd.json().get("error", {}).keys() or status == 422
    assert (before.status_code, after.status_code) == (200, 200)
    events = [event.event for event in stored()]
    assert (events[0], events[-1], len(events)) == ("neighbour", "neighbour", count + 2)
