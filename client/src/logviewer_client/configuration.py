"""Sets up structlog and the standard library's logging in one call: what is printed, what goes to a file, what ships.

structlog's events are shipped in their own chain, where they are whole; everybody else's records by the handler.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from logviewer_client import redaction as redacting
from logviewer_client.handler import LogviewerHandler, without_request
from logviewer_client.json_lines import JsonFileHandler, StdoutHandler, json_text
from logviewer_client.processor import ShipToLogviewer
from logviewer_client.redaction import Redaction
from logviewer_client.shipping import start_shipping

CONSOLES = ("auto", "pretty", "json", "none")


def configure(
    url: str | None = None,
    key: str | None = None,
    service: str | None = None,
    *,
    level: int | str = "INFO",
    console: str = "auto",
    json_file: str | os.PathLike[str] | None = None,
    redaction: Redaction | None = None,
    **shipping: Any,
) -> bool:
    """Sets up structlog and logging, and starts shipping; returns whether it ships. May be called again.

    `level`: what is less is not logged; a name or a number of logging's. Applies to the root logger; loggers with a
    level of their own keep it.
    `console`: "pretty" for people, "json" for machines, both on stdout; "auto" is pretty on a terminal and JSON
    elsewhere; "none" prints nothing.
    `json_file`: a file that gets every event as a line of JSON. Several processes may write to the same one, and it
    may be moved away at any time.
    `redaction`: what is masked in everything that is printed as JSON, written or shipped; `Redaction()` if not given.
    `url`, `key`, `service` and whatever else is given go to `start_shipping`, which says what they mean.

    Handlers that others have put on the root logger stay, and so do all other loggers. Raises ValueError for a
    `level` or `console` that does not exist, OSError if `json_file` cannot be written, and nothing else.
    """
    if console not in CONSOLES:
        raise ValueError(f"console is one of {', '.join(CONSOLES)}, not {console!r}")
    number = _level_number(level)
    handlers = _handlers(console, json_file)
    redacting.use(redaction or Redaction())
    _set_up_logging(handlers, number)
    _set_up_structlog()
    return start_shipping(url, key, service, **shipping)


def _handlers(console: str, json_file: str | os.PathLike[str] | None) -> list[logging.Handler]:
    handlers: list[logging.Handler] = [LogviewerHandler()]
    if console == "auto":
        console = "pretty" if _is_terminal() else "json"
    if console != "none":
        printing = StdoutHandler()
        printing.setFormatter(_pretty() if console == "pretty" else _json())
        handlers.append(printing)
    if json_file is not None:
        writing = JsonFileHandler(json_file)
        writing.setFormatter(_json())
        handlers.append(writing)
    return handlers


def _level_number(level: int | str) -> int:
    number = logging.getLevelName(level.upper()) if isinstance(level, str) else level
    if not isinstance(number, int):
        raise ValueError(f"level {level!r} is none of logging's")
    return number


def _set_up_logging(handlers: list[logging.Handler], level: int) -> None:
    root = logging.getLogger()
    root.setLevel(level)
    for handler in _Ours.handlers:
        root.removeHandler(handler)
    _Ours.handlers = handlers
    for handler in handlers:
        root.addHandler(handler)


def _set_up_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            ShipToLogviewer(),
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=True,
    )


def _shared() -> list[Processor]:
    """What structlog's events and everybody else's records are given alike."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _foreign() -> list[Processor]:
    """For records that do not come from structlog: the same fields, and those of `extra`."""
    return [*_shared(), structlog.stdlib.ExtraAdder(), without_request]


def _json() -> logging.Formatter:
    return ProcessorFormatter(
        foreign_pre_chain=_foreign(), processors=[ProcessorFormatter.remove_processors_meta, _as_json]
    )


def _as_json(logger: WrappedLogger, method_name: str, event_dict: EventDict) -> str:
    return json_text(event_dict, method_name)


def _pretty() -> logging.Formatter:
    # Not the traceback that structlog takes if rich is there: it shows the variables of every frame.
    renderer = structlog.dev.ConsoleRenderer(colors=_is_terminal(), exception_formatter=structlog.dev.plain_traceback)
    return ProcessorFormatter(
        foreign_pre_chain=_foreign(), processors=[ProcessorFormatter.remove_processors_meta, renderer]
    )


def _is_terminal() -> bool:
    try:
        return sys.stdout.isatty()
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False


class _Ours:
    """The handlers that the last call put on the root logger."""

    handlers: list[logging.Handler] = []
