"""Lines of JSON for the console and for a file that several processes write to."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from logviewer_client.line import render


def json_text(event_dict: Mapping[str, Any], method_name: str = "info") -> str:
    """The event as it would be shipped, without a newline: bounded, redacted, never an exception."""
    return render(event_dict, method_name=method_name).decode()


if TYPE_CHECKING:
    StreamHandler = logging.StreamHandler[TextIO]  # generic from Python 3.11 on
else:
    StreamHandler = logging.StreamHandler


class StdoutHandler(StreamHandler):
    """Writes to what sys.stdout is at the time: tests and servers put another stream in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stdout


class JsonFileHandler(logging.Handler):
    """Appends each record as one line, with one write, which other processes cannot split.

    The file is opened for each line: it may be moved away or deleted at any time, and neither threads nor forked
    processes have to agree on a descriptor. It is made for its owner alone (0600). Raises OSError at once if it cannot
    be written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__()
        self.path = os.path.abspath(os.fspath(path))
        os.close(self._open())

    def createLock(self) -> None:  # noqa: N802 -- logging's name
        # One write needs no lock, and formatting calls methods of the values, which may wait for a thread that logs.
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).encode("utf-8", "replace") + b"\n"
            descriptor = self._open()
            try:
                written = os.write(descriptor, line)
                if written < len(line):
                    os.write(descriptor, b"\n")  # the next line is not to be lost as well
                    raise OSError(f"only {written} of {len(line)} bytes were written")
            finally:
                os.close(descriptor)
        except Exception:  # noqa: BLE001 -- as every handler of logging: the record is told on stderr, the call goes on
            self.handleError(record)

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
