"""Reads the stack of an exception: what was raised last first, then what it came from; of each the frames of the
service's own code before those of libraries.

Knows Python's tracebacks as text and as structlog's lists, and stacks of lines that begin with "at" (Java, JavaScript).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from logviewer.viewer.event_fields import is_traceback

Link = Literal["", "cause", "context"]

_HEAD = re.compile(r"^Traceback \(most recent call last\):[ \t]*$", re.MULTILINE)
_LINKS: Mapping[str, Link] = {
    "The above exception was the direct cause of the following exception:": "cause",
    "During handling of the above exception, another exception occurred:": "context",
}
_BETWEEN = re.compile("|".join(map(re.escape, _LINKS)))
_PYTHON_FRAME = re.compile(r'^  File "(?P<file>[^"\n]*)", line (?P<line>\d+)(?:, in (?P<name>[^\n]*))?$')
_AT_FRAME = re.compile(r"^\s+at (?:(?P<name>[^\n(]+?) ?\()?(?P<file>[^\n()]*?)(?::(?P<line>\d+))?(?::\d+)?\)?$")
_CAUSED_BY = re.compile(r"^Caused by: ", re.MULTILINE)
_OF_LIBRARIES = re.compile(
    r"(^|/)(site-packages|dist-packages|node_modules)/|/lib(64)?/python3|^<|^node:|\\lib\\|\\site-packages\\"
)
_OF_PLATFORMS = re.compile(
    r"^(java|javax|jakarta|jdk|sun|kotlin|scala|org\.(springframework|apache|hibernate|eclipse))[./]"
)
_MARKS = re.compile(r"^\s*[~^]+\s*$")  # below a frame's source: which part of it
MOST_FRAMES = 200  # of an exception
MOST_OURS = 20  # a recursion has hundreds
MOST_RAISED = 20


@dataclass(frozen=True, slots=True)
class Frame:
    file: str
    line: int | None
    name: str  # of the function; "" if the stack does not say
    source: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception. `link`: how it led to the one before it: as its `cause`, or while it was handled (`context`).

    Frames are those where it was raised first, their callers after them.
    """

    verdict: str
    frames: Sequence[Frame]
    link: Link = ""

    @property
    def ours(self) -> Sequence[Frame]:
        """The first frames of the service's own code; without any, the one where it was raised."""
        return [frame for frame in self.frames if frame.is_ours][:MOST_OURS] or self.frames[:1]

    @property
    def others(self) -> Sequence[Frame]:
        shown = {id(frame) for frame in self.ours}  # those of a recursion are equal
        return [frame for frame in self.frames if id(frame) not in shown]


@dataclass(frozen=True, slots=True)
class Stack:
    """The exceptions of a stack, the one that was raised last first."""

    raised: Sequence[Raised]

    @property
    def verdict(self) -> str:
        return self.raised[0].verdict


def stack_of(text: str) -> Stack | None:
    """The stack that a text is; None for other texts, and for stacks of another shape."""
    if not is_traceback(text):
        return None
    read = _python if _HEAD.search(text) else _at_lines
    raised = list(islice(read(text), MOST_RAISED))
    return Stack(raised) if raised and all(one.verdict for one in raised) else None


def structured_stack(value: object) -> Stack | None:
    """The stack in structlog's form: a list of exceptions with their frames, the one that was raised last first."""
    if not isinstance(value, list) or not value:
        return None
    if not all(isinstance(one, Mapping) and isinstance(one.get("exc_type"), str) for one in value):
        return None
    raised: list[Raised] = []
    for one in value[:MOST_RAISED]:
        link: Link = "" if not raised else "cause" if one.get("is_cause") else "context"
        verdict = f"{one['exc_type']}: {one.get('exc_value', '')}".rstrip(": ")
        raised.append(Raised(verdict, _structured_frames(one.get("frames")), link))
    return Stack(raised)


def _structured_frames(frames: object) -> list[Frame]:
    if not isinstance(frames, list):
        return []
    made = [
        Frame(
            str(one.get("filename", "")),
            line if isinstance(line := one.get("lineno"), int) else None,
            str(one.get("name", "")),
            str(one.get("line", "")).strip(),
            _is_ours(str(one.get("filename", ""))),
        )
        for one in frames[-MOST_FRAMES:]
        if isinstance(one, Mapping)
    ]
    return made[::-1]


def _python(text: str) -> Iterator[Raised]:
    """Python writes the first cause first, and how it led to the next one between them."""
    parts = _BETWEEN.split(text)
    between: list[Link] = [_LINKS[words] for words in _BETWEEN.findall(text)]
    # The words between two parts say how the first led to the second, which comes before it here.
    for part, link in zip(reversed(parts), ["", *reversed(between)], strict=True):
        head = _HEAD.search(part)
        if head is None:
            yield Raised("", [])  # a stack of another shape
            return
        yield _python_exception(part[head.end() :].strip("\n").split("\n"), link)


def _python_exception(lines: Sequence[str], link: Link) -> Raised:
    frames: list[Frame] = []
    at = 0
    while at < len(lines) and lines[at].startswith("  "):
        if found := _PYTHON_FRAME.match(lines[at]):
            following = lines[at + 1] if at + 1 < len(lines) else ""
            is_source = following.startswith("    ") and not _MARKS.match(following)
            source = following.strip() if is_source else ""
            frames.append(_frame(found, source))
        at += 1
    verdict = next((line.strip() for line in lines[at:] if line.strip()), "")
    return Raised(verdict, frames[-MOST_FRAMES:][::-1], link)


def _at_lines(text: str) -> Iterator[Raised]:
    """What was raised last stands first; each cause follows."""
    for number, part in enumerate(_CAUSED_BY.split(text)):
        lines = part.strip("\n").split("\n")
        # Without the blanks at a line's end: each place where a file's name may end would look through them.
        found = (_AT_FRAME.match(line.rstrip()) for line in lines[1 : MOST_FRAMES + 1])
        yield Raised(lines[0].strip(), [_frame(one, "") for one in found if one], "cause" if number else "")


def _frame(found: re.Match[str], source: str) -> Frame:
    file, name = found["file"], found["name"] or ""
    return Frame(file, int(found["line"]) if found["line"] else None, name, source, _is_ours(file, name))


def _is_ours(file: str, name: str = "") -> bool:
    return not (_OF_LIBRARIES.search(file) or _OF_PLATFORMS.match(name))
