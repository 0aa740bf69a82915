"""Values that do what they should not when they are looked at."""

import datetime
import decimal
import enum
import time
from collections import UserDict, UserList

import structlog


class Raises:
    def __repr__(self):
        raise RuntimeError("no")


class Recurses:
    def __repr__(self):
        return repr([self])


class ReturnsNoText:
    def __repr__(self):
        return 7


class Sleeps:
    def __repr__(self):
        time.sleep(0.03)
        return "awake"


class Logs:
    def __repr__(self):
        structlog.get_logger("hostile").info("looked at")
        return "talkative"


class Huge:
    def __repr__(self):
        return "password=hunter22 " + "x" * 20_000_000


class RaisesInMapping(UserDict):
    def items(self):
        raise OSError("gone")

    keys = __len__ = items


class Endless(UserDict):
    def items(self):
        while True:
            yield "k", "v"


class LyingLength(UserList):
    def __len__(self):
        return -5  # noqa: PLE0303 -- this is the point


class NoClass:
    @property
    def __class__(self):
        raise RuntimeError("fetched")


class NoAttributes:
    def __getattr__(self, name):
        raise RuntimeError("no")


class Meta(type):
    @property
    def __name__(cls):
        raise RuntimeError("nameless")


class Nameless(metaclass=Meta):
    def __repr__(self):
        raise RuntimeError("no")


class Equal:
    def __eq__(self, other):
        raise RuntimeError("incomparable")

    __hash__ = object.__hash__


class Text(str):
    __slots__ = ()

    def __str__(self):
        raise RuntimeError("no")

    encode = lower = strip = __len__ = __repr__ = __str__


class Number(int):
    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __index__ = __int__ = __repr__


class Moment(datetime.datetime):
    def isoformat(self, *args):
        raise RuntimeError("timeless")


class Choice(enum.Enum):
    ONE = object()


class Wrong(Exception):
    def __str__(self):
        raise RuntimeError("no")


def cycle():
    one: dict = {"list": []}
    one["list"].append(one)
    return one


def deep(levels=5000):
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


# By name, each made anew: test tools look at values as well.
MAKERS = {
    "raises": Raises,
    "recurses": Recurses,
    "returns no text": ReturnsNoText,
    "sleeps": Sleeps,
    "logs": Logs,
    "huge": Huge,
    "raises in mapping": lambda: RaisesInMapping(a=1),
    "endless": Endless,
    "lying length": lambda: LyingLength([1]),
    "no class": NoClass,
    "no attributes": NoAttributes,
    "nameless": Nameless,
    "incomparable": Equal,
    "a text of its own": lambda: Text("text"),
    "a number of its own": lambda: Number(7),
    "a moment of its own": lambda: Moment(2026, 1, 1),
    "an enumeration": lambda: Choice.ONE,
    "an exception that has no text": Wrong,
    "a cycle": cycle,
    "deep": deep,
    "half a surrogate pair": lambda: "\ud800",
    "not a number": lambda: float("nan"),
    "infinite": lambda: float("inf"),
    "too many digits": lambda: 10**5000,
    "many digits": lambda: -(10**400),
    "a decimal that is no number": lambda: decimal.Decimal("NaN"),
    "bytes": lambda: b"\xff" * 100,
    "many bytes": lambda: b"x" * 10**6,
    "odd names": lambda: {b"password": 1, 1: 2, None: 3, (1, 2): 4},
    "a set": lambda: {1, "a"},
    "a range": lambda: range(3),
    "an iterator": lambda: iter([1]),
    "a class": lambda: object,
    "a function": lambda: len,
    "a view": lambda: memoryview(b"abc"),
    "a strided view": lambda: memoryview(b"abcdef")[::2],
    "long": lambda: "x" * 300_000,
    "wide": lambda: {f"k{n}": n for n in range(2000)},
    "a long list": lambda: list(range(100_000)),
    "an exception of a hostile value": lambda: Exception(Raises()),
}
