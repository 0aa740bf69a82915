"""Reads a request's body once: within a time, within a size, and inflates it while watching the limit.

The bytes are read from environ["wsgi.input"], not from Django's request: under WSGI Django reads nothing of a body
without Content-Length (Transfer-Encoding: chunked) and would answer as if it had been empty.
"""

import contextlib
import io
import os
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

import zstandard

from ingest import limits
from ingest.deadline import reading_ends_in_time
from ingest.outcome import Refusal

READ_BYTES = 64 * 1024
GZIP_FEED_BYTES = 16 * 1024
ZSTD_FEED_BYTES = 64  # a block of 4 bytes may inflate to 128 KiB: at most 2 MiB appear before the limit is looked at
MAX_PART_BYTES = 1024 * 1024
MAX_SENT_IN_MEMORY_BYTES = 256 * 1024
LARGE_BODY_BYTES = 2 * 1024 * 1024
LARGE_FROM_SMALL_BYTES = 256 * 1024  # of a body that has a small place, and turns out to be compressed
MAX_MEMBERS = 10_000
MAX_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024  # what level 19 needs; RFC 8878 asks decoders for no more

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
JSON_BEGINS = (b"{", b"[", b"")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
READABLE_ENCODINGS = {"", "identity", "gzip", "x-gzip", "deflate", "zstd"}


@dataclass(frozen=True, slots=True)
class Body:
    """An inflated body.

    `end_is_certain` is False if nothing says that this is all: web servers hand on a chunked body whose sender died
    as if it had ended there.
    """

    text: bytes
    end_is_certain: bool = True


def _do_nothing() -> None:
    """For callers that have memory for every body."""


def read_body(environ: Mapping[str, Any], on_large: Callable[[], None] = _do_nothing) -> Body:
    """The inflated body. Raises Refusal: 400, 408, 411, 413 or 415.

    Calls `on_large` once, before more than LARGE_BODY_BYTES are inflated, or LARGE_FROM_SMALL_BYTES of a small one: it
    may wait for memory, or raise.
    """
    with _receive(environ) as sent:
        text = inflate(sent, on_large, LARGE_FROM_SMALL_BYTES if is_small(environ) else LARGE_BODY_BYTES)
        certain = bool(environ.get("CONTENT_LENGTH")) or _unpacking(sent) is not None
    _refuse_other_formats(text, environ)
    return Body(text, end_is_certain=certain)


def is_small(environ: Mapping[str, Any]) -> bool:
    """Whether the announced body takes little memory. A compressed one may inflate: it does not count as small."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    if not (length.isascii() and length.isdigit() and len(length) < 10) or int(length) > limits.SMALL_BODY_BYTES:
        return False
    return not environ.get("HTTP_CONTENT_ENCODING")


def _receive(environ: Mapping[str, Any]) -> BinaryIO:
    """All bytes as sent: to be closed. Many are in a file, so that bodies that wait for memory take none.

    Raises Refusal if they are too many, too slow, fewer than announced, or of unknown length.
    """
    sent = cast(BinaryIO, SpooledTemporaryFile(MAX_SENT_IN_MEMORY_BYTES))  # noqa: SIM115 -- the caller closes it
    try:
        _read_into(sent, environ)
    except BaseException:
        sent.close()
        raise
    return sent


def _read_into(sent: BinaryIO, environ: Mapping[str, Any]) -> None:
    announced = _announced_length(environ)
    limit = limits.MAX_SENT_BYTES + 1 if announced is None else announced
    started, stream = time.monotonic(), environ["wsgi.input"]
    count = 0
    with reading_ends_in_time(environ) as reading:
        while count < limit:
            part = stream.read(min(READ_BYTES, limit - count))
            if time.monotonic() - started > limits.BODY_WITHIN_S:
                raise _too_slow()
            if not part:
                if reading.disturbed:
                    raise _too_slow()
                break
            sent.write(part)
            count += len(part)
    if count > limits.MAX_SENT_BYTES:
        raise _too_large("as sent", limits.MAX_SENT_BYTES)
    if announced is not None and count < announced:
        raise Refusal(
            400,
            f"The body ended after {count} of {announced} bytes.",
            "Nothing was stored. Send the whole batch again.",
            headers={"Connection": "close"},
        )
    if announced is None and not count:
        raise _no_body(environ)


def _announced_length(environ: Mapping[str, Any]) -> int | None:
    """Content-Length, or None if the server marks the end of the body by itself (chunked, HTTP/2)."""
    text = environ.get("CONTENT_LENGTH") or ""
    if not text:
        if environ.get("wsgi.input_terminated"):
            return None
        raise Refusal(411, "The length of the body is not known.", "Send a Content-Length header.")
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise Refusal(400, "Content-Length is not a number.", "Send the number of bytes of the body.")
    if int(text) > limits.MAX_SENT_BYTES:
        raise _too_large("as sent", limits.MAX_SENT_BYTES)
    return int(text)


Unpack = Callable[[BinaryIO, "_Inflated"], None]


def inflate(sent: BinaryIO, on_large: Callable[[], None] = _do_nothing, large_bytes: int = LARGE_BODY_BYTES) -> bytes:
    """What `sent` holds: gzip (all members), zlib and zstd are known by their first bytes; all else is plain.

    A large body is begun anew once `on_large` has returned: while it waits nothing of it is in memory.
    """
    with contextlib.suppress(_Large):
        return _inflated(sent, _Inflated(large_bytes))
    on_large()
    return _inflated(sent, _Inflated(limits.MAX_BODY_BYTES))


def _inflated(sent: BinaryIO, inflated: "_Inflated") -> bytes:
    unpack = _unpacking(sent)
    if unpack is None:
        inflated.count(sent.seek(0, os.SEEK_END))
        sent.seek(0)
        return sent.read()
    unpack(sent, inflated)
    return inflated.whole()


def _unpacking(sent: BinaryIO) -> Unpack | None:
    """How to inflate `sent`, which is at its begin then; None if it is plain."""
    sent.seek(0)
    head = _next_bytes(sent, len(ZSTD))
    if head.startswith(GZIP):
        return _inflate_members
    if head.startswith(ZSTD):
        return _inflate_zstd
    return _inflate_zlib if _is_zlib(head) else None


def _is_zlib(head: bytes) -> bool:
    """The two bytes of RFC 1950: method 8, a window of at most 32 KiB, and a checksum over both."""
    return len(head) > 2 and head[0] & 0x8F == 0x08 and (head[0] << 8 | head[1]) % 31 == 0


def _next_bytes(sent: BinaryIO, count: int) -> bytes:
    """The next bytes, without going there."""
    found = sent.read(count)
    sent.seek(-len(found), os.SEEK_CUR)
    return found


class _Large(Exception):
    """A body is larger than may be inflated without asking."""


class _Inflated:
    """Collects inflated parts. One byte over `large_bytes` is _Large, one over the limit of all bodies a Refusal."""

    def __init__(self, large_bytes: int) -> None:
        self._text = io.BytesIO()
        self._large_bytes = large_bytes
        self._size = 0

    def add(self, part: bytes) -> None:
        self.count(len(part))
        self._text.write(part)

    def count(self, size: int) -> None:
        self._size += size
        if self._size > limits.MAX_BODY_BYTES:
            raise _too_large("inflated", limits.MAX_BODY_BYTES)
        if self._size > self._large_bytes:
            raise _Large

    def next_part(self) -> int:
        """How many bytes may be inflated before the next look at the limits; 16 KiB of zlib may hold 16 MiB."""
        return min(limits.MAX_BODY_BYTES - self._size + 1, MAX_PART_BYTES)

    def whole(self) -> bytes:
        """All parts. BytesIO hands over what it holds; joining a list would take the memory twice."""
        return self._text.getvalue()


def _inflate_members(sent: BinaryIO, inflated: _Inflated) -> None:
    members = 0
    while head := _next_bytes(sent, len(GZIP)):
        members += 1
        if head != GZIP or members > MAX_MEMBERS:
            raise _corrupt("gzip")
        _inflate_one(zlib.decompressobj(31), sent, inflated, "gzip")


def _inflate_zlib(sent: BinaryIO, inflated: _Inflated) -> None:
    _inflate_one(zlib.decompressobj(15), sent, inflated, "zlib")
    if sent.read(1):
        raise _corrupt("zlib")


def _inflate_one(member: Any, sent: BinaryIO, inflated: _Inflated, kind: str) -> None:
    """Inflates one zlib stream, and leaves `sent` where it ends.

    Fed in small pieces: what is left after the end is copied by zlib, and there may be many members.
    """
    try:
        while not member.eof:
            fed = sent.read(GZIP_FEED_BYTES)
            if not fed:
                raise _corrupt(kind)
            inflated.add(member.decompress(fed, inflated.next_part()))
            while member.unconsumed_tail:
                inflated.add(member.decompress(member.unconsumed_tail, inflated.next_part()))
    except zlib.error as problem:
        raise _corrupt(kind) from problem
    sent.seek(-len(member.unused_data), os.SEEK_CUR)


def _inflate_zstd(sent: BinaryIO, inflated: _Inflated) -> None:
    frames = 0
    decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW_BYTES)
    while _next_bytes(sent, 1):
        frame = decompressor.decompressobj()
        frames += 1
        try:
            while not frame.eof:
                fed = sent.read(ZSTD_FEED_BYTES)
                if not fed or frames > MAX_MEMBERS:
                    raise _corrupt("zstd")
                inflated.add(frame.decompress(fed))
        except zstandard.ZstdError as problem:
            raise _corrupt("zstd") from problem
        sent.seek(-len(frame.unused_data), os.SEEK_CUR)


def _refuse_other_formats(body: bytes, environ: Mapping[str, Any]) -> None:
    """Raises 415 for what is clearly another format; what looks like JSON is read, whatever the headers say."""
    if body.startswith(UTF_16) or 0 in body[:4]:
        raise Refusal(415, "The body is not UTF-8.", "Send JSON in UTF-8, as RFC 8259 asks for.")
    if body[:READ_BYTES].removeprefix(BYTE_ORDER_MARK).lstrip()[:1] in JSON_BEGINS:
        return
    encoding = str(environ.get("HTTP_CONTENT_ENCODING", "")).strip().lower()
    if encoding not in READABLE_ENCODINGS:
        raise Refusal(415, f"Content-Encoding {encoding!r} is not read here.", "Use gzip, zstd or none.")
    content_type = str(environ.get("CONTENT_TYPE", "")).lower()
    if "msgpack" in content_type or "protobuf" in content_type:
        raise Refusal(
            415,
            f"{content_type} is not read here.",
            "Send JSON lines. In Fluent Bit that is `format json_lines`.",
        )


def _no_body(environ: Mapping[str, Any]) -> Refusal:
    """For nothing at all without a Content-Length. Web servers hand on a damaged chunk as if the body ended there."""
    if not environ.get("HTTP_TRANSFER_ENCODING"):
        return Refusal(411, "The request has no body.", "Send a Content-Length header, and the events as the body.")
    return Refusal(
        400,
        "The chunked body ended before its first byte.",
        "Nothing was stored. Send the whole batch again, with a Content-Length.",
        headers={"Connection": "close"},
    )


def _corrupt(kind: str) -> Refusal:
    return Refusal(
        400,
        f"The {kind} data is cut off, damaged, or followed by something else.",
        "Nothing was stored. Compress the batch again and send it whole.",
    )


def _too_slow() -> Refusal:
    return Refusal(
        408,
        f"The body took longer than {limits.BODY_WITHIN_S:g} s.",
        "Nothing was stored. Send smaller bodies, or compress them.",
        headers={"Connection": "close"},
    )


def _too_large(state: str, limit: int) -> Refusal:
    return Refusal(
        413,
        f"The body is larger than {limit // 1024**2} MiB {state}.",
        "Nothing was stored. Send the events in smaller batches.",
        headers={"Connection": "close"},
    )
