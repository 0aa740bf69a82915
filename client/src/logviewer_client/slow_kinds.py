"""Classes whose methods take long. Nobody can stop a method that was called, but it need not be called again."""

from __future__ import annotations

from time import monotonic

MAX_LOOKING_S = 0.02  # after so much time in methods of its values, an event calls no further ones
SLOW_TIMES = 3  # in a row: once may be the machine, which had something else to do
LEFT_ALONE_FOR_S = 60.0
MAX_REMEMBERED = 256

_times: dict[type, int] = {}
_alone_until: dict[type, float] = {}


def leaves_alone(kind: type) -> bool:
    """Whether values of this class are not to be asked for their text at present."""
    return kind in _alone_until and monotonic() < _alone_until[kind]


def note(kind: type, took_s: float) -> None:
    """A method of a value of this class took so long."""
    if took_s <= MAX_LOOKING_S:
        _times.pop(kind, None)
        return
    _times[kind] = _times.get(kind, 0) + 1
    if _times[kind] >= SLOW_TIMES:
        _alone_until[kind] = monotonic() + LEFT_ALONE_FOR_S
    for known in (_times, _alone_until):
        if len(known) > MAX_REMEMBERED:
            forget()


def forget() -> None:
    _times.clear()
    _alone_until.clear()
