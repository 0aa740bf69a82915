"""The event: what every decoder makes, every step of the pipeline takes, and the writer stores. Knows no Django."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType

import msgspec


class Level(IntEnum):
    """The standard library's numbers, and trace below them."""

    TRACE = 5
    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


# The words of structlog, logging, Serilog, syslog (also by number), OpenTelemetry and Loki for the same six levels.
LEVEL_WORDS: Mapping[str, Level] = MappingProxyType(
    {
        **dict.fromkeys(("trace", "notset", "verbose", "finest"), Level.TRACE),
        **dict.fromkeys(("debug", "dbug", "dbg", "fine"), Level.DEBUG),
        **dict.fromkeys(("info", "information", "informational", "notice", "inf"), Level.INFO),
        **dict.fromkeys(("warning", "warn", "wrn"), Level.WARNING),
        **dict.fromkeys(("error", "err", "exception", "severe"), Level.ERROR),
        **dict.fromkeys(("critical", "fatal", "crit", "alert", "emerg", "emergency", "panic"), Level.CRITICAL),
    }
)
LEVEL_NAMES: Mapping[int, str] = MappingProxyType({level.value: level.name.lower() for level in Level})


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event on its way into the store. `data` and `meta` are JSON object texts, so that numbers stay exact.

    A Struct, because a frozen dataclass takes 1 us to make, five times as long.
    """

    time: datetime  # UTC, microseconds
    level: int  # a Level's value
    service: str
    event: str  # structlog's event name, or the message
    logger: str
    request_id: str | None
    cohort_id: str | None  # text: 12 and "12" are the same cohort
    data: str  # everything else, as sent
    meta: str | None = None  # ours: flags, the original time, the sender's level word


def level_from(word: object) -> tuple[Level, bool]:
    """The level a sender means by `word` (text or a logging number), and whether it was understood.

    Unknown or missing is (INFO, False). Numbers are the standard library's and are rounded down to a level:
    25 is info, 31 a warning; 0 and below are not understood.
    """
    if isinstance(word, str):
        level = LEVEL_WORDS.get(word.strip().lower())
        if level is not None:
            return level, True
        if not (word.isascii() and word.isdigit() and len(word) < 4):
            return Level.INFO, False
        word = int(word)
    if isinstance(word, bool) or not isinstance(word, int | float) or not word >= Level.TRACE:
        return Level.INFO, False
    return max(level for level in Level if level <= word), True


def level_name(number: int) -> str:
    """ "warning" for 30. A number between two levels has the name of the lower one."""
    return LEVEL_NAMES[max((level for level in LEVEL_NAMES if level <= number), default=Level.TRACE.value)]
