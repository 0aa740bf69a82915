"""Exceptions as text, without the local variables of their frames, in bounded time."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType
from typing import Any

MAX_EXCEPTIONS = 50  # in a chain of causes and in groups, together
MAX_FRAMES = 200  # of one exception; the innermost ones stay


def exception_text(exc_info: object) -> str | None:
    """The traceback of an exc_info as logging and structlog pass it (True, an exception, a triple); no locals."""
    if type(exc_info) is tuple:
        return _text(exc_info[1], exc_info[2]) if len(exc_info) == 3 and _is_exception(exc_info[1]) else None
    if exc_info is None or exc_info is False:
        return None
    problem: Any = exc_info if _is_exception(exc_info) else sys.exc_info()[1]
    return None if problem is None else _text(problem, problem.__traceback__)


def _is_exception(value: object) -> bool:
    return issubclass(type(value), BaseException)  # isinstance would ask the value for its class


def without_locals(exception: Any) -> Any:
    """What structlog's dict_tracebacks makes of an exception, without the variables of the frames; else as it is."""
    if type(exception) is not list:
        return exception
    return [_without_locals_of_stack(stack) for stack in exception]


def _without_locals_of_stack(stack: Any) -> Any:
    if type(stack) is not dict or type(stack.get("frames")) is not list:
        return stack
    frames = [
        {name: value for name, value in frame.items() if name != "locals"} if type(frame) is dict else frame
        for frame in stack["frames"]
    ]
    return {**stack, "frames": frames}


def _text(problem: BaseException, trace: TracebackType | None) -> str:
    try:
        if _count(problem) > MAX_EXCEPTIONS:
            return _text_of_one(problem, trace)
        lines = traceback.format_exception(type(problem), problem, trace, limit=-MAX_FRAMES)
        return "".join(lines).rstrip("\n")
    except Exception as failure:  # noqa: BLE001 -- exceptions have methods, too
        return f"{type(problem).__name__}, whose traceback cannot be shown: {type(failure).__name__}"


def _text_of_one(problem: BaseException, trace: TracebackType | None) -> str:
    """The outermost of very many exceptions. The standard library would write all of them first."""
    frames = "".join(traceback.format_tb(trace, limit=-MAX_FRAMES))
    return (
        f"Traceback (most recent call last):\n{frames}{type(problem).__name__}: {problem}\n"
        f"[more than {MAX_EXCEPTIONS} exceptions caused this one or are in it]"
    )


def _count(problem: BaseException) -> int:
    """How many exceptions the traceback tells of; a little more than the limit stands for any larger number."""
    seen: set[int] = set()
    waiting: list[Any] = [problem]
    while waiting and len(seen) <= MAX_EXCEPTIONS:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            members = getattr(one, "exceptions", ())
            waiting += [one.__cause__, one.__context__]
            waiting += members[: MAX_EXCEPTIONS + 1] if isinstance(members, tuple) else ()
    return len(seen)
