"""Cuts what arrives on one connection into lines. Holds no more than one line, and of a long one only its beginning."""

from collections.abc import Sequence

import msgspec

from ingest import limits


class LongLine(msgspec.Struct, frozen=True):
    """What is kept of a line that is longer than allowed; `size` bytes it had."""

    beginning: bytes
    size: int


Line = bytes | LongLine


class LineCutter:
    """The lines of one connection."""

    def __init__(self, most: int = limits.MAX_LINE_BYTES) -> None:
        self._most = most
        self._held = bytearray()  # joining many small parts would take forty times their size
        self._skipped = 0  # bytes of the present line that were not kept

    @property
    def held(self) -> int:
        """Bytes of the line that has no end yet."""
        return len(self._held)

    @property
    def within_line(self) -> bool:
        return bool(self._held or self._skipped)

    def feed(self, data: bytes) -> Sequence[Line]:
        """The lines that end in `data`, without their ends."""
        ended = data.split(b"\n")
        rest = ended.pop()
        found: list[Line] = list(ended)
        if ended and self.within_line:
            self._hold(ended[0])
            found[0] = self._take()
        if rest:
            self._hold(rest)
        return found

    def end(self) -> Line | None:
        """The line that was begun and has no end; None: there is none."""
        return self._take() if self.within_line else None

    def shorten(self) -> None:
        """Keeps only the beginning of the present line: others need the memory."""
        self._skipped += max(0, len(self._held) - limits.STUB_TEXT_BYTES)
        del self._held[limits.STUB_TEXT_BYTES :]

    def _hold(self, data: bytes) -> None:
        if self._skipped:
            self._skipped += len(data)
            return
        self._held += data
        if len(self._held) > self._most:
            self.shorten()

    def _take(self) -> Line:
        held, skipped = bytes(self._held), self._skipped
        self._held, self._skipped = bytearray(), 0
        return LongLine(held, len(held) + skipped) if skipped else held
